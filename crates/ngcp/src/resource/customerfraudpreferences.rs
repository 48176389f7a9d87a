//! Fraud limits of customers. The id is that of the customer.
//!
//! Beyond storing: a limit, lock or list of addresses that is null is that of the customer's billing profile, which is
//! shown beside it. What a limit does is told in [`registry::fraud`]. That care for customers may set them is our decision,
//! as they may set what else a customer has.

use std::collections::BTreeMap;

use registry::account::CUSTOMERS;
use registry::billing::profile::{Fraud, Profile};
use registry::fraud::{self, Limits};
use registry::id::AccountId;
use serde_json::{Value, json};

use crate::kernel::{Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Resource, STAFF, Verb};

pub(super) static CUSTOMERFRAUDPREFERENCES: Resource = Resource {
    name: "customerfraudpreferences",
    singular: "customerfraudpreference",
    title: "Customer fraud preferences",
    doc: "Limits of what a customer may cost in a day and in a month, in the place of its billing profile's; the id is that \
          of the customer. Costs are what was captured from its credit holds. The first time that a day or month costs \
          more than its limit makes an item of /api/customerfraudevents/ and sets the lock on all subscribers of the \
          customer. Nothing is mailed to the addresses. DELETE gives the customer the profile's limits again.",
    fields: &[
        Field::ID,
        Field::new("fraud_interval_limit", LIMIT).doc("Cents that a month may cost; null: as in the billing profile."),
        Field::new("fraud_interval_lock", LOCK).doc("See fraud_daily_lock."),
        Field::new("fraud_interval_notify", Kind::Text(0, 255))
            .doc("E-mail addresses of those who watch, with commas between."),
        Field::new("fraud_daily_limit", LIMIT).doc("Cents that a day may cost; null: as in the billing profile."),
        Field::new("fraud_daily_lock", LOCK).doc(
            "What subscribers can't do any more: 0 nothing, 1 foreign calls, 2 outgoing calls, 3 calls in and out, 4 \
             anything, 5 calls to ported numbers; null: as in the billing profile.",
        ),
        Field::new("fraud_daily_notify", Kind::Text(0, 255))
            .doc("E-mail addresses of those who watch, with commas between."),
        Field::new("current_fraud_interval_limit", Kind::Int).read_only().doc("Of the billing profile that holds now."),
        Field::new("current_fraud_interval_lock", Kind::Int).read_only().doc("Of the billing profile that holds now."),
        Field::new("current_fraud_interval_notify", Kind::Text(0, 255))
            .read_only()
            .doc("Of the billing profile that holds now."),
        Field::new("current_fraud_daily_limit", Kind::Int).read_only().doc("Of the billing profile that holds now."),
        Field::new("current_fraud_daily_lock", Kind::Int).read_only().doc("Of the billing profile that holds now."),
        Field::new("current_fraud_daily_notify", Kind::Text(0, 255))
            .read_only()
            .doc("Of the billing profile that holds now."),
    ],
    put_replaces: true,
    verbs: &[
        (Verb::List, STAFF),
        (Verb::Get, STAFF),
        (Verb::Replace, STAFF),
        (Verb::Modify, STAFF),
        (Verb::Delete, STAFF),
    ],
    filters: &[
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("contact_id", "contact_id"),
        Filter::exact("external_id", "external_id"),
        Filter::csv("status", "status").doc("Status of the customer: one or several, with commas between them."),
    ],
    links: &[
        Link::to("customers", "/api/customers/{id}"),
        Link::to("customerfraudevents", "/api/customerfraudevents/?contract_id={id}"),
    ],
    journal: Some("customer_fraud_preferences"),
    patch: PatchOps::All,
    source: Some(&CUSTOMERS),
    example: r#"{"fraud_interval_limit": 100000, "fraud_interval_lock": 4, "fraud_interval_notify": "noc@example.org",
        "fraud_daily_limit": 10000, "fraud_daily_lock": 2, "fraud_daily_notify": "noc@example.org"}"#,
    behaviour: &Preferences,
    ..Resource::DEFAULT
};

const LIMIT: Kind = Kind::IntRange(0, 1_000_000_000_000);
const LOCK: Kind = Kind::EnumInt(&[0, 1, 2, 3, 4, 5]);

struct Preferences;

/// The registry's record as an item.
fn own(record: &Value) -> Item {
    let mut item = Item::new();
    item.insert("id".to_owned(), record["account_id"].clone());
    for when in ["interval", "daily"] {
        for what in ["limit", "lock", "notify"] {
            item.insert(format!("fraud_{when}_{what}"), record[when][what].clone());
        }
    }
    item
}

fn item(limits: &Limits, profiles: &BTreeMap<i64, Profile>) -> Item {
    let mut item = own(&json!(limits));
    let profile = profiles.get(&limits.account_id.0);
    for when in ["interval", "daily"] {
        let fraud = profile.map(|profile| match when {
            "interval" => &profile.spec.fraud_interval,
            _ => &profile.spec.fraud_daily,
        });
        let fraud = fraud.map_or(Value::Null, |fraud| json!(fraud));
        for what in ["limit", "lock", "notify"] {
            let value = fraud.get(what).cloned().unwrap_or(Value::Null);
            item.insert(format!("current_fraud_{when}_{what}"), value);
        }
    }
    item
}

fn read(id: i64, input: &Item) -> Limits {
    let int = |name: String| input.get(&name).and_then(Value::as_i64);
    let fraud = |when: &str| Fraud {
        limit: int(format!("fraud_{when}_limit")),
        lock: int(format!("fraud_{when}_lock")),
        notify: input
            .get(&format!("fraud_{when}_notify"))
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
    };
    Limits { account_id: AccountId(id), interval: fraud("interval"), daily: fraud("daily") }
}

#[async_trait::async_trait]
impl Behaviour for Preferences {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let profiles = fraud::profiles(cx.tx, ids, cx.now).await?;
        let limits = fraud::load(cx.tx, ids).await?;
        Ok(limits.iter().map(|limits| (limits.account_id.0, item(limits, &profiles))).collect())
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        Ok(fraud::set(cx.tx, cx.caller, cx.now, &read(id, &new)).await?)
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(fraud::clear(cx.tx, cx.caller, cx.now, AccountId(id)).await?)
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        own(record)
    }
}
