//! How the people of one country write numbers, to and from E.164.

use serde::{Deserialize, Serialize};

use crate::number::{E164, NotE164, Written};

/// The most digits that a national or international prefix may have.
pub(crate) const MAX_PREFIX: usize = 5;

/// How numbers are written on one system: what its users dial, see and type.
///
/// The default, with every field empty, writes a number as its E.164 digits. The United Kingdom is `44`, `0`, `00`;
/// the United States are `1`, nothing, `011`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DialPlan {
    /// The own country's code, 1 to 3 digits; empty for a system that belongs to no country.
    pub country_code: String,
    /// What goes before a number of the own country in place of its country code; empty where nothing does.
    pub national_prefix: String,
    /// What goes before the country code of a number abroad.
    pub international_prefix: String,
}

/// What is wrong with a dial plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialPlanError {
    /// A field, named here, holds something that is not a digit.
    #[error("{0}: only digits may stand here")]
    NotDigits(&'static str),
    /// The country code has more than 3 digits or starts with zero.
    #[error("country_code: must be 1 to 3 digits and not start with 0")]
    CountryCode,
    /// A prefix, named here, has more than 5 digits.
    #[error("{0}: must be at most {MAX_PREFIX} digits")]
    PrefixTooLong(&'static str),
    /// A national prefix replaces a country code, and there is none.
    #[error("national_prefix: needs a country_code, which is empty")]
    NationalWithoutCountry,
    /// Numbers abroad could not be written.
    #[error("international_prefix: must not be empty when country_code is set")]
    NoInternational,
    /// National and international numbers could not be told apart.
    #[error("international_prefix: must differ from national_prefix")]
    SamePrefix,
}

impl DialPlan {
    /// A plan that has been checked by [`DialPlan::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn new(
        country_code: impl Into<String>,
        national_prefix: impl Into<String>,
        international_prefix: impl Into<String>,
    ) -> Result<Self, DialPlanError> {
        let plan = Self {
            country_code: country_code.into(),
            national_prefix: national_prefix.into(),
            international_prefix: international_prefix.into(),
        };
        plan.validate()?;
        Ok(plan)
    }

    /// Checks a plan that was read from elsewhere.
    ///
    /// # Errors
    /// The first thing that is wrong with it, beginning with the name of the field.
    pub fn validate(&self) -> Result<(), DialPlanError> {
        let fields = [
            ("country_code", &self.country_code),
            ("national_prefix", &self.national_prefix),
            ("international_prefix", &self.international_prefix),
        ];
        for (name, value) in fields {
            if !value.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(DialPlanError::NotDigits(name));
            }
        }
        if self.country_code.len() > 3 || self.country_code.starts_with('0') {
            return Err(DialPlanError::CountryCode);
        }
        for (name, value) in &fields[1..] {
            if value.len() > MAX_PREFIX {
                return Err(DialPlanError::PrefixTooLong(name));
            }
        }
        if self.country_code.is_empty() {
            return if self.national_prefix.is_empty() { Ok(()) } else { Err(DialPlanError::NationalWithoutCountry) };
        }
        if self.international_prefix.is_empty() {
            return Err(DialPlanError::NoInternational);
        }
        if self.international_prefix == self.national_prefix {
            return Err(DialPlanError::SamePrefix);
        }
        Ok(())
    }

    /// Reads a number as it is written on this system. A leading plus sign always means E.164.
    ///
    /// # Errors
    /// The text is no number, or the plan has a national prefix and the text starts with neither of the two prefixes: such a number is
    /// not guessed at.
    pub fn to_e164(&self, local: &str) -> Result<E164, NotE164> {
        let written = Written::read(local)?;
        if written.plus {
            return written.international();
        }
        if let Some(rest) = strip(&written.digits, &self.international_prefix) {
            return after_prefix(&self.international_prefix, rest, rest.to_owned());
        }
        if let Some(rest) = strip(&written.digits, &self.national_prefix) {
            return after_prefix(&self.national_prefix, rest, format!("{}{rest}", self.country_code));
        }
        if self.national_prefix.is_empty() {
            return E164::from_digits(format!("{}{}", self.country_code, written.digits));
        }
        Err(NotE164::NoPrefix {
            international: self.international_prefix.clone(),
            national: self.national_prefix.clone(),
        })
    }

    /// Writes a number as it is written on this system, so that [`DialPlan::to_e164`] reads the same number back.
    ///
    /// A number of the own country that would read as another one is written in the international form.
    #[must_use]
    pub fn to_local(&self, number: &E164) -> String {
        let national = match strip(number.digits(), &self.country_code) {
            Some(rest) => Some(format!("{}{rest}", self.national_prefix)),
            None if self.country_code.is_empty() && self.international_prefix.is_empty() => {
                Some(number.digits().to_owned())
            }
            None => None,
        };
        let international = || match self.international_prefix.as_str() {
            "" => number.to_string(),
            prefix => format!("{prefix}{}", number.digits()),
        };
        national.filter(|local| self.to_e164(local).as_ref() == Ok(number)).unwrap_or_else(international)
    }
}

/// What follows a prefix that is there; an empty prefix never is.
fn strip<'a>(digits: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() { None } else { digits.strip_prefix(prefix) }
}

fn after_prefix(prefix: &str, rest: &str, whole: String) -> Result<E164, NotE164> {
    if rest.is_empty() { Err(NotE164::PrefixAlone(prefix.to_owned())) } else { E164::from_digits(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(digits: &str) -> E164 {
        E164::parse(digits).unwrap()
    }

    #[test]
    fn united_kingdom() {
        let plan = DialPlan::new("44", "0", "00").unwrap();
        assert_eq!(plan.to_local(&number("442071234567")), "02071234567");
        assert_eq!(plan.to_e164("02071234567"), Ok(number("442071234567")));
        assert_eq!(plan.to_e164("020 7123 4567"), Ok(number("442071234567")));
        assert_eq!(plan.to_e164("+442071234567"), Ok(number("442071234567")));
        assert_eq!(plan.to_e164("00442071234567"), Ok(number("442071234567")));
        assert_eq!(plan.to_local(&number("12125551212")), "0012125551212");
        assert_eq!(plan.to_e164("0012125551212"), Ok(number("12125551212")));
        let why = plan.to_e164("2071234567").unwrap_err().to_string();
        assert_eq!(why, "starts neither with the international prefix \"00\" nor with the national prefix \"0\"");
    }

    #[test]
    fn united_states() {
        let plan = DialPlan::new("1", "", "011").unwrap();
        assert_eq!(plan.to_local(&number("12125551212")), "2125551212");
        assert_eq!(plan.to_e164("2125551212"), Ok(number("12125551212")));
        assert_eq!(plan.to_local(&number("442071234567")), "011442071234567");
        assert_eq!(plan.to_e164("011442071234567"), Ok(number("442071234567")));
    }

    #[test]
    fn the_default_is_plain_digits() {
        let plan = DialPlan::default();
        assert_eq!(plan.validate(), Ok(()));
        assert_eq!(plan.to_local(&number("442071234567")), "442071234567");
        assert_eq!(plan.to_e164("442071234567"), Ok(number("442071234567")));
        assert_eq!(plan.to_e164("02071234567"), Err(NotE164::LeadingZero));
    }

    #[test]
    fn a_number_that_would_read_as_another_is_written_internationally() {
        let britain = DialPlan::new("44", "0", "00").unwrap();
        assert_eq!(britain.to_local(&number("440207123")), "00440207123");
        assert_eq!(britain.to_local(&number("44")), "0044");
        let america = DialPlan::new("1", "", "011").unwrap();
        assert_eq!(america.to_local(&number("10115551212")), "01110115551212");
    }

    #[test]
    fn a_prefix_alone_is_no_number() {
        let plan = DialPlan::new("44", "0", "00").unwrap();
        assert_eq!(plan.to_e164("0"), Err(NotE164::PrefixAlone("0".into())));
        assert_eq!(plan.to_e164("00"), Err(NotE164::PrefixAlone("00".into())));
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_named() {
        let why =
            |cc: &str, national: &str, international: &str| DialPlan::new(cc, national, international).unwrap_err();
        assert_eq!(why("+44", "0", "00"), DialPlanError::NotDigits("country_code"));
        assert_eq!(why("44", "o", "00"), DialPlanError::NotDigits("national_prefix"));
        assert_eq!(why("44", "0", "0 0"), DialPlanError::NotDigits("international_prefix"));
        assert_eq!(why("0", "", "00"), DialPlanError::CountryCode);
        assert_eq!(why("4444", "0", "00"), DialPlanError::CountryCode);
        assert_eq!(why("44", "000000", "00"), DialPlanError::PrefixTooLong("national_prefix"));
        assert_eq!(why("44", "0", "000000"), DialPlanError::PrefixTooLong("international_prefix"));
        assert_eq!(why("", "0", "00"), DialPlanError::NationalWithoutCountry);
        assert_eq!(why("44", "0", ""), DialPlanError::NoInternational);
        assert_eq!(why("44", "0", "0"), DialPlanError::SamePrefix);
    }

    fn any_plan() -> impl Strategy<Value = DialPlan> {
        ("([1-9][0-9]{0,2})?", "[0-9]{0,5}", "[0-9]{0,5}").prop_filter_map(
            "must validate",
            |(cc, national, international)| {
                let national = if cc.is_empty() { String::new() } else { national };
                DialPlan::new(cc, national, international).ok()
            },
        )
    }

    /// Numbers of the plan's own country as often as others.
    fn plan_and_number() -> impl Strategy<Value = (DialPlan, E164)> {
        (any_plan(), "[1-9][0-9]{0,14}", any::<bool>()).prop_filter_map("must be E.164", |(plan, digits, own)| {
            let digits = if own { format!("{}{digits}", plan.country_code) } else { digits };
            Some((plan, E164::parse(&digits).ok()?))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn what_is_written_reads_back((plan, number) in plan_and_number()) {
            prop_assert_eq!(plan.to_e164(&plan.to_local(&number)), Ok(number));
        }

        #[test]
        fn reading_never_panics(cc in ".{0,4}", national in ".{0,6}", international in ".{0,6}", text in any::<String>()) {
            let plan = DialPlan { country_code: cc, national_prefix: national, international_prefix: international };
            let _ = plan.validate();
            if let Ok(number) = plan.to_e164(&text) {
                let _ = plan.to_local(&number);
            }
        }
    }
}
