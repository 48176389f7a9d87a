//! Publishes an import of ported numbers, or clears away what is left of one, step by step.

use std::collections::HashSet;

use store::{Row, Tx, args};

use super::carrier;
use super::import::{BATCH, Held, State, hold};
use super::number::{self, hold_generation};
use crate::id::{LnpCarrierId, LnpImportId};
use crate::statement::statements;
use crate::{Result, listing, tally};

statements! {
    END = "UPDATE lnp_imports SET state = $1, message = $2, modified_at = $3, slot = NULL, clears = $4, position = 0, \
        published = published + $5 WHERE id = $6";
    MOVED_ON = "UPDATE lnp_imports SET position = $1, published = published + $2, modified_at = $3 WHERE id = $4";
    CLEARED = "UPDATE lnp_imports SET clears = NULL WHERE id = $1";
    FIRST_STAGED = "SELECT MIN(id) AS id FROM lnp_numbers WHERE generation = $1";
    LAST_STAGED = "SELECT MAX(id) AS id FROM lnp_numbers WHERE generation = $1";
    CHUNK_END = "SELECT id FROM lnp_numbers WHERE generation = $1 AND id > $2 ORDER BY id LIMIT 1 OFFSET $3";
    CHUNK = "SELECT number, carrier_id, start_at FROM lnp_numbers WHERE generation = $1 AND id > $2 AND id <= $3";
    JOIN_OTHERS = "UPDATE lnp_numbers SET generation = $1 WHERE generation = $2 AND id > $3 AND id <= $4 RETURNING id";
    CLEAR = "DELETE FROM lnp_numbers WHERE generation = $1 AND id > $2 AND id <= $3";
    FORGET_COUNTS = "DELETE FROM tallies WHERE list = $1 AND key = $2";
    TAKE_COUNTS = "UPDATE tallies SET key = 0 WHERE list = $1 AND key = $2";
}

/// `{ids}` as for [`listing::for_ids`].
const REPLACE: &str = "DELETE FROM lnp_numbers WHERE id IN ({ids}) RETURNING id";

/// One step of what is left to do for an import: publishes its rows or some of them, or removes rows that are not needed
/// any more. True when nothing is left.
///
/// # Errors
/// [`crate::Error::NotFound`].
pub async fn step(tx: &mut Tx, now: i64, id: LnpImportId) -> Result<bool> {
    let held = hold(tx, id).await?;
    match (held.import.state, held.clears) {
        (State::Staging, _) | (State::Done | State::Failed, None) => Ok(true),
        (State::Publishing, _) if held.import.purge_existing => replace_all(tx, now, &held).await.map(|()| false),
        (State::Publishing, _) => join_others(tx, now, &held).await.map(|()| false),
        (State::Done | State::Failed, Some(generation)) => clear(tx, now, &held, generation).await.map(|()| false),
    }
}

/// Where a chunk of the rows of a generation after one of them ends; none when there are no more.
async fn chunk_end(tx: &mut Tx, generation: i64, after: i64) -> Result<Option<i64>> {
    let last = i64::try_from(BATCH - 1).unwrap_or(i64::MAX);
    if let Some(row) = tx.query_opt(CHUNK_END, args![generation, after, last]).await? {
        return Ok(Some(row.at(0)?));
    }
    let last: Option<i64> = tx.query_one(LAST_STAGED, args![generation]).await?.at(0)?;
    Ok(last.filter(|last| *last > after))
}

/// Lets the rows of an import hold instead of those that do.
async fn replace_all(tx: &mut Tx, now: i64, held: &Held) -> Result<()> {
    let id = held.import.id;
    let past = hold_generation(tx).await?;
    number::switch(tx, id.0).await?;
    tx.execute_long(FORGET_COUNTS, args![number::ALL.name, 0i64]).await?;
    tx.execute_long(TAKE_COUNTS, args![number::ALL.name, id]).await?;
    end(tx, now, id, State::Done, "", Some(past), held.import.staged).await
}

/// Lets a chunk of the rows of an import hold beside those that do, and instead of those that say the same of a number,
/// a carrier and a start.
async fn join_others(tx: &mut Tx, now: i64, held: &Held) -> Result<()> {
    let (id, after) = (held.import.id, held.position);
    let Some(end) = chunk_end(tx, id.0, after).await? else {
        forget_counts(tx, id).await?;
        return end(tx, now, id, State::Done, "", None, 0).await;
    };
    let generation = hold_generation(tx).await?;
    let chunk = tx.query(CHUNK, args![id, after, end]).await?;
    let replaced = replaced(tx, generation, &chunk).await?;
    for row in listing::for_ids(tx, REPLACE, &replaced).await? {
        tally::add(tx, number::ALL.name, 0, row.at(0)?, -1);
    }
    let joined = tx.query(JOIN_OTHERS, args![generation, id, after, end]).await?;
    for row in &joined {
        tally::add(tx, number::ALL.name, 0, row.at(0)?, 1);
    }
    tx.execute(MOVED_ON, args![end, joined.len() as i64, now, id]).await?;
    Ok(())
}

/// The rows of a generation that say the same of a number, a carrier and a start as rows of a chunk do.
async fn replaced(tx: &mut Tx, generation: i64, chunk: &[Row]) -> Result<Vec<i64>> {
    type Key = (String, LnpCarrierId, Option<i64>);
    let keys = chunk.iter().map(|row| Ok((row.at(0)?, row.at(1)?, row.at(2)?)));
    let keys = keys.collect::<store::Result<HashSet<Key>>>()?;
    let numbers: Vec<&str> = keys.iter().map(|(number, ..)| number.as_str()).collect();
    let mut replaced = Vec::new();
    for some in numbers.chunks(number::AT_ONCE) {
        let known = number::known(tx, generation, some).await?;
        let same = |known: number::Known| {
            let id = known.id;
            keys.contains(&(known.number, known.carrier_id, known.start_at)).then_some(id)
        };
        replaced.extend(known.into_iter().filter_map(same));
    }
    // A number that the chunk has more than once has been asked for as often.
    replaced.sort_unstable();
    replaced.dedup();
    Ok(replaced)
}

/// Removes a chunk of the rows of a generation that does not hold.
async fn clear(tx: &mut Tx, now: i64, held: &Held, generation: i64) -> Result<()> {
    let id = held.import.id;
    // Rows that have been removed may be walked over again until the database has swept them up: not more than once.
    let after = match held.position {
        0 => tx.query_one(FIRST_STAGED, args![generation]).await?.at::<Option<i64>>(0)?.unwrap_or_default() - 1,
        position => position,
    };
    match chunk_end(tx, generation, after).await? {
        Some(end) => {
            tx.execute_long(CLEAR, args![generation, after, end]).await?;
            tx.execute(MOVED_ON, args![end, 0i64, now, id]).await?;
        }
        None => {
            carrier::forget(tx, id).await?;
            tx.execute(CLEARED, args![id]).await?;
        }
    }
    Ok(())
}

/// Ends an import; the rows of the generation `clears` are then removed.
pub(super) async fn end(
    tx: &mut Tx,
    now: i64,
    id: LnpImportId,
    state: State,
    message: &str,
    clears: Option<i64>,
    published: i64,
) -> Result<()> {
    tx.execute(END, args![state, message, now, clears, published, id]).await?;
    Ok(())
}

/// Forgets how many rows an import has staged, and where.
pub(super) async fn forget_counts(tx: &mut Tx, id: LnpImportId) -> Result<()> {
    tx.execute_long(FORGET_COUNTS, args![number::ALL.name, id]).await?;
    Ok(())
}
