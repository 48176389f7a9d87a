//! Keeps a pool at its minimum: one order at a time, link by link, until nothing is missing.

use std::collections::BTreeSet;

use registry::id::PoolId;
use registry::job::{self, Kind as JobKind};
use registry::{Caller, Result, alert, clock, order, pool, refill, vendor, vendor_link};
use store::Tx;

use crate::plan::{Plan, plan};
use crate::{Mode, Ordering, micros};

impl Ordering {
    /// Looks at a pool and places the next order that it needs, if any. Runs again whenever a number was used, an order
    /// ended, a grace period ran out, or some time has passed: it takes no input but the pool's state.
    ///
    /// # Errors
    /// Only those of the database.
    pub(crate) async fn refill(&self, id: PoolId) -> Result<()> {
        if self.settings.mode != Mode::Pool {
            return Ok(());
        }
        let caller = Caller::system("refill");
        registry::transaction!(self.db, |tx| {
            // The lock makes refills of a pool run one after the other, on all servers together.
            let pool = match pool::lock(tx, id).await {
                Err(registry::Error::NotFound { .. }) => return Ok(()),
                other => other?,
            };
            self.step(tx, &caller, &pool).await
        })
    }

    async fn step(&self, tx: &mut Tx, caller: &Caller, pool: &pool::Pool) -> Result<()> {
        let now = self.clock.now();
        let current = refill::current(tx, pool.id).await?;
        // Caps are counted and the order is placed under one lock, whichever pool it is for; always in the same order, so
        // that two pools never wait for each other.
        let linked: BTreeSet<_> = vendor_link::of_pool(tx, pool.id).await?.iter().map(|link| link.vendor_id).collect();
        for id in linked {
            if self.vendors.get(id).is_some_and(|entry| entry.policy.has_caps()) {
                vendor::lock(tx, id).await?;
            }
        }
        // After the vendors' locks: whoever gives an order up holds its vendor and then asks for this job.
        if let Some(end) = order::next_grace_end(tx, pool.id, now).await? {
            job::enqueue(tx, JobKind::Refill, pool.id.0, end - now + 1).await?;
        }
        let plan = plan(self, tx, pool, current.as_ref().map(|r| r.id)).await?;
        let subject = format!("pool:{}", pool.id);
        if plan.is_satisfied() {
            if plan.free >= plan.minimum {
                alert::clear(tx, now, alert::Kind::LowStock, &subject).await?;
                alert::clear(tx, now, alert::Kind::SpendCap, &subject).await?;
                if let Some(current) = &current
                    && plan.on_order == 0
                {
                    refill::close(tx, caller, now, current, refill::State::Filled, "").await?;
                }
            }
            return Ok(());
        }
        if plan.not_before > 0 {
            return job::enqueue(tx, JobKind::Refill, pool.id.0, plan.not_before - now + 1).await;
        }
        let current = match current {
            Some(current) => current,
            None => refill::open(tx, caller, now, pool.id, plan.missing).await?,
        };
        if let Some((step, quantity)) = plan.next() {
            let link = vendor_link::get(tx, step.link_id).await?;
            let placed = order::plan(tx, caller, now, pool, &link, Some(current.id), quantity, None).await?;
            tracing::info!(order = %placed.id, pool = pool.name, vendor = link.vendor, quantity, "order placed");
            // What one order leaves missing is ordered next, without waiting for this one.
            if quantity < plan.missing {
                job::enqueue(tx, JobKind::Refill, pool.id.0, 0).await?;
            }
            return Ok(());
        }
        if plan.on_order > 0 {
            return Ok(());
        }
        self.exhausted(tx, caller, now, &subject, &current, &plan).await
    }

    async fn exhausted(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        now: i64,
        subject: &str,
        current: &refill::Refill,
        plan: &Plan,
    ) -> Result<()> {
        let reasons: Vec<String> = plan
            .steps
            .iter()
            .map(|step| {
                let because = step.because.as_deref().unwrap_or("no reason known");
                format!("{} group {}: {because}", step.vendor, step.group_id)
            })
            .collect();
        let why = if reasons.is_empty() { "no vendor is linked to it".to_owned() } else { reasons.join("; ") };
        let message = format!(
            "pool {} has {} free numbers of at least {}, {} more are wanted: {why}",
            plan.pool, plan.free, plan.minimum, plan.missing
        );
        let wait = micros(self.settings.refill_retry_after);
        refill::close(tx, caller, now, current, refill::State::Exhausted, &message).await?;
        alert::raise(tx, now, alert::Kind::LowStock, subject, &message).await?;
        if plan.steps.iter().any(|step| step.capped) {
            alert::raise(tx, now, alert::Kind::SpendCap, subject, &message).await?;
        } else {
            alert::clear(tx, now, alert::Kind::SpendCap, subject).await?;
        }
        let again = now + wait;
        pool::pause_refill(tx, plan.pool_id, again).await?;
        tracing::warn!(pool = plan.pool, again = clock::rfc3339(again), "refill exhausted");
        job::enqueue(tx, JobKind::Refill, plan.pool_id.0, wait + 1).await
    }
}
