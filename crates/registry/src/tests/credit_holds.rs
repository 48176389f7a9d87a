//! Credit that is held for calls: parallel holds, retries, ends; fraud limits that captures run into.

use store::args;
use store::testing::TestDb;

use super::{NOW, acting, add_account, admin, customer, money_of, set_credit_limit, started};
use crate::account::{self, Kind};
use crate::billing::mapping::{self, Assignment};
use crate::billing::profile::{self, Fraud};
use crate::caller::Role;
use crate::credit_hold::{self, CreditHold, Status, Wanted};
use crate::fraud::{self, FraudEvent, LimitOf, Limits, NotifyStatus, Period};
use crate::id::{AccountId, CreditHoldId};
use crate::listing::{self, Condition, Query};
use crate::{Caller, Error, Money, journal, record, transaction};

fn wanted(account: AccountId, amount: i64, reference: &str) -> Wanted {
    Wanted {
        account_id: account,
        amount: Money(amount),
        reason: "a call".to_owned(),
        reference: reference.to_owned(),
        expires_at: None,
    }
}

async fn held(test: &TestDb, caller: &Caller, wanted: &Wanted) -> Result<CreditHold, Error> {
    transaction!(test.db, |tx| credit_hold::hold(tx, caller, NOW, wanted).await)
}

async fn captured(test: &TestDb, at: i64, id: CreditHoldId, amount: Option<i64>) -> Result<CreditHold, Error> {
    let (caller, amount) = (admin(), amount.map(Money));
    transaction!(test.db, |tx| credit_hold::capture(tx, &caller, at, id, amount).await)
}

async fn released(test: &TestDb, id: CreditHoldId) -> Result<CreditHold, Error> {
    let caller = admin();
    transaction!(test.db, |tx| credit_hold::release(tx, &caller, NOW, id).await)
}

async fn events(test: &TestDb, caller: &Caller) -> Vec<FraudEvent> {
    let mut tx = test.db.reader();
    let query = Query { limit: 100, count: true, ..Query::default() };
    let page = listing::page(&mut tx, caller, &fraud::ALL, &query).await.expect("a page");
    assert_eq!(page.total, Some(page.ids.len() as i64));
    record::load(&mut tx, &page.ids).await.expect("events")
}

store::on_both! {
    async fn holds_at_once_do_not_overrun_a_limit(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        set_credit_limit(&test, shop, "3.99").await;
        let holds: Vec<_> = (0..8)
            .map(|n| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    let (caller, wanted) = (admin(), wanted(shop, 1_000_000, &format!("call {n}")));
                    transaction!(db, |tx| credit_hold::hold(tx, &caller, NOW, &wanted).await)
                })
            })
            .collect();
        let mut got = Vec::new();
        for hold in holds {
            match hold.await.expect("a hold") {
                Ok(hold) => got.push(hold.id),
                Err(Error::NoCredit { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(got.len(), 3);
        assert_eq!(money_of(&test, shop).await, ("0.00".to_owned(), "3.00".to_owned()));
        captured(&test, NOW, got[0], None).await.expect("all of it");
        captured(&test, NOW, got[1], Some(250_000)).await.expect("a part");
        released(&test, got[2]).await.expect("none");
        assert_eq!(money_of(&test, shop).await, ("-1.25".to_owned(), "0.00".to_owned()));
    }

    async fn the_same_hold_again_is_the_one_that_there_is(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let caller = admin();
        let retries: Vec<_> = (0..6)
            .map(|_| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    let (caller, wanted) = (admin(), wanted(shop, 500_000, "call 1"));
                    transaction!(db, |tx| credit_hold::hold(tx, &caller, NOW, &wanted).await)
                })
            })
            .collect();
        let mut ids = Vec::new();
        for retry in retries {
            ids.push(retry.await.expect("a retry").expect("a hold").id);
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
        assert_eq!(money_of(&test, shop).await.1, "0.50");
        let other = held(&test, &caller, &wanted(shop, 500_001, "call 1")).await;
        assert!(matches!(other, Err(Error::Taken { field: "reference", .. })), "{other:?}");
        captured(&test, NOW, ids[0], None).await.expect("captured");
        assert_eq!(held(&test, &caller, &wanted(shop, 500_000, "call 1")).await.expect("the same").status, Status::Captured);
        let elsewhere = customer(&test, "elsewhere").await;
        assert_ne!(held(&test, &caller, &wanted(elsewhere, 1, "call 1")).await.expect("another's").id, ids[0]);
    }

    async fn a_hold_ends_once(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let caller = admin();
        let hold = held(&test, &caller, &wanted(shop, 2_000_000, "call")).await.expect("a hold");
        for amount in [0, -1, 2_000_001] {
            let refused = captured(&test, NOW, hold.id, Some(amount)).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "amount", .. })), "{refused:?}");
        }
        let done = captured(&test, NOW + 5, hold.id, Some(750_000)).await.expect("captured");
        assert_eq!((done.amount, done.held_amount, done.ended_at), (Money(750_000), Money(2_000_000), Some(NOW + 5)));
        captured(&test, NOW, hold.id, Some(750_000)).await.expect("the same again changes nothing");
        for refused in [captured(&test, NOW, hold.id, Some(1)).await, released(&test, hold.id).await] {
            assert!(matches!(refused, Err(Error::Terminated { .. })), "{refused:?}");
        }
        assert_eq!(money_of(&test, shop).await, ("-0.75".to_owned(), "0.00".to_owned()));
        let entries = journal::newest(&mut test.db.reader(), &caller, 50).await.expect("journal");
        let of_hold: Vec<_> = entries.iter().filter(|entry| entry.kind == "credit_holds").collect();
        assert_eq!(of_hold.len(), 3, "made, captured, and once more");

        let other = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "other").await;
        for (caller, account) in [(acting(other, Role::Reseller), shop), (admin(), other), (admin(), AccountId(999))] {
            let refused = held(&test, &caller, &wanted(account, 1, "x")).await;
            assert!(matches!(refused, Err(Error::Dangling { field: "customer_id", .. })), "{refused:?}");
        }
        let refused = held(&test, &acting(shop, Role::Customer), &wanted(shop, 1, "x")).await;
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
        let stranger = acting(other, Role::Reseller);
        let hidden = transaction!(test.db, |tx| credit_hold::release(tx, &stranger, NOW, hold.id).await);
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
        let past = Wanted { expires_at: Some(NOW), ..wanted(shop, 1, "x") };
        assert!(matches!(held(&test, &caller, &past).await, Err(Error::Invalid { field: "expires_at", .. })));
    }

    async fn what_nobody_ends_expires(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let caller = admin();
        for (reference, expires_at) in [("short", Some(NOW + 10)), ("long", Some(NOW + 1_000)), ("ever", None)] {
            let wanted = Wanted { expires_at, ..wanted(shop, 1_000_000, reference) };
            held(&test, &caller, &wanted).await.expect("a hold");
        }
        let ended = credit_hold::expire_due(&test.db, &caller, NOW + 9).await.expect("swept");
        assert_eq!(ended, 0);
        let ids = listing::page(
            &mut test.db.reader(),
            &caller,
            &credit_hold::ALL,
            &Query { conditions: vec![Condition::Is("reference", "short".into())], limit: 10, ..Query::default() },
        ).await.expect("a page").ids;
        let late = captured(&test, NOW + 10, CreditHoldId(ids[0]), None).await;
        assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
        for wanted in [1, 0] {
            assert_eq!(credit_hold::expire_due(&test.db, &caller, NOW + 10).await.expect("swept"), wanted);
        }
        assert_eq!(money_of(&test, shop).await, ("0.00".to_owned(), "2.00".to_owned()));
        let expired: CreditHold = record::get(&mut test.db.reader(), &caller, ids[0]).await.expect("a hold");
        assert_eq!((expired.status, expired.amount, expired.held_amount), (Status::Expired, Money::ZERO, Money(1_000_000)));
    }

    async fn costs_beyond_a_limit_are_fraud_events(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let caller = admin();
        let limit = |limit, lock| Fraud { limit: Some(limit), lock, notify: Some("watch@example.org".to_owned()) };
        let spec = profile::Spec {
            handle: "strict".to_owned(),
            name: "strict".to_owned(),
            fraud_daily: limit(100, Some(2)),
            fraud_interval: limit(300, None),
            ..profile::Spec::default()
        };
        transaction!(test.db, |tx| {
            let made = profile::create(tx, &caller, NOW, AccountId::DEFAULT_RESELLER, &spec).await?;
            mapping::assign(tx, &caller, NOW - 1, shop, &Assignment::Profile(made.id), true).await
        }).expect("a profile");
        let day = 86_400_000_000;
        let spend = async |at: i64, cents: i64, reference: &str| {
            let hold = held(&test, &caller, &wanted(shop, cents * 10_000, reference)).await.expect("a hold");
            captured(&test, at, hold.id, None).await.expect("captured");
        };
        spend(NOW, 100, "a").await;
        assert_eq!(events(&test, &caller).await, []);
        spend(NOW, 1, "b").await;
        spend(NOW, 1, "c").await;
        let seen = events(&test, &caller).await;
        assert_eq!(seen.len(), 1, "one for each period: {seen:?}");
        let FraudEvent { period, period_date, limit_of, interval_cost, interval_limit, interval_lock, .. } = &seen[0];
        assert_eq!((*period, period_date.as_str(), *limit_of), (Period::Day, "2026-05-28", LimitOf::ProfileLimit));
        assert_eq!((*interval_cost, *interval_limit, *interval_lock), (Money(1_020_000), 100, Some(2)));

        // A limit of its own goes first, field by field.
        let own = Limits { account_id: shop, daily: Fraud { limit: Some(150), ..Fraud::default() }, ..Limits::default() };
        transaction!(test.db, |tx| fraud::set(tx, &caller, NOW, &own).await).expect("set");
        spend(NOW + day, 150, "d").await;
        assert_eq!(events(&test, &caller).await.len(), 1);
        spend(NOW + day, 60, "e").await;
        let seen = events(&test, &caller).await;
        let of: Vec<_> = seen.iter().map(|e| (e.period, e.period_date.as_str(), e.limit_of, e.interval_cost.0 / 10_000)).collect();
        assert_eq!(of, [
            (Period::Day, "2026-05-28", LimitOf::ProfileLimit, 102),
            (Period::Month, "2026-05-01", LimitOf::ProfileLimit, 312),
            (Period::Day, "2026-05-29", LimitOf::AccountLimit, 210),
        ]);
        assert_eq!((seen[2].interval_lock, seen[2].interval_notify.as_deref()), (Some(2), Some("watch@example.org")));
        transaction!(test.db, |tx| fraud::clear(tx, &caller, NOW, shop).await).expect("cleared");
        let none = Limits { account_id: shop, ..Limits::default() };
        assert_eq!(fraud::load(&mut test.db.reader(), &[shop.0]).await.expect("limits"), [none]);

        // Only what is known of the notice changes.
        let told = FraudEvent { notify_status: NotifyStatus::Notified, interval_limit: 7, ..seen[0].clone() };
        let told = transaction!(test.db, |tx| record::update(tx, &caller, NOW + 3, told.clone()).await).expect("told");
        assert_eq!((told.notified_at, told.interval_limit), (Some(NOW + 3), 100));
        let other = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "other").await;
        assert_eq!(events(&test, &acting(other, Role::Reseller)).await, []);

        for (field, limits) in [
            ("fraud_daily_lock", Limits { daily: Fraud { lock: Some(6), ..Fraud::default() }, ..own.clone() }),
            ("fraud_interval_limit", Limits { interval: Fraud { limit: Some(-1), ..Fraud::default() }, ..own.clone() }),
        ] {
            let refused = transaction!(test.db, |tx| fraud::set(tx, &caller, NOW, &limits).await);
            assert!(matches!(&refused, Err(Error::Invalid { field: of, .. }) if *of == field), "{refused:?}");
        }
        let refused = transaction!(test.db, |tx| {
            fraud::set(tx, &caller, NOW, &Limits { account_id: other, ..own.clone() }).await
        });
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    }

    async fn limits_of_its_own_hold_without_a_profile(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let profiles = fraud::profiles(&mut test.db.reader(), &[shop.0], NOW).await.expect("profiles");
        assert!(profiles.is_empty(), "{profiles:?}");
        let daily = Fraud { limit: Some(100), lock: Some(4), notify: None };
        let own = Limits { account_id: shop, daily, ..Limits::default() };
        transaction!(test.db, |tx| fraud::set(tx, &admin(), NOW, &own).await).expect("set");
        let hold = held(&test, &admin(), &wanted(shop, 2_000_000, "a")).await.expect("a hold");
        captured(&test, NOW, hold.id, None).await.expect("captured");
        let seen = events(&test, &admin()).await;
        let of: Vec<_> = seen.iter().map(|e| (e.limit_of, e.interval_limit, e.interval_lock)).collect();
        assert_eq!(of, [(LimitOf::AccountLimit, 100, Some(4))]);
    }

    async fn a_purchase_can_not_spend_what_is_held(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        set_credit_limit(&test, shop, "1.00").await;
        let caller = admin();
        held(&test, &caller, &wanted(shop, 900_000, "call")).await.expect("a hold");
        let refused = transaction!(test.db, |tx| {
            account::credit::debit(tx, &caller, NOW, shop, Money(200_000), None).await
        });
        assert!(matches!(refused, Err(Error::NoCredit { left: Money(100_000), .. })), "{refused:?}");
        let row = test.db.reader().query_one("SELECT COUNT(*) FROM charges", args![]).await.expect("a count");
        assert_eq!(row.at::<i64>(0).expect("a number"), 0);
    }
}
