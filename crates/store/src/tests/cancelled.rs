//! Transactions whose caller goes away.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::{number, run};
use crate::{Db, Error, args};

/// Drops a future after it was polled so many times in vain.
async fn abandoned_after<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

async fn write_three(db: Db, batch: i64) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    for part in 0..3i64 {
        tx.execute("INSERT INTO parts VALUES ($1, $2)", args![batch, part]).await?;
        tokio::task::yield_now().await;
    }
    tx.commit().await
}

crate::on_both! {
    async fn abandoned_transactions_leave_nothing_and_hold_nothing(test: TestDb) {
        const CALLS: i64 = 200;
        const AT_ONCE: i64 = 8;
        run(&test, "CREATE TABLE parts (batch BIGINT NOT NULL, part BIGINT NOT NULL);").await;
        let callers: Vec<_> = (0..AT_ONCE)
            .map(|caller| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    let mut done = Vec::new();
                    for batch in (caller..CALLS).step_by(AT_ONCE as usize) {
                        let polls = rand::random_range(0..14);
                        if let Some(result) = abandoned_after(polls, write_three(db.clone(), batch)).await {
                            result.expect("written");
                            done.push(batch);
                        }
                    }
                    done
                })
            })
            .collect();
        let mut done = Vec::new();
        for caller in callers {
            done.extend(caller.await.expect("a caller"));
        }
        let again = tokio::time::timeout(Duration::from_secs(10), write_three(test.db.clone(), CALLS)).await;
        again.expect("the writer is not held").expect("written");
        let all_at_once = async {
            let writers: Vec<_> = (1..=16).map(|n| tokio::spawn(write_three(test.db.clone(), CALLS + n))).collect();
            for writer in writers {
                writer.await.expect("a writer").expect("written");
            }
        };
        tokio::time::timeout(Duration::from_secs(20), all_at_once).await.expect("no connection is held");

        let broken = "SELECT COUNT(*) FROM (SELECT batch FROM parts GROUP BY batch HAVING COUNT(*) <> 3) b";
        assert_eq!(number(&test, broken, args![]).await, 0, "a batch is there whole or not at all");
        for batch in done {
            assert_eq!(number(&test, "SELECT COUNT(*) FROM parts WHERE batch = $1", args![batch]).await, 3);
        }
        if test.db.is_postgres() {
            let open = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                AND state LIKE 'idle in transaction%'";
            let deadline = Instant::now() + Duration::from_secs(10);
            while number(&test, open, args![]).await > 0 {
                assert!(Instant::now() < deadline, "a transaction stays open");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let sessions = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()";
            while number(&test, sessions, args![]).await > 8 {
                assert!(Instant::now() < deadline, "more sessions than the pool has connections");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    async fn a_transaction_dropped_between_statements_is_rolled_back(test: TestDb) {
        run(&test, "CREATE TABLE parts (batch BIGINT NOT NULL, part BIGINT NOT NULL);").await;
        for _ in 0..20 {
            let mut tx = test.db.begin().await.expect("a transaction");
            tx.execute("INSERT INTO parts VALUES (1, 1)", args![]).await.expect("written");
        }
        write_three(test.db.clone(), 2).await.expect("written");
        assert_eq!(number(&test, "SELECT COUNT(*) FROM parts", args![]).await, 3);
    }
}
