//! Tests that go over the whole registry: every statement on both engines, the first start, scopes.

use store::testing::TestDb;

use crate::account::{self, Kind, NewAccount};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, LoginId};
use crate::login::Credentials;
use crate::page::Page;
use crate::{Error, MIGRATIONS, bootstrap, statements, transaction};

/// A time in 2026.
pub(crate) const NOW: i64 = 1_780_000_000_000_000;

/// A registry after its first start.
pub(crate) async fn started(test: &TestDb) {
    store::migrate(&test.db, MIGRATIONS, NOW).await.expect("migrations apply");
    let credentials = Credentials::new("administrator", "correct horse").expect("credentials");
    assert!(bootstrap(&test.db, NOW, &credentials).await.expect("first rows"));
}

pub(crate) async fn add_account(test: &TestDb, parent: AccountId, kind: Kind, name: &str) -> AccountId {
    let new = NewAccount {
        parent_id: parent,
        kind,
        name: name.to_owned(),
        currency: "EUR".to_owned(),
        credit_limit: None,
    };
    let caller = Caller::system("test");
    transaction!(test.db, |tx| Ok(account::create(tx, &caller, NOW, &new).await?.id)).expect("an account")
}

store::on_both! {
    async fn every_statement_is_understood(test: TestDb) {
        store::migrate(&test.db, MIGRATIONS, NOW).await.expect("migrations apply");
        for (name, sql) in statements() {
            test.db.prepare(sql).await.unwrap_or_else(|error| panic!("{name}: {error}\n{sql}"));
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
