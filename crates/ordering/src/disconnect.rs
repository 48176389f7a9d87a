//! Gives released numbers back to their vendors, where the vendor's policy says so.

use carriers::{CarrierError, ErrorClass};
use e164::E164;
use registry::id::{NumberId, VendorId};
use registry::job::Job;
use registry::number::{self, AtVendor, Number, State};
use registry::vendor::Admission;
use registry::{Caller, Result};

use crate::flow::Next;
use crate::vendors::Entry;
use crate::{Ordering, Release};

const ATTEMPTS: i64 = 8;

/// A call that gives a number back.
enum Attempt {
    /// It was made.
    Made(std::result::Result<(), CarrierError>),
    /// The vendor's limits allow it in so many microseconds.
    Later(i64),
}

impl Ordering {
    /// Takes a number from its account. What happens at its vendor is the vendor's policy.
    ///
    /// # Errors
    /// As [`number::release`].
    pub async fn release(&self, caller: &Caller, digits: &str) -> Result<Number> {
        let now = self.clock.now();
        let released = registry::transaction!(self.db, |tx| {
            let vendor = number::find(tx, digits).await?.and_then(|n| n.vendor_id);
            let policy = vendor.and_then(|id| self.vendors.get(id)).map(|entry| entry.policy.release);
            let at_vendor = match policy {
                Some(Release::Disconnect) => AtVendor::Disconnect,
                Some(Release::Keep) | None => AtVendor::Keep,
            };
            number::release(tx, caller, now, digits, at_vendor).await
        })?;
        self.wake();
        Ok(released)
    }

    pub(crate) async fn disconnect(&self, job: &Job) -> Result<Next> {
        let id = NumberId(job.subject);
        let caller = Caller::system("worker");
        let Some(found) = number::by_id(&mut self.db.reader(), id).await? else { return Ok(Next::Done) };
        if found.state != State::Released {
            return Ok(Next::Done);
        }
        let entry = found.vendor_id.and_then(|vendor| self.vendors.get(vendor));
        let refused = match (entry, E164::parse(&found.digits)) {
            (Some(entry), Ok(e164)) => match self.give_number_back(found.vendor_id, &entry, &e164).await? {
                Attempt::Later(wait) => return Ok(Next::Again(wait)),
                Attempt::Made(Ok(())) => None,
                // Taking a number back is safe to repeat, so a vendor that can't be reached is asked again.
                Attempt::Made(Err(error))
                    if matches!(
                        error.class,
                        ErrorClass::VendorDown | ErrorClass::Throttled | ErrorClass::Ambiguous
                    ) && job.attempt < ATTEMPTS =>
                {
                    return Ok(Next::Again(10_000_000 << job.attempt.clamp(0, 8)));
                }
                Attempt::Made(Err(error)) => Some(error.message),
            },
            (None, _) => Some("the vendors' file does not name its vendor".to_owned()),
            (_, Err(error)) => Some(error.to_string()),
        };
        let now = self.clock.now();
        registry::transaction!(self.db, |tx| {
            number::disconnected(tx, &caller, now, &found.digits, refused.as_deref()).await
        })?;
        Ok(Next::Done)
    }

    /// Calls the vendor, within its limits.
    async fn give_number_back(&self, vendor: Option<VendorId>, entry: &Entry, number: &E164) -> Result<Attempt> {
        let Some(vendor) = vendor else { return Ok(Attempt::Made(Ok(()))) };
        match self.permit(vendor, entry).await? {
            Admission::Wait(wait) => Ok(Attempt::Later(wait)),
            Admission::Granted(permit) => {
                let released = entry.carrier.release(number).await;
                self.give_back(&permit).await;
                Ok(Attempt::Made(released))
            }
        }
    }
}
