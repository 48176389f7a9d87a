//! Counts of the rows of a list, in buckets of ids, so that the length of a list and the row at any position of it are
//! found at a cost that does not grow with the list.
//!
//! A list is counted as a whole (key 0) and for the values of some of its columns. Counts are added up in memory and
//! written just before the commit.

use std::collections::BTreeMap;

use store::{Tx, args};

use crate::statement::statements;
use crate::{Result, listing};

statements! {
    ADD = "INSERT INTO tallies (list, key, level, bucket, n) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (list, key, level, bucket) DO UPDATE SET n = tallies.n + excluded.n";
    TOTAL = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) AS total FROM tallies WHERE list = $1 AND key = $2 AND level = 16";
    COARSE = "SELECT bucket, n FROM tallies WHERE list = $1 AND key = $2 AND level = 16 AND n > 0 ORDER BY bucket";
    FINE = "SELECT bucket, n FROM tallies WHERE list = $1 AND key = $2 AND level = 8 AND bucket >= $3 AND bucket < $4 \
        AND n > 0 ORDER BY bucket";
}

/// Bits of an id that a bucket of either level spans.
const COARSE_BITS: i64 = 16;
const FINE_BITS: i64 = 8;

/// Counts a row in (1) or out (-1) of the list under that name, for one value of the column it is named by.
pub(crate) fn add(tx: &mut Tx, list: &'static str, key: i64, id: i64, amount: i64) {
    for level in [COARSE_BITS, FINE_BITS] {
        tx.add_at_commit(ADD, list, [key, level, id >> level], amount);
    }
}

/// How many rows there are.
pub(crate) async fn total(tx: &mut Tx, list: &str, key: i64) -> Result<i64> {
    Ok(tx.query_one(TOTAL, args![list, key]).await?.at(0)?)
}

/// How many rows there are for each of those keys of one list; keys that no row has had are left out.
pub(crate) async fn totals(tx: &mut Tx, list: &'static str, keys: &[i64]) -> Result<BTreeMap<i64, i64>> {
    let sql = format!(
        "SELECT key, CAST(COALESCE(SUM(n), 0) AS BIGINT) AS total FROM tallies WHERE list = '{list}' AND level = 16 \
         AND key IN ({{ids}}) GROUP BY key"
    );
    listing::for_ids(tx, &sql, keys).await?.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
}

/// Where the row at a position (from 0, by id) is to be looked for: from that id on, after skipping so many rows.
pub(crate) async fn seek(tx: &mut Tx, list: &str, key: i64, position: i64) -> Result<(i64, i64)> {
    let mut left = position;
    let Some(coarse) = bucket(&tx.query(COARSE, args![list, key]).await?, &mut left)? else {
        return Ok((i64::MAX, 0));
    };
    let first = coarse << (COARSE_BITS - FINE_BITS);
    let end = (coarse + 1) << (COARSE_BITS - FINE_BITS);
    match bucket(&tx.query(FINE, args![list, key, first, end]).await?, &mut left)? {
        Some(fine) => Ok((fine << FINE_BITS, left)),
        None => Ok((coarse << COARSE_BITS, left)),
    }
}

/// The bucket in which the position falls; what is left is the position inside it.
fn bucket(rows: &[store::Row], left: &mut i64) -> Result<Option<i64>> {
    for row in rows {
        let n: i64 = row.at(1)?;
        if *left < n {
            return Ok(Some(row.at(0)?));
        }
        *left -= n;
    }
    Ok(None)
}
