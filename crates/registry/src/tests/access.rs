//! Administrators, their certificates, bans and tokens.

use std::net::IpAddr;

use store::testing::TestDb;

use super::{NOW, add_account, admin, customer, started};
use crate::account::Kind;
use crate::auth_token::{self, Holder, Owner};
use crate::ban::{self, Attempt, Realm, Standing};
use crate::caller::{Caller, Role, Scope};
use crate::client_certificate;
use crate::id::{AccountId, LoginId};
use crate::journal;
use crate::listing::{self, Condition, Query};
use crate::login::{self, ADMINISTRATORS, AclRole, Credentials, Flags, Login, Profile};
use crate::page::Page;
use crate::{Error, Result, transaction};

pub(super) fn profile(username: &str, acl_role: AclRole, reseller: AccountId) -> Profile {
    Profile {
        username: username.to_owned(),
        email: Some(format!("{username}@example.org")),
        reseller_id: reseller,
        acl_role,
        active: true,
        flags: Flags::default(),
    }
}

pub(super) fn of(login: &Login) -> Profile {
    Profile {
        username: login.username.clone(),
        email: login.email.clone(),
        reseller_id: login.reseller_id,
        acl_role: login.acl_role.expect("an administrator"),
        active: login.active,
        flags: login.flags,
    }
}

pub(super) async fn make(test: &TestDb, caller: &Caller, profile: &Profile) -> Result<Login> {
    let credentials = Credentials::weak(&profile.username, "a long password");
    transaction!(test.db, |tx| login::make(tx, caller, NOW, profile, &credentials).await)
}

async fn change(test: &TestDb, caller: &Caller, id: LoginId, profile: &Profile) -> Result<Login> {
    transaction!(test.db, |tx| login::update(tx, caller, NOW, id, profile, None).await)
}

/// The login of the first start, as a caller.
pub(super) async fn administrator(test: &TestDb) -> Login {
    login::candidate(&mut test.db.reader(), "administrator").await.expect("a candidate").login
}

/// User names that the caller sees, and how many there are said to be.
async fn seen(test: &TestDb, caller: &Caller) -> (Vec<String>, i64) {
    let query = Query { conditions: login::narrowing(caller), limit: 100, count: true, ..Query::default() };
    let mut tx = test.db.reader();
    let page = listing::page(&mut tx, caller, &ADMINISTRATORS, &query).await.expect("a page");
    let logins = login::load(&mut tx, &page.ids).await.expect("logins");
    (logins.into_iter().map(|l| l.username).collect(), page.total.expect("a count"))
}

fn why<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result.expect_err("refused") {
        Error::NotAllowed(message) | Error::Conflict(message) => message,
        other => format!("{other:?}"),
    }
}

store::on_both! {
    async fn each_kind_manages_what_the_table_says(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let system = administrator(&test).await;
        assert!(system.flags.system && system.acl_role == Some(AclRole::Admin));
        for (maker, manages) in [
            (AclRole::System, "system admin reseller ccareadmin ccare lintercept"),
            (AclRole::Admin, "admin reseller ccareadmin ccare"),
            (AclRole::Reseller, "reseller ccareadmin ccare"),
            (AclRole::CareAdmin, "ccareadmin ccare"),
            (AclRole::Care, "ccare"),
            (AclRole::Intercept, ""),
        ] {
            let mut whom = profile(&format!("maker.{maker}"), maker, acme);
            whom.flags.system = maker == AclRole::System;
            let maker_login = make(&test, &system.caller(), &whom).await.expect("made");
            let caller = maker_login.caller();
            for made in AclRole::ALL {
                let new = profile(&format!("{maker}.{made}"), *made, acme);
                match make(&test, &caller, &new).await {
                    Ok(login) => {
                        assert!(manages.split(' ').any(|m| m == made.as_str()), "{maker} made {made}");
                        assert_eq!((login.role, login.reseller_id), (made.role(), acme));
                        let confined = login.caller().scope == Scope::Subtree(acme);
                        let of_reseller = caller.account == acme || matches!(made, AclRole::Reseller | AclRole::Care);
                        assert_eq!(confined, of_reseller, "{made} by {maker}");
                    }
                    Err(Error::NotAllowed(message)) => {
                        assert_eq!(message, login::NOT_THIS_ROLE);
                        assert!(!manages.split(' ').any(|m| m == made.as_str()), "{maker} may make {made}");
                    }
                    Err(other) => panic!("{maker} {made}: {other:?}"),
                }
            }
            let mut greater = profile(&format!("{maker}.greater"), AclRole::Care, acme);
            greater.flags.system = true;
            assert_eq!(make(&test, &caller, &greater).await.is_ok(), maker == AclRole::System);
            let mut humble = of(&maker_login);
            humble.flags.master = false;
            let humble = change(&test, &admin(), maker_login.id, &humble).await.expect("changed").caller();
            if maker != AclRole::Intercept {
                assert_eq!(why(make(&test, &humble, &profile("x", AclRole::Care, acme)).await), login::NOT_MASTER);
            }
            assert_eq!(seen(&test, &humble).await, (vec![maker_login.username], 1));
        }
    }

    async fn resellers_see_and_make_their_own(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let other = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "other").await;
        let shop = customer(&test, "shop").await;
        let ours = make(&test, &admin(), &profile("ours", AclRole::Reseller, acme)).await.expect("made");
        let theirs = make(&test, &admin(), &profile("theirs", AclRole::Reseller, other)).await.expect("made");
        make(&test, &admin(), &profile("second", AclRole::Admin, acme)).await.expect("made");
        let care = make(&test, &ours.caller(), &profile("care", AclRole::Care, acme)).await.expect("made");
        let clerk = Credentials::weak("clerk", "a long password");
        let customers = transaction!(test.db, |tx| {
            login::create(tx, &admin(), NOW, shop, Role::Customer, &clerk).await
        }).expect("made");
        assert_eq!(customers.acl_role, None);

        assert_eq!(seen(&test, &ours.caller()).await, (vec!["ours".into(), "care".into()], 2));
        assert_eq!(seen(&test, &theirs.caller()).await, (vec!["theirs".into()], 1));
        let all = ["administrator", "ours", "theirs", "second", "care"].map(str::to_owned);
        assert_eq!(seen(&test, &administrator(&test).await.caller()).await, (all.to_vec(), 5));
        assert_eq!(seen(&test, &care.caller()).await, (vec!["care".into()], 1));
        assert_eq!(seen(&test, &customers.caller()).await, (vec![], 0));

        let foreign = make(&test, &ours.caller(), &profile("spy", AclRole::Reseller, other)).await;
        assert!(matches!(foreign, Err(Error::Dangling { field: "reseller_id", .. })), "{foreign:?}");
        let no_reseller = make(&test, &admin(), &profile("odd", AclRole::Reseller, shop)).await;
        assert!(matches!(no_reseller, Err(Error::Dangling { field: "reseller_id", .. })), "{no_reseller:?}");
        for hidden in [theirs.id, customers.id, LoginId(4_711)] {
            let removed = transaction!(test.db, |tx| login::remove(tx, &ours.caller(), NOW, hidden).await);
            assert!(matches!(removed, Err(Error::NotFound { .. })), "{removed:?}");
        }
        transaction!(test.db, |tx| login::remove(tx, &ours.caller(), NOW, care.id).await).expect("removed");
        assert_eq!(seen(&test, &ours.caller()).await, (vec!["ours".into()], 1));
    }

    async fn names_are_unique_and_nobody_raises_itself(test: TestDb) {
        started(&test).await;
        let boss = administrator(&test).await;
        let jane = make(&test, &boss.caller(), &profile("jane.doe", AclRole::Admin, AccountId(1))).await.expect("made");
        let twice = make(&test, &boss.caller(), &profile("jane.doe", AclRole::Admin, AccountId(1))).await;
        assert!(matches!(twice, Err(Error::Taken { field: "username", .. })), "{twice:?}");
        let same = Profile { email: jane.email.clone(), ..profile("john.doe", AclRole::Admin, AccountId(1)) };
        let twice = make(&test, &boss.caller(), &same).await;
        assert!(matches!(twice, Err(Error::Taken { field: "email", .. })), "{twice:?}");
        let wrong = Profile { email: Some("nowhere".to_owned()), ..same };
        let wrong = make(&test, &boss.caller(), &wrong).await;
        assert!(matches!(wrong, Err(Error::Invalid { field: "email", .. })), "{wrong:?}");

        let mut own = of(&jane);
        own.email = None;
        assert_eq!(change(&test, &jane.caller(), jane.id, &own).await.expect("changed").email, None);
        for raised in [
            Profile { acl_role: AclRole::System, ..own.clone() },
            Profile { flags: Flags { system: true, ..own.flags }, ..own.clone() },
            Profile { flags: Flags { billing_data: false, ..own.flags }, ..own.clone() },
            Profile { active: false, ..own.clone() },
        ] {
            assert_eq!(why(change(&test, &jane.caller(), jane.id, &raised).await), login::OWN_PERMISSIONS);
        }
        let renamed = Profile { username: "jane".to_owned(), ..own.clone() };
        assert_eq!(change(&test, &jane.caller(), jane.id, &renamed).await.expect("changed").username, "jane");
        let password = Credentials::weak("administrator", "another password");
        let others = transaction!(test.db, |tx| {
            login::update(tx, &boss.caller(), NOW, jane.id, &renamed, Some(&password)).await
        });
        assert_eq!(why(others), login::OTHERS_PASSWORD);
        assert_eq!(
            why(transaction!(test.db, |tx| login::remove(tx, &boss.caller(), NOW, boss.id).await)),
            login::OWN_LOGIN
        );
        let lesser = why(change(&test, &jane.caller(), boss.id, &of(&boss)).await);
        assert_eq!(lesser, login::NOT_THIS_ROLE, "a plain administrator does not manage one of the system");

        let mut gone = of(&jane);
        gone.active = false;
        change(&test, &boss.caller(), jane.id, &gone).await.expect("changed");
        let mut last = of(&boss);
        last.active = false;
        let last = why(change(&test, &admin(), boss.id, &last).await);
        assert!(last.ends_with(login::LAST_ADMINISTRATOR), "{last}");
        let barred = login::claimed(&mut test.db.reader(), "jane.doe").await.expect("readable").expect("there");
        assert!(barred.barred && !barred.login.active);
    }

    async fn rights_follow_the_flags(test: TestDb) {
        started(&test).await;
        let mut looker = profile("looker", AclRole::Admin, AccountId(1));
        looker.flags = Flags { read_only: true, show_passwords: false, master: false, ..Flags::default() };
        let looker = make(&test, &admin(), &looker).await.expect("made");
        let caller = looker.caller();
        assert!(caller.rights.read_only && !caller.rights.show_passwords && !caller.rights.master);
        assert_eq!(caller.scope, Scope::All);
        let refused = change(&test, &caller, looker.id, &of(&looker)).await;
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
        let issued = transaction!(test.db, |tx| {
            client_certificate::issue(tx, &caller, NOW, looker.id, 1, "aa").await
        });
        assert!(issued.is_ok(), "who may only read has a certificate too: {issued:?}");
    }

    async fn a_new_certificate_revokes_the_old(test: TestDb) {
        started(&test).await;
        let boss = administrator(&test).await;
        let jane = make(&test, &boss.caller(), &profile("jane.doe", AclRole::Reseller, AccountId(1))).await.expect("made");
        let issue = async |caller: &Caller, login: LoginId, serial: i64, digest: &str| {
            transaction!(test.db, |tx| client_certificate::issue(tx, caller, NOW, login, serial, digest).await)
        };
        let whose = async |digest: &str| login::by_certificate(&mut test.db.reader(), digest).await.ok().map(|l| l.id);
        issue(&jane.caller(), jane.id, 1, "first").await.expect("issued");
        assert_eq!(whose("first").await, Some(jane.id));
        issue(&boss.caller(), jane.id, 2, "second").await.expect("issued");
        assert_eq!((whose("first").await, whose("second").await), (None, Some(jane.id)));
        let spied = issue(&jane.caller(), boss.id, 3, "third").await;
        assert!(matches!(spied, Err(Error::NotFound { .. })), "{spied:?}");
        let holders = client_certificate::holders(&mut test.db.reader(), &[boss.id.0, jane.id.0]).await.expect("holders");
        assert_eq!(holders, [jane.id.0]);

        let mut gone = of(&jane);
        gone.active = false;
        change(&test, &boss.caller(), jane.id, &gone).await.expect("changed");
        assert_eq!(whose("second").await, None, "who may not log in has no certificate that is good");
        change(&test, &boss.caller(), jane.id, &of(&jane)).await.expect("changed");
        transaction!(test.db, |tx| client_certificate::revoke(tx, &jane.caller(), NOW, jane.id).await).expect("revoked");
        assert_eq!(whose("second").await, None);
        let none = transaction!(test.db, |tx| client_certificate::revoke(tx, &jane.caller(), NOW, jane.id).await);
        assert!(matches!(none, Err(Error::NotFound { .. })), "{none:?}");
        transaction!(test.db, |tx| login::remove(tx, &boss.caller(), NOW, jane.id).await).expect("removed with its papers");
        let serial = client_certificate::serial(NOW);
        assert!(serial > 0 && serial >> 20 == NOW / 1_000);
    }

    async fn too_many_failures_bring_a_ban(test: TestDb) {
        started(&test).await;
        let from = |address: &str| address.parse::<IpAddr>().expect("an address");
        let jane = Attempt { realm: Realm::Admin, username: "jane", address: from("127.0.0.1") };
        let fail = async |attempt: &Attempt<'_>, now: i64, times: i64| {
            for _ in 0..times {
                transaction!(test.db, |tx| ban::failed(tx, now, attempt).await).expect("counted");
            }
        };
        let standing = async |attempt: &Attempt<'_>, now: i64| {
            ban::standing(&mut test.db.reader(), now, attempt).await.expect("readable")
        };
        fail(&jane, NOW, ban::USER_FAILURES - 1).await;
        assert_eq!(standing(&jane, NOW).await, Standing { banned: false, failures: true });
        transaction!(test.db, |tx| ban::succeeded(tx, &jane).await).expect("forgotten");
        assert_eq!(standing(&jane, NOW).await, Standing::default());

        fail(&jane, NOW, ban::USER_FAILURES - 1).await;
        fail(&jane, NOW + ban::WINDOW, 1).await;
        assert!(!standing(&jane, NOW + ban::WINDOW).await.banned, "the count begins anew");
        let later = NOW + 2 * ban::WINDOW;
        fail(&jane, later, ban::USER_FAILURES).await;
        assert!(standing(&jane, later).await.banned);
        transaction!(test.db, |tx| ban::succeeded(tx, &jane).await).expect("harmless");
        assert!(standing(&jane, later + ban::DURATION - 1).await.banned);
        assert!(!standing(&jane, later + ban::DURATION).await.banned, "it ends by itself");
        let elsewhere = Attempt { realm: Realm::Subscriber, ..jane };
        assert!(!standing(&elsewhere, later).await.banned, "another realm is another user");

        let query = |conditions| Query { conditions, limit: 10, count: true, ..Query::default() };
        let mut tx = test.db.reader();
        let listed = listing::page(&mut tx, &admin(), &ban::USERS, &query(vec![ban::current(later)])).await.expect("page");
        let bans = ban::load(&mut tx, &listed.ids).await.expect("bans");
        assert_eq!(bans.iter().map(|b| (b.subject.as_str(), b.failures)).collect::<Vec<_>>(), [("jane", 10)]);
        let addresses = listing::page(&mut tx, &admin(), &ban::ADDRESSES, &query(vec![])).await.expect("page");
        assert_eq!(addresses.total, Some(0), "loopback is never banned");
        let wrong = transaction!(test.db, |tx| ban::lift(tx, &admin(), later, ban::Kind::Address, bans[0].id).await);
        assert!(matches!(wrong, Err(Error::NotFound { .. })), "{wrong:?}");
        transaction!(test.db, |tx| ban::lift(tx, &admin(), later, ban::Kind::User, bans[0].id).await).expect("lifted");
        assert!(!standing(&jane, later).await.banned);

        for n in 0..ban::ADDRESS_FAILURES {
            let username = format!("user{n}");
            fail(&Attempt { username: &username, address: from("2001:db8::1"), ..jane }, later, 1).await;
        }
        for (address, banned) in [("2001:db8::2", true), ("2001:db8:0:1::1", false), ("192.0.2.1", false)] {
            let attempt = Attempt { username: "anybody", address: from(address), ..jane };
            assert_eq!(standing(&attempt, later).await.banned, banned, "{address}");
        }
        fail(&Attempt { username: &"x\0é".repeat(1_000), ..jane }, later, 1).await;
    }

    async fn tokens_are_good_once_or_until_they_end(test: TestDb) {
        started(&test).await;
        let boss = administrator(&test).await;
        let holder = Holder::login(&boss);
        let issue = async |once: bool| {
            transaction!(test.db, |tx| auth_token::issue(tx, &boss.caller(), NOW, &holder, once, 60).await).expect("a token")
        };
        let redeem = async |token: &str, now: i64, reset: bool| {
            transaction!(test.db, |tx| auth_token::redeem(tx, now, token, reset).await).ok()
        };
        let once = issue(true).await;
        assert_eq!(redeem(&once, NOW, true).await, None, "it is not for a new password");
        assert_eq!(redeem(&once, NOW, false).await, Some(holder.clone()));
        assert_eq!(redeem(&once, NOW, false).await, None, "used up");
        let repeated = issue(false).await;
        for _ in 0..2 {
            assert_eq!(redeem(&repeated, NOW + 59_999_999, false).await.map(|h| h.owner), Some(Owner::Login(boss.id)));
        }
        assert_eq!(redeem(&repeated, NOW + 60_000_000, false).await, None, "over");
        assert_eq!(redeem("", NOW, false).await, None);

        let reset = transaction!(test.db, |tx| auth_token::reset_for(tx, &admin(), NOW, &holder).await).expect("a token");
        assert_eq!(redeem(&reset, NOW, false).await, None, "it is not for logging in");
        assert_eq!(redeem(&reset, NOW, true).await, Some(holder.clone()));
        let ask = async |now: i64| transaction!(test.db, |tx| auth_token::ask(tx, now, &holder).await).expect("noted");
        assert_eq!([ask(NOW).await, ask(NOW).await, ask(NOW + 3_600_000_000).await], [true, false, true]);

        let written = journal::newest(&mut test.db.reader(), &admin(), 100).await.expect("the journal");
        let text = serde_json::to_string(&written).expect("json");
        for secret in [&once, &repeated, &reset] {
            assert!(!text.contains(secret.as_str()), "a token stands in the journal");
        }
        let stored = test.db.reader().query("SELECT digest FROM auth_tokens", &[]).await.expect("rows");
        assert!(stored.iter().all(|row| row.at::<String>(0).expect("text").len() == 64));
    }

    async fn administrators_are_counted_by_every_change(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let made = make(&test, &admin(), &profile("jane.doe", AclRole::Admin, AccountId(1))).await.expect("made");
        let count = async |reseller: AccountId| {
            let conditions = vec![Condition::Is("reseller_id", reseller.into())];
            let query = Query { conditions, limit: 10, count: true, ..Query::default() };
            let page = listing::page(&mut test.db.reader(), &admin(), &ADMINISTRATORS, &query).await.expect("a page");
            assert_eq!(page.total, i64::try_from(page.ids.len()).ok());
            page.ids.len()
        };
        assert_eq!((count(AccountId(1)).await, count(acme).await), (2, 0));
        change(&test, &admin(), made.id, &profile("jane.doe", AclRole::Reseller, acme)).await.expect("changed");
        assert_eq!((count(AccountId(1)).await, count(acme).await), (1, 1));
        let all = login::list(&mut test.db.reader(), &admin(), Page::default()).await.expect("logins");
        assert_eq!(all.iter().map(|l| l.account_id).collect::<Vec<_>>(), [AccountId::OPERATOR, acme]);
    }
}
