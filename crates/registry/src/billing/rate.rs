//! Rates: exact decimals, kept as text.

use std::fmt;

use rust_decimal::Decimal;

use crate::{Error, Result};

/// A rate or an amount in the unit that the profile's owner reckons in (usually cents): an exact decimal of up to 28 digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(Decimal);

impl Rate {
    /// Reads a decimal number, also one in scientific notation.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field where it is not one or has more than 28 digits.
    pub fn parse(field: &'static str, text: &str) -> Result<Rate> {
        let text = text.trim();
        let number =
            if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
        match number {
            Ok(number) => Ok(Rate(number.normalize())),
            Err(_) => Err(Error::invalid(field, format!("`{text}` is not a number with up to 28 digits"))),
        }
    }

    /// Whether it is more than that, or less than the same below zero.
    pub(super) fn is_beyond(self, most: i64) -> bool {
        self.0.abs() > Decimal::from(most)
    }

    /// What it is times ten to the power of the second.
    pub(super) fn exact(self) -> (i128, u32) {
        (self.0.mantissa(), self.0.scale())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for Rate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<Rate> for store::Val {
    fn from(rate: Rate) -> store::Val {
        store::Val::Text(rate.to_string())
    }
}

impl store::FromVal for Rate {
    const WANTED: &'static str = "a rate";
    fn from_val(value: &store::Val) -> Option<Self> {
        match value {
            store::Val::Text(text) => Rate::parse("rate", text).ok(),
            _ => None,
        }
    }
}
