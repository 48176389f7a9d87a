//! What time alone brings about: reservations and quarantines end, offers are forgotten, pools are looked at again.

use registry::job::{self, Kind};
use registry::page::Page;
use registry::{Caller, Result, billing, credit_hold, import, lnp, number, offer, pool};

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

    pub(crate) async fn sweep(&self) -> Result<Next> {
        let caller = Caller::system("sweep");
        loop {
            let now = self.clock.now();
            let ended = registry::transaction!(self.db, |tx| number::expire_due(tx, &caller, now, BATCH).await)?;
            if ended < BATCH as usize {
                break;
            }
        }
        let now = self.clock.now();
        while registry::transaction!(self.db, |tx| credit_hold::expire_due(tx, &caller, now, BATCH).await)? > 0 {}
        while registry::transaction!(self.db, |tx| billing::fee::derive_leads(tx, BATCH).await)? > 0 {}
        if self.settings.ends_intervals {
            while registry::transaction!(self.db, |tx| billing::interval::step(tx, now).await)? {}
        }
        registry::transaction!(self.db, |tx| offer::expire(tx, now).await)?;
        registry::transaction!(self.db, |tx| import::give_up_abandoned(tx, now).await)?;
        registry::transaction!(self.db, |tx| lnp::import::give_up_abandoned(tx, now).await)?;
        if self.settings.mode == Mode::Pool {
            self.look_at_pools().await?;
        }
        Ok(Next::Again(EVERY))
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
