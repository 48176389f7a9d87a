//! Jobs: who gets which, when, and for how long.

use std::collections::BTreeSet;

use store::args;
use store::testing::{Engine, TestDb};

use super::{eventually, started};
use crate::clock::SECOND;
use crate::job::{self, Job, Kind};
use crate::{Result, transaction};

/// A lease that nobody can outlive in a test.
const LEASE: i64 = 3_600 * SECOND;
/// A lease that ended a second ago.
const OVER: i64 = -SECOND;

async fn enqueue(test: &TestDb, subject: i64, after: i64) {
    transaction!(test.db, |tx| job::enqueue(tx, Kind::Refill, subject, after).await).expect("enqueued");
}

async fn claim(test: &TestDb, lease: i64) -> Option<Job> {
    transaction!(test.db, |tx| job::claim(tx, lease).await).expect("a claim")
}

async fn depth(test: &TestDb) -> i64 {
    job::depth(&mut test.db.reader()).await.expect("a count").iter().map(|(_, count)| count).sum()
}

store::on_both! {
    async fn the_job_that_is_due_longest_comes_first(test: TestDb) {
        started(&test).await;
        for (subject, after) in [(1, 0), (2, -3 * SECOND), (3, LEASE), (4, -2 * SECOND)] {
            enqueue(&test, subject, after).await;
        }
        let mut order = Vec::new();
        while let Some(job) = claim(&test, LEASE).await {
            order.push(job.subject);
        }
        assert_eq!(order, [2, 4, 1], "and what is not due yet does not come");
    }

    async fn one_job_waits_for_each_kind_and_subject_and_the_earliest_time_counts(test: TestDb) {
        started(&test).await;
        for after in [LEASE, 0, LEASE] {
            enqueue(&test, 1, after).await;
        }
        transaction!(test.db, |tx| job::enqueue(tx, Kind::Order, 1, 0).await).expect("another kind");
        assert_eq!(depth(&test).await, 2);
        let kinds = [claim(&test, LEASE).await, claim(&test, LEASE).await].map(|job| job.expect("due").kind);
        assert_eq!(BTreeSet::from(kinds.map(Kind::as_str)), BTreeSet::from(["order", "refill"]));
    }

    async fn what_is_asked_for_while_it_runs_runs_once_more(test: TestDb) {
        started(&test).await;
        enqueue(&test, 1, 0).await;
        let running = claim(&test, LEASE).await.expect("due");
        enqueue(&test, 1, 0).await;
        enqueue(&test, 1, 0).await;
        let second = claim(&test, LEASE).await.expect("a second run");
        assert_ne!(second.id, running.id);
        assert!(claim(&test, LEASE).await.is_none());
        for job in [running, second] {
            assert!(transaction!(test.db, |tx| job::done(tx, &job).await).expect("an end"));
        }
        assert_eq!(depth(&test).await, 0);
    }

    async fn a_lease_that_is_over_makes_the_job_claimable_again(test: TestDb) {
        started(&test).await;
        enqueue(&test, 1, 0).await;
        let lost = claim(&test, OVER).await.expect("due");
        let taken = claim(&test, LEASE).await.expect("claimable again");
        assert_eq!((taken.id, taken.attempt), (lost.id, lost.attempt + 1));
        assert!(taken.token > lost.token);
        assert!(!transaction!(test.db, |tx| job::renew(tx, &lost, LEASE).await).expect("an answer"));
        assert!(!transaction!(test.db, |tx| job::done(tx, &lost).await).expect("an answer"));
        transaction!(test.db, |tx| job::again(tx, &lost, 0, "stale").await).expect("an answer");
        assert!(claim(&test, LEASE).await.is_none(), "whoever lost the lease can't put the job back");
        assert!(transaction!(test.db, |tx| job::renew(tx, &taken, LEASE).await).expect("an answer"));
        assert!(transaction!(test.db, |tx| job::done(tx, &taken).await).expect("an answer"));
        assert!(claim(&test, LEASE).await.is_none());
    }

    async fn a_short_lease_ends_by_the_databases_clock(test: TestDb) {
        started(&test).await;
        enqueue(&test, 1, 0).await;
        claim(&test, SECOND / 20).await.expect("due");
        eventually("the end of the lease", || async { claim(&test, LEASE).await.is_some() }).await;
    }

    async fn a_job_that_is_put_back_waits_and_a_second_one_stands_for_it(test: TestDb) {
        started(&test).await;
        enqueue(&test, 1, 0).await;
        let first = claim(&test, LEASE).await.expect("due");
        transaction!(test.db, |tx| job::again(tx, &first, LEASE, "later").await).expect("put back");
        assert!(claim(&test, LEASE).await.is_none());
        enqueue(&test, 1, 0).await;
        let first = claim(&test, LEASE).await.expect("due earlier now");
        enqueue(&test, 1, LEASE).await;
        transaction!(test.db, |tx| job::again(tx, &first, 0, "now").await).expect("put back");
        assert_eq!(depth(&test).await, 1);
        assert!(claim(&test, LEASE).await.is_some(), "the earlier time counts");
    }

    async fn eight_workers_do_each_job_once(test: TestDb) {
        started(&test).await;
        for subject in 0..40 {
            enqueue(&test, subject, 0).await;
        }
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    let claim = async || -> Result<Option<Job>> { transaction!(db, |tx| job::claim(tx, LEASE).await) };
                    while let Some(job) = claim().await.expect("a claim") {
                        mine.push(job.subject);
                    }
                    mine
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.expect("a worker"));
        }
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<_>>());
    }

    async fn a_job_goes_with_its_transaction(test: TestDb) {
        started(&test).await;
        let failed = transaction!(test.db, |tx| {
            job::enqueue(tx, Kind::Refill, 1, 0).await?;
            Err::<(), _>(crate::Error::Conflict("changed my mind".to_owned()))
        });
        assert!(failed.is_err());
        assert_eq!(depth(&test).await, 0);
    }
}

/// On SQLite there is one writer, so this can't happen there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn putting_back_what_is_asked_for_in_that_moment_leaves_one_waiting_job() {
    let test = TestDb::new(Engine::Postgres).await;
    started(&test).await;
    enqueue(&test, 1, 0).await;
    let running = claim(&test, LEASE).await.expect("due");
    let mut sale = test.db.begin().await.expect("a transaction");
    job::enqueue(&mut sale, Kind::Refill, 1, 0).await.expect("asked for");
    let db = test.db.clone();
    let putting_back =
        tokio::spawn(async move { transaction!(db, |tx| job::again(tx, &running, 0, "once more").await) });
    let waiting =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("waiting for the sale", || async {
        let row = test.db.reader().query_one(waiting, args![]).await.expect("a count");
        row.at::<i64>(0).expect("a count") == 1
    })
    .await;
    sale.commit().await.expect("sold");
    putting_back.await.expect("a task").expect("the other's job stands for it");
    assert_eq!(depth(&test).await, 1);
}

/// On SQLite there is one writer, so this can't happen there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_demanded_is_not_done_before_the_demand_is_committed() {
    let test = TestDb::new(Engine::Postgres).await;
    started(&test).await;
    enqueue(&test, 1, 0).await;
    let mut change = test.db.begin().await.expect("a transaction");
    job::demand(&mut change, Kind::Refill, 1).await.expect("demanded");
    assert!(claim(&test, LEASE).await.is_none(), "whoever did it now would not see the change");
    change.commit().await.expect("changed");
    assert!(claim(&test, LEASE).await.is_some());
    assert!(claim(&test, LEASE).await.is_none());
}
