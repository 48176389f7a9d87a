//! Refills: what groups the orders that bring one pool back to its minimum.

use serde::Serialize;
use store::{Row, Tx, args};

use crate::Result;
use crate::caller::Caller;
use crate::id::{LinkId, PoolId, RefillId};
use crate::journal::{self, Change, Operation};
use crate::page::Page;
use crate::statement::statements;

/// What became of a refill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Orders are under way.
    Open,
    /// The pool is at its minimum.
    Filled,
    /// No link could deliver what was missing.
    Exhausted,
}

crate::text_enum!(State, "state", { Open => "open", Filled => "filled", Exhausted => "exhausted" });

/// A refill.
#[derive(Clone, Debug, Serialize)]
pub struct Refill {
    /// The id.
    pub id: RefillId,
    /// The pool.
    pub pool_id: PoolId,
    /// How many numbers were missing at its start.
    pub wanted: u32,
    /// What became of it.
    pub state: State,
    /// Why it ended as it did.
    pub message: String,
    /// When it began.
    pub created_at: i64,
}

statements! {
    OPEN = "SELECT id, pool_id, wanted, state, message, created_at FROM refills WHERE pool_id = $1 AND state = 'open'";
    INSERT = "INSERT INTO refills (pool_id, wanted, state, message, created_at, modified_at) \
        VALUES ($1, $2, 'open', '', $3, $3) RETURNING id, pool_id, wanted, state, message, created_at";
    CLOSE = "UPDATE refills SET state = $1, message = $2, modified_at = $3 WHERE id = $4 AND state = 'open'";
    SPENT_LINKS = "SELECT DISTINCT link_id FROM orders WHERE refill_id = $1 AND link_id IS NOT NULL \
        AND state IN ('partly_fulfilled', 'refused', 'in_doubt', 'resolved', 'cancelled')";
    OF_POOL = "SELECT id, pool_id, wanted, state, message, created_at FROM refills WHERE pool_id = $1 AND id > $2 \
        ORDER BY id LIMIT $3";
}

fn refill(row: &Row) -> Result<Refill> {
    Ok(Refill {
        id: row.get("id")?,
        pool_id: row.get("pool_id")?,
        wanted: row.get("wanted")?,
        state: row.get("state")?,
        message: row.get("message")?,
        created_at: row.get("created_at")?,
    })
}

/// The refill of a pool that is open, if there is one.
///
/// # Errors
/// Only those of the database.
pub async fn current(tx: &mut Tx, pool: PoolId) -> Result<Option<Refill>> {
    tx.query_opt(OPEN, args![pool]).await?.as_ref().map(refill).transpose()
}

/// Opens a refill; the pool must be locked.
///
/// # Errors
/// Only those of the database.
pub async fn open(tx: &mut Tx, caller: &Caller, now: i64, pool: PoolId, wanted: u32) -> Result<Refill> {
    let opened = refill(&tx.query_one(INSERT, args![pool, wanted, now]).await?)?;
    write(tx, caller, now, None, &opened).await?;
    Ok(opened)
}

/// Ends a refill.
///
/// # Errors
/// Only those of the database.
pub async fn close(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    current: &Refill,
    state: State,
    message: &str,
) -> Result<()> {
    tx.execute(CLOSE, args![state, message, now, current.id]).await?;
    let closed = Refill { state, message: message.to_owned(), ..current.clone() };
    write(tx, caller, now, Some(current), &closed).await
}

async fn write(tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Refill>, after: &Refill) -> Result<()> {
    let change = Change {
        kind: "refills",
        record_id: after.id.0,
        account: None,
        operation: if before.is_some() { Operation::Update } else { Operation::Create },
        before: before.map(|b| b as _),
        after: Some(after),
    };
    journal::write(tx, caller, now, change).await
}

/// Links that have not delivered what this refill asked of them; it goes on to the next ones.
///
/// # Errors
/// Only those of the database.
pub async fn spent_links(tx: &mut Tx, id: RefillId) -> Result<Vec<LinkId>> {
    tx.query(SPENT_LINKS, args![id]).await?.iter().map(|row| Ok(row.at(0)?)).collect()
}

/// A pool's refills, oldest first.
///
/// # Errors
/// Only those of the database.
pub async fn of_pool(tx: &mut Tx, pool: PoolId, page: Page) -> Result<Vec<Refill>> {
    tx.query(OF_POOL, args![pool, page.after, page.limit()]).await?.iter().map(refill).collect()
}
