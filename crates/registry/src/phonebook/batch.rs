//! Whole books at once, as files bring them.
//!
//! One line of the journal stands for a file, not one for each entry.

use std::collections::HashMap;

use store::{Tx, args};

use super::{Entry, SUBSCRIBERS};
use crate::caller::Caller;
use crate::id::SubscriberId;
use crate::journal::{self, Change, Operation};
use crate::listing::{self, Condition, Query};
use crate::record::{self, Kept};
use crate::statement::statements;
use crate::{Error, Result};

/// Most entries in one file.
pub const MOST: usize = 10_000;
/// Entries that are removed at a time.
const AT_ONCE: usize = 1_000;

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
/// [`Error::Invalid`] for `rows`, naming the line; [`Error::NotAllowed`]; [`Error::Dangling`] for the owner.
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
    OF_SUBSCRIBER = "SELECT id, account_id, reseller_id FROM subscriber_phonebook_entries WHERE subscriber_id = $1 \
        ORDER BY id LIMIT 1000";
    DELETE = "DELETE FROM subscriber_phonebook_entries WHERE id = $1";
}

/// Removes the book of a subscriber; for its termination.
pub(crate) async fn forget(tx: &mut Tx, id: SubscriberId) -> Result<()> {
    loop {
        let rows = tx.query(OF_SUBSCRIBER, args![id]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let entry: i64 = row.at(0)?;
            tx.execute(DELETE, args![entry]).await?;
            let values = [("account_id", row.at(1)?), ("reseller_id", row.at(2)?), ("subscriber_id", id.0)];
            SUBSCRIBERS.count(tx, entry, &values, -1);
        }
    }
}

/// The ids of the entries of a book that the caller sees and that meet a condition, at most so many.
async fn ids<E: Entry>(
    tx: &mut Tx,
    caller: &Caller,
    owner: i64,
    more: Option<Condition>,
    limit: usize,
) -> Result<Vec<i64>> {
    let mut conditions = vec![Condition::Is(E::OWNER, owner.into())];
    conditions.extend(more);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(listing::page(tx, caller, E::source(), &Query { conditions, limit, ..Query::default() }).await?.ids)
}

async fn remove<E: Entry>(tx: &mut Tx, ids: &[i64]) -> Result<()> {
    let delete = format!("DELETE FROM {} WHERE id = $1", E::TABLE);
    for entry in record::load::<E>(tx, ids).await? {
        tx.execute(&delete, args![entry.id()]).await?;
        E::source().count(tx, entry.id(), &entry.tallied(), -1);
    }
    Ok(())
}

/// Removes every entry of a book that the caller sees.
async fn clear<E: Entry>(tx: &mut Tx, caller: &Caller, owner: i64) -> Result<()> {
    loop {
        let some = ids::<E>(tx, caller, owner, None, AT_ONCE).await?;
        if some.is_empty() {
            return Ok(());
        }
        remove::<E>(tx, &some).await?;
    }
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
    if purge {
        clear::<E>(tx, caller, owner).await?;
    }
    let at = |row: &Row, error: Error| match error {
        Error::Invalid { message, .. } => Error::invalid("rows", format!("line {}: {message}", row.line)),
        other => other,
    };
    let mut first: Option<E> = None;
    for some in distinct(rows).chunks(listing::MOST_VALUES) {
        if !purge {
            let numbers = some.iter().map(|row| row.number.as_str().into()).collect();
            let known = ids::<E>(tx, caller, owner, Some(Condition::Among("number", numbers)), some.len()).await?;
            remove::<E>(tx, &known).await?;
        }
        for row in some {
            // Whose book it is need be looked up only once.
            let entry = match &first {
                Some(first) => first.beside(&row.name, &row.number, row.shared).map_err(|error| at(row, error))?,
                None => {
                    let mut entry = E::of(owner, &row.name, &row.number, row.shared);
                    entry.settle(tx, caller, now, None).await.map_err(|error| at(row, error))?;
                    entry
                }
            };
            let entry = record::insert(tx, entry).await?;
            first.get_or_insert(entry);
        }
    }
    let summary = serde_json::json!({ "id": owner, "entries": rows.len(), "purged": purge });
    let change = Change {
        kind: E::TABLE,
        record_id: owner,
        account: first.as_ref().and_then(Kept::account),
        operation: Operation::Update,
        before: None,
        after: Some(&summary),
    };
    journal::write(tx, caller, now, change).await
}
