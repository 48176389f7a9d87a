//! Durations and amounts of money as they are written in the configuration.

use std::time::Duration;

use rust_decimal::Decimal;

/// Units of a duration with their length in milliseconds, longest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads `50s`, `1h30m`, `250ms`, or a bare count of seconds.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let mut total = 0_u64;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let (digits, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(after.len()));
        let (_, length) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(*length)?)?;
        rest = after.trim_start();
    }
    (!text.trim().is_empty()).then(|| Duration::from_millis(total))
}

/// Writes a duration so that [`duration`] reads it back.
pub(super) fn show_duration(value: Duration) -> String {
    let mut rest = u64::try_from(value.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, length) in UNITS {
        if rest >= length {
            text.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Reads an amount of money: not negative, at most six decimals, below a million million.
pub(super) fn money(text: &str) -> Option<Decimal> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let amount = Decimal::from_str_exact(text).ok().filter(|_| plain)?;
    (amount.normalize().scale() <= 6 && amount < Decimal::from(1_000_000_000_000_u64)).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_write_them() {
        for (text, milliseconds) in [
            ("50s", 50_000),
            ("1h", 3_600_000),
            ("250ms", 250),
            ("2m", 120_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1d", 86_400_000),
            ("20", 20_000),
            ("0s", 0),
        ] {
            assert_eq!(duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration() {
        for text in [
            "",
            " ",
            "s",
            "5 s",
            "5x",
            "-5s",
            "1.5s",
            "5s1h",
            "99999999999999999999s",
            "18446744073709551615d",
            "5S",
            "٣s",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn money_is_exact() {
        assert_eq!(money("12.50"), Some(Decimal::new(1250, 2)));
        assert_eq!(money("0.0000010"), Some(Decimal::new(1, 6)));
        for text in ["", "-1", "1e3", "0.0000001", "1000000000000", "1_000", "12,50", "."] {
            assert_eq!(money(text), None, "{text}");
        }
    }
}
