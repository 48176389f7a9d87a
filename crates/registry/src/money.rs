//! Money in integer micro-units of a currency: exact, and summed by the database.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::{Error, Result};

/// An amount in millionths of a currency's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);
    /// Micro-units of a hundredth of a currency's unit.
    pub const CENT: i64 = 10_000;
    /// The largest amount that moves at once: ten thousand million units of a currency.
    pub const MOST: Money = Money(10_000_000_000_000_000);
    /// The most that an account has, owes or has held: more than a hundred times [`Money::MOST`], and so far below what a
    /// number can hold that no sum of a few of them is too large. The statements that move money name it too.
    pub const MOST_KEPT: Money = Money(1 << 60);

    /// The amount, if so much may move at once.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field.
    pub fn movable(self, field: &'static str) -> Result<Money> {
        if (-Self::MOST.0..=Self::MOST.0).contains(&self.0) {
            return Ok(self);
        }
        Err(Error::invalid(field, format!("{self} is beyond {}, the most that moves at once", Self::MOST)))
    }

    /// The sum, or the largest amount there is.
    #[must_use]
    pub fn plus(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }

    /// So many times this amount, or the largest amount there is.
    #[must_use]
    pub fn times(self, count: u32) -> Money {
        Money(self.0.saturating_mul(i64::from(count)))
    }

    /// Reads a decimal amount with up to six places.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field where it is not such an amount.
    pub fn parse(field: &'static str, text: &str) -> Result<Money> {
        let wrong = || Error::invalid(field, format!("`{text}` is not an amount with up to six decimal places"));
        let amount = Decimal::from_str_exact(text.trim()).map_err(|_| wrong())?;
        let micro = amount.checked_mul(Decimal::from(1_000_000)).ok_or_else(wrong)?;
        if !micro.is_integer() {
            return Err(wrong());
        }
        micro.to_i64().map(Money).ok_or_else(wrong)
    }
}

/// The quotient rounded half to even, as amounts are; the divisor is above zero.
pub(crate) fn half_even(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend.div_euclid(divisor), dividend.rem_euclid(divisor));
    match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient.rem_euclid(2),
    }
}

impl FromStr for Money {
    type Err = Error;
    fn from_str(text: &str) -> Result<Money> {
        Money::parse("amount", text)
    }
}

impl fmt::Display for Money {
    /// At least two places, at most six.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut decimal = Decimal::new(self.0, 6).normalize();
        if decimal.scale() < 2 {
            decimal.rescale(2);
        }
        decimal.fmt(f)
    }
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl From<Money> for store::Val {
    fn from(money: Money) -> store::Val {
        store::Val::Int(money.0)
    }
}

impl store::FromVal for Money {
    const WANTED: &'static str = "an amount";
    fn from_val(value: &store::Val) -> Option<Self> {
        i64::from_val(value).map(Money)
    }
}

/// Reads an ISO 4217 code.
///
/// # Errors
/// [`Error::Invalid`] where it is not three capital letters.
pub fn currency(text: &str) -> Result<String> {
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err(Error::invalid("currency", format!("`{text}` is not a three-letter code of ISO 4217")))
    }
}
