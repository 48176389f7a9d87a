//! What both ways to top up have in common: the request, its answer, and how amounts are written.

use axum::http::{Method, header};
use registry::billing::topup::{self, Means, Request};
use registry::id::SubscriberId;
use registry::{Error, Money};
use serde_json::{Number, Value, json};

use crate::kernel::error::general;
use crate::kernel::{Call, Cx, Failure, Field, Item, Kind, Outcome, Refusal, Reply, Resource, posted};

/// The subscriber whose customer is meant.
pub(super) const SUBSCRIBER: Field =
    Field::new("subscriber_id", Kind::PosInt).required().doc("A subscriber of the customer whose balance it is.");
/// The client's name for the request.
pub(super) const TOKEN: Field = Field::new("request_token", Kind::Text(0, 255)).doc(
    "The client's name for the request: one that has been done is not done again for the same customer, and with \
     anything else that is asked for it is refused.",
);

/// An amount as a number in units of the currency.
pub(super) fn money(micro: Money) -> Value {
    if micro.0 % 1_000_000 == 0 {
        return (micro.0 / 1_000_000).into();
    }
    micro.to_string().parse().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

/// Answers `POST`: 204 where it was done. A refusal is written into the log, and the transaction with it is committed; what
/// goes wrong while it is done is rolled back.
pub(super) async fn answer(
    cx: &mut Cx<'_>,
    call: &Call,
    resource: &'static Resource,
    means: fn(&Item) -> Means,
) -> Outcome<Option<Reply>> {
    if call.method != Method::POST {
        return Ok(None);
    }
    let input = posted(cx, call, resource)?;
    let subscriber = input.get("subscriber_id").and_then(Value::as_i64).unwrap_or_default();
    let token = input.get("request_token").and_then(Value::as_str).map(str::to_owned);
    let request = Request { subscriber_id: SubscriberId(subscriber), means: means(&input), token };
    let error = match topup::check(cx.tx, cx.caller, cx.now, &request).await {
        Ok(checked) => {
            topup::carry_out(cx.tx, cx.caller, cx.now, &request, checked).await?;
            return Ok(Some(Reply::status(204)));
        }
        Err(error) => error,
    };
    let Some(refusal) = refusal(&error, &input) else { return Err(Failure::Registry(error)) };
    topup::failed(cx.tx, cx.caller, cx.now, &request, &refusal.message).await?;
    let body = format!("{}\n", json!({ "code": refusal.status, "message": refusal.message }));
    let reply = Reply::status(refusal.status).header(header::CONTENT_TYPE, "application/json").body(body);
    Ok(Some(reply))
}

/// How what the request itself is refused for is worded; none: it is something else.
fn refusal(error: &Error, input: &Item) -> Option<Refusal> {
    match error {
        Error::Dangling { field: "subscriber_id", .. } => Some(Refusal::new(422, "Unknown subscriber_id.")),
        Error::Dangling { field: "package_id" | "profile_package_id", .. } => {
            Some(Refusal::new(422, "Unknown profile package ID."))
        }
        Error::Invalid { field: "code" | "subscriber_id" | "profile_package_id", message } => {
            Some(Refusal::new(422, message.clone()))
        }
        Error::Invalid { field, .. } => {
            let sent = input.get(*field).map(|sent| sent.as_str().map_or_else(|| sent.to_string(), str::to_owned));
            Some(general(error, "", &sent.unwrap_or_default()))
        }
        Error::Dangling { .. } | Error::Conflict(_) => Some(general(error, "", "")),
        _ => None,
    }
}
