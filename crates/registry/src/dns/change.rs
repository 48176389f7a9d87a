//! Zones that have changed: noted in the transaction of the change, claimed by lease by whoever tells the name servers.
//!
//! There is one row for each zone, however often it changes, and none once its name servers know or it is no more. A change that comes
//! while a claim is worked on makes the zone claimable again, and the claim's end changes nothing.

use store::{Tx, args};

use super::{catalog, served};
use crate::caller::Caller;
use crate::statement::statements;
use crate::{Error, Result};

/// The signal of the store that wakes whoever tells the name servers.
pub const SIGNAL: &str = "dns_changes";

/// A zone that has changed, held by this worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The zone's name.
    pub name: String,
    /// The fencing token of this claim.
    pub token: i64,
    /// Microseconds since the change.
    pub age: i64,
}

/// The statement that notes all served zones `n` of a condition as changed.
macro_rules! note_where {
    ($condition:literal) => {
        concat!(
            "INSERT INTO dns_changes (name, changed_at, leased_until, token) SELECT n.name, {now}, 0, 1 \
             FROM served_zones n WHERE ",
            $condition,
            " ORDER BY n.name ON CONFLICT (name) DO UPDATE SET changed_at = excluded.changed_at, leased_until = 0, \
             token = dns_changes.token + 1"
        )
    };
}
pub(super) use note_where;

statements! {
    NOTE = "INSERT INTO dns_changes (name, changed_at, leased_until, token) VALUES ($1, {now}, 0, 1) \
        ON CONFLICT (name) DO UPDATE SET changed_at = excluded.changed_at, leased_until = 0, token = dns_changes.token + 1";
    FORGET = "DELETE FROM dns_changes WHERE name = $1";
    CLAIM = "UPDATE dns_changes SET leased_until = {now} + $1, token = token + 1 WHERE name IN \
        (SELECT name FROM dns_changes WHERE leased_until < {now} ORDER BY leased_until, changed_at, name LIMIT $2 {lock}) \
        RETURNING name, token, {now} - changed_at AS age";
    DONE = "DELETE FROM dns_changes WHERE name = $1 AND token = $2";
    AGAIN = "UPDATE dns_changes SET leased_until = {now} + $1 WHERE name = $2 AND token = $3";
    WAITING = "SELECT CASE WHEN (SELECT MIN(leased_until) FROM dns_changes) < {now} \
        OR EXISTS (SELECT 1 FROM dns_catalog WHERE id = 0 AND told <> serial AND leased_until < {now}) THEN 1 ELSE 0 END";
    NOTE_ALL = note_where!("n.id >= 0");
}

/// Notes that a zone has changed.
pub(crate) async fn note(tx: &mut Tx, name: &str) -> Result<()> {
    tx.execute(NOTE, args![name]).await?;
    tx.signal_at_commit(SIGNAL);
    Ok(())
}

/// Forgets the changes of a zone that is no more: name servers find that out from the catalog.
pub(super) async fn forget(tx: &mut Tx, name: &str) -> Result<()> {
    tx.execute(FORGET, args![name]).await?;
    Ok(())
}

/// Notes that name servers are to be told of a zone once more; of all of them and the catalog, if none is named.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::NotFound`].
pub async fn tell_again(tx: &mut Tx, caller: &Caller, name: Option<&str>) -> Result<()> {
    caller.must_be_admin("tell name servers of zones")?;
    caller.must_write()?;
    let Some(name) = name else {
        tx.execute_long(NOTE_ALL, args![]).await?;
        return catalog::forget(tx).await;
    };
    let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
    let zone = served::zone(tx, &name).await?.ok_or_else(|| Error::not_found("zone", &name))?;
    note(tx, &zone.name).await
}

/// Whether a zone or the catalog has changed and nobody has taken that: cheap to ask.
///
/// # Errors
/// Only those of the database.
pub async fn waiting(tx: &mut Tx) -> Result<bool> {
    Ok(tx.query_one(WAITING, args![]).await?.at::<i64>(0)? == 1)
}

/// Takes at most so many zones that have changed for so many microseconds: first those that nobody has tried yet, of those
/// first what changed longest ago.
///
/// # Errors
/// Only those of the database.
pub async fn claim(tx: &mut Tx, lease: i64, most: i64) -> Result<Vec<Change>> {
    let rows = tx.query(CLAIM, args![lease, most]).await?;
    rows.iter().map(|row| Ok(Change { name: row.at(0)?, token: row.at(1)?, age: row.at(2)? })).collect()
}

/// Ends a claim whose name servers know; false where the zone has changed since or another worker has it.
///
/// # Errors
/// Only those of the database.
pub async fn done(tx: &mut Tx, change: &Change) -> Result<bool> {
    Ok(tx.execute(DONE, args![&change.name, change.token]).await? == 1)
}

/// Puts a claim back, to be taken again after so many microseconds; false as in [`done`].
///
/// # Errors
/// Only those of the database.
pub async fn again(tx: &mut Tx, change: &Change, after: i64) -> Result<bool> {
    Ok(tx.execute(AGAIN, args![after, &change.name, change.token]).await? == 1)
}
