//! Preferences: the table of attributes, what they take, who sets them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use store::testing::TestDb;
use store::{Tx, args};

use super::{NOW, acting, add_account, admin, started};
use crate::account::Kind as AccountKind;
use crate::caller::{Caller, Role};
use crate::emergency::Container;
use crate::id::{AccountId, DomainId, SubscriberId};
use crate::ip_block::Block;
use crate::journal;
use crate::location::Location;
use crate::page::Page;
use crate::preference::attribute::{self, Kind};
use crate::preference::value::Blob;
use crate::preference::{self, Fault, Level, Value, Values};
use crate::record::{self, Stored};
use crate::{Error, transaction};

#[test]
fn the_table_of_attributes_is_whole() {
    let lines = |table: &str| table.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(attribute::all().len(), 373);
    assert_eq!(lines(include_str!("../../data/preferences.tsv")), 373, "every line is understood");
    let on = |level| attribute::all().iter().filter(|attribute| attribute.is_on(level)).count();
    let counts = [
        (Level::Subscriber, 294),
        (Level::Profile, 222),
        (Level::Domain, 204),
        (Level::Peer, 180),
        (Level::Customer, 50),
        (Level::Reseller, 9),
    ];
    for (level, count) in counts {
        assert_eq!(on(level), count, "{level}");
    }
    let of_kind = |kind| attribute::all().iter().filter(|attribute| attribute.kind == kind).count();
    let kinds = [Kind::Flag, Kind::Int, Kind::Text, Kind::Choice, Kind::Blob].map(of_kind);
    assert_eq!(kinds, [129, 81, 98, 63, 2]);
    for attribute in attribute::all() {
        assert!(!attribute.label.is_empty() && !attribute.description.is_empty(), "{}", attribute.name);
        assert!(Level::ALL.iter().any(|level| attribute.is_on(*level)), "{}", attribute.name);
        for level in Level::ALL.iter().filter(|level| attribute.is_on(**level)) {
            let choices = attribute.choices(*level);
            assert_eq!(choices.is_empty(), attribute.kind != Kind::Choice, "{} of {level}", attribute.name);
            assert!(choices.iter().filter(|choice| choice.default).count() < 2, "{} of {level}", attribute.name);
        }
    }
}

#[test]
fn who_sees_which_attributes() {
    let names = |level, role| attribute::shown(level, role).map(|attribute| attribute.name).collect::<Vec<_>>();
    assert_eq!(names(Level::Subscriber, Role::Admin).len(), 246);
    assert_eq!(names(Level::Customer, Role::Care).len(), 45);
    assert_eq!(names(Level::Domain, Role::Reseller).len(), 188);
    let own = names(Level::Subscriber, Role::Subscriber);
    assert!(own.contains(&"block_in_list") && !own.contains(&"cli") && !own.contains(&"adm_block_in_list"));
    assert!(names(Level::Subscriber, Role::SubscriberAdmin).contains(&"cli"));
    assert_eq!(names(Level::Subscriber, Role::Intercept), [""; 0]);
}

#[test]
fn what_attributes_take() {
    let text = |text: &str| Value::Text(text.to_owned());
    let list = |texts: &[&str]| Value::List(texts.iter().map(|text| Value::from(*text)).collect());
    let long = "1".repeat(129);
    let cases = [
        ("dnd", Value::Flag(false), Ok(Value::Flag(false))),
        ("dnd", text("yes"), Err(Fault::NotFlag)),
        ("dnd", list(&["yes"]), Err(Fault::NotOne)),
        ("concurrent_max", Value::Int(3), Ok(Value::Int(3))),
        ("concurrent_max", text("many"), Err(Fault::NotInt)),
        ("gpp0", text(&long[1..]), Ok(text(&long[1..]))),
        ("gpp0", text(&long), Err(Fault::TooLong)),
        ("block_in_list", list(&[&long]), Err(Fault::TooLong)),
        ("block_in_list", text("431*"), Err(Fault::NotList)),
        ("block_in_list", list(&["431*", "431*"]), Ok(list(&["431*", "431*"]))),
        ("rerouting_codes", list(&["busy"]), Err(Fault::NotInt)),
        ("allowed_clis", list(&["431", "431"]), Err(Fault::Twice("431".to_owned()))),
        (
            "allowed_ips",
            list(&["10.0.0.7/8", "10.9.0.0/8", "2001:DB8::1", "192.0.2.1/32"]),
            Ok(list(&["10.0.0.0/8", "2001:db8::1", "192.0.2.1"])),
        ),
        ("allowed_ips", list(&["10.0.0.300"]), Err(Fault::NotNet("10.0.0.300".to_owned()))),
        ("inbound_uprn", text("npn"), Ok(text("npn"))),
        ("inbound_uprn", text("somebody"), Err(Fault::NotChoice)),
        ("AMR_bitrate", text(""), Ok(text(""))),
        ("emergency_location_object", text("here"), Err(Fault::NotBlob)),
    ];
    for (name, given, wanted) in cases {
        let attribute = attribute::find(name).expect("an attribute");
        assert_eq!(preference::value::accept(attribute, Level::Subscriber, given), wanted, "{name}");
    }
    let record = attribute::find("call_log_level").expect("an attribute");
    assert_eq!(
        preference::value::accept(record, Level::Domain, text("info")),
        Err(Fault::NotChoice),
        "not on that level"
    );
}

/// A reseller with a customer, a domain and a subscriber.
struct House {
    reseller: AccountId,
    customer: AccountId,
    domain: DomainId,
    subscriber: SubscriberId,
}

const ADD_DOMAIN: &str = "INSERT INTO sip_domains (account_id, reseller_id, domain, status, created_at, modified_at) \
    VALUES ($1, $1, 'sip.example.org', 'active', 0, 0) RETURNING id";
const ADD_SUBSCRIBER: &str = "INSERT INTO subscribers (uuid, account_id, reseller_id, domain_id, username, status, \
    administrative, is_pbx_pilot, is_pbx_group, credential_version, created_at, modified_at) \
    VALUES ('u1', $1, $2, $3, 'alice', 'active', FALSE, FALSE, FALSE, 1, 0, 0) RETURNING id";
const ADD_NUMBER: &str = "INSERT INTO numbers (digits, state, account_id, reseller_id, created_at, modified_at) \
    VALUES ('4311001', 'in_service', $1, $2, 0, 0)";

async fn house(test: &TestDb) -> House {
    started(test).await;
    let reseller = add_account(test, AccountId::OPERATOR, AccountKind::Reseller, "acme").await;
    let customer = add_account(test, reseller, AccountKind::Customer, "shop").await;
    let (domain, subscriber) = transaction!(test.db, |tx| {
        let domain: DomainId = tx.query_one(ADD_DOMAIN, args![reseller]).await?.at(0)?;
        let subscriber = tx.query_one(ADD_SUBSCRIBER, args![customer, reseller, domain]).await?.at(0)?;
        tx.execute(ADD_NUMBER, args![customer, reseller]).await?;
        Ok((domain, subscriber))
    })
    .expect("rows");
    House { reseller, customer, domain, subscriber }
}

fn values(pairs: &[(&str, Value)]) -> Values {
    pairs.iter().map(|(name, value)| (attribute::find(name).expect("an attribute"), value.clone())).collect()
}

async fn put(test: &TestDb, caller: &Caller, level: Level, owner: i64, pairs: &[(&str, Value)]) -> Result<(), Error> {
    let values = values(pairs);
    transaction!(test.db, |tx| preference::replace(tx, caller, NOW, level, owner, &values).await)
}

/// What the caller sees of an owner, as JSON.
async fn seen(tx: &mut Tx, caller: &Caller, level: Level, owner: i64) -> Json {
    let found: BTreeMap<i64, Values> = preference::get(tx, caller, level, &[owner]).await.expect("readable");
    found[&owner].iter().map(|(attribute, value)| (attribute.name.to_owned(), value.to_json())).collect()
}

store::on_both! {
    async fn what_is_replaced_is_what_the_caller_sees(test: TestDb) {
        let house = house(&test).await;
        let (level, owner) = (Level::Subscriber, house.subscriber.0);
        let codes = Value::List(vec![Value::Int(486), Value::Int(404), Value::Int(486)]);
        let all = [
            ("block_out_mode", Value::Flag(true)),
            ("adm_block_out_mode", Value::Flag(false)),
            ("lock", "2".into()),
            ("rerouting_codes", codes),
            ("prepaid_library", "libswrate".into()),
            ("account_id", Value::Int(99)),
        ];
        put(&test, &admin(), level, owner, &all).await.expect("set");
        let mut tx = test.db.reader();
        let shown = json!({
            "block_out_mode": true, "adm_block_out_mode": false, "lock": "2", "rerouting_codes": [486, 404, 486]
        });
        assert_eq!(seen(&mut tx, &admin(), level, owner).await, shown, "neither another level's nor an internal one");
        let lock: i64 = tx.query_one("SELECT lock_level FROM subscribers", args![]).await.expect("a row").at(0).expect("a lock");
        assert_eq!(lock, 2, "the subscriber itself is locked");

        let alice = Caller::subscriber(house.subscriber, "alice", house.customer, false);
        assert_eq!(
            seen(&mut tx, &alice, level, owner).await,
            json!({ "block_out_mode": true, "rerouting_codes": [486, 404, 486] })
        );
        let own = [("dnd", Value::Flag(true)), ("adm_block_out_mode", Value::Flag(true))];
        put(&test, &alice, level, owner, &own).await.expect("set");
        assert_eq!(
            seen(&mut tx, &admin(), level, owner).await,
            json!({ "dnd": true, "adm_block_out_mode": false, "lock": "2" }),
            "what the subscriber is not shown stays"
        );
        put(&test, &admin(), level, owner, &[]).await.expect("emptied");
        assert_eq!(seen(&mut tx, &admin(), level, owner).await, json!({}));
    }

    async fn who_may_set_what(test: TestDb) {
        let house = house(&test).await;
        let stranger = add_account(&test, AccountId::OPERATOR, AccountKind::Reseller, "other").await;
        let alice = Caller::subscriber(house.subscriber, "alice", house.customer, false);
        let boss = Caller::subscriber(house.subscriber, "alice", house.customer, true);
        let cases = [
            (acting(house.reseller, Role::Reseller), Level::Subscriber, house.subscriber.0, "ok"),
            (acting(house.reseller, Role::Care), Level::Customer, house.customer.0, "ok"),
            (acting(house.reseller, Role::Reseller), Level::Domain, house.domain.0, "ok"),
            (acting(house.reseller, Role::Care), Level::Domain, house.domain.0, "not allowed"),
            (acting(house.reseller, Role::Reseller), Level::Reseller, house.reseller.0, "not allowed"),
            (admin(), Level::Reseller, house.reseller.0, "ok"),
            (admin(), Level::Customer, house.reseller.0, "not found"),
            (admin(), Level::Peer, 1, "not found"),
            (acting(stranger, Role::Reseller), Level::Subscriber, house.subscriber.0, "not found"),
            (acting(stranger, Role::Reseller), Level::Domain, house.domain.0, "not found"),
            (acting(house.reseller, Role::Intercept), Level::Subscriber, house.subscriber.0, "not allowed"),
            (alice.clone(), Level::Subscriber, house.subscriber.0, "ok"),
            (alice.clone(), Level::Subscriber, house.subscriber.0 + 1, "not found"),
            (alice, Level::Customer, house.customer.0, "not allowed"),
            (boss, Level::Customer, house.customer.0, "ok"),
        ];
        for (caller, level, owner, wanted) in cases {
            let got = match put(&test, &caller, level, owner, &[("concurrent_max", Value::Int(2))]).await {
                Ok(()) => "ok",
                Err(Error::NotFound { .. }) => "not found",
                Err(Error::NotAllowed(_)) => "not allowed",
                Err(other) => panic!("{other}"),
            };
            assert_eq!(got, wanted, "{} of {level} {owner}", caller.role);
        }
    }

    async fn a_location_has_its_own(test: TestDb) {
        let house = house(&test).await;
        let stranger = add_account(&test, AccountId::OPERATOR, AccountKind::Reseller, "other").await;
        let (own, other) = (acting(house.reseller, Role::Reseller), acting(stranger, Role::Reseller));
        let boss = Caller::subscriber(house.subscriber, "alice", house.customer, true);
        let block = Block { ip: "192.0.2.0".to_owned(), mask: Some(24) };
        let place = Location {
            contract_id: house.customer, name: "office".to_owned(), blocks: Stored(vec![block]), ..Location::default()
        };
        let container = Container {
            reseller_id: house.reseller, name: "Vienna".to_owned(), ..Container::default()
        };
        let place = transaction!(test.db, |tx| {
            record::create(tx, &own, NOW, container.clone()).await?;
            record::create(tx, &own, NOW, place.clone()).await
        });
        let (level, owner) = (Level::Location, place.expect("a location").id.0);
        let all = [("concurrent_max", Value::Int(2)), ("emergency_mapping_container", "Vienna".into()), ("dnd", Value::Flag(true))];
        for (caller, wanted) in [(&own, "ok"), (&other, "not found"), (&acting(house.reseller, Role::Intercept), "not allowed")] {
            let got = match put(&test, caller, level, owner, &all).await {
                Ok(()) => "ok",
                Err(Error::NotFound { .. }) => "not found",
                Err(Error::NotAllowed(_)) => "not allowed",
                Err(other) => panic!("{other}"),
            };
            assert_eq!(got, wanted, "{}", caller.role);
        }
        put(&test, &boss, level, owner, &[]).await.expect("nothing of it is for its administrators");
        let mut tx = test.db.reader();
        let wanted = json!({ "concurrent_max": 2, "emergency_mapping_container": "Vienna" });
        assert_eq!(seen(&mut tx, &own, level, owner).await, wanted, "what is not on the level is passed over");
        assert_eq!(seen(&mut tx, &own, Level::Customer, house.customer.0).await, json!({}), "the customer has its own");
        let refused = put(&test, &own, level, owner, &[("emergency_mapping_container", "Graz".into())]).await;
        assert!(matches!(refused, Err(Error::Dangling { field: "emergency_mapping_container", .. })), "{refused:?}");
        let entries = journal::of_record(&mut tx, &admin(), "location_preferences", owner, Page::default()).await.expect("entries");
        assert_eq!(entries.len(), 2);
        transaction!(test.db, |tx| record::delete::<Location>(tx, &own, NOW, owner).await).expect("removed");
        assert_eq!(seen(&mut tx, &own, level, owner).await, json!({}), "they go with it");
    }

    async fn names_and_numbers_must_exist(test: TestDb) {
        let house = house(&test).await;
        let (level, owner) = (Level::Subscriber, house.subscriber.0);
        let refused = put(&test, &admin(), level, owner, &[("rewrite_rule_set", "x".into())]).await;
        assert!(matches!(refused, Err(Error::Dangling { field: "rewrite_rule_set", .. })), "{refused:?}");
        let boss = Caller::subscriber(house.subscriber, "alice", house.customer, true);
        let refused = put(&test, &boss, level, owner, &[("cli", "4319999".into())]).await;
        assert!(matches!(refused, Err(Error::Dangling { field: "cli", .. })), "{refused:?}");
        put(&test, &boss, level, owner, &[("cli", "4311001".into())]).await.expect("a number of the customer");
        put(&test, &admin(), level, owner, &[("cli", "4319999".into())]).await.expect("administrators set any");
        put(&test, &boss, level, owner, &[("cli", "4319999".into())]).await.expect("what is there already may stay");
        let refused = put(&test, &admin(), level, owner, &[("sst_enable", "maybe".into())]).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "sst_enable", .. })), "{refused:?}");
    }

    async fn a_new_domain_has_its_defaults(test: TestDb) {
        let house = house(&test).await;
        let caller = admin();
        transaction!(test.db, |tx| preference::domain_defaults(tx, &caller, NOW, house.domain).await).expect("set");
        let found = seen(&mut test.db.reader(), &admin(), Level::Domain, house.domain.0).await;
        let wanted = "aa_extensions_dial_mode=disabled accept_auto_answer=yes allowed_clis_reject_policy=override_by_usernpn \
            announce_conn_type=early busy_hg_member_mode=ring call_deflection=enabled calllist_clir_scope=external \
            callrecording_type=internal emergency_upn=npn extended_dialing_mode=extended_send_dialed \
            force_inbound_calls_to_peer=never force_outbound_calls_to_peer=never inbound_uprn=npn ipv46_for_rtpproxy=auto \
            language=en mobile_push_enable=never nat_sipping=yes outbound_from_user=upn outbound_pai_user=npn \
            outbound_to_user=callee play_announce_before_recording=never prepaid_library=libswrate record_call=0 \
            rerouting_mode=whitelist serial_forking_by_q_value=no skip_upn_check_on_diversion=no sst_enable=no \
            sst_refresh_method=UPDATE_FALLBACK_INVITE support_auto_answer=no transport_protocol=transparent \
            ua_header_mode=strip use_rtpproxy=ice_strip_candidates";
        let wanted: Json = wanted
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), Json::from(value)))
            .collect();
        assert_eq!(found, wanted);
    }

    async fn documents_come_back_and_secrets_stay_out_of_the_journal(test: TestDb) {
        let house = house(&test).await;
        let (level, owner) = (Level::Subscriber, house.subscriber.0);
        let blob = Blob { content_type: "application/pidf+xml".to_owned(), data: b"<presence/>".to_vec() };
        let all = [
            ("emergency_location_object", Value::Blob(blob.clone())),
            ("peer_auth_pass", "hush".into()),
            ("peer_auth_user", "trunk".into()),
        ];
        put(&test, &admin(), level, owner, &all).await.expect("set");
        let mut tx = test.db.reader();
        let found = preference::get(&mut tx, &admin(), level, &[owner]).await.expect("readable").remove(&owner).expect("values");
        assert_eq!(found.get("emergency_location_object"), Some(&Value::Blob(blob)));
        assert!(!format!("{found:?}").contains("hush"), "{found:?}");
        let entries = journal::of_record(&mut tx, &admin(), "subscriber_preferences", owner, Page::default()).await.expect("entries");
        let after = entries.last().and_then(|entry| entry.after.clone()).expect("an entry");
        let shown = json!({
            "id": owner, "peer_auth_pass": "***", "peer_auth_user": "trunk",
            "emergency_location_object": { "content_type": "application/pidf+xml", "data": "#blob" }
        });
        assert_eq!(after, shown);
    }

    async fn the_system_sets_and_removes(test: TestDb) {
        let house = house(&test).await;
        let (level, owner) = (Level::Subscriber, house.subscriber.0);
        transaction!(test.db, |tx| {
            preference::set_system(tx, level, owner, "allowed_clis", &["4311001", "4311002"]).await?;
            preference::set_system(tx, level, owner, "account_id", &["7"]).await?;
            preference::set_system(tx, Level::Domain, owner, "language", &["de"]).await
        })
        .expect("set");
        let mut tx = test.db.reader();
        let texts = preference::texts(&mut tx, level, owner, "allowed_clis").await.expect("readable");
        assert_eq!(texts, ["4311001", "4311002"]);
        put(&test, &admin(), level, owner, &[]).await.expect("emptied");
        assert_eq!(preference::texts(&mut tx, level, owner, "account_id").await.expect("readable"), ["7"], "internal");
        transaction!(test.db, |tx| preference::delete_of(tx, level, owner).await).expect("removed");
        assert_eq!(preference::texts(&mut tx, level, owner, "account_id").await.expect("readable"), [""; 0]);
        assert_eq!(seen(&mut tx, &admin(), Level::Domain, owner).await, json!({ "language": "de" }), "another level's");
    }

    async fn parallel_changes_come_one_after_another(test: TestDb) {
        let house = house(&test).await;
        let (level, owner) = (Level::Subscriber, house.subscriber.0);
        let changes: Vec<_> = (0..6_i64)
            .map(|n| {
                let db = test.db.clone();
                let members = Value::List((0..=n).map(|_| Value::Int(n)).collect());
                let (caller, values) = (admin(), values(&[("rerouting_codes", members)]));
                tokio::spawn(async move {
                    transaction!(db, |tx| preference::replace(tx, &caller, NOW, level, owner, &values).await)
                })
            })
            .collect();
        for change in changes {
            change.await.expect("a task").expect("set");
        }
        let shown = seen(&mut test.db.reader(), &admin(), level, owner).await;
        let members = shown["rerouting_codes"].as_array().expect("a list");
        assert_eq!(members.first(), members.last(), "one change won as a whole: {shown}");
        let last = members.first().and_then(Json::as_i64).expect("a member");
        assert_eq!(members.len() as i64, last + 1, "one change won as a whole: {shown}");
    }
}
