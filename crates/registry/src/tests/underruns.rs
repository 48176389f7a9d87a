//! Too little money from the beginning: customers that are made with it, that get another package with it, and subscribers
//! that are made while there is too little.

use store::testing::TestDb;

use super::balances::{a_package, agree, change, give_profile, keep};
use super::subscribers::{add_domain, add_subscriber, new, same, sealer};
use super::{NOW, admin, money_of, started};
use crate::billing::interval;
use crate::billing::mapping::{self, Assignment};
use crate::billing::package::{Package, ProfileRef};
use crate::billing::topup::{self, Means, Request};
use crate::clock::DAY;
use crate::id::{AccountId, DomainId, ProfileId, SubscriberId};
use crate::record::Stored;
use crate::subscriber::{self, Status, Why};
use crate::{Money, transaction};

/// A package that locks at level 3 below 4.50 and lets `poor` hold below 4.00, both until a top-up.
fn thresholds(rich: ProfileId, poor: ProfileId, name: &str, initial_balance: i64) -> Package {
    Package {
        name: name.to_owned(),
        initial_balance,
        underrun_lock_threshold: Some(450),
        underrun_lock_level: Some(3),
        underrun_profile_threshold: Some(400),
        underrun_profiles: Stored(vec![ProfileRef { profile_id: poor, network_id: None }]),
        topup_lock_level: Some(0),
        topup_profiles: Stored(vec![ProfileRef { profile_id: rich, network_id: None }]),
        ..a_package(rich)
    }
}

async fn holding(test: &TestDb, id: AccountId) -> Option<ProfileId> {
    mapping::holding(&mut test.db.reader(), id, None, NOW).await.expect("a profile")
}

/// Whether the open interval says that it locked, and that it let other profiles hold.
async fn marks(test: &TestDb, id: AccountId) -> (bool, bool) {
    let shown = interval::current(&mut test.db.reader(), &[id.0], NOW).await.expect("shown");
    let interval = &shown[&id.0].interval;
    (interval.underrun_lock_at.is_some(), interval.underrun_profiles_at.is_some())
}

async fn made(test: &TestDb, account: AccountId, domain: DomainId, name: &str, number: &str) -> SubscriberId {
    add_subscriber(test, &new(account, domain, name, number)).await.id
}

async fn level(test: &TestDb, id: SubscriberId) -> Option<i64> {
    subscriber::get(&mut test.db.reader(), &admin(), id).await.expect("a subscriber").details.lock_level
}

async fn top_up(test: &TestDb, subscriber_id: SubscriberId, amount: i64) {
    let request = Request { subscriber_id, means: Means::Cash { amount, package_id: None }, token: None };
    transaction!(test.db, |tx| topup::top_up(tx, &admin(), NOW, &request).await).expect("topped up");
}

store::on_both! {
    async fn a_customer_can_begin_below_both_thresholds(test: TestDb) {
        started(&test).await;
        let (rich, poor) = (give_profile(&test, "rich", "0").await, give_profile(&test, "poor", "0").await);
        for (name, initial, wanted) in [
            ("enough", 450, (rich, (false, false))),
            ("locked", 449, (rich, (true, false))),
            ("broke", 399, (poor, (true, true))),
        ] {
            let package = keep(&test, thresholds(rich, poor, name, initial)).await.expect("a package").id;
            let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
            assert_eq!((holding(&test, id).await, marks(&test, id).await), (Some(wanted.0), wanted.1), "{name}");
        }
    }

    async fn what_an_underrun_profile_gives_comes_in_its_time(test: TestDb) {
        started(&test).await;
        let (rich, poor) = (give_profile(&test, "rich", "0").await, give_profile(&test, "poor", "100").await);
        let package = keep(&test, thresholds(rich, poor, "broke", 0)).await.expect("a package").id;
        let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
        assert_eq!(money_of(&test, id).await.0, "0.00");
        interval::catch_up_due(&test.db, NOW + DAY).await.expect("a step");
        assert_eq!(money_of(&test, id).await.0, "1.00");
    }

    async fn new_subscribers_are_locked_as_the_others_are(test: TestDb) {
        started(&test).await;
        let (rich, poor) = (give_profile(&test, "rich", "0").await, give_profile(&test, "poor", "0").await);
        let package = keep(&test, thresholds(rich, poor, "broke", 100)).await.expect("a package").id;
        let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
        let domain = add_domain(&test, AccountId::DEFAULT_RESELLER, "example.net").await;
        let first = made(&test, id, domain, "alice", "43100").await;
        let mut locked = new(id, domain, "bob", "43101");
        locked.details.status = Status::Locked;
        let off = add_subscriber(&test, &locked).await.id;
        assert_eq!((level(&test, first).await, level(&test, off).await), (Some(3), Some(4)));
        top_up(&test, first, 1_000).await;
        let second = made(&test, id, domain, "carol", "43102").await;
        let levels = [level(&test, first).await, level(&test, off).await, level(&test, second).await];
        assert_eq!(levels, [None, Some(4), None], "who was locked by its status stays locked");
        assert_eq!(holding(&test, id).await, Some(rich));

        transaction!(test.db, |tx| topup::set_balance(tx, &admin(), NOW, id, Some(Money(4_499_999)), 0).await).expect("set");
        let third = made(&test, id, domain, "dave", "43103").await;
        assert_eq!((level(&test, second).await, level(&test, third).await), (Some(3), Some(3)));

        // Intervals that have ended since have taken the money before anybody looked.
        top_up(&test, first, 1_000).await;
        let late = transaction!(test.db, |tx| {
            subscriber::create(tx, &admin(), NOW + 2 * DAY, &sealer(), &new(id, domain, "erin", "43104")).await
        });
        assert_eq!(late.expect("a subscriber").details.lock_level, Some(3));
        assert_eq!(level(&test, second).await, Some(3));
    }

    async fn another_package_can_want_more(test: TestDb) {
        started(&test).await;
        let (rich, poor) = (give_profile(&test, "rich", "0").await, give_profile(&test, "poor", "0").await);
        let strict = keep(&test, thresholds(rich, poor, "strict", 0)).await.expect("a package").id;
        let same = keep(&test, thresholds(rich, poor, "same", 0)).await.expect("a package").id;
        let id = agree(&test, &Assignment::Profile(rich)).await.expect("a customer");
        let domain = add_domain(&test, AccountId::DEFAULT_RESELLER, "example.net").await;
        let phone = made(&test, id, domain, "alice", "43100").await;
        change(&test, NOW, id, &Assignment::Package(strict)).await;
        assert_eq!((level(&test, phone).await, marks(&test, id).await), (Some(3), (true, true)));
        assert_eq!(holding(&test, id).await, Some(poor));

        // Whoever was below the old threshold does not fall below the new one again.
        transaction!(test.db, |tx| subscriber::lock_all(tx, &admin(), NOW, id, Why::TopUp, 0).await).expect("unlocked");
        change(&test, NOW, id, &Assignment::Package(same)).await;
        assert_eq!(level(&test, phone).await, None);

        // A top-up that does not suffice for the package that it brings.
        let other = agree(&test, &Assignment::Profile(rich)).await.expect("a customer");
        let phone = made(&test, other, domain, "bob", "43101").await;
        let stays = Package { topup_lock_level: None, ..thresholds(rich, poor, "stays", 0) };
        let stays = keep(&test, stays).await.expect("a package").id;
        let means = Means::Cash { amount: 100, package_id: Some(stays) };
        let request = Request { subscriber_id: phone, means, token: None };
        transaction!(test.db, |tx| topup::top_up(tx, &admin(), NOW, &request).await).expect("topped up");
        assert_eq!((level(&test, phone).await, holding(&test, other).await), (Some(3), Some(poor)));
    }

    async fn money_does_not_touch_the_locks_of_others(test: TestDb) {
        started(&test).await;
        let (rich, poor) = (give_profile(&test, "rich", "0").await, give_profile(&test, "poor", "0").await);
        let package = keep(&test, thresholds(rich, poor, "broke", 1_000)).await.expect("a package").id;
        let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
        let domain = add_domain(&test, AccountId::DEFAULT_RESELLER, "example.net").await;
        let locks = [None, Some(1), Some(4), Some(5)];
        let mut phones = Vec::new();
        for (n, lock_level) in locks.into_iter().enumerate() {
            let mut details = new(id, domain, &format!("phone{n}"), &format!("4310{n}"));
            details.details.lock_level = lock_level;
            phones.push(add_subscriber(&test, &details).await.id);
        }
        let levels = async || {
            let mut levels = Vec::new();
            for phone in &phones {
                levels.push(level(&test, *phone).await);
            }
            levels
        };
        let set = async |cash: i64| {
            transaction!(test.db, |tx| topup::set_balance(tx, &admin(), NOW, id, Some(Money(cash)), 0).await).expect("set");
        };
        set(0).await;
        assert_eq!(levels().await, [Some(3), Some(3), Some(4), Some(5)], "an underrun only raises");
        top_up(&test, phones[0], 1_000).await;
        assert_eq!(levels().await, locks, "a top-up takes off what the underrun has set");

        set(0).await;
        transaction!(test.db, |tx| subscriber::lock_all(tx, &admin(), NOW, id, Why::Fraud, 2).await).expect("locked");
        assert_eq!(levels().await, [Some(3), Some(3), Some(4), Some(5)], "fraud only raises");
        // People have seen the lock of the underrun and keep it, or set another one.
        let mut tx = test.db.reader();
        let found = subscriber::load(&mut tx, &[phones[0].0, phones[1].0]).await.expect("subscribers");
        for (of, lock_level) in found.iter().zip([Some(3), Some(4)]) {
            let mut change = same(of);
            change.details.lock_level = lock_level;
            transaction!(test.db, |tx| subscriber::update(tx, &admin(), NOW, &sealer(), of.id, &change).await).expect("set");
        }
        let mut late = new(id, domain, "late", "43109");
        late.details.lock_level = Some(1);
        let late = add_subscriber(&test, &late).await.id;
        assert_eq!(level(&test, late).await, Some(3));
        top_up(&test, phones[0], 1_000).await;
        assert_eq!(levels().await, [Some(2), Some(4), Some(4), Some(5)], "fraud's and people's locks stay");
        assert_eq!(level(&test, late).await, Some(1));
    }
}
