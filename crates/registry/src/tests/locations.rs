//! Trusted sources, locations of customers, and location mappings of subscribers.

use std::net::IpAddr;

use store::testing::TestDb;

use super::subscribers::{add_domain, add_subscriber, new, sip_customer};
use super::{NOW, acting, add_account, admin, started};
use crate::account::{self, Kind, Status};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, LocationId, SubscriberId};
use crate::ip_block::{Block, key};
use crate::listing::{self, Condition, Query, Source};
use crate::location::{self, Location, of_address};
use crate::location_mapping::{self, LocationMapping, is_sip_uri};
use crate::record::{self, Kept, Stored};
use crate::trusted_source::{self, TrustedSource};
use crate::{Error, Result, subscriber, transaction};

async fn add<R: Kept>(test: &TestDb, caller: &Caller, record: R) -> Result<R> {
    transaction!(test.db, |tx| record::create(tx, caller, NOW, record.clone()).await)
}

async fn ids(test: &TestDb, caller: &Caller, source: &'static Source, condition: Option<Condition>) -> Vec<i64> {
    let query = Query { conditions: condition.into_iter().collect(), limit: 100, count: true, ..Query::default() };
    let page = listing::page(&mut test.db.reader(), caller, source, &query).await.expect("a page");
    assert_eq!(page.total, Some(page.ids.len() as i64), "{}", source.name);
    page.ids
}

fn refused_for<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    match result {
        Err(Error::Invalid { field, .. } | Error::Dangling { field, .. } | Error::Taken { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

fn block(ip: &str, mask: impl Into<Option<u8>>) -> Block {
    Block { ip: ip.to_owned(), mask: mask.into() }
}

fn place(customer: AccountId, name: &str, blocks: &[Block]) -> Location {
    Location { contract_id: customer, name: name.to_owned(), blocks: Stored(blocks.to_vec()), ..Location::default() }
}

#[test]
fn the_smallest_block_holds() {
    let at = |id: i64, blocks: &[Block]| Location { id: LocationId(id), ..place(AccountId(1), "x", blocks) };
    let locations = [
        at(1, &[block("10.0.0.0", 8), block("2001:db8::", 32)]),
        at(2, &[block("10.1.0.0", 16)]),
        at(3, &[block("10.1.2.3", None)]),
    ];
    for (address, id) in [
        ("10.9.9.9", Some(1)),
        ("10.1.9.9", Some(2)),
        ("10.1.2.3", Some(3)),
        ("::ffff:10.1.2.3", Some(3)),
        ("2001:db8:1::1", Some(1)),
        ("192.0.2.1", None),
    ] {
        let address: IpAddr = address.parse().expect("an address");
        assert_eq!(of_address(&locations, address).map(|location| location.id.0), id, "{address}");
    }
}

#[test]
fn what_is_a_sip_uri() {
    for (text, is) in [
        ("sip:phone@192.0.2.5:5060", true),
        ("SIPS:a@example.org;transport=tls", true),
        ("sip:[2001:db8::1]:5060", true),
        ("sip:", false),
        ("sip:a@", false),
        ("tel:431", false),
        ("phone@example.org", false),
        ("sip:a b@example.org", false),
        ("<sip:a@example.org>", false),
    ] {
        assert_eq!(is_sip_uri(text), is, "{text}");
    }
}

store::on_both! {
    async fn locations_of_customers(test: TestDb) {
        started(&test).await;
        let customer = sip_customer(&test, AccountId::DEFAULT_RESELLER, "customer").await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let stranger = sip_customer(&test, acme, "stranger").await;
        let (own, other) = (acting(AccountId::DEFAULT_RESELLER, Role::Reseller), acting(acme, Role::Reseller));
        let net = [block("2001:DB8::", 32), block("192.0.2.9", 24)];
        let office = add(&test, &own, place(customer, "office", &net)).await.expect("a location");
        assert_eq!((office.reseller_id, office.blocks.0[1].ip.as_str()), (AccountId::DEFAULT_RESELLER, "2001:db8::"));
        for (wrong, field) in [
            (place(customer, "office", &net), "name"),
            (place(stranger, "x", &net), "contract_id"),
            (place(AccountId::DEFAULT_RESELLER, "x", &net), "contract_id"),
            (place(customer, "x", &[block("192.0.2.0", 33)]), "blocks"),
            (place(customer, "x", &[block("example", 24)]), "blocks"),
            (place(customer, "x", &[block("192.0.2.0", 24), block("192.0.2.128", 25)]), "blocks"),
            (place(customer, "x", &[block("192.0.2.128", 25), block("192.0.2.0", 24)]), "blocks"),
            (place(customer, "x", &[block("::1", None), block("::1", 128)]), "blocks"),
            (place(customer, "x", &[block("10.0.0.0", 8), block("::ffff:10.0.0.0", 104)]), "blocks"),
        ] {
            assert_eq!(refused_for(add(&test, &own, wrong).await), field);
        }
        assert_eq!(office.blocks.0[0].ip, "192.0.2.0", "in order, without the bits behind the mask");
        let theirs = add(&test, &other, place(stranger, "office", &net)).await.expect("a location");
        // Between the blocks of an address and it lie those of other places.
        add(&test, &own, place(customer, "desk", &[block("192.0.2.77", None)])).await.expect("a location");
        let by = |address: &str| Some(Condition::Is("address", key(address.parse().expect("an address")).into()));
        assert_eq!(ids(&test, &admin(), &location::ALL, by("192.0.2.255")).await, [office.id.0, theirs.id.0]);
        assert_eq!(ids(&test, &own, &location::ALL, by("2001:db8:ffff::")).await, [office.id.0]);
        assert_eq!(ids(&test, &own, &location::ALL, by("192.0.3.0")).await, [0; 0]);
        let moved = Location { blocks: Stored(vec![block("192.0.3.0", 24)]), ..office.clone() };
        transaction!(test.db, |tx| record::update(tx, &own, NOW, moved.clone()).await).expect("changed");
        assert_eq!(ids(&test, &own, &location::ALL, by("192.0.3.0")).await, [office.id.0]);
        assert_eq!(ids(&test, &own, &location::ALL, by("192.0.2.255")).await, [0; 0]);
        assert_eq!(ids(&test, &other, &location::ALL, None).await, [theirs.id.0]);
        let gone = transaction!(test.db, |tx| record::delete::<Location>(tx, &other, NOW, office.id.0).await);
        assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
        transaction!(test.db, |tx| record::delete::<Location>(tx, &own, NOW, office.id.0).await).expect("removed");
        assert_eq!(ids(&test, &own, &location::ALL, None).await.len(), 1);
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, customer, Status::Terminated).await).expect("ended");
        assert_eq!(ids(&test, &own, &location::ALL, None).await, [0; 0], "they end with their customer");
    }

    async fn what_goes_with_a_subscriber(test: TestDb) {
        started(&test).await;
        let customer = sip_customer(&test, AccountId::DEFAULT_RESELLER, "customer").await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let domain = add_domain(&test, AccountId::DEFAULT_RESELLER, "sip.example.org").await;
        let alice = add_subscriber(&test, &new(customer, domain, "alice", "1000")).await;
        let (own, other) = (acting(AccountId::DEFAULT_RESELLER, Role::Reseller), acting(acme, Role::Reseller));
        let source = |ip: &str| TrustedSource {
            subscriber_id: alice.id, src_ip: ip.to_owned(), protocol: "UDP".to_owned(), ..TrustedSource::default()
        };
        let trusted = add(&test, &own, source("2001:DB8::0:1")).await.expect("a source");
        assert_eq!((trusted.src_ip.as_str(), trusted.account_id), ("2001:db8::1", customer));
        for (wrong, field) in [
            (source("192.0.2"), "src_ip"),
            (source("192.0.2.0/24"), "src_ip"),
            (TrustedSource { protocol: "SCTP".to_owned(), ..source("192.0.2.1") }, "protocol"),
            (TrustedSource { from_pattern: Some("(".to_owned()), ..source("192.0.2.1") }, "from_pattern"),
            (TrustedSource { subscriber_id: SubscriberId(77), ..source("192.0.2.1") }, "subscriber_id"),
        ] {
            assert_eq!(refused_for(add(&test, &own, wrong).await), field);
        }
        assert_eq!(refused_for(add(&test, &other, source("192.0.2.1")).await), "subscriber_id");
        let mapping = |location: Option<&str>, mode: &str| LocationMapping {
            subscriber_id: alice.id, location: location.map(str::to_owned), mode: mode.to_owned(), ..LocationMapping::default()
        };
        let phone = Some("sip:phone@192.0.2.5");
        let mapped = add(&test, &own, mapping(phone, "add")).await.expect("a mapping");
        add(&test, &own, mapping(None, "block")).await.expect("a mapping");
        for (wrong, field) in [
            (mapping(None, "add"), "location"),
            (mapping(Some("192.0.2.5"), "add"), "location"),
            (mapping(phone, "maybe"), "mode"),
            (LocationMapping { caller_pattern: Some("[".to_owned()), ..mapping(phone, "add") }, "caller_pattern"),
            (LocationMapping { callee_pattern: Some("[".to_owned()), ..mapping(phone, "add") }, "callee_pattern"),
        ] {
            assert_eq!(refused_for(add(&test, &own, wrong).await), field);
        }
        assert_eq!(ids(&test, &own, &trusted_source::ALL, None).await, [trusted.id.0]);
        assert_eq!(ids(&test, &other, &trusted_source::ALL, None).await, [0; 0]);
        assert_eq!(ids(&test, &own, &location_mapping::ALL, None).await.len(), 2);
        assert_eq!(ids(&test, &other, &location_mapping::ALL, None).await, [0; 0]);
        let changed = LocationMapping { enabled: false, ..mapped.clone() };
        let refused = transaction!(test.db, |tx| record::update(tx, &other, NOW, changed.clone()).await);
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");

        transaction!(test.db, |tx| subscriber::terminate(tx, &own, NOW, alice.id).await).expect("terminated");
        assert_eq!(ids(&test, &admin(), &trusted_source::ALL, None).await, [0; 0]);
        assert_eq!(ids(&test, &admin(), &location_mapping::ALL, None).await, [0; 0]);
        assert_eq!(refused_for(add(&test, &own, source("192.0.2.1")).await), "subscriber_id");
    }
}
