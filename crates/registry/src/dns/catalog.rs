//! The catalog of the zones that are served (RFC 9432): its serial number, and whether name servers know of it.
//!
//! It goes up once in each transaction in which a zone comes or goes, just before the commit, as all such transactions
//! change the one row. Like a zone's, its change is claimed by lease by whoever tells the name servers.

use store::{Tx, args};

use super::change::{self, Change};
use crate::Result;
use crate::statement::statements;

statements! {
    CHANGED = "UPDATE dns_catalog SET serial = CASE WHEN serial >= 4294967295 THEN 1 ELSE serial + 1 END, \
        changed_at = {now}, leased_until = 0, token = token + 1 WHERE id = 0";
    SERIAL = "SELECT serial FROM dns_catalog WHERE id = 0";
    CLAIM = "UPDATE dns_catalog SET leased_until = {now} + $1, token = token + 1 \
        WHERE id = 0 AND told <> serial AND leased_until < {now} RETURNING token, {now} - changed_at AS age";
    DONE = "UPDATE dns_catalog SET told = serial WHERE id = 0 AND token = $1";
    AGAIN = "UPDATE dns_catalog SET leased_until = {now} + $1 WHERE id = 0 AND token = $2";
    FORGET = "UPDATE dns_catalog SET told = 0, changed_at = {now}, leased_until = 0, token = token + 1 WHERE id = 0";
}

/// Notes that a zone has come or gone.
pub(super) fn changed(tx: &mut Tx) {
    tx.once_at_commit(CHANGED);
    tx.signal_at_commit(change::SIGNAL);
}

/// Notes that name servers are to be told of it again.
pub(super) async fn forget(tx: &mut Tx) -> Result<()> {
    tx.execute(FORGET, args![]).await?;
    tx.signal_at_commit(change::SIGNAL);
    Ok(())
}

/// Its serial number.
///
/// # Errors
/// Only those of the database.
pub async fn serial(tx: &mut Tx) -> Result<i64> {
    Ok(tx.query_one(SERIAL, args![]).await?.at(0)?)
}

/// Takes its change for so many microseconds, if name servers don't know it and nobody has taken it. The change has no
/// name: what the catalog is called is for whoever serves it to say.
///
/// # Errors
/// Only those of the database.
pub async fn claim(tx: &mut Tx, lease: i64) -> Result<Option<Change>> {
    let row = tx.query_opt(CLAIM, args![lease]).await?;
    row.map(|row| Ok(Change { name: String::new(), token: row.at(0)?, age: row.at(1)? })).transpose()
}

/// Ends a claim whose name servers know; false where a zone has come or gone since or another worker has it.
///
/// # Errors
/// Only those of the database.
pub async fn done(tx: &mut Tx, change: &Change) -> Result<bool> {
    Ok(tx.execute(DONE, args![change.token]).await? == 1)
}

/// Puts a claim back, to be taken again after so many microseconds; false as in [`done`].
///
/// # Errors
/// Only those of the database.
pub async fn again(tx: &mut Tx, change: &Change, after: i64) -> Result<bool> {
    Ok(tx.execute(AGAIN, args![after, change.token]).await? == 1)
}
