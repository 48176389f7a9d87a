//! The time, as a parameter: tests set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A second in the registry's unit of time, the microsecond.
pub const SECOND: i64 = 1_000_000;
/// A day in microseconds.
pub const DAY: i64 = 86_400 * SECOND;

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is set.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at that time.
    #[must_use]
    pub fn fixed(at: i64) -> Clock {
        Clock::Fixed(Arc::new(AtomicI64::new(at)))
    }

    /// Microseconds since 1970, UTC.
    #[must_use]
    pub fn now(&self) -> i64 {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
            Clock::System => jiff::Timestamp::now().as_microsecond(),
            Clock::Fixed(at) => at.load(Ordering::SeqCst),
        }
    }

    /// Moves a fixed clock on; the machine's is left alone.
    pub fn advance(&self, microseconds: i64) {
        if let Clock::Fixed(at) = self {
            at.fetch_add(microseconds, Ordering::SeqCst);
        }
    }
}

/// RFC 3339 in UTC, for people and JSON.
#[must_use]
pub fn rfc3339(at: i64) -> String {
    jiff::Timestamp::from_microsecond(at).map_or_else(|_| at.to_string(), |t| t.to_string())
}

/// The first moment of the UTC day, and of the UTC month, that a time lies in.
#[must_use]
pub fn day_and_month(at: i64) -> (i64, i64) {
    let day = at - at.rem_euclid(DAY);
    let month = jiff::Timestamp::from_microsecond(day)
        .map(|t| day - i64::from(t.to_zoned(jiff::tz::TimeZone::UTC).day() - 1) * DAY)
        .unwrap_or(day);
    (day, month)
}
