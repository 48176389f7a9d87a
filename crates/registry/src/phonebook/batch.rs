//! Whole books at once, as files bring them.
//!
//! One line of the journal stands for a file, not one for each entry.

use store::{Tx, args};

use super::{Entry, SUBSCRIBERS};
use crate::caller::Caller;
use crate::id::{AccountId, SubscriberId};
use crate::journal::{self, Change, Operation};
use crate::listing::{self, Condition, Query};
use crate::record::{self, Kept};
use crate::statement::statements;
use crate::{Error, Result};

/// Most entries in one file.
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

/// The entries of a book that the caller sees, at most [`MOST`].
async fn entries<E: Entry>(tx: &mut Tx, caller: &Caller, owner: i64) -> Result<Vec<E>> {
    let conditions = vec![Condition::Is(E::OWNER, owner.into())];
    let limit = i64::try_from(MOST).unwrap_or(i64::MAX);
    let page = listing::page(tx, caller, E::source(), &Query { conditions, limit, ..Query::default() }).await?;
    record::load(tx, &page.ids).await
}

async fn write<E: Entry>(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    owner: i64,
    rows: &[Row],
    purge: bool,
) -> Result<()> {
    E::must_keep(caller)?;
    if rows.len() > MOST {
        return Err(Error::invalid("rows", format!("there are more than {MOST} entries in the file")));
    }
    let mut there = entries::<E>(tx, caller, owner).await?;
    let delete = format!("DELETE FROM {} WHERE id = $1", E::TABLE);
    if purge {
        for entry in there.drain(..) {
            tx.execute(&delete, args![entry.id()]).await?;
            E::source().count(tx, entry.id(), &entry.tallied(), -1);
        }
    }
    let mut account: Option<AccountId> = None;
    for row in rows {
        let at = |error: Error| match error {
            Error::Invalid { message, .. } => Error::invalid("rows", format!("line {}: {message}", row.line)),
            other => other,
        };
        let mut entry = E::of(owner, &row.name, &row.number, row.shared);
        if let Some(known) = there.iter().find(|known| known.parts().1 == row.number) {
            tx.execute(&delete, args![known.id()]).await?;
            E::source().count(tx, known.id(), &known.tallied(), -1);
        }
        there.retain(|known| known.parts().1 != row.number);
        entry.settle(tx, caller, now, None).await.map_err(at)?;
        let entry = record::insert(tx, entry).await.map_err(at)?;
        account = Kept::account(&entry);
        there.push(entry);
    }
    let summary = serde_json::json!({ "id": owner, "entries": rows.len(), "purged": purge });
    let change = Change {
        kind: E::TABLE,
        record_id: owner,
        account,
        operation: Operation::Update,
        before: None,
        after: Some(&summary),
    };
    journal::write(tx, caller, now, change).await
}

