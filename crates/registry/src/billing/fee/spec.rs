//! What a fee says, which of it is right, and how it is kept.

use serde::Serialize;
use store::{Row, Val, args};

use super::pattern;
use crate::billing::Rate;
use crate::id::{AccountId, ProfileId, ZoneId};
use crate::{Error, Result};

/// Whose calls a fee is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Calls that are received.
    In,
    /// Calls that are made.
    #[default]
    Out,
}

crate::text_enum!(Direction, "direction", { In => "in", Out => "out" });

/// How a number is compared with a fee's source and destination. Regular expressions are found anywhere in the number
/// unless they are anchored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchMode {
    /// Regular expressions; of several that match, the one with the longest expression counts.
    #[default]
    RegexLongestPattern,
    /// Regular expressions; of several that match, the one that matches most of the number counts.
    RegexLongestMatch,
    /// Prefixes, of which the longest counts; the source `.` stands for any.
    Prefix,
    /// The destination as it is; the source is a regular expression.
    ExactDestination,
}

crate::text_enum!(MatchMode, "match_mode", {
    RegexLongestPattern => "regex_longest_pattern", RegexLongestMatch => "regex_longest_match", Prefix => "prefix",
    ExactDestination => "exact_destination"
});

/// What a call costs, in or out of the peak times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tariff {
    /// For a second of the first interval.
    pub init_rate: Rate,
    /// Seconds of the first interval.
    pub init_interval: i64,
    /// For a second of every interval after.
    pub follow_rate: Rate,
    /// Seconds of every interval after.
    pub follow_interval: i64,
    /// Once, when the call reaches the extra second.
    pub extra_rate: Rate,
    /// Seconds after which the extra rate is due.
    pub extra_second: Option<i64>,
    /// The call uses the free time of the profile.
    pub use_free_time: bool,
}

/// What a fee says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// Which calling numbers it is for.
    pub source: String,
    /// Which called numbers it is for.
    pub destination: String,
    /// Whose calls it is for.
    pub direction: Direction,
    /// How numbers are compared.
    pub match_mode: MatchMode,
    /// What a call costs in the peak times.
    pub onpeak: Tariff,
    /// What a call costs at other times.
    pub offpeak: Tariff,
    /// What a message of the advice of charge stands for.
    pub aoc_pulse_amount_per_message: Rate,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec {
            source: ".".to_owned(),
            destination: String::new(),
            direction: Direction::default(),
            match_mode: MatchMode::default(),
            onpeak: Tariff::default(),
            offpeak: Tariff::default(),
            aoc_pulse_amount_per_message: Rate::default(),
        }
    }
}

fn tariff(row: &Row, columns: [&str; 7]) -> Result<Tariff> {
    let [init_rate, init_interval, follow_rate, follow_interval, extra_rate, extra_second, use_free_time] = columns;
    Ok(Tariff {
        init_rate: row.get(init_rate)?,
        init_interval: row.get(init_interval)?,
        follow_rate: row.get(follow_rate)?,
        follow_interval: row.get(follow_interval)?,
        extra_rate: row.get(extra_rate)?,
        extra_second: row.get(extra_second)?,
        use_free_time: row.get(use_free_time)?,
    })
}

/// The names of a tariff's fields, in the order of [`Tariff`], in and out of the peak times.
const NAMES: [[&str; 7]; 2] = [
    [
        "onpeak_init_rate",
        "onpeak_init_interval",
        "onpeak_follow_rate",
        "onpeak_follow_interval",
        "onpeak_extra_rate",
        "onpeak_extra_second",
        "onpeak_use_free_time",
    ],
    [
        "offpeak_init_rate",
        "offpeak_init_interval",
        "offpeak_follow_rate",
        "offpeak_follow_interval",
        "offpeak_extra_rate",
        "offpeak_extra_second",
        "offpeak_use_free_time",
    ],
];

/// What a row with every column says.
pub(super) fn spec(row: &Row) -> Result<Spec> {
    Ok(Spec {
        source: row.get("source")?,
        destination: row.get("destination")?,
        direction: row.get("direction")?,
        match_mode: row.get("match_mode")?,
        onpeak: tariff(row, NAMES[0])?,
        offpeak: tariff(row, NAMES[1])?,
        aoc_pulse_amount_per_message: row.get("aoc_pulse_amount_per_message")?,
    })
}

/// The values of a fee, in the order of its columns.
pub(in crate::billing) fn values(profile: ProfileId, zone: ZoneId, reseller: AccountId, spec: &Spec) -> Vec<Val> {
    let mut values =
        args![profile, zone, reseller, spec.match_mode, &spec.source, &spec.destination, spec.direction].to_vec();
    for tariff in [&spec.onpeak, &spec.offpeak] {
        values.extend_from_slice(args![
            tariff.init_rate,
            tariff.init_interval,
            tariff.follow_rate,
            tariff.follow_interval,
            tariff.extra_rate,
            tariff.extra_second,
            tariff.use_free_time
        ]);
    }
    let Spec { match_mode, source, destination, .. } = spec;
    values.extend_from_slice(args![
        spec.aoc_pulse_amount_per_message,
        pattern::lead(*match_mode, destination),
        pattern::precedence(*match_mode, destination, source)
    ]);
    values
}

/// Refuses what is too long, what is no regular expression where it has to be one, and intervals of less than a second.
pub(in crate::billing) fn check(spec: &Spec) -> Result<()> {
    for (field, text) in [("destination", &spec.destination), ("source", &spec.source)] {
        if text.is_empty() || text.chars().count() > 255 {
            return Err(Error::invalid(field, "it has 1 to 255 characters"));
        }
        let is_pattern = match spec.match_mode {
            MatchMode::RegexLongestPattern | MatchMode::RegexLongestMatch => true,
            MatchMode::ExactDestination => field == "source",
            MatchMode::Prefix => false,
        };
        if is_pattern {
            pattern::check(field, text)?;
        }
    }
    for (tariff, names) in [&spec.onpeak, &spec.offpeak].into_iter().zip(NAMES) {
        for (field, interval) in [(names[1], tariff.init_interval), (names[3], tariff.follow_interval)] {
            if interval < 1 {
                return Err(Error::invalid(field, "an interval has at least one second"));
            }
        }
        if tariff.extra_second.is_some_and(|second| second < 0) {
            return Err(Error::invalid(names[5], "it is not below zero"));
        }
    }
    Ok(())
}
