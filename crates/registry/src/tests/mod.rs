//! Tests that go over the whole registry: every statement on both engines, the first start, scopes.

mod access;
mod account_status;
mod accounts;
mod balance_bounds;
mod balances;
mod belongings;
mod billing;
mod call_forwards;
mod charges;
mod credit_holds;
mod customers;
mod dns;
mod dns_catalog;
mod due;
mod emergency;
mod enum_numbers;
mod fee_lookups;
mod imports;
mod interceptions;
mod inventory;
mod jobs;
mod journal;
mod listings;
mod lnp;
mod locations;
mod logins;
mod mappings;
mod money;
mod ncos;
mod otp;
mod papers;
pub(crate) mod plans;
mod preferences;
mod pstn;
mod quotas;
mod races;
mod records;
mod rewrites;
mod services;
mod sip_accounts;
mod sip_domains;
mod sounds;
mod subscriber_profiles;
mod subscribers;
mod templates;
mod terminations;
mod topups;
mod underruns;
mod vendors;
mod voicemail_greetings;
mod vouchers;

use std::time::{Duration, Instant};

use store::testing::TestDb;

use crate::account::{self, Kind, NewAccount};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, ClassId, LoginId, OrderId, VendorId};
use crate::login::Credentials;
use crate::number::{self, Intake, Number, Origin};
use crate::page::Page;
use crate::pool::{self, Pool, PoolSpec};
use crate::{Error, MIGRATIONS, Money, bootstrap, statements, transaction};

/// A time in 2026.
pub(crate) const NOW: i64 = 1_780_000_000_000_000;

/// A registry after its first start.
pub(crate) async fn started(test: &TestDb) {
    store::migrate(&test.db, MIGRATIONS, NOW).await.expect("migrations apply");
    let credentials = Credentials::weak("administrator", "correct horse");
    assert!(bootstrap(&test.db, NOW, &credentials).await.expect("first rows"));
}

pub(crate) async fn add_account(test: &TestDb, parent: AccountId, kind: Kind, name: &str) -> AccountId {
    let new =
        NewAccount { parent_id: parent, kind, name: name.to_owned(), currency: "EUR".to_owned(), credit_limit: None };
    let caller = admin();
    transaction!(test.db, |tx| Ok(account::create(tx, &caller, NOW, &new).await?.id)).expect("an account")
}

/// Whoever runs the installation.
pub(crate) fn admin() -> Caller {
    Caller::system("test")
}

/// A login of that account.
pub(crate) fn acting(account: AccountId, role: Role) -> Caller {
    Caller::login(LoginId(1_000 + account.0), &format!("login of {account}"), account, role)
}

/// A customer of the default reseller.
pub(crate) async fn customer(test: &TestDb, name: &str) -> AccountId {
    add_account(test, AccountId::DEFAULT_RESELLER, Kind::Customer, name).await
}

pub(crate) async fn add_pool(test: &TestDb, spec: PoolSpec) -> Pool {
    let caller = admin();
    transaction!(test.db, |tx| pool::create(tx, &caller, NOW, &spec).await).expect("a pool")
}

pub(crate) fn named(name: &str) -> PoolSpec {
    PoolSpec { name: name.to_owned(), ..PoolSpec::default() }
}

/// A pool that asks so much for a number.
pub(crate) fn priced(name: &str, setup: &str) -> PoolSpec {
    PoolSpec { setup_price: setup.parse().expect("a price"), ..named(name) }
}

/// Numbers that a vendor has delivered.
pub(crate) async fn stock(test: &TestDb, pool: &Pool, digits: &[impl AsRef<str>]) {
    let caller = admin();
    let origin =
        Origin { pool: pool.id, class: ClassId(1), vendor: VendorId(7), group: "london".to_owned(), order: OrderId(0) };
    transaction!(test.db, |tx| {
        for digits in digits {
            let taken = number::take_in(tx, &caller, NOW, digits.as_ref(), &origin, None).await?;
            assert!(matches!(taken, Intake::Added(_)), "{} was there already", digits.as_ref());
        }
        Ok(())
    })
    .expect("stock");
}

/// So many numbers in a row.
pub(crate) fn run_of(first: u64, count: u64) -> Vec<String> {
    (first..first + count).map(|n| n.to_string()).collect()
}

/// The number as it is stored.
pub(crate) async fn stored(test: &TestDb, digits: &str) -> Number {
    number::find(&mut test.db.reader(), digits).await.expect("readable").expect("a number")
}

/// Balance and held money of an account.
pub(crate) async fn money_of(test: &TestDb, account: AccountId) -> (String, String) {
    let found = account::get(&mut test.db.reader(), &admin(), account).await.expect("an account");
    (found.balance.to_string(), found.held.to_string())
}

pub(crate) async fn set_credit_limit(test: &TestDb, account: AccountId, limit: &str) {
    let (caller, limit) = (admin(), limit.parse::<Money>().expect("a limit"));
    transaction!(test.db, |tx| account::set_credit_limit(tx, &caller, NOW, account, Some(limit)).await)
        .expect("a limit is set");
}

/// Waits for something that happens by itself, but not for ever.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut happened: impl FnMut() -> F) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !happened().await {
        assert!(Instant::now() < deadline, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How many cases a property is tried on, and nothing written beside the sources.
pub(crate) fn cases(cases: u32) -> proptest::test_runner::TestRunner {
    let config = proptest::test_runner::Config { cases, failure_persistence: None, ..Default::default() };
    proptest::test_runner::TestRunner::new(config)
}

store::on_both! {
    async fn every_statement_is_understood(test: TestDb) {
        store::migrate(&test.db, MIGRATIONS, NOW).await.expect("migrations apply");
        for (name, sql) in statements() {
            test.db.prepare(sql).await.unwrap_or_else(|error| panic!("{name}: {error}\n{sql}"));
        }
        for sql in crate::schema::record_statements() {
            test.db.prepare(&sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
        }
    }

    async fn migrations_apply_once_and_from_several_servers_at_once(test: TestDb) {
        let servers: Vec<_> = (0..4)
            .map(|_| {
                let db = test.db.clone();
                tokio::spawn(async move { store::migrate(&db, MIGRATIONS, NOW).await.expect("applies").len() })
            })
            .collect();
        let mut applied = 0;
        for server in servers {
            applied += server.await.expect("server");
        }
        assert_eq!(applied, MIGRATIONS.len());
        assert!(store::pending(&test.db, MIGRATIONS).await.expect("readable").is_empty());
    }

    async fn the_first_start_happens_once(test: TestDb) {
        started(&test).await;
        let again = Credentials::new("administrator", "another password").expect("credentials");
        assert!(!bootstrap(&test.db, NOW, &again).await.expect("harmless"));
        let caller = Caller::system("test");
        let accounts = account::list(&mut test.db.reader(), &caller, Page::default()).await.expect("accounts");
        let names: Vec<_> = accounts.iter().map(|a| (a.id.0, a.name.as_str(), a.kind)).collect();
        assert_eq!(names, [(0, "operator", Kind::Operator), (1, "default", Kind::Reseller)]);
    }

    async fn a_subtree_sees_itself_and_what_is_below(test: TestDb) {
        started(&test).await;
        let reseller = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let below = add_account(&test, reseller, Kind::Customer, "shop").await;
        let deeper = add_account(&test, below, Kind::Customer, "branch").await;
        let other = add_account(&test, AccountId::OPERATOR, Kind::Customer, "stranger").await;

        let caller = Caller::login(LoginId(9), "acme", reseller, Role::Reseller);
        let mut tx = test.db.reader();
        let seen = account::list(&mut tx, &caller, Page::default()).await.expect("accounts");
        assert_eq!(seen.iter().map(|a| a.id).collect::<Vec<_>>(), [reseller, below, deeper]);
        assert_eq!(seen[2].reseller_id, reseller);
        let hidden = account::get(&mut tx, &caller, other).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
        let all = Caller::system("test");
        let stranger = account::get(&mut tx, &all, other).await.expect("account");
        assert_eq!(stranger.parent_id, Some(AccountId::DEFAULT_RESELLER), "customers of the operator go below account 1");
    }
}
