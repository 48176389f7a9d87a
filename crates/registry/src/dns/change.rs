//! Zones that have changed: noted in the transaction of the change, claimed by lease by whoever tells the name servers.
//!
//! There is one row for each zone, however often it changes, and none once its name servers know. A change that comes
//! while a claim is worked on makes the zone claimable again, and the claim's end changes nothing.

use store::{Tx, args};

use crate::Result;
use crate::statement::statements;

/// A zone that has changed, held by this worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The zone's name.
    pub name: String,
    /// Its serial number after the change.
    pub serial: i64,
    /// Whether it is no more.
    pub removed: bool,
    /// The fencing token of this claim.
    pub token: i64,
}

statements! {
    NOTE = "INSERT INTO dns_changes (name, serial, removed, changed_at, leased_until, token) \
        VALUES ($1, $2, $3, {now}, 0, 1) ON CONFLICT (name) DO UPDATE SET serial = excluded.serial, \
        removed = excluded.removed, changed_at = excluded.changed_at, leased_until = 0, token = dns_changes.token + 1";
    CLAIM = "UPDATE dns_changes SET leased_until = {now} + $1, token = token + 1 WHERE name IN \
        (SELECT name FROM dns_changes WHERE leased_until < {now} ORDER BY leased_until, changed_at, name LIMIT $2 {lock}) \
        RETURNING name, serial, removed, token";
    DONE = "DELETE FROM dns_changes WHERE name = $1 AND token = $2";
    AGAIN = "UPDATE dns_changes SET leased_until = {now} + $1 WHERE name = $2 AND token = $3";
}

/// Notes that a zone has changed.
pub(crate) async fn note(tx: &mut Tx, name: &str, serial: i64, removed: bool) -> Result<()> {
    tx.execute(NOTE, args![name, serial, removed]).await?;
    Ok(())
}

/// Takes at most so many zones that have changed for so many microseconds: first those that nobody has tried yet, of those
/// first what changed longest ago.
///
/// # Errors
/// Only those of the database.
pub async fn claim(tx: &mut Tx, lease: i64, most: i64) -> Result<Vec<Change>> {
    let rows = tx.query(CLAIM, args![lease, most]).await?;
    rows.iter()
        .map(|row| Ok(Change { name: row.at(0)?, serial: row.at(1)?, removed: row.at(2)?, token: row.at(3)? }))
        .collect()
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
