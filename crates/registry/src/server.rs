//! Servers that are up: each says so every few seconds.

use serde::Serialize;
use store::{Tx, args};

use crate::Result;
use crate::caller::Caller;
use crate::clock::SECOND;
use crate::id::ServerId;
use crate::statement::statements;

/// How long after its last sign of life a server counts as up.
pub const ALIVE: i64 = 15 * SECOND;

/// A running server.
#[derive(Clone, Debug, Serialize)]
pub struct Server {
    /// The id, new with every start.
    pub id: ServerId,
    /// Host and process.
    pub name: String,
    /// Since when it runs.
    pub started_at: i64,
    /// Which request to read the vendors' file again it has followed.
    pub vendors_generation: i64,
    /// What it found when it read the vendors' file: empty if all was well.
    pub message: String,
}

statements! {
    JOIN = "INSERT INTO servers (name, started_at, seen_at, vendors_generation, message) \
        VALUES ($1, {now}, {now}, $2, $3) RETURNING id";
    SEEN = "UPDATE servers SET seen_at = {now}, vendors_generation = $1, message = $2 WHERE id = $3";
    LEAVE = "DELETE FROM servers WHERE id = $1";
    FORGET = "DELETE FROM servers WHERE seen_at < {now} - $1";
    LIST = "SELECT id, name, started_at, vendors_generation, message FROM servers WHERE seen_at >= {now} - $1 \
        ORDER BY id LIMIT 1000";
}

/// Enters a server that has just started.
///
/// # Errors
/// Only those of the database.
pub async fn join(tx: &mut Tx, name: &str, vendors_generation: i64, message: &str) -> Result<ServerId> {
    tx.execute(FORGET, args![1000 * ALIVE]).await?;
    Ok(tx.query_one(JOIN, args![name, vendors_generation, message]).await?.at(0)?)
}

/// A sign of life.
///
/// # Errors
/// Only those of the database.
pub async fn seen(tx: &mut Tx, id: ServerId, vendors_generation: i64, message: &str) -> Result<()> {
    tx.execute(SEEN, args![vendors_generation, message, id]).await?;
    Ok(())
}

/// Takes a server out that is about to stop.
///
/// # Errors
/// Only those of the database.
pub async fn leave(tx: &mut Tx, id: ServerId) -> Result<()> {
    tx.execute(LEAVE, args![id]).await?;
    Ok(())
}

/// The servers that are up, for whoever runs the installation.
///
/// # Errors
/// [`crate::Error::NotAllowed`].
pub async fn shown(tx: &mut Tx, caller: &Caller) -> Result<Vec<Server>> {
    caller.must_be_admin("look at the servers")?;
    list(tx).await
}

/// The servers that are up.
///
/// # Errors
/// Only those of the database.
pub async fn list(tx: &mut Tx) -> Result<Vec<Server>> {
    let rows = tx.query(LIST, args![ALIVE]).await?;
    rows.iter()
        .map(|row| {
            Ok(Server {
                id: row.get("id")?,
                name: row.get("name")?,
                started_at: row.get("started_at")?,
                vendors_generation: row.get("vendors_generation")?,
                message: row.get("message")?,
            })
        })
        .collect()
}
