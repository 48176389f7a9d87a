//! The journal: who changed what, from what to what.

use serde_json::Value;
use store::testing::TestDb;

use super::{NOW, acting, add_pool, admin, customer, named, priced, started, stock, stored};
use crate::caller::Role;
use crate::id::AccountId;
use crate::journal::{self, Entry, Operation};
use crate::login::{self, Credentials};
use crate::number::{self, AtVendor, Details};
use crate::page::Page;
use crate::pool::{self, PoolSpec};
use crate::{Error, account, transaction};

async fn entries(test: &TestDb, kind: &str, id: i64) -> Vec<Entry> {
    journal::of_record(&mut test.db.reader(), &admin(), kind, id, Page::default()).await.expect("the journal")
}

/// A field before and after a change.
fn field<'a>(entry: &'a Entry, name: &str) -> (Option<&'a Value>, Option<&'a Value>) {
    (entry.before.as_ref().map(|r| &r[name]), entry.after.as_ref().map(|r| &r[name]))
}

store::on_both! {
    async fn a_numbers_life_can_be_read_from_its_journal(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, PoolSpec { quarantine_days: 1, ..named("london") }).await;
        stock(&test, &pool, &["442071234567"]).await;
        let shop = customer(&test, "shop").await;
        let caller = acting(shop, Role::Customer);
        let details = Details { description: Some("front desk".to_owned()), ..Details::default() };
        transaction!(test.db, |tx| {
            number::sell(tx, &caller, NOW + 1, "442071234567", shop, None).await?;
            number::set_details(tx, &caller, NOW + 2, "442071234567", &details).await?;
            number::block(tx, &admin(), NOW + 3, "442071234567", "fraud").await?;
            number::release(tx, &caller, NOW + 4, "442071234567", AtVendor::Keep).await?;
            number::delete(tx, &admin(), NOW + 5, "442071234567").await
        })
        .expect("a life");
        let life = entries(&test, "numbers", stored(&test, "442071234567").await.id.0).await;
        let told: Vec<_> = life
            .iter()
            .map(|e| {
                let state = |record: Option<&Value>| record.and_then(Value::as_str).unwrap_or("-").to_owned();
                let (before, after) = field(e, "state");
                format!("{} {} {}: {} to {}", e.at - NOW, e.who, e.operation, state(before), state(after))
            })
            .collect();
        let login = format!("login of {shop}");
        assert_eq!(
            told,
            [
                "0 test create: - to available".to_owned(),
                format!("1 {login} update: available to in_service"),
                format!("2 {login} update: in_service to in_service"),
                "3 test update: in_service to in_service".to_owned(),
                format!("4 {login} update: in_service to aging"),
                "5 test update: aging to deleted".to_owned(),
            ]
        );
        assert_eq!(field(&life[2], "description"), (Some(&Value::Null), Some(&Value::from("front desk"))));
        assert_eq!(field(&life[3], "blocked_reason"), (Some(&Value::Null), Some(&Value::from("fraud"))));
        assert_eq!(field(&life[4], "account_id"), (Some(&Value::from(shop.0)), Some(&Value::Null)));
    }

    async fn changes_of_pools_accounts_and_charges_are_written_down(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, priced("london", "1.50")).await;
        let changed = PoolSpec { minimum: 5, ..priced("london", "1.75") };
        let shop = customer(&test, "shop").await;
        stock(&test, &pool, &["442071234567"]).await;
        let paid = "20".parse().expect("money");
        transaction!(test.db, |tx| {
            pool::update(tx, &admin(), NOW, pool.id, &changed).await?;
            account::pay(tx, &admin(), NOW, shop, paid).await?;
            account::set_status(tx, &admin(), NOW, shop, account::Status::Locked).await?;
            account::set_status(tx, &admin(), NOW, shop, account::Status::Active).await?;
            number::sell(tx, &admin(), NOW, "442071234567", shop, None).await
        })
        .expect("changes");
        let of_pool = entries(&test, "number_pools", pool.id.0).await;
        assert_eq!(of_pool.iter().map(|e| e.operation).collect::<Vec<_>>(), [Operation::Create, Operation::Update]);
        assert_eq!(field(&of_pool[1], "setup_price"), (Some(&Value::from("1.50")), Some(&Value::from("1.75"))));
        let of_account = entries(&test, "accounts", shop.0).await;
        assert_eq!(field(&of_account[1], "balance"), (Some(&Value::from("0.00")), Some(&Value::from("20.00"))));
        assert_eq!(field(&of_account[2], "status"), (Some(&Value::from("active")), Some(&Value::from("locked"))));
        let charged = entries(&test, "charges", 1).await;
        assert_eq!(field(&charged[0], "amount"), (None, Some(&Value::from("1.75"))));
    }

    async fn a_pool_that_is_removed_is_remembered(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        transaction!(test.db, |tx| pool::delete(tx, &admin(), NOW, pool.id).await).expect("removed");
        let last = entries(&test, "number_pools", pool.id.0).await.pop().expect("an entry");
        assert_eq!(last.operation, Operation::Delete);
        assert_eq!(field(&last, "name"), (Some(&Value::from("london")), None));
    }

    async fn no_secret_is_written_down(test: TestDb) {
        started(&test).await;
        let first = Credentials::new("jane", "first secret").expect("credentials");
        let second = Credentials::new("jane", "second secret").expect("credentials");
        let made = transaction!(test.db, |tx| {
            let made = login::create(tx, &admin(), NOW, AccountId::OPERATOR, Role::Admin, &first).await?;
            login::set_password(tx, &admin(), NOW, &second).await?;
            login::delete(tx, &admin(), NOW, "jane").await?;
            Ok(made)
        })
        .expect("a login's life");
        let life = entries(&test, "logins", made.id.0).await;
        assert_eq!(
            life.iter().map(|e| e.operation).collect::<Vec<_>>(),
            [Operation::Create, Operation::Update, Operation::Delete]
        );
        assert_eq!(field(&life[1], "credential_version"), (Some(&Value::from(1)), Some(&Value::from(2))));
        let everything = journal::list(&mut test.db.reader(), &admin(), Page::first(1_000)).await.expect("the journal");
        let text = serde_json::to_string(&everything).expect("json");
        for secret in ["first secret", "second secret", "correct horse", "argon2", "verifier"] {
            assert!(!text.contains(secret), "{secret} stands in the journal");
        }
        assert!(!format!("{first:?}").contains("argon2"));
    }

    async fn only_whoever_runs_the_installation_reads_it(test: TestDb) {
        started(&test).await;
        let caller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        let refused = journal::newest(&mut test.db.reader(), &caller, 10).await;
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
        let newest = journal::newest(&mut test.db.reader(), &admin(), 2).await.expect("the journal");
        assert!(newest[0].id > newest[1].id);
    }
}
