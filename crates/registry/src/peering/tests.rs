//! The choices on worked examples, and the rules of what is stored on both engines.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use store::testing::TestDb;

use super::*;
use crate::account::{self, Kind, Status};
use crate::id::{AccountId, PeeringGroupId, PeeringInboundRuleId, PeeringRuleId, PeeringServerId};
use crate::listing::{self, Query, Source};
use crate::record::{self, Kept, Stored};
use crate::tests::{NOW, acting, add_account, admin, cases, started};
use crate::time_set::{Period, TimeSet};
use crate::{Error, Result, Role, transaction};

fn group(id: i64, priority: i64) -> Group {
    Group { id: PeeringGroupId(id), name: format!("group {id}"), priority, ..Group::default() }
}

fn server(id: i64, ip: &str, weight: i64) -> Server {
    Server { id: PeeringServerId(id), ip: ip.to_owned(), weight, name: format!("server {id}"), ..Server::default() }
}

fn rule(prefix: &str, callee: &str, caller: &str, stopper: bool) -> Rule {
    Rule {
        callee_prefix: prefix.to_owned(),
        callee_pattern: callee.to_owned(),
        caller_pattern: caller.to_owned(),
        stopper,
        ..Rule::default()
    }
}

fn offer(group: Group, servers: &[Server], rules: &[Rule], inbound: &[InboundRule]) -> Offer {
    Offer::new(group, true, servers.to_vec(), rules.to_vec(), inbound.to_vec()).expect("an offer")
}

/// The ids of the servers that a call is offered to, where always the first is drawn.
fn routed(offers: &[Offer], callee: &str, caller: &str) -> Vec<i64> {
    route(offers, callee, caller, &mut |_| 0).iter().map(|server| server.id.0).collect()
}

#[test]
fn calls_leave_by_the_longest_prefix_then_by_priority() {
    let any = rule("", "", "", false);
    let off = Server { enabled: false, ..server(9, "192.0.2.9", 1) };
    let closed = Offer::new(group(4, 1), false, vec![server(40, "192.0.2.40", 1)], vec![any.clone()], vec![]);
    let offers = [
        offer(group(1, 2), &[server(10, "192.0.2.10", 1), off], std::slice::from_ref(&any), &[]),
        offer(group(2, 1), &[server(20, "192.0.2.20", 1)], &[any, rule("44", "", "", false)], &[]),
        offer(group(3, 9), &[server(30, "192.0.2.30", 1)], &[rule("4420", "", "^sip:43", false)], &[]),
        closed.expect("an offer"),
        offer(group(5, 5), &[server(50, "192.0.2.50", 1)], &[rule("49", "@de\\.", "", true)], &[]),
        offer(group(6, 1), &[server(60, "192.0.2.60", 1)], &[Rule { enabled: false, ..rule("1", "", "", false) }], &[]),
    ];
    let austrian = "sip:4312345@example.org";
    for (callee, caller, servers) in [
        ("sip:442079460000@example.org", austrian, &[30, 20, 10][..]),
        ("sip:442079460000@example.org", "sip:4912@example.org", &[20, 10]),
        ("sip:441@example.org", austrian, &[20, 10]),
        ("sip:331@example.org", austrian, &[20, 10]),
        ("tel:4420", austrian, &[30, 20, 10]),
        // A stopper leaves out what has a shorter prefix, where it fits itself.
        ("sip:4930@de.example.org", austrian, &[50]),
        ("sip:4930@example.org", austrian, &[20, 10]),
        ("sip:12@example.org", austrian, &[20, 10]),
    ] {
        assert_eq!(routed(&offers, callee, caller), servers, "{callee} {caller}");
    }
    assert_eq!(routed(&[], "sip:1@x", "sip:2@x"), Vec::<i64>::new());
}

#[test]
fn servers_are_drawn_by_their_weight() {
    let servers = [server(1, "192.0.2.1", 1), server(2, "192.0.2.2", 2), server(3, "192.0.2.3", 7)];
    let offers = [offer(group(1, 1), &servers, &[rule("", "", "", false)], &[])];
    let mut first: BTreeMap<i64, u32> = BTreeMap::new();
    for at in 0..10 {
        let order = route(&offers, "sip:1@x", "sip:2@x", &mut |below| at % below);
        assert_eq!(order.len(), 3);
        *first.entry(order[0].id.0).or_default() += 1;
    }
    assert_eq!(first, BTreeMap::from([(1, 1), (2, 2), (3, 7)]));
}

#[test]
fn every_server_comes_once_whatever_is_drawn() {
    use proptest::prelude::*;
    let weights = prop::collection::vec((1_i64..=127, 1_i64..=3), 1..12);
    let draws = prop::collection::vec(any::<u64>(), 12);
    cases(200)
        .run(&(weights, draws), |(weights, draws)| {
            let mut offers = Vec::new();
            for (id, (weight, priority)) in (1..).zip(&weights) {
                let rules = [rule("", "", "", false), rule("4", "", "", false)];
                offers.push(offer(group(id, *priority), &[server(id, "192.0.2.1", *weight)], &rules, &[]));
            }
            let mut draws = draws.iter().cycle();
            let order = route(&offers, "sip:43@x", "sip:2@x", &mut |below| draws.next().unwrap_or(&0) % below);
            let priority = |server: &&Server| weights[server.id.0 as usize - 1].1;
            prop_assert!(order.is_sorted_by_key(priority));
            let mut ids: Vec<i64> = order.iter().map(|server| server.id.0).collect();
            ids.sort_unstable();
            prop_assert_eq!(ids, (1..=weights.len() as i64).collect::<Vec<_>>());
            Ok(())
        })
        .expect("it holds");
}

fn inbound_rule(priority: i64, field: &str, pattern: &str, reject: Option<(i64, &str)>) -> InboundRule {
    InboundRule {
        priority,
        field: field.to_owned(),
        pattern: pattern.to_owned(),
        reject_code: reject.map(|(code, _)| code),
        reject_reason: reject.map(|(_, reason)| reason.to_owned()),
        ..InboundRule::default()
    }
}

#[test]
fn calls_that_come_in_are_told_apart_by_address_and_rules() {
    let shared = "2001:db8::1";
    let offers = [
        offer(group(1, 1), &[server(1, "192.0.2.1", 1)], &[], &[]),
        offer(
            group(2, 1),
            &[server(2, shared, 1)],
            &[],
            &[
                inbound_rule(10, "ruri_domain", "^two\\.example$", None),
                inbound_rule(5, "from_user", "^anonymous$", Some((403, "Who are you"))),
                InboundRule { enabled: false, ..inbound_rule(1, "from_uri", "", Some((500, "never"))) },
            ],
        ),
        offer(group(3, 1), &[server(3, shared, 1)], &[], &[inbound_rule(20, "pai_user", "^43", None)]),
        offer(group(4, 9), &[server(4, shared, 1), server(5, "192.0.2.5", 1)], &[], &[]),
        offer(group(5, 1), &[server(6, "192.0.2.6", 1)], &[], &[inbound_rule(1, "ruri_user", "^1$", None)]),
    ];
    let who = |source: &str, from: &str, ruri: &str, pai: &str| match inbound(
        &offers,
        source.parse().expect("an address"),
        &Request { from, ruri, pai },
    ) {
        Inbound::From(group) => group.id.0,
        Inbound::Refused(code, reason) => -code - i64::try_from(reason.len()).unwrap_or(0) * 1_000,
        Inbound::Unknown => 0,
    };
    let (from, ruri) = ("sip:4411@peer.example;tag=1", "sip:1@two.example:5060;transport=tcp");
    assert_eq!(who("192.0.2.1", from, ruri, ""), 1);
    assert_eq!(who("::ffff:192.0.2.1", from, ruri, ""), 1);
    assert_eq!(who("192.0.2.77", from, ruri, ""), 0);
    assert_eq!(who(shared, from, ruri, ""), 2);
    assert_eq!(who(shared, from, "sip:1@other.example", "sip:43@x"), 3);
    assert_eq!(who(shared, from, "sip:1@other.example", ""), 4);
    assert_eq!(who(shared, "sips:anonymous@x", ruri, "sip:43@x"), -403 - 11_000);
    assert_eq!((who("192.0.2.6", from, "sip:1@x", ""), who("192.0.2.6", from, "sip:2@x", "")), (5, 0));
}

async fn add<R: Kept>(test: &TestDb, record: R) -> Result<R> {
    transaction!(test.db, |tx| record::create(tx, &admin(), NOW, record.clone()).await)
}

async fn count(test: &TestDb, source: &'static Source) -> i64 {
    let query = Query { limit: 100, count: true, ..Query::default() };
    let page = listing::page(&mut test.db.reader(), &admin(), source, &query).await.expect("a page");
    assert_eq!(page.total, Some(page.ids.len() as i64));
    page.ids.len() as i64
}

store::on_both! {
    async fn groups_and_what_is_in_them(test: TestDb) {
        started(&test).await;
        let carrier = add_account(&test, AccountId::OPERATOR, Kind::Peering, "carrier").await;
        let customer = add_account(&test, AccountId::DEFAULT_RESELLER, Kind::Customer, "customer").await;
        let new = |name: &str| Group { contract_id: carrier, name: name.to_owned(), ..Group::default() };
        for (wrong, field) in [
            (Group { contract_id: customer, ..new("x") }, "contract_id"),
            (Group { contract_id: AccountId(77), ..new("x") }, "contract_id"),
            (Group { priority: 10, ..new("x") }, "priority"),
            (Group { time_set_id: Some(crate::id::TimeSetId(77)), ..new("x") }, "time_set_id"),
        ] {
            let error = add(&test, wrong).await.expect_err("refused");
            let named = matches!(error, Error::Dangling { field: of, .. } | Error::Invalid { field: of, .. } if of == field);
            assert!(named, "{field}: {error}");
        }
        let reseller = acting(AccountId::DEFAULT_RESELLER, Role::Reseller);
        let refused = transaction!(test.db, |tx| record::create(tx, &reseller, NOW, new("x")).await);
        assert!(matches!(refused, Err(Error::NotAllowed(_))), "{refused:?}");
        let night = Period { start: "2020-01-01 20:00:00".into(), end: Some("2020-01-02 06:00:00".into()), freq: Some("daily".into()), ..Period::default() };
        let times = TimeSet { reseller_id: AccountId(1), name: "night".into(), times: Stored(vec![night]), ..TimeSet::default() };
        let times = add(&test, times).await.expect("a time set");
        let one = add(&test, Group { time_set_id: Some(times.id), ..new("one") }).await.expect("a group");
        let two = add(&test, new("two")).await.expect("a group");
        assert!(matches!(add(&test, new("two")).await, Err(Error::Taken { .. })));
        let used = transaction!(test.db, |tx| record::delete::<TimeSet>(tx, &admin(), NOW, times.id.0).await);
        assert!(matches!(used, Err(Error::InUse { .. })), "{used:?}");

        let at = |group: &Group, name: &str, ip: &str| Server { group_id: group.id, name: name.into(), ip: ip.into(), ..Server::default() };
        let first = add(&test, at(&one, "a", "2001:DB8:0::1")).await.expect("a server");
        assert_eq!((first.ip.as_str(), first.port, first.transport), ("2001:db8::1", 5060, 1));
        for (wrong, taken) in [
            (at(&one, "a", "192.0.2.1"), true),
            (at(&one, "b", "2001:db8::1"), true),
            (at(&two, "b", "2001:db8::1"), true),
            (at(&one, "b", "192.0.2"), false),
            (at(&one, "b/c", "192.0.2.1"), false),
            (Server { port: 0, ..at(&one, "b", "192.0.2.1") }, false),
            (Server { weight: 128, ..at(&one, "b", "192.0.2.1") }, false),
            (Server { group_id: PeeringGroupId(77), ..at(&one, "b", "192.0.2.1") }, false),
        ] {
            let error = add(&test, wrong).await.expect_err("refused");
            assert_eq!(matches!(error, Error::Taken { .. }), taken, "{error}");
        }
        // Inbound rules tell the calls of two groups with one address apart.
        let tells = |group: &Group| InboundRule { group_id: group.id, ..inbound_rule(1, "from_domain", "^x$", None) };
        let told = add(&test, tells(&one)).await.expect("a rule");
        assert!(matches!(add(&test, at(&two, "b", "2001:db8::1")).await, Err(Error::Taken { field: "ip", .. })));
        add(&test, tells(&two)).await.expect("a rule");
        assert!(matches!(add(&test, tells(&two)).await, Err(Error::Taken { .. })));
        let second = add(&test, at(&two, "b", "2001:db8::1")).await.expect("a server");
        let shows = async |id: PeeringGroupId| record::get::<Group>(&mut test.db.reader(), &admin(), id.0).await.expect("a group").has_inbound_rules;
        assert!(shows(one.id).await && shows(two.id).await);
        transaction!(test.db, |tx| record::update(tx, &admin(), NOW, Group { priority: 3, ..two.clone() }).await).expect("changed");
        assert!(shows(two.id).await);
        let off = InboundRule { enabled: false, ..told.clone() };
        // As long as both have the address, both keep a rule.
        let untold = transaction!(test.db, |tx| record::update(tx, &admin(), NOW, off.clone()).await);
        assert!(matches!(untold, Err(Error::Conflict(_))), "{untold:?}");
        let untold = transaction!(test.db, |tx| record::delete::<InboundRule>(tx, &admin(), NOW, told.id.0).await);
        assert!(matches!(untold, Err(Error::Conflict(_))), "{untold:?}");
        transaction!(test.db, |tx| record::update(tx, &admin(), NOW, Server { port: 5061, ..second.clone() }).await).expect("moved");
        transaction!(test.db, |tx| record::update(tx, &admin(), NOW, off.clone()).await).expect("changed");
        assert!(!shows(one.id).await);
        transaction!(test.db, |tx| record::update(tx, &admin(), NOW, told.clone()).await).expect("changed");
        transaction!(test.db, |tx| record::delete::<InboundRule>(tx, &admin(), NOW, told.id.0).await).expect("removed");
        assert!(!shows(one.id).await);

        let leaving = |group: &Group, prefix: &str| Rule { group_id: group.id, ..rule(prefix, "", "", false) };
        add(&test, leaving(&one, "44")).await.expect("a rule");
        add(&test, leaving(&two, "")).await.expect("a rule");
        assert!(matches!(add(&test, leaving(&two, "")).await, Err(Error::Taken { .. })));
        for wrong in [
            Rule { caller_pattern: "(".into(), ..leaving(&one, "1") },
            Rule { callee_pattern: "(?=x)".into(), ..leaving(&one, "1") },
            leaving(&one, "A"),
            Rule { id: PeeringRuleId(0), ..leaving(&one, "12345678901234567") },
        ] {
            assert!(matches!(add(&test, wrong).await, Err(Error::Invalid { .. })));
        }
        let reject = |code, reason: Option<&str>| InboundRule {
            id: PeeringInboundRuleId(0), reject_code: code, reject_reason: reason.map(str::to_owned), ..tells(&one)
        };
        for (wrong, message) in [
            (reject(Some(403), None), "reject reason must be filled if reject code is filled"),
            (reject(None, Some("x")), "reject code must be filled if reject reason is filled"),
            (reject(Some(200), Some("x")), "Value must be between 400 and 699"),
        ] {
            let error = add(&test, wrong).await.expect_err("refused");
            assert!(matches!(&error, Error::Invalid { message: said, .. } if said == message), "{error}");
        }

        // What is offered follows the time.
        let to_britain = async |at: i64| {
            let offers = offers(&mut test.db.reader(), at, &TimeZone::UTC).await.expect("offers");
            let servers = route(&offers, "sip:44@x", "sip:1@x", &mut |_| 0);
            servers.iter().map(|server| server.group_id).collect::<Vec<_>>()
        };
        let noon = NOW - NOW.rem_euclid(86_400_000_000) + 12 * 3_600_000_000;
        assert_eq!(to_britain(noon).await, [two.id]);
        assert_eq!(to_britain(noon + 12 * 3_600_000_000).await, [one.id, two.id]);

        // A group takes what is in it along; an account its groups.
        assert_eq!((count(&test, &GROUPS).await, count(&test, &SERVERS).await), (2, 2));
        transaction!(test.db, |tx| record::delete::<Group>(tx, &admin(), NOW, one.id.0).await).expect("removed");
        assert_eq!((count(&test, &GROUPS).await, count(&test, &SERVERS).await, count(&test, &RULES).await), (1, 1, 1));
        transaction!(test.db, |tx| record::delete::<TimeSet>(tx, &admin(), NOW, times.id.0).await).expect("removed");
        transaction!(test.db, |tx| account::set_status(tx, &admin(), NOW, carrier, Status::Terminated).await).expect("ended");
        for source in SOURCES {
            assert_eq!(count(&test, source).await, 0, "{}", source.name);
        }
        assert!(matches!(add(&test, new("late")).await, Err(Error::Dangling { .. })));
    }
}
