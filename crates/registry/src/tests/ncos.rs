//! NCOS levels, their parts, and the preferences that name records.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use store::testing::TestDb;
use store::{Val, args};

use super::subscribers::{add_domain, add_subscriber, new, sip_customer};
use super::{NOW, acting, add_account, admin, started};
use crate::account::Kind;
use crate::caller::{Caller, Role};
use crate::id::{AccountId, NcosLevelId, SubscriberId};
use crate::listing::{self, Condition, Query, Source};
use crate::ncos::{self, CARRIERS, Call, LEVELS, LNP_PATTERNS, Level, LnpCarrier, LnpPattern, Mode, PATTERNS, Pattern};
use crate::preference::{
    self, CustomAttribute, CustomChoice as Choice, DataType, Level as Of, Value, Values, attribute,
};
use crate::record::{self, Kept, Stored};
use crate::time_set::TimeSet;
use crate::{Error, Result, transaction};

const RESELLER: AccountId = AccountId::DEFAULT_RESELLER;

async fn make<R: Kept>(test: &TestDb, record: R) -> Result<R> {
    let caller = admin();
    transaction!(test.db, |tx| record::create(tx, &caller, NOW, record.clone()).await)
}

async fn change<R: Kept>(test: &TestDb, record: R) -> Result<R> {
    let caller = admin();
    transaction!(test.db, |tx| record::update(tx, &caller, NOW, record.clone()).await)
}

async fn remove<R: Kept>(test: &TestDb, id: i64) -> Result<R> {
    let caller = admin();
    transaction!(test.db, |tx| record::delete::<R>(tx, &caller, NOW, id).await)
}

fn level(reseller_id: AccountId, name: &str) -> Level {
    Level { reseller_id, level: name.to_owned(), mode: Mode::Whitelist, ..Level::default() }
}

fn pattern(ncos_level_id: NcosLevelId, pattern: &str) -> Pattern {
    Pattern { ncos_level_id, pattern: pattern.to_owned(), ..Pattern::default() }
}

async fn count(test: &TestDb, source: &'static Source) -> i64 {
    let query = Query { limit: 100, count: true, ..Query::default() };
    let page = listing::page(&mut test.db.reader(), &admin(), source, &query).await.expect("a page");
    assert_eq!(page.total, Some(page.ids.len() as i64), "the tally is what there is");
    page.ids.len() as i64
}

fn refused<T: std::fmt::Debug>(outcome: Result<T>, field: &str) {
    match outcome {
        Err(Error::Dangling { field: of, .. } | Error::Invalid { field: of, .. } | Error::Taken { field: of, .. }) => {
            assert_eq!(of, field);
        }
        other => panic!("{field}: {other:?}"),
    }
}

async fn put(test: &TestDb, caller: &Caller, on: Of, owner: i64, pairs: &[(&str, &str)]) -> Result<()> {
    let values: Values =
        pairs.iter().map(|(name, text)| (attribute::find(name).expect("known"), Value::from(*text))).collect();
    transaction!(test.db, |tx| preference::replace(tx, caller, NOW, on, owner, &values).await)
}

async fn seen(test: &TestDb, on: Of, owner: i64) -> Json {
    let found: BTreeMap<i64, Values> =
        preference::get(&mut test.db.reader(), &admin(), on, &[owner]).await.expect("readable");
    found[&owner].iter().map(|(attribute, value)| (attribute.name.to_owned(), value.to_json())).collect()
}

store::on_both! {
    async fn a_level_takes_its_parts_with_it(test: TestDb) {
        started(&test).await;
        let stranger = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "stranger").await;
        let own = make(&test, level(RESELLER, "national")).await.expect("a level");
        let theirs = make(&test, level(stranger, "national")).await.expect("another reseller's may have the name");
        refused(make(&test, level(RESELLER, "national")).await, "level");
        refused(change(&test, Level { reseller_id: stranger, ..own.clone() }).await, "reseller_id");

        let first = make(&test, pattern(own.id, r"^43\d")).await.expect("a pattern");
        assert_eq!(first.reseller_id, RESELLER);
        make(&test, pattern(own.id, "^44")).await.expect("a pattern");
        refused(make(&test, pattern(own.id, "^44")).await, "pattern");
        refused(make(&test, pattern(own.id, "^4(4")).await, "pattern");
        refused(make(&test, pattern(own.id, "((((a{99}){99}){99}){99}){99}")).await, "pattern");
        refused(make(&test, pattern(NcosLevelId(9_999), "^44")).await, "ncos_level_id");
        refused(change(&test, Pattern { ncos_level_id: theirs.id, ..first.clone() }).await, "ncos_level_id");

        let caller = acting(stranger, Role::Reseller);
        let outcome = transaction!(test.db, |tx| record::create(tx, &caller, NOW, pattern(own.id, "^1")).await);
        refused(outcome, "ncos_level_id");
        let hidden = record::get::<Pattern>(&mut test.db.reader(), &caller, first.id.0).await;
        assert!(matches!(hidden, Err(Error::NotFound { .. })), "{hidden:?}");

        let carrier = add_carrier(&test).await;
        let own_carrier = LnpCarrier { ncos_level_id: own.id, carrier_id: carrier, ..LnpCarrier::default() };
        let named = make(&test, own_carrier.clone()).await.expect("a carrier");
        refused(make(&test, own_carrier.clone()).await, "carrier_id");
        refused(make(&test, LnpCarrier { carrier_id: 9_999, ..own_carrier }).await, "carrier_id");
        let of_carrier = LnpPattern { ncos_lnp_id: named.id, pattern: "^49".to_owned(), ..LnpPattern::default() };
        make(&test, of_carrier.clone()).await.expect("a pattern");
        refused(make(&test, of_carrier.clone()).await, "pattern");
        refused(make(&test, LnpPattern { pattern: "*".to_owned(), ..of_carrier }).await, "pattern");

        for (number, carrier, admitted) in
            [("431", None, true), ("43", None, false), ("49", None, false), ("49", Some(carrier), true), ("33", Some(carrier), false)]
        {
            let screen = ncos::screen(&mut test.db.reader(), own.id, carrier).await.expect("readable").expect("a level");
            assert_eq!(screen.admits(&Call { number, carrier, ..Call::default() }), admitted, "{number} {carrier:?}");
        }
        assert!(ncos::screen(&mut test.db.reader(), NcosLevelId(9_999), None).await.expect("readable").is_none());

        let gone = transaction!(test.db, |tx| ncos::names_carrier(tx, carrier).await).expect("readable");
        assert!(gone, "the carrier is in use");
        assert_eq!([count(&test, &PATTERNS).await, count(&test, &CARRIERS).await, count(&test, &LNP_PATTERNS).await], [2, 1, 1]);
        remove::<Level>(&test, own.id.0).await.expect("removed");
        assert_eq!([count(&test, &PATTERNS).await, count(&test, &CARRIERS).await, count(&test, &LNP_PATTERNS).await], [0, 0, 0]);
        assert_eq!(count(&test, &LEVELS).await, 1);
    }

    async fn patterns_of_a_level_are_bounded_together(test: TestDb) {
        started(&test).await;
        let own = make(&test, level(RESELLER, "national")).await.expect("a level");
        let large = |n: i64| pattern(own.id, &format!("^{n:02}(?:[0-9]{{40}}){{40}}"));
        let mut made = 0;
        let full = loop {
            match make(&test, large(made)).await {
                Ok(_) => made += 1,
                refused => break refused,
            }
        };
        refused(full, "pattern");
        assert!((70..80).contains(&made), "{made}");
        let mut usual = make(&test, pattern(own.id, r"^43(664|676)[0-9]{3,12}$")).await.expect("usual ones are admitted");
        usual.description = Some("mobile".to_owned());
        let usual = change(&test, usual).await.expect("changed");
        refused(change(&test, Pattern { pattern: large(99).pattern, ..usual }).await, "pattern");
        let screen = ncos::screen(&mut test.db.reader(), own.id, None).await.expect("it can be evaluated").expect("a level");
        assert!(screen.admits(&Call { number: "43664123", ..Call::default() }));
    }

    async fn a_level_names_so_many_carriers(test: TestDb) {
        started(&test).await;
        let own = make(&test, level(RESELLER, "national")).await.expect("a level");
        let named = transaction!(test.db, |tx| {
            for n in 0..ncos::MOST_CARRIERS {
                let sql = "INSERT INTO lnp_carriers (name, prefix, authoritative, skip_rewrite) \
                    VALUES ($1, 'D001', FALSE, FALSE) RETURNING id";
                let carrier_id = tx.query_one(sql, args![format!("carrier {n}")]).await?.at(0)?;
                let named = LnpCarrier { ncos_level_id: own.id, carrier_id, ..LnpCarrier::default() };
                record::create(tx, &admin(), NOW, named).await?;
            }
            Ok::<_, Error>(())
        });
        named.expect("as many as it may name");
        let one_more = LnpCarrier { ncos_level_id: own.id, carrier_id: add_carrier(&test).await, ..LnpCarrier::default() };
        let full = make(&test, one_more).await;
        assert!(matches!(full, Err(Error::Conflict(_))), "{full:?}");
    }

    async fn times_are_the_resellers_own_and_customers_see_what_is_exposed(test: TestDb) {
        started(&test).await;
        let stranger = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "stranger").await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let times = |reseller_id| TimeSet { reseller_id, name: "office".to_owned(), ..TimeSet::default() };
        let own = make(&test, times(RESELLER)).await.expect("times").id;
        let theirs = make(&test, times(stranger)).await.expect("times").id;
        refused(make(&test, Level { time_set_id: Some(theirs), ..level(RESELLER, "x") }).await, "time_set_id");
        make(&test, Level { time_set_id: Some(own), ..level(RESELLER, "at times") }).await.expect("a level");
        let busy = remove::<TimeSet>(&test, own.0).await;
        assert!(matches!(busy, Err(Error::InUse { .. })), "{busy:?}");
        make(&test, Level { expose_to_customer: true, ..level(RESELLER, "shown") }).await.expect("a level");
        make(&test, Level { expose_to_customer: true, ..level(stranger, "theirs") }).await.expect("a level");
        let boss = Caller::subscriber(SubscriberId(1), "alice", shop, true);
        for (condition, n) in [(None, 1), (Some(Condition::Is("level", Val::from("at times"))), 0)] {
            let query = Query { conditions: condition.into_iter().collect(), limit: 10, ..Query::default() };
            let page = listing::page(&mut test.db.reader(), &boss, &LEVELS, &query).await.expect("a page");
            assert_eq!(page.ids.len(), n);
        }
    }

    async fn a_preference_names_a_record_and_keeps_it(test: TestDb) {
        started(&test).await;
        let stranger = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "stranger").await;
        let shop = sip_customer(&test, RESELLER, "shop").await;
        let domain = add_domain(&test, RESELLER, "a.example.org").await;
        let alice = add_subscriber(&test, &new(shop, domain, "alice", "1")).await.id;
        let own = make(&test, level(RESELLER, "national")).await.expect("a level");
        make(&test, Level { expose_to_customer: true, ..level(RESELLER, "shown") }).await.expect("a level");
        make(&test, level(stranger, "theirs")).await.expect("a level");
        put(&test, &admin(), Of::Subscriber, alice.0, &[("ncos", "national"), ("adm_ncos", "shown")]).await.expect("set");
        put(&test, &admin(), Of::Domain, domain.0, &[("ncos", "national")]).await.expect("set");
        put(&test, &admin(), Of::Customer, shop.0, &[("ncos", "shown")]).await.expect("set");
        let texts = preference::texts(&mut test.db.reader(), Of::Subscriber, alice.0, "ncos").await.expect("readable");
        assert_eq!(texts, [own.id.to_string()], "it is kept by its id");
        for name in ["theirs", "nowhere"] {
            refused(put(&test, &admin(), Of::Subscriber, alice.0, &[("ncos", name)]).await, "ncos");
        }
        refused(put(&test, &admin(), Of::Subscriber, alice.0, &[("ncos_set", "national")]).await, "ncos_set");
        let own = change(&test, Level { level: "inland".to_owned(), ..own }).await.expect("renamed");
        assert_eq!(seen(&test, Of::Subscriber, alice.0).await, json!({ "ncos": "inland", "adm_ncos": "shown" }));
        assert_eq!(seen(&test, Of::Domain, domain.0).await["ncos"], json!("inland"));

        let herself = Caller::subscriber(alice, "alice", shop, false);
        put(&test, &herself, Of::Subscriber, alice.0, &[("ncos", "inland")]).await.expect("what is there may stay");
        put(&test, &herself, Of::Subscriber, alice.0, &[("ncos", "shown")]).await.expect("what is exposed may be chosen");
        refused(put(&test, &herself, Of::Subscriber, alice.0, &[("ncos", "inland")]).await, "ncos");
        let busy = remove::<Level>(&test, own.id.0).await;
        assert!(matches!(busy, Err(Error::InUse { .. })), "the domain names it: {busy:?}");
        put(&test, &admin(), Of::Domain, domain.0, &[]).await.expect("emptied");
        remove::<Level>(&test, own.id.0).await.expect("nobody names it now");
        assert_eq!(seen(&test, Of::Subscriber, alice.0).await, json!({ "ncos": "shown", "adm_ncos": "shown" }));
    }

    async fn attributes_are_added_to_those_of_devices(test: TestDb) {
        started(&test).await;
        let stranger = add_account(&test, AccountId::OPERATOR, Kind::Reseller, "stranger").await;
        let choice = |value: &str, default_val| Choice { label: value.to_owned(), value: Some(value.to_owned()), default_val };
        let volume = CustomAttribute {
            reseller_id: RESELLER,
            attribute: "ring_volume".to_owned(),
            label: "Volume".to_owned(),
            description: "How loud it rings".to_owned(),
            data_type: DataType::Enum,
            fielddev_pref: true,
            choices: Stored(vec![choice("low", true), choice("high", false)]),
            ..CustomAttribute::default()
        };
        let made = make(&test, volume.clone()).await.expect("an attribute");
        refused(make(&test, CustomAttribute { reseller_id: stranger, ..volume.clone() }).await, "attribute");
        for (wrong, field) in [
            (CustomAttribute { attribute: "dnd".to_owned(), ..volume.clone() }, "attribute"),
            (CustomAttribute { attribute: "a b".to_owned(), ..volume.clone() }, "attribute"),
            (CustomAttribute { max_occur: 2, attribute: "x".to_owned(), ..volume.clone() }, "max_occur"),
            (CustomAttribute { fielddev_pref: false, attribute: "x".to_owned(), ..volume.clone() }, "dev_pref"),
            (CustomAttribute { data_type: DataType::Int, attribute: "x".to_owned(), ..volume.clone() }, "enum"),
            (CustomAttribute { choices: Stored(vec![choice("a", true), choice("a", false)]), attribute: "x".to_owned(), ..volume.clone() }, "enum"),
        ] {
            refused(make(&test, wrong).await, field);
        }
        refused(change(&test, CustomAttribute { attribute: "other".to_owned(), ..made.clone() }).await, "attribute");
        let mut tx = test.db.reader();
        for (caller, level, n) in [
            (admin(), Of::FieldDevice, 1),
            (admin(), Of::DeviceModel, 0),
            (acting(RESELLER, Role::Reseller), Of::FieldDevice, 1),
            (acting(stranger, Role::Reseller), Of::FieldDevice, 0),
            (Caller::subscriber(SubscriberId(1), "alice", RESELLER, true), Of::FieldDevice, 0),
        ] {
            let shown = preference::custom_on(&mut tx, &caller, level).await.expect("readable");
            assert_eq!(shown.len(), n, "{caller:?} {level}");
        }
        remove::<CustomAttribute>(&test, made.id.0).await.expect("removed");
    }
}

/// A carrier of the directory of ported numbers.
async fn add_carrier(test: &TestDb) -> i64 {
    let sql = "INSERT INTO lnp_carriers (name, prefix, authoritative, skip_rewrite) \
        VALUES ('carrier', 'D001', FALSE, FALSE) RETURNING id";
    transaction!(test.db, |tx| Ok(tx.query_one(sql, args![]).await?.at(0)?)).expect("a carrier")
}
