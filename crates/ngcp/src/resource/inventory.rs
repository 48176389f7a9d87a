//! What the resources of the number inventory have in common: amounts, times and numbers as they are written.

#[cfg(test)]
mod tests;

use registry::id::AccountId;
use registry::{Money, number};
use serde_json::{Number, Value};

use crate::kernel::{Item, Kind, Outcome, Refusal, time};

/// An amount of money in a field: up to six decimal places are kept exactly.
pub(super) const AMOUNT: Kind = Kind::FloatRange(0.0, 1_000_000_000.0);

/// The amount in a checked field, if there is one.
pub(super) fn amount(item: &Item, field: &'static str) -> Outcome<Option<Money>> {
    let Some(Value::Number(n)) = item.get(field) else { return Ok(None) };
    // The shortest decimal text of the number, without an exponent.
    let text = n.as_i64().map(|n| n.to_string()).or_else(|| n.as_f64().map(|n| n.to_string())).unwrap_or_default();
    Ok(Some(Money::parse(field, &text)?))
}

/// The registry writes amounts as decimal text; here they are numbers.
pub(super) fn amounts(item: &mut Item, fields: &[&str]) {
    for field in fields {
        if let Some(value) = item.get_mut(*field)
            && let Some(n) = value.as_str().and_then(|text| text.parse().ok()).and_then(Number::from_f64)
        {
            *value = Value::Number(n);
        }
    }
}

/// The registry counts microseconds; here times are text. 0 is no time.
pub(super) fn times(item: &mut Item, fields: &[&str]) {
    for field in fields {
        if let Some(value) = item.get_mut(*field) {
            *value = value.as_i64().filter(|at| *at > 0).map_or(Value::Null, |at| time::show(at).into());
        }
    }
}

/// A field under its name in the registry gets its name here.
pub(super) fn rename(item: &mut Item, from: &str, to: &str) {
    if let Some(value) = item.remove(from) {
        item.insert(to.to_owned(), value);
    }
}

/// A record of the registry as fields.
pub(super) fn fields(record: &Value) -> Item {
    record.as_object().cloned().unwrap_or_default()
}

/// The whole number in a checked field, if there is one.
pub(super) fn integer(item: &Item, field: &str) -> Option<i64> {
    item.get(field).and_then(Value::as_i64)
}

/// A count in a checked field, 0 where there is none.
pub(super) fn count(item: &Item, field: &str) -> u32 {
    integer(item, field).and_then(|n| u32::try_from(n).ok()).unwrap_or_default()
}

/// The text in a checked field.
pub(super) fn text<'a>(item: &'a Item, field: &str) -> &'a str {
    item.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The buyer in a checked body.
pub(super) fn buyer(item: &Item) -> AccountId {
    AccountId(integer(item, "customer_id").unwrap_or_default())
}

/// The number in a checked body, in digits.
pub(super) fn digits(item: &Item) -> Outcome<String> {
    Ok(number::digits(text(item, "number"))?)
}

/// How the dialect words what the registry finds wrong with a reference or a field that is called otherwise there.
pub(super) fn refusal(error: &registry::Error) -> Option<Refusal> {
    let field = |kind: &str| match kind {
        "pool" => Some("pool_id"),
        "vendor" => Some("vendor_id"),
        "account" => Some("customer_id"),
        "class" => Some("class_id"),
        "group" => Some("group_id"),
        "number" => Some("number"),
        _ => None,
    };
    match error {
        registry::Error::NotFound { kind, key } => {
            field(kind).map(|name| Refusal::invalid_field(name, key, &format!("{kind} does not exist")))
        }
        registry::Error::Invalid { field: name, message } => Some(Refusal::wrong(field(name).unwrap_or(name), message)),
        _ => None,
    }
}
