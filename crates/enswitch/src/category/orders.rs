//! `orders/…`: purchases from vendors that were open when the buyer was answered.

use registry::order::{self, Order};
use registry::{Error, clock};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::error::Failure;
use crate::function::{Function, ID, Kind, Outcome, Who, optional};

pub(super) const FUNCTIONS: &[Function] = &[Function::new(
    "orders/get",
    Who::LoggedIn,
    "An order at a vendor: the buyer's own, those of accounts below it; for administrators any. It is to be named by `id` or \
     by `reference`, as the purchase answered it.",
    "`{order, reference, state, final, number, customer, ingroup, quantity, delivered, pending, created, modified, message}`. \
     `state` is `planned`, `sent`, `accepted`, `back_ordered`, `fulfilled`, `partly_fulfilled`, `refused`, `in_doubt`, \
     `resolved` or `cancelled`; `final` is 1 where nothing more is expected. Times are Unix times",
    |call| Box::pin(get(call)),
)
.parameters(&[optional("id", ID, "The order."), optional("reference", Kind::Text(200), "The order's reference.")])
.own()
.numbers()];

async fn get(call: &Call) -> Outcome {
    let key = match (call.filled("id"), call.filled("reference")) {
        (Some(id), _) => id,
        // All digits would be taken for an id.
        (None, Some(reference)) if reference.bytes().any(|byte| !byte.is_ascii_digit()) => reference,
        (None, Some(reference)) => return Err(Error::not_found("order", reference).into()),
        (None, None) => return Err(Failure::wrong("id", "is missing, and so is `reference`")),
    };
    let found = order::find(&mut call.db().reader(), call.caller()?, key).await?;
    let mut row = brief(&found);
    row["final"] = json!(u8::from(found.state.is_final()));
    row["number"] = json!(found.digits.as_deref().map(|digits| call.dial().write(digits)).unwrap_or_default());
    row["customer"] = json!(found.account_id.map_or(0, |id| id.0));
    row["ingroup"] = json!(found.pool_id);
    row["quantity"] = json!(found.quantity);
    row["delivered"] = json!(found.delivered);
    row["pending"] = json!(found.pending);
    row["created"] = json!(found.created_at.div_euclid(clock::SECOND));
    row["modified"] = json!(found.modified_at.div_euclid(clock::SECOND));
    row["message"] = json!(found.message);
    Ok(Answer::Data(row))
}

/// What tells where to look.
pub(super) fn brief(order: &Order) -> Value {
    json!({ "order": order.id, "reference": order.reference, "state": order.state.as_str() })
}
