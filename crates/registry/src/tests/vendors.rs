//! Vendors: the file's names, the right to call, the circuit breaker, links.

use store::testing::TestDb;

use super::{NOW, add_pool, admin, named, started};
use crate::clock::SECOND;
use crate::id::VendorId;
use crate::journal::{self, Operation};
use crate::page::Page;
use crate::vendor::{self, Admission, Listed, Permit, Vendor};
use crate::vendor_link::{self, Link, LinkSpec};
use crate::{Error, Result, alert, transaction};

const LEASE: i64 = 3_600 * SECOND;
const OVER: i64 = -SECOND;

pub(super) fn listed(name: &str, display_name: &str, concurrency: u32) -> Listed {
    Listed {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        method: "/usr/local/bin/plugin".to_owned(),
        concurrency,
    }
}

pub(super) async fn sync(test: &TestDb, lines: &[Listed]) -> Vec<Vendor> {
    transaction!(test.db, |tx| vendor::sync(tx, &admin(), NOW, lines).await).expect("vendors")
}

async fn admit(test: &TestDb, id: VendorId, interval: i64, lease: i64) -> Admission {
    transaction!(test.db, |tx| vendor::admit(tx, id, interval, lease).await).expect("an answer")
}

async fn granted(test: &TestDb, id: VendorId, lease: i64) -> Permit {
    match admit(test, id, 0, lease).await {
        Admission::Granted(permit) => permit,
        Admission::Wait(wait) => panic!("told to wait {wait} µs"),
    }
}

async fn leave(test: &TestDb, permit: Permit) {
    transaction!(test.db, |tx| vendor::leave(tx, &permit).await).expect("given back");
}

store::on_both! {
    async fn the_file_adds_changes_and_retires_vendors(test: TestDb) {
        started(&test).await;
        let first = sync(&test, &[listed("acme", "Acme", 1), listed("bell", "Bell", 1)]).await;
        assert_eq!(first.iter().map(|v| (v.name.as_str(), v.active)).collect::<Vec<_>>(), [("acme", true), ("bell", true)]);
        let second = sync(&test, &[listed("acme", "Acme Ltd", 1)]).await;
        assert_eq!((second[0].display_name.as_str(), second[0].active), ("Acme Ltd", true));
        assert!(!second[1].active && !second[1].may_be_asked(NOW));
        let third = sync(&test, &[listed("acme", "Acme Ltd", 1), listed("bell", "Bell", 1)]).await;
        assert_eq!(third[1].id, first[1].id, "a vendor that comes back is the same one");
        assert!(third[1].may_be_asked(NOW));
        sync(&test, &[listed("acme", "Acme Ltd", 1), listed("bell", "Bell", 1)]).await;

        let entries = journal::of_record(&mut test.db.reader(), &admin(), "vendors", first[1].id.0, Page::default())
            .await
            .expect("journal");
        let active = |record: &Option<serde_json::Value>| record.as_ref().map(|r| r["active"].as_bool().expect("a boolean"));
        let history: Vec<_> = entries.iter().map(|e| (e.operation, active(&e.before), active(&e.after))).collect();
        assert_eq!(
            history,
            [
                (Operation::Create, None, Some(true)),
                (Operation::Update, Some(true), Some(false)),
                (Operation::Update, Some(false), Some(true)),
            ],
            "reading the same file again writes nothing"
        );
        let found = vendor::find(&mut test.db.reader(), "bell").await.expect("by name");
        assert_eq!(found.id, first[1].id);
    }

    async fn no_more_calls_run_at_once_than_allowed(test: TestDb) {
        started(&test).await;
        let id = sync(&test, &[listed("acme", "Acme", 2)]).await[0].id;
        let first = granted(&test, id, LEASE).await;
        granted(&test, id, LEASE).await;
        assert!(matches!(admit(&test, id, 0, LEASE).await, Admission::Wait(wait) if wait > 0));
        leave(&test, first).await;
        granted(&test, id, LEASE).await;
        assert!(matches!(admit(&test, id, 0, LEASE).await, Admission::Wait(_)));
        leave(&test, first).await;
        let stale = admit(&test, id, 0, LEASE).await;
        assert!(matches!(stale, Admission::Wait(_)), "a permit given back twice frees nothing of another's");
        let unknown = transaction!(test.db, |tx| vendor::admit(tx, VendorId(99), 0, LEASE).await);
        assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
    }

    async fn of_many_callers_at_once_no_more_are_let_in(test: TestDb) {
        started(&test).await;
        let id = sync(&test, &[listed("acme", "Acme", 3)]).await[0].id;
        let callers: Vec<_> = (0..12)
            .map(|_| {
                let db = test.db.clone();
                tokio::spawn(async move { transaction!(db, |tx| vendor::admit(tx, id, 0, LEASE).await) })
            })
            .collect();
        let mut granted = 0;
        for caller in callers {
            let admission: Result<Admission> = caller.await.expect("a caller");
            granted += usize::from(matches!(admission.expect("an answer"), Admission::Granted(_)));
        }
        assert_eq!(granted, 3);
    }

    async fn fewer_calls_at_once_are_obeyed_when_those_under_way_have_ended(test: TestDb) {
        started(&test).await;
        let id = sync(&test, &[listed("acme", "Acme", 2)]).await[0].id;
        let permits = [granted(&test, id, LEASE).await, granted(&test, id, LEASE).await];
        sync(&test, &[listed("acme", "Acme", 1)]).await;
        for permit in permits {
            leave(&test, permit).await;
        }
        granted(&test, id, LEASE).await;
        assert!(matches!(admit(&test, id, 0, LEASE).await, Admission::Wait(_)));
    }

    async fn the_permit_of_a_dead_holder_ends(test: TestDb) {
        started(&test).await;
        let id = sync(&test, &[listed("acme", "Acme", 1)]).await[0].id;
        let dead = granted(&test, id, OVER).await;
        granted(&test, id, LEASE).await;
        leave(&test, dead).await;
        let third = admit(&test, id, 0, LEASE).await;
        assert!(matches!(third, Admission::Wait(_)), "the dead one, if it wakes, does not end the other's call");
    }

    async fn calls_keep_their_interval_and_waiting_for_a_slot_costs_none(test: TestDb) {
        started(&test).await;
        let id = sync(&test, &[listed("acme", "Acme", 1)]).await[0].id;
        let interval = 3_600 * SECOND;
        let Admission::Granted(permit) = admit(&test, id, interval, LEASE).await else { panic!("the first call") };
        leave(&test, permit).await;
        let Admission::Wait(wait) = admit(&test, id, interval, LEASE).await else { panic!("too soon") };
        assert!(wait > interval - 60 * SECOND && wait <= interval, "{wait}");

        let other = sync(&test, &[listed("acme", "Acme", 1), listed("bell", "Bell", 1)]).await[1].id;
        let busy = granted(&test, other, LEASE).await;
        assert!(matches!(admit(&test, other, interval, LEASE).await, Admission::Wait(wait) if wait < SECOND));
        leave(&test, busy).await;
        let next = admit(&test, other, interval, LEASE).await;
        assert!(matches!(next, Admission::Granted(_)), "no call was made, so the next may be made now: {next:?}");
    }

    async fn a_vendor_that_fails_is_left_alone_until_it_works_again(test: TestDb) {
        started(&test).await;
        let id = sync(&test, &[listed("acme", "Acme", 1)]).await[0].id;
        let (most, pause) = (3, 60 * SECOND);
        let fail = async |now| {
            transaction!(test.db, |tx| vendor::failed(tx, now, id, most, pause, "no route").await).expect("counted");
            vendor::get(&mut test.db.reader(), id).await.expect("a vendor")
        };
        let succeed = async |now| {
            transaction!(test.db, |tx| vendor::succeeded(tx, now, id).await).expect("counted");
            vendor::get(&mut test.db.reader(), id).await.expect("a vendor")
        };
        let alerts = async || alert::list(&mut test.db.reader(), &admin(), Page::default()).await.expect("alerts");
        fail(NOW).await;
        assert!(fail(NOW).await.may_be_asked(NOW));
        assert_eq!(succeed(NOW).await.failures, 0, "only failures in a row count");
        fail(NOW).await;
        fail(NOW).await;
        assert!(alerts().await.is_empty());
        let open = fail(NOW).await;
        assert!(!open.may_be_asked(NOW + pause - 1));
        assert!(open.may_be_asked(NOW + pause), "one more try after the pause");
        let raised = alerts().await;
        assert_eq!(raised.len(), 1);
        assert!(raised[0].message.contains("acme") && raised[0].message.contains("no route"), "{raised:?}");
        assert!(!fail(NOW + pause).await.may_be_asked(NOW + pause), "and closed again when that fails too");
        let closed = succeed(NOW + 2 * pause).await;
        assert!(closed.may_be_asked(NOW));
        assert!(alerts().await.is_empty());
    }

    async fn links_are_asked_in_the_order_of_their_priority(test: TestDb) {
        started(&test).await;
        let pool = add_pool(&test, named("london")).await;
        let vendors = sync(&test, &[listed("acme", "Acme", 1), listed("bell", "Bell", 1)]).await;
        let make = async |vendor: VendorId, group: &str, priority: u32| -> Result<Link> {
            let spec = LinkSpec {
                pool_id: pool.id,
                vendor_id: vendor,
                group_id: group.to_owned(),
                group_name: group.to_owned(),
                class_id: None,
                priority,
                setup_cost: None,
                monthly_cost: Some("0.50".parse()?),
                currency: None,
            };
            transaction!(test.db, |tx| vendor_link::create(tx, &admin(), NOW, &spec).await)
        };
        make(vendors[0].id, "second", 2).await.expect("a link");
        let first = make(vendors[1].id, "first", 1).await.expect("a link");
        let third = make(vendors[0].id, "third", 2).await.expect("a link");
        assert_eq!(first.cost().expect("known").to_string(), "0.50");
        for (vendor, group, priority) in [(vendors[0].id, "x", 0), (vendors[0].id, "x", 11), (vendors[0].id, "", 1)] {
            let refused = make(vendor, group, priority).await;
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{group} {priority}: {refused:?}");
        }
        let twice = make(vendors[0].id, "third", 5).await;
        assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
        let unknown = make(VendorId(99), "x", 1).await;
        assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
        transaction!(test.db, |tx| vendor_link::delete(tx, &admin(), NOW, third.id).await).expect("removed");
        let links = vendor_link::of_pool(&mut test.db.reader(), pool.id).await.expect("links");
        assert_eq!(links.iter().map(|l| l.group_id.as_str()).collect::<Vec<_>>(), ["first", "second"]);
    }
}
