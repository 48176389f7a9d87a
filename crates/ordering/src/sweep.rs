//! What time alone brings about: reservations and quarantines end, offers are forgotten, pools are looked at again.

use registry::job::{self, Kind};
use registry::page::Page;
use registry::{Caller, Error, Result, billing, credit_hold, import, lnp, number, offer, pool};

use crate::flow::Next;
use crate::{Mode, Ordering};

/// How often time is looked after.
const EVERY: i64 = 30_000_000;
const BATCH: u32 = 500;

impl Ordering {
    /// Makes sure that the sweep runs; one job for all servers.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn start_sweep(&self) -> Result<()> {
        registry::transaction!(self.db, |tx| job::enqueue(tx, Kind::Sweep, 0, 0).await)
    }

    /// Goes through all that time brings about. What fails is logged and tried again the next time; the rest goes on.
    pub(crate) async fn sweep(&self) -> Result<Next> {
        let caller = Caller::system("sweep");
        let now = self.clock.now();
        note("reservations and quarantines", self.end_states(&caller).await)?;
        note("credit holds", credit_hold::expire_due(&self.db, &caller, now).await.map(drop))?;
        note("fees", self.derive_leads().await)?;
        if self.settings.ends_intervals {
            note("balance intervals", billing::interval::catch_up_due(&self.db, now).await.map(drop))?;
        }
        note("offers", registry::transaction!(self.db, |tx| offer::expire(tx, now).await.map(drop)))?;
        let abandoned = registry::transaction!(self.db, |tx| import::give_up_abandoned(tx, now).await.map(drop));
        note("imports", abandoned)?;
        let abandoned = registry::transaction!(self.db, |tx| lnp::import::give_up_abandoned(tx, now).await.map(drop));
        note("imports of ported numbers", abandoned)?;
        if self.settings.mode == Mode::Pool {
            note("pools", self.look_at_pools().await)?;
        }
        Ok(Next::Again(EVERY))
    }

    async fn end_states(&self, caller: &Caller) -> Result<()> {
        loop {
            let now = self.clock.now();
            let ended = registry::transaction!(self.db, |tx| number::expire_due(tx, caller, now, BATCH).await)?;
            if ended < BATCH as usize {
                return Ok(());
            }
        }
    }

    async fn derive_leads(&self) -> Result<()> {
        while registry::transaction!(self.db, |tx| billing::fee::derive_leads(tx, BATCH).await)? > 0 {}
        Ok(())
    }

    async fn look_at_pools(&self) -> Result<()> {
        let mut page = Page::first(registry::page::MOST);
        loop {
            let pools = pool::with_minimum(&mut self.db.reader(), page).await?;
            let Some(last) = pools.last() else { return Ok(()) };
            page.after = last.0;
            registry::transaction!(self.db, |tx| {
                for pool in &pools {
                    job::enqueue(tx, Kind::Refill, pool.0, 0).await?;
                }
                Ok(())
            })?;
        }
    }
}

/// Logs what has failed; a database that can't be reached ends it all.
fn note(step: &'static str, outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(error) if !matches!(error, Error::Store(store::Error::Unavailable(_))) => {
            tracing::error!(%error, step, "the sweep leaves something undone until the next time");
            Ok(())
        }
        outcome => outcome,
    }
}
