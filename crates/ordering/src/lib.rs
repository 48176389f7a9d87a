//! Pools that refill themselves, real-time search, purchases, and orders that survive any crash.
//!
//! [`Ordering`] joins the registry, which knows what should be, with the carriers, which sell. Nothing outside is called
//! inside a transaction. **Ordering does not know any face.**

mod disconnect;
mod flow;
mod plan;
mod policy;
mod purchase;
mod range;
mod refill;
mod search;
mod sweep;
mod vendors;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use registry::Clock;
use store::Db;
use tokio::sync::Notify;

pub use plan::{Plan, Step, plan};
pub use policy::{Policy, Release};
pub use purchase::{Deal, Purchase, Quote, Sellable, Source};
pub use search::{Available, Place, Search};
pub use vendors::{Entry, Vendors};
pub use worker::Worker;

/// When vendors are asked for numbers (Enswitch's "Enable number vendors").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Never.
    Off,
    /// Pools are kept at their minimum.
    #[default]
    Pool,
    /// When a customer looks for numbers.
    Realtime,
}

/// How the ordering behaves.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// When vendors are asked for numbers.
    pub mode: Mode,
    /// How long a search waits for vendors.
    pub realtime_deadline: Duration,
    /// How long a buyer waits for an order before it is told where to look.
    pub purchase_wait: Duration,
    /// How long after an exhausted refill vendors are asked again.
    pub refill_retry_after: Duration,
    /// How long a job is held before another server may take it.
    pub lease: Duration,
    /// How often work is looked for that nobody announced.
    pub poll: Duration,
    /// How many jobs run at once in this server.
    pub concurrency: usize,
    /// Whether balance intervals end by the machine's clock; not where requests say what time it is.
    pub ends_intervals: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            mode: Mode::Pool,
            realtime_deadline: Duration::from_secs(3),
            purchase_wait: Duration::from_secs(20),
            refill_retry_after: Duration::from_secs(60),
            lease: Duration::from_secs(60),
            poll: Duration::from_secs(1),
            concurrency: 8,
            ends_intervals: true,
        }
    }
}

/// The registry and the carriers, joined. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ordering {
    db: Db,
    clock: Clock,
    settings: Settings,
    vendors: Vendors,
    wake: Arc<Notify>,
}

impl Ordering {
    /// Joins a registry with no vendors yet; see [`Ordering::install`].
    #[must_use]
    pub fn new(db: Db, clock: Clock, settings: Settings) -> Ordering {
        Ordering { db, clock, settings, vendors: Vendors::default(), wake: Arc::default() }
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// How the ordering behaves.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The vendors that can be called.
    #[must_use]
    pub fn vendors(&self) -> &Vendors {
        &self.vendors
    }

    /// Tells the worker of this server that there may be something to do.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

/// A duration in the registry's microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4)
}
