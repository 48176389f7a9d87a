//! Transactions that get in each other's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Barrier;

use super::{execute, number, run};
use crate::testing::{Engine, TestDb};
use crate::{Db, Error, args, transaction};

const COUNTERS: &str = "CREATE TABLE counters (id BIGINT PRIMARY KEY, n BIGINT NOT NULL); \
    INSERT INTO counters VALUES (1, 0), (2, 0);";
const ADD: &str = "UPDATE counters SET n = n + 1 WHERE id = $1";

crate::on_both! {
    async fn counters_that_many_add_to_at_once_lose_nothing(test: TestDb) {
        run(&test, COUNTERS).await;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    for _ in 0..10 {
                        transaction!(db, Error, |tx| {
                            let n: i64 = tx.query_one("SELECT n FROM counters WHERE id = $1 {wait}", args![1i64]).await?.at(0)?;
                            tokio::task::yield_now().await;
                            tx.execute("UPDATE counters SET n = $1 WHERE id = $2", args![n + 1, 1i64]).await
                        })
                        .expect("counted");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a task");
        }
        assert_eq!(number(&test, "SELECT n FROM counters WHERE id = 1", args![]).await, 80);
    }

    async fn a_body_runs_again_until_it_is_let_through(test: TestDb) {
        run(&test, COUNTERS).await;
        let mut runs = 0;
        let result = transaction!(test.db, Error, |tx| {
            runs += 1;
            tx.execute(ADD, args![1i64]).await?;
            if runs < 4 { Err(Error::Retry("another was first".to_owned())) } else { Ok(runs) }
        });
        assert_eq!(result.expect("let through"), 4);
        assert_eq!(number(&test, "SELECT n FROM counters WHERE id = 1", args![]).await, 1, "attempts leave nothing");
    }

    async fn a_body_that_is_never_let_through_ends_with_its_error(test: TestDb) {
        let mut runs = 0;
        let result = transaction!(test.db, Error, |_tx| {
            runs += 1;
            Err::<(), _>(Error::Retry("another was first".to_owned()))
        });
        assert!(matches!(&result, Err(Error::Retry(reason)) if reason == "another was first"), "{result:?}");
        assert!((5..50).contains(&runs), "{runs} attempts");
    }

    async fn other_errors_are_not_tried_again(test: TestDb) {
        run(&test, COUNTERS).await;
        let mut runs = 0;
        let result = transaction!(test.db, Error, |tx| {
            runs += 1;
            tx.execute(ADD, args![1i64]).await?;
            tx.execute("INSERT INTO counters VALUES (1, 0)", args![]).await
        });
        assert!(matches!(&result, Err(Error::Unique(_))), "{result:?}");
        assert_eq!(runs, 1);
        assert_eq!(number(&test, "SELECT n FROM counters WHERE id = 1", args![]).await, 0);
    }

    async fn what_is_not_committed_is_not_seen(test: TestDb) {
        run(&test, COUNTERS).await;
        let mut tx = test.db.begin().await.expect("a transaction");
        tx.execute(ADD, args![1i64]).await.expect("added");
        let inside: i64 = tx.query_one("SELECT n FROM counters WHERE id = $1", args![1i64]).await.expect("row").at(0).expect("n");
        assert_eq!(inside, 1);
        assert_eq!(number(&test, "SELECT n FROM counters WHERE id = 1", args![]).await, 0);
        drop(tx);
        assert_eq!(execute(&test, ADD, args![1i64]).await.expect("the next one"), 1);
        assert_eq!(number(&test, "SELECT n FROM counters WHERE id = 1", args![]).await, 1);
    }

    async fn a_reader_changes_nothing(test: TestDb) {
        run(&test, COUNTERS).await;
        let mut reader = test.db.reader();
        assert!(reader.execute(ADD, args![1i64]).await.is_err());
        assert!(reader.batch("DELETE FROM counters").await.is_err());
        assert_eq!(number(&test, "SELECT COUNT(*) FROM counters", args![]).await, 2);
        reader.commit().await.expect("there is nothing to commit");
    }

    async fn a_long_read_does_not_stop_short_ones(test: TestDb) {
        run(&test, COUNTERS).await;
        let long = "WITH RECURSIVE up (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM up WHERE n < 300000) \
            SELECT COUNT(*) FROM up";
        let slow: Vec<_> = (0..3)
            .map(|_| {
                let db = test.db.clone();
                tokio::spawn(async move { db.reader().query_one(long, args![]).await.expect("rows").at::<i64>(0) })
            })
            .collect();
        for _ in 0..20 {
            assert_eq!(number(&test, "SELECT n FROM counters WHERE id = 1", args![]).await, 0);
            execute(&test, ADD, args![2i64]).await.expect("a writer goes on as well");
        }
        for read in slow {
            assert_eq!(read.await.expect("a task").expect("a count"), 300_000);
        }
    }
}

async fn postgres() -> TestDb {
    TestDb::new(Engine::Postgres).await
}

/// Adds to both counters, one after the other; in its first attempt only when the other task has added to one too.
async fn add_to_both(db: Db, order: [i64; 2], met: Arc<Barrier>, attempts: Arc<AtomicU32>) {
    let mut first = true;
    transaction!(db, Error, |tx| {
        attempts.fetch_add(1, Ordering::SeqCst);
        tx.execute(ADD, args![order[0]]).await?;
        if std::mem::take(&mut first) {
            met.wait().await;
        }
        tx.execute(ADD, args![order[1]]).await
    })
    .expect("both go through in the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_wait_for_each_other_one_is_tried_again() {
    let test = postgres().await;
    run(&test, COUNTERS).await;
    let (met, attempts) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let tasks =
        [[1, 2], [2, 1]].map(|order| tokio::spawn(add_to_both(test.db.clone(), order, met.clone(), attempts.clone())));
    for task in tasks {
        task.await.expect("a task");
    }
    assert_eq!(attempts.load(Ordering::SeqCst), 3);
    assert_eq!(number(&test, "SELECT CAST(SUM(n) AS BIGINT) FROM counters", args![]).await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_whose_connection_broke_is_run_again() {
    let test = postgres().await;
    run(&test, COUNTERS).await;
    let mut runs = 0;
    transaction!(test.db, Error, |tx| {
        runs += 1;
        tx.execute(ADD, args![1i64]).await?;
        if runs == 1 {
            tx.query("SELECT pg_terminate_backend(pg_backend_pid())", args![]).await?;
        }
        Ok(())
    })
    .expect("a fresh connection");
    assert_eq!(runs, 2);
    assert_eq!(number(&test, "SELECT n FROM counters WHERE id = 1", args![]).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_restarted_is_connected_to_again() {
    let test = postgres().await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(test.db.begin().await.expect("a transaction"));
    }
    for tx in open {
        tx.commit().await.expect("a commit");
    }
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    test.db.reader().query(others, args![]).await.expect("ended");
    let reads: Vec<_> = (0..8)
        .map(|_| {
            let db = test.db.clone();
            tokio::spawn(async move { db.reader().query_one("SELECT 1", args![]).await.map(drop) })
        })
        .collect();
    for read in reads {
        read.await.expect("a task").expect("a row");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_said_to_be_unavailable() {
    // Nobody listens on a port of a socket that was just closed.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let db = Db::postgres(&format!("postgres://user:secret@127.0.0.1:{port}/none"), 2).expect("a URL");
    let result = tokio::time::timeout(Duration::from_secs(30), db.begin()).await.expect("an answer in time");
    let Err(Error::Unavailable(message)) = result else { panic!("{result:?}") };
    assert!(!message.contains("secret"), "{message}");
    for url in ["postgres://user:secret@[::", "mysql://user:secret@host/db", "secret"] {
        let refused = Db::postgres(url, 2).expect_err(url).to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }
}

#[tokio::test]
async fn a_file_that_can_not_be_opened_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("no such folder").join("strowger.db");
    let Err(Error::Unavailable(message)) = Db::sqlite(&path, 16) else { panic!("opened") };
    assert!(message.contains("no such folder"), "{message}");
}

#[tokio::test]
async fn a_backup_is_a_database_of_its_own() {
    let test = TestDb::new(Engine::Sqlite).await;
    run(&test, COUNTERS).await;
    let copy = test.folder().join("copy.db");
    test.db.backup(&copy).await.expect("a copy");
    execute(&test, ADD, args![1i64]).await.expect("goes on");
    let db = Db::sqlite(&copy, 16).expect("opens");
    let n: i64 =
        db.reader().query_one("SELECT n FROM counters WHERE id = 1", args![]).await.expect("row").at(0).expect("n");
    assert_eq!(n, 0);
    assert!(test.db.backup(&copy).await.is_err(), "a file that is there is not written over");
}
