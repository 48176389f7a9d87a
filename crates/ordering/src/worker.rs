//! The worker: claims jobs that any server may do, holds them by lease, runs them.
//!
//! It registers for the wake-up before it looks for work, so that none is lost, and looks anyway every now and then. A
//! job whose lease was lost runs to its end all the same: what a vendor says late is recorded, never thrown away.

use std::sync::Arc;
use std::time::Duration;

use registry::id::{ImportId, LnpImportId, PoolId};
use registry::job::{self, Job, Kind};
use registry::{import, lnp};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::flow::Next;
use crate::{Ordering, micros};

/// Longest pause before a job that failed is tried again.
const LONGEST_PAUSE: i64 = 300_000_000;

/// Runs jobs until it is told to stop.
#[derive(Debug)]
pub struct Worker {
    ordering: Ordering,
}

impl Worker {
    /// A worker on the jobs of a registry.
    #[must_use]
    pub fn new(ordering: Ordering) -> Worker {
        Worker { ordering }
    }

    /// Runs until `stop` is true, then waits at most `drain` for what is under way. What is cut off after that is found
    /// in doubt by whoever looks next.
    pub async fn run(self, mut stop: watch::Receiver<bool>, drain: Duration) {
        let ordering = self.ordering;
        if let Err(error) = ordering.start_sweep().await {
            tracing::error!(%error, "sweep not started");
        }
        let room = Arc::new(Semaphore::new(ordering.settings.concurrency.max(1)));
        let mut running = JoinSet::new();
        loop {
            while running.try_join_next().is_some() {}
            // Also while every place is taken by a slow vendor, and before anything new is claimed.
            let place = tokio::select! {
                biased;
                () = told(&mut stop) => break,
                place = room.clone().acquire_owned() => place,
            };
            let Ok(place) = place else { break };
            let woken = ordering.wake.notified();
            match claim(&ordering).await {
                Ok(Some(job)) => {
                    let ordering = ordering.clone();
                    running.spawn(async move {
                        run(&ordering, &job).await;
                        drop(place);
                    });
                }
                outcome => {
                    drop(place);
                    if let Err(error) = outcome {
                        tracing::warn!(%error, "no work can be claimed");
                    }
                    tokio::select! {
                        () = woken => {}
                        () = tokio::time::sleep(ordering.settings.poll) => {}
                        () = told(&mut stop) => {}
                    }
                }
            }
        }
        tracing::info!(running = running.len(), "worker stops");
        let ended = tokio::time::timeout(drain, async { while running.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::warn!(running = running.len(), "jobs cut off at the end of the drain");
        }
    }
}

/// Ends when the worker is told to stop, or nobody is left who could tell it.
async fn told(stop: &mut watch::Receiver<bool>) {
    stop.wait_for(|stop| *stop).await.ok();
}

async fn claim(ordering: &Ordering) -> registry::Result<Option<Job>> {
    let lease = micros(ordering.settings.lease);
    registry::transaction!(ordering.db, |tx| job::claim(tx, lease).await)
}

/// Runs a job and renews its lease meanwhile.
async fn run(ordering: &Ordering, job: &Job) {
    let every = ordering.settings.lease / 3;
    let renew = async {
        loop {
            tokio::time::sleep(every).await;
            let lease = micros(ordering.settings.lease);
            let renewed = registry::transaction!(ordering.db, |tx| job::renew(tx, job, lease).await);
            match renewed {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!(job = %job.id, kind = %job.kind, "lease lost; the job ends without it");
                    return std::future::pending().await;
                }
                Err(error) => tracing::warn!(%error, job = %job.id, "lease not renewed"),
            }
        }
    };
    let result: registry::Result<Next> = tokio::select! {
        result = perform(ordering, job) => result,
        never = renew => never,
    };
    match result {
        Ok(next) => ordering.end_job(job, next, "").await,
        Err(error) => {
            tracing::error!(%error, job = %job.id, kind = %job.kind, subject = job.subject, "job failed");
            let pause = (1_000_000i64 << job.attempt.clamp(0, 10)).min(LONGEST_PAUSE);
            ordering.end_job(job, Next::Again(pause), &error.to_string()).await;
        }
    }
    if job.kind != Kind::Sweep {
        ordering.wake();
    }
}

async fn perform(ordering: &Ordering, job: &Job) -> registry::Result<Next> {
    match job.kind {
        Kind::Refill => ordering.refill(PoolId(job.subject)).await.map(|()| Next::Done),
        Kind::Order => ordering.work_order(job).await,
        Kind::Disconnect => ordering.disconnect(job).await,
        Kind::Sweep => ordering.sweep().await,
        Kind::LnpImport => loop {
            let (now, id) = (ordering.clock.now(), LnpImportId(job.subject));
            if registry::transaction!(ordering.db, |tx| lnp::step(tx, now, id).await)? {
                return Ok(Next::Done);
            }
        },
        Kind::Publish => {
            let id = ImportId(job.subject);
            loop {
                let now = ordering.clock.now();
                if registry::transaction!(ordering.db, |tx| import::step(tx, now, id).await)? {
                    return Ok(Next::Done);
                }
            }
        }
    }
}
