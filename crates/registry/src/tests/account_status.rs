//! What an account's status does to its subscribers, and that nothing is left alive below what has ended.

use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new, sealer, sip_customer};
use super::{NOW, acting, add_account, add_pool, admin, named, run_of, started, stock, stored};
use crate::account::papers::{self, Templates, Terms};
use crate::account::{self, Kind, NewAccount, Product, Status};
use crate::billing::mapping::Assignment;
use crate::caller::Role;
use crate::id::{AccountId, ContactId, ProfileId, SubscriberId};
use crate::listing::{self, Query};
use crate::number::{self, State};
use crate::pool::PoolSpec;
use crate::reservation::RESERVATIONS;
use crate::{Error, quota, sip_domain, subscriber, transaction};

async fn set(test: &TestDb, id: AccountId, status: Status) {
    transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, id, status).await).expect("a status");
}

/// Status and lock of a subscriber; none once it is terminated.
async fn state(test: &TestDb, id: SubscriberId) -> Option<(String, Option<i64>)> {
    match subscriber::get(&mut test.db.reader(), &admin(), id).await {
        Ok(found) => Some((found.details.status.to_string(), found.details.lock_level)),
        Err(Error::NotFound { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

fn active() -> Option<(String, Option<i64>)> {
    Some(("active".to_owned(), None))
}

fn locked() -> Option<(String, Option<i64>)> {
    Some(("locked".to_owned(), Some(4)))
}

store::on_both! {
    async fn subscribers_are_locked_as_long_as_any_account_above_is(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let (shop, mill) = (sip_customer(&test, acme, "shop").await, sip_customer(&test, acme, "mill").await);
        let domain = add_domain(&test, acme, "acme.example").await;
        let ann = add_subscriber(&test, &new(shop, domain, "ann", "100")).await.id;
        let bob = add_subscriber(&test, &new(mill, domain, "bob", "101")).await.id;
        for (account, status, expected) in [
            (shop, Status::Locked, (locked(), active())),
            (acme, Status::Locked, (locked(), locked())),
            (acme, Status::Active, (locked(), active())),
            (shop, Status::Active, (active(), active())),
            (acme, Status::Locked, (locked(), locked())),
            (shop, Status::Locked, (locked(), locked())),
            (shop, Status::Active, (locked(), locked())),
            (acme, Status::Active, (active(), active())),
            (mill, Status::Terminated, (active(), None)),
            (acme, Status::Terminated, (None, None)),
        ] {
            set(&test, account, status).await;
            assert_eq!((state(&test, ann).await, state(&test, bob).await), expected, "{account} {status}");
        }
        assert!(sip_domain::by_name(&mut test.db.reader(), "acme.example").await.expect("readable").is_none());
    }

    async fn a_customer_gets_no_more_subscribers_than_its_papers_say(test: TestDb) {
        started(&test).await;
        let mut terms = Terms {
            contact_id: ContactId(1),
            status: Status::Active,
            external_id: None,
            max_subscribers: Some(2),
            vat_rate: None,
            add_vat: false,
            templates: Templates::default(),
        };
        let billing = Assignment::Profile(ProfileId(1));
        let made = transaction!(test.db, |tx| {
            papers::create(tx, &admin(), NOW, Product::SipAccount, &terms, &billing).await
        })
        .expect("a customer");
        assert_eq!(made.max_subscribers, Some(2));
        let id = made.account.id;
        let domain = add_domain(&test, AccountId::DEFAULT_RESELLER, "a.example").await;
        let try_one = async |name: &str, sn: &str| {
            let (sealer, new) = (sealer(), new(id, domain, name, sn));
            transaction!(test.db, |tx| subscriber::create(tx, &admin(), NOW, &sealer, &new).await)
        };
        try_one("ann", "100").await.expect("the first");
        let bob = try_one("bob", "101").await.expect("the second").id;
        let full = try_one("cat", "102").await;
        assert!(matches!(full, Err(Error::Quota { limit: 2, used: 2, .. })), "{full:?}");
        transaction!(test.db, |tx| subscriber::terminate(tx, &admin(), NOW, bob).await).expect("terminated");
        try_one("cat", "102").await.expect("room again");
        terms.max_subscribers = None;
        let lifted = transaction!(test.db, |tx| {
            papers::update(tx, &admin(), NOW, id, Product::SipAccount, &terms, None).await
        });
        assert_eq!(lifted.expect("lifted").max_subscribers, None);
        try_one("dan", "103").await.expect("no limit");
        terms.max_subscribers = Some(1);
        transaction!(test.db, |tx| papers::update(tx, &admin(), NOW, id, Product::SipAccount, &terms, None).await)
            .expect("a limit below what is there");
        let found = quota::get(&mut test.db.reader(), &admin(), id, quota::Kind::Subscribers).await.expect("readable");
        assert_eq!(found.map(|quota| (quota.used, quota.most)), Some((3, 1)));
    }

    async fn nothing_stays_alive_below_what_has_ended(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = add_account(&test, acme, Kind::Customer, "shop").await;
        let makers: Vec<_> = (0..12)
            .map(|n| {
                let (db, parent_id) = (test.db.clone(), if n % 2 == 0 { acme } else { shop });
                tokio::spawn(async move {
                    let new = NewAccount {
                        parent_id,
                        kind: Kind::Customer,
                        name: format!("customer {n}"),
                        currency: "EUR".to_owned(),
                        credit_limit: None,
                    };
                    match transaction!(db, |tx| account::create(tx, &admin(), NOW, &new).await) {
                        Ok(made) => Some(made.id),
                        Err(Error::Conflict(_)) => None,
                        Err(error) => panic!("{error:?}"),
                    }
                })
            })
            .collect();
        set(&test, acme, Status::Terminated).await;
        for maker in makers {
            if let Some(id) = maker.await.expect("a maker") {
                let status = account::get(&mut test.db.reader(), &admin(), id).await.expect("an account").status;
                assert_eq!(status, Status::Terminated, "account {id}");
            }
        }
    }

    async fn what_an_ended_account_had_is_sold_again(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = add_account(&test, acme, Kind::Customer, "shop").await;
        let mill = add_account(&test, acme, Kind::Customer, "mill").await;
        let pool = add_pool(&test, PoolSpec { quarantine_days: 30, ..named("vienna") }).await;
        let held = run_of(43_100, 3);
        let (bought, of_mill) = (run_of(43_200, 130), "43500");
        for digits in [&held[..], &bought[..], &run_of(43_500, 1), &run_of(43_600, 1)] {
            stock(&test, &pool, digits).await;
        }
        transaction!(test.db, |tx| {
            for (digits, account) in held.iter().zip([shop, mill, acme]) {
                number::reserve(tx, &admin(), NOW, digits, account, NOW + 1).await?;
            }
            for digits in &bought {
                number::sell(tx, &admin(), NOW, digits, shop, None).await?;
            }
            number::sell(tx, &admin(), NOW, "43600", acme, None).await?;
            number::sell(tx, &admin(), NOW, of_mill, mill, None).await
        })
        .expect("sold and reserved");
        let reservations = async || {
            let query = Query { limit: 10, count: true, ..Query::default() };
            let page = listing::page(&mut test.db.reader(), &admin(), &RESERVATIONS, &query).await.expect("a page");
            (page.ids.len(), page.total)
        };
        let is = async |digits: &str| {
            let number = stored(&test, digits).await;
            (number.state, number.account_id, number.previous_account_id, number.until.is_some())
        };
        // Whoever cares for customers ends them, and what they had with them.
        let care = acting(acme, Role::Care);
        transaction!(test.db, |tx| account::set_status(tx, &care, NOW, shop, Status::Terminated).await).expect("ended");
        for digits in &bought {
            assert_eq!(is(digits).await, (State::Aging, None, Some(shop), true), "{digits}");
        }
        assert_eq!(is(&held[0]).await, (State::Available, None, Some(shop), false));
        assert_eq!(is(&held[1]).await, (State::Reserved, Some(mill), None, true));
        assert_eq!(is(of_mill).await, (State::InService, Some(mill), None, false));
        assert_eq!(reservations().await, (2, Some(2)));
        set(&test, acme, Status::Terminated).await;
        for (digits, state, previous) in [
            (of_mill, State::Aging, mill),
            ("43600", State::Aging, acme),
            (&*held[1], State::Available, mill),
            (&*held[2], State::Available, acme),
        ] {
            assert_eq!(is(digits).await, (state, None, Some(previous), state == State::Aging), "{digits}");
        }
        assert_eq!(reservations().await, (0, Some(0)));
    }
}
