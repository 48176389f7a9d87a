//! Billing fees: what calls to a destination cost, one at a time as JSON or many as a file of comma-separated values.
//!
//! Beyond storing: a fee is one of a living profile, in a zone of it, which is made where it is only named and missing; a
//! profile has one fee for a destination, source, direction and way of matching; intervals are at least a second; regular
//! expressions are some. A file is taken in as a whole or not at all.

mod read;
mod table;

use registry::Error;
use registry::billing::fee::{self, Fee, Tariff};
use registry::billing::fee_batch;
use registry::id::{FeeId, ProfileId};
use serde_json::Value;

use super::billingprofiles::number;
use crate::kernel::table as csv;
use crate::kernel::{
    Behaviour, Call, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Reply, Resource, SELLERS, Verb,
};

pub(super) static BILLINGFEES: Resource = Resource {
    name: "billingfees",
    singular: "billingfee",
    title: "Billing fees",
    doc: "What calls to a destination cost, in a zone of a billing profile. A zone that is only named is made where it \
          is missing. Many fees at a time: POST of text/csv with ?billing_profile_id=ID&purge_existing=true, with a \
          header line of field names, or without one in the order source, destination, direction, billing_zone_zone, \
          billing_zone_detail, onpeak_init_rate, onpeak_init_interval, onpeak_follow_rate, onpeak_follow_interval, \
          offpeak_init_rate, offpeak_init_interval, offpeak_follow_rate, offpeak_follow_interval, use_free_time, \
          match_mode, or in the order of the fields. GET with Accept: text/csv gives such a file.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[
        Filter::exact("billing_profile_id", "billing_profile_id"),
        Filter::exact("billing_zone_id", "billing_zone_id"),
    ],
    parameters: &[("purge_existing", "With POST: removes all fees of the billing profile first.")],
    links: &[
        Link::to("billingprofiles", "/api/billingprofiles/{billing_profile_id}"),
        Link::to("billingzones", "/api/billingzones/{billing_zone_id}"),
    ],
    takes: csv::TAKES,
    gives: csv::GIVES,
    source: Some(&fee::ALL),
    example: r#"{"billing_profile_id": 1, "billing_zone_zone": "Europe", "billing_zone_detail": "mobile",
        "destination": "^43664", "direction": "out", "onpeak_init_rate": 0.2, "onpeak_init_interval": 60,
        "onpeak_follow_rate": 0.2, "onpeak_follow_interval": 30, "offpeak_init_rate": 0.1,
        "offpeak_init_interval": 60, "offpeak_follow_rate": 0.1, "offpeak_follow_interval": 30}"#,
    behaviour: &Fees,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("billing_profile_id", Kind::PosInt).doc("The billing profile that it is a fee of; must be there."),
    Field::new("billing_zone_id", Kind::PosInt).doc("The zone of the profile that it is in."),
    Field::new("billing_zone_zone", Kind::Text(0, 127)).write_only().doc("Instead of an id: the zone's name."),
    Field::new("billing_zone_detail", Kind::Text(0, 127)).write_only().doc("With the name: the zone's detail."),
    Field::new("destination", Kind::Text(0, 255)).required().doc("Which called numbers it is for, as match_mode says."),
    Field::new("source", Kind::Text(0, 255))
        .doc("Which calling numbers it is for: with prefix a prefix, else a regular expression; none: all."),
    Field::new("direction", Kind::Enum(&["in", "out"])).required().doc("For calls that are received or made."),
    Field::new(
        "match_mode",
        Kind::Enum(&["regex_longest_pattern", "regex_longest_match", "prefix", "exact_destination"]),
    )
    .doc(
        "How numbers are compared: with regular expressions, which are found anywhere in the number unless anchored, with \
         prefixes, or with the whole destination; none: regex_longest_pattern. /api/feelookups/ tells which fee counts.",
    ),
    Field::new("onpeak_init_interval", Kind::PosInt).required().doc("Seconds of the first interval in peak times."),
    Field::new("onpeak_follow_interval", Kind::PosInt).required().doc("Seconds of later intervals in peak times."),
    Field::new("offpeak_init_interval", Kind::PosInt).required().doc("Seconds of the first interval in off-peak times."),
    Field::new("offpeak_follow_interval", Kind::PosInt).required().doc("Seconds of later intervals in off-peak times."),
    Field::new("onpeak_init_rate", Kind::Float).doc("Cents a second of the first interval in peak times."),
    Field::new("onpeak_follow_rate", Kind::Float).doc("Cents a second of later intervals in peak times."),
    Field::new("offpeak_init_rate", Kind::Float).doc("Cents a second of the first interval in off-peak times."),
    Field::new("offpeak_follow_rate", Kind::Float).doc("Cents a second of later intervals in off-peak times."),
    Field::new("onpeak_extra_rate", Kind::Float).doc("Cents due at the extra second in peak times."),
    Field::new("offpeak_extra_rate", Kind::Float).doc("Cents due at the extra second in off-peak times."),
    Field::new("onpeak_extra_second", Kind::Int).doc("When the extra rate is due in peak times."),
    Field::new("offpeak_extra_second", Kind::Int).doc("When the extra rate is due in off-peak times."),
    Field::new("onpeak_use_free_time", Kind::Bool).doc("The profile's free time is used in peak times."),
    Field::new("offpeak_use_free_time", Kind::Bool).doc("The profile's free time is used in off-peak times."),
    Field::new("use_free_time", Kind::Bool).write_only().doc("Both of these."),
    Field::new("aoc_pulse_amount_per_message", Kind::Float).doc("What a message of the advice of charge stands for."),
    Field::new("purge_existing", Kind::Bool).write_only().doc("With POST: removes all fees of the profile first."),
];

struct Fees;

/// The fields of a fee as they are shown.
fn wire(fee: &Fee) -> Item {
    let mut item = Item::new();
    let mut put = |name: String, value: Value| item.insert(name, value);
    put("id".to_owned(), fee.id.0.into());
    put("billing_profile_id".to_owned(), fee.billing_profile_id.0.into());
    put("billing_zone_id".to_owned(), fee.billing_zone_id.0.into());
    put("destination".to_owned(), fee.spec.destination.clone().into());
    put("source".to_owned(), fee.spec.source.clone().into());
    put("direction".to_owned(), fee.spec.direction.as_str().into());
    put("match_mode".to_owned(), fee.spec.match_mode.as_str().into());
    put("aoc_pulse_amount_per_message".to_owned(), number(&fee.spec.aoc_pulse_amount_per_message.to_string()));
    for (when, tariff) in [("onpeak", &fee.spec.onpeak), ("offpeak", &fee.spec.offpeak)] {
        let Tariff { init_rate, init_interval, follow_rate, follow_interval, extra_rate, extra_second, use_free_time } =
            tariff;
        put(format!("{when}_init_rate"), number(&init_rate.to_string()));
        put(format!("{when}_init_interval"), (*init_interval).into());
        put(format!("{when}_follow_rate"), number(&follow_rate.to_string()));
        put(format!("{when}_follow_interval"), (*follow_interval).into());
        put(format!("{when}_extra_rate"), number(&extra_rate.to_string()));
        put(format!("{when}_extra_second"), (*extra_second).into());
        put(format!("{when}_use_free_time"), (*use_free_time).into());
    }
    item
}

/// The profile that is named in a body or query.
fn profile(named: Option<&str>) -> Result<ProfileId, Refusal> {
    match named.map(str::parse) {
        Some(Ok(id)) => Ok(ProfileId(id)),
        Some(Err(_)) => Err(Refusal::new(422, "Invalid 'billing_profile_id'.")),
        None => Err(Refusal::new(422, "Missing parameter 'billing_profile_id'.")),
    }
}

/// The checked values of a body as text.
fn text(input: &Item, name: &str) -> Option<String> {
    match input.get(name)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[async_trait::async_trait]
impl Behaviour for Fees {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        Ok(fee::load(cx.tx, ids).await?.iter().map(|fee| (fee.id.0, wire(fee))).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let profile = profile(text(&input, "billing_profile_id").as_deref())?;
        let (zone, spec) = read::fee(|name| text(&input, name))?;
        if text(&input, "purge_existing").as_deref() == Some("true") || cx.params.is_true("purge_existing") {
            fee_batch::purge(cx.tx, cx.caller, cx.now, profile).await?;
        }
        Ok(fee::create(cx.tx, cx.caller, cx.now, profile, &zone, &spec).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let profile = profile(text(&new, "billing_profile_id").as_deref())?;
        let (zone, spec) = read::fee(|name| text(&new, name))?;
        fee::update(cx.tx, cx.caller, cx.now, FeeId(id), profile, &zone, &spec).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(fee::delete(cx.tx, cx.caller, cx.now, FeeId(id)).await?)
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if csv::is_posted(call) {
            let profile = profile(cx.params.get("billing_profile_id"))?;
            table::take_in(cx, profile, &call.body).await?;
            return Ok(Some(Reply::status(201)));
        }
        if csv::is_wanted(call) {
            return Ok(Some(table::give_out(cx).await?.reply("billing_fees.csv")?));
        }
        Ok(None)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Dangling { field: "billing_profile_id", .. } => {
                Some(Refusal::new(422, "Invalid 'billing_profile_id'."))
            }
            Error::Taken { value, .. } => Some(Refusal::new(422, format!("Billing fee '{value}' already exists."))),
            Error::Invalid { field: "fees", message } => Some(Refusal::new(422, message.clone())),
            _ => None,
        }
    }
}
