//! Imports: rows staged in short transactions, checked as a whole, then published by a job that can be resumed.
//!
//! Nothing is visible before every row is known to be good; publishing then moves the rows in short transactions.

use serde::Serialize;
use store::{Row, Tx, Val, args};

use crate::caller::Caller;
use crate::clock::DAY;
use crate::id::{ClassId, ImportId, PoolId};
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::{Error, Result, job};

/// Rows that are staged, checked or published in one transaction.
pub const BATCH: usize = 2_000;

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Rows are coming in; nothing is visible.
    Staging,
    /// All rows are good and are being moved into the registry.
    Publishing,
    /// All rows are in the registry.
    Done,
    /// Rows were bad; nothing was published.
    Failed,
}

crate::text_enum!(State, "state", {
    Staging => "staging", Publishing => "publishing", Done => "done", Failed => "failed"
});

/// An import.
#[derive(Clone, Debug, Serialize)]
pub struct Import {
    /// The id.
    pub id: ImportId,
    /// The pool that gets the numbers.
    pub pool_id: PoolId,
    /// Where it stands.
    pub state: State,
    /// Rows staged.
    pub staged: i64,
    /// Rows published.
    pub published: i64,
    /// Why it failed.
    pub message: String,
}

/// A row of an import.
#[derive(Clone, Debug)]
pub struct StagedRow {
    /// The line in the file.
    pub line: i64,
    /// Digits of E.164.
    pub digits: String,
    /// The class.
    pub class: ClassId,
    /// Free text.
    pub description: Option<String>,
}

statements! {
    INSERT = "INSERT INTO imports (pool_id, state, staged, published, position, message, made_by, created_at, modified_at) \
        VALUES ($1, 'staging', 0, 0, '', '', $2, $3, $3) RETURNING id";
    BY_ID = "SELECT id, pool_id, state, staged, published, message FROM imports WHERE id = $1";
    LOCK = "SELECT id, pool_id, state, staged, published, message FROM imports WHERE id = $1 {wait}";
    COUNT_STAGED = "UPDATE imports SET staged = staged + $1, modified_at = $2 WHERE id = $3 AND state = 'staging'";
    TAKEN = "SELECT r.line, r.digits FROM import_rows r JOIN numbers n ON n.digits = r.digits \
        WHERE r.import_id = $1 AND r.digits > $2 AND r.digits <= $3 AND n.state <> 'deleted' AND n.state <> 'discovery' \
        ORDER BY r.digits";
    CHUNK_END = "SELECT digits FROM import_rows WHERE import_id = $1 AND digits > $2 ORDER BY digits LIMIT 1 OFFSET $3";
    LAST = "SELECT digits FROM import_rows WHERE import_id = $1 ORDER BY digits DESC LIMIT 1";
    SET_STATE = "UPDATE imports SET state = $1, message = $2, modified_at = $3 WHERE id = $4";
    ABANDONED = "SELECT id FROM imports WHERE state = 'staging' AND modified_at < $1 LIMIT 100";
    PUBLISH = "INSERT INTO numbers (digits, state, pool_id, class_id, description, created_at, modified_at) \
        SELECT digits, 'available', CAST($1 AS BIGINT), class_id, description, CAST($2 AS BIGINT), CAST($2 AS BIGINT) \
        FROM import_rows WHERE import_id = $3 AND digits > $4 AND digits <= $5 ORDER BY digits \
        ON CONFLICT (digits) DO UPDATE SET state = excluded.state, pool_id = excluded.pool_id, \
        class_id = excluded.class_id, description = excluded.description, vendor_id = NULL, vendor_group = NULL, \
        vendor_data = NULL, order_id = NULL, alias = NULL, region = NULL, \
        blocked_reason = NULL, account_id = NULL, reseller_id = NULL, destination = NULL, reference = NULL, until = NULL, \
        modified_at = excluded.modified_at WHERE numbers.state IN ('deleted', 'discovery')";
    CLEAR = "DELETE FROM import_rows WHERE import_id = $1 AND digits > $2 AND digits <= $3";
    POSITION = "SELECT position FROM imports WHERE id = $1";
    MOVE = "UPDATE imports SET position = $1 WHERE id = $2";
    COUNT_PUBLISHED = "UPDATE imports SET published = published + $1, modified_at = $2 WHERE id = $3";
}

fn import(row: &Row) -> Result<Import> {
    Ok(Import {
        id: row.get("id")?,
        pool_id: row.get("pool_id")?,
        state: row.get("state")?,
        staged: row.get("staged")?,
        published: row.get("published")?,
        message: row.get("message")?,
    })
}

/// The import of that id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, id: ImportId) -> Result<Import> {
    let row = tx.query_opt(BY_ID, args![id]).await?;
    row.as_ref().map(import).transpose()?.ok_or_else(|| Error::not_found("import", id))
}

/// Begins an import into a pool.
///
/// # Errors
/// [`Error::NotAllowed`].
pub async fn begin(tx: &mut Tx, caller: &Caller, now: i64, pool: PoolId) -> Result<ImportId> {
    caller.must_be_admin("import numbers")?;
    Ok(tx.query_one(INSERT, args![pool, &caller.name, now]).await?.at(0)?)
}

/// Stages at most [`BATCH`] rows and returns the lines whose number stands in the file twice.
///
/// # Errors
/// [`Error::Conflict`] where the import is not being staged.
pub async fn stage(tx: &mut Tx, now: i64, id: ImportId, rows: &[StagedRow]) -> Result<Vec<i64>> {
    const AT_ONCE: usize = 200;
    let mut twice = Vec::new();
    for chunk in rows.chunks(AT_ONCE) {
        let mut values: Vec<Val> = Vec::with_capacity(1 + chunk.len() * 4);
        values.push(id.into());
        let mut sql = "INSERT INTO import_rows (import_id, line, digits, class_id, description) VALUES ".to_owned();
        for (i, row) in chunk.iter().enumerate() {
            let n = values.len();
            let comma = if i == 0 { "" } else { ", " };
            sql.push_str(&format!("{comma}($1, ${}, ${}, ${}, ${})", n + 1, n + 2, n + 3, n + 4));
            values.extend([
                row.line.into(),
                row.digits.as_str().into(),
                row.class.into(),
                row.description.as_deref().into(),
            ]);
        }
        sql.push_str(" ON CONFLICT (import_id, digits) DO NOTHING RETURNING line");
        let mut lines: Vec<i64> =
            tx.query(&sql, &values).await?.iter().map(|row| row.at(0)).collect::<store::Result<_>>()?;
        if lines.len() < chunk.len() {
            lines.sort_unstable();
            twice.extend(chunk.iter().map(|row| row.line).filter(|line| lines.binary_search(line).is_err()));
        }
    }
    let staged = i64::try_from(rows.len() - twice.len()).unwrap_or(i64::MAX);
    match tx.execute(COUNT_STAGED, args![staged, now, id]).await? {
        0 => Err(Error::Conflict(format!("import {id} takes no more rows"))),
        _ => Ok(twice),
    }
}

/// Where a chunk of staged rows after `after` ends; none when there are no more.
async fn chunk_end(tx: &mut Tx, id: ImportId, after: &str) -> Result<Option<String>> {
    let last = i64::try_from(BATCH - 1).unwrap_or(i64::MAX);
    if let Some(row) = tx.query_opt(CHUNK_END, args![id, after, last]).await? {
        return Ok(Some(row.at(0)?));
    }
    match tx.query_opt(LAST, args![id]).await? {
        Some(row) if row.at::<String>(0)?.as_str() > after => Ok(Some(row.at(0)?)),
        _ => Ok(None),
    }
}

/// Checks the next chunk of staged rows against the registry. Returns where the chunk ends (none: all checked) and the
/// lines whose number is ours already.
///
/// # Errors
/// Only those of the database.
pub async fn check(tx: &mut Tx, id: ImportId, after: &str) -> Result<(Option<String>, Vec<(i64, String)>)> {
    let Some(end) = chunk_end(tx, id, after).await? else { return Ok((None, Vec::new())) };
    let rows = tx.query(TAKEN, args![id, after, &end]).await?;
    let taken = rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect::<store::Result<_>>()?;
    Ok((Some(end), taken))
}

/// Gives an import up: none of its rows will be published. Its staged rows are removed by [`step`].
///
/// # Errors
/// [`Error::Conflict`] where it is being published.
pub async fn fail(tx: &mut Tx, now: i64, id: ImportId, message: &str) -> Result<()> {
    let found = lock(tx, id).await?;
    if found.state != State::Staging {
        return Err(Error::Conflict(format!("import {id} is {}", found.state)));
    }
    tx.execute(SET_STATE, args![State::Failed, message, now, id]).await?;
    job::enqueue(tx, job::Kind::Publish, id.0, 0).await
}

/// Gives up imports into which nothing has come for a day: whoever staged them is gone.
///
/// # Errors
/// Only those of the database.
pub async fn give_up_abandoned(tx: &mut Tx, now: i64) -> Result<()> {
    for row in tx.query(ABANDONED, args![now - DAY]).await? {
        fail(tx, now, row.at(0)?, "abandoned while it was staged").await?;
    }
    Ok(())
}

async fn lock(tx: &mut Tx, id: ImportId) -> Result<Import> {
    let row = tx.query_opt(LOCK, args![id]).await?;
    row.as_ref().map(import).transpose()?.ok_or_else(|| Error::not_found("import", id))
}

/// Hands an import whose rows are all good over to the job that publishes it.
///
/// # Errors
/// [`Error::Conflict`] where it is not being staged.
pub async fn commit(tx: &mut Tx, caller: &Caller, now: i64, id: ImportId) -> Result<()> {
    let before = lock(tx, id).await?;
    if before.state != State::Staging {
        return Err(Error::Conflict(format!("import {id} is {}", before.state)));
    }
    tx.execute(SET_STATE, args![State::Publishing, "", now, id]).await?;
    let after = lock(tx, id).await?;
    let change = Change {
        kind: "imports",
        record_id: id.0,
        account: None,
        operation: Operation::Create,
        before: None,
        after: Some(&after),
    };
    journal::write(tx, caller, now, change).await?;
    job::enqueue(tx, job::Kind::Publish, id.0, 0).await
}

/// One step of what is left to do for an import: publishes a chunk, or clears staged rows that are no longer needed. True
/// when nothing is left.
///
/// The position moves on instead of starting from the first row each time, as rows deleted before it would otherwise be
/// walked over again and again on PostgreSQL.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn step(tx: &mut Tx, now: i64, id: ImportId) -> Result<bool> {
    let found = lock(tx, id).await?;
    let after: String = tx.query_one(POSITION, args![id]).await?.at(0)?;
    let end = if found.state == State::Staging { None } else { chunk_end(tx, id, &after).await? };
    let moved = match (found.state, end) {
        (State::Staging, _) => return Ok(true),
        (State::Publishing, Some(end)) => {
            let published = tx.execute_long(PUBLISH, args![found.pool_id, now, id, &after, &end]).await?;
            tx.execute(COUNT_PUBLISHED, args![i64::try_from(published).unwrap_or(i64::MAX), now, id]).await?;
            end
        }
        (State::Publishing, None) => {
            tx.execute(SET_STATE, args![State::Done, "", now, id]).await?;
            job::enqueue(tx, job::Kind::Refill, found.pool_id.0, 0).await?;
            String::new()
        }
        (State::Failed | State::Done, Some(end)) => {
            tx.execute_long(CLEAR, args![id, &after, &end]).await?;
            end
        }
        (State::Failed | State::Done, None) => return Ok(true),
    };
    tx.execute(MOVE, args![moved, id]).await?;
    Ok(false)
}
