//! Patterns of rules: regular expressions that are found somewhere in a text, in time that is linear in it.

use regex::{Regex, RegexBuilder};

use crate::pattern::reason;
use crate::{Error, Result};

/// Longest pattern, in characters.
const LONGEST: usize = 1_024;
/// Most memory of a compiled pattern, in bytes.
const LARGEST: usize = 1 << 20;

/// A compiled pattern.
///
/// # Errors
/// [`Error::Invalid`] for the field, with what is wrong in one line. What makes matching take exponential time
/// (back-references, look-around) is not understood.
pub fn compiled(field: &'static str, pattern: &str) -> Result<Regex> {
    if pattern.chars().count() > LONGEST {
        return Err(Error::invalid(field, format!("Field should not exceed {LONGEST} characters")));
    }
    let compiled = RegexBuilder::new(pattern).size_limit(LARGEST).build();
    compiled.map_err(|error| Error::invalid(field, format!("Invalid regexp: {}", reason(&error))))
}
