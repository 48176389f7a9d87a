//! Days and times as lists of ported numbers write them: `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS`, in UTC.
//!
//! A day that something ends on is the last day on which it holds.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::clock::DAY;

/// A text, read.
enum Moment {
    /// The first moment of a day.
    Day(i64),
    Time(i64),
}

fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    let micros = |at: DateTime| Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond());
    let read = if text.len() == 10 {
        let day: Date = text.parse().ok()?;
        Moment::Day(micros(day.to_datetime(jiff::civil::Time::midnight()))?)
    } else {
        Moment::Time(micros(text.parse().ok()?)?)
    };
    match read {
        // Nothing was ported before there were telephones, and the database's keys leave no room for it.
        Moment::Day(at) | Moment::Time(at) if at < 0 => None,
        read => Some(read),
    }
}

/// When something begins, in microseconds since 1970 UTC; none where the text says no time since then.
#[must_use]
pub fn start(text: &str) -> Option<i64> {
    moment(text).map(|read| match read {
        Moment::Day(at) | Moment::Time(at) => at,
    })
}

/// The first moment at which something does not hold any more; a day is part of it to its end.
#[must_use]
pub fn end(text: &str) -> Option<i64> {
    moment(text).map(|read| match read {
        Moment::Day(at) => at.saturating_add(DAY),
        Moment::Time(at) => at,
    })
}

/// The day on which something begins.
#[must_use]
pub fn first_day(start_at: i64) -> String {
    show(start_at, "%Y-%m-%d")
}

/// The last day on which something holds.
#[must_use]
pub fn last_day(end_at: i64) -> String {
    show(end_at.saturating_sub(1), "%Y-%m-%d")
}

/// As [`start`] reads it.
#[must_use]
pub fn exact_start(start_at: i64) -> String {
    if start_at.rem_euclid(DAY) == 0 { first_day(start_at) } else { show(start_at, "%Y-%m-%d %H:%M:%S") }
}

/// As [`end`] reads it.
#[must_use]
pub fn exact_end(end_at: i64) -> String {
    if end_at.rem_euclid(DAY) == 0 { last_day(end_at) } else { show(end_at, "%Y-%m-%d %H:%M:%S") }
}

fn show(at: i64, format: &str) -> String {
    jiff::Timestamp::from_microsecond(at).map_or_else(|_| String::new(), |at| at.strftime(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_holds_to_its_end() {
        let noon = "2026-03-01 12:30:15";
        assert_eq!(end("2026-03-01"), start("2026-03-02"));
        assert_eq!(end(noon), start(noon));
        for text in ["2026-03-01", "2024-02-29", noon, "2026-03-01 23:59:59"] {
            assert_eq!(exact_start(start(text).unwrap()), text);
            assert_eq!(exact_end(end(text).unwrap()), text);
            assert_eq!(first_day(start(text).unwrap()), text[..10]);
            assert_eq!(last_day(end(text).unwrap()), text[..10]);
        }
        assert_eq!(start("2026-03-01T12:30:15"), start(noon));
        for wrong in ["", "2026-02-30", "1.3.2026", "2026-03-01 25:00:00", "1969-12-31", "2026-3-1"] {
            assert_eq!((start(wrong), end(wrong)), (None, None), "{wrong}");
        }
    }
}
