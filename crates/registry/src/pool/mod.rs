//! Pools: numbers sold alike, kept at a minimum (Enswitch's inbound groups); and number classes.

mod class;
mod shown;

use serde::Serialize;
use store::{Row, Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, ClassId, PoolId};
use crate::journal;
use crate::page::Page;
use crate::statement::statements;
use crate::{Error, Money, Result, job, money, vendor_link};

pub(crate) use class::bootstrap;
use class::class_or_standard;
pub use class::{Class, STANDARD_CLASS, classes, create_class, find_class};
pub(crate) use shown::SOURCES;
pub use shown::{MOST_COUNTED, POOLS, Stock, load, quote, viewer};

/// Largest minimum and maximum of a pool.
pub const MOST: u32 = 1_000_000;

/// A pool of numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Pool {
    /// The id.
    pub id: PoolId,
    /// Unique.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Area code, by which customers choose; may be empty.
    pub area_code: String,
    /// The class of numbers that are entered without one.
    pub class_id: ClassId,
    /// ISO 4217.
    pub currency: String,
    /// Price of a number, once.
    pub setup_price: Money,
    /// Price of a number, each month.
    pub monthly_price: Money,
    /// How many free numbers there should be at least.
    pub minimum: u32,
    /// How many free numbers there may be after an order; 0: as many as the minimum asks for.
    pub maximum: u32,
    /// How many days a released number rests; 0: none.
    pub quarantine_days: u32,
    /// Most numbers in one order; 0: no limit.
    pub max_per_order: u32,
    /// After an exhausted refill no vendor is asked before this time.
    pub refill_not_before: i64,
}

/// What a pool is to be.
#[derive(Clone, Debug)]
pub struct PoolSpec {
    /// Unique.
    pub name: String,
    /// Free text.
    pub description: String,
    /// May be empty.
    pub area_code: String,
    /// The class; none: the standard one.
    pub class_id: Option<ClassId>,
    /// ISO 4217.
    pub currency: String,
    /// Once.
    pub setup_price: Money,
    /// Each month.
    pub monthly_price: Money,
    /// Free numbers at least.
    pub minimum: u32,
    /// Free numbers at most after an order; 0: the minimum.
    pub maximum: u32,
    /// Days of rest; 0: none.
    pub quarantine_days: u32,
    /// Most numbers in one order; 0: no limit.
    pub max_per_order: u32,
}

impl Default for PoolSpec {
    fn default() -> Self {
        PoolSpec {
            name: String::new(),
            description: String::new(),
            area_code: String::new(),
            class_id: None,
            currency: "EUR".to_owned(),
            setup_price: Money::ZERO,
            monthly_price: Money::ZERO,
            minimum: 0,
            maximum: 0,
            quarantine_days: 0,
            max_per_order: 0,
        }
    }
}

impl From<&Pool> for PoolSpec {
    fn from(pool: &Pool) -> PoolSpec {
        PoolSpec {
            name: pool.name.clone(),
            description: pool.description.clone(),
            area_code: pool.area_code.clone(),
            class_id: Some(pool.class_id),
            currency: pool.currency.clone(),
            setup_price: pool.setup_price,
            monthly_price: pool.monthly_price,
            minimum: pool.minimum,
            maximum: pool.maximum,
            quarantine_days: pool.quarantine_days,
            max_per_order: pool.max_per_order,
        }
    }
}

impl PoolSpec {
    fn check(&self) -> Result<()> {
        let name = &self.name;
        if name.trim().is_empty() || name.chars().count() > 200 || name.parse::<i64>().is_ok() {
            return Err(Error::invalid("name", format!("`{name}` must have 1 to 200 characters and not be a number")));
        }
        let code = &self.area_code;
        if code.len() > 15 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::invalid("area_code", format!("`{code}` is not at most 15 digits")));
        }
        money::currency(&self.currency)?;
        for (field, price) in [("setup_price", self.setup_price), ("monthly_price", self.monthly_price)] {
            if price < Money::ZERO {
                return Err(Error::invalid(field, format!("{price} is below zero")));
            }
        }
        for (field, n) in [("minimum", self.minimum), ("maximum", self.maximum)] {
            if n > MOST {
                return Err(Error::invalid(field, format!("{n} is more than {MOST}")));
            }
        }
        if self.maximum > 0 && self.maximum < self.minimum {
            let message = format!("{} is less than the minimum, {}", self.maximum, self.minimum);
            return Err(Error::invalid("maximum", message));
        }
        if self.quarantine_days > 3_650 {
            return Err(Error::invalid("quarantine_days", format!("{} is more than 3650", self.quarantine_days)));
        }
        Ok(())
    }
}

macro_rules! columns {
    () => {
        "id, name, description, area_code, class_id, currency, setup_price, monthly_price, minimum, maximum, \
         quarantine_days, max_per_order, refill_not_before"
    };
}

statements! {
    INSERT = "INSERT INTO number_pools (account_id, name, description, area_code, class_id, currency, setup_price, \
        monthly_price, minimum, maximum, quarantine_days, max_per_order, refill_not_before, created_at, modified_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $13) RETURNING id";
    UPDATE = "UPDATE number_pools SET name = $1, description = $2, area_code = $3, class_id = $4, currency = $5, \
        setup_price = $6, monthly_price = $7, minimum = $8, maximum = $9, quarantine_days = $10, max_per_order = $11, \
        refill_not_before = 0, modified_at = $12 WHERE id = $13";
    BY_ID = concat!("SELECT ", columns!(), " FROM number_pools WHERE id = $1");
    LOCK = concat!("SELECT ", columns!(), " FROM number_pools WHERE id = $1 {wait}");
    BY_NAME = concat!("SELECT ", columns!(), " FROM number_pools WHERE name = $1");
    LIST = concat!("SELECT ", columns!(), " FROM number_pools WHERE id > $1 ORDER BY id LIMIT $2");
    WITH_MINIMUM = "SELECT id FROM number_pools WHERE minimum > 0 AND id > $1 ORDER BY id LIMIT $2";
    HAS_NUMBERS = "SELECT 1 FROM numbers WHERE pool_id = $1 LIMIT 1";
    HAS_ORDERS = "SELECT 1 FROM orders WHERE pool_id = $1 LIMIT 1";
    HAS_IMPORTS = "SELECT 1 FROM imports WHERE pool_id = $1 LIMIT 1";
    FORGET_IMPORTS = "DELETE FROM imports WHERE pool_id = $1 AND state IN ('done', 'failed') \
        AND NOT EXISTS (SELECT 1 FROM import_rows r WHERE r.import_id = imports.id)";
    FORGET_OFFERS = "DELETE FROM number_offers WHERE link_id IN (SELECT id FROM vendor_links WHERE pool_id = $1)";
    FORGET_REFILLS = "DELETE FROM refills WHERE pool_id = $1";
    DELETE = "DELETE FROM number_pools WHERE id = $1";
    PAUSE = "UPDATE number_pools SET refill_not_before = $1 WHERE id = $2";
    CLASS_BY_ID = "SELECT id, name FROM number_classes WHERE id = $1";
    CLASS_BY_NAME = "SELECT id, name FROM number_classes WHERE name = $1";
    CLASSES = "SELECT id, name FROM number_classes ORDER BY id LIMIT 1000";
    CLASS_INSERT = "INSERT INTO number_classes (name) VALUES ($1) RETURNING id";
}

fn pool(row: &Row) -> Result<Pool> {
    Ok(Pool {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        area_code: row.get("area_code")?,
        class_id: row.get("class_id")?,
        currency: row.get("currency")?,
        setup_price: row.get("setup_price")?,
        monthly_price: row.get("monthly_price")?,
        minimum: row.get("minimum")?,
        maximum: row.get("maximum")?,
        quarantine_days: row.get("quarantine_days")?,
        max_per_order: row.get("max_per_order")?,
        refill_not_before: row.get("refill_not_before")?,
    })
}

/// The pool of that id. Whoever may buy sees every pool.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, id: PoolId) -> Result<Pool> {
    let row = tx.query_opt(BY_ID, args![id]).await?;
    row.as_ref().map(pool).transpose()?.ok_or_else(|| Error::not_found("pool", id))
}

/// The pool of that id or name.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx, text: &str) -> Result<Pool> {
    if let Ok(id) = text.parse() {
        return get(tx, PoolId(id)).await;
    }
    let row = tx.query_opt(BY_NAME, args![text]).await?;
    row.as_ref().map(pool).transpose()?.ok_or_else(|| Error::not_found("pool", text))
}

/// The pool, locked for the rest of the transaction: one refill at a time.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock(tx: &mut Tx, id: PoolId) -> Result<Pool> {
    let row = tx.query_opt(LOCK, args![id]).await?;
    row.as_ref().map(pool).transpose()?.ok_or_else(|| Error::not_found("pool", id))
}

/// The pools, by id.
///
/// # Errors
/// Only those of the database.
pub async fn list(tx: &mut Tx, page: Page) -> Result<Vec<Pool>> {
    tx.query(LIST, args![page.after, page.limit()]).await?.iter().map(pool).collect()
}

/// The pools that have a minimum, by id.
///
/// # Errors
/// Only those of the database.
pub async fn with_minimum(tx: &mut Tx, page: Page) -> Result<Vec<PoolId>> {
    let rows = tx.query(WITH_MINIMUM, args![page.after, page.limit()]).await?;
    rows.iter().map(|row| Ok(row.at(0)?)).collect()
}

/// Makes a pool.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Invalid`], [`Error::Conflict`] where the name is taken.
pub async fn create(tx: &mut Tx, caller: &Caller, now: i64, spec: &PoolSpec) -> Result<Pool> {
    caller.must_be_admin("make pools")?;
    spec.check()?;
    let class = class_or_standard(tx, spec.class_id).await?;
    let values = args![
        AccountId::OPERATOR,
        spec.name.trim(),
        &spec.description,
        &spec.area_code,
        class,
        &spec.currency,
        spec.setup_price,
        spec.monthly_price,
        spec.minimum,
        spec.maximum,
        spec.quarantine_days,
        spec.max_per_order,
        now
    ];
    let id = taken(tx.query_one(INSERT, values).await, &spec.name)?.at(0)?;
    let made = get(tx, id).await?;
    POOLS.count(tx, id.0, &[], 1);
    journal::record(tx, caller, now, None, Some(&made)).await?;
    wake(tx, &made).await?;
    Ok(made)
}

/// Changes a pool; a raised minimum is acted on at once.
///
/// # Errors
/// As [`create`]; [`Error::NotFound`].
pub async fn update(tx: &mut Tx, caller: &Caller, now: i64, id: PoolId, spec: &PoolSpec) -> Result<Pool> {
    caller.must_be_admin("change pools")?;
    spec.check()?;
    let before = lock(tx, id).await?;
    let class = class_or_standard(tx, spec.class_id).await?;
    let values = args![
        spec.name.trim(),
        &spec.description,
        &spec.area_code,
        class,
        &spec.currency,
        spec.setup_price,
        spec.monthly_price,
        spec.minimum,
        spec.maximum,
        spec.quarantine_days,
        spec.max_per_order,
        now,
        id
    ];
    taken(tx.execute(UPDATE, values).await, &spec.name)?;
    let after = get(tx, id).await?;
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    wake(tx, &after).await?;
    Ok(after)
}

fn taken<T>(result: store::Result<T>, name: &str) -> Result<T> {
    match result {
        Err(store::Error::Unique(_)) => Err(Error::taken("number pool", "name", name)),
        other => Ok(other?),
    }
}

async fn wake(tx: &mut Tx, pool: &Pool) -> Result<()> {
    if pool.minimum > 0 {
        job::enqueue(tx, job::Kind::Refill, pool.id.0, 0).await?;
    }
    Ok(())
}

/// Removes a pool that has no numbers, no orders and no import under way.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::NotFound`], [`Error::Conflict`] while it is in use.
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: PoolId) -> Result<()> {
    caller.must_be_admin("delete pools")?;
    let before = lock(tx, id).await?;
    tx.execute(FORGET_IMPORTS, args![id]).await?;
    for (used, by) in [(HAS_NUMBERS, "numbers"), (HAS_ORDERS, "orders"), (HAS_IMPORTS, "an import under way")] {
        if tx.query_opt(used, args![id]).await?.is_some() {
            return Err(Error::Conflict(format!("pool {} has {by}", before.name)));
        }
    }
    for link in vendor_link::of_pool(tx, id).await? {
        match vendor_link::delete(tx, caller, now, link.id).await {
            // Somebody else has just removed it.
            Err(Error::NotFound { .. }) => {}
            other => other?,
        }
    }
    for statement in [FORGET_OFFERS, FORGET_REFILLS, DELETE] {
        tx.execute(statement, args![id]).await?;
    }
    POOLS.count(tx, id.0, &[], -1);
    journal::record(tx, caller, now, Some(&before), None).await
}

impl journal::Recorded for Pool {
    const KIND: &'static str = "number_pools";

    fn record_id(&self) -> i64 {
        self.id.0
    }

    fn account(&self) -> Option<AccountId> {
        None
    }
}

/// Sets until when no vendor is asked again after an exhausted refill.
///
/// # Errors
/// Only those of the database.
pub async fn pause_refill(tx: &mut Tx, id: PoolId, until: i64) -> Result<()> {
    tx.execute(PAUSE, args![until, id]).await?;
    Ok(())
}
