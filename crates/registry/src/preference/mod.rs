//! Preferences: what is set for subscribers, domains, customers and so on, each level on its own.
//!
//! What may be set is a table of [`attribute`]s. Values of different levels are not merged here: which of them holds
//! for a call is for whoever routes it. Attributes that a caller is not shown stay as they are when it replaces the
//! rest, and those that are internal are set by the system alone. A subscriber that has a profile, and who administers its
//! customer, see and set only the attributes of that profile.

pub mod attribute;
mod change;
mod custom;
mod level;
pub mod named;
pub mod value;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use store::{Tx, args};

pub use attribute::Attribute;
pub use change::{OUTSIDE_PROFILE, domain_defaults, replace};
pub use custom::{CUSTOM, Choice as CustomChoice, CustomAttribute, DataType, custom_on};
pub use level::Level;
pub use value::{Fault, Value, Values};

use crate::caller::{Caller, Role, Scope};
use crate::listing;
use crate::statement::statements;
use crate::{Error, Result, subscriber_profile};

statements! {
    OF_ATTRIBUTE = "SELECT value FROM preferences WHERE level = $1 AND owner_id = $2 AND attribute = $3 \
        ORDER BY position";
    INSERT = "INSERT INTO preferences (level, owner_id, attribute, position, value, record_id) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    DELETE = "DELETE FROM preferences WHERE level = $1 AND owner_id = $2 AND attribute = $3";
    SET_LOCK = "UPDATE subscribers SET lock_level = $1, \
        lock_without_underrun = CASE WHEN lock_level IS NOT DISTINCT FROM $1 THEN lock_without_underrun END WHERE id = $2";
    DELETE_ALL = "DELETE FROM preferences WHERE level = $1 AND owner_id = $2";
}

/// For several owners at a time; the level is one of our own words.
const MANY: &str = "SELECT owner_id, attribute, value, record_id FROM preferences \
    WHERE level = '{level}' AND owner_id IN ({ids}) ORDER BY owner_id, attribute, position";

/// The lock is the subscriber's own, kept with it.
const LOCKS: &str = "SELECT id, lock_level FROM subscribers WHERE id IN ({ids}) AND lock_level > 0";
const LOCK: &str = "lock";

/// The lists of this module.
pub(crate) const SOURCES: &[&listing::Source] = &[&CUSTOM];

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    STATEMENTS.iter().chain(change::STATEMENTS).chain(named::STATEMENTS)
}

/// The attributes that those see and set who act for a customer, for each subscriber that has a profile; other callers,
/// and levels that have no profiles, are not bound by any.
async fn bounds(tx: &mut Tx, caller: &Caller, level: Level, owners: &[i64]) -> Result<BTreeMap<i64, HashSet<String>>> {
    match (level, caller.role) {
        (Level::Subscriber, Role::Customer | Role::SubscriberAdmin | Role::Subscriber) => {
            subscriber_profile::attributes_of(tx, owners).await
        }
        _ => Ok(BTreeMap::new()),
    }
}

/// The attributes of a level that the caller sees, by name: a subscriber that has a profile, those of the profile.
///
/// # Errors
/// Only those of the database.
pub async fn shown(tx: &mut Tx, caller: &Caller, level: Level) -> Result<Vec<&'static Attribute>> {
    let bound = match caller.scope {
        Scope::Subscriber(id) => bounds(tx, caller, level, &[id.0]).await?.remove(&id.0),
        Scope::All | Scope::Subtree(_) => None,
    };
    let all = attribute::shown(level, caller.role);
    Ok(all.filter(|attribute| bound.as_ref().is_none_or(|names| names.contains(attribute.name))).collect())
}

/// What is set for owners of a level, as far as the caller is shown it; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn get(tx: &mut Tx, caller: &Caller, level: Level, owners: &[i64]) -> Result<BTreeMap<i64, Values>> {
    let mut found = all_of(tx, level, owners).await?;
    let bounds = bounds(tx, caller, level, owners).await?;
    for (owner, values) in &mut found {
        let bound = bounds.get(owner);
        let is_shown = |attribute: &Attribute| {
            attribute.is_shown_to(caller.role) && bound.is_none_or(|names| names.contains(attribute.name))
        };
        let shown = values.iter().filter(|(attribute, _)| is_shown(attribute));
        *values = shown.map(|(attribute, value)| (attribute, value.clone())).collect();
    }
    Ok(found)
}

/// All that is set for owners of a level; an entry for each owner.
pub(crate) async fn all_of(tx: &mut Tx, level: Level, owners: &[i64]) -> Result<BTreeMap<i64, Values>> {
    let mut found: BTreeMap<i64, Values> = owners.iter().map(|owner| (*owner, Values::new())).collect();
    let mut rows: BTreeMap<(i64, String), Vec<String>> = BTreeMap::new();
    let mut records: BTreeMap<named::Of, BTreeSet<i64>> = BTreeMap::new();
    for row in listing::for_ids(tx, &MANY.replace("{level}", level.as_str()), owners).await? {
        let (name, record): (String, Option<i64>) = (row.at(1)?, row.at(3)?);
        if let (Some(of), Some(record)) = (named::Of::attribute(&name), record) {
            records.entry(of).or_default().insert(record);
        }
        rows.entry((row.at(0)?, name)).or_default().push(row.at(2)?);
    }
    let mut names: BTreeMap<named::Of, BTreeMap<i64, String>> = BTreeMap::new();
    for (of, ids) in records {
        let ids: Vec<i64> = ids.into_iter().collect();
        names.insert(of, named::names(tx, of, &ids).await?);
    }
    for ((owner, name), mut texts) in rows {
        let Some(attribute) = attribute::find(&name) else { continue };
        if attribute.named {
            let of = named::Of::attribute(&name).and_then(|of| names.get(&of));
            let name_of = |id: String| of?.get(&id.parse().ok()?).cloned();
            texts = texts.into_iter().filter_map(name_of).collect();
        }
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
        let record: Option<i64> = if attribute.named { text.as_ref().parse().ok() } else { None };
        tx.execute(INSERT, args![level, owner, attribute.name, position, text.as_ref(), record]).await?;
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
