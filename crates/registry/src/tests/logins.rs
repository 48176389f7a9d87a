//! Logins: whose password is checked, whose token holds.

use store::testing::TestDb;

use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::{self, Kind, Status};
use crate::caller::{Role, Scope};
use crate::id::AccountId;
use crate::login::{self, Credentials, Login};
use crate::{Error, transaction};

async fn add_login(test: &TestDb, account: AccountId, role: Role, username: &str, password: &str) -> Login {
    let credentials = Credentials::new(username, password).expect("credentials");
    transaction!(test.db, |tx| login::create(tx, &admin(), NOW, account, role, &credentials).await).expect("a login")
}

async fn known(test: &TestDb, username: &str) -> bool {
    match login::candidate(&mut test.db.reader(), username).await {
        Ok(_) => true,
        Err(Error::NotAuthenticated) => false,
        Err(other) => panic!("{other:?}"),
    }
}

async fn set_status(test: &TestDb, account: AccountId, status: Status) {
    transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, account, status).await).expect("a status");
}

store::on_both! {
    async fn the_right_password_is_known_from_a_wrong_one(test: TestDb) {
        started(&test).await;
        let found = login::candidate(&mut test.db.reader(), "administrator").await.expect("a candidate");
        assert!(found.verifier.verify("correct horse"));
        assert!(!found.verifier.verify("correct horse "));
        assert!(!found.verifier.verify(""));
        assert_eq!(format!("{:?}", found.verifier), "***");
        let caller = found.login.caller();
        assert_eq!((caller.name.as_str(), caller.role, caller.scope), ("administrator", Role::Admin, Scope::All));
        assert!(!known(&test, "Administrator").await);
        assert!(!known(&test, "' OR 1=1 --").await);
    }

    async fn nobody_logs_in_below_an_account_that_is_locked(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = add_account(&test, acme, Kind::Customer, "shop").await;
        let branch = add_account(&test, shop, Kind::Customer, "branch").await;
        let clerk = add_login(&test, branch, Role::Customer, "clerk", "a long password").await;
        let token = async || login::by_token(&mut test.db.reader(), clerk.id, clerk.credential_version).await;
        assert!(known(&test, "clerk").await && token().await.is_ok());
        for locked in [branch, shop, acme] {
            set_status(&test, locked, Status::Locked).await;
            assert!(!known(&test, "clerk").await, "below account {locked}");
            assert!(matches!(token().await, Err(Error::NotAuthenticated)), "below account {locked}");
            set_status(&test, locked, Status::Active).await;
            assert!(known(&test, "clerk").await && token().await.is_ok());
        }
    }

    async fn a_new_password_ends_old_tokens(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let made = add_login(&test, shop, Role::Customer, "jane", "a long password").await;
        let credentials = Credentials::new("jane", "another password").expect("credentials");
        let other = transaction!(test.db, |tx| {
            login::set_password(tx, &acting(shop, Role::Customer), NOW, &credentials).await
        });
        assert!(matches!(other, Err(Error::NotAllowed(_))), "{other:?}");
        let jane = made.caller();
        let changed = transaction!(test.db, |tx| login::set_password(tx, &jane, NOW, &credentials).await).expect("changed");
        assert_eq!(changed.credential_version, made.credential_version + 1);
        let mut tx = test.db.reader();
        let old = login::by_token(&mut tx, made.id, made.credential_version).await;
        assert!(matches!(old, Err(Error::NotAuthenticated)), "{old:?}");
        assert_eq!(login::by_token(&mut tx, made.id, changed.credential_version).await.expect("new").id, made.id);
        let verifier = login::candidate(&mut tx, "jane").await.expect("a candidate").verifier;
        assert!(verifier.verify("another password") && !verifier.verify("a long password"));
    }

    async fn logins_are_made_and_removed_by_whoever_may(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let mill = customer(&test, "mill").await;
        add_login(&test, shop, Role::Customer, "jane", "a long password").await;
        let credentials = Credentials::new("jane", "a long password").expect("credentials");
        let twice = transaction!(test.db, |tx| login::create(tx, &admin(), NOW, mill, Role::Customer, &credentials).await);
        assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
        let fresh = Credentials::new("john", "a long password").expect("credentials");
        let unfit = transaction!(test.db, |tx| login::create(tx, &admin(), NOW, mill, Role::Admin, &fresh).await);
        assert!(matches!(unfit, Err(Error::Invalid { field: "role", .. })), "{unfit:?}");
        let miller = acting(mill, Role::Customer);
        let refused = transaction!(test.db, |tx| login::create(tx, &miller, NOW, mill, Role::Customer, &fresh).await);
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
        let other = transaction!(test.db, |tx| login::set_password(tx, &miller, NOW, &credentials).await);
        assert!(matches!(other, Err(Error::NotFound { .. })), "{other:?}");
        transaction!(test.db, |tx| login::delete(tx, &admin(), NOW, "jane").await).expect("removed");
        assert!(!known(&test, "jane").await);
        let last = transaction!(test.db, |tx| login::delete(tx, &admin(), NOW, "administrator").await);
        assert!(matches!(last, Err(Error::Conflict(_))), "somebody must be able to log in: {last:?}");
    }
}

#[test]
fn a_login_needs_a_name_and_a_password_that_is_long_enough() {
    for (username, password, field) in [
        ("", "a long password", "username"),
        ("jane doe", "a long password", "username"),
        ("jane:doe", "a long password", "username"),
        (&"j".repeat(101), "a long password", "username"),
        ("jane", "seven77", "password"),
        ("jane", &"x".repeat(1_001), "password"),
    ] {
        match Credentials::new(username, password) {
            Err(Error::Invalid { field: named, message }) => {
                assert_eq!(named, field);
                assert!(!message.contains(password), "the password stands in {message}");
            }
            other => panic!("{username}: {other:?}"),
        }
    }
}
