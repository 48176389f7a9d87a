//! A number as a subscriber's number is given: in three parts, which come back as they were given.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Country code, area code and the rest, all digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Split {
    /// Country code: 1 to 4 digits, the first of them no zero.
    pub cc: String,
    /// Area code: at most 7 digits, or none.
    pub ac: String,
    /// The rest: 1 to 31 digits.
    pub sn: String,
}

impl Split {
    /// All digits in a row.
    #[must_use]
    pub fn digits(&self) -> String {
        format!("{}{}{}", self.cc, self.ac, self.sn)
    }

    /// Refuses parts that are no digits or too long. This is all: number plans change faster than tables of them.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the part.
    pub fn check(&self) -> Result<()> {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        for (field, text, least, most) in [("cc", &self.cc, 1, 4), ("ac", &self.ac, 0, 7), ("sn", &self.sn, 1, 31)] {
            if !digits(text) || !(least..=most).contains(&text.len()) {
                return Err(Error::invalid(field, format!("`{text}` must be {least} to {most} digits")));
            }
        }
        if self.cc.starts_with('0') {
            return Err(Error::invalid("cc", format!("`{}` must not begin with a zero", self.cc)));
        }
        Ok(())
    }
}

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.cc, self.ac, self.sn)
    }
}
