//! Whole books at once, as files bring them.
//!
//! One line of the journal stands for a file, not one for each entry.

use std::collections::HashMap;

use store::{Tx, Val, args};

use super::book::must_fit;
use super::{Entry, SUBSCRIBERS};
use crate::caller::Caller;
use crate::id::SubscriberId;
use crate::journal::{self, Change, Operation};
use crate::listing;
use crate::record::{self, Kept};
use crate::statement::statements;
use crate::{Error, Result};

/// Most entries in a book, and so in a file.
pub const MOST: usize = 10_000;

/// An entry as a file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line in the file, from 1.
    pub line: u64,
    /// Who it is.
    pub name: String,
    /// The number.
    pub number: String,
    /// Whether it is shared, in the book of a subscriber.
    pub shared: bool,
}

/// Takes the rows of a file into a book; a number that is there gets the name of the file.
///
/// # Errors
/// [`Error::Invalid`] for `rows`, naming the line; [`Error::NotAllowed`]; [`Error::Dangling`] for the owner;
/// [`Error::Conflict`] where the book would have more than [`MOST`] entries.
pub async fn take_in<E: Entry>(tx: &mut Tx, caller: &Caller, now: i64, owner: i64, rows: &[Row]) -> Result<()> {
    write::<E>(tx, caller, now, owner, rows, false).await
}

/// As [`take_in`], and removes what was in the book before.
///
/// # Errors
/// As [`take_in`].
pub async fn replace_all<E: Entry>(tx: &mut Tx, caller: &Caller, now: i64, owner: i64, rows: &[Row]) -> Result<()> {
    write::<E>(tx, caller, now, owner, rows, true).await
}

statements! {
    CLEAR_SUBSCRIBER = "DELETE FROM subscriber_phonebook_entries WHERE subscriber_id = $1 \
        RETURNING id, account_id, reseller_id";
}

/// The statements of the books.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, super::book::STATEMENTS].into_iter().flatten()
}

/// Removes the book of a subscriber; for its termination.
pub(crate) async fn forget(tx: &mut Tx, id: SubscriberId) -> Result<()> {
    for row in tx.query(CLEAR_SUBSCRIBER, args![id]).await? {
        let values = [("account_id", row.at(1)?), ("reseller_id", row.at(2)?), ("subscriber_id", id.0)];
        SUBSCRIBERS.count(tx, row.at(0)?, &values, -1);
    }
    Ok(())
}

/// Removes the entries of a book that have one of the numbers; none: all of them.
async fn remove<E: Entry>(tx: &mut Tx, owner: i64, numbers: Option<&[&Row]>) -> Result<()> {
    let mut values = args![owner].to_vec();
    let mut sql = format!("DELETE FROM {} WHERE {} = $1", E::TABLE, E::OWNER);
    if let Some(numbers) = numbers {
        let places: Vec<String> = (2..numbers.len() + 2).map(|n| format!("${n}")).collect();
        sql = format!("{sql} AND number IN ({})", places.join(", "));
        values.extend(numbers.iter().map(|row| Val::from(row.number.as_str())));
    }
    let sql = format!("{sql} RETURNING id, {}", E::COLUMNS.join(", "));
    for row in tx.query(&sql, &values).await? {
        record::count(tx, &E::read(&row)?, -1);
    }
    Ok(())
}

/// What stands in the file, each number once: the last line of it holds.
fn distinct(rows: &[Row]) -> Vec<&Row> {
    let last: HashMap<&str, u64> = rows.iter().map(|row| (row.number.as_str(), row.line)).collect();
    rows.iter().filter(|row| last.get(row.number.as_str()) == Some(&row.line)).collect()
}

async fn write<E: Entry>(tx: &mut Tx, caller: &Caller, now: i64, owner: i64, rows: &[Row], purge: bool) -> Result<()> {
    E::must_keep(caller)?;
    if rows.len() > MOST {
        return Err(Error::invalid("rows", format!("there are more than {MOST} entries in the file")));
    }
    // An entry that says nothing but whose book it is.
    let mut book = E::of(owner, "", "", false);
    book.settle_owner(tx, caller).await?;
    let at = |row: &Row, error: Error| match error {
        Error::Invalid { message, .. } => Error::invalid("rows", format!("line {}: {message}", row.line)),
        other => other,
    };
    let entry = |row: &&Row| book.beside(&row.name, &row.number, row.shared).map_err(|error| at(row, error));
    let distinct = distinct(rows);
    let entries = distinct.iter().map(entry).collect::<Result<Vec<E>>>()?;
    if purge {
        remove::<E>(tx, owner, None).await?;
    } else {
        for some in distinct.chunks(listing::MOST_VALUES) {
            remove::<E>(tx, owner, Some(some)).await?;
        }
    }
    let lost = |n: usize| entries.get(n).map_or_else(|| Error::Internal("an entry was lost".to_owned()), Kept::taken);
    record::insert_all(tx, &entries, lost).await?;
    must_fit::<E>(tx, owner).await?;
    let summary = serde_json::json!({ "id": owner, "entries": rows.len(), "purged": purge });
    let change = Change {
        kind: E::TABLE,
        record_id: owner,
        account: Kept::account(&book),
        operation: Operation::Update,
        before: None,
        after: Some(&summary),
    };
    journal::write(tx, caller, now, change).await
}
