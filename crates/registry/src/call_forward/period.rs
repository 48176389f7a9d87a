//! When calls are forwarded: periods of which each field is a value, a range or anything, and their way from one time
//! zone to another.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A time is in a period when each field that is there holds its part of the time. A field is `a` or `a-b`; a range
/// whose end is before its start goes on from the least value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Period {
    /// 1990 to 3000.
    pub year: Option<String>,
    /// 1 to 12.
    pub month: Option<String>,
    /// Day of the month, 1 to 31.
    pub mday: Option<String>,
    /// Day of the week, 1 (Sunday) to 7.
    pub wday: Option<String>,
    /// 0 to 23.
    pub hour: Option<String>,
    /// 0 to 59.
    pub minute: Option<String>,
}

const DAYS: usize = 7;
const HOURS: usize = 24;
const MINUTES: usize = 60;
const WEEK: usize = DAYS * HOURS * MINUTES;

/// First and last value of a field.
fn range(text: &str) -> Option<(u32, u32)> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    match text.split_once('-') {
        Some((first, last)) => Some((number(first)?, number(last)?)),
        None => number(text).map(|value| (value, value)),
    }
}

/// Which of the values from `least` on, `N` of them, a field takes in.
fn members<const N: usize>(field: Option<&String>, least: u32) -> [bool; N] {
    let Some((first, last)) = field.and_then(|text| range(text)) else { return [true; N] };
    std::array::from_fn(|index| {
        let value = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(least);
        if first <= last { (first..=last).contains(&value) } else { value >= first || value <= last }
    })
}

/// Runs of equal, wanted things as fields; all of them being equal is one run without a limit.
fn runs<T: PartialEq>(things: &[T], least: usize, wanted: impl Fn(&T) -> bool) -> Vec<(Option<String>, &T)> {
    let mut runs = Vec::new();
    let mut at = 0;
    for run in things.chunk_by(PartialEq::eq) {
        let (first, last) = (at + least, at + least + run.len() - 1);
        at += run.len();
        let Some(thing) = run.first().filter(|thing| wanted(thing)) else { continue };
        let field = match run.len() {
            n if n == things.len() => None,
            1 => Some(first.to_string()),
            _ => Some(format!("{first}-{last}")),
        };
        runs.push((field, thing));
    }
    runs
}

impl Period {
    /// Refuses a field that is no value or range of its kind.
    pub(super) fn check(&self) -> Result<()> {
        let fields = [
            ("year", &self.year, 1990, 3000),
            ("month", &self.month, 1, 12),
            ("mday", &self.mday, 1, 31),
            ("wday", &self.wday, 1, 7),
            ("hour", &self.hour, 0, 23),
            ("minute", &self.minute, 0, 59),
        ];
        for (name, field, least, most) in fields {
            let Some(text) = field else { continue };
            let fits = |(first, last): (u32, u32)| {
                (least..=most).contains(&first) && (least..=most).contains(&last) && (name != "year" || first <= last)
            };
            if !range(text).is_some_and(fits) {
                return Err(Error::invalid(
                    name,
                    format!("`{text}` is not a value or range between {least} and {most}"),
                ));
            }
        }
        Ok(())
    }

    /// Whether both limit dates in the same way.
    fn same_dates(&self, other: &Period) -> bool {
        self.year == other.year && self.month == other.month && self.mday == other.mday
    }

    /// Marks the minutes of the week that are in the period.
    fn mark(&self, week: &mut [bool]) {
        let days: [bool; DAYS] = members(self.wday.as_ref(), 1);
        let hours: [bool; HOURS] = members(self.hour.as_ref(), 0);
        let minutes: [bool; MINUTES] = members(self.minute.as_ref(), 0);
        for (index, mark) in week.iter_mut().enumerate() {
            let (day, hour, minute) = (index / (HOURS * MINUTES), index / MINUTES % HOURS, index % MINUTES);
            *mark |= days[day] && hours[hour] && minutes[minute];
        }
    }

    /// The periods of the marked minutes of the week, as few as there can be, each with these dates.
    fn of_week(&self, week: &[bool]) -> Vec<Period> {
        let days: Vec<Vec<&[bool]>> = week.chunks(HOURS * MINUTES).map(|day| day.chunks(MINUTES).collect()).collect();
        let any = |hour: &&[bool]| hour.contains(&true);
        let mut periods = Vec::new();
        for (wday, hours) in runs(&days, 1, |day| day.iter().any(any)) {
            for (hour, minutes) in runs(hours, 0, any) {
                for (minute, _) in runs(minutes, 0, |wanted| *wanted) {
                    periods.push(Period { wday: wday.clone(), hour: hour.clone(), minute, ..self.clone() });
                }
            }
        }
        periods
    }
}

/// The periods as a clock sees them that is so many minutes ahead. Days of the week, hours and minutes are moved;
/// dates stay as they are, since a range of them can't say what a day before the first of a month is.
#[must_use]
pub fn shifted(periods: &[Period], minutes: i64) -> Vec<Period> {
    if minutes == 0 {
        return periods.to_vec();
    }
    let mut left: Vec<&Period> = periods.iter().collect();
    let mut all = Vec::new();
    while let Some(dates) = left.first().copied() {
        let (same, others): (Vec<&Period>, Vec<&Period>) = left.into_iter().partition(|p| p.same_dates(dates));
        left = others;
        let mut week = vec![false; WEEK];
        same.iter().for_each(|period| period.mark(&mut week));
        let by = minutes.rem_euclid(WEEK as i64);
        week.rotate_right(usize::try_from(by).unwrap_or(0));
        all.extend(dates.of_week(&week));
    }
    all
}

/// How many minutes the clocks of a time zone are ahead of UTC at a time in microseconds.
///
/// # Errors
/// [`Error::Invalid`] for a zone that there is not.
pub fn ahead(zone: &str, now: i64) -> Result<i64> {
    let unknown = |_| Error::invalid("tz", format!("`{zone}` is not a time zone"));
    let zone = jiff::tz::TimeZone::get(zone).map_err(unknown)?;
    let at = jiff::Timestamp::from_microsecond(now).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(i64::from(zone.to_offset(at).seconds()) / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(wday: &str, hour: &str, minute: &str) -> Period {
        let field = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Period { wday: field(wday), hour: field(hour), minute: field(minute), ..Period::default() }
    }

    #[test]
    fn a_clock_that_is_ahead_sees_other_hours_and_days() {
        let table = [
            (period("2-6", "9-17", ""), 60, vec![period("2-6", "10-18", "")]),
            (period("2-6", "9-17", ""), -120, vec![period("2-6", "7-15", "")]),
            (period("", "22-1", ""), 60, vec![period("", "0-2", ""), period("", "23", "")]),
            (period("7", "", ""), 60, vec![period("1", "0", ""), period("7", "1-23", "")]),
            (period("2", "9", ""), 330, vec![period("2", "14", "30-59"), period("2", "15", "0-29")]),
            (period("", "", ""), 330, vec![period("", "", "")]),
            (period("", "", "0-14"), 30, vec![period("", "", "30-44")]),
        ];
        for (given, minutes, seen) in table {
            assert_eq!(shifted(std::slice::from_ref(&given), minutes), seen, "{given:?} by {minutes}");
            let back = shifted(&seen, -minutes);
            assert_eq!(shifted(&back, minutes), seen, "there and back");
        }
    }

    #[test]
    fn a_week_of_office_hours_comes_back_as_it_was() {
        let office = [period("2-5", "8-17", ""), period("6", "8-12", "0-29")];
        for minutes in [-720, -210, 60, 330, 345, 840] {
            let there = shifted(&office, minutes);
            assert_eq!(shifted(&there, -minutes), office, "{minutes}");
        }
    }

    #[test]
    fn fields_are_values_or_ranges_of_their_kind() {
        let of = |name: &str, text: &str| {
            let mut fields = serde_json::Map::new();
            fields.insert(name.to_owned(), text.into());
            serde_json::from_value::<Period>(fields.into()).expect("a period").check().is_ok()
        };
        for (name, text, good) in [
            ("year", "2026", true),
            ("year", "2026-2030", true),
            ("year", "1989", false),
            ("year", "2030-2026", false),
            ("month", "0", false),
            ("month", "11-2", true),
            ("wday", "1-7", true),
            ("wday", "8", false),
            ("hour", "0-23", true),
            ("hour", "24", false),
            ("minute", "59", true),
            ("minute", "-1", false),
            ("minute", "1-", false),
            ("minute", "x", false),
            ("minute", "", false),
        ] {
            assert_eq!(of(name, text), good, "{name} {text}");
        }
    }
}
