//! What is shown of pools: who sees which, how much can be sold of them, and what that would cost.

use store::{Row, Tx};

use super::{Pool, get, pool};
use crate::caller::{Caller, Scope};
use crate::id::{AccountId, PoolId};
use crate::listing::{self, Column, Reach, Source};
use crate::{Error, Money, Result, charge, number};

macro_rules! most_counted {
    () => {
        10_000
    };
}

/// How far the free numbers of a pool are counted where pools are shown.
pub const MOST_COUNTED: u32 = most_counted!();

/// All pools. For sellers, read it with [`viewer`].
pub static POOLS: Source = Source {
    name: "pools",
    from: "number_pools t",
    fixed: "",
    reach: Reach::NOBODY,
    columns: &[
        Column::int("id", "t.id"),
        Column::text("name", "t.name"),
        Column::text("area_code", "t.area_code"),
        Column::int("class_id", "t.class_id"),
        Column::text("currency", "t.currency"),
        Column::int("setup_price", "t.setup_price"),
        Column::int("monthly_price", "t.monthly_price"),
        Column::int("minimum", "t.minimum"),
        Column::int("maximum", "t.maximum"),
        Column::int("quarantine_days", "t.quarantine_days"),
    ],
    tallies: &[],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&POOLS];

/// A statement for several pools at a time. The order makes SQLite take the index of free numbers.
const MANY: &str = concat!(
    "SELECT p.*, (SELECT COUNT(*) FROM (SELECT n.digits FROM numbers n WHERE n.pool_id = p.id AND n.state = 'available' \
     AND n.blocked_reason IS NULL ORDER BY n.digits LIMIT ",
    most_counted!(),
    ") f) AS free FROM number_pools p WHERE p.id IN ({ids})"
);

/// A pool and what is in it.
#[derive(Clone, Debug)]
pub struct Stock {
    /// The pool.
    pub pool: Pool,
    /// How many of its numbers can be sold now, counted no further than [`MOST_COUNTED`].
    pub free: u32,
}

fn stock(row: &Row) -> Result<Stock> {
    Ok(Stock { pool: pool(row)?, free: row.get("free")? })
}

/// The pools of those ids that are there, in their order, with what is free; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Stock>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(stock).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |stock| stock.pool.id.0))
}

/// The caller as one that sees every pool, as whoever may buy does; only for reading [`POOLS`].
///
/// # Errors
/// [`Error::NotAllowed`] for those who buy nothing.
pub fn viewer(caller: &Caller) -> Result<Caller> {
    caller.must_be_reseller("see the pools")?;
    Ok(Caller { scope: Scope::All, ..caller.clone() })
}

/// What so many free numbers of a pool would cost an account now, set-up and the first month; takes nothing.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] where the pool has not so many or sells in another currency;
/// [`Error::NoCredit`]; as [`number::may_buy`].
pub async fn quote(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: PoolId,
    buyer: AccountId,
    quantity: u32,
) -> Result<Money> {
    number::may_buy(tx, caller, buyer).await?;
    let pool = get(tx, id).await?;
    if number::count_free_up_to(tx, id, quantity).await? < quantity {
        let so_many = if quantity > 1 { format!("{quantity} free numbers") } else { "a free number".to_owned() };
        return Err(Error::Conflict(format!("pool {id} does not have {so_many}")));
    }
    // So many numbers cost what one costs of a pool that asks so many times the price.
    let (setup_price, monthly_price) = (pool.setup_price.times(quantity), pool.monthly_price.times(quantity));
    charge::quote(tx, caller, now, buyer, &Pool { setup_price, monthly_price, ..pool }).await
}
