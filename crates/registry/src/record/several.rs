//! Several records of a kind at a time.

use std::collections::HashMap;

use store::{Tx, Val, args};

use super::{Kept, Record, count, delete};
use crate::caller::Caller;
use crate::{Error, Result};

/// Records that are written by one statement.
const AT_ONCE: usize = 50;

/// Writes the rows of several records that are settled, and counts them. They are told apart by the text in their
/// [`Kept::UNIQUE`]; `lost` makes the error of one that has the key of another, by its place.
pub(crate) async fn insert_all<R: Kept>(
    tx: &mut Tx,
    records: &[R],
    lost: impl Fn(usize) -> Error + Send,
) -> Result<Vec<i64>> {
    let mut ids = Vec::with_capacity(records.len());
    for some in records.chunks(AT_ONCE) {
        let (width, columns) = (R::COLUMNS.len(), R::COLUMNS.join(", "));
        let row = |n: usize| (1..=width).map(|place| format!("${}", n * width + place)).collect::<Vec<_>>().join(", ");
        let rows: Vec<String> = (0..some.len()).map(|n| format!("({})", row(n))).collect();
        let sql = format!(
            "INSERT INTO {} ({columns}) VALUES {} ON CONFLICT DO NOTHING RETURNING id, {}",
            R::TABLE,
            rows.join(", "),
            R::UNIQUE
        );
        let values: Vec<Val> = some.iter().flat_map(Record::values).collect();
        let mut written: HashMap<String, i64> = HashMap::new();
        for row in tx.query(&sql, &values).await? {
            written.insert(row.at(1)?, row.at(0)?);
        }
        for record in some {
            let id = match record.value(R::UNIQUE) {
                Val::Text(key) => written.remove(&key),
                _ => None,
            };
            let Some(id) = id else { return Err(lost(ids.len())) };
            let mut made = record.clone();
            made.set_id(id);
            count(tx, &made, 1);
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Removes the records that a statement finds by one parameter, a hundred at a time: what is removed is not found again,
/// and where nothing was removed, what is still found is not the caller's to remove.
///
/// # Errors
/// As [`delete`].
pub(crate) async fn delete_all<R: Kept>(tx: &mut Tx, caller: &Caller, now: i64, found_by: &str, of: i64) -> Result<()> {
    loop {
        let rows = tx.query(found_by, args![of]).await?;
        let mut removed = 0;
        for row in rows {
            match delete::<R>(tx, caller, now, row.at(0)?).await {
                Ok(_) => removed += 1,
                // Somebody else has removed it in this moment.
                Err(Error::NotFound { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        if removed == 0 {
            return Ok(());
        }
    }
}

/// Removes the rows of a kind that a statement removes by one parameter, and counts them out of the list: the statement
/// returns of each the id and the columns that the list keeps tallies of. They are not written to the journal, and what is
/// to be done before one goes is for the caller to do. Answers with how many there were.
///
/// # Errors
/// [`Error::InUse`] where others refer to one.
pub(crate) async fn remove_where<R: Kept>(tx: &mut Tx, delete: &str, of: i64) -> Result<usize> {
    let rows = match tx.query(delete, args![of]).await {
        Ok(rows) => rows,
        Err(store::Error::ForeignKey(_)) => {
            return Err(Error::InUse { kind: R::NOUN, key: format!("of {of}") });
        }
        Err(other) => return Err(other.into()),
    };
    for row in &rows {
        let mut tallied = Vec::new();
        for name in R::LIST.tallies {
            let column = R::LIST.column_of_row(name).unwrap_or(name);
            if let Some(value) = row.get::<Option<i64>>(column)? {
                tallied.push((*name, value));
            }
        }
        R::LIST.count(tx, row.get("id")?, &tallied, -1);
    }
    Ok(rows.len())
}
