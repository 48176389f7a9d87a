//! Databases of other programs, and statements that take too long.

use std::time::{Duration, Instant};

use crate::testing::{Engine, TestDb};
use crate::{Db, Error};

#[tokio::test]
async fn a_file_of_another_program_keeps_its_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("theirs.db");
    assert!(matches!(Db::sqlite_of_another(&path, 1), Err(Error::Unavailable(_))));
    assert!(!path.exists(), "to open it has made it");
    for (mode, version) in [("delete", 1), ("wal", 2)] {
        let theirs = rusqlite::Connection::open(&path).expect("a file");
        theirs.pragma_update(None, "journal_mode", mode).expect("a journal mode");
        theirs.execute_batch("CREATE TABLE IF NOT EXISTS parts (part BIGINT)").expect("a table");
        let db = Db::sqlite_of_another(&path, 1).expect("opened");
        crate::transaction!(db, Error, |tx| tx.execute("INSERT INTO parts VALUES (1)", &[]).await).expect("written");
        assert_eq!(db.reader().query("SELECT part FROM parts", &[]).await.expect("read").len(), version);
        // The file says itself how it is written: 1 with a rollback journal, 2 with a WAL.
        let head = std::fs::read(&path).expect("the file");
        assert_eq!(usize::from(head[18]), version, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_ends_what_takes_too_long() {
    let test = TestDb::new(Engine::Postgres).await;
    let db = Db::postgres_within(&test.url, 1, Duration::from_millis(50)).expect("a pool");
    let begun = Instant::now();
    let slow = db.reader().query("SELECT CAST(pg_sleep(30) AS TEXT)", &[]).await;
    assert!(matches!(slow, Err(Error::TimedOut(_))), "{slow:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    // The connection is good for what comes next.
    assert_eq!(db.reader().query("SELECT 1", &[]).await.expect("an answer").len(), 1);
}
