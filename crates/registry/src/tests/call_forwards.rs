//! Call forwards: what destinations become, names and uses of sets, mappings, the forwards without names, scopes.

use std::collections::BTreeMap;

use serde_json::json;
use store::args;
use store::testing::TestDb;

use super::{NOW, acting, add_account, admin, customer, started};
use crate::account::Kind;
use crate::call_forward::mapping::{self, MappingSpec};
use crate::call_forward::set::{self, ForwardSet, SetSpec};
use crate::call_forward::simple::{self, ForwardSpec};
use crate::call_forward::{
    self, Choice, Content, Destination, Mode, Patterns, Period, SetKind, Trigger, delete_of_subscriber, renumber,
};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, ForwardSetId, SubscriberId};
use crate::listing::{self, Condition, Query};
use crate::page::Page;
use crate::{Error, Result, journal, transaction};

/// A subscriber of an account, with or without a number.
async fn subscriber(test: &TestDb, account: AccountId, username: &str, number: Option<&str>) -> SubscriberId {
    let name: u128 = username.bytes().map(u128::from).sum();
    let uuid = format!("{:032x}", u128::from(account.0.unsigned_abs()) << 64 | name);
    transaction!(test.db, |tx| {
        let known = "SELECT id FROM sip_domains WHERE domain = 'sip.example.org'";
        let domain: i64 = match tx.query_opt(known, args![]).await? {
            Some(row) => row.at(0)?,
            None => {
                let make = "INSERT INTO sip_domains (account_id, reseller_id, domain, status, created_at, modified_at) \
                    VALUES (1, 1, 'sip.example.org', 'active', $1, $1) RETURNING id";
                tx.query_one(make, args![NOW]).await?.at(0)?
            }
        };
        let make = "INSERT INTO subscribers (uuid, account_id, reseller_id, domain_id, username, status, \
            administrative, is_pbx_pilot, is_pbx_group, primary_digits, credential_version, created_at, modified_at) \
            SELECT $1, id, reseller_id, $2, $3, 'active', FALSE, FALSE, FALSE, $4, 1, $5, $5 FROM accounts \
            WHERE id = $6 RETURNING id";
        let values = args![&uuid, domain, username, number, NOW, account];
        Ok(SubscriberId(tx.query_one(make, values).await?.at(0)?))
    })
    .expect("a subscriber")
}

fn to(destination: &str) -> Destination {
    Destination { destination: destination.to_owned(), timeout: 300, priority: 1, announcement_id: None }
}

fn office_hours() -> Content {
    Content::Times(vec![Period { hour: Some("9-17".to_owned()), ..Period::default() }])
}

async fn make(test: &TestDb, caller: &Caller, of: SubscriberId, name: &str, content: Content) -> Result<ForwardSet> {
    let spec = SetSpec { subscriber_id: of, name: name.to_owned(), content };
    transaction!(test.db, |tx| set::create(tx, caller, NOW, &spec).await)
}

fn by_name(trigger: Trigger, destinations: &str) -> MappingSpec {
    MappingSpec {
        id: None,
        trigger,
        destination_set: Choice { name: Some(destinations.to_owned()), ..Choice::default() },
        time_set: Choice::default(),
        source_set: Choice::default(),
        bnumber_set: Choice::default(),
        enabled: true,
        use_redirection: false,
    }
}

async fn map(test: &TestDb, of: SubscriberId, wanted: &[MappingSpec], ring: Option<i64>) -> Result<mapping::Mappings> {
    transaction!(test.db, |tx| mapping::replace(tx, &admin(), NOW, of, wanted, ring, false).await)
}

async fn forward(
    test: &TestDb,
    of: SubscriberId,
    wanted: &BTreeMap<Trigger, ForwardSpec>,
    ring: Option<i64>,
) -> Result<simple::Forwards> {
    transaction!(test.db, |tx| simple::replace(tx, &admin(), NOW, of, wanted, ring).await)
}

fn spec(destinations: &[&str]) -> ForwardSpec {
    ForwardSpec { destinations: destinations.iter().map(|text| to(text)).collect(), ..ForwardSpec::default() }
}

async fn sets(test: &TestDb, of: SubscriberId, kind: SetKind) -> Vec<String> {
    let query = Query { conditions: vec![Condition::Is("subscriber_id", of.into())], limit: 100, ..Query::default() };
    let mut tx = test.db.reader();
    let found = listing::page(&mut tx, &admin(), kind.source(), &query).await.expect("a list");
    let sets = set::load(&mut tx, &found.ids).await.expect("sets");
    sets.into_iter().map(|set| format!("{} {}", set.name, set.usage_count)).collect()
}

store::on_both! {
    async fn keywords_and_numbers_become_sip_uris(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let of = subscriber(&test, shop, "alice", Some("4311001")).await;
        let nameless = subscriber(&test, shop, "bob", None).await;
        let uuid = "00000000-0000-0002-0000-000000000133";
        let table = [
            (of, Trigger::Cfu, "voicebox", "sip:vmu4311001@voicebox.local".to_owned()),
            (of, Trigger::Cfb, "voicebox", "sip:vmb4311001@voicebox.local".to_owned()),
            (nameless, Trigger::Cfu, "voicebox", format!("sip:vmu{uuid}@voicebox.local")),
            (of, Trigger::Cfu, "fax2mail", "sip:fax=4311001@fax2mail.local".to_owned()),
            (of, Trigger::Cfu, "conference", "sip:conf=4311001@conference.local".to_owned()),
            (of, Trigger::Cfu, "callingcard", "sip:callingcard@app.local".to_owned()),
            (of, Trigger::Cfu, "callthrough", "sip:callthrough@app.local".to_owned()),
            (of, Trigger::Cfu, "autoattendant", "sip:auto-attendant@app.local".to_owned()),
            (of, Trigger::Cfu, "officehours", "sip:office-hours@app.local".to_owned()),
            (of, Trigger::Cfu, "customhours", "sip:custom-hours@app.local".to_owned()),
            (of, Trigger::Cfu, "managersecretary", "sip:4311001@managersecretary.local".to_owned()),
            (of, Trigger::Cfu, "4366610001", "sip:4366610001@sip.example.org".to_owned()),
            (of, Trigger::Cfu, "sips:carol@example.com", "sip:carol@example.com".to_owned()),
            (of, Trigger::Cfu, "Voicebox", "sip:Voicebox@sip.example.org".to_owned()),
            (of, Trigger::Cfu, "sip:vmb1@voicebox.local", "sip:vmb1@voicebox.local".to_owned()),
        ];
        assert_eq!(shop.0, 2, "the uuid above is of the second account");
        for (of, trigger, given, stored) in table {
            let wanted = BTreeMap::from([(trigger, spec(&[given]))]);
            let made = forward(&test, of, &wanted, None).await.expect("forwards");
            assert_eq!(made.forwards[&trigger].destinations[0].destination, stored, "{given}");
        }
        for (uri, keyword, simple) in [
            ("sip:vmu4311001@voicebox.local", Some("voicebox"), None),
            ("sip:office-hours@app.local", Some("officehours"), None),
            ("sip:something@app.local", None, Some("something@app.local")),
            ("sip:43@sip.example.org", None, Some("43")),
        ] {
            assert_eq!(call_forward::destination::keyword(uri), keyword, "{uri}");
            let found = call_forward::destination::simple(uri, "sip.example.org");
            assert_eq!(found.as_deref(), simple, "{uri}");
        }
    }

    async fn what_leads_nowhere_is_refused(test: TestDb) {
        started(&test).await;
        let of = subscriber(&test, AccountId::DEFAULT_RESELLER, "alice", None).await;
        let destinations = |d| Content::Destinations(vec![d]);
        let patterns = |text: &str| Patterns { patterns: vec![text.to_owned()], ..Patterns::default() };
        let period = |wday: &str| Content::Times(vec![Period { wday: Some(wday.to_owned()), ..Period::default() }]);
        let table = [
            (destinations(to("")), "destination"),
            (destinations(to("@example.org")), "destination"),
            (destinations(to("a b")), "destination"),
            (destinations(to("a@b@c")), "destination"),
            (destinations(Destination { timeout: 0, ..to("43") }), "timeout"),
            (destinations(Destination { priority: -1, ..to("43") }), "priority"),
            (destinations(Destination { announcement_id: Some(7), ..to("customhours") }), "announcement_id"),
            (Content::Sources(patterns(" ")), "source"),
            (Content::Bnumbers(patterns("")), "bnumber"),
            (period("8"), "wday"),
        ];
        for (content, wrong) in table {
            match make(&test, &admin(), of, "set", content.clone()).await {
                Err(Error::Invalid { field, .. } | Error::Dangling { field, .. }) => assert_eq!(field, wrong),
                other => panic!("{content:?}: {other:?}"),
            }
        }
        let nobody = make(&test, &admin(), SubscriberId(99), "set", office_hours()).await;
        assert!(matches!(nobody, Err(Error::Dangling { field: "subscriber_id", .. })), "{nobody:?}");
    }

    async fn names_are_unique_for_a_subscriber_and_kind(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let (alice, bob) = (subscriber(&test, shop, "alice", None).await, subscriber(&test, shop, "bob", None).await);
        let first = make(&test, &admin(), alice, "office", office_hours()).await.expect("a set");
        make(&test, &admin(), bob, "office", office_hours()).await.expect("another subscriber's");
        make(&test, &admin(), alice, "office", Content::Sources(Patterns::default())).await.expect("another kind");
        let again = make(&test, &admin(), alice, " office ", office_hours()).await;
        assert!(matches!(again, Err(Error::Taken { kind: "time set", .. })), "{again:?}");
        let other = make(&test, &admin(), alice, "other", office_hours()).await.expect("a set");
        let rename = |id, name: &str| {
            let spec = SetSpec { subscriber_id: alice, name: name.to_owned(), content: office_hours() };
            let db = test.db.clone();
            async move { transaction!(db, |tx| set::update(tx, &admin(), NOW, id, &spec).await) }
        };
        assert!(matches!(rename(other.id, "office").await, Err(Error::Taken { .. })));
        rename(first.id, "office").await.expect("its own name");
        rename(other.id, "another").await.expect("a free name");
        assert_eq!(sets(&test, alice, SetKind::Time).await, ["office 0", "another 0"]);
    }

    async fn one_of_several_at_once_gets_a_name(test: TestDb) {
        started(&test).await;
        let of = subscriber(&test, AccountId::DEFAULT_RESELLER, "alice", None).await;
        let tries: Vec<_> = (0..4)
            .map(|_| {
                let spec = SetSpec { subscriber_id: of, name: "office".to_owned(), content: office_hours() };
                let db = test.db.clone();
                tokio::spawn(async move { transaction!(db, |tx| set::create(tx, &admin(), NOW, &spec).await) })
            })
            .collect();
        let mut made = 0;
        for each in tries {
            match each.await.expect("a task") {
                Ok(_) => made += 1,
                Err(Error::Taken { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!((made, sets(&test, of, SetKind::Time).await.len()), (1, 1));
    }

    async fn a_mapping_names_its_sets_by_id_name_or_content(test: TestDb) {
        started(&test).await;
        let of = subscriber(&test, AccountId::DEFAULT_RESELLER, "alice", None).await;
        let home = Content::Destinations(vec![to("43")]);
        let home = make(&test, &admin(), of, "home", home).await.expect("a set");
        let away = make(&test, &admin(), of, "away", Content::Destinations(vec![to("44")])).await.expect("a set");
        let hours = Choice { name: Some("hours".to_owned()), new: Some(office_hours()), id: None };
        let wanted = [
            MappingSpec { time_set: hours, ..by_name(Trigger::Cft, "home") },
            MappingSpec {
                destination_set: Choice { id: Some(away.id.0), ..Choice::default() },
                enabled: false,
                ..by_name(Trigger::Cfu, "")
            },
        ];
        let without = map(&test, of, &wanted, None).await;
        assert!(matches!(without, Err(Error::Invalid { field: "ring_timeout", .. })), "{without:?}");
        let made = map(&test, of, &wanted, Some(20)).await.expect("mappings");
        let shown: Vec<_> = made.mappings.iter().map(|m| (m.trigger, m.destination_set.name.as_str())).collect();
        assert_eq!(shown, [(Trigger::Cfu, "away"), (Trigger::Cft, "home")]);
        assert_eq!(made.ring_timeout, Some(20));
        assert_eq!(sets(&test, of, SetKind::Time).await, ["hours 1"]);

        // A name that has been changed beside an old id counts, and so does the other way round.
        for (id, name, chosen) in [(home.id, "away", away.id), (away.id, "home", home.id), (away.id, "away", away.id)] {
            let choice = Choice { id: Some(id.0), name: Some(name.to_owned()), new: None };
            let spec = MappingSpec { destination_set: choice, ..by_name(Trigger::Cfb, "") };
            let only = by_name(Trigger::Cfb, if id == home.id { "home" } else { "away" });
            map(&test, of, &[only], None).await.expect("the old one");
            let made = map(&test, of, &[spec], None).await.expect("the new one");
            assert_eq!(made.mappings[0].destination_set.id, chosen, "{id} {name}");
            assert_eq!(made.ring_timeout, None, "there is no forward on timeout any more");
        }
        for choice in [
            Choice { id: Some(4711), ..Choice::default() },
            Choice { name: Some("nothing".to_owned()), ..Choice::default() },
            Choice::default(),
        ] {
            let refused = map(&test, of, &[MappingSpec { destination_set: choice, ..by_name(Trigger::Cfu, "") }], None).await;
            assert!(matches!(refused, Err(Error::Dangling { field: "destination_set", .. })), "{refused:?}");
        }
    }

    async fn mappings_keep_their_ids_and_order(test: TestDb) {
        started(&test).await;
        let of = subscriber(&test, AccountId::DEFAULT_RESELLER, "alice", None).await;
        for name in ["a", "b", "c"] {
            make(&test, &admin(), of, name, Content::Destinations(vec![to("43")])).await.expect("a set");
        }
        let first = map(&test, of, &[by_name(Trigger::Cfu, "a"), by_name(Trigger::Cfu, "b")], None).await.expect("made");
        let kept = |at: usize| MappingSpec { id: Some(first.mappings[at].id), ..by_name(Trigger::Cfu, ["a", "b"][at]) };
        let wanted = [by_name(Trigger::Cfu, "c"), kept(1), kept(0)];
        let second = map(&test, of, &wanted, None).await.expect("changed");
        let names: Vec<_> = second.mappings.iter().map(|m| m.destination_set.name.as_str()).collect();
        assert_eq!(names, ["c", "b", "a"]);
        assert_eq!([second.mappings[1].id, second.mappings[2].id], [first.mappings[1].id, first.mappings[0].id]);
        let read = mapping::get(&mut test.db.reader(), &admin(), of).await.expect("mappings");
        assert_eq!(read, second);
    }

    async fn a_subscriber_has_so_many_mappings_and_no_more(test: TestDb) {
        started(&test).await;
        let shop = customer(&test, "shop").await;
        let of = subscriber(&test, shop, "alice", Some("4311001")).await;
        make(&test, &admin(), of, "a", Content::Destinations(vec![to("voicebox")])).await.expect("a set");
        let mut wanted = vec![by_name(Trigger::Cfu, "a"); 200];
        assert_eq!(map(&test, of, &wanted, None).await.expect("mappings").mappings.len(), 200);
        wanted.push(by_name(Trigger::Cfb, "a"));
        assert!(matches!(map(&test, of, &wanted, None).await, Err(Error::Invalid { field: "mappings", .. })));
    }

    async fn a_set_that_goes_takes_its_mappings_or_is_forgotten(test: TestDb) {
        started(&test).await;
        let of = subscriber(&test, AccountId::DEFAULT_RESELLER, "alice", None).await;
        let to_home = make(&test, &admin(), of, "home", Content::Destinations(vec![to("43")])).await.expect("a set");
        let delete = |kind, id, unassign| {
            let db = test.db.clone();
            async move { transaction!(db, |tx| set::delete(tx, &admin(), NOW, kind, id, unassign).await) }
        };
        for (unassign, left) in [(true, 1), (false, 0)] {
            let hours = make(&test, &admin(), of, "hours", office_hours()).await.expect("a set");
            let by_hours = Choice { id: Some(hours.id.0), ..Choice::default() };
            let wanted = MappingSpec { time_set: by_hours, ..by_name(Trigger::Cfu, "home") };
            map(&test, of, &[wanted], None).await.expect("a mapping");
            delete(SetKind::Time, hours.id, unassign).await.expect("gone");
            let mappings = mapping::get(&mut test.db.reader(), &admin(), of).await.expect("mappings").mappings;
            assert_eq!(mappings.len(), left);
            assert!(mappings.iter().all(|m| m.time_set.is_none()));
        }
        map(&test, of, &[by_name(Trigger::Cft, "home")], Some(9)).await.expect("a mapping");
        delete(SetKind::Destination, to_home.id, true).await.expect("gone");
        let left = mapping::get(&mut test.db.reader(), &admin(), of).await.expect("mappings");
        assert_eq!((left.mappings.len(), left.ring_timeout), (0, None), "no mapping is without destinations");
        let again = delete(SetKind::Destination, to_home.id, false).await;
        assert!(matches!(again, Err(Error::NotFound { .. })), "{again:?}");
        let other_kind = delete(SetKind::Time, to_home.id, false).await;
        assert!(matches!(other_kind, Err(Error::NotFound { .. })), "{other_kind:?}");
    }

    async fn sets_out_of_use_go_when_it_is_asked_for(test: TestDb) {
        started(&test).await;
        let of = subscriber(&test, AccountId::DEFAULT_RESELLER, "alice", None).await;
        for name in ["a", "b", "never used"] {
            make(&test, &admin(), of, name, Content::Destinations(vec![to("43")])).await.expect("a set");
        }
        map(&test, of, &[by_name(Trigger::Cfu, "a"), by_name(Trigger::Cfb, "b")], None).await.expect("mappings");
        let wanted = [by_name(Trigger::Cfb, "b")];
        transaction!(test.db, |tx| mapping::replace(tx, &admin(), NOW, of, &wanted, None, true).await).expect("fewer");
        assert_eq!(sets(&test, of, SetKind::Destination).await, ["b 1", "never used 0"]);
    }

    async fn simple_forwards_live_in_quicksets(test: TestDb) {
        started(&test).await;
        let of = subscriber(&test, AccountId::DEFAULT_RESELLER, "alice", Some("4311001")).await;
        let family = Patterns { mode: Mode::Blacklist, is_regex: false, patterns: vec!["43*".to_owned()] };
        let full = ForwardSpec {
            times: vec![Period { wday: Some("2-6".to_owned()), ..Period::default() }],
            sources: family.clone(),
            ..spec(&["voicebox", "43660"])
        };
        let wanted = BTreeMap::from([(Trigger::Cfu, full.clone()), (Trigger::Cft, spec(&["44"]))]);
        assert!(matches!(forward(&test, of, &wanted, None).await, Err(Error::Invalid { field: "ring_timeout", .. })));
        let made = forward(&test, of, &wanted, Some(15)).await.expect("forwards");
        assert_eq!(made.forwards[&Trigger::Cfu].sources, family);
        assert_eq!(made.forwards[&Trigger::Cfu].bnumber_set, None);
        assert_eq!(made.ring_timeout, Some(15));
        assert_eq!(sets(&test, of, SetKind::Destination).await, ["quickset_cfu 1", "quickset_cft 1"]);
        assert_eq!(sets(&test, of, SetKind::Source).await, ["quickset_cfu 1"]);
        assert_eq!(simple::load(&mut test.db.reader(), &[of.0, 99]).await.expect("loaded")[0], made);

        let same = forward(&test, of, &wanted, Some(15)).await.expect("the same again");
        assert_eq!(same, made, "nothing moves");
        let fewer = BTreeMap::from([(Trigger::Cfu, spec(&["45"]))]);
        let after = forward(&test, of, &fewer, Some(15)).await.expect("fewer");
        assert_eq!(after.forwards.len(), 1);
        assert_eq!(after.forwards[&Trigger::Cfu].destination_set, made.forwards[&Trigger::Cfu].destination_set);
        assert_eq!((after.forwards[&Trigger::Cfu].times.len(), after.ring_timeout), (0, None));
        assert_eq!(sets(&test, of, SetKind::Destination).await, ["quickset_cfu 1"]);
        assert_eq!(sets(&test, of, SetKind::Time).await, [""; 0]);

        transaction!(test.db, |tx| simple::delete(tx, &admin(), NOW, of).await).expect("none");
        assert_eq!(sets(&test, of, SetKind::Destination).await, [""; 0]);
        let entries = journal::of_record(&mut test.db.reader(), &admin(), "call_forwards", of.0, Page::default())
            .await
            .expect("a journal");
        let operations: Vec<_> = entries.iter().map(|entry| entry.operation.as_str()).collect();
        assert_eq!(operations, ["update", "update", "update", "delete"]);
        let shown = entries[0].after.as_ref().expect("a record");
        assert_eq!(shown["forwards"]["cfu"]["destinations"][0]["destination"], "sip:vmu4311001@voicebox.local");
        assert_eq!(shown["forwards"]["cfu"]["sources"], json!({"mode": "blacklist", "is_regex": false, "patterns": ["43*"]}));
    }

    async fn a_named_set_outlives_the_simple_forward_that_used_it(test: TestDb) {
        started(&test).await;
        let of = subscriber(&test, AccountId::DEFAULT_RESELLER, "alice", None).await;
        make(&test, &admin(), of, "mine", Content::Destinations(vec![to("43")])).await.expect("a set");
        map(&test, of, &[by_name(Trigger::Cfu, "mine")], None).await.expect("a mapping");
        let same = forward(&test, of, &BTreeMap::from([(Trigger::Cfu, spec(&["43"]))]), None).await.expect("the same");
        assert_eq!(same.forwards[&Trigger::Cfu].destination_set.name, "mine");
        forward(&test, of, &BTreeMap::from([(Trigger::Cfu, spec(&["44"]))]), None).await.expect("another");
        assert_eq!(sets(&test, of, SetKind::Destination).await, ["mine 0", "quickset_cfu 1"]);
        map(&test, of, &[by_name(Trigger::Cfu, "mine"), by_name(Trigger::Cfu, "quickset_cfu")], None).await.expect("two");
        let refused = forward(&test, of, &BTreeMap::new(), None).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "cfu", .. })), "{refused:?}");
    }

    async fn the_voicebox_follows_the_number(test: TestDb) {
        started(&test).await;
        let of = subscriber(&test, AccountId::DEFAULT_RESELLER, "alice", Some("4311001")).await;
        let wanted = BTreeMap::from([(Trigger::Cfb, spec(&["voicebox", "fax2mail", "4366"]))]);
        forward(&test, of, &wanted, None).await.expect("forwards");
        transaction!(test.db, |tx| {
            tx.execute("UPDATE subscribers SET primary_digits = '4322002' WHERE id = $1", args![of]).await?;
            renumber(tx, &admin(), NOW, of).await
        })
        .expect("renumbered");
        let now = simple::get(&mut test.db.reader(), &admin(), of).await.expect("forwards");
        let uris: Vec<_> = now.forwards[&Trigger::Cfb].destinations.iter().map(|d| d.destination.as_str()).collect();
        assert_eq!(uris, ["sip:vmb4322002@voicebox.local", "sip:fax=4322002@fax2mail.local", "sip:4366@sip.example.org"]);
    }

    async fn nothing_is_left_of_a_subscriber_that_ends(test: TestDb) {
        started(&test).await;
        let of = subscriber(&test, AccountId::DEFAULT_RESELLER, "alice", None).await;
        make(&test, &admin(), of, "hours", office_hours()).await.expect("a set");
        forward(&test, of, &BTreeMap::from([(Trigger::Cft, spec(&["43"]))]), Some(5)).await.expect("forwards");
        transaction!(test.db, |tx| {
            tx.execute("UPDATE subscribers SET status = 'terminated' WHERE id = $1", args![of]).await?;
            delete_of_subscriber(tx, &admin(), NOW, of).await
        })
        .expect("ended");
        for table in ["call_forwards", "cf_sets", "cf_destinations", "cf_periods", "cf_patterns", "cf_mappings"] {
            let count = format!("SELECT COUNT(*) AS n FROM {table}");
            let left: i64 = test.db.reader().query_one(&count, args![]).await.expect("a row").at(0).expect("a count");
            assert_eq!(left, 0, "{table}");
        }
        let all = Query { limit: 10, count: true, ..Query::default() };
        for kind in SetKind::ALL {
            let found = listing::page(&mut test.db.reader(), &admin(), kind.source(), &all).await.expect("a list");
            assert_eq!((found.total, found.ids.len()), (Some(0), 0), "{kind}");
        }
        let gone = simple::get(&mut test.db.reader(), &admin(), of).await;
        assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
    }

    async fn everybody_keeps_to_their_own(test: TestDb) {
        started(&test).await;
        let acme = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "acme").await;
        let shop = add_account(&test, acme, Kind::Customer, "shop").await;
        let stranger = customer(&test, "stranger").await;
        let (mine, other) =
            (subscriber(&test, shop, "alice", None).await, subscriber(&test, stranger, "eve", None).await);
        let colleague = subscriber(&test, shop, "carol", None).await;
        for of in [mine, other, colleague] {
            make(&test, &admin(), of, "hours", office_hours()).await.expect("a set");
        }
        let table = [
            (acting(AccountId::OPERATOR, Role::Admin), [true, true, true]),
            (acting(AccountId::OPERATOR, Role::CareAdmin), [true, true, true]),
            (acting(acme, Role::Reseller), [true, true, false]),
            (acting(acme, Role::Care), [true, true, false]),
            (acting(AccountId::DEFAULT_RESELLER, Role::Reseller), [false, false, true]),
            (Caller::subscriber(mine, "alice", shop, true), [true, true, false]),
            (Caller::subscriber(mine, "alice", shop, false), [true, false, false]),
            (Caller::subscriber(other, "eve", stranger, true), [false, false, true]),
        ];
        for (caller, expected) in table {
            let ids = [mine, colleague, other];
            for (of, may) in ids.into_iter().zip(expected) {
                let seen = simple::get(&mut test.db.reader(), &caller, of).await;
                assert_eq!(seen.is_ok(), may, "{} {of}: {seen:?}", caller.name);
                let name = format!("by {} {:?}", caller.name, caller.role);
                let made = make(&test, &caller, of, &name, office_hours()).await;
                assert_eq!(made.is_ok(), may, "{} {of}: {made:?}", caller.name);
            }
            let query = Query { limit: 100, count: true, ..Query::default() };
            let mut tx = test.db.reader();
            let found = listing::page(&mut tx, &caller, &call_forward::TIME_SETS, &query).await.expect("a list");
            let owners: Vec<_> =
                set::load(&mut tx, &found.ids).await.expect("sets").into_iter().map(|s| s.subscriber_id).collect();
            for (of, may) in ids.into_iter().zip(expected) {
                assert_eq!(owners.contains(&of), may, "{} lists {of}", caller.name);
            }
            assert_eq!(found.total, Some(owners.len() as i64), "{}", caller.name);
        }
        let watcher = acting(AccountId::OPERATOR, Role::Intercept);
        let seen = simple::get(&mut test.db.reader(), &watcher, mine).await;
        assert!(matches!(seen, Err(Error::NotAllowed(_))), "{seen:?}");
        let hidden = transaction!(test.db, |tx| {
            let caller = Caller::subscriber(mine, "alice", shop, false);
            set::delete(tx, &caller, NOW, SetKind::Time, ForwardSetId(2), false).await
        });
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");
    }
}
