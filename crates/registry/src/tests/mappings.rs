//! Which profile holds, of accounts whose profiles have changed often: only what can still hold is read, and only so much is
//! shown.

use store::args;

use super::balances::{a_package, agree, give_profile, keep};
use super::plans::{migrated, plan};
use super::{NOW, admin, started};
use crate::account::papers;
use crate::billing::mapping::{self, Assignment, Interval};
use crate::billing::network::Network;
use crate::billing::{interval, topup};
use crate::clock::{DAY, SECOND};
use crate::id::AccountId;
use crate::ip_block::Block;
use crate::record::{self, Stored};
use crate::{Error, Money, statements, transaction};

/// Whatever has held before, what holds is found by the index on when mappings begin, from the end.
#[tokio::test]
async fn what_holds_is_found_by_index() {
    let test = migrated().await;
    let all = statements();
    for (name, wanted) in [
        ("HOLDING", &["billing_mappings_start (account_id=? AND <expr><?)"][..]),
        ("WITHIN", &["billing_mappings_within (account_id=? AND network_id=? AND <expr><?)"]),
        (
            "FROM_ADDRESS",
            &[
                "billing_mappings_within (account_id=?",
                "billing_mappings_within (account_id=? AND network_id>?)",
                "billing_mappings_within (account_id=? AND network_id=? AND <expr><?)",
                "billing_network_blocks_first (network_id=? AND first_address<?)",
            ],
        ),
    ] {
        let name = format!("registry::billing::mapping::in_force::{name}");
        let (_, sql) = all.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no statement {name}"));
        let lines = plan(&test, sql).await.join("\n");
        for index in wanted {
            assert!(lines.contains(index), "{name} does not use {index}:\n{lines}");
        }
        let sorts = lines.matches("TEMP B-TREE FOR ORDER BY").count();
        assert!(sorts <= usize::from(wanted.len() > 1), "{name} sorts what it has read:\n{lines}");
    }
}

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

    async fn the_last_network_with_the_address_holds(test: TestDb) {
        started(&test).await;
        let mut profiles = Vec::new();
        for name in ["everywhere", "first", "second", "third"] {
            profiles.push(give_profile(&test, name, "0").await);
        }
        let mut networks = Vec::new();
        for (name, blocks) in [("wide", &["10.0.0.0/8", "192.0.2.0/24"][..]), ("narrow", &["10.1.0.0/16"]), ("six", &["2001:db8::/32"])] {
            let block = |text: &&str| {
                let (ip, mask) = text.split_once('/').expect("a mask");
                Block { ip: ip.to_owned(), mask: Some(mask.parse().expect("a number")) }
            };
            let blocks = Stored(blocks.iter().map(block).collect());
            let network = Network { reseller_id: AccountId::DEFAULT_RESELLER, name: name.to_owned(), blocks, ..Network::default() };
            let made = transaction!(test.db, |tx| record::create(tx, &admin(), NOW, network.clone()).await);
            networks.push(made.expect("a network").id.0);
        }
        let entry = |profile: usize, network: usize, start: i64, stop: Option<i64>| Interval {
            profile_id: profiles[profile],
            network_id: Some(networks[network]),
            start: Some(NOW + start * DAY),
            stop: stop.map(|stop| NOW + stop * DAY),
        };
        let id = agree(&test, &Assignment::Profile(profiles[0])).await.expect("a customer");
        let schedule = vec![
            entry(1, 0, 1, None),
            entry(2, 1, 2, Some(4)),
            entry(3, 2, 3, None),
            entry(3, 0, 6, None),
        ];
        transaction!(test.db, |tx| {
            mapping::assign(tx, &admin(), NOW, id, &Assignment::Schedule(schedule.clone()), false).await
        })
        .expect("assigned");
        // Another's mappings are not this one's.
        let other = agree(&test, &Assignment::Profile(profiles[0])).await.expect("a customer");
        for (day, ip, wanted) in [
            (0, "10.1.2.3", 0),
            (1, "10.1.2.3", 1),
            (1, "10.2.0.0", 1),
            (1, "192.0.2.255", 1),
            (1, "192.0.3.0", 0),
            (1, "11.0.0.0", 0),
            (1, "9.255.255.255", 0),
            (2, "10.1.2.3", 2),
            (2, "10.2.0.0", 1),
            (3, "2001:db8::1", 3),
            (3, "2001:db9::1", 0),
            (3, "::ffff:10.1.2.3", 2),
            (4, "10.1.2.3", 1),
            (7, "10.1.2.3", 3),
        ] {
            let address = Some(ip.parse().expect("an address"));
            let mut tx = test.db.reader();
            let at = NOW + day * DAY;
            let found = mapping::holding(&mut tx, id, address, at).await.expect("readable");
            assert_eq!(found, Some(profiles[wanted]), "{ip} on day {day}");
            assert_eq!(mapping::holding(&mut tx, id, None, at).await.expect("readable"), Some(profiles[0]));
            assert_eq!(mapping::holding(&mut tx, other, address, at).await.expect("readable"), Some(profiles[0]));
        }
    }

    async fn of_many_mappings_the_last_are_shown(test: TestDb) {
        started(&test).await;
        let (old, new) = (give_profile(&test, "old", "0").await, give_profile(&test, "new", "0").await);
        let id = agree(&test, &Assignment::Profile(old)).await.expect("a customer");
        // What holds is the first of all; the others have ended.
        transaction!(test.db, |tx| {
            for n in 0..300 {
                let sql = "INSERT INTO billing_mappings (account_id, profile_id, start_at, stop_at) VALUES ($1, $2, $3, $4)";
                let start = NOW + n * SECOND;
                tx.execute(sql, args![id, new, start, start + 1]).await?;
            }
            Ok::<_, Error>(())
        })
        .expect("mappings");
        let later = NOW + DAY;
        let mut tx = test.db.reader();
        let papers = papers::load(&mut tx, later, &[1, id.0]).await.expect("papers");
        let found = &papers[1];
        assert_eq!((found.account.id, found.billing_profile_id), (id, Some(old)));
        let starts: Vec<_> = found.mappings.iter().map(|mapping| mapping.start).collect();
        assert_eq!((starts.len(), starts[0], starts[249]), (250, Some(NOW + 50 * SECOND), Some(NOW + 299 * SECOND)));
        assert_eq!(mapping::current(&mut tx, &[1, id.0], later).await.expect("readable").get(&id.0), Some(&old));
        let then = NOW + 17 * SECOND;
        assert_eq!(mapping::current(&mut tx, &[id.0, 1], then).await.expect("readable").get(&id.0), Some(&new));
        // One more is written down with the others that are shown.
        transaction!(test.db, |tx| mapping::assign(tx, &admin(), later, id, &Assignment::Profile(new), false).await)
            .expect("assigned");
        let found = papers::load(&mut test.db.reader(), later, &[id.0]).await.expect("papers");
        assert_eq!((found[0].mappings.len(), found[0].billing_profile_id), (250, Some(new)));
        assert_eq!(found[0].mappings[249].start, Some(later));
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
