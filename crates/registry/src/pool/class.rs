//! Number classes: a second axis beside the pool, by which numbers are priced or valued.

use serde::Serialize;
use store::{Tx, args};

use super::{CLASS_BY_ID, CLASS_BY_NAME, CLASS_INSERT, CLASSES};
use crate::caller::Caller;
use crate::id::ClassId;
use crate::journal::{self, Change, Operation};
use crate::{Error, Result};

/// A number class.
#[derive(Clone, Debug, Serialize)]
pub struct Class {
    /// The id.
    pub id: ClassId,
    /// Unique.
    pub name: String,
}

/// The class that numbers have where nothing else is said.
pub const STANDARD_CLASS: ClassId = ClassId(1);

pub(super) async fn class_or_standard(tx: &mut Tx, id: Option<ClassId>) -> Result<ClassId> {
    let id = id.unwrap_or(STANDARD_CLASS);
    match tx.query_opt(CLASS_BY_ID, args![id]).await? {
        Some(_) => Ok(id),
        None => Err(Error::invalid("class", format!("there is no number class {id}"))),
    }
}

/// The class of that id or name.
///
/// # Errors
/// [`Error::Invalid`] where there is none.
pub async fn find_class(tx: &mut Tx, text: &str) -> Result<ClassId> {
    if let Ok(id) = text.parse() {
        return class_or_standard(tx, Some(ClassId(id))).await;
    }
    match tx.query_opt(CLASS_BY_NAME, args![text]).await? {
        Some(row) => Ok(row.at(0)?),
        None => Err(Error::invalid("class", format!("there is no number class `{text}`"))),
    }
}

/// All number classes, at most a thousand.
///
/// # Errors
/// Only those of the database.
pub async fn classes(tx: &mut Tx) -> Result<Vec<Class>> {
    let rows = tx.query(CLASSES, args![]).await?;
    rows.iter().map(|row| Ok(Class { id: row.at(0)?, name: row.at(1)? })).collect()
}

/// Makes a number class.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Invalid`], [`Error::Conflict`] where the name is taken.
pub async fn create_class(tx: &mut Tx, caller: &Caller, now: i64, name: &str) -> Result<Class> {
    caller.must_be_admin("make number classes")?;
    if name.trim().is_empty() || name.chars().count() > 100 || name.parse::<i64>().is_ok() {
        return Err(Error::invalid("name", format!("`{name}` must have 1 to 100 characters and not be a number")));
    }
    let id: ClassId = match tx.query_one(CLASS_INSERT, args![name]).await {
        Ok(row) => row.at(0)?,
        Err(store::Error::Unique(_)) => {
            return Err(Error::Conflict(format!("there is a number class named `{name}` already")));
        }
        Err(error) => return Err(error.into()),
    };
    let made = Class { id, name: name.to_owned() };
    let change = Change {
        kind: "number_classes",
        record_id: id.0,
        account: None,
        operation: Operation::Create,
        before: None,
        after: Some(&made),
    };
    journal::write(tx, caller, now, change).await?;
    Ok(made)
}

/// Makes the standard class at the first start.
pub(crate) async fn bootstrap(tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
    create_class(tx, caller, now, "standard").await.map(drop)
}
