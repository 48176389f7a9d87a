//! The times of a billing profile: the hours of a week, and special days, at which its off-peak rates hold. At all others
//! the peak rates hold.

use std::collections::BTreeMap;

use serde::Serialize;
use store::{Tx, args};

use crate::id::ProfileId;
use crate::statement::statements;
use crate::{Error, Result, listing};

/// Seconds in a day.
const DAY: i64 = 86_400;
/// The most periods of every week that a profile has, and the most that come once.
pub const MOST: usize = 1_000;

/// A period on one day of every week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Weekly {
    /// 0 is Monday, 6 is Sunday.
    pub weekday: i64,
    /// Its start in seconds since midnight.
    pub start: i64,
    /// Its end in seconds since midnight.
    pub stop: i64,
}

/// A period that comes once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Special {
    /// Its start in microseconds UTC.
    pub start: i64,
    /// Its end in microseconds UTC.
    pub stop: i64,
}

/// All off-peak times of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Peaks {
    /// Those of every week.
    #[serde(rename = "peaktime_weekdays")]
    pub weekly: Vec<Weekly>,
    /// Those that come once.
    #[serde(rename = "peaktime_special")]
    pub special: Vec<Special>,
}

statements! {
    INSERT = "INSERT INTO billing_peaks (profile_id, weekday, start_at, stop_at) VALUES ($1, $2, $3, $4)";
    DELETE = "DELETE FROM billing_peaks WHERE profile_id = $1";
}

const OF_PROFILES: &str = "SELECT id, profile_id, weekday, start_at, stop_at FROM billing_peaks \
    WHERE profile_id IN ({ids}) ORDER BY id";

impl Peaks {
    /// Refuses periods that end before they start, that overlap, that are on no day of the week and that are too many.
    pub(crate) fn check(&self) -> Result<()> {
        let (weekly, special) = ("peaktime_weekdays", "peaktime_special");
        for (field, count) in [(weekly, self.weekly.len()), (special, self.special.len())] {
            if count > MOST {
                return Err(Error::invalid(field, format!("a profile has at most {MOST} periods")));
            }
        }
        for period in &self.weekly {
            if !(0..=6).contains(&period.weekday) {
                return Err(Error::invalid(weekly, format!("weekday {} is not between 0 and 6", period.weekday)));
            }
            if period.start < 0 || period.stop > DAY {
                return Err(Error::invalid(weekly, "a day is from 00:00:00 to 24:00:00"));
            }
        }
        apart(weekly, self.weekly.iter().map(|p| (p.weekday, p.start, p.stop)).collect())?;
        apart(special, self.special.iter().map(|p| (0, p.start, p.stop)).collect())
    }
}

/// Refuses periods (day, start, stop) that are empty or overlap on a day; they may touch.
fn apart(field: &'static str, mut periods: Vec<(i64, i64, i64)>) -> Result<()> {
    periods.sort_unstable();
    if periods.iter().any(|(_, start, stop)| start >= stop) {
        return Err(Error::invalid(field, "the start of a period must be before its stop"));
    }
    let overlap = periods.windows(2).any(|pair| match pair {
        [(day, _, stop), (next_day, next_start, _)] => day == next_day && next_start < stop,
        _ => false,
    });
    if overlap { Err(Error::invalid(field, "periods overlap")) } else { Ok(()) }
}

/// The times of those profiles that have some, in the order in which they were given.
pub(crate) async fn load(tx: &mut Tx, profiles: &[i64]) -> Result<BTreeMap<i64, Peaks>> {
    let mut found: BTreeMap<i64, Peaks> = BTreeMap::new();
    for row in listing::for_ids(tx, OF_PROFILES, profiles).await? {
        let peaks = found.entry(row.get("profile_id")?).or_default();
        let (start, stop) = (row.get("start_at")?, row.get("stop_at")?);
        match row.get("weekday")? {
            Some(weekday) => peaks.weekly.push(Weekly { weekday, start, stop }),
            None => peaks.special.push(Special { start, stop }),
        }
    }
    Ok(found)
}

/// Gives a profile these times and no others.
pub(crate) async fn replace(tx: &mut Tx, profile: ProfileId, peaks: &Peaks) -> Result<()> {
    tx.execute(DELETE, args![profile]).await?;
    for period in &peaks.weekly {
        tx.execute(INSERT, args![profile, Some(period.weekday), period.start, period.stop]).await?;
    }
    for period in &peaks.special {
        tx.execute(INSERT, args![profile, None::<i64>, period.start, period.stop]).await?;
    }
    Ok(())
}
