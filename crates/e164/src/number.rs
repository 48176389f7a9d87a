//! The type for a telephone number, how it is read from text, and its ENUM name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most digits that a number may have, country code included.
pub const MAX_DIGITS: usize = 15;

/// A telephone number in E.164 form: 1 to 15 digits, the first of them 1 to 9, kept without the plus sign.
///
/// Sorts by its digits as text, so that numbers with the same beginning stand together. Serialises as the string of its digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct E164(String);

/// Why a text is not a telephone number in E.164 form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotE164 {
    /// There is no digit at all.
    #[error("there is no digit")]
    Empty,
    /// A character that is neither a digit, nor a plus sign at the start, nor a visual separator.
    #[error("{0:?} is not a digit")]
    NotADigit(char),
    /// More than fifteen digits.
    #[error("{0} digits are more than {MAX_DIGITS}")]
    TooLong(usize),
    /// Country codes never start with zero.
    #[error("the first digit is 0, which starts no country code")]
    LeadingZero,
    /// A zero in brackets is dialled by some callers and not by others; guessing would make another number of it.
    #[error("\"(0)\" is ambiguous: leave out the bracketed digit")]
    BracketedZero,
    /// The dial plan tells national and international numbers apart by their prefix, and there is neither.
    #[error("starts neither with the international prefix {international:?} nor with the national prefix {national:?}")]
    NoPrefix {
        /// The plan's international prefix.
        international: String,
        /// The plan's national prefix.
        national: String,
    },
    /// Nothing follows the prefix.
    #[error("nothing follows the prefix {0:?}")]
    PrefixAlone(String),
}

impl E164 {
    /// Reads a number, with or without a plus sign, in which the visual separators space, `-`, `.`, `(`, `)` and `/` may stand.
    ///
    /// # Errors
    /// Says what keeps the text from being a number: no digit, another character, too long, a leading zero, a bracketed zero.
    pub fn parse(text: &str) -> Result<Self, NotE164> {
        Written::read(text)?.international()
    }

    /// The digits without a plus sign.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The domain name of this number in the ENUM tree below `apex` (RFC 6116): its digits in reverse order, one a label.
    ///
    /// There is no dot at the end, whether or not `apex` has one.
    #[must_use]
    pub fn enum_name(&self, apex: &str) -> String {
        let apex = apex.trim_matches('.');
        let mut name = String::with_capacity(self.0.len() * 2 + apex.len());
        for digit in self.0.chars().rev() {
            name.push(digit);
            name.push('.');
        }
        name.push_str(apex);
        if apex.is_empty() {
            name.pop();
        }
        name
    }

    pub(crate) fn from_digits(digits: String) -> Result<Self, NotE164> {
        match digits.as_bytes() {
            [] => Err(NotE164::Empty),
            [b'0', ..] => Err(NotE164::LeadingZero),
            all if all.len() > MAX_DIGITS => Err(NotE164::TooLong(all.len())),
            _ => Ok(Self(digits)),
        }
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl std::str::FromStr for E164 {
    type Err = NotE164;

    fn from_str(text: &str) -> Result<Self, NotE164> {
        Self::parse(text)
    }
}

impl TryFrom<String> for E164 {
    type Error = NotE164;

    fn try_from(text: String) -> Result<Self, NotE164> {
        Self::parse(&text)
    }
}

impl From<E164> for String {
    fn from(number: E164) -> Self {
        number.0
    }
}

/// A number as it was written, freed of visual separators.
pub(crate) struct Written {
    /// It started with a plus sign, so it is E.164 whatever the dial plan.
    pub(crate) plus: bool,
    pub(crate) digits: String,
}

impl Written {
    pub(crate) fn read(text: &str) -> Result<Self, NotE164> {
        let text = text.trim();
        let (plus, rest) = match text.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest.contains("(0)") {
            return Err(NotE164::BracketedZero);
        }
        let mut digits = String::new();
        let mut count = 0;
        for character in rest.chars() {
            match character {
                '0'..='9' => {
                    count += 1;
                    if count <= LONGEST_WRITTEN {
                        digits.push(character);
                    }
                }
                ' ' | '-' | '.' | '(' | ')' | '/' => {}
                other => return Err(NotE164::NotADigit(other)),
            }
        }
        match count {
            0 => Err(NotE164::Empty),
            1..=LONGEST_WRITTEN => Ok(Self { plus, digits }),
            _ => Err(NotE164::TooLong(count)),
        }
    }

    pub(crate) fn international(self) -> Result<E164, NotE164> {
        E164::from_digits(self.digits)
    }
}

/// The longest prefix that a dial plan may have, and a whole number behind it.
const LONGEST_WRITTEN: usize = MAX_DIGITS + crate::dial_plan::MAX_PREFIX;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_ways_in_which_people_write() {
        for text in [
            "442071234567",
            "+442071234567",
            "+44 20 7123-4567",
            "+44.20.7123.4567",
            "(44) 20/7123 4567",
            " 442071234567 ",
        ] {
            assert_eq!(E164::parse(text).unwrap().digits(), "442071234567", "{text}");
        }
        assert_eq!(E164::parse("1").unwrap().to_string(), "+1");
        assert_eq!(E164::parse("123456789012345").unwrap().to_string(), "+123456789012345");
    }

    #[test]
    fn says_why_it_is_none() {
        let why = |text: &str| E164::parse(text).unwrap_err().to_string();
        assert_eq!(why(""), "there is no digit");
        assert_eq!(why("+"), "there is no digit");
        assert_eq!(why(" - "), "there is no digit");
        assert_eq!(why("4420x"), "'x' is not a digit");
        assert_eq!(why("44+20"), "'+' is not a digit");
        assert_eq!(why("٤٤"), "'٤' is not a digit");
        assert_eq!(why("02071234567"), "the first digit is 0, which starts no country code");
        assert_eq!(why("1234567890123456"), "16 digits are more than 15");
        assert_eq!(why(&"1".repeat(900)), "900 digits are more than 15");
        assert_eq!(why("+44 (0)20 7123 4567"), "\"(0)\" is ambiguous: leave out the bracketed digit");
    }

    #[test]
    fn enum_names_run_backwards() {
        let number = E164::parse("442079460148").unwrap();
        assert_eq!(number.enum_name("e164.arpa"), "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa");
        assert_eq!(number.enum_name("e164.example.com."), "8.4.1.0.6.4.9.7.0.2.4.4.e164.example.com");
        assert_eq!(E164::parse("12").unwrap().enum_name(""), "2.1");
    }

    #[test]
    fn serialises_as_its_digits() {
        use serde::de::IntoDeserializer as _;
        let read = |text: &str| {
            let source: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
            E164::deserialize(source)
        };
        assert_eq!(read("+442071234567").unwrap().digits(), "442071234567");
        assert_eq!(String::from(read("442071234567").unwrap()), "442071234567");
        assert!(read("020").is_err());
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<String>()) {
            if let Ok(number) = E164::parse(&text) {
                prop_assert_eq!(E164::parse(number.digits()), Ok(number.clone()));
                prop_assert_eq!(E164::parse(&number.to_string()), Ok(number));
            }
        }

        #[test]
        fn order_is_the_order_of_the_digits(a in "[1-9][0-9]{0,14}", b in "[1-9][0-9]{0,14}") {
            prop_assert_eq!(E164::parse(&a).unwrap().cmp(&E164::parse(&b).unwrap()), a.cmp(&b));
        }
    }
}
