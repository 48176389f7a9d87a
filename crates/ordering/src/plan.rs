//! What a pool lacks, and what would be ordered from whom and for how much: worked out without ordering.

use registry::id::{LinkId, PoolId, RefillId};
use registry::pool::Pool;
use registry::vendor_link::{self, Link};
use registry::{Money, Result, clock, number, order, refill, vendor};
use serde::Serialize;
use store::Tx;

use crate::Ordering;

/// What a pool lacks and how that would be bought.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The pool.
    pub pool_id: PoolId,
    /// Its name.
    pub pool: String,
    /// How many free numbers it should have at least.
    pub minimum: u32,
    /// How many it has, counted no further than is needed.
    pub free: u32,
    /// How many are on their way.
    pub on_order: u32,
    /// How many are in doubt past their grace period.
    pub exposed: u32,
    /// How many are to be ordered.
    pub missing: u32,
    /// Until when no vendor is asked, in microseconds since 1970 UTC, after a refill that found none; 0: at once.
    pub not_before: i64,
    /// The links in the order in which they would be asked, as if each delivered all it is asked for.
    pub steps: Vec<Step>,
}

/// What one link would be asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// The link.
    pub link_id: LinkId,
    /// The vendor's key in the vendors' file.
    pub vendor: String,
    /// The vendor's group.
    pub group_id: String,
    /// 1 to 10, 1 first.
    pub priority: u32,
    /// How many numbers; 0: it would not be asked.
    pub quantity: u32,
    /// Most numbers in one order; 0: all of them in one.
    pub per_order: u32,
    /// What they would cost now; none: the link does not say.
    pub cost: Option<Money>,
    /// Currency of the cost.
    pub currency: String,
    /// Why it would be asked for fewer than are missing.
    pub because: Option<String>,
    /// Whether a spend cap is the reason.
    pub capped: bool,
}

impl Plan {
    /// What all steps would cost together, in each currency; none where a price is not known.
    #[must_use]
    pub fn total(&self) -> Vec<(String, Option<Money>)> {
        let mut totals: Vec<(String, Option<Money>)> = Vec::new();
        for step in self.steps.iter().filter(|step| step.quantity > 0) {
            let sum = |a: Option<Money>| a.zip(step.cost).map(|(a, b)| a.plus(b));
            match totals.iter_mut().find(|(currency, _)| *currency == step.currency) {
                Some((_, total)) => *total = sum(*total),
                None => totals.push((step.currency.clone(), step.cost)),
            }
        }
        totals
    }

    /// The order that comes next: of which step, and for how many numbers.
    pub(crate) fn next(&self) -> Option<(&Step, u32)> {
        let step = self.steps.iter().find(|step| step.quantity > 0)?;
        Some((step, if step.per_order > 0 { step.quantity.min(step.per_order) } else { step.quantity }))
    }

    /// Whether the pool has all it should have, what is on its way included.
    #[must_use]
    pub fn is_satisfied(&self) -> bool {
        self.missing == 0
    }
}

/// Works out what a pool lacks and how it would be bought. Within a refill, links that have failed it are passed over.
///
/// # Errors
/// Only those of the database.
pub async fn plan(ordering: &Ordering, tx: &mut Tx, pool: &Pool, within: Option<RefillId>) -> Result<Plan> {
    let now = ordering.clock.now();
    // In this order: what is delivered in between is counted twice and looked at again, instead of being bought twice.
    let supply = order::supply(tx, pool.id, now).await?;
    let free = number::count_free_up_to(tx, pool.id, pool.minimum.max(pool.maximum)).await?;
    let mut missing = pool.minimum.saturating_sub(free).saturating_sub(supply.on_order);
    if pool.maximum > 0 {
        let room = pool.maximum.saturating_sub(free).saturating_sub(supply.on_order).saturating_sub(supply.exposed);
        missing = missing.min(room);
    }
    let doubtful = order::doubtful_links(tx, pool.id).await?;
    let spent = match within {
        Some(refill) => refill::spent_links(tx, refill).await?,
        None => Vec::new(),
    };
    let mut left = missing;
    let mut steps = Vec::new();
    for link in vendor_link::of_pool(tx, pool.id).await? {
        let obstacle = if doubtful.contains(&link.id) {
            Some("an order there is in doubt: `strowger order resolve` settles it".to_owned())
        } else if spent.contains(&link.id) {
            Some("it did not deliver all that this refill asked for".to_owned())
        } else {
            obstacle(ordering, tx, now, &link, supply.exposed).await?
        };
        let step = match obstacle {
            Some(because) => step(&link, 0, Some(because), false),
            None => ask(ordering, tx, now, pool, &link, left).await?,
        };
        left -= step.quantity;
        steps.push(step);
    }
    Ok(Plan {
        pool_id: pool.id,
        pool: pool.name.clone(),
        minimum: pool.minimum,
        free,
        on_order: supply.on_order,
        exposed: supply.exposed,
        missing,
        not_before: if pool.refill_not_before > now { pool.refill_not_before } else { 0 },
        steps,
    })
}

/// Why a link can't be asked at all now.
pub(crate) async fn obstacle(
    ordering: &Ordering,
    tx: &mut Tx,
    now: i64,
    link: &Link,
    exposed: u32,
) -> Result<Option<String>> {
    let Some(entry) = ordering.vendors.get(link.vendor_id) else {
        return Ok(Some("the vendors' file does not name this vendor".to_owned()));
    };
    let known = vendor::get(tx, link.vendor_id).await?;
    if known.open_until > now {
        let until = clock::rfc3339(known.open_until);
        return Ok(Some(format!("it failed {} times in a row and is left alone until {until}", known.failures)));
    }
    if exposed > entry.policy.exposure_cap {
        let cap = entry.policy.exposure_cap;
        return Ok(Some(format!("{exposed} numbers of the pool are in doubt, the exposure cap is {cap}")));
    }
    Ok(None)
}

/// Most numbers in any order: what a plugin prints must fit into what is read of it.
const MOST_PER_ORDER: u32 = 1_000;

async fn ask(ordering: &Ordering, tx: &mut Tx, now: i64, pool: &Pool, link: &Link, left: u32) -> Result<Step> {
    let Some(entry) = ordering.vendors.get(link.vendor_id) else { return Ok(step(link, 0, None, false)) };
    let allowance = entry.policy.allowance(tx, now, link.vendor_id, link, left).await?;
    let capped = allowance.because.is_some();
    let limits =
        [(pool.max_per_order, "the pool's"), (entry.policy.max_per_order, "the vendor's"), (MOST_PER_ORDER, "all")];
    let smallest = limits.into_iter().filter(|(most, _)| *most > 0).min();
    let split = smallest
        .filter(|(most, _)| *most < allowance.numbers)
        .map(|(most, whose)| format!("in several orders: {whose} orders have at most {most} numbers"));
    let asked = step(link, allowance.numbers, allowance.because.or(split), capped);
    Ok(Step { per_order: smallest.map_or(MOST_PER_ORDER, |(most, _)| most), ..asked })
}

fn step(link: &Link, quantity: u32, because: Option<String>, capped: bool) -> Step {
    Step {
        link_id: link.id,
        vendor: link.vendor.clone(),
        group_id: link.group_id.clone(),
        priority: link.priority,
        quantity,
        per_order: 0,
        cost: link.cost().map(|cost| cost.times(quantity)),
        currency: link.currency.clone(),
        because,
        capped,
    }
}
