//! Jobs: work that must happen, enqueued in the transaction that wants it, claimed by lease.
//!
//! There is at most one waiting job for each kind and subject. A claimed job is no longer waiting, so the same work can
//! be asked for again while it runs. A lease that runs out makes the job claimable again; the token that comes with
//! each claim goes up, so that a worker that lost its lease can be told from the one that has it. Times of leases are
//! the database's.

use store::{Tx, args};

use crate::Result;
use crate::id::JobId;
use crate::statement::statements;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Brings a pool (the subject) back to its minimum.
    Refill,
    /// Works an order (the subject) through its states.
    Order,
    /// Publishes an import (the subject).
    Publish,
    /// Publishes an import of ported numbers (the subject).
    LnpImport,
    /// Gives a number (the subject) back to its vendor.
    Disconnect,
    /// Looks after what time alone brings about (subject 0).
    Sweep,
}

crate::text_enum!(Kind, "job kind", {
    Refill => "refill", Order => "order", Publish => "publish", LnpImport => "lnp_import", Disconnect => "disconnect",
    Sweep => "sweep",
});

/// A job that this worker holds.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// The id.
    pub id: JobId,
    /// What to do.
    pub kind: Kind,
    /// To which record.
    pub subject: i64,
    /// How often it has been claimed, this time included.
    pub attempt: i64,
    /// The fencing token of this claim.
    pub token: i64,
}

statements! {
    WAITING = "SELECT 1 FROM jobs WHERE kind = $1 AND subject = $2 AND waiting AND run_after <= $3";
    ENQUEUE = "INSERT INTO jobs (kind, subject, waiting, run_after, attempt, leased_until, token, last_error, created_at) \
        VALUES ($1, $2, true, $3, 0, 0, 0, '', {now}) ON CONFLICT (kind, subject) WHERE waiting \
        DO UPDATE SET run_after = CASE WHEN jobs.run_after < excluded.run_after THEN jobs.run_after ELSE excluded.run_after END";
    CLAIM = "UPDATE jobs SET waiting = false, attempt = attempt + 1, token = token + 1, leased_until = {now} + $1 \
        WHERE id = (SELECT id FROM jobs WHERE run_after <= {now} AND leased_until < {now} ORDER BY run_after, id LIMIT 1 {lock}) \
        RETURNING id, kind, subject, attempt, token";
    RENEW = "UPDATE jobs SET leased_until = {now} + $1 WHERE id = $2 AND token = $3";
    DONE = "DELETE FROM jobs WHERE id = $1 AND token = $2";
    DROP_DUPLICATE = "DELETE FROM jobs WHERE id = $1 AND token = $2 AND EXISTS \
        (SELECT 1 FROM jobs other WHERE other.kind = jobs.kind AND other.subject = jobs.subject AND other.waiting)";
    AGAIN = "UPDATE jobs SET waiting = true, leased_until = 0, run_after = {now} + $1, last_error = $2 \
        WHERE id = $3 AND token = $4";
    DEPTH = "SELECT kind, COUNT(*) FROM (SELECT kind FROM jobs LIMIT 100000) j GROUP BY kind";
    WALL = "SELECT {now}";
}

/// Asks for work to be done after so many microseconds (0: at once), in the caller's transaction.
///
/// # Errors
/// Only those of the database.
pub async fn enqueue(tx: &mut Tx, kind: Kind, subject: i64, after: i64) -> Result<()> {
    let at: i64 = now(tx).await? + after;
    // Looked at first: an upsert would make every sale in a pool wait for the one before it. On PostgreSQL the job may be
    // done before this transaction commits, and not see it; the sweep looks at every pool again.
    if tx.query_opt(WAITING, args![kind, subject, at]).await?.is_none() {
        tx.execute(ENQUEUE, args![kind, subject, at]).await?;
    }
    Ok(())
}

/// As [`enqueue`], for work at once that must not miss what this transaction changes: a job that waits already is kept
/// from the workers until the commit. To be called last, as it may wait for others that ask for the same.
///
/// # Errors
/// Only those of the database.
pub async fn demand(tx: &mut Tx, kind: Kind, subject: i64) -> Result<()> {
    let at = now(tx).await?;
    tx.execute(ENQUEUE, args![kind, subject, at]).await?;
    Ok(())
}

/// The database's clock, in microseconds since 1970 UTC.
///
/// # Errors
/// Only those of the database.
pub async fn now(tx: &mut Tx) -> Result<i64> {
    Ok(tx.query_one(WALL, args![]).await?.at(0)?)
}

/// Takes the job that is due longest, for so many microseconds.
///
/// # Errors
/// Only those of the database.
pub async fn claim(tx: &mut Tx, lease: i64) -> Result<Option<Job>> {
    let Some(row) = tx.query_opt(CLAIM, args![lease]).await? else { return Ok(None) };
    Ok(Some(Job { id: row.at(0)?, kind: row.at(1)?, subject: row.at(2)?, attempt: row.at(3)?, token: row.at(4)? }))
}

/// Holds a job for so many microseconds more; false when another worker has taken it.
///
/// # Errors
/// Only those of the database.
pub async fn renew(tx: &mut Tx, job: &Job, lease: i64) -> Result<bool> {
    Ok(tx.execute(RENEW, args![lease, job.id, job.token]).await? == 1)
}

/// Ends a job; false when another worker has taken it.
///
/// # Errors
/// Only those of the database.
pub async fn done(tx: &mut Tx, job: &Job) -> Result<bool> {
    Ok(tx.execute(DONE, args![job.id, job.token]).await? == 1)
}

/// Puts a job back, to be run again after so many microseconds. Where the same work waits already, that stands for it.
///
/// # Errors
/// Only those of the database.
pub async fn again(tx: &mut Tx, job: &Job, after: i64, why: &str) -> Result<()> {
    if tx.execute(DROP_DUPLICATE, args![job.id, job.token]).await? == 1 {
        return enqueue(tx, job.kind, job.subject, after).await;
    }
    match tx.execute(AGAIN, args![after, why, job.id, job.token]).await {
        // The same work was asked for in this moment; the next attempt finds it waiting.
        Err(store::Error::Unique(key)) => Err(store::Error::Retry(key).into()),
        other => Ok(other.map(drop)?),
    }
}

/// How many jobs there are of each kind, counted up to a hundred thousand.
///
/// # Errors
/// Only those of the database.
pub async fn depth(tx: &mut Tx) -> Result<Vec<(Kind, i64)>> {
    tx.query(DEPTH, args![]).await?.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
}
