//! Preferences: what is set for subscribers, domains, customers and so on, each level on its own.
//!
//! What may be set is a table of [`attribute`]s. Values of different levels are not merged here: which of them holds
//! for a call is for whoever routes it. Attributes that a caller is not shown stay as they are when it replaces the
//! rest, and those that are internal are set by the system alone.

pub mod attribute;
mod change;
mod level;
pub mod value;

use std::collections::BTreeMap;

use store::{Tx, args};

pub use attribute::Attribute;
pub use change::{domain_defaults, replace};
pub use level::Level;
pub use value::{Fault, Value, Values};

use crate::caller::Caller;
use crate::listing;
use crate::statement::statements;
use crate::{Error, Result};

statements! {
    OF_ATTRIBUTE = "SELECT value FROM preferences WHERE level = $1 AND owner_id = $2 AND attribute = $3 \
        ORDER BY position";
    INSERT = "INSERT INTO preferences (level, owner_id, attribute, position, value) VALUES ($1, $2, $3, $4, $5)";
    DELETE = "DELETE FROM preferences WHERE level = $1 AND owner_id = $2 AND attribute = $3";
    SET_LOCK = "UPDATE subscribers SET lock_level = $1 WHERE id = $2";
    DELETE_ALL = "DELETE FROM preferences WHERE level = $1 AND owner_id = $2";
}

/// For several owners at a time; the level is one of our own words.
const MANY: &str = "SELECT owner_id, attribute, value FROM preferences WHERE level = '{level}' AND owner_id IN ({ids}) \
    ORDER BY owner_id, attribute, position";

/// The lock is the subscriber's own, kept with it.
const LOCKS: &str = "SELECT id, lock_level FROM subscribers WHERE id IN ({ids}) AND lock_level > 0";
const LOCK: &str = "lock";

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    STATEMENTS.iter().chain(change::STATEMENTS)
}

/// What is set for owners of a level, as far as the caller is shown it; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn get(tx: &mut Tx, caller: &Caller, level: Level, owners: &[i64]) -> Result<BTreeMap<i64, Values>> {
    let mut found = all_of(tx, level, owners).await?;
    for values in found.values_mut() {
        let shown = values.iter().filter(|(attribute, _)| attribute.is_shown_to(caller.role));
        *values = shown.map(|(attribute, value)| (attribute, value.clone())).collect();
    }
    Ok(found)
}

/// All that is set for owners of a level; an entry for each owner.
pub(crate) async fn all_of(tx: &mut Tx, level: Level, owners: &[i64]) -> Result<BTreeMap<i64, Values>> {
    let mut found: BTreeMap<i64, Values> = owners.iter().map(|owner| (*owner, Values::new())).collect();
    let mut rows: BTreeMap<(i64, String), Vec<String>> = BTreeMap::new();
    for row in listing::for_ids(tx, &MANY.replace("{level}", level.as_str()), owners).await? {
        rows.entry((row.at(0)?, row.at(1)?)).or_default().push(row.at(2)?);
    }
    for ((owner, name), texts) in rows {
        let Some(attribute) = attribute::find(&name) else { continue };
        if let (Some(values), Some(value)) = (found.get_mut(&owner), value::from_rows(attribute, &texts)) {
            values.set(attribute, value);
        }
    }
    if let (Level::Subscriber, Some(attribute)) = (level, attribute::find(LOCK)) {
        for row in listing::for_ids(tx, LOCKS, owners).await? {
            let (owner, lock): (i64, i64) = (row.at(0)?, row.at(1)?);
            if let Some(values) = found.get_mut(&owner) {
                values.set(attribute, Value::Text(lock.to_string()));
            }
        }
    }
    Ok(found)
}

/// The texts of an attribute's values, in order, for the system's own use.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn texts(tx: &mut Tx, level: Level, owner: i64, attribute: &str) -> Result<Vec<String>> {
    let rows = tx.query(OF_ATTRIBUTE, args![level, owner, attribute]).await?;
    rows.iter().map(|row| Ok(row.at(0)?)).collect()
}

/// Sets an attribute, also an internal one, on behalf of the system: without a caller's rights and without a line in
/// the journal. No values: nothing is set.
///
/// # Errors
/// [`Error::Internal`] where there is no such attribute on that level.
pub(crate) async fn set_system(
    tx: &mut Tx,
    level: Level,
    owner: i64,
    attribute: &str,
    values: &[impl AsRef<str>],
) -> Result<()> {
    let known = attribute::find(attribute).filter(|known| known.is_on(level) && (known.list || values.len() < 2));
    let known = known.ok_or_else(|| Error::Internal(format!("preference {attribute} of a {level} set wrongly")))?;
    store(tx, level, owner, known, values).await
}

/// Writes the rows of an attribute anew.
async fn store(tx: &mut Tx, level: Level, owner: i64, attribute: &Attribute, texts: &[impl AsRef<str>]) -> Result<()> {
    if attribute.name == LOCK {
        let lock: Option<i64> = texts.first().and_then(|text| text.as_ref().parse().ok());
        tx.execute(SET_LOCK, args![lock, owner]).await?;
        return Ok(());
    }
    tx.execute(DELETE, args![level, owner, attribute.name]).await?;
    for (position, text) in (0_i64..).zip(texts) {
        tx.execute(INSERT, args![level, owner, attribute.name, position, text.as_ref()]).await?;
    }
    Ok(())
}

/// Removes all that is set for an owner that goes.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn delete_of(tx: &mut Tx, level: Level, owner: i64) -> Result<()> {
    tx.execute(DELETE_ALL, args![level, owner]).await?;
    Ok(())
}
