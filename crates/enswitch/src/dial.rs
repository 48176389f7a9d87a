//! Numbers as a request writes them: in the system dial plan, or as E.164 digits.

use e164::{DialPlan, E164};

/// How one request reads and writes numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dial<'a> {
    pub(crate) plan: &'a DialPlan,
    /// Plain E.164 digits, whatever the plan.
    pub(crate) e164: bool,
}

impl Dial<'_> {
    /// The E.164 digits of a number.
    ///
    /// # Errors
    /// Why it is none, naming it.
    pub(crate) fn read(self, text: &str) -> Result<String, String> {
        let number = if self.e164 { E164::parse(text) } else { self.plan.to_e164(text) };
        number.map(|number| number.digits().to_owned()).map_err(|why| format!("`{text}` is not a number: {why}"))
    }

    /// The number in the form of the request. What is no number of E.164 is shown as it is.
    pub(crate) fn write(self, digits: &str) -> String {
        match E164::parse(digits) {
            Ok(number) if !self.e164 => self.plan.to_local(&number),
            _ => digits.to_owned(),
        }
    }

    /// The first E.164 digits of the numbers that begin as the text does.
    ///
    /// # Errors
    /// Why there can be no such number.
    pub(crate) fn read_prefix(self, text: &str) -> Result<String, String> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.len() > 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("`{text}` is not the beginning of a number"));
        }
        let DialPlan { country_code, national_prefix, international_prefix } = self.plan;
        if self.e164 || text.starts_with('+') || digits.is_empty() {
            return Ok(digits.to_owned());
        }
        if let Some(rest) =
            digits.strip_prefix(international_prefix.as_str()).filter(|_| !international_prefix.is_empty())
        {
            return Ok(rest.to_owned());
        }
        match digits.strip_prefix(national_prefix.as_str()) {
            Some(rest) => Ok(format!("{country_code}{rest}")),
            None => Err(format!(
                "`{text}` begins neither with {international_prefix} (international) nor with {national_prefix} (national)"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_their_beginnings() {
        let britain = DialPlan::new("44", "0", "00").unwrap();
        let local = Dial { plan: &britain, e164: false };
        assert_eq!(local.read("020 7123 4567"), Ok("442071234567".to_owned()));
        assert_eq!(local.write("442071234567"), "02071234567");
        assert_eq!(local.write("33140000000"), "0033140000000");
        assert_eq!(local.write("1234567890123456"), "1234567890123456", "longer than E.164");
        for (text, digits) in [("020", "4420"), ("0", "44"), ("0033", "33"), ("00", ""), ("+33", "33"), ("", "")] {
            assert_eq!(local.read_prefix(text), Ok(digits.to_owned()), "{text}");
        }
        assert!(local.read("2071234567").unwrap_err().starts_with("`2071234567` is not a number: "));
        assert!(local.read_prefix("207").is_err());
        assert!(local.read_prefix("02x").is_err());

        let plain = Dial { plan: &britain, e164: true };
        assert_eq!(plain.read("442071234567"), Ok("442071234567".to_owned()));
        assert_eq!(plain.write("442071234567"), "442071234567");
        assert_eq!(plain.read_prefix("4420"), Ok("4420".to_owned()));
        assert!(plain.read("02071234567").is_err());

        let america = DialPlan::new("1", "", "011").unwrap();
        let local = Dial { plan: &america, e164: false };
        assert_eq!(local.read_prefix("212"), Ok("1212".to_owned()));
        assert_eq!(local.read_prefix("01144"), Ok("44".to_owned()));
    }
}
