//! What a call costs: pure arithmetic over a fee's tariffs and the times of its profile.
//!
//! A call is billed in increments: one of the tariff's first interval, then as many of the later interval as it takes to
//! cover the call. Each is billed by the tariff that holds when it begins, as rate times seconds. Seconds of free time are
//! taken off first, from increments whose tariff uses it. The extra rate is due once, where the call reaches the extra
//! second of the tariff that holds at that moment. A call without length costs nothing. The sum is exact and is rounded
//! once, to the micro-unit, half to even; what can't be reckoned exactly is refused.
//!
//! **The times of a profile are its off-peak times**: the peak rates hold at all others, so those of a profile without
//! times hold always.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::fee::Tariff;
use super::peak::Peaks;
use crate::money::half_even;
use crate::{Error, Money, Result};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// The longest call: a year.
pub const LONGEST: i64 = 366 * DAY;

/// From when to when, in microseconds; in order, and apart.
type Periods = Vec<(i64, i64)>;

/// When the off-peak rates of a profile hold, where a customer is.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Of each day of the week, since its midnight.
    weekly: [Periods; 7],
    special: Periods,
    zone: TimeZone,
}

/// How far a zone's clocks are ahead of UTC, and from when to when they stay so.
#[derive(Clone, Copy, Debug, Default)]
struct Clocks {
    ahead: i64,
    since: i64,
    until: i64,
}

/// What a call costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The amount in units of currency; rates are in hundredths of it.
    pub amount: Money,
    /// Free time that was used, in microseconds.
    pub free_time_used: i64,
    /// Seconds that were billed, free ones too.
    pub billed: i64,
    /// Increments that were billed.
    pub increments: i64,
    /// Whether the extra rate was due.
    pub extra: bool,
}

impl Calendar {
    /// Of a profile with these times, for somebody in that zone. Days of the week are those of the zone; what comes once
    /// comes at the same moment everywhere.
    #[must_use]
    pub fn new(times: &Peaks, zone: TimeZone) -> Calendar {
        let mut weekly: [Periods; 7] = Default::default();
        for period in &times.weekly {
            if let Some(day) = usize::try_from(period.weekday).ok().and_then(|day| weekly.get_mut(day)) {
                day.push((period.start.saturating_mul(SECOND), period.stop.saturating_mul(SECOND)));
            }
        }
        let special = times.special.iter().map(|period| (period.start, period.stop)).collect();
        Calendar { weekly: weekly.map(joined), special: joined(special), zone }
    }

    /// Whether the off-peak rates hold.
    #[must_use]
    pub fn is_off_peak(&self, at: i64) -> bool {
        self.stretch(at, &mut Clocks::default()).0
    }

    /// Whether the off-peak rates hold, and until when that is certain: later than `at`. `clocks` are those of the moment
    /// that was asked for before: a call asks for one stretch after the other, and its clocks are seldom set.
    fn stretch(&self, at: i64, clocks: &mut Clocks) -> (bool, i64) {
        let (special, until) = at_time(&self.special, at);
        if self.weekly.iter().all(Vec::is_empty) {
            return (special, until.unwrap_or(i64::MAX));
        }
        if !(clocks.since..clocks.until).contains(&at) {
            *clocks = self.clocks_at(at);
        }
        let local = at.saturating_add(clocks.ahead);
        // 1970 began on a Thursday, which is 3 where Monday is 0.
        let (weekday, time) = ((local.div_euclid(DAY) + 3).rem_euclid(7), local.rem_euclid(DAY));
        let day = usize::try_from(weekday).ok().and_then(|day| self.weekly.get(day));
        let (weekly, next) = day.map_or((false, None), |day| at_time(day, time));
        let next = at.saturating_add(next.map_or(DAY, |next| next.min(DAY)) - time);
        // Clocks that are set in between make another day of it.
        let until = until.map_or(next, |until| until.min(next)).min(clocks.until);
        (special || weekly, until.max(at.saturating_add(1)))
    }

    fn clocks_at(&self, at: i64) -> Clocks {
        let moment = Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        let ahead = i64::from(self.zone.to_offset(moment).seconds()) * SECOND;
        let set = self.zone.following(moment).next().map_or(i64::MAX, |set| set.timestamp().as_microsecond());
        Clocks { ahead, since: at, until: set.max(at.saturating_add(1)) }
    }
}

/// The periods in order, those that overlap or touch as one.
fn joined(mut periods: Periods) -> Periods {
    periods.sort_unstable();
    periods.dedup_by(|later, earlier| {
        let touches = later.0 <= earlier.1;
        if touches {
            earlier.1 = earlier.1.max(later.1);
        }
        touches
    });
    periods
}

/// Whether a time is in one of the periods, and when that ends or else the next one begins.
fn at_time(periods: &[(i64, i64)], time: i64) -> (bool, Option<i64>) {
    let next = periods.partition_point(|(start, _)| *start <= time);
    match next.checked_sub(1).and_then(|last| periods.get(last)) {
        Some((_, stop)) if time < *stop => (true, Some(*stop)),
        _ => (false, periods.get(next).map(|(start, _)| *start)),
    }
}

/// An amount that is added up exactly: integers at one scale.
struct Sum {
    amount: i128,
    scale: u32,
}

impl Sum {
    /// Adds what a rate a second comes to in so many microseconds.
    fn add(&mut self, rate: (i128, u32), microseconds: i64) -> Result<()> {
        let (mantissa, scale) = rate;
        let factor = self.scale.checked_sub(scale).and_then(|places| 10_i128.checked_pow(places));
        let more = factor
            .and_then(|factor| mantissa.checked_mul(factor))
            .and_then(|rate| rate.checked_mul(i128::from(microseconds)));
        let sum = more.and_then(|more| self.amount.checked_add(more));
        self.amount = sum.ok_or_else(too_much)?;
        Ok(())
    }

    /// In micro-units of currency, of an amount in hundredths and millionths of a second.
    fn rounded(self) -> Result<Money> {
        // amount / 10^scale / 10^6 hundredths are that many times 10^4 micro-units.
        let Some(divisor) = 10_i128.checked_pow(self.scale + 2) else { return Err(too_much()) };
        i64::try_from(half_even(self.amount, divisor)).map(Money).map_err(|_| too_much())
    }
}

fn too_much() -> Error {
    Error::invalid("duration", "what such a call costs can't be reckoned exactly")
}

/// What a call costs that begins at `start` and lasts so many microseconds, with so much free time left.
///
/// # Errors
/// [`Error::Invalid`] for `duration` where it is below zero, longer than [`LONGEST`], or costs more than can be reckoned.
pub fn cost(
    peak: &Tariff,
    off_peak: &Tariff,
    calendar: &Calendar,
    start: i64,
    duration: i64,
    free_time: i64,
) -> Result<Cost> {
    if !(0..=LONGEST).contains(&duration) {
        return Err(Error::invalid("duration", "a call lasts between 0 seconds and 366 days"));
    }
    let tariff = |off: bool| if off { off_peak } else { peak };
    let rates = [peak, off_peak].into_iter().flat_map(|t| [t.init_rate, t.follow_rate, t.extra_rate]);
    let mut sum = Sum { amount: 0, scale: rates.map(|rate| rate.exact().1).max().unwrap_or_default() };
    let (mut billed, mut increments, mut free) = (0_i64, 0_i64, free_time.max(0));
    let mut clocks = Clocks::default();
    while billed < duration {
        let at = start.saturating_add(billed);
        let (off, until) = calendar.stretch(at, &mut clocks);
        let tariff = tariff(off);
        let (rate, interval, count) = if increments == 0 {
            (tariff.init_rate, tariff.init_interval, 1)
        } else {
            let length = tariff.follow_interval.max(1).saturating_mul(SECOND);
            // Those that begin before the rates may change and before the call ends.
            let rest = (duration - billed).min(until.saturating_sub(at)).max(1);
            (tariff.follow_rate, tariff.follow_interval, (rest - 1) / length + 1)
        };
        let seconds = interval.max(1).checked_mul(count).ok_or_else(too_much)?;
        let length = seconds.checked_mul(SECOND).ok_or_else(too_much)?;
        let used = if tariff.use_free_time { free.min(length) } else { 0 };
        free -= used;
        sum.add(rate.exact(), length - used)?;
        billed = billed.checked_add(length).ok_or_else(too_much)?;
        increments += count;
    }
    let extra = extra_of(peak, off_peak, calendar, start, duration);
    if let Some(tariff) = extra {
        sum.add(tariff.extra_rate.exact(), SECOND)?;
    }
    Ok(Cost {
        amount: sum.rounded()?,
        free_time_used: free_time.max(0) - free,
        billed: billed / SECOND,
        increments,
        extra: extra.is_some(),
    })
}

/// The tariff whose extra rate is due: the first whose extra second the call reaches while that tariff holds.
fn extra_of<'a>(
    peak: &'a Tariff,
    off_peak: &'a Tariff,
    calendar: &Calendar,
    start: i64,
    duration: i64,
) -> Option<&'a Tariff> {
    let due = [(peak, false), (off_peak, true)].into_iter().filter_map(|(tariff, off)| {
        let second = tariff.extra_second?.checked_mul(SECOND)?;
        let reached = duration > 0 && second <= duration;
        (reached && calendar.is_off_peak(start.saturating_add(second)) == off).then_some((second, tariff))
    });
    due.min_by_key(|(second, _)| *second).map(|(_, tariff)| tariff)
}

#[cfg(test)]
mod tests;
