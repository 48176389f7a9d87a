//! Vendor links: which of a vendor's groups refills a pool, in which order (Enswitch's number vendor groups).

use serde::Serialize;
use store::{Row, Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, ClassId, LinkId, PoolId, VendorId};
use crate::journal;
use crate::listing::{self, Column, Reach, Source};
use crate::page::Page;
use crate::statement::statements;
use crate::{Error, Money, Result, job, money, pool, vendor};

/// A link from a pool to a vendor's group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The id.
    pub id: LinkId,
    /// The pool that is refilled.
    pub pool_id: PoolId,
    /// The vendor that is asked.
    pub vendor_id: VendorId,
    /// The vendor's key in the vendors' file.
    pub vendor: String,
    /// The vendor's own id of the group.
    pub group_id: String,
    /// The vendor's name of the group.
    pub group_name: String,
    /// The class that bought numbers get.
    pub class_id: ClassId,
    /// 1 to 10, 1 first.
    pub priority: u32,
    /// What the vendor asks for a number, once; none: not known.
    pub setup_cost: Option<Money>,
    /// What the vendor asks for a number each month; none: not known.
    pub monthly_cost: Option<Money>,
    /// Currency of the costs.
    pub currency: String,
}

impl Link {
    /// What one number costs now: set-up and the first month; none: not known.
    #[must_use]
    pub fn cost(&self) -> Option<Money> {
        match (self.setup_cost, self.monthly_cost) {
            (None, None) => None,
            (setup, monthly) => Some(setup.unwrap_or_default().plus(monthly.unwrap_or_default())),
        }
    }
}

/// What a link is to be.
#[derive(Clone, Debug)]
pub struct LinkSpec {
    /// The pool.
    pub pool_id: PoolId,
    /// The vendor.
    pub vendor_id: VendorId,
    /// The vendor's own id of the group.
    pub group_id: String,
    /// The vendor's name of the group.
    pub group_name: String,
    /// The class; none: the pool's.
    pub class_id: Option<ClassId>,
    /// 1 to 10.
    pub priority: u32,
    /// Once.
    pub setup_cost: Option<Money>,
    /// Each month.
    pub monthly_cost: Option<Money>,
    /// Currency of the costs; none: the pool's.
    pub currency: Option<String>,
}

macro_rules! select {
    () => {
        "SELECT l.id, l.pool_id, l.vendor_id, v.name AS vendor, l.group_id, l.group_name, l.class_id, l.priority, \
         l.setup_cost, l.monthly_cost, l.currency FROM vendor_links l JOIN vendors v ON v.id = l.vendor_id "
    };
}

/// All links.
pub static LINKS: Source = Source {
    name: "vendor links",
    from: "vendor_links t",
    fixed: "",
    reach: Reach::NOBODY,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("pool_id", "t.pool_id"),
        Column::int("vendor_id", "t.vendor_id"),
        Column::text("group_id", "t.group_id"),
        Column::text("group_name", "t.group_name"),
        Column::int("class_id", "t.class_id"),
        Column::int("priority", "t.priority"),
        Column::int("setup_cost", "t.setup_cost"),
        Column::int("monthly_cost", "t.monthly_cost"),
        Column::text("currency", "t.currency"),
    ],
    tallies: &[],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&LINKS];

/// A statement for several links at a time.
const MANY: &str = concat!(select!(), "WHERE l.id IN ({ids})");

statements! {
    INSERT = "INSERT INTO vendor_links (pool_id, vendor_id, group_id, group_name, class_id, priority, setup_cost, \
        monthly_cost, currency, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) RETURNING id";
    UPDATE = "UPDATE vendor_links SET vendor_id = $1, group_id = $2, group_name = $3, class_id = $4, priority = $5, \
        setup_cost = $6, monthly_cost = $7, currency = $8, modified_at = $9 WHERE id = $10";
    DELETE = "DELETE FROM vendor_links WHERE id = $1";
    LOCK = "SELECT id FROM vendor_links WHERE id = $1 {wait}";
    FORGET_OFFERS = "DELETE FROM number_offers WHERE link_id = $1";
    BY_ID = concat!(select!(), "WHERE l.id = $1");
    OF_POOL = concat!(select!(), "WHERE l.pool_id = $1 ORDER BY l.priority, l.id LIMIT 1000");
    LIST = concat!(select!(), "WHERE l.id > $1 ORDER BY l.id LIMIT $2");
}

fn link(row: &Row) -> Result<Link> {
    Ok(Link {
        id: row.get("id")?,
        pool_id: row.get("pool_id")?,
        vendor_id: row.get("vendor_id")?,
        vendor: row.get("vendor")?,
        group_id: row.get("group_id")?,
        group_name: row.get("group_name")?,
        class_id: row.get("class_id")?,
        priority: row.get("priority")?,
        setup_cost: row.get("setup_cost")?,
        monthly_cost: row.get("monthly_cost")?,
        currency: row.get("currency")?,
    })
}

async fn check(tx: &mut Tx, spec: &LinkSpec) -> Result<(ClassId, String)> {
    if !(1..=10).contains(&spec.priority) {
        return Err(Error::invalid("priority", format!("{} is not 1 to 10", spec.priority)));
    }
    let group = &spec.group_id;
    if group.is_empty() || group.len() > 200 || group.chars().any(char::is_control) {
        return Err(Error::invalid("group", format!("`{group}` must have 1 to 200 characters")));
    }
    let pool = pool::get(tx, spec.pool_id).await?;
    vendor::get(tx, spec.vendor_id).await?;
    let class = match spec.class_id {
        Some(class) => pool::find_class(tx, &class.to_string()).await?,
        None => pool.class_id,
    };
    let currency = match &spec.currency {
        Some(text) => money::currency(text)?,
        None => pool.currency,
    };
    Ok((class, currency))
}

/// Links a pool to a vendor's group.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Invalid`], [`Error::NotFound`], [`Error::Conflict`] where the link exists.
pub async fn create(tx: &mut Tx, caller: &Caller, now: i64, spec: &LinkSpec) -> Result<Link> {
    caller.must_be_admin("link pools to vendors")?;
    let (class, currency) = check(tx, spec).await?;
    let s = spec;
    let values = args![
        s.pool_id,
        s.vendor_id,
        &s.group_id,
        &s.group_name,
        class,
        s.priority,
        s.setup_cost,
        s.monthly_cost,
        &currency,
        now
    ];
    let id = taken(tx.query_one(INSERT, values).await, spec)?.at(0)?;
    let made = get(tx, id).await?;
    LINKS.count(tx, made.id.0, &[], 1);
    journal::record(tx, caller, now, None, Some(&made)).await?;
    wake(tx, made.pool_id).await?;
    Ok(made)
}

/// Changes a link.
///
/// # Errors
/// As [`create`].
pub async fn update(tx: &mut Tx, caller: &Caller, now: i64, id: LinkId, spec: &LinkSpec) -> Result<Link> {
    caller.must_be_admin("link pools to vendors")?;
    tx.query_opt(LOCK, args![id]).await?;
    let before = get(tx, id).await?;
    if spec.pool_id != before.pool_id {
        return Err(Error::invalid("pool_id", "a link stays with its pool: make another one"));
    }
    let (class, currency) = check(tx, spec).await?;
    let s = spec;
    let values = args![
        s.vendor_id,
        &s.group_id,
        &s.group_name,
        class,
        s.priority,
        s.setup_cost,
        s.monthly_cost,
        &currency,
        now,
        id
    ];
    taken(tx.execute(UPDATE, values).await, spec)?;
    let after = get(tx, id).await?;
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    wake(tx, after.pool_id).await?;
    Ok(after)
}

fn taken<T>(result: store::Result<T>, spec: &LinkSpec) -> Result<T> {
    match result {
        Err(store::Error::Unique(_)) => {
            Err(Error::Conflict(format!("the pool is linked to group `{}` of this vendor already", spec.group_id)))
        }
        other => Ok(other?),
    }
}

/// A new way to buy is tried at once.
async fn wake(tx: &mut Tx, pool: PoolId) -> Result<()> {
    pool::pause_refill(tx, pool, 0).await?;
    job::demand(tx, job::Kind::Refill, pool.0).await
}

/// Removes a link; orders that were placed by it go on.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::NotFound`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: LinkId) -> Result<()> {
    caller.must_be_admin("link pools to vendors")?;
    tx.query_opt(LOCK, args![id]).await?;
    let before = get(tx, id).await?;
    tx.execute(FORGET_OFFERS, args![id]).await?;
    tx.execute(DELETE, args![id]).await?;
    LINKS.count(tx, id.0, &[], -1);
    journal::record(tx, caller, now, Some(&before), None).await
}

impl journal::Recorded for Link {
    const KIND: &'static str = "vendor_links";

    fn record_id(&self) -> i64 {
        self.id.0
    }

    fn account(&self) -> Option<AccountId> {
        None
    }
}

/// The link of that id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, id: LinkId) -> Result<Link> {
    let row = tx.query_opt(BY_ID, args![id]).await?;
    row.as_ref().map(link).transpose()?.ok_or_else(|| Error::not_found("vendor link", id))
}

/// A pool's links in the order in which they are asked.
///
/// # Errors
/// Only those of the database.
pub async fn of_pool(tx: &mut Tx, pool: PoolId) -> Result<Vec<Link>> {
    tx.query(OF_POOL, args![pool]).await?.iter().map(link).collect()
}

/// All links, by id.
///
/// # Errors
/// Only those of the database.
pub async fn list(tx: &mut Tx, page: Page) -> Result<Vec<Link>> {
    tx.query(LIST, args![page.after, page.limit()]).await?.iter().map(link).collect()
}

/// The links of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Link>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(link).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |link| link.id.0))
}
