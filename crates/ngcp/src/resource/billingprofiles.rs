//! Billing profiles: the price lists that customers, resellers and peerings are billed by.
//!
//! Beyond storing: handle and name are unique among a reseller's living profiles; a profile stays with its reseller; peak
//! times do not overlap, and those that a change leaves out are gone; while contracts use a profile, what is charged and
//! free per interval is frozen and the profile can't be terminated. A terminated profile is not shown.

use registry::Error;
use registry::billing::Rate;
use registry::billing::package;
use registry::billing::peak::{Peaks, Special, Weekly};
use registry::billing::profile::{self, Fraud, Spec, Status, Usage};
use registry::id::{AccountId, ProfileId};
use serde_json::{Number, Value, json};

use crate::kernel::{
    Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Refusal, Resource, SELLERS, STAFF, Verb, time,
};

pub(super) static BILLINGPROFILES: Resource = Resource {
    name: "billingprofiles",
    singular: "billingprofile",
    title: "Billing profiles",
    doc: "Price lists of a reseller: peak times, charges per interval, fraud limits. Fees and zones belong to one. It is \
          removed by being terminated, which is refused while contracts use it.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, STAFF),
        (Verb::Get, STAFF),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[
        Filter::exact("reseller_id", "reseller_id"),
        Filter::wildcard("handle", "handle"),
        Filter::wildcard("name", "name"),
    ],
    parameters: &[
        (CONTRACTS, "Adds to each item how many contracts that are not terminated use it."),
        (EXISTS, "Adds to each item whether (1) or not (0) any contract has used it."),
        (PACKAGES, "Adds to each item how many profile packages use it."),
    ],
    links: &[
        Link::to("billingfees", "/api/billingfees/?billing_profile_id={id}"),
        Link::to("billingzones", "/api/billingzones/?billing_profile_id={id}"),
    ],
    journal: Some("billing_profiles"),
    patch: PatchOps::All,
    put_replaces: true,
    source: Some(&profile::ALL),
    example: r#"{"name": "Example", "handle": "example", "reseller_id": 1, "interval_charge": 4.9}"#,
    behaviour: &Profiles,
    ..Resource::DEFAULT
};

const CONTRACTS: &str = "contract_cnt";
const EXISTS: &str = "contract_exists";
const PACKAGES: &str = "package_cnt";

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("handle", Kind::Handle).required().doc("A name for programs, unique for the reseller."),
    Field::new("name", Kind::Text(0, 31)).required().doc("A name for people, unique for the reseller."),
    Field::new("prepaid", Kind::Bool).doc("Calls are paid before they are made."),
    Field::new("prepaid_library", Kind::Enum(&["libswrate"])).doc("What rates prepaid calls."),
    Field::new("advice_of_charge", Kind::Bool).doc("The cost of a call is told while it lasts."),
    Field::new("ignore_domain", Kind::Bool).doc("Fees match numbers without their domain."),
    Field::new("interval_charge", Kind::Float).doc("Billed every interval, in cents; no balance is reduced by it."),
    Field::new("interval_free_time", Kind::Int).doc("Free seconds every interval."),
    Field::new("interval_free_cash", Kind::Float).doc("Free cash every interval, in cents; not below zero."),
    Field::new("fraud_interval_limit", Kind::Int).doc("Most an interval's calls may cost, in cents."),
    Field::new("fraud_interval_lock", LOCK).doc("What is locked then: see fraud_daily_lock."),
    Field::new("fraud_interval_notify", Kind::Text(0, 255)).doc("E-mail addresses told of it, with commas between."),
    Field::new("fraud_daily_limit", Kind::Int).doc("Most a day's calls may cost, in cents."),
    Field::new("fraud_daily_lock", LOCK)
        .doc("What is locked then: 0 nothing, 1 foreign, 2 outgoing, 3 incoming and outgoing, 4 global, 5 ported."),
    Field::new("fraud_daily_notify", Kind::Text(0, 255)).doc("E-mail addresses told of it, with commas between."),
    Field::new("fraud_use_reseller_rates", Kind::Bool).doc("Fraud limits go by the reseller's rates."),
    Field::new("currency", Kind::Text(0, 31)).doc("Name of the currency."),
    Field::new(WEEKLY, Kind::List(&Kind::Object(WEEKLY_FIELDS)))
        .doc("When the off-peak rates hold, every week; at all other times the peak rates hold. Without overlaps."),
    Field::new(SPECIAL, Kind::List(&Kind::Object(SPECIAL_FIELDS)))
        .doc("Off-peak times that come once, such as holidays."),
    Field::new("status", Kind::Enum(&["active", "terminated"])).doc("Set to terminated, it ends the profile."),
];

const LOCK: Kind = Kind::EnumInt(&[0, 1, 2, 3, 4, 5]);
const WEEKLY: &str = "peaktime_weekdays";
const SPECIAL: &str = "peaktime_special";

const WEEKLY_FIELDS: &[Field] = &[
    Field::new("weekday", Kind::IntRange(0, 6)).required().doc("0 is Monday."),
    Field::new("start", Kind::Text(0, 8)).doc("HH:MM:SS; none: the start of the day."),
    Field::new("stop", Kind::Text(0, 8)).doc("HH:MM:SS; none: the end of the day."),
];

const SPECIAL_FIELDS: &[Field] = &[
    Field::new("start", Kind::Timestamp).required().doc("When it starts."),
    Field::new("stop", Kind::Timestamp).required().doc("When it stops."),
];

struct Profiles;

/// A rate as JSON's number.
pub(super) fn number(rate: &str) -> Value {
    match rate.parse::<i64>() {
        Ok(whole) => whole.into(),
        Err(_) => rate.parse().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number),
    }
}

/// `HH:MM:SS` or `HH:MM` as seconds since midnight.
fn seconds(text: &str) -> Result<i64, Refusal> {
    let wrong = || Refusal::invalid_field(WEEKLY, text, "Invalid time format, must be HH:MM:SS");
    let parts = text.split(':').map(|part| match part.len() {
        1 | 2 => part.parse::<i64>().map_err(|_| wrong()),
        _ => Err(wrong()),
    });
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes] => (hours, minutes, 0),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return Err(wrong()),
    };
    let fits = (0..24).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds);
    if fits { Ok(hours * 3_600 + minutes * 60 + seconds) } else { Err(wrong()) }
}

fn clock(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn members<'a>(input: &'a Item, name: &str) -> impl Iterator<Item = &'a Value> {
    input.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn peaks(input: &Item) -> Result<Peaks, Refusal> {
    let weekly = members(input, WEEKLY).map(|period| {
        let at = |name: &str, none: &str| seconds(period[name].as_str().unwrap_or(none));
        Ok(Weekly {
            weekday: period["weekday"].as_i64().unwrap_or_default(),
            start: at("start", "00:00:00")?,
            stop: at("stop", "23:59:59")?,
        })
    });
    let special = members(input, SPECIAL).filter_map(|period| {
        let at = |name: &str| time::parse(period[name].as_str()?);
        Some(Special { start: at("start")?, stop: at("stop")? })
    });
    Ok(Peaks { weekly: weekly.collect::<Result<_, Refusal>>()?, special: special.collect() })
}

/// The reseller and what the profile is to say, of a checked body.
fn read(input: &Item) -> Outcome<(AccountId, Spec)> {
    let text = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
    let flag = |name: &str| input.get(name).and_then(Value::as_bool).unwrap_or_default();
    let int = |name: &str| input.get(name).and_then(Value::as_i64);
    let amount = |name: &'static str| match input.get(name) {
        Some(Value::Number(amount)) => Rate::parse(name, &amount.to_string()),
        _ => Ok(Rate::default()),
    };
    let fraud =
        |limit: &str, lock: &str, notify: &str| Fraud { limit: int(limit), lock: int(lock), notify: text(notify) };
    let default = Spec::default();
    let spec = Spec {
        handle: text("handle").unwrap_or_default(),
        name: text("name").unwrap_or_default(),
        prepaid: flag("prepaid"),
        prepaid_library: text("prepaid_library").unwrap_or(default.prepaid_library),
        advice_of_charge: flag("advice_of_charge"),
        ignore_domain: flag("ignore_domain"),
        fraud_use_reseller_rates: flag("fraud_use_reseller_rates"),
        interval_charge: amount("interval_charge")?,
        interval_free_cash: amount("interval_free_cash")?,
        interval_free_time: int("interval_free_time").unwrap_or_default(),
        fraud_interval: fraud("fraud_interval_limit", "fraud_interval_lock", "fraud_interval_notify"),
        fraud_daily: fraud("fraud_daily_limit", "fraud_daily_lock", "fraud_daily_notify"),
        currency: text("currency"),
        peaks: peaks(input)?,
    };
    Ok((AccountId(int("reseller_id").unwrap_or_default()), spec))
}

fn ends(input: &Item) -> bool {
    input.get("status").and_then(Value::as_str) == Some("terminated")
}

/// A profile as the registry writes it down, in the fields of the wire.
fn wire(record: &Value) -> Item {
    let shown = FIELDS.iter().map(|field| {
        let value = match field.name {
            "interval_charge" | "interval_free_cash" => number(record[field.name].as_str().unwrap_or_default()),
            "fraud_interval_limit" => record["fraud_interval"]["limit"].clone(),
            "fraud_interval_lock" => record["fraud_interval"]["lock"].clone(),
            "fraud_interval_notify" => record["fraud_interval"]["notify"].clone(),
            "fraud_daily_limit" => record["fraud_daily"]["limit"].clone(),
            "fraud_daily_lock" => record["fraud_daily"]["lock"].clone(),
            "fraud_daily_notify" => record["fraud_daily"]["notify"].clone(),
            WEEKLY => periods(record, WEEKLY, clock),
            SPECIAL => periods(record, SPECIAL, time::show),
            name => record[name].clone(),
        };
        (field.name.to_owned(), value)
    });
    shown.collect()
}

/// Peak times with their start and stop as text.
fn periods(record: &Value, name: &str, show: fn(i64) -> String) -> Value {
    let each = record[name].as_array().into_iter().flatten().map(|period| {
        let at = |end: &str| show(period[end].as_i64().unwrap_or_default());
        let mut shown = json!({ "start": at("start"), "stop": at("stop") });
        if let Some(weekday) = period["weekday"].as_i64() {
            shown["weekday"] = weekday.into();
        }
        shown
    });
    each.collect()
}

#[async_trait::async_trait]
impl Behaviour for Profiles {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = profile::load(cx.tx, ids).await?;
        let [contracts, exists, packages] = [CONTRACTS, EXISTS, PACKAGES].map(|name| cx.params.is_true(name));
        let usage = if contracts || exists { profile::usage(cx.tx, ids).await? } else { Default::default() };
        let used = if packages { package::of_profiles(cx.tx, ids).await? } else { Default::default() };
        let item = |profile: &profile::Profile| {
            let in_packages = used.get(&profile.id.0).copied().unwrap_or_default();
            let mut item = wire(&json!(profile));
            let Usage { accounts, any } = usage.get(&profile.id.0).copied().unwrap_or_default();
            let counts =
                [(contracts, CONTRACTS, accounts), (exists, EXISTS, i64::from(any)), (packages, PACKAGES, in_packages)];
            for (_, name, count) in counts.into_iter().filter(|(wanted, ..)| *wanted) {
                item.insert(name.to_owned(), count.into());
            }
            (profile.id.0, item)
        };
        Ok(found.iter().filter(|profile| profile.status == Status::Active).map(item).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        if ends(&input) {
            return Err(Refusal::invalid_field("status", "terminated", "'terminated' is not a valid value").into());
        }
        let (reseller, spec) = read(&input)?;
        Ok(profile::create(cx.tx, cx.caller, cx.now, reseller, &spec).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, mut new: Item) -> Outcome<()> {
        // What is left out stays as it is, but for the peak times: there are those that are sent and no others.
        for (name, value) in old.iter().filter(|(name, _)| ![WEEKLY, SPECIAL].contains(&name.as_str())) {
            new.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let (reseller, spec) = read(&new)?;
        // What only ends a profile is one change, not two.
        let unchanged = ends(&new) && read(old)? == (reseller, spec.clone());
        if !unchanged {
            profile::update(cx.tx, cx.caller, cx.now, ProfileId(id), reseller, &spec).await?;
        }
        if ends(&new) {
            profile::terminate(cx.tx, cx.caller, cx.now, ProfileId(id)).await?;
        }
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(profile::terminate(cx.tx, cx.caller, cx.now, ProfileId(id)).await?)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        // Where the dialect's duplicate keys have the time of termination.
        const LIVING: &str = "0000-00-00 00:00:00";
        let message = match error {
            Error::Taken { field: "name", value, .. } => {
                format!("Reseller-Billing Profile name combination '{value}-{LIVING}' already exists.")
            }
            Error::Taken { field: "handle", value, .. } => {
                format!("Reseller-Billing Profile handle '{value}-{LIVING}' already exists.")
            }
            Error::Dangling { field: "reseller_id", .. } => "Invalid reseller ID.".to_owned(),
            Error::Invalid { field: "reseller_id", message } => message.clone(),
            Error::InUse { .. } => {
                "Cannot terminate a billing profile that is still used in profile mappings of contracts or packages."
                    .to_owned()
            }
            _ => return None,
        };
        Some(Refusal::new(422, message))
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        wire(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_comes_back_as_it_was_sent() {
        let sent = json!({
            "reseller_id": 1, "handle": "gold", "name": "Gold", "interval_charge": 4.9, "interval_free_cash": 1e-7,
            "fraud_daily_limit": 1000, "fraud_daily_lock": 4, "fraud_daily_notify": "noc@example.org",
            "peaktime_weekdays": [{ "weekday": 0, "start": "08:00:00", "stop": "12:30:05" }, { "weekday": 6 }],
            "peaktime_special": [{ "start": "2026-12-24 00:00:00", "stop": "2026-12-25 00:00:00" }],
        });
        let sent = sent.as_object().expect("an object");
        let (reseller_id, spec) = read(sent).expect("a profile");
        let kept = profile::Profile { id: ProfileId(7), reseller_id, status: Status::Active, spec };
        let mut shown = wire(&json!(kept));
        assert_eq!(shown[WEEKLY][1], json!({ "weekday": 6, "start": "00:00:00", "stop": "23:59:59" }));
        shown[WEEKLY][1] = json!({ "weekday": 6 });
        for (name, value) in sent {
            assert_eq!(&shown[name], value, "{name}");
        }
        assert_eq!((&shown["id"], &shown["interval_free_time"]), (&json!(7), &json!(0)));
        assert_eq!((&shown["currency"], &shown["prepaid"]), (&Value::Null, &json!(false)));
    }

    #[test]
    fn a_time_of_day_has_hours_minutes_and_seconds() {
        for (text, at) in [("08:00", 28_800), ("8:00:01", 28_801), ("23:59:59", 86_399)] {
            assert_eq!(seconds(text).expect(text), at);
        }
        for text in ["", "8", "24:00:00", "12:60:00", "12:00:61", "-1:00:00", "12:00:00:00", "12:000:00"] {
            let refused = seconds(text).expect_err(text);
            assert!(refused.message.contains("Invalid time format"), "{}", refused.message);
        }
    }
}
