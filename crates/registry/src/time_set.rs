//! Time sets: named sets of times that recur, for rules and levels that hold only at some times.

mod period;
#[cfg(test)]
mod tests;

use crate::caller::Caller;
use crate::id::{AccountId, TimeSetId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, Stored, record};
use crate::{Error, Result};
use store::Tx;

pub use period::{Period, holds_at};

record! {
    /// A set of times.
    TimeSet(TimeSetId) in "time_sets" called "time set" {
        /// Whose it is.
        reseller_id: AccountId,
        /// Its name, unique for the reseller.
        name: String,
        /// The periods.
        times: Stored<Vec<Period>>,
    }
}

/// Most periods of a set.
pub const MOST_PERIODS: usize = 500;

/// The time sets of all resellers.
pub static ALL: Source = Source {
    name: "time sets",
    from: "time_sets t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[Column::int("id", "t.id"), Column::int("reseller_id", "t.reseller_id"), Column::text("name", "t.name")],
    tallies: &["reseller_id"],
};

/// A time of RFC 5545, such as `20260105T090000`, as a period has it.
#[must_use]
pub fn time_of(text: &str) -> Option<String> {
    period::time_of(text)
}

#[async_trait::async_trait]
impl Kept for TimeSet {
    const LIST: &'static Source = &ALL;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep time sets")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        record::check_reseller(tx, caller, self.reseller_id).await?;
        if self.times.0.len() > MOST_PERIODS {
            return Err(Error::invalid("times", format!("a time set has at most {MOST_PERIODS} periods")));
        }
        for (number, period) in (1..).zip(&mut self.times.0) {
            period.settle().map_err(|wrong| Error::invalid("times", format!("period {number}: {wrong}")))?;
        }
        Ok(())
    }
}
