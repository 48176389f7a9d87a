//! The store as whoever writes statements sees it, on both engines.

mod cancelled;
mod limits;
mod migrations;
mod snapshots;
mod transactions;
mod values;

use crate::testing::TestDb;
use crate::{Error, Val};

/// Runs statements, and makes them last.
async fn run(test: &TestDb, sql: &str) {
    let mut tx = test.db.begin().await.expect("a transaction");
    tx.batch(sql).await.expect(sql);
    tx.commit().await.expect("a commit");
}

/// The first column of the first row of a query outside any transaction.
async fn number(test: &TestDb, sql: &str, args: &[Val]) -> i64 {
    test.db.reader().query_one(sql, args).await.expect(sql).at(0).expect("a number")
}

/// Runs one statement in a transaction of its own.
async fn execute(test: &TestDb, sql: &str, args: &[Val]) -> Result<u64, Error> {
    crate::transaction!(test.db, Error, |tx| tx.execute(sql, args).await)
}
