//! Facts about the installation as a whole that every server must agree on.

use store::{Tx, args};

use crate::quota::WhenAbsent;
use crate::statement::statements;
use crate::{Error, Result};

statements! {
    GET = "SELECT value FROM settings WHERE name = $1";
    PUT = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    PUT_FIRST = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
}

/// The id of the keys that seal secrets and sign tokens.
const KEYS: &str = "keys_id";
/// How often the operator has asked for the vendors' file to be read again.
const VENDORS_GENERATION: &str = "vendors_generation";
/// What it means that an account has no limit on how many records of a kind it may have.
const QUOTA_WHEN_ABSENT: &str = "quota_when_absent";

async fn get(tx: &mut Tx, name: &str) -> Result<Option<String>> {
    Ok(tx.query_opt(GET, args![name]).await?.map(|row| row.at(0)).transpose()?)
}

/// Refuses a server whose keys are not those that the installation was started with.
///
/// # Errors
/// [`Error::Conflict`] that says how to mend it.
pub async fn agree_on_keys(tx: &mut Tx, id: &str) -> Result<()> {
    tx.execute(PUT_FIRST, args![KEYS, id]).await?;
    match get(tx, KEYS).await? {
        Some(known) if known == id => Ok(()),
        known => Err(Error::Conflict(format!(
            "this server's keys have id {id}, the installation's {}: copy the keys file of another server of this database",
            known.unwrap_or_default()
        ))),
    }
}

/// Which reading of the vendors' file servers should have caught up with.
///
/// # Errors
/// Only those of the database.
pub async fn vendors_generation(tx: &mut Tx) -> Result<i64> {
    Ok(get(tx, VENDORS_GENERATION).await?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Asks every server to read the vendors' file again, and returns the number of this request.
///
/// # Errors
/// Only those of the database.
pub async fn reload_vendors(tx: &mut Tx) -> Result<i64> {
    let next = vendors_generation(tx).await? + 1;
    tx.execute(PUT, args![VENDORS_GENERATION, next.to_string()]).await?;
    Ok(next)
}

/// What it means that a reseller or customer has no limit.
///
/// # Errors
/// Only those of the database.
pub async fn quota_when_absent(tx: &mut Tx) -> Result<WhenAbsent> {
    Ok(get(tx, QUOTA_WHEN_ABSENT).await?.and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// Says what it means that a reseller or customer has no limit, for all servers.
///
/// # Errors
/// Only those of the database.
pub async fn set_quota_when_absent(tx: &mut Tx, meaning: WhenAbsent) -> Result<()> {
    if quota_when_absent(tx).await? != meaning {
        tx.execute(PUT, args![QUOTA_WHEN_ABSENT, meaning]).await?;
    }
    Ok(())
}
