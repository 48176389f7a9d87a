//! Numbers that a customer may buy: our own first, then in real-time mode the vendors', asked in parallel under one
//! deadline.

use std::collections::HashSet;

use carriers::CarrierError;
use registry::id::{AccountId, ClassId, LinkId, PoolId};
use registry::vendor::{self, Admission};
use registry::vendor_link::{self, Link};
use registry::{Caller, Result, number, offer, pool};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::plan::obstacle;
use crate::{Mode, Ordering, micros};

/// The most numbers that a search asks vendors for.
const SHOWN: u32 = 10;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Search {
    /// In this pool.
    pub pool: PoolId,
    /// Of this class.
    pub class: Option<ClassId>,
    /// Beginning with these digits.
    pub prefix: String,
    /// At most so many.
    pub count: u32,
    /// For this account: what it had before comes first.
    pub account: Option<AccountId>,
}

/// A number that may be bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Available {
    /// Digits of E.164.
    pub digits: String,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
}

/// Where a number that may be bought is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Place {
    /// In our stock.
    Stock,
    /// In quarantine; the account had it before.
    Quarantine,
    /// Still at a vendor: bought there when it is purchased here.
    Vendor {
        /// The vendor's key in the vendors' file.
        vendor: String,
        /// The link by which it would be bought.
        link_id: LinkId,
    },
}

impl Ordering {
    /// Numbers that may be bought. Callers who are not logged in see only our own stock, so that nobody can make us call
    /// vendors.
    ///
    /// # Errors
    /// [`registry::Error::NotFound`] for an unknown pool, [`registry::Error::Invalid`] for a wrong prefix.
    pub async fn search(&self, caller: Option<&Caller>, search: &Search) -> Result<Vec<Available>> {
        let mut tx = self.db.reader();
        let pool = pool::get(&mut tx, search.pool).await?;
        let mut found: Vec<Available> = Vec::new();
        if let (Some(caller), Some(account)) = (caller, search.account) {
            caller.must_see(&mut tx, account).await?;
            let (class, prefix) = (search.class, search.prefix.as_str());
            let before = number::previously_owned(&mut tx, pool.id, account, class, prefix, search.count).await?;
            found.extend(before.into_iter().map(|n| Available { digits: n.digits, place: Place::Quarantine }));
        }
        let room = search.count.saturating_sub(count(&found));
        let free = number::free(&mut tx, pool.id, search.class, &search.prefix, "", room).await?;
        found.extend(free.into_iter().map(|n| Available { digits: n.digits, place: Place::Stock }));

        let wanted = search.count.min(SHOWN).min(pool.minimum);
        if self.settings.mode == Mode::Realtime && caller.is_some() && count(&found) < wanted {
            let missing = wanted - count(&found);
            let offers = self.ask_vendors(search, missing).await?;
            let known: HashSet<String> = found.iter().map(|a| a.digits.clone()).collect();
            found.extend(offers.into_iter().filter(|a| !known.contains(&a.digits)).take(missing as usize));
        }
        Ok(found)
    }

    async fn ask_vendors(&self, search: &Search, missing: u32) -> Result<Vec<Available>> {
        let now = self.clock.now();
        let mut tx = self.db.reader();
        let mut calls = JoinSet::new();
        for (rank, link) in vendor_link::of_pool(&mut tx, search.pool).await?.into_iter().enumerate() {
            let of_class = search.class.is_none_or(|class| class == link.class_id);
            if of_class && obstacle(self, &mut tx, now, &link, 0).await?.is_none() {
                let ordering = self.clone();
                calls.spawn(async move {
                    let answer = ordering.ask(&link, missing).await;
                    (rank, link, answer)
                });
            }
        }
        let mut answers = Vec::new();
        let deadline = tokio::time::sleep(self.settings.realtime_deadline);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                // Whoever has not answered is given up. Those calls end by the same deadline, and give their permits back.
                () = &mut deadline => {
                    calls.detach_all();
                    break;
                }
                next = calls.join_next() => match next {
                    None => break,
                    Some(Ok((rank, link, Ok(numbers)))) => answers.push((rank, link, numbers)),
                    Some(Ok((_, link, Err(error)))) => {
                        tracing::info!(vendor = link.vendor, %error, "vendor listed no numbers");
                    }
                    Some(Err(error)) => tracing::error!(%error, "search task ended"),
                },
            }
        }
        answers.sort_by_key(|(rank, ..)| *rank);
        self.remember(search, answers, missing).await
    }

    async fn ask(&self, link: &Link, missing: u32) -> std::result::Result<Vec<String>, CarrierError> {
        let down = |message: String| CarrierError::new(carriers::ErrorClass::VendorDown, message);
        let Some((_, entry)) = self.vendors.get(link.vendor_id).map(|entry| (link.vendor_id, entry)) else {
            return Err(down("the vendors' file no longer names the vendor".to_owned()));
        };
        let deadline = self.settings.realtime_deadline;
        let (interval, lease) = (micros(entry.policy.interval), micros(deadline * 2));
        let admitted = registry::transaction!(self.db, |tx| vendor::admit(tx, link.vendor_id, interval, lease).await);
        let permit = match admitted {
            Ok(Admission::Granted(permit)) => permit,
            Ok(Admission::Wait(_)) => return Err(down("its limit of calls is reached".to_owned())),
            Err(error) => return Err(down(error.to_string())),
        };
        let call = entry.carrier.available(&link.group_id, missing, deadline);
        let answer = tokio::time::timeout(deadline, call).await;
        let left = registry::transaction!(self.db, |tx| vendor::leave(tx, &permit).await);
        if let Err(error) = left {
            tracing::warn!(%error, "permit not given back");
        }
        let numbers = answer.map_err(|_| down("it did not answer in time".to_owned()))??;
        Ok(numbers.into_iter().map(|number| number.digits().to_owned()).collect())
    }

    /// Keeps what was offered for the purchase that may follow; one number is never offered by two links.
    async fn remember(
        &self,
        search: &Search,
        answers: Vec<(usize, Link, Vec<String>)>,
        missing: u32,
    ) -> Result<Vec<Available>> {
        let now = self.clock.now();
        registry::transaction!(self.db, |tx| {
            let mut offers: Vec<Available> = Vec::new();
            for (_, link, numbers) in &answers {
                for digits in numbers {
                    if count(&offers) >= missing {
                        return Ok(offers);
                    }
                    let fits = digits.starts_with(&search.prefix) && !offers.iter().any(|a| a.digits == *digits);
                    if fits && offer::remember(tx, now, digits, link.id, search.pool).await? {
                        let place = Place::Vendor { vendor: link.vendor.clone(), link_id: link.id };
                        offers.push(Available { digits: digits.clone(), place });
                    }
                }
            }
            Ok(offers)
        })
    }
}

fn count(found: &[Available]) -> u32 {
    u32::try_from(found.len()).unwrap_or(u32::MAX)
}
