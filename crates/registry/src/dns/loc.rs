//! Places of LOC records (RFC 1876): read from a zone file's form, written back to it in full, and as the record's data.
//!
//! Neither `domain` nor `hickory-proto` reads this type.

use std::fmt;

/// Thousandths of arc seconds of the equator and the prime meridian (RFC 1876, 2).
const MIDDLE: i64 = 1 << 31;
/// Centimetres of the reference spheroid below which altitudes begin.
const DEEPEST: i64 = 10_000_000;

/// A place on or above the earth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loc {
    /// Diameter of what is there, horizontal and vertical precision: a digit times a power of ten, in centimetres.
    sizes: [(u8, u8); 3],
    /// Thousandths of arc seconds north of the equator.
    latitude: i64,
    /// Thousandths of arc seconds east of the prime meridian.
    longitude: i64,
    /// Centimetres above the spheroid.
    altitude: i64,
}

impl Loc {
    /// Reads `d [m [s]] N|S d [m [s]] E|W altitude[m] [size[m] [horizontal[m] [vertical[m]]]]`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Loc> {
        let mut words = text.split_ascii_whitespace();
        let latitude = angle(&mut words, 90, ["N", "S"])?;
        let longitude = angle(&mut words, 180, ["E", "W"])?;
        let altitude = centimetres(words.next()?)?;
        if altitude < -DEEPEST || altitude + DEEPEST > i64::from(u32::MAX) {
            return None;
        }
        // 1 m, 10 km and 10 m where nothing is said.
        let mut sizes = [(1, 2), (1, 6), (1, 3)];
        for size in &mut sizes {
            let Some(word) = words.next() else { break };
            *size = rounded(centimetres(word)?)?;
        }
        words.next().is_none().then_some(Loc { sizes, latitude, longitude, altitude })
    }

    /// The data of the record, as it is sent.
    #[must_use]
    pub fn wire(&self) -> [u8; 16] {
        let mut wire = [0; 16];
        for (byte, (digit, power)) in wire[1..4].iter_mut().zip(self.sizes) {
            *byte = digit << 4 | power;
        }
        for (bytes, value) in
            wire[4..].chunks_mut(4).zip([MIDDLE + self.latitude, MIDDLE + self.longitude, DEEPEST + self.altitude])
        {
            bytes.copy_from_slice(&u32::try_from(value).unwrap_or_default().to_be_bytes());
        }
        wire
    }
}

/// Degrees, and if they are there minutes and seconds, up to the letter of the direction.
fn angle<'a>(words: &mut impl Iterator<Item = &'a str>, most: i64, directions: [&str; 2]) -> Option<i64> {
    let mut sum = 0;
    for (unit, limit) in [(3_600_000, most), (60_000, 59), (1_000, 59), (0, 0)] {
        let word = words.next()?;
        if let Some(at) = directions.iter().position(|letter| letter.eq_ignore_ascii_case(word)) {
            // A direction alone is no angle.
            let far = unit == 3_600_000 || sum > most * 3_600_000;
            return (!far).then_some(if at == 0 { sum } else { -sum });
        }
        let value = if unit == 1_000 { fixed(word, 3)? } else { fixed(word, 0)?.checked_mul(unit)? };
        if unit == 0 || value < 0 || value >= (limit + 1) * unit {
            return None;
        }
        sum += value;
    }
    None
}

/// Metres as centimetres.
fn centimetres(word: &str) -> Option<i64> {
    fixed(word.strip_suffix(['m', 'M']).unwrap_or(word), 2)
}

/// A decimal number with at most so many places, times ten to that power.
fn fixed(word: &str, places: usize) -> Option<i64> {
    let (negative, digits) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let fits = |text: &str, most: usize| text.len() <= most && text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !fits(whole, 10) || !fits(part, places) {
        return None;
    }
    let value: i64 = format!("{whole}{part:0<places$}").parse().ok()?;
    Some(if negative { -value } else { value })
}

/// The digit and the power of ten that a size is rounded down to.
fn rounded(mut size: i64) -> Option<(u8, u8)> {
    let mut power = 0;
    while size > 9 {
        size /= 10;
        power += 1;
    }
    (size >= 0 && power <= 9).then_some((u8::try_from(size).ok()?, power))
}

impl fmt::Display for Loc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (angle, [plus, minus]) in [(self.latitude, ["N", "S"]), (self.longitude, ["E", "W"])] {
            let direction = if angle < 0 { minus } else { plus };
            let angle = angle.abs();
            let (degrees, minutes, rest) = (angle / 3_600_000, angle / 60_000 % 60, angle % 60_000);
            write!(f, "{degrees} {minutes} {}.{:03} {direction} ", rest / 1_000, rest % 1_000)?;
        }
        let sign = if self.altitude < 0 { "-" } else { "" };
        let metres = |centimetres: i64| format!("{}.{:02}m", centimetres / 100, centimetres % 100);
        write!(f, "{sign}{}", metres(self.altitude.abs()))?;
        for (digit, power) in self.sizes {
            write!(f, " {}", metres(i64::from(digit) * 10_i64.pow(u32::from(power))))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written_in_full() {
        for (text, expected) in [
            (
                "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
                "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000.00m 10.00m",
            ),
            ("42 21 54 N 71 06 18 W -24m 30m", "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m"),
            ("32 7 19 S 116 2 25 E 10m", "32 7 19.000 S 116 2 25.000 E 10.00m 1.00m 10000.00m 10.00m"),
            ("0 N 0 e 0", "0 0 0.000 N 0 0 0.000 E 0.00m 1.00m 10000.00m 10.00m"),
            ("90 n 180 w 42849672.95m", "90 0 0.000 N 180 0 0.000 W 42849672.95m 1.00m 10000.00m 10.00m"),
        ] {
            let place = Loc::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(place.to_string(), expected);
            assert_eq!(Loc::parse(&place.to_string()), Some(place));
        }
        for text in [
            "",
            "N",
            "52 N",
            "52 N 4 E",
            "91 N 4 E 0m",
            "90 0 1 N 0 E 0m",
            "52 60 N 4 E 0",
            "52 N 181 E 0",
            "52 1 1 1 N 4 E 0",
            "52 N 4 E x",
            "52 N 4 E 0m 1m 1m 1m 1m",
            "52 N 4 E 0.001m",
            "-52 N 4 E 0m",
            "52 N 4 E 0 -1m",
            "52.5 N 4 E 0m",
            "52 N 4 E 42849673m",
            "52 N 4 E 0 99999999999m",
        ] {
            assert_eq!(Loc::parse(text), None, "{text}");
        }
    }

    #[test]
    fn places_are_sent_as_the_standard_has_it() {
        let place = Loc::parse("42 21 54 N 71 06 18 W -24m 30m").expect("a place");
        let expected = [0, 0x33, 0x16, 0x13, 0x89, 0x17, 0x2d, 0xd0, 0x70, 0xbe, 0x15, 0xf0, 0x00, 0x98, 0x8d, 0x20];
        assert_eq!(place.wire(), expected);
    }
}
