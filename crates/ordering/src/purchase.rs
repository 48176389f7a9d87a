//! A customer buys a number: from our stock at once, or in real-time mode from the vendor that offered it.

use registry::id::{AccountId, OrderId, PoolId};
use registry::number::{self, Number, Sale};
use registry::order::{self, Order, State, Wanted};
use registry::vendor_link::{self, Link};
use registry::{Caller, Error, Money, Result, account, charge, offer, pool, vendor};
use serde::Serialize;
use std::time::Duration;
use store::Tx;

use crate::{Mode, Ordering};

/// What a purchase has come to in its transaction.
#[derive(Clone, Debug)]
pub enum Deal {
    /// The number is the buyer's.
    Sold(Box<Sale>),
    /// The vendor that has offered it is asked for it once the transaction is committed.
    Ordered(OrderId),
}

/// How a purchase ended.
#[derive(Clone, Debug)]
pub enum Purchase {
    /// The number is the buyer's.
    Done(Number),
    /// The order at the vendor is still open; it says how it ends under its reference.
    Open(Order),
}

/// Where a number would come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It is ours.
    Stock,
    /// It would be ordered from a vendor.
    Vendor,
}

/// A number that can be bought.
#[derive(Clone, Debug)]
pub enum Sellable {
    /// From us.
    Ours(Box<Number>),
    /// From a vendor that has offered it, by this link.
    Offered(Link),
}

impl Sellable {
    fn pool(&self) -> Option<PoolId> {
        match self {
            Sellable::Ours(number) => number.pool_id,
            Sellable::Offered(link) => Some(link.pool_id),
        }
    }
}

/// What a purchase would cost.
#[derive(Clone, Debug, Serialize)]
pub struct Quote {
    /// The number, digits of E.164.
    pub digits: String,
    /// Where it would come from.
    pub source: Source,
    /// The pool that it would be sold from.
    #[serde(skip)]
    pub pool_id: Option<PoolId>,
    /// What the buyer would pay now.
    pub price: Money,
    /// Currency of the price.
    pub currency: String,
}

/// How often an open order is looked at that another server works on.
const LOOK: Duration = Duration::from_millis(100);

impl Ordering {
    /// Buys a number for an account. A number that is still a vendor's is ordered, exactly it; a refusal is an error,
    /// never another number. With a reference the call may be repeated.
    ///
    /// # Errors
    /// As [`number::sell`]; [`Error::VendorRefused`]; [`Error::Unavailable`] where a spend cap or a pause forbids the order.
    pub async fn purchase(
        &self,
        caller: &Caller,
        buyer: AccountId,
        digits: &str,
        reference: Option<&str>,
    ) -> Result<Purchase> {
        let deal = registry::transaction!(self.db, |tx| self.buy_in(tx, caller, buyer, digits, reference).await)?;
        self.wake();
        match deal {
            Deal::Sold(sale) => Ok(Purchase::Done(sale.number)),
            Deal::Ordered(order) => self.wait_for(caller, order, digits).await,
        }
    }

    /// Buys a number in a transaction of the caller's: as [`Ordering::purchase`], without waiting for a vendor. Whoever
    /// has committed it calls [`Ordering::wake`].
    ///
    /// # Errors
    /// As [`Ordering::purchase`].
    pub async fn buy_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        buyer: AccountId,
        digits: &str,
        reference: Option<&str>,
    ) -> Result<Deal> {
        match number::sell(tx, caller, self.clock.now(), digits, buyer, reference).await {
            Err(Error::NotFound { kind: "number", .. }) if self.settings.mode == Mode::Realtime => {
                self.order(tx, caller, buyer, digits, reference).await.map(Deal::Ordered)
            }
            sold => sold.map(|sale| Deal::Sold(Box::new(sale))),
        }
    }

    /// Buys any free number of a pool.
    ///
    /// # Errors
    /// As [`number::claim_any`].
    pub async fn purchase_any(
        &self,
        caller: &Caller,
        buyer: AccountId,
        pool: PoolId,
        reference: Option<&str>,
    ) -> Result<Number> {
        let now = self.clock.now();
        let sale =
            registry::transaction!(self.db, |tx| number::claim_any(tx, caller, now, pool, buyer, reference).await)?;
        self.wake();
        Ok(sale.number)
    }

    /// What a purchase would cost and where the number would come from; changes nothing and asks no vendor.
    ///
    /// # Errors
    /// As [`Ordering::purchase`].
    pub async fn quote(&self, caller: &Caller, buyer: AccountId, digits: &str) -> Result<Quote> {
        self.quote_in(&mut self.db.reader(), caller, buyer, digits).await
    }

    /// As [`Ordering::quote`], in a transaction of the caller's.
    ///
    /// # Errors
    /// As [`Ordering::purchase`].
    pub async fn quote_in(&self, tx: &mut Tx, caller: &Caller, buyer: AccountId, digits: &str) -> Result<Quote> {
        number::may_buy(tx, caller, buyer).await?;
        let found = self.sellable(tx, Some(caller), Some(buyer), digits).await?;
        let source = match &found {
            Sellable::Ours(_) => Source::Stock,
            Sellable::Offered(_) => Source::Vendor,
        };
        let pool_id = found.pool();
        let (price, currency) = match pool_id {
            None => (Money::ZERO, account::get(tx, caller, buyer).await?.currency),
            Some(pool) => {
                let pool = pool::get(tx, pool).await?;
                (charge::quote(tx, caller, self.clock.now(), buyer, &pool).await?, pool.currency)
            }
        };
        Ok(Quote { digits: digits.to_owned(), source, pool_id, price, currency })
    }

    /// The number, if that buyer (or else the caller, or else anyone) could buy it now: from us, or in real-time mode
    /// from the vendor that has offered it. Asks no vendor.
    ///
    /// # Errors
    /// [`Error::Conflict`] where it is in use, [`Error::NotFound`] where it can't be had here.
    pub async fn sellable(
        &self,
        tx: &mut Tx,
        caller: Option<&Caller>,
        buyer: Option<AccountId>,
        digits: &str,
    ) -> Result<Sellable> {
        match number::sellable(tx, caller, buyer, digits).await {
            Ok(number) => Ok(Sellable::Ours(Box::new(number))),
            Err(error @ Error::NotFound { .. }) if caller.is_some() => match self.offered(tx, digits).await? {
                Some(link) => Ok(Sellable::Offered(link)),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// The link by which a vendor has offered a number, in real-time mode.
    ///
    /// # Errors
    /// Only those of the database.
    async fn offered(&self, tx: &mut Tx, digits: &str) -> Result<Option<Link>> {
        if self.settings.mode != Mode::Realtime {
            return Ok(None);
        }
        match offer::find(tx, self.clock.now(), digits).await? {
            Some(link) => vendor_link::get(tx, link).await.map(Some),
            None => Ok(None),
        }
    }

    /// Writes down the order for a number that a vendor has offered in real-time mode, and the job that sends it once the
    /// transaction is committed. An order of that buyer for that number that is still open is the one.
    ///
    /// # Errors
    /// [`Error::NotFound`] where nobody offers the number; [`Error::Unavailable`] where a spend cap or a pause forbids the
    /// order; as [`order::plan`].
    async fn order(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        buyer: AccountId,
        digits: &str,
        reference: Option<&str>,
    ) -> Result<OrderId> {
        let now = self.clock.now();
        if let Some(open) = order::open_for(tx, digits, buyer).await? {
            return Ok(open);
        }
        let Some(link) = self.offered(tx, digits).await? else { return Err(Error::not_found("number", digits)) };
        let Some(entry) = self.vendors.get(link.vendor_id) else {
            return Err(Error::Unavailable("the vendor of this number can't be asked now".to_owned()));
        };
        vendor::lock(tx, link.vendor_id).await?;
        if let Some(open) = order::open_for(tx, digits, buyer).await? {
            // The same call, made twice at once.
            return Ok(open);
        }
        if !vendor::get(tx, link.vendor_id).await?.may_be_asked(now) {
            return Err(Error::Unavailable("the vendor of this number can't be asked now".to_owned()));
        }
        let allowance = entry.policy.allowance(tx, now, link.vendor_id, &link, 1).await?;
        if let Some(because) = allowance.because {
            tracing::warn!(vendor = entry.name, because, "purchase stopped by a spend cap");
            return Err(Error::Unavailable("this number can't be ordered at the moment".to_owned()));
        }
        let pool = pool::get(tx, link.pool_id).await?;
        let wanted = Some(Wanted { digits, buyer });
        let id = order::plan(tx, caller, now, &pool, &link, None, 1, wanted).await?.id;
        if let Some(reference) = reference {
            order::refer(tx, id, reference).await?;
        }
        Ok(id)
    }

    async fn wait_for(&self, caller: &Caller, id: OrderId, digits: &str) -> Result<Purchase> {
        let deadline = tokio::time::Instant::now() + self.settings.purchase_wait;
        loop {
            let mut tx = self.db.reader();
            let order = order::get(&mut tx, caller, id).await?;
            if order.state.is_final() {
                return match number::get(&mut tx, caller, digits).await {
                    Ok(number) if number.order_id == Some(id) && number.account_id == order.account_id => {
                        Ok(Purchase::Done(number))
                    }
                    _ => Err(Error::VendorRefused(refusal(&order))),
                };
            }
            let settled = matches!(order.state, State::InDoubt | State::Accepted | State::BackOrdered);
            if settled || tokio::time::Instant::now() >= deadline {
                return Ok(Purchase::Open(order));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn refusal(order: &Order) -> String {
    match (order.state, order.message.as_str()) {
        (State::Fulfilled | State::PartlyFulfilled, _) => "it did not deliver this number".to_owned(),
        (_, "") => "no reason given".to_owned(),
        (_, message) => message.to_owned(),
    }
}
