//! Intervals as they are kept.

use std::collections::BTreeMap;

use store::{Row, Tx, Val, args};

use super::terms::{Interval, Terms};
use crate::id::AccountId;
use crate::statement::statements;
use crate::{Result, listing};

/// The columns of an [`Interval`].
macro_rules! columns {
    () => {
        "ordinal, spans, start_at, end_at, anchor_at, step, profile_id, package_id, opening, granted, topped_up, adjusted, \
         debited, discarded, free_time_granted, free_time, free_time_spent, topups, timely_topups, waiting_from, expired, \
         underrun_lock_at, underrun_profiles_at"
    };
}

statements! {
    INSERT = concat!("INSERT INTO balance_intervals (", columns!(), ", closed, due_at, account_id) VALUES ($1, $2, $3, $4, \
        $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)");
    UPDATE = "UPDATE balance_intervals SET ordinal = $1, spans = $2, start_at = $3, end_at = $4, anchor_at = $5, step = $6, \
        profile_id = $7, package_id = $8, opening = $9, granted = $10, topped_up = $11, adjusted = $12, debited = $13, \
        discarded = $14, free_time_granted = $15, free_time = $16, free_time_spent = $17, topups = $18, \
        timely_topups = $19, waiting_from = $20, expired = $21, underrun_lock_at = $22, underrun_profiles_at = $23, \
        closed = $24, due_at = $25 WHERE account_id = $26 AND NOT closed";
    COUNT = "SELECT COUNT(*) AS n FROM balance_intervals WHERE account_id = $1 AND closed";
    CLOSED = concat!("SELECT account_id, ", columns!(), " FROM balance_intervals WHERE account_id = $1 AND closed \
        ORDER BY ordinal LIMIT $2 OFFSET $3");
    NEWEST = concat!("SELECT account_id, ", columns!(), " FROM balance_intervals WHERE account_id = $1 AND closed \
        ORDER BY ordinal DESC LIMIT $2 OFFSET $3");
    ONE = concat!("SELECT account_id, ", columns!(), " FROM balance_intervals WHERE account_id = $1 AND closed \
        AND ordinal = $2");
}

const OPEN: &str = concat!(
    "SELECT account_id, due_at, ",
    columns!(),
    " FROM balance_intervals WHERE account_id IN ({ids}) AND NOT closed"
);

/// The open interval of an account as its row has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) interval: Interval,
    /// When it is due.
    pub(super) due_at: Option<i64>,
}

pub(super) fn interval(row: &Row) -> Result<Interval> {
    Ok(Interval {
        ordinal: row.get("ordinal")?,
        spans: row.get("spans")?,
        start: row.get("start_at")?,
        end: row.get("end_at")?,
        anchor: row.get("anchor_at")?,
        step: row.get("step")?,
        profile_id: row.get("profile_id")?,
        package_id: row.get("package_id")?,
        opening: row.get("opening")?,
        granted: row.get("granted")?,
        topped_up: row.get("topped_up")?,
        adjusted: row.get("adjusted")?,
        debited: row.get("debited")?,
        discarded: row.get("discarded")?,
        free_time_granted: row.get("free_time_granted")?,
        free_time: row.get("free_time")?,
        free_time_spent: row.get("free_time_spent")?,
        topups: row.get("topups")?,
        timely_topups: row.get("timely_topups")?,
        waiting_from: row.get("waiting_from")?,
        expired: row.get("expired")?,
        underrun_lock_at: row.get("underrun_lock_at")?,
        underrun_profiles_at: row.get("underrun_profiles_at")?,
    })
}

fn values(of: AccountId, i: &Interval, closed: bool, due_at: Option<i64>) -> Vec<Val> {
    args![
        i.ordinal,
        i.spans,
        i.start,
        i.end,
        i.anchor,
        i.step,
        i.profile_id,
        i.package_id,
        i.opening,
        i.granted,
        i.topped_up,
        i.adjusted,
        i.debited,
        i.discarded,
        i.free_time_granted,
        i.free_time,
        i.free_time_spent,
        i.topups,
        i.timely_topups,
        i.waiting_from,
        i.expired,
        i.underrun_lock_at,
        i.underrun_profiles_at,
        closed,
        due_at,
        of
    ]
    .to_vec()
}

/// The open intervals of those accounts that have one.
pub(super) async fn open(tx: &mut Tx, ids: &[i64]) -> Result<BTreeMap<i64, Open>> {
    let rows = listing::for_ids(tx, OPEN, ids).await?;
    let open = |row: &Row| Result::<Open>::Ok(Open { interval: interval(row)?, due_at: row.get("due_at")? });
    rows.iter().map(|row| Ok((row.get("account_id")?, open(row)?))).collect()
}

/// Writes what has become of the open interval of an account, where that is anything: those that have ended since and the
/// one that is open. `kept` is what its row has, if there is one.
pub(super) async fn write(
    tx: &mut Tx,
    account: AccountId,
    kept: Option<&Open>,
    closed: &[Interval],
    open: &Open,
) -> Result<()> {
    if closed.is_empty() && kept == Some(open) {
        return Ok(());
    }
    let mut had = kept.is_some();
    let all = closed.iter().map(|interval| (interval, true)).chain([(&open.interval, false)]);
    for (interval, is_closed) in all {
        let due_at = if is_closed { None } else { open.due_at };
        let sql = if had { UPDATE } else { INSERT };
        tx.execute(sql, &values(account, interval, is_closed, due_at)).await?;
        had = had && !is_closed;
    }
    Ok(())
}

/// When the open interval is due by its terms; an account that has ended is left alone.
pub(super) fn due(open: &Interval, terms: &Terms, terminated: bool) -> Option<i64> {
    if terminated { None } else { open.due(terms) }
}

/// How many intervals of an account have ended.
pub(super) async fn count(tx: &mut Tx, account: AccountId) -> Result<i64> {
    Ok(tx.query_one(COUNT, args![account]).await?.at(0)?)
}

/// A page of those that have ended, in either direction.
pub(super) async fn page(
    tx: &mut Tx,
    account: AccountId,
    descending: bool,
    limit: i64,
    offset: i64,
) -> Result<Vec<Interval>> {
    let sql = if descending { NEWEST } else { CLOSED };
    tx.query(sql, args![account, limit, offset]).await?.iter().map(interval).collect()
}

/// The one of that ordinal, if it has ended.
pub(super) async fn one(tx: &mut Tx, account: AccountId, ordinal: i64) -> Result<Option<Interval>> {
    tx.query_opt(ONE, args![account, ordinal]).await?.as_ref().map(interval).transpose()
}
