//! When balance intervals begin and end: calendar arithmetic without a clock.
//!
//! Times are microseconds since 1970 UTC. An interval ends where the next one begins. Regular intervals are counted from
//! an anchor, never from the one before, so that the 31st of January is followed by the end of February and then by the
//! 31st of March. Days, weeks and months are those of a time zone; minutes and hours last as long everywhere.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::clock::SECOND;

/// What intervals are measured in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// A day of the calendar.
    Day,
    /// Seven days.
    Week,
    /// A month of the calendar.
    #[default]
    Month,
}

crate::text_enum!(Unit, "unit", {
    Minute => "minute", Hour => "hour", Day => "day", Week => "week", Month => "month"
});

/// Where intervals begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StartMode {
    /// On the day on which the account was made.
    #[serde(rename = "create")]
    Create,
    /// As `Create`, in the time zone of the account's contact.
    #[serde(rename = "create_tz")]
    CreateTz,
    /// On the first of a month.
    #[default]
    #[serde(rename = "1st")]
    First,
    /// As `First`, in the time zone of the account's contact.
    #[serde(rename = "1st_tz")]
    FirstTz,
    /// With each top-up, and end with the next.
    #[serde(rename = "topup")]
    Topup,
    /// With the first top-up; from then on they follow each other.
    #[serde(rename = "topup_interval")]
    TopupInterval,
}

crate::text_enum!(StartMode, "balance_interval_start_mode", {
    Create => "create", CreateTz => "create_tz", First => "1st", FirstTz => "1st_tz", Topup => "topup",
    TopupInterval => "topup_interval",
});

impl StartMode {
    /// Whether the contact's time zone counts.
    #[must_use]
    pub fn is_local(self) -> bool {
        matches!(self, StartMode::CreateTz | StartMode::FirstTz)
    }

    /// Whether a top-up begins an interval.
    #[must_use]
    pub fn is_by_topup(self) -> bool {
        matches!(self, StartMode::Topup | StartMode::TopupInterval)
    }
}

/// How intervals follow each other.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Where they begin.
    pub mode: StartMode,
    /// How many units each lasts, at least 1.
    pub value: i64,
    /// What they are measured in.
    pub unit: Unit,
    /// The time zone of the account's contact.
    pub zone: TimeZone,
    /// When the account was made.
    pub created_at: i64,
}

/// The last time that is reckoned with: long after everything, and before calendars end.
const LAST: i64 = 253_000_000_000_000_000;

fn civil(at: i64, zone: &TimeZone) -> DateTime {
    let at = Timestamp::from_microsecond(at.clamp(-62_000_000_000_000_000, LAST)).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.to_datetime(at)
}

fn instant(at: DateTime, zone: &TimeZone) -> i64 {
    at.to_zoned(zone.clone()).map_or(LAST, |at| at.timestamp().as_microsecond().min(LAST))
}

/// The day of that month, or its last one where there is no such day.
fn day_of_month(year: i16, month: i8, day: i8) -> Date {
    let first = Date::new(year, month, 1).unwrap_or(Date::ZERO);
    first.with().day(day.clamp(1, first.days_in_month())).build().unwrap_or(first)
}

impl Calendar {
    /// Where the account is billed by no package: the months of UTC.
    #[must_use]
    pub fn months(created_at: i64) -> Calendar {
        Calendar { mode: StartMode::First, value: 1, unit: Unit::Month, zone: TimeZone::UTC, created_at }
    }

    /// The zone that days are counted in.
    fn counted_in(&self) -> TimeZone {
        if self.mode.is_local() { self.zone.clone() } else { TimeZone::UTC }
    }

    /// The day of the month that months are counted from; 31 stands for the last.
    fn day(&self, anchor: DateTime) -> i8 {
        let of = match self.mode {
            StartMode::Create | StartMode::CreateTz => civil(self.created_at, &self.counted_in()).date(),
            StartMode::First | StartMode::FirstTz => return 1,
            StartMode::Topup | StartMode::TopupInterval => anchor.date(),
        };
        if of.day() == of.days_in_month() { 31 } else { of.day() }
    }

    /// So many units after the anchor (before it, below zero).
    fn units_after(&self, anchor: i64, count: i64, unit: Unit) -> i64 {
        let absolute = |seconds: i64| anchor.saturating_add(count.saturating_mul(seconds * SECOND)).min(LAST);
        let zone = self.counted_in();
        let from = civil(anchor, &zone);
        let days = |days: i64| {
            let date = jiff::Span::new().try_days(days).and_then(|span| from.checked_add(span));
            date.map_or(LAST, |date| instant(date, &zone))
        };
        match unit {
            Unit::Minute => absolute(60),
            Unit::Hour => absolute(3_600),
            Unit::Day => days(count),
            Unit::Week => days(count.saturating_mul(7)),
            Unit::Month => {
                let months = i64::from(from.year()) * 12 + i64::from(from.month()) - 1;
                let months = months.saturating_add(count).clamp(0, 9_998 * 12);
                let year = i16::try_from(months / 12).unwrap_or(9_998);
                let month = i8::try_from(months % 12 + 1).unwrap_or(12);
                let date = day_of_month(year, month, self.day(from));
                instant(date.to_datetime(from.time()), &zone)
            }
        }
    }

    /// Where the interval of that number after the anchor ends.
    #[must_use]
    pub fn boundary(&self, anchor: i64, step: i64) -> i64 {
        self.units_after(anchor, step.saturating_mul(self.value), self.unit)
    }

    /// So many intervals after a time.
    #[must_use]
    pub fn intervals_after(&self, at: i64, count: i64) -> i64 {
        self.units_after(self.nearest(at), count.saturating_mul(self.value), self.unit)
    }

    /// The beginning of a day, or with months of the day that they begin on, that is next to a time in the zone of the
    /// account's contact. Where that zone does not count it is the time itself.
    fn nearest(&self, at: i64) -> i64 {
        let zone = self.counted_in();
        let date = civil(at, &zone).date();
        let days: Vec<Date> = match self.unit {
            _ if !self.mode.is_local() => return at,
            Unit::Minute | Unit::Hour => return at,
            Unit::Day | Unit::Week => [date.yesterday(), Ok(date), date.tomorrow()].into_iter().flatten().collect(),
            Unit::Month => {
                let first = date.first_of_month();
                let months = [first.checked_sub(1.month()), Ok(first), first.checked_add(1.month())];
                let day = self.day(DateTime::from(date));
                months.into_iter().flatten().map(|month| day_of_month(month.year(), month.month(), day)).collect()
            }
        };
        let starts = days.into_iter().map(|day| instant(day.into(), &zone));
        starts.min_by_key(|start| start.abs_diff(at)).unwrap_or(at)
    }

    /// Where the interval after one is counted from, and its number. Where the contact's time zone has become another one,
    /// the interval ends as was said, and those after it are counted anew: as if the one after it began when a day of the
    /// new zone does, so that it is longer or shorter than others by the difference of the zones, and never a short rest.
    #[must_use]
    pub fn after(&self, anchor: i64, step: i64, end: i64) -> (i64, i64) {
        if self.nearest(anchor) == anchor {
            return (anchor, self.step_after(anchor, step + 1, end));
        }
        let anchor = self.nearest(end);
        (anchor, self.step_after(anchor, 1, end))
    }

    /// So many of a unit before a time.
    #[must_use]
    pub fn before(&self, at: i64, value: i64, unit: Unit) -> i64 {
        // Counted from that very day, whatever day intervals begin on.
        let by_day = Calendar { mode: if self.mode.is_local() { self.mode } else { StartMode::Topup }, ..self.clone() };
        match unit {
            Unit::Month => {
                let zone = self.counted_in();
                let from = civil(at, &zone);
                from.checked_sub(i32::try_from(value).unwrap_or(i32::MAX).months())
                    .map_or(at, |date| instant(date, &zone))
            }
            _ => by_day.units_after(at, value.saturating_neg(), unit),
        }
    }

    /// The first interval after the anchor, from that number on, that ends later than a time.
    #[must_use]
    pub fn step_after(&self, anchor: i64, from: i64, later_than: i64) -> i64 {
        let mut step = from;
        // A day that a time zone has left out is none.
        while self.boundary(anchor, step) <= later_than && self.boundary(anchor, step) < LAST {
            step += 1;
        }
        step
    }

    /// The number of the last interval after the anchor that ends at or before a time, from that number on: found without
    /// going through all of them.
    #[must_use]
    pub fn step_before(&self, anchor: i64, from: i64, not_after: i64) -> i64 {
        let (mut low, mut high) = (from, from.max(1));
        while self.boundary(anchor, high) <= not_after && self.boundary(anchor, high) < LAST {
            (low, high) = (high, high.saturating_mul(2));
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.boundary(anchor, middle) <= not_after { low = middle } else { high = middle }
        }
        low
    }

    /// Where the first interval of the account begins, and with it the row of regular intervals.
    #[must_use]
    pub fn first_start(&self) -> i64 {
        let zone = self.counted_in();
        let created = civil(self.created_at, &zone);
        match (self.mode, self.unit) {
            (StartMode::Topup | StartMode::TopupInterval, _) => self.created_at,
            (StartMode::First | StartMode::FirstTz, _) => instant(created.date().first_of_month().into(), &zone),
            (_, Unit::Minute | Unit::Hour) => self.created_at - self.created_at.rem_euclid(60 * SECOND),
            (_, Unit::Day | Unit::Week | Unit::Month) => instant(created.date().into(), &zone),
        }
    }

    /// Where an interval that is open when these rules begin to hold ends: on the next day of the month that intervals
    /// begin on; minutes and hours are counted from the account's making. No end: until a top-up.
    #[must_use]
    pub fn next_start(&self, now: i64) -> Option<i64> {
        let zone = self.counted_in();
        if self.mode.is_by_topup() {
            return None;
        }
        if matches!(self.unit, Unit::Minute | Unit::Hour)
            && matches!(self.mode, StartMode::Create | StartMode::CreateTz)
        {
            let first = self.first_start();
            return Some(self.boundary(first, self.step_before(first, 0, now) + 1));
        }
        let today = civil(now, &zone).date();
        let day = self.day(civil(self.created_at, &zone));
        let this = instant(day_of_month(today.year(), today.month(), day).into(), &zone);
        if this > now {
            return Some(this);
        }
        let next = today.first_of_month().checked_add(1.month()).unwrap_or(Date::MAX);
        Some(instant(day_of_month(next.year(), next.month(), day).into(), &zone))
    }
}

#[cfg(test)]
mod tests;
