//! What records of several ports have in common: whose they are, and when they were changed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use registry::caller::Scope;
use registry::id::AccountId;
use registry::listing::{self, Query};
use registry::record::{self, Kept};
use registry::{Error, Money, Role, account};
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

/// Whose a new domain, range or zone is to be: the customer's that is named, else the reseller's, else the caller's own.
/// What an administrator adds for nobody is the operator's.
///
/// # Errors
/// [`Error::Dangling`]; [`Error::Invalid`] where the customer is not of the reseller.
pub(crate) async fn owner_of_new(cx: &mut Cx<'_>, customer: i64, reseller: i64) -> Outcome<AccountId> {
    match (customer, reseller) {
        (0, 0) if cx.caller.role == Role::Admin && cx.caller.scope == Scope::All => Ok(AccountId::OPERATOR),
        (0, 0) => Ok(cx.caller.account),
        (0, reseller) => Ok(AccountId(reseller)),
        (customer, 0) => Ok(AccountId(customer)),
        (customer, reseller) => {
            let found = account::get(cx.tx, cx.caller, AccountId(customer)).await;
            let found = found.map_err(|error| error.or_dangling("customer", AccountId(customer)))?;
            if found.reseller_id != AccountId(reseller) {
                let whose = found.reseller_id;
                let why = format!("customer {customer} is of reseller {whose}, not of {reseller}");
                return Err(Error::invalid("reseller", why));
            }
            Ok(found.id)
        }
    }
}

/// Whose a domain, range or zone is to be from now on: nobody named, it stays whose it is.
///
/// # Errors
/// As [`owner_of_new`].
pub(crate) async fn owner_after(
    cx: &mut Cx<'_>,
    before: AccountId,
    customer: i64,
    reseller: i64,
) -> Outcome<AccountId> {
    if customer == 0 && reseller == 0 || AccountId(customer) == before {
        return Ok(before);
    }
    owner_of_new(cx, customer, reseller).await
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
