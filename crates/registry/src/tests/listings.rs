//! Lists: every page of every order is what the rows themselves say, and every list can be asked all that it offers.

use std::collections::BTreeSet;

use store::testing::TestDb;
use store::{Val, args};

use super::{NOW, acting, add_account, admin, started};
use crate::account::Kind;
use crate::caller::{Caller, Role};
use crate::contact::{self, Details, OF_CUSTOMERS};
use crate::id::{AccountId, ContactId};
use crate::listing::{self, Condition, Holds, Query};
use crate::{sources, transaction};

async fn contact(test: &TestDb, reseller: AccountId, email: &str) -> i64 {
    let caller = admin();
    let details = Details { email: email.to_owned(), ..Details::default() };
    transaction!(test.db, |tx| Ok(contact::create(tx, &caller, NOW, Some(reseller), &details).await?.id.0)).unwrap()
}

async fn page(test: &TestDb, caller: &Caller, query: &Query) -> (Vec<i64>, Option<i64>, bool) {
    let found = listing::page(&mut test.db.reader(), caller, &OF_CUSTOMERS, query).await.unwrap();
    (found.ids, found.total, found.more)
}

/// Gives a contact an id far from the others.
async fn far_away(test: &TestDb, id: i64, by: i64) -> i64 {
    let mut tx = test.db.begin().await.unwrap();
    tx.execute("UPDATE contacts SET id = id + $1 WHERE id = $2", args![by, id]).await.unwrap();
    let reseller: i64 =
        tx.query_one("SELECT reseller_id FROM contacts WHERE id = $1", args![id + by]).await.unwrap().at(0).unwrap();
    OF_CUSTOMERS.count(&mut tx, id, &[("reseller_id", reseller)], -1);
    OF_CUSTOMERS.count(&mut tx, id + by, &[("reseller_id", reseller)], 1);
    tx.commit().await.unwrap();
    id + by
}

#[test]
fn what_was_read_comes_in_the_order_that_was_asked_for() {
    let row = |id: i64| (id, format!("row {id}"));
    for (ids, read, expected) in [
        (vec![3, 1, 2], vec![1, 2, 3], vec![3, 1, 2]),
        (vec![3, 1, 3, 2, 1], vec![1, 2, 3, 3, 1], vec![3, 1, 2]),
        (vec![4, 9, 2], vec![2, 4, 7], vec![4, 2]),
        (vec![], vec![], vec![]),
    ] {
        let found = listing::in_order(&ids, read.into_iter().map(row).collect(), |row| row.0);
        assert_eq!(found, expected.into_iter().map(row).collect::<Vec<_>>(), "{ids:?}");
    }
}

store::on_both! {
    async fn every_list_can_be_asked_what_it_offers(test: TestDb) {
        started(&test).await;
        let lists = sources();
        let names: BTreeSet<_> = lists.iter().map(|list| list.name).collect();
        assert_eq!(names.len(), lists.len(), "each has a name of its own");
        for list in lists {
            for column in list.columns {
                if column.holds == Holds::Match {
                    let (sql, values) = list.statement(&[Condition::Is(column.name, "1".into())], None, true).unwrap();
                    test.db.reader().query(&sql, &values).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
                    continue;
                }
                let value = match column.holds {
                    Holds::Match => continue,
                    Holds::Int => Val::Int(1),
                    Holds::Text => Val::from("a"),
                    Holds::Bool => Val::Bool(true),
                };
                let mut all = vec![
                    Condition::Is(column.name, value.clone()),
                    Condition::Among(column.name, vec![value.clone(), value.clone()]),
                    Condition::NotAmong(column.name, vec![value]),
                    Condition::Null(column.name, true),
                ];
                if column.holds == Holds::Text {
                    all.extend(["a*", "*a", "a"].map(|pattern| Condition::Like(column.name, pattern.to_owned())));
                }
                for condition in all {
                    let (sql, values) = list.statement(&[condition], Some(column.name), true).unwrap();
                    test.db.reader().query(&sql, &values).await.unwrap_or_else(|error| panic!("{}: {sql}: {error}", list.name));
                }
            }
            for column in list.tallies.iter().chain([list.reach.reseller, list.reach.account].iter().flatten()) {
                assert!(list.column(column).is_some(), "{} has no column {column}", list.name);
            }
        }
    }

    async fn pages_fit_together_in_either_direction(test: TestDb) {
        started(&test).await;
        let other = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "other").await;
        let mut of_other = Vec::new();
        for n in 0..37 {
            let reseller = if n % 3 == 0 { other } else { AccountId::DEFAULT_RESELLER };
            let id = contact(&test, reseller, &format!("e{n:03}@example.org")).await;
            if reseller == other {
                of_other.push(id);
            }
        }
        // Gaps, and ids of more than one bucket.
        let caller = admin();
        let gone = of_other.remove(4);
        transaction!(test.db, |tx| contact::delete(tx, &caller, NOW, ContactId(gone)).await).unwrap();
        for n in 37..40 {
            let id = contact(&test, other, &format!("far{n}@example.org")).await;
            // The lists find what has an id from other buckets too.
            of_other.push(far_away(&test, id, 70_000 * n).await);
        }

        for (caller, expected) in [(admin(), None), (acting(other, Role::Reseller), Some(&of_other))] {
            let everything = Query { limit: 100, count: true, ..Query::default() };
            let (all, total, more) = page(&test, &caller, &everything).await;
            assert_eq!((total, more), (Some(all.len() as i64), false));
            if let Some(expected) = expected {
                assert_eq!(&all, expected, "a reseller sees its own and no other");
            }
            for descending in [false, true] {
                let mut in_order = all.clone();
                if descending {
                    in_order.reverse();
                }
                for order in [None, Some("email")] {
                    for limit in [1, 4, 50] {
                        let mut seen = Vec::new();
                        for n in 0.. {
                            let query = Query { order, descending, offset: n * limit, limit, count: true, ..Query::default() };
                            let (ids, total, more) = page(&test, &caller, &query).await;
                            assert_eq!(total, Some(all.len() as i64));
                            seen.extend(ids);
                            if !more {
                                break;
                            }
                        }
                        assert_eq!(seen, in_order, "{order:?} {descending} {limit}");
                    }
                }
            }
            let beyond = Query { offset: 1_000, limit: 10, count: true, ..Query::default() };
            assert_eq!(page(&test, &caller, &beyond).await, (vec![], Some(all.len() as i64), false));
        }

        let of_one = |id: AccountId| Query {
            conditions: vec![Condition::Is("reseller_id", id.into())],
            limit: 100,
            count: true,
            ..Query::default()
        };
        assert_eq!(page(&test, &admin(), &of_one(other)).await, (of_other.clone(), Some(of_other.len() as i64), false));
        let (ids, total, _) = page(&test, &acting(other, Role::Reseller), &of_one(AccountId::DEFAULT_RESELLER)).await;
        assert_eq!((ids, total), (vec![], Some(0)), "another's are not there");
    }

    async fn a_contact_that_moves_is_counted_where_it_is(test: TestDb) {
        started(&test).await;
        let other = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "other").await;
        let id = contact(&test, other, "moves@example.org").await;
        let caller = admin();
        let details = Details { email: "moved@example.org".to_owned(), ..Details::default() };
        let to = Some(AccountId::DEFAULT_RESELLER);
        transaction!(test.db, |tx| contact::update(tx, &caller, NOW, ContactId(id), to, &details).await).unwrap();
        let query = Query { limit: 10, count: true, ..Query::default() };
        assert_eq!(page(&test, &acting(other, Role::Reseller), &query).await, (vec![], Some(0), false));
        let (ids, total, _) = page(&test, &acting(AccountId::DEFAULT_RESELLER, Role::Reseller), &query).await;
        assert_eq!((ids.contains(&id), total), (true, Some(2)));
    }

    async fn tallies_are_what_the_rows_say(test: TestDb) {
        started(&test).await;
        for list in sources() {
            let (sql, values) = list.statement(&[], None, false).unwrap();
            let rows = test.db.reader().query(&sql, &values).await.unwrap().len() as i64;
            let counted = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) AS n FROM tallies WHERE list = $1 AND key = 0 AND level = 16";
            let total: i64 = test.db.reader().query_one(counted, args![list.name]).await.unwrap().at(0).unwrap();
            assert_eq!(total, rows, "{}", list.name);
        }
    }
}
