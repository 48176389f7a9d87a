//! Which profile holds, of accounts whose profiles have changed often: only what can still hold is read.

use super::balances::{a_package, agree, give_profile, keep};
use super::{NOW, admin, started};
use crate::billing::mapping::{self, Assignment, Interval};
use crate::billing::{interval, topup};
use crate::clock::{DAY, SECOND};
use crate::{Error, Money, transaction};

store::on_both! {
    async fn what_held_long_ago_is_not_read(test: TestDb) {
        started(&test).await;
        let poor = give_profile(&test, "poor", "0").await;
        let rich = give_profile(&test, "rich", "300").await;
        let package = keep(&test, a_package(poor)).await.expect("a package").id;
        let id = agree(&test, &Assignment::Package(package)).await.expect("a customer");
        let assign = async |now: i64, how: Assignment| {
            transaction!(test.db, |tx| mapping::assign(tx, &admin(), now, id, &how, false).await)
        };
        for n in 1..=40 {
            let profile = if n % 2 == 1 { rich } else { poor };
            assign(NOW + n * SECOND, Assignment::Profile(profile)).await.expect("assigned");
        }
        let entry = |profile_id, start, stop| Interval { profile_id, network_id: None, start: Some(start), stop };
        let schedule = vec![
            entry(rich, NOW + DAY, Some(NOW + 2 * DAY)),
            entry(rich, NOW + 5 * DAY, Some(NOW + 7 * DAY)),
        ];
        assign(NOW + 41 * SECOND, Assignment::Schedule(schedule)).await.expect("assigned");
        let loaded = async || {
            let found = mapping::since_interval(&mut test.db.reader(), &[id.0]).await.expect("readable");
            found[&id.0].len()
        };
        assert_eq!(loaded().await, 43, "the first interval began with the customer");
        let at = NOW + 4 * DAY;
        transaction!(test.db, |tx| topup::set_balance(tx, &admin(), at, id, Some(Money(0)), 0).await).expect("set");
        assert_eq!(loaded().await, 3);

        let mut tx = test.db.reader();
        for (at, wanted) in [
            (NOW, poor),
            (NOW + 7 * SECOND, rich),
            (NOW + 8 * SECOND, poor),
            (NOW + DAY, rich),
            (NOW + 2 * DAY, poor),
            (at, poor),
            (NOW + 5 * DAY, rich),
            (NOW + 7 * DAY, poor),
        ] {
            let found = mapping::current(&mut tx, &[id.0], at).await.expect("readable");
            assert_eq!(found.get(&id.0), Some(&wanted), "after {} s", (at - NOW) / SECOND);
            assert_eq!(mapping::holding(&mut tx, id, None, at).await.expect("readable"), Some(wanted));
        }
        // Intervals begin at midnight, and the profile that holds then gives what it gives.
        for (days, cash) in [(4, 0), (5, 0), (6, 3_000_000), (7, 3_000_000), (8, 0)] {
            let shown = interval::current(&mut tx, &[id.0], NOW + days * DAY).await.expect("shown");
            assert_eq!(shown[&id.0].cash, cash, "what the profile of day {days} gives");
        }
    }

    async fn a_schedule_has_so_many_intervals(test: TestDb) {
        started(&test).await;
        let profile_id = give_profile(&test, "gold", "0").await;
        let id = agree(&test, &Assignment::Profile(profile_id)).await.expect("a customer");
        let assign = async |count: i64| {
            let entry = |n| Interval { profile_id, network_id: None, start: Some(NOW + n * DAY), stop: None };
            let how = Assignment::Schedule((1..=count).map(entry).collect());
            transaction!(test.db, |tx| mapping::assign(tx, &admin(), NOW, id, &how, false).await)
        };
        assign(100).await.expect("assigned");
        match assign(101).await {
            Err(Error::Invalid { field: "billing_profiles", message }) => {
                assert_eq!(message, "A schedule has at most 100 intervals.");
            }
            other => panic!("{other:?}"),
        }
        assign(100).await.expect("in the place of those before");
        let future = mapping::future(&mut test.db.reader(), &[id.0], NOW).await.expect("readable");
        assert_eq!(future[&id.0].len(), 100);
    }
}
