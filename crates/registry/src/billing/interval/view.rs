//! Intervals as they are at a time, without writing anything.

use std::collections::BTreeMap;

use serde::Serialize;
use store::Tx;

use super::catch_up::CaughtUp;
use super::facts;
use super::row;
use super::terms::{Interval, Terms};
use crate::id::AccountId;
use crate::{Error, Result};

/// An interval with what follows from what its account goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The interval.
    #[serde(flatten)]
    pub interval: Interval,
    /// What there is at its end, or now; micro-units.
    pub cash: i64,
    /// Whether it is open.
    pub is_actual: bool,
    /// From when to when a top-up comes in time.
    pub timely: Option<(i64, i64)>,
    /// When what is left is lost because there was no top-up for long.
    pub notopup_expiry: Option<i64>,
}

fn shown(interval: Interval, terms: &Terms, is_actual: bool) -> Shown {
    let own = is_actual && interval.package_id == terms.package_id;
    Shown {
        cash: interval.cash(),
        is_actual,
        timely: if own { interval.timely(terms) } else { None },
        notopup_expiry: if own { interval.expiry(terms) } else { None },
        interval,
    }
}

/// The interval that is open now for each of those accounts.
///
/// # Errors
/// Only those of the database.
pub async fn current(tx: &mut Tx, accounts: &[i64], now: i64) -> Result<BTreeMap<i64, Shown>> {
    let facts = facts::many(tx, accounts).await?;
    Ok(facts.into_iter().map(|(id, facts)| (id, shown(facts.open_at(now), &facts.terms, true))).collect())
}

/// A page of all intervals of an account, and how many there are.
///
/// # Errors
/// [`Error::NotFound`] for the account.
pub async fn history(
    tx: &mut Tx,
    account: AccountId,
    now: i64,
    descending: bool,
    offset: i64,
    limit: i64,
) -> Result<(Vec<Shown>, i64)> {
    let facts = facts::of(tx, account).await?;
    let kept = row::count(tx, account).await?;
    let CaughtUp { closed, open, .. } = facts.caught_up(now);
    let mut later: Vec<Shown> = closed.into_iter().map(|interval| shown(interval, &facts.terms, false)).collect();
    later.push(shown(open, &facts.terms, true));
    let fresh = later.len() as i64;
    let total = kept + fresh;
    let (first, last) = (offset.clamp(0, total), offset.saturating_add(limit).clamp(0, total));
    let part = |from: i64, to: i64| usize::try_from(from).unwrap_or(0)..usize::try_from(to.max(from)).unwrap_or(0);
    let stored = |intervals: Vec<Interval>| intervals.into_iter().map(|i| shown(i, &facts.terms, false)).collect();
    let mut page: Vec<Shown>;
    if descending {
        later.reverse();
        page = later[part(first.min(fresh), last.min(fresh))].to_vec();
        let from = (first - fresh).max(0);
        let rest: Vec<Shown> = stored(row::page(tx, account, true, (last - fresh - from).max(0), from).await?);
        page.extend(rest);
    } else {
        page = stored(row::page(tx, account, false, (last.min(kept) - first).max(0), first).await?);
        page.extend_from_slice(&later[part((first - kept).max(0), (last - kept).max(0))]);
    }
    Ok((page, total))
}

/// The interval of an account with that ordinal.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn one(tx: &mut Tx, account: AccountId, now: i64, ordinal: i64) -> Result<Shown> {
    let facts = facts::of(tx, account).await?;
    if let Some(kept) = row::one(tx, account, ordinal).await? {
        return Ok(shown(kept, &facts.terms, false));
    }
    let CaughtUp { closed, open, .. } = facts.caught_up(now);
    let is_open = open.ordinal == ordinal;
    let found = closed.into_iter().chain([open]).find(|interval| interval.ordinal == ordinal);
    found
        .map(|interval| shown(interval, &facts.terms, is_open))
        .ok_or_else(|| Error::not_found("balance interval", ordinal))
}
