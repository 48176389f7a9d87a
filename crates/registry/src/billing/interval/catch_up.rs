//! Intervals one after another: a pure function of what was there, what it goes by and the time.
//!
//! Nothing moves money but what is told to, so that of the intervals that are caught up with only the first has seen any.
//! The others differ by what their profile gives. What is given for a part of an interval is the exact fraction of its
//! microseconds, rounded half to even once: cash to the micro-unit, time to the second. Free cash that was not used is
//! lost at the end and free time does not stay; all else is carried over or lost as the terms say, but for what is held.
//! Free cash pays no debt, and is what is held only as far as the account's own money does not suffice for that.

use super::terms::{CarryOver, Interval, Offer, Terms};
use crate::Money;
use crate::money::half_even;

/// Most intervals that are gone through one by one; where more have passed, idle ones become one that spans them.
pub const MOST: usize = 1_000;

/// What became of an account's intervals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaughtUp {
    /// Those that have ended, the first to begin first.
    pub closed: Vec<Interval>,
    /// The one that is open now.
    pub open: Interval,
    /// What fell below a limit.
    pub underrun: Underrun,
}

/// What a loss of money brought about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Underrun {
    /// Subscribers are to be locked.
    pub lock: bool,
    /// Other profiles are to hold.
    pub profiles: bool,
}

impl Underrun {
    /// What it means that there was so much and is so much now.
    #[must_use]
    pub fn of(terms: &Terms, before: i64, after: i64) -> Underrun {
        Underrun::between(terms, before, terms, after)
    }

    /// As [`Underrun::of`], where it goes by other terms now.
    #[must_use]
    pub fn between(old: &Terms, before: i64, new: &Terms, after: i64) -> Underrun {
        let (was, is) = (Underrun::first(old, before), Underrun::first(new, after));
        Underrun { lock: is.lock && !was.lock, profiles: is.profiles && !was.profiles }
    }

    /// What it means that there is so much from the beginning.
    #[must_use]
    pub fn first(terms: &Terms, cash: i64) -> Underrun {
        let below = |limit: Option<i64>| limit.is_some_and(|limit| cash < limit);
        Underrun { lock: below(terms.lock_below), profiles: below(terms.profiles_below) }
    }

    pub(super) fn and(self, other: Underrun) -> Underrun {
        Underrun { lock: self.lock || other.lock, profiles: self.profiles || other.profiles }
    }
}

/// The number, or the largest or least that amounts are cut off at.
pub(super) fn whole(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// What an offer gives for a part of an interval, as micro-units and seconds.
pub(super) fn given(offer: &Offer, part: i64, of: i64) -> (i64, i64) {
    let (part, of) = if of > 0 { (i128::from(part.clamp(0, of)), i128::from(of)) } else { (1, 1) };
    let (cents, scale) = offer.free_cash.exact();
    let exact = || {
        let dividend = cents.checked_mul(i128::from(Money::CENT))?.checked_mul(part)?;
        let divisor = 10_i128.checked_pow(scale)?.checked_mul(of)?;
        divisor.checked_mul(2)?;
        Some(half_even(dividend, divisor))
    };
    // Only what has more digits than any currency is rounded before the fraction is taken.
    let cash = exact().or_else(|| {
        let micro = half_even(cents, 10_i128.checked_pow(scale.saturating_sub(4))?);
        Some(half_even(micro.checked_mul(part)?, of))
    });
    let most = i128::from(Money::MOST.0);
    (whole(cash.unwrap_or_default().clamp(-most, most)), whole(half_even(i128::from(offer.free_time) * part, of)))
}

/// A part of an amount, rounded half to even.
pub(super) fn share(amount: i64, part: i64, of: i64) -> i64 {
    if of <= 0 { amount } else { whole(half_even(i128::from(amount) * i128::from(part), i128::from(of))) }
}

/// The first interval of an account that has so much.
#[must_use]
pub fn first(terms: &Terms, cash: i64) -> Interval {
    let calendar = &terms.calendar;
    let start = calendar.first_start();
    let step = calendar.step_after(start, 1, start.max(calendar.created_at));
    let end = (!calendar.mode.is_by_topup()).then(|| calendar.boundary(start, step));
    let offer = terms.offer(calendar.created_at);
    let (granted, free_time) = match end {
        Some(end) => given(&offer, end - calendar.created_at.max(start), end - start),
        None => given(&offer, 1, 1),
    };
    Interval {
        ordinal: 1,
        spans: 1,
        start,
        end,
        anchor: start,
        step,
        profile_id: offer.profile_id,
        package_id: terms.package_id,
        opening: cash,
        granted,
        topped_up: 0,
        adjusted: 0,
        debited: 0,
        discarded: 0,
        free_time_granted: free_time,
        free_time,
        free_time_spent: 0,
        topups: 0,
        timely_topups: 0,
        waiting_from: start,
        expired: false,
        underrun_lock_at: None,
        underrun_profiles_at: None,
    }
}

/// Ends an interval at a time by its terms, and begins the next one by others.
pub(super) fn follow(old: &mut Interval, terms: &Terms, next: &Terms, at: i64) -> Interval {
    let in_time = terms.carry_over == CarryOver::CarryOverTimely && old.timely_topups > 0;
    let stays =
        (in_time || terms.carry_over == CarryOver::CarryOver) && old.expiry(terms).is_none_or(|expiry| at < expiry);
    let free = old.unused();
    let own = old.cash().saturating_sub(free).max(0);
    let kept = terms.held.saturating_sub(own).clamp(0, free);
    let lost = if stays { 0 } else { own.saturating_sub(terms.held).max(0) };
    old.discarded = old.discarded.saturating_add(free - kept).saturating_add(lost);
    old.end = Some(at);
    let offer = next.offer(at);
    let (granted, free_time) = given(&offer, 1, 1);
    Interval {
        ordinal: old.ordinal + old.spans,
        spans: 1,
        start: at,
        end: None,
        anchor: old.anchor,
        step: old.step,
        profile_id: offer.profile_id,
        package_id: next.package_id,
        opening: old.cash(),
        granted,
        topped_up: 0,
        adjusted: 0,
        debited: 0,
        discarded: 0,
        free_time_granted: free_time,
        free_time,
        free_time_spent: 0,
        topups: 0,
        timely_topups: 0,
        waiting_from: if old.topups > 0 { old.start } else { old.waiting_from },
        expired: false,
        underrun_lock_at: None,
        underrun_profiles_at: None,
    }
}

/// Ends every interval whose end has come and begins the next, until one is open; and takes away what is lost by now from
/// one without an end.
#[must_use]
pub fn catch_up(open: Interval, terms: &Terms, now: i64) -> CaughtUp {
    within(open, terms, now, MOST)
}

/// The interval that is open then, as [`catch_up`] has it. Where nothing is given, or what is given and not used is lost as
/// nothing is held, idle intervals make no difference to the last, and are passed over at once.
pub(super) fn open_at(open: Interval, terms: &Terms, now: i64) -> Interval {
    let gives = terms.offers.iter().any(|(_, offer)| offer.is_something());
    within(open, terms, now, if !gives || terms.held == 0 { 2 } else { MOST }).open
}

fn within(mut open: Interval, terms: &Terms, now: i64, most: usize) -> CaughtUp {
    let calendar = &terms.calendar;
    let (mut closed, mut underrun) = (Vec::new(), Underrun::default());
    while let Some(end) = open.end.filter(|end| *end <= now) {
        let before = open.cash();
        let mut next = follow(&mut open, terms, terms, end);
        (next.anchor, next.step) = calendar.after(open.anchor, open.step, end);
        next.end = Some(calendar.boundary(next.anchor, next.step));
        let behind = calendar.step_before(next.anchor, next.step, now) - next.step;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        if closed.is_empty() && behind > most {
            next.spans = behind - most / 2;
            next.step += next.spans - 1;
            next.end = Some(calendar.boundary(next.anchor, next.step));
        }
        underrun = underrun.and(Underrun::of(terms, before, next.cash()));
        closed.push(std::mem::replace(&mut open, next));
    }
    if open.end.is_none() && !open.expired && open.lapse(terms).is_some_and(|lapse| lapse <= now) {
        let before = open.cash();
        open.discarded = open.discarded.saturating_add(before.saturating_sub(terms.held).max(0));
        open.expired = true;
        underrun = underrun.and(Underrun::of(terms, before, open.cash()));
    }
    CaughtUp { closed, open, underrun }
}

/// What a change of the terms makes of the open interval, which has been caught up with: where intervals begin otherwise
/// from now on, it ends where the first of the new ones begins, and what was given for it is measured anew.
pub fn realign(open: &mut Interval, old: &Terms, new: &Terms, now: i64) {
    open.package_id = new.package_id;
    let (was, is) = (&old.calendar, &new.calendar);
    if was.mode == is.mode {
        if let Some(end) = open.end.filter(|_| (was.value, was.unit) != (is.value, is.unit)) {
            (open.anchor, open.step) = (end, 0);
        }
        return;
    }
    let end = is.next_start(now);
    if let (Some(before), Some(after)) = (open.end, end) {
        let from = open.start.max(is.created_at.min(before));
        let granted = share(open.granted, after - from, before - from).max(open.granted.min(open.debited));
        open.granted = granted;
        let free_time = share(open.free_time_granted, after - from, before - from);
        open.free_time = (open.free_time + free_time - open.free_time_granted).max(0);
        open.free_time_granted = free_time;
    }
    (open.end, open.anchor, open.step) = (end, end.unwrap_or(open.start), 0);
    open.expired = false;
}

/// Adds money to an interval that has been caught up with. By `new` terms, which a top-up may bring along, it may end with
/// that: then it is the first of the two, and the money is in the second.
#[must_use]
pub fn top_up(mut open: Interval, old: &Terms, new: &Terms, now: i64, amount: i64) -> (Option<Interval>, Interval) {
    open.topups += 1;
    if open.timely(old).is_some_and(|(from, end)| from <= now && now < end) {
        open.timely_topups += 1;
    }
    realign(&mut open, old, new, now);
    let begins = new.calendar.mode.is_by_topup() && open.end.is_none() && now > open.start;
    let (closed, mut open) = if begins {
        let mut next = follow(&mut open, old, new, now);
        if new.calendar.mode == super::calendar::StartMode::TopupInterval {
            (next.anchor, next.step) = (now, 1);
            next.end = Some(new.calendar.boundary(now, 1));
        }
        (Some(open), next)
    } else {
        (None, open)
    };
    open.topped_up = open.topped_up.saturating_add(amount);
    (closed, open)
}

#[cfg(test)]
mod examples;
#[cfg(test)]
mod properties;
