//! Times as the dialect writes them: `YYYY-MM-DD HH:MM:SS`, in UTC.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Microseconds since 1970 UTC as text.
pub(crate) fn show(at: i64) -> String {
    match jiff::Timestamp::from_microsecond(at) {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => String::new(),
    }
}

/// Text, also with a `T` between date and time or without a time, as microseconds since 1970 UTC.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_microsecond());
    }
    let civil: DateTime = text.parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond())
}
