//! Times as the dialect writes them: `YYYY-MM-DD HH:MM:SS`, in UTC.

use axum::http::HeaderMap;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::error::Refusal;
use crate::Ngcp;

/// The header in which a request says what time it is, where the server lets it: as RFC 2822 writes times, or as the
/// dialect does.
const CLIENT_TIME: &str = "x-fake-clienttime";

/// The time of a request, in microseconds since 1970 UTC.
///
/// # Errors
/// 400 where the request says a time that is none.
pub(crate) fn of_request(state: &Ngcp, headers: &HeaderMap) -> Result<i64, Refusal> {
    let said = headers.get(CLIENT_TIME).filter(|_| state.client_time).and_then(|value| value.to_str().ok());
    match said {
        None => Ok(state.ordering.clock().now()),
        Some(text) => {
            let rfc2822 = jiff::fmt::rfc2822::parse(text).map(|at| at.timestamp().as_microsecond()).ok();
            rfc2822
                .or_else(|| parse(text))
                .ok_or_else(|| Refusal::new(400, format!("X-Fake-Clienttime '{text}' is no time.")))
        }
    }
}

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
