//! Periods of a time set: what may be in one, its rule as RFC 5545 writes it, and whether it holds at a moment.
//!
//! A period is in the local time of whatever it is asked for: `09:00` is nine o'clock by the clock on the wall, and an
//! hour that a change of the clock repeats belongs to it twice.

use std::fmt::Write as _;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rrule::RRuleSet;
use serde::{Deserialize, Serialize};

/// A period that recurs as RFC 5545 §3.3.10 describes it. Parts that are not there say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Period {
    /// Its first beginning, `YYYY-MM-DD HH:MM:SS`.
    pub start: String,
    /// The end of its first occurrence, not part of it. Without an end a period that recurs lasts until the end of the
    /// second, minute, hour or day, as its frequency is; one that does not recur lasts for ever.
    pub end: Option<String>,
    /// How often it recurs: `secondly`, `minutely`, `hourly`, `daily`, `weekly`, `monthly`, `yearly`; none: it does not.
    pub freq: Option<String>,
    /// The last moment at which it may begin.
    pub until: Option<String>,
    /// How often it occurs, 1 to 10000.
    pub count: Option<i64>,
    /// It recurs in every so many seconds, minutes … years.
    pub interval: Option<i64>,
    /// Seconds, 0 to 59.
    pub bysecond: Option<String>,
    /// Minutes, 0 to 59.
    pub byminute: Option<String>,
    /// Hours, 0 to 23.
    pub byhour: Option<String>,
    /// Days of the week, `MO` to `SU`, perhaps with a number before: the so many-th of the month or year.
    pub byday: Option<String>,
    /// Days of the month, 1 to 31 or -31 to -1.
    pub bymonthday: Option<String>,
    /// Days of the year, 1 to 366 or -366 to -1.
    pub byyearday: Option<String>,
    /// Weeks of the year, 1 to 53 or -53 to -1.
    pub byweekno: Option<String>,
    /// Months, 1 to 12.
    pub bymonth: Option<String>,
    /// Which of the occurrences in a day, week, month or year.
    pub bysetpos: Option<String>,
    /// Whatever there is to say of it.
    pub comment: Option<String>,
}

/// Most occurrences that a period may count.
const MOST_COUNTED: i64 = 10_000;
/// Longest interval.
const LONGEST_INTERVAL: i64 = 1_000;
/// Most occurrences that are looked at to find out whether a period holds.
const MOST_SEEN: usize = 200_000;
/// Longest comment and list, in characters.
const LONGEST: usize = 255;

/// Frequencies with the seconds of their unit, where it always has as many.
const FREQUENCIES: [(&str, i64); 7] = [
    ("secondly", 1),
    ("minutely", 60),
    ("hourly", 3_600),
    ("daily", DAY),
    ("weekly", 7 * DAY),
    ("monthly", 0),
    ("yearly", 0),
];
const DAY: i64 = 86_400;

/// Lists of numbers: the least and the greatest, and whether they may count from the end.
const LISTS: [(&str, i64, i64, bool); 8] = [
    ("bysecond", 0, 59, false),
    ("byminute", 0, 59, false),
    ("byhour", 0, 23, false),
    ("bymonthday", 1, 31, true),
    ("byyearday", 1, 366, true),
    ("byweekno", 1, 53, true),
    ("bymonth", 1, 12, false),
    ("bysetpos", 1, 366, true),
];

/// Reads `YYYY-MM-DD HH:MM:SS`, also with a `T`.
fn read(text: &str) -> Option<DateTime> {
    let text = text.trim().replace('T', " ");
    let read = DateTime::strptime("%Y-%m-%d %H:%M:%S", &text).ok()?;
    (1900..=9000).contains(&read.year()).then_some(read)
}

fn show(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// As RFC 5545 writes a time in UTC: the arithmetic is done as if there were no time zones.
fn stamp(at: DateTime) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Seconds on a clock that is never changed.
fn seconds(at: DateTime) -> i64 {
    TimeZone::UTC.to_timestamp(at).map_or(i64::MAX, Timestamp::as_second)
}

impl Period {
    /// The lists by their names.
    fn lists(&mut self) -> [(&'static str, &mut Option<String>); 8] {
        [
            ("bysecond", &mut self.bysecond),
            ("byminute", &mut self.byminute),
            ("byhour", &mut self.byhour),
            ("bymonthday", &mut self.bymonthday),
            ("byyearday", &mut self.byyearday),
            ("byweekno", &mut self.byweekno),
            ("bymonth", &mut self.bymonth),
            ("bysetpos", &mut self.bysetpos),
        ]
    }

    /// Brings the period into one form, or says what is wrong with it.
    ///
    /// # Errors
    /// The member and what is wrong with it.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        let time = |name: &str, text: &str| match read(text) {
            Some(at) => Ok(show(at)),
            None => Err(format!("{name}: '{}' is not a time YYYY-MM-DD HH:MM:SS", cut(text))),
        };
        self.start = time("start", &self.start)?;
        self.end = self.end.as_deref().map(|end| time("end", end)).transpose()?;
        self.until = self.until.as_deref().map(|until| time("until", until)).transpose()?;
        if self.end.as_ref().is_some_and(|end| *end <= self.start) {
            return Err("end: must be after start".to_owned());
        }
        if let Some(freq) = &self.freq {
            let freq = freq.trim().to_ascii_lowercase();
            if !FREQUENCIES.iter().any(|(name, _)| *name == freq) {
                return Err(format!("freq: '{}' is not a valid value", cut(&freq)));
            }
            self.freq = Some(freq);
        }
        within("count", self.count, MOST_COUNTED)?;
        within("interval", self.interval, LONGEST_INTERVAL)?;
        for (name, list) in self.lists() {
            let Some((_, least, most, signed)) = LISTS.iter().find(|(known, ..)| *known == name) else { continue };
            if let Some(text) = list {
                *list = Some(numbers(name, text, *least, *most, *signed)?);
            }
        }
        self.byday = self.byday.as_deref().map(days).transpose()?;
        if self.comment.as_ref().is_some_and(|comment| comment.chars().count() > LONGEST) {
            return Err(format!("comment: should not exceed {LONGEST} characters"));
        }
        match self.rule() {
            // What may stand together with what is for those to say who count it out.
            Some(_) => self.recurrence(read(&self.start).unwrap_or_default()).map(drop),
            None if self.is_bare() => Ok(()),
            None => Err("freq: must be there for a period that recurs".to_owned()),
        }
    }

    /// Whether there is nothing that has to do with recurrence.
    fn is_bare(&self) -> bool {
        let mut period = self.clone();
        let no_list = period.lists().iter().all(|(_, list)| list.is_none());
        no_list && self.byday.is_none() && self.until.is_none() && self.count.is_none() && self.interval.is_none()
    }

    /// The recurrence rule of RFC 5545 without its name; none: it does not recur.
    #[must_use]
    pub fn rule(&self) -> Option<String> {
        let mut rule = format!("FREQ={}", self.freq.as_ref()?.to_ascii_uppercase());
        if let Some(until) = self.until.as_deref().and_then(read) {
            let _ = write!(rule, ";UNTIL={}", stamp(until));
        }
        for (name, number) in [("COUNT", self.count), ("INTERVAL", self.interval)] {
            if let Some(number) = number {
                let _ = write!(rule, ";{name}={number}");
            }
        }
        let mut lists = self.clone();
        let byday = ("byday", &mut self.byday.clone());
        for (name, list) in lists.lists().into_iter().chain([byday]) {
            if let Some(list) = list {
                let _ = write!(rule, ";{}={list}", name.to_ascii_uppercase());
            }
        }
        Some(rule)
    }

    /// Takes over a recurrence rule of RFC 5545.
    ///
    /// # Errors
    /// The part that is not understood.
    pub fn set_rule(&mut self, rule: &str) -> Result<(), String> {
        for part in rule.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("'{}' has no value", cut(part)))?;
            let number = || value.parse().map(Some).map_err(|_| format!("{}: '{}' is no number", name, cut(value)));
            let name = name.trim().to_ascii_lowercase();
            match name.as_str() {
                "freq" => self.freq = Some(value.to_ascii_lowercase()),
                "until" => self.until = Some(time_of(value).ok_or_else(|| format!("until: '{}'", cut(value)))?),
                "count" => self.count = number()?,
                "interval" => self.interval = number()?,
                "byday" => self.byday = Some(value.to_owned()),
                "wkst" if value.eq_ignore_ascii_case("MO") => {}
                _ => match self.lists().into_iter().find(|(known, _)| *known == name) {
                    Some((_, list)) => *list = Some(value.to_owned()),
                    None => return Err(format!("'{}' is not supported", cut(part))),
                },
            }
        }
        Ok(())
    }

    /// The occurrences from that beginning on.
    fn recurrence(&self, start: DateTime) -> Result<RRuleSet, String> {
        let rule = self.rule().unwrap_or_default();
        let text = format!("DTSTART:{}\nRRULE:{rule}", stamp(start));
        // The first line is enough: the rest explains the library.
        let first = |error: rrule::RRuleError| error.to_string().lines().next().unwrap_or_default().to_owned();
        text.parse::<RRuleSet>().map(RRuleSet::limit).map_err(first)
    }

    /// A later beginning with the same occurrences from `from` on; the own one where that can't be said.
    fn later(&self, start: DateTime, from: DateTime) -> DateTime {
        let interval = self.interval.unwrap_or(1).max(1);
        if self.count.is_some() || from <= start {
            return start;
        }
        let fixed = FREQUENCIES.iter().find(|(name, _)| self.freq.as_deref() == Some(*name)).map(|(_, unit)| *unit);
        match fixed {
            Some(unit) if unit > 0 => {
                // One more than need be, as what is set by position begins with its unit.
                let steps = (seconds(from) - seconds(start)) / (unit * interval) - 1;
                start.checked_add((steps.max(0) * unit * interval).seconds()).unwrap_or(start)
            }
            _ => {
                let unit = if self.freq.as_deref() == Some("yearly") { 12 * interval } else { interval };
                let months = |at: DateTime| i64::from(at.year()) * 12 + i64::from(at.month());
                let steps = (months(from) - months(start)) / unit - 1;
                let days_are_said = self.byday.is_some()
                    || self.bymonthday.is_some()
                    || self.byyearday.is_some()
                    || self.byweekno.is_some();
                if steps < 1 || start.day() > 28 && !days_are_said {
                    return start;
                }
                let day = start.day().min(28);
                let first = start.with().day(day).build();
                first.and_then(|first| first.checked_add((steps * unit).months())).unwrap_or(start)
            }
        }
    }

    /// Whether it holds at that time of the clock on the wall.
    fn holds(&self, at: DateTime) -> bool {
        let Some(start) = read(&self.start).filter(|start| *start <= at) else { return false };
        let end = self.end.as_deref().and_then(read);
        if self.freq.is_none() {
            return end.is_none_or(|end| at < end);
        }
        let unit = FREQUENCIES.iter().find(|(name, _)| self.freq.as_deref() == Some(*name));
        let unit = unit.map_or(DAY, |(_, unit)| if *unit == 0 { DAY } else { (*unit).min(DAY) });
        let length = end.map(|end| seconds(end) - seconds(start));
        let ends = |begin: i64| length.map_or_else(|| begin - begin.rem_euclid(unit) + unit, |length| begin + length);
        let now = seconds(at);
        let longest = length.unwrap_or(unit);
        let Ok(from) = at.checked_sub(longest.seconds()) else { return false };
        let Ok(occurrences) = self.recurrence(self.later(start, from)) else { return false };
        occurrences
            .into_iter()
            .take(MOST_SEEN)
            .map(|begin| begin.timestamp())
            .take_while(|begin| *begin <= now)
            .any(|begin| now < ends(begin))
    }
}

/// A time as RFC 5545 writes it, with or without a `Z` or a time of day.
pub(super) fn time_of(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches(['Z', 'z']);
    let whole = if text.len() == 8 { format!("{text}T000000") } else { text.to_owned() };
    DateTime::strptime("%Y%m%dT%H%M%S", &whole).ok().map(show)
}

fn within(name: &str, number: Option<i64>, most: i64) -> Result<(), String> {
    match number {
        Some(number) if !(1..=most).contains(&number) => Err(format!("{name}: must be between 1 and {most}")),
        _ => Ok(()),
    }
}

/// A list of numbers in one form.
fn numbers(name: &str, text: &str, least: i64, most: i64, signed: bool) -> Result<String, String> {
    let one = |part: &str| {
        let number: Option<i64> = part.trim().parse().ok();
        let fits = |n: &i64| (least..=most).contains(n) || signed && (least..=most).contains(&-n);
        let wanted = if signed { format!(" or -{most} to -{least}") } else { String::new() };
        let wrong = || format!("{name}: '{}' is not {least} to {most}{wanted}", cut(part));
        number.filter(fits).map(|n| n.to_string()).ok_or_else(wrong)
    };
    let list = text.split(',').map(one).collect::<Result<Vec<_>, _>>()?.join(",");
    if list.len() > LONGEST { Err(format!("{name}: should not exceed {LONGEST} characters")) } else { Ok(list) }
}

/// A list of days of the week in one form.
fn days(text: &str) -> Result<String, String> {
    let one = |part: &str| {
        let part = part.trim().to_ascii_uppercase();
        let cut_at = part.len().checked_sub(2).filter(|at| part.is_char_boundary(*at));
        let (number, day) = cut_at.map(|at| part.split_at(at)).unwrap_or_default();
        let number_fits =
            number.is_empty() || number.parse::<i64>().is_ok_and(|number| (1..=53).contains(&number.abs()));
        match ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].contains(&day) && number_fits {
            true => Ok(part),
            false => Err(format!("byday: '{}' is not a day such as MO, 1MO or -1SU", cut(&part))),
        }
    };
    let list = text.split(',').map(one).collect::<Result<Vec<_>, _>>()?.join(",");
    if list.len() > LONGEST { Err(format!("byday: should not exceed {LONGEST} characters")) } else { Ok(list) }
}

/// So much of a value as a message repeats.
fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Whether one of the periods holds at that time, in microseconds since 1970 UTC, where clocks show the time of the zone.
#[must_use]
pub fn holds_at(periods: &[Period], at: i64, zone: &TimeZone) -> bool {
    let Ok(at) = Timestamp::from_microsecond(at) else { return false };
    let at = zone.to_datetime(at);
    let at = at.with().subsec_nanosecond(0).build().unwrap_or(at);
    periods.iter().any(|period| period.holds(at))
}
