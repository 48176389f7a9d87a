//! What a call would cost. Our own: the dialect has no such call.
//!
//! Nothing is changed. The order in which fees are tried, and the bound on how many, are those of
//! [`registry::billing::lookup`]; the arithmetic is that of [`registry::billing::rating`].

use std::net::IpAddr;

use axum::http::{Method, header};
use registry::billing::fee::Direction;
use registry::billing::lookup::{self, Answer, Of, Question};
use registry::id::{AccountId, ProfileId, SubscriberId};
use registry::{Error, Money};
use serde_json::{Value, json};

use super::billingprofiles::number;
use crate::kernel::{
    Behaviour, Call, Cx, Field, Item, Kind, Outcome, Refusal, Reply, Resource, SELLERS, Verb, posted, time,
};

pub(super) static FEELOOKUPS: Resource = Resource {
    name: "feelookups",
    singular: "feelookup",
    title: "Fees of calls",
    doc: "POST tells which billing fee a call is billed by and, with a duration, what it costs; nothing is changed. The \
          profile is billing_profile_id, or the one that the customer or the customer of the subscriber has at that time; \
          send exactly one of the three. Fees are tried in this order, and the first that matches counts: \
          exact_destination; prefix, the longest; regex_longest_pattern, the longest destination, then the longest source; \
          regex_longest_match, by the length of what it matches. A regular expression is found anywhere in the number \
          unless it is anchored with ^ or $. At most 1024 fees whose beginning fits are tried, and some \
          hundreds of usual regular expressions: more are an error. Off-peak \
          times go by the time zone of the customer's contact, or else of the reseller's, or else UTC. Each increment is \
          billed by what holds when it begins. Seconds of free time are taken off first where the fee has use_free_time: \
          those in free_time, or else the free_time_balance that the customer has now, which stays what it is. Rates and costs are cents; a cost is rounded once, half to even, to a \
          ten-thousandth.",
    fields: &[
        Field::new("billing_profile_id", Kind::PosInt).doc("A billing profile."),
        Field::new("customer_id", Kind::PosInt).doc("A customer, whose billing profile is meant."),
        Field::new("subscriber_id", Kind::PosInt).doc("A subscriber, whose customer's billing profile is meant."),
        Field::new("source", Kind::Text(1, 255)).required().doc("The calling number or URI."),
        Field::new("destination", Kind::Text(1, 255)).required().doc("The called number or URI."),
        Field::new("direction", Kind::Enum(&["in", "out"])).required().doc("Whether the call is received or made."),
        Field::new("time", Kind::Timestamp).doc("When it begins; left out: now."),
        Field::new("ip", Kind::Text(1, 45)).doc("The address that it comes from, for billing networks."),
        Field::new("duration", Kind::Float).doc("Its length in seconds, at most 366 days; left out: no cost is told."),
        Field::new("free_time", Kind::IntRange(0, 1_000_000_000)).doc(
            "Seconds of free time that are left; left out: what the customer has now, none with billing_profile_id.",
        ),
    ],
    verbs: &[(Verb::Create, SELLERS)],
    single: true,
    asks: true,
    example: r#"{"billing_profile_id": 1, "source": "43111", "destination": "4366412345", "direction": "out", "duration": 90}"#,
    behaviour: &FeeLookups,
    ..Resource::DEFAULT
};

struct FeeLookups;

/// Whose profile a body names.
fn whose(input: &Item) -> Outcome<Of> {
    let id = |name: &str| input.get(name).and_then(Value::as_i64);
    match (id("billing_profile_id"), id("customer_id"), id("subscriber_id")) {
        (Some(id), None, None) => Ok(Of::Profile(ProfileId(id))),
        (None, Some(id), None) => Ok(Of::Customer(AccountId(id))),
        (None, None, Some(id)) => Ok(Of::Subscriber(SubscriberId(id))),
        _ => {
            let message = "Exactly one of 'billing_profile_id', 'customer_id' and 'subscriber_id' must be given.";
            Err(Refusal::new(422, message).into())
        }
    }
}

/// Money in units of currency as cents.
pub(super) fn cents(amount: Money) -> Value {
    number(&amount.times(100).to_string())
}

fn shown(question: &Question<'_>, answer: &Answer) -> Value {
    let fee = &answer.priced.fee;
    let tariff = if answer.is_off_peak { &fee.spec.offpeak } else { &fee.spec.onpeak };
    let mut shown = json!({
        "billing_profile_id": answer.billing_profile_id,
        "customer_id": answer.customer_id,
        "billing_fee_id": fee.id,
        "billing_zone_id": fee.billing_zone_id,
        "zone": answer.priced.zone,
        "zone_detail": answer.priced.detail,
        "match_mode": fee.spec.match_mode,
        "fee_source": fee.spec.source,
        "fee_destination": fee.spec.destination,
        "direction": fee.spec.direction,
        "time": time::show(question.at),
        "time_zone": answer.time_zone,
        "peak": if answer.is_off_peak { "offpeak" } else { "onpeak" },
        "init_rate": number(&tariff.init_rate.to_string()),
        "init_interval": tariff.init_interval,
        "follow_rate": number(&tariff.follow_rate.to_string()),
        "follow_interval": tariff.follow_interval,
        "extra_rate": number(&tariff.extra_rate.to_string()),
        "extra_second": tariff.extra_second,
        "use_free_time": tariff.use_free_time,
    });
    if let Some(cost) = &answer.cost {
        shown["cost"] = cents(cost.amount);
        shown["billed_seconds"] = cost.billed.into();
        shown["increments"] = cost.increments.into();
        shown["extra_charged"] = cost.extra.into();
        shown["free_time_used"] = number(&Money(cost.free_time_used).to_string());
    }
    shown
}

#[async_trait::async_trait]
impl Behaviour for FeeLookups {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::POST {
            return Ok(None);
        }
        let input = posted(cx, call, &FEELOOKUPS)?;
        let text = |name: &str| input.get(name).and_then(Value::as_str);
        let ip = match text("ip").map(|ip| ip.parse::<IpAddr>().map_err(|_| ip)).transpose() {
            Ok(ip) => ip,
            Err(ip) => return Err(Refusal::invalid_field("ip", ip, "Invalid IP address").into()),
        };
        // Seconds with six places are microseconds.
        let duration = match input.get("duration").filter(|value| !value.is_null()) {
            Some(seconds) => Some(Money::parse("duration", &seconds.to_string())?.0),
            None => None,
        };
        let question = Question {
            of: whose(&input)?,
            source: text("source").unwrap_or_default(),
            destination: text("destination").unwrap_or_default(),
            direction: text("direction").unwrap_or_default().parse::<Direction>()?,
            at: text("time").and_then(time::parse).unwrap_or(cx.now),
            ip,
            duration,
            free_time: input.get("free_time").and_then(Value::as_i64).map(|seconds| seconds * 1_000_000),
        };
        let answer = lookup::answer(cx.tx, cx.caller, cx.now, &question).await?;
        let reply = Reply::status(200)
            .header(header::CONTENT_TYPE, "application/json")
            .body(format!("{}\n", shown(&question, &answer)));
        Ok(Some(reply))
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::NotFound { kind: lookup::NO_FEE, key } => {
                Some(Refusal::new(422, format!("No billing fee matches destination '{key}'.")))
            }
            Error::NotFound { kind: lookup::NO_PROFILE, key } => {
                Some(Refusal::new(422, format!("Customer '{key}' has no billing profile at that time.")))
            }
            _ => None,
        }
    }
}
