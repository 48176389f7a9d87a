//! Works an order through its states: admission, the call, the record, and whatever must be looked up later.
//!
//! The call is a step that runs once: the order is marked sent, durably, before the call leaves, and is never called
//! again. Everything else here may be repeated after a crash.

use std::collections::HashSet;
use std::time::Duration;

use carriers::fault;
use carriers::{ErrorClass, Line, Lookup, OrderOutcome, OrderRequest, Run};
use e164::E164;
use registry::id::{OrderId, VendorId};
use registry::job::{self, Job};
use registry::order::{self, Delivered, Delivery, Ended, Order, Sending};
use registry::vendor::{self, Admission, Permit};
use registry::{Caller, Result};

use crate::vendors::Entry;
use crate::{Ordering, micros};

/// What is to become of the job after its order was worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is done.
    Done,
    /// It runs again after so many microseconds.
    Again(i64),
}

/// Shortest and longest pause between two looks at an order that a vendor has not finished; it grows with the order's age.
const SHORTEST_PAUSE: i64 = 30_000_000;
const LONGEST_PAUSE: i64 = 3_600_000_000;
/// How long after a call's deadline the vendor is asked what became of it: whatever the call started has ended by then.
const SETTLE: Duration = Duration::from_secs(5);
/// How long after an order was marked sent the call may begin at the latest; well within [`SETTLE`].
const LATEST_CALL: Duration = Duration::from_secs(2);
/// How long after a failure the outcome is recorded again; it is held in memory meanwhile.
const RECORD_RETRY: Duration = Duration::from_secs(2);

impl Ordering {
    pub(crate) async fn work_order(&self, job: &Job) -> Result<Next> {
        let id = OrderId(job.subject);
        let caller = Caller::system("worker");
        let found = match order::get(&mut self.db.reader(), &caller, id).await {
            Err(registry::Error::NotFound { .. }) => return Ok(Next::Done),
            other => other?,
        };
        let Some(entry) = self.vendors.get(found.vendor_id) else {
            return self.without_vendor(&caller, &found).await;
        };
        let mut permit = None;
        if found.state == order::State::Planned {
            match self.admit(&caller, &found, &entry).await? {
                Some(Admission::Granted(granted)) => permit = Some(granted),
                Some(Admission::Wait(wait)) => return Ok(Next::Again(wait)),
                None => return Ok(Next::Done),
            }
        }
        let next = self.send(&caller, id, &entry).await;
        if let Some(permit) = permit {
            self.give_back(&permit).await;
        }
        next
    }

    async fn send(&self, caller: &Caller, id: OrderId, entry: &Entry) -> Result<Next> {
        let now = self.clock.now();
        fault::point("order.before-send");
        let grace = micros(entry.policy.grace);
        let sending = registry::transaction!(self.db, |tx| order::send(tx, caller, now, id, grace).await)?;
        match sending {
            Sending::Nothing(_) => Ok(Next::Done),
            Sending::InDoubt(order) => Ok(self.look_later(&order, entry)),
            Sending::Follow(order) => self.follow(caller, &order, entry).await,
            Sending::Call(order) => {
                fault::point("order.sent");
                if self.clock.now() - now > micros(LATEST_CALL) {
                    return Ok(self.never_called(caller, &order).await);
                }
                Ok(self.call(caller, &order, entry).await)
            }
        }
    }

    /// Refuses an order that was marked sent so long ago that another server may have taken it for lost: whoever asks
    /// the vendor about it must not be told "unknown" before a call that is still to come.
    async fn never_called(&self, caller: &Caller, order: &Order) -> Next {
        let message = "the server was held up before it could call the vendor: nothing was bought".to_owned();
        let refused = Delivery { lines: Vec::new(), pending: 0, ended: Ended::Refused, message };
        self.record(caller, order.id, &refused).await;
        self.wake();
        Next::Done
    }

    /// Asks for the right to call; `None` where the order was given up because the vendor is left alone.
    async fn admit(&self, caller: &Caller, order: &Order, entry: &Entry) -> Result<Option<Admission>> {
        let now = self.clock.now();
        let lease = micros(entry.policy.deadline + Duration::from_secs(30));
        let interval = micros(entry.policy.interval);
        let name = &entry.name;
        registry::transaction!(self.db, |tx| {
            // Locked first: whoever had the last permit has told by now how its call went.
            vendor::lock(tx, order.vendor_id).await?;
            if !vendor::get(tx, order.vendor_id).await?.may_be_asked(now) {
                let why = format!("vendor {name} is left alone after failures, or no longer in the vendors' file");
                order::cancel(tx, caller, now, order.id, &why).await?;
                return Ok(None);
            }
            vendor::admit(tx, order.vendor_id, interval, lease).await.map(Some)
        })
    }

    pub(crate) async fn give_back(&self, permit: &Permit) {
        let left = registry::transaction!(self.db, |tx| vendor::leave(tx, permit).await);
        if let Err(error) = left {
            // It ends by itself.
            tracing::warn!(%error, "permit not given back");
        }
    }

    async fn without_vendor(&self, caller: &Caller, found: &Order) -> Result<Next> {
        let now = self.clock.now();
        if found.state != order::State::Planned {
            // One that was being sent is in doubt now. A person resolves it, or the vendor is named again.
            registry::transaction!(self.db, |tx| order::send(tx, caller, now, found.id, 0).await)?;
            return Ok(if found.state.is_final() { Next::Done } else { Next::Again(LONGEST_PAUSE) });
        }
        let why = "the vendors' file no longer names the vendor";
        registry::transaction!(self.db, |tx| order::cancel(tx, caller, now, found.id, why).await)?;
        Ok(Next::Done)
    }

    async fn call(&self, caller: &Caller, order: &Order, entry: &Entry) -> Next {
        let number = order.digits.as_deref().and_then(|digits| E164::parse(digits).ok());
        let request = OrderRequest {
            reference: order.reference.clone(),
            group: order.group_id.clone(),
            quantity: order.quantity,
            number,
        };
        let run = entry.carrier.order(&request).await;
        fault::point("order.answered");
        log(order, entry, &run);
        let failure = failure(&run.outcome);
        let recorded = self.record(caller, order.id, &delivery(run.outcome)).await;
        fault::point("order.recorded");
        self.judge(entry, order, failure).await;
        self.wake();
        match recorded.state {
            order::State::InDoubt | order::State::Accepted | order::State::BackOrdered => {
                self.look_later(&recorded, entry)
            }
            _ => Next::Done,
        }
    }

    /// Records an outcome, however long the database can't be reached: it exists nowhere else.
    async fn record(&self, caller: &Caller, id: OrderId, delivery: &Delivery) -> Order {
        loop {
            let now = self.clock.now();
            let result = registry::transaction!(self.db, |tx| order::record(tx, caller, now, id, delivery).await);
            match result {
                Ok(order) => return order,
                Err(error) => {
                    tracing::error!(%error, order = %id, ?delivery, "outcome of an order not recorded yet");
                    tokio::time::sleep(RECORD_RETRY).await;
                }
            }
        }
    }

    /// Tells the circuit breaker how the call went.
    async fn judge(&self, entry: &Entry, order: &Order, failure: Option<String>) {
        let now = self.clock.now();
        let policy = &entry.policy;
        let pause = micros(policy.breaker_pause);
        let judged = registry::transaction!(self.db, |tx| {
            match &failure {
                None => vendor::succeeded(tx, now, order.vendor_id).await,
                Some(why) => vendor::failed(tx, now, order.vendor_id, policy.breaker_failures, pause, why).await,
            }
        });
        if let Err(error) = judged {
            tracing::warn!(%error, vendor = entry.name, "call not counted");
        }
    }

    /// When the vendor is asked what became of an order; never where it can't be asked.
    fn look_later(&self, order: &Order, entry: &Entry) -> Next {
        if !entry.carrier.capabilities().lookup {
            return Next::Done;
        }
        Next::Again((self.settled_at(order, entry) - self.clock.now()).max(0) + 1)
    }

    /// From when on the call has ended for certain, so that the vendor's listing can be believed.
    fn settled_at(&self, order: &Order, entry: &Entry) -> i64 {
        order.sent_at.unwrap_or(order.created_at) + micros(entry.policy.deadline + SETTLE)
    }

    async fn follow(&self, caller: &Caller, order: &Order, entry: &Entry) -> Result<Next> {
        if !entry.carrier.capabilities().lookup {
            return Ok(Next::Done);
        }
        let now = self.clock.now();
        let settled_at = self.settled_at(order, entry);
        if order.state == order::State::InDoubt && now < settled_at {
            return Ok(Next::Again(settled_at - now + 1));
        }
        let age = now - order.sent_at.unwrap_or(order.created_at);
        let pause = (age / 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        let permit = match self.permit(order.vendor_id, entry).await? {
            Admission::Granted(permit) => permit,
            Admission::Wait(wait) => return Ok(Next::Again(wait)),
        };
        let lookup = entry.carrier.lookup(&order.reference).await;
        self.give_back(&permit).await;
        match lookup {
            Lookup::Unknown { reason } => {
                self.unconfirmed(caller, order, &format!("the vendor could not say what became of it: {reason}")).await;
                Ok(Next::Again(pause))
            }
            Lookup::None if order.state != order::State::InDoubt || order.delivered > 0 => {
                self.unconfirmed(caller, order, "the vendor no longer knows an order that it accepted").await;
                Ok(Next::Again(pause))
            }
            Lookup::None => {
                let message = "the vendor does not know the order: nothing was bought".to_owned();
                let none = Delivery { lines: Vec::new(), pending: 0, ended: Ended::Refused, message };
                self.record(caller, order.id, &none).await;
                self.wake();
                Ok(Next::Done)
            }
            Lookup::Found { lines, pending } => {
                let message = "found again by our reference".to_owned();
                let lines = lines.into_iter().map(delivered).collect();
                let found = Delivery { lines, pending, ended: Ended::Accepted, message };
                let recorded = self.record(caller, order.id, &found).await;
                self.wake();
                Ok(if recorded.state.is_final() { Next::Done } else { Next::Again(pause) })
            }
        }
    }

    /// An accepted order that nobody can confirm is supply on the way for the grace period only; then it is in doubt, for a
    /// person to see.
    async fn unconfirmed(&self, caller: &Caller, order: &Order, why: &str) {
        let over = order.grace_until.is_none_or(|grace| grace <= self.clock.now());
        if order.state == order::State::InDoubt || !over {
            tracing::info!(order = %order.id, why, "order not confirmed");
            return;
        }
        let doubt = Delivery { lines: Vec::new(), pending: 0, ended: Ended::InDoubt, message: why.to_owned() };
        self.record(caller, order.id, &doubt).await;
        self.wake();
    }

    /// Asks for the right to make one call to a vendor.
    pub(crate) async fn permit(&self, id: VendorId, entry: &Entry) -> Result<Admission> {
        let lease = micros(entry.policy.deadline + Duration::from_secs(30));
        let interval = micros(entry.policy.interval);
        registry::transaction!(self.db, |tx| vendor::admit(tx, id, interval, lease).await)
    }

    /// Records what a job found for an order whose lease was lost; the same as with the lease.
    pub(crate) async fn end_job(&self, job: &Job, next: Next, error: &str) {
        let ended = registry::transaction!(self.db, |tx| {
            match next {
                Next::Done => job::done(tx, job).await.map(drop),
                Next::Again(after) => job::again(tx, job, after, error).await,
            }
        });
        if let Err(error) = ended {
            tracing::warn!(%error, job = %job.id, "job not ended; it runs again when its lease is over");
        }
    }
}

fn log(order: &Order, entry: &Entry, run: &Run) {
    let report = &run.report;
    for warning in &report.warnings {
        tracing::warn!(order = %order.id, vendor = entry.name, warning, "odd answer from a vendor");
    }
    let took = report.duration;
    tracing::info!(order = %order.id, vendor = entry.name, exit = ?report.exit, ?took, stderr = report.stderr, "vendor answered");
}

/// Why a call counts as a failure of the vendor; a plain refusal does not.
fn failure(outcome: &OrderOutcome) -> Option<String> {
    match outcome {
        OrderOutcome::Delivered { .. } => None,
        OrderOutcome::InDoubt { reason, .. } => Some(reason.clone()),
        OrderOutcome::Refused { reason, class } => match class {
            ErrorClass::NotStarted | ErrorClass::VendorDown | ErrorClass::Throttled | ErrorClass::Auth => {
                Some(reason.clone())
            }
            _ => None,
        },
    }
}

fn delivery(outcome: OrderOutcome) -> Delivery {
    // A plugin that repeats itself without end is kept once.
    let mut seen = HashSet::new();
    let mut kept = |lines: Vec<Line>| {
        let lines = lines.into_iter().map(delivered);
        lines.filter(|line| line.number.is_ok() || seen.insert(line.text.clone())).collect()
    };
    match outcome {
        OrderOutcome::Refused { reason, .. } => {
            Delivery { lines: Vec::new(), pending: 0, ended: Ended::Refused, message: reason }
        }
        OrderOutcome::Delivered { lines, pending, note } => {
            Delivery { lines: kept(lines), pending, ended: Ended::Accepted, message: note }
        }
        OrderOutcome::InDoubt { lines, reason } => {
            Delivery { lines: kept(lines), pending: 0, ended: Ended::InDoubt, message: reason }
        }
    }
}

fn delivered(line: Line) -> Delivered {
    let text = match line.number {
        // Kept to be read, not as a number that may be sold: a person says whether it was bought.
        Err(carriers::LineFault::Unproven) => format!("without OK: {}", line.text),
        _ => line.text,
    };
    Delivered {
        text,
        duplicate: matches!(line.number, Err(carriers::LineFault::Duplicate)),
        number: line.number.map(|n| n.digits().to_owned()).map_err(|fault| fault.to_string()),
    }
}
