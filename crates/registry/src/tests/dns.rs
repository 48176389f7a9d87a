//! DNS: what zones and records may be, who sees and keeps them, what is counted, and what name servers are given.

mod given;

use std::collections::BTreeSet;

use store::args;
use store::testing::TestDb;

use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::Kind as AccountKind;
use crate::caller::{Caller, Role, Scope};
use crate::dns::defaults::{self, Target};
use crate::dns::served::{self, Cursor, ResourceRecord};
use crate::dns::{DnsRecord, DnsZone, FancyKind, FancyRecord, RrType, change, fancy, record as records, zone};
use crate::id::{AccountId, DnsZoneId};
use crate::listing::{self, Condition, Query};
use crate::quota::{self, Kind};
use crate::record::{self, Kept, Stored};
use crate::{Error, Result, transaction};

async fn make<R: Kept>(test: &TestDb, caller: &Caller, new: R) -> Result<R> {
    transaction!(test.db, |tx| record::create(tx, caller, NOW, new.clone()).await)
}

async fn change<R: Kept>(test: &TestDb, caller: &Caller, new: &R) -> Result<R> {
    transaction!(test.db, |tx| record::update(tx, caller, NOW + 1, new.clone()).await)
}

async fn remove<R: Kept>(test: &TestDb, caller: &Caller, id: i64) -> Result<R> {
    transaction!(test.db, |tx| record::delete::<R>(tx, caller, NOW, id).await)
}

fn of(account: AccountId, name: &str) -> DnsZone {
    DnsZone { account_id: account, name: name.to_owned(), ..DnsZone::default() }
}

pub(super) async fn a_zone(test: &TestDb, account: AccountId, name: &str) -> DnsZone {
    make(test, &admin(), of(account, name)).await.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn in_zone(zone: &DnsZone, name: &str, rr_type: RrType, value: &str) -> DnsRecord {
    DnsRecord { zone_id: zone.id, name: name.to_owned(), rr_type, value: value.to_owned(), ..DnsRecord::default() }
}

async fn a_record(test: &TestDb, zone: &DnsZone, name: &str, rr_type: RrType, value: &str) -> DnsRecord {
    let made = make(test, &admin(), in_zone(zone, name, rr_type, value)).await;
    made.unwrap_or_else(|error| panic!("{name} {rr_type} {value}: {error}"))
}

fn fancy_in(zone: &DnsZone, kind: FancyKind, name: &str, value: &str) -> FancyRecord {
    FancyRecord { zone_id: zone.id, kind, name: name.to_owned(), value: value.to_owned(), ..FancyRecord::default() }
}

/// An administrator who acts for an account.
pub(super) fn acting_for(account: AccountId) -> Caller {
    Caller { account, scope: Scope::Subtree(account), ..acting(AccountId::OPERATOR, Role::Admin) }
}

pub(super) async fn seen_by(test: &TestDb, caller: &Caller, list: &'static listing::Source) -> Vec<i64> {
    let query = Query { limit: 1_000, count: true, ..Query::default() };
    let found = listing::page(&mut test.db.reader(), caller, list, &query).await.expect("a page");
    assert_eq!(found.total, Some(found.ids.len() as i64), "{}", list.name);
    found.ids
}

async fn serial(test: &TestDb, id: DnsZoneId) -> i64 {
    record::get::<DnsZone>(&mut test.db.reader(), &admin(), id.0).await.expect("a zone").serial
}

/// What went wrong, in short.
pub(super) fn why<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    match outcome {
        Ok(_) => "done".to_owned(),
        Err(Error::Invalid { field, .. }) => format!("invalid {field}"),
        Err(Error::Dangling { field, .. }) => format!("dangling {field}"),
        Err(Error::Taken { .. }) => "taken".to_owned(),
        Err(Error::InUse { .. }) => "in use".to_owned(),
        Err(Error::Conflict(_)) => "conflict".to_owned(),
        Err(Error::NotAllowed(_)) => "not allowed".to_owned(),
        Err(Error::NotFound { .. }) => "not found".to_owned(),
        Err(Error::Quota { kind, account, limit, used }) => format!("{account}: {used} of {limit} {kind}"),
        Err(other) => panic!("{other}"),
    }
}

/// Everything that a zone is served with, read in pages of that size.
pub(super) async fn all_served(test: &TestDb, name: &str, size: i64) -> Vec<ResourceRecord> {
    let mut tx = test.db.reader();
    let zone = served::zone(&mut tx, name).await.expect("readable").expect("a zone");
    let (mut all, mut cursor) = (Vec::new(), Some(Cursor::default()));
    while let Some(from) = cursor {
        let (page, next) = served::records(&mut tx, &zone, from, size).await.expect("a page");
        all.extend(page);
        cursor = next;
    }
    all
}

/// The same as the view has it.
pub(super) async fn all_viewed(test: &TestDb, name: &str) -> BTreeSet<(String, String, i64, String)> {
    const VIEWED: &str = "SELECT r.name, r.type, r.ttl, r.content, r.prio FROM records r JOIN domains d \
        ON d.id = r.domain_id WHERE d.name = $1";
    let rows = test.db.reader().query(VIEWED, args![name]).await.expect("rows");
    let all: Vec<(String, String, i64, String)> = rows
        .iter()
        .map(|row| {
            let (rr_type, content): (String, String) = (row.at(1).expect("a type"), row.at(3).expect("content"));
            let priority: i64 = row.at(4).expect("a priority");
            let whole = match rr_type.as_str() {
                "MX" | "SRV" => format!("{priority} {content}"),
                _ => content,
            };
            (row.at(0).expect("a name"), rr_type, row.at(2).expect("a time"), whole)
        })
        .collect();
    let set: BTreeSet<_> = all.iter().cloned().collect();
    assert_eq!(set.len(), all.len(), "{all:?}");
    set
}

pub(super) fn lines(records: &[ResourceRecord]) -> Vec<String> {
    records.iter().map(|r| format!("{} {} {}", r.name, r.rr_type, r.rdata)).collect()
}

fn compared(records: Vec<ResourceRecord>) -> BTreeSet<(String, String, i64, String)> {
    records.into_iter().map(|r| (r.name, r.rr_type, r.ttl, r.rdata)).collect()
}

store::on_both! {
    async fn a_zone_is_what_the_standard_lets_it_be(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let zone = a_zone(&test, shop, " Example.COM. ").await;
        assert_eq!((zone.name.as_str(), zone.reseller_id, zone.serial), ("example.com", AccountId::DEFAULT_RESELLER, 1));
        assert_eq!((zone.ttl, zone.refresh, zone.retry, zone.expire, zone.minimum), (3_600, 14_400, 3_600, 2_419_200, 3_600));
        let with = |edit: &dyn Fn(&mut DnsZone)| {
            let mut new = of(shop, "example.net");
            edit(&mut new);
            new
        };
        for (new, expected) in [
            (with(&|z| z.name = "EXAMPLE.com".to_owned()), "taken"),
            (with(&|z| z.name = "31201234567".to_owned()), "invalid name"),
            (with(&|z| z.name = "exa mple.com".to_owned()), "invalid name"),
            (with(&|z| z.email = "nobody".to_owned()), "invalid email"),
            (with(&|z| z.ttl = -1), "invalid ttl"),
            (with(&|z| z.expire = 1 << 31), "invalid expire"),
            (with(&|z| z.nameservers = Stored(vec!["ns_1".to_owned()])), "invalid nameservers"),
            (with(&|z| z.nameservers = Stored((0..14).map(|n| format!("ns{n}.example.net")).collect())), "invalid nameservers"),
            (with(&|z| z.info = "x".repeat(1_001)), "invalid info"),
            (with(&|z| z.account_id = AccountId(4_711)), "dangling account_id"),
        ] {
            assert_eq!(why(make(&test, &admin(), new.clone()).await), expected, "{new:?}");
        }
        let changed = DnsZone { email: "john.doe@example.net".to_owned(), serial: 77, ttl: 0, nameservers: Stored(vec![
            "NS2.example.net.".to_owned(), "ns1.example.net".to_owned(), "ns2.example.net".to_owned(), String::new(),
        ]), ..zone.clone() };
        let changed = change(&test, &admin(), &changed).await.expect("changed");
        assert_eq!((changed.serial, changed.ttl, changed.created_at, changed.modified_at), (2, 3_600, NOW, NOW + 1));
        assert_eq!(changed.nameservers.0, ["ns2.example.net", "ns1.example.net"]);
        let soa = "example.com SOA ns2.example.net. john\\.doe.example.net. 2 14400 3600 2419200 3600";
        let expected = [soa, "example.com NS ns2.example.net.", "example.com NS ns1.example.net."];
        assert_eq!(lines(&all_served(&test, "example.com", 10).await), expected);
        let renamed = DnsZone { name: "example.org".to_owned(), ..zone.clone() };
        assert_eq!(why(change(&test, &admin(), &renamed).await), "invalid name");
        let found = zone::by_name(&mut test.db.reader(), &admin(), "Example.com.").await.expect("found");
        assert_eq!(found, changed);
    }

    async fn a_record_is_what_its_type_and_its_name_let_it_be(test: TestDb) {
        started(&test).await;
        let zone = a_zone(&test, AccountId::DEFAULT_RESELLER, "example.com").await;
        for (n, (name, rr_type, value, expected)) in (2_i64..).zip([
            ("", RrType::A, "192.0.2.1", "example.com"),
            ("www", RrType::A, "192.0.2.1", "www.example.com"),
            ("WWW.example.com", RrType::A, "192.0.2.2", "www.example.com"),
            ("_sip._udp", RrType::Srv, "0 5060 sip.example.com", "_sip._udp.example.com"),
            ("*.tel", RrType::Naptr, "100 5 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .", "*.tel.example.com"),
            ("alias", RrType::Cname, "www.example.com.", "alias.example.com"),
        ]) {
            let made = a_record(&test, &zone, name, rr_type, value).await;
            assert_eq!((made.name.as_str(), made.ttl, serial(&test, zone.id).await), (expected, 3_600, n));
        }
        let reached = serial(&test, zone.id).await;
        for (name, rr_type, value, expected) in [
            ("", RrType::Cname, "www.example.net", "invalid type"),
            ("www", RrType::Cname, "www.example.net", "conflict"),
            ("alias", RrType::A, "192.0.2.1", "conflict"),
            ("alias", RrType::Cname, "other.example.com", "conflict"),
            ("alias", RrType::Cname, "WWW.example.com", "taken"),
            ("www", RrType::A, " 192.0.2.1", "taken"),
            ("www", RrType::A, "192.0.2.300", "invalid value"),
            ("www", RrType::Mx, "192.0.2.1/8", "invalid value"),
            ("www.example.net.", RrType::A, "192.0.2.1", "invalid name"),
        ] {
            let outcome = make(&test, &admin(), in_zone(&zone, name, rr_type, value)).await;
            assert_eq!(why(outcome), expected, "{name} {rr_type} {value}");
        }
        assert_eq!(serial(&test, zone.id).await, reached, "what is refused changes nothing");

        let mut www = a_record(&test, &zone, "www", RrType::Txt, "hello").await;
        www.value = "good bye".to_owned();
        let changed = change(&test, &admin(), &www).await.expect("changed");
        assert_eq!((changed.rdata.as_str(), serial(&test, zone.id).await), ("\"good bye\"", reached + 2));
        // An alias may be changed to another one.
        let alias = all_of(&test, &zone).await.into_iter().find(|record| record.rr_type == RrType::Cname).expect("it");
        change(&test, &admin(), &DnsRecord { value: "new.example.com".to_owned(), ..alias }).await.expect("changed");
        let other = a_zone(&test, AccountId::DEFAULT_RESELLER, "example.org").await;
        assert_eq!(why(change(&test, &admin(), &DnsRecord { zone_id: other.id, ..www.clone() }).await), "invalid zone_id");
        remove::<DnsRecord>(&test, &admin(), www.id.0).await.expect("removed");
        assert_eq!(serial(&test, zone.id).await, reached + 4);
        assert_eq!(why(remove::<DnsRecord>(&test, &admin(), www.id.0).await), "not found");
    }

    async fn serial_numbers_go_round(test: TestDb) {
        started(&test).await;
        let zone = a_zone(&test, AccountId::DEFAULT_RESELLER, "example.com").await;
        let mut tx = test.db.begin().await.expect("a transaction");
        tx.execute("UPDATE dns_zones SET serial = 4294967294 WHERE id = $1", args![zone.id]).await.expect("set");
        tx.commit().await.expect("committed");
        a_record(&test, &zone, "a", RrType::A, "192.0.2.1").await;
        assert_eq!(serial(&test, zone.id).await, 4_294_967_295);
        a_record(&test, &zone, "b", RrType::A, "192.0.2.1").await;
        assert_eq!(serial(&test, zone.id).await, 1);
    }

    async fn a_zone_takes_its_records_along(test: TestDb) {
        started(&test).await;
        let (shop, mill) = (customer(&test, "shop").await, customer(&test, "mill").await);
        let acme = add_account(&test, AccountId::OPERATOR, AccountKind::Reseller, "acme").await;
        for account in [shop, mill, acme, AccountId::DEFAULT_RESELLER] {
            limit(&test, account, Kind::EmailAliases, 9).await;
            limit(&test, account, Kind::DnsZones, 9).await;
        }
        let zone = a_zone(&test, shop, "example.com").await;
        let kept = a_zone(&test, shop, "example.net").await;
        for zone in [&zone, &kept] {
            a_record(&test, zone, "www", RrType::A, "192.0.2.1").await;
            make(&test, &admin(), fancy_in(zone, FancyKind::Mboxfw, "info", "a@example.org")).await.expect("an alias");
            let owned = FancyRecord { owner_id: Some(mill), ..fancy_in(zone, FancyKind::Mboxfw, "sales", "b@example.org") };
            make(&test, &admin(), owned).await.expect("an alias");
        }
        let used = [(shop, 2, 4), (mill, 0, 2), (acme, 0, 0), (AccountId::DEFAULT_RESELLER, 2, 4)];
        assert_eq!(figures(&test, used).await, used);

        // To an account of another reseller.
        let moved = DnsZone { account_id: acme, ..record::get(&mut test.db.reader(), &admin(), zone.id.0).await.expect("it") };
        change(&test, &admin(), &moved).await.expect("moved");
        let used = [(shop, 1, 2), (mill, 0, 2), (acme, 1, 2), (AccountId::DEFAULT_RESELLER, 1, 3)];
        assert_eq!(figures(&test, used).await, used);
        let record = all_of(&test, &zone).await.pop().expect("a record");
        assert_eq!((record.account_id, record.reseller_id), (acme, acme));
        let reseller = acting(acme, Role::Reseller);
        assert_eq!(seen_by(&test, &reseller, &records::ALL).await, [record.id.0]);
        assert_eq!(seen_by(&test, &reseller, &fancy::ALL).await.len(), 2);
        assert_eq!(seen_by(&test, &acting(AccountId::DEFAULT_RESELLER, Role::Reseller), &records::ALL).await.len(), 1);
        assert_eq!(seen_by(&test, &admin(), &records::ALL).await.len(), 2);

        remove::<DnsZone>(&test, &admin(), zone.id.0).await.expect("removed");
        let used = [(shop, 1, 2), (mill, 0, 1), (acme, 0, 0), (AccountId::DEFAULT_RESELLER, 1, 2)];
        assert_eq!(figures(&test, used).await, used);
        assert!(seen_by(&test, &reseller, &records::ALL).await.is_empty());
        assert_eq!(seen_by(&test, &admin(), &records::ALL).await.len(), 1);
        assert_eq!(seen_by(&test, &admin(), &fancy::ALL).await.len(), 2);
        assert!(served::zone(&mut test.db.reader(), "example.com").await.expect("readable").is_none());
        assert!(all_viewed(&test, "example.com").await.is_empty());
        a_zone(&test, shop, "example.com").await;
    }

    async fn whose_a_zone_is_says_who_keeps_it(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, AccountKind::Reseller, "acme").await;
        let shop = add_account(&test, acme, AccountKind::Customer, "shop").await;
        let mill = add_account(&test, acme, AccountKind::Customer, "mill").await;
        let stranger = customer(&test, "stranger").await;
        let platform = a_zone(&test, AccountId::OPERATOR, "example.org").await;
        let of_acme = a_zone(&test, acme, "example.net").await;
        let of_shop = a_zone(&test, shop, "example.com").await;
        let mut made = Vec::new();
        for zone in [&platform, &of_acme, &of_shop] {
            let owned = DnsRecord { owner_id: Some(mill), ..in_zone(zone, "www", RrType::A, "192.0.2.1") };
            made.push(make(&test, &admin(), owned).await.expect("a record"));
        }
        let (zones, all) = ([platform.id.0, of_acme.id.0, of_shop.id.0], [made[0].id.0, made[1].id.0, made[2].id.0]);
        for (caller, sees_zones, sees_records, keeps) in [
            (admin(), &zones[..], &all[..], [true, true, true]),
            (acting_for(acme), &zones[1..], &all[1..], [false, true, true]),
            (acting(acme, Role::Reseller), &zones[1..], &all[1..], [false, true, true]),
            (acting_for(shop), &zones[2..], &all[2..], [false, false, true]),
            (acting(shop, Role::Customer), &zones[2..], &all[2..], [false, false, true]),
            (acting(mill, Role::Customer), &[], &all[..], [false; 3]),
            (acting_for(mill), &[], &all[..], [false; 3]),
            (acting(stranger, Role::Customer), &[], &[], [false; 3]),
            (acting(AccountId::DEFAULT_RESELLER, Role::Reseller), &[], &[], [false; 3]),
        ] {
            assert_eq!(seen_by(&test, &caller, &zone::ALL).await, sees_zones, "{caller:?}");
            assert_eq!(seen_by(&test, &caller, &records::ALL).await, sees_records, "{caller:?}");
            for (zone, (record, keeps)) in [&platform, &of_acme, &of_shop].into_iter().zip(made.iter().zip(keeps)) {
                let sees_zone = sees_zones.contains(&zone.id.0);
                let added = why(make(&test, &caller, in_zone(zone, "mail", RrType::A, "192.0.2.9")).await);
                assert_eq!(added, if keeps { "done" } else { "dangling zone_id" }, "{caller:?} {}", zone.name);
                let refused = if sees_records.contains(&record.id.0) { "not allowed" } else { "not found" };
                let changed = why(change(&test, &caller, &DnsRecord { ttl: 60, ..record.clone() }).await);
                assert_eq!(changed, if keeps { "done" } else { refused }, "{caller:?} {}", zone.name);
                let removed = why(remove::<DnsRecord>(&test, &caller, record.id.0).await);
                assert_eq!(removed, if keeps { "done" } else { refused }, "{caller:?} {}", zone.name);
                let outcome = why(change(&test, &caller, &DnsZone { info: "new".to_owned(), ..zone.clone() }).await);
                assert_eq!(outcome, if sees_zone { "done" } else { "not found" }, "{caller:?} {}", zone.name);
                if keeps {
                    restore(&test, zone, record).await;
                }
            }
        }
        for (caller, account, expected) in [
            (acting(acme, Role::Reseller), acme, "done"),
            (acting(acme, Role::Reseller), shop, "done"),
            (acting(acme, Role::Reseller), AccountId::OPERATOR, "dangling account_id"),
            (acting(acme, Role::Reseller), stranger, "dangling account_id"),
            (acting_for(acme), shop, "done"),
            (acting_for(acme), stranger, "dangling account_id"),
            (acting(shop, Role::Customer), shop, "done"),
            (acting(shop, Role::Customer), mill, "dangling account_id"),
            (acting(shop, Role::Customer), acme, "dangling account_id"),
            (acting(shop, Role::SubscriberAdmin), shop, "not allowed"),
            (acting(acme, Role::Care), shop, "not allowed"),
        ] {
            let outcome = make(&test, &caller, of(account, "example.info")).await;
            if let Ok(zone) = &outcome {
                remove::<DnsZone>(&test, &caller, zone.id.0).await.expect("removed by whoever made it");
            }
            assert_eq!(why(outcome), expected, "{caller:?} for {account}");
        }
    }

    async fn an_owner_is_an_account_that_the_caller_sees(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, AccountKind::Reseller, "acme").await;
        let shop = add_account(&test, acme, AccountKind::Customer, "shop").await;
        let stranger = customer(&test, "stranger").await;
        let zone = a_zone(&test, shop, "example.com").await;
        let reseller = acting(acme, Role::Reseller);
        let owned = |owner| DnsRecord { owner_id: Some(owner), ..in_zone(&zone, "www", RrType::A, "192.0.2.1") };
        for (owner, expected) in [(stranger, "dangling owner_id"), (AccountId::OPERATOR, "dangling owner_id"), (shop, "done")] {
            assert_eq!(why(make(&test, &reseller, owned(owner)).await), expected, "{owner}");
        }
        // One that is there remains, whoever changes the rest.
        let theirs = DnsRecord { owner_id: Some(stranger), ..in_zone(&zone, "mail", RrType::A, "192.0.2.1") };
        let theirs = make(&test, &admin(), theirs).await.expect("a record");
        assert_eq!(why(change(&test, &reseller, &DnsRecord { ttl: 60, ..theirs }).await), "done");
    }

    async fn nobody_takes_a_part_of_anothers_zone(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, AccountKind::Reseller, "acme").await;
        let shop = add_account(&test, acme, AccountKind::Customer, "shop").await;
        let other = AccountId::DEFAULT_RESELLER;
        a_zone(&test, AccountId::OPERATOR, "example.org").await;
        a_zone(&test, acme, "example.net").await;
        a_zone(&test, shop, "example.com").await;
        for (caller, account, name, expected) in [
            (acting(other, Role::Reseller), other, "a.example.net", "not allowed"),
            (acting(other, Role::Reseller), other, "a.b.c.example.com", "not allowed"),
            (acting(other, Role::Reseller), other, "a.example.org", "not allowed"),
            (acting(other, Role::Reseller), other, "notexample.com", "done"),
            (acting(shop, Role::Customer), shop, "a.example.net", "not allowed"),
            (acting(shop, Role::Customer), shop, "a.example.com", "done"),
            (acting(acme, Role::Reseller), acme, "b.example.com", "done"),
            (acting(acme, Role::Reseller), shop, "b.example.net", "done"),
            (admin(), other, "c.example.net", "done"),
        ] {
            assert_eq!(why(make(&test, &caller, of(account, name)).await), expected, "{caller:?} {name}");
        }
    }

    async fn limits_hold_for_zones_and_aliases(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let before = a_zone(&test, shop, "example.com").await;
        limit(&test, shop, Kind::DnsZones, 2).await;
        limit(&test, shop, Kind::EmailAliases, 1).await;
        limit(&test, AccountId::DEFAULT_RESELLER, Kind::DnsZones, 3).await;
        a_zone(&test, shop, "example.net").await;
        let refused = why(make(&test, &admin(), of(shop, "example.org")).await);
        assert_eq!(refused, format!("{shop}: 2 of 2 dns_zones"));
        a_zone(&test, AccountId::DEFAULT_RESELLER, "example.org").await;
        assert_eq!(why(make(&test, &admin(), of(AccountId::DEFAULT_RESELLER, "example.info")).await), "1: 3 of 3 dns_zones");
        let alias = |name: &str| fancy_in(&before, FancyKind::Mboxfw, name, "a@example.org");
        let made = make(&test, &admin(), alias("info")).await.expect("an alias");
        assert_eq!(why(make(&test, &admin(), alias("sales")).await), format!("{shop}: 1 of 1 email_aliases"));
        // Redirections and records are not limited.
        make(&test, &admin(), fancy_in(&before, FancyKind::Url, "www", "http://example.org/")).await.expect("no alias");
        remove::<FancyRecord>(&test, &admin(), made.id.0).await.expect("removed");
        make(&test, &admin(), alias("sales")).await.expect("room again");
    }

    async fn owners_page_through_what_is_theirs_anywhere(test: TestDb) {
        started(&test).await;
        let (shop, mill) = (customer(&test, "shop").await, customer(&test, "mill").await);
        let (of_shop, of_mill) = (a_zone(&test, shop, "example.com").await, a_zone(&test, mill, "example.net").await);
        let mut expected = Vec::new();
        for n in 0..20 {
            let (zone, owner) = ([&of_shop, &of_mill][n % 2], [None, Some(shop), Some(mill)][n % 3]);
            let new = DnsRecord { owner_id: owner, ..in_zone(zone, &format!("h{n:02}"), RrType::A, "192.0.2.1") };
            let made = make(&test, &admin(), new).await.expect("a record");
            if zone.account_id == shop || owner == Some(shop) {
                expected.push(made.id.0);
            }
        }
        let caller = acting(shop, Role::Customer);
        assert_eq!(seen_by(&test, &caller, &records::ALL).await, expected);
        for (descending, order) in [(false, None), (true, None), (false, Some("name")), (true, Some("name"))] {
            let mut found = Vec::new();
            for offset in (0..).step_by(3) {
                let query = Query { limit: 3, offset, descending, order, count: true, ..Query::default() };
                let page = listing::page(&mut test.db.reader(), &caller, &records::ALL, &query).await.expect("a page");
                assert_eq!(page.total, Some(expected.len() as i64));
                found.extend(page.ids);
                if !page.more {
                    break;
                }
            }
            if descending {
                found.reverse();
            }
            assert_eq!(found, expected, "{order:?} {descending}");
        }
        let query = Query { conditions: vec![Condition::Is("zone", "example.net".into())], limit: 50, count: true, ..Query::default() };
        let page = listing::page(&mut test.db.reader(), &caller, &records::ALL, &query).await.expect("a page");
        assert!(page.total.is_some_and(|total| total > 0 && total < expected.len() as i64), "{page:?}");
    }
}

async fn all_of(test: &TestDb, zone: &DnsZone) -> Vec<DnsRecord> {
    let query = Query { conditions: vec![Condition::Is("zone_id", zone.id.into())], limit: 100, ..Query::default() };
    let mut tx = test.db.reader();
    let ids = listing::page(&mut tx, &admin(), &records::ALL, &query).await.expect("a page").ids;
    record::load(&mut tx, &ids).await.expect("records")
}

/// Brings back a record that a test has removed, under its id, and removes what it has added.
async fn restore(test: &TestDb, zone: &DnsZone, record: &DnsRecord) {
    for added in all_of(test, zone).await {
        remove::<DnsRecord>(test, &admin(), added.id.0).await.expect("removed");
    }
    let again = make(test, &admin(), record.clone()).await.expect("made again");
    let mut tx = test.db.begin().await.expect("a transaction");
    tx.execute("UPDATE dns_records SET id = $1 WHERE id = $2", args![record.id, again.id]).await.expect("renumbered");
    for (id, amount) in [(again.id.0, -1), (record.id.0, 1)] {
        let values = [("reseller_id", record.reseller_id.0), ("zone_id", zone.id.0)];
        records::ALL.count(&mut tx, id, &values, amount);
    }
    tx.commit().await.expect("committed");
}

pub(super) async fn limit(test: &TestDb, account: AccountId, kind: Kind, most: i64) {
    transaction!(test.db, |tx| quota::set(tx, &admin(), NOW, account, kind, Some(most)).await).expect("a limit");
}

/// How many zones and aliases are counted at those accounts.
async fn figures<const N: usize>(test: &TestDb, of: [(AccountId, i64, i64); N]) -> [(AccountId, i64, i64); N] {
    let mut found = of;
    for (account, zones, aliases) in &mut found {
        for (kind, figure) in [(Kind::DnsZones, zones), (Kind::EmailAliases, aliases)] {
            let quota = quota::get(&mut test.db.reader(), &admin(), *account, kind).await.expect("readable");
            *figure = quota.expect("a limit").used;
        }
    }
    found
}

/// Ends all changes there are.
async fn take_all(test: &TestDb) -> Vec<String> {
    let mut all = Vec::new();
    let claimed = transaction!(test.db, |tx| change::claim(tx, 60_000_000, 100).await).expect("claimed");
    for claim in claimed {
        assert!(transaction!(test.db, |tx| change::done(tx, &claim).await).expect("answered"));
        all.push(claim.name);
    }
    all.sort();
    all
}
