//! Reads of one moment, and what happens at a commit.

use std::time::Duration;

use super::{execute, number, run};
use crate::{Error, args, transaction};

const COUNTERS: &str = "CREATE TABLE counters (id BIGINT PRIMARY KEY, n BIGINT NOT NULL); \
    INSERT INTO counters VALUES (1, 0), (2, 0);";
const READ: &str = "SELECT CAST(SUM(n) AS BIGINT) AS n FROM counters";
const LAST: &str = "UPDATE counters SET n = n * 10 + (SELECT COUNT(*) FROM counters) WHERE id = 2";

crate::on_both! {
    async fn a_snapshot_sees_one_moment_and_holds_nobody_up(test: TestDb) {
        run(&test, COUNTERS).await;
        let mut snapshot = test.db.snapshot().await.expect("a snapshot");
        assert_eq!(snapshot.query_one(READ, args![]).await.expect("read").at::<i64>(0).expect("n"), 0);
        execute(&test, "UPDATE counters SET n = 5 WHERE id = $1", args![1i64]).await.expect("changed");
        let mut later = test.db.snapshot().await.expect("a snapshot");
        assert_eq!(later.query_one(READ, args![]).await.expect("read").at::<i64>(0).expect("n"), 5);
        execute(&test, "DELETE FROM counters WHERE id = $1", args![1i64]).await.expect("removed");
        assert_eq!(snapshot.query_one(READ, args![]).await.expect("read").at::<i64>(0).expect("n"), 0);
        assert_eq!(later.query_one(READ, args![]).await.expect("read").at::<i64>(0).expect("n"), 5);
        assert!(snapshot.execute("DELETE FROM counters", args![]).await.is_err(), "it only reads");
        later.commit().await.expect("ended");
        drop(snapshot);
        assert_eq!(number(&test, READ, args![]).await, 0);
    }

    async fn what_is_to_run_once_at_the_commit_does(test: TestDb) {
        run(&test, COUNTERS).await;
        for undone in [true, false] {
            let outcome = transaction!(test.db, Error, |tx| {
                tx.once_at_commit(LAST);
                tx.once_at_commit(LAST);
                tx.execute("INSERT INTO counters VALUES ($1, 0)", args![3i64]).await?;
                if undone { Err(Error::NoRow) } else { Ok(()) }
            });
            assert_eq!(outcome.is_err(), undone);
        }
        assert_eq!(number(&test, "SELECT n FROM counters WHERE id = 2", args![]).await, 3);
    }

    async fn a_commit_wakes_who_waits_for_it(test: TestDb) {
        run(&test, COUNTERS).await;
        let signal = test.db.signal("counted");
        let outcome = transaction!(test.db, Error, |tx| {
            tx.signal_at_commit("counted");
            Err::<(), _>(Error::NoRow)
        });
        assert!(outcome.is_err());
        let none = tokio::time::timeout(Duration::from_millis(20), signal.notified()).await;
        assert!(none.is_err(), "nothing was committed");
        let waiting = tokio::spawn({
            let signal = test.db.clone().signal("counted");
            async move { signal.notified().await }
        });
        let outcome = transaction!(test.db, Error, |tx| {
            tx.signal_at_commit("counted");
            tx.execute("UPDATE counters SET n = 1 WHERE id = $1", args![1i64]).await
        });
        outcome.expect("committed");
        tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("woken").expect("a task");
    }
}
