//! What the money of an account goes by, and the intervals that it is reckoned in.

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, Unit};
use crate::Money;
use crate::billing::Rate;
use crate::id::{PackageId, ProfileId};

/// What becomes of the money that is left at the end of an interval. What is owed stays owed in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarryOver {
    /// It stays.
    #[default]
    CarryOver,
    /// It stays where there was a top-up in time.
    CarryOverTimely,
    /// It is lost.
    Discard,
}

crate::text_enum!(CarryOver, "carry_over_mode", {
    CarryOver => "carry_over", CarryOverTimely => "carry_over_timely", Discard => "discard"
});

/// What a billing profile gives for nothing in each interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The profile.
    pub profile_id: Option<ProfileId>,
    /// Cents.
    pub free_cash: Rate,
    /// Seconds.
    pub free_time: i64,
}

impl Offer {
    /// Whether it gives anything.
    #[must_use]
    pub fn is_something(&self) -> bool {
        self.free_time != 0 || self.free_cash != Rate::default()
    }
}

/// What the money of an account goes by.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How intervals follow each other.
    pub calendar: Calendar,
    /// What becomes of what is left at the end of an interval.
    pub carry_over: CarryOver,
    /// How long before the end of an interval a top-up comes in time.
    pub timely: Option<(i64, Unit)>,
    /// After so many intervals without a top-up what is left is lost.
    pub notopup: Option<i64>,
    /// What the account's profiles give, with the time from which each holds; the first to begin first.
    pub offers: Vec<(i64, Offer)>,
    /// Below so many micro-units subscribers are locked.
    pub lock_below: Option<i64>,
    /// Below so many micro-units other profiles hold.
    pub profiles_below: Option<i64>,
    /// The profile package.
    pub package_id: Option<PackageId>,
    /// Micro-units that are held for purchases under way: they are not lost.
    pub held: i64,
}

impl Terms {
    /// What holds at a time.
    #[must_use]
    pub fn offer(&self, at: i64) -> Offer {
        let begun = self.offers.iter().rfind(|(from, _)| *from <= at).or(self.offers.first());
        begun.map(|(_, offer)| *offer).unwrap_or_default()
    }

    /// Whether money comes, goes or is watched by itself.
    #[must_use]
    pub fn are_about_money(&self) -> bool {
        self.package_id.is_some() || self.offers.iter().any(|(_, offer)| offer.is_something())
    }
}

/// The money of an account from one time to another. Amounts are micro-units, free time is seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interval {
    /// Its place in the account's row of intervals, from 1.
    pub ordinal: i64,
    /// How many regular intervals it stands for: more than 1 where long idle times were passed over at once.
    pub spans: i64,
    /// When it begins.
    pub start: i64,
    /// When the next one begins; none: when something ends it.
    pub end: Option<i64>,
    /// Where the regular intervals begin that it is one of.
    #[serde(skip)]
    pub anchor: i64,
    /// How many of them after that it ends.
    #[serde(skip)]
    pub step: i64,
    /// The billing profile when it began.
    pub profile_id: Option<ProfileId>,
    /// The profile package when it began.
    pub package_id: Option<PackageId>,
    /// What there was at its start.
    pub opening: i64,
    /// Free cash that was given.
    pub granted: i64,
    /// What was topped up, less service charges.
    pub topped_up: i64,
    /// By how much the balance was set anew.
    pub adjusted: i64,
    /// What was taken.
    pub debited: i64,
    /// What was lost: free cash that was not used, and what was not carried over.
    pub discarded: i64,
    /// Free time that was given.
    pub free_time_granted: i64,
    /// Free time that is left.
    pub free_time: i64,
    /// Free time that was used.
    pub free_time_spent: i64,
    /// Top-ups.
    pub topups: i64,
    /// Those among them that came in time.
    pub timely_topups: i64,
    /// The start of the last interval before with a top-up, or of the first one.
    #[serde(skip)]
    pub waiting_from: i64,
    /// What was left has been lost before the end.
    #[serde(skip)]
    pub expired: bool,
    /// When subscribers were locked because there was too little.
    pub underrun_lock_at: Option<i64>,
    /// When other profiles began to hold because there was too little.
    pub underrun_profiles_at: Option<i64>,
}

impl Interval {
    /// What there is: at the end of one that has ended, now in one that is open.
    #[must_use]
    pub fn cash(&self) -> i64 {
        let parts = [self.opening, self.granted, self.topped_up, self.adjusted];
        let sum: i128 = parts.into_iter().map(i128::from).sum();
        super::catch_up::whole(sum - i128::from(self.debited) - i128::from(self.discarded))
    }

    /// Whether each of its sums is far below what a number can hold, so that none has been cut off.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let parts = [self.opening, self.granted, self.topped_up, self.adjusted, self.debited, self.discarded];
        let most = Money::MOST_KEPT.0;
        parts.iter().all(|part| (-4 * most + 1..4 * most).contains(part))
    }

    /// Free cash that has neither been used nor lost.
    #[must_use]
    pub fn unused(&self) -> i64 {
        self.granted.saturating_sub(self.debited).saturating_sub(self.discarded).max(0)
    }

    /// Sets what there is. Free cash becomes a part of cash that differs, and is not lost at the end.
    pub fn set(&mut self, cash: i64, free_time: i64) {
        self.free_time = free_time;
        if cash == self.cash() {
            return;
        }
        let unused = self.unused();
        self.granted = self.granted.saturating_sub(unused);
        self.adjusted = self.adjusted.saturating_add(unused);
        self.adjusted = self.adjusted.saturating_add(cash.saturating_sub(self.cash()));
    }

    /// From when to when a top-up comes in time.
    #[must_use]
    pub fn timely(&self, terms: &Terms) -> Option<(i64, i64)> {
        let (value, unit) = terms.timely?;
        let end = self.end.unwrap_or_else(|| terms.calendar.intervals_after(self.start, 1));
        Some((terms.calendar.before(end, value, unit).max(self.start), end))
    }

    /// When what is left is lost because there was no top-up for long.
    #[must_use]
    pub fn expiry(&self, terms: &Terms) -> Option<i64> {
        let count = terms.notopup?;
        if self.end.is_none() {
            return Some(terms.calendar.intervals_after(self.start, count));
        }
        let from = if self.topups > 0 { self.start } else { self.waiting_from };
        Some(terms.calendar.intervals_after(from, count.saturating_add(1)))
    }

    /// When something happens to it by itself; none: never, or nothing that anybody would see before money moves.
    #[must_use]
    pub fn due(&self, terms: &Terms) -> Option<i64> {
        match self.end {
            Some(end) => {
                let coming = terms.offers.iter().any(|(from, offer)| *from > self.start && offer.is_something());
                let idle = self.cash() == 0 && !coming && !terms.offer(self.start).is_something();
                (!idle).then_some(end)
            }
            None if self.expired => None,
            None => self.lapse(terms),
        }
    }

    /// When what is left of an interval without an end is lost.
    pub(super) fn lapse(&self, terms: &Terms) -> Option<i64> {
        let timely = match terms.carry_over {
            CarryOver::CarryOverTimely => self.timely(terms).map(|(_, end)| end),
            _ => None,
        };
        [self.expiry(terms), timely].into_iter().flatten().min()
    }
}
