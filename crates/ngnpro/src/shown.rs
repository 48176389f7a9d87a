//! What records of several ports have in common: whose they are, and when they were changed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use registry::id::AccountId;
use registry::listing::{self, Query};
use registry::record::{self, Kept};
use registry::{Error, Money};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::operation::{Cx, Outcome};
use crate::soap::Double;

/// A time as the dialect has it: in UTC, to the second.
pub(crate) fn when(microseconds: i64) -> String {
    match Timestamp::from_microsecond(microseconds) {
        Ok(time) => time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => String::new(),
    }
}

/// A customer that something is assigned to; 0: none.
pub(crate) fn owner(id: i64) -> Option<AccountId> {
    (id != 0).then_some(AccountId(id))
}

/// An amount as it is shown.
pub(crate) fn double(amount: Money) -> Double {
    Double(Decimal::new(amount.0, 6))
}

/// An amount as it is kept; what clients have computed with floating point is rounded to a millionth.
///
/// # Errors
/// [`Error::Invalid`] for the field.
pub(crate) fn money(field: &'static str, Double(amount): Double) -> Outcome<Money> {
    let micro = amount.checked_mul(Decimal::from(1_000_000)).and_then(|micro| micro.round().to_i64());
    let micro = micro.ok_or_else(|| Error::invalid(field, format!("{amount} is not an amount")))?;
    Money(micro).movable(field)
}

/// A page of records and how many there are.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn page<R: Kept>(cx: &mut Cx<'_>, query: &Query) -> Outcome<(Vec<R>, i64)> {
    let found = listing::page(cx.tx, cx.caller, R::LIST, query).await?;
    Ok((record::load(cx.tx, &found.ids).await?, found.total.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_to_the_second() {
        assert_eq!(when(1_700_000_000_123_456), "2023-11-14 22:13:20");
        assert_eq!(when(0), "1970-01-01 00:00:00");
    }
}
