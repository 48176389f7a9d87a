//! What several do at the same time ends as if one had come after the other.

use std::sync::Arc;

use store::testing::TestDb;
use tokio::sync::Barrier;

use super::access::{administrator, make, of, profile};
use super::vendors::{listed, sync};
use super::{NOW, add_pool, admin, named, started};
use crate::id::AccountId;
use crate::listing::{self, Query, Source};
use crate::login::{self, ADMINISTRATORS, AclRole, Flags, Login, Profile};
use crate::vendor_link::{self, LINKS, LinkSpec};
use crate::{Error, Result, client_certificate, pool, transaction};

/// How often each race is run: not every run of it meets in the same place.
pub(super) const ROUNDS: usize = 8;

/// Runs all of them at once.
pub(super) async fn together<T: Send + 'static>(
    all: Vec<impl Future<Output = Result<T>> + Send + 'static>,
) -> Vec<Result<T>> {
    let start = Arc::new(Barrier::new(all.len()));
    let run = |one| {
        let start = start.clone();
        tokio::spawn(async move {
            start.wait().await;
            one.await
        })
    };
    let running: Vec<_> = all.into_iter().map(run).collect();
    let mut results = Vec::new();
    for one in running {
        results.push(one.await.expect("it ran to its end"));
    }
    results
}

/// How many rows a list is said to have, which must be as many as it has.
pub(super) async fn counted(test: &TestDb, list: &Source) -> usize {
    let query = Query { limit: 100, count: true, ..Query::default() };
    let page = listing::page(&mut test.db.reader(), &admin(), list, &query).await.expect("a page");
    let (sql, values) = list.statement(&[], None, false).expect("a statement");
    let rows = test.db.reader().query(&sql, &values).await.expect("rows").len();
    assert_eq!(page.total, i64::try_from(rows).ok(), "{}", list.name);
    rows
}

/// One succeeded, and the others found nothing any more.
fn only_one<T: std::fmt::Debug>(results: &[Result<T>]) {
    let gone = |result: &&Result<T>| matches!(result, Err(Error::NotFound { .. }));
    let (done, gone) = (results.iter().filter(|r| r.is_ok()).count(), results.iter().filter(gone).count());
    assert_eq!((done, gone), (1, results.len() - 1), "{results:?}");
}

fn named_admin(name: &str) -> Profile {
    profile(name, AclRole::Admin, AccountId::DEFAULT_RESELLER)
}

async fn change(db: store::Db, login: Login, to: Profile) -> Result<Login> {
    transaction!(db, |tx| login::update(tx, &admin(), NOW, login.id, &to, None).await)
}

store::on_both! {
    async fn a_login_is_removed_once(test: TestDb) {
        started(&test).await;
        for round in 0..ROUNDS {
            let made = make(&test, &admin(), &named_admin(&format!("jane.{round}"))).await.expect("made");
            let removals = (0..4).map(|n| {
                let (db, made) = (test.db.clone(), made.clone());
                async move {
                    transaction!(db, |tx| match n % 2 {
                        0 => login::remove(tx, &admin(), NOW, made.id).await,
                        _ => login::delete(tx, &admin(), NOW, &made.username).await,
                    })
                }
            });
            only_one(&together(removals.collect()).await);
            assert_eq!(counted(&test, &ADMINISTRATORS).await, 1);
        }
    }

    async fn a_login_that_is_changed_while_it_is_removed_is_counted_once(test: TestDb) {
        started(&test).await;
        for round in 0..ROUNDS {
            let made = make(&test, &admin(), &named_admin(&format!("jane.{round}"))).await.expect("made");
            let changes = (0..4).map(|n| {
                let (db, made) = (test.db.clone(), made.clone());
                async move {
                    if n == 0 {
                        transaction!(db, |tx| login::remove(tx, &admin(), NOW, made.id).await)
                    } else {
                        let to = Profile { flags: Flags { master: n % 2 == 0, ..made.flags }, ..of(&made) };
                        change(db, made, to).await.map(|_| ())
                    }
                }
            });
            for result in together(changes.collect()).await {
                assert!(matches!(result, Ok(()) | Err(Error::NotFound { .. })), "{result:?}");
            }
            assert_eq!(counted(&test, &ADMINISTRATORS).await, 1);
        }
    }

    async fn one_administrator_is_left(test: TestDb) {
        started(&test).await;
        for round in 0..ROUNDS {
            let boss = administrator(&test).await;
            let jane = make(&test, &admin(), &named_admin(&format!("jane.{round}"))).await.expect("made");
            let ends = [boss, jane].map(|login| {
                let db = test.db.clone();
                async move {
                    match round % 4 {
                        0 => transaction!(db, |tx| login::remove(tx, &admin(), NOW, login.id).await),
                        way => {
                            let mut less = of(&login);
                            match way {
                                1 => less.active = false,
                                2 => less.flags.master = false,
                                _ => less.flags.read_only = true,
                            }
                            change(db, login, less).await.map(|_| ())
                        }
                    }
                }
            });
            let results = together(ends.into_iter().collect()).await;
            let kept: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
            let last = |e: &&Error| matches!(e, Error::Conflict(why) if why.ends_with(login::LAST_ADMINISTRATOR));
            assert!(kept.len() == 1 && kept.iter().all(last), "{results:?}");
            // The next round begins with one that is whole, and called as at the first start.
            let all = login::list(&mut test.db.reader(), &admin(), crate::page::Page::default()).await.expect("logins");
            let whole = |l: &&Login| l.active && l.flags.master && !l.flags.read_only;
            let left = all.iter().find(whole).expect("somebody is left").clone();
            for other in all.into_iter().filter(|l| l.id != left.id) {
                transaction!(test.db, |tx| login::remove(tx, &admin(), NOW, other.id).await).expect("removed");
            }
            let renamed = Profile { username: "administrator".to_owned(), ..of(&left) };
            change(test.db.clone(), left, renamed).await.expect("renamed");
        }
    }

    async fn of_several_who_take_a_name_one_has_it(test: TestDb) {
        started(&test).await;
        let mut logins = Vec::new();
        for n in 0..4 {
            logins.push(make(&test, &admin(), &named_admin(&format!("jane.{n}"))).await.expect("made"));
        }
        for round in 0..ROUNDS {
            let taken = if round % 2 == 0 { "username" } else { "email" };
            let changes = logins.iter().cloned().map(|login| {
                let mut to = of(&login);
                match taken {
                    "username" => to.username = format!("john.{round}"),
                    _ => to.email = Some(format!("john.{round}@example.org")),
                }
                change(test.db.clone(), login, to)
            });
            let results = together(changes.collect()).await;
            let lost = results.iter().filter(|r| matches!(r, Err(Error::Taken { field, .. }) if *field == taken)).count();
            assert_eq!(lost, logins.len() - 1, "{results:?}");
            let news = (0..4).map(|n| {
                let mut new = named_admin(&format!("new.{round}.{n}"));
                match taken {
                    "username" => new.username = format!("new.{round}"),
                    _ => new.email = Some(format!("new.{round}@example.org")),
                }
                let db = test.db.clone();
                let credentials = login::Credentials::weak(&new.username, "a long password");
                async move { transaction!(db, |tx| login::make(tx, &admin(), NOW, &new, &credentials).await) }
            });
            let results = together(news.collect()).await;
            let lost = results.iter().filter(|r| matches!(r, Err(Error::Taken { field, .. }) if *field == taken)).count();
            assert_eq!(lost, 3, "{results:?}");
        }
    }

    async fn a_certificate_is_not_issued_to_a_login_that_goes(test: TestDb) {
        started(&test).await;
        for round in 0..ROUNDS {
            let made = make(&test, &admin(), &named_admin(&format!("jane.{round}"))).await.expect("made");
            let both = (0..2).map(|n| {
                let (db, id) = (test.db.clone(), made.id);
                let digest = format!("{round}");
                async move {
                    transaction!(db, |tx| match n {
                        0 => login::remove(tx, &admin(), NOW, id).await,
                        _ => client_certificate::issue(tx, &admin(), NOW, id, 1, &digest).await.map(|_| ()),
                    })
                }
            });
            let results = together(both.collect()).await;
            assert!(results[0].is_ok(), "{results:?}");
            assert!(matches!(results[1], Ok(()) | Err(Error::NotFound { .. })), "{results:?}");
        }
    }

    async fn a_link_is_removed_once_also_with_its_pool(test: TestDb) {
        started(&test).await;
        let vendor = sync(&test, &[listed("acme", "Acme", 1)]).await[0].id;
        for round in 0..ROUNDS {
            let pool = add_pool(&test, named(&format!("pool {round} of them"))).await.id;
            let spec = LinkSpec {
                pool_id: pool,
                vendor_id: vendor,
                group_id: "group".to_owned(),
                group_name: "group".to_owned(),
                class_id: None,
                priority: 1,
                setup_cost: None,
                monthly_cost: None,
                currency: None,
            };
            let id = transaction!(test.db, |tx| vendor_link::create(tx, &admin(), NOW, &spec).await).expect("a link").id;
            let removals = (0..4).map(|_| {
                let db = test.db.clone();
                async move { transaction!(db, |tx| vendor_link::delete(tx, &admin(), NOW, id).await) }
            });
            if round % 2 == 0 {
                only_one(&together(removals.collect()).await);
            } else {
                let with_pool = (0..4).map(|n| {
                    let db = test.db.clone();
                    async move {
                        transaction!(db, |tx| match n {
                            0 => pool::delete(tx, &admin(), NOW, pool).await,
                            _ => vendor_link::delete(tx, &admin(), NOW, id).await,
                        })
                    }
                });
                let results = together(with_pool.collect()).await;
                assert!(results[0].is_ok(), "the pool goes, whoever removes its link: {results:?}");
            }
            assert_eq!(counted(&test, &LINKS).await, 0);
        }
    }
}
