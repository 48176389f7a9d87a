//! Reads the rows of many ids at once.

use std::collections::HashMap;

use store::{Tx, Val};

use crate::Result;

/// Runs a statement once for up to a thousand ids at a time: `{ids}` in it is the list of their places. The ids of a
/// batch are filled up with repetitions, so that there are few different statements.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn for_ids(tx: &mut Tx, sql: &str, ids: &[i64]) -> Result<Vec<store::Row>> {
    in_batches(tx, sql, ids, None).await
}

/// As [`for_ids`], of a time: `{at}`, behind the ids in the statement, is its place.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn for_ids_at(tx: &mut Tx, sql: &str, ids: &[i64], at: i64) -> Result<Vec<store::Row>> {
    in_batches(tx, sql, ids, Some(at)).await
}

async fn in_batches(tx: &mut Tx, sql: &str, ids: &[i64], at: Option<i64>) -> Result<Vec<store::Row>> {
    let mut rows = Vec::with_capacity(ids.len());
    for batch in ids.chunks(1_000) {
        let Some(last) = batch.last() else { break };
        let size = [1, 10, 100, 1_000].into_iter().find(|size| *size >= batch.len()).unwrap_or(1_000);
        let places: Vec<String> = (1..=size).map(|n| format!("${n}")).collect();
        let filled = batch.iter().chain(std::iter::repeat(last)).take(size).copied();
        let values: Vec<Val> = filled.chain(at).map(Val::Int).collect();
        let mut sql = sql.replace("{ids}", &places.join(", "));
        if at.is_some() {
            sql = sql.replace("{at}", &format!("${}", size + 1));
        }
        rows.extend(tx.query(&sql, &values).await?);
    }
    Ok(rows)
}

/// What was read for ids, in the order of the ids and each once; rows of other ids are left out.
pub(crate) fn in_order<T>(ids: &[i64], rows: Vec<T>, id_of: impl Fn(&T) -> i64) -> Vec<T> {
    let mut by_id: HashMap<i64, T> = rows.into_iter().map(|row| (id_of(&row), row)).collect();
    ids.iter().filter_map(|id| by_id.remove(id)).collect()
}
