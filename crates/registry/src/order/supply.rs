//! What is on its way to a pool, and what a vendor has been paid: the arithmetic behind refills and caps.

use store::{Tx, args};

use crate::id::{LinkId, PoolId, VendorId};
use crate::{Money, Result};

// Where the states of an open order are spelled out beside a narrower condition, SQLite needs them to see that the
// index of open orders serves.
crate::statement::statements! {
    ON_ORDER = "SELECT CAST(COALESCE(SUM(CASE WHEN state IN ('accepted', 'back_ordered') THEN pending \
        WHEN quantity > delivered THEN quantity - delivered ELSE 0 END), 0) AS BIGINT) FROM orders WHERE pool_id = $1 \
        AND state IN ('planned', 'sent', 'accepted', 'back_ordered', 'in_doubt') AND digits IS NULL \
        AND (state <> 'in_doubt' OR grace_until > $2)";
    EXPOSED = "SELECT CAST(COALESCE(SUM(quantity - delivered), 0) AS BIGINT) FROM orders WHERE pool_id = $1 \
        AND state IN ('planned', 'sent', 'accepted', 'back_ordered', 'in_doubt') AND state = 'in_doubt' \
        AND digits IS NULL AND quantity > delivered AND grace_until <= $2";
    GRACE_END = "SELECT MIN(grace_until) FROM orders WHERE pool_id = $1 \
        AND state IN ('planned', 'sent', 'accepted', 'back_ordered', 'in_doubt') AND state = 'in_doubt' \
        AND digits IS NULL AND grace_until > $2";
    DOUBTFUL_LINKS = "SELECT DISTINCT link_id FROM orders WHERE pool_id = $1 \
        AND state IN ('planned', 'sent', 'accepted', 'back_ordered', 'in_doubt') AND state = 'in_doubt' \
        AND link_id IS NOT NULL";
    SPENT = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT), CAST(COALESCE(SUM(n * cost), 0) AS BIGINT) FROM \
        (SELECT CASE WHEN state IN ('refused', 'cancelled') OR delivered > quantity THEN delivered ELSE quantity END AS n, \
        COALESCE(setup_cost, 0) + COALESCE(monthly_cost, 0) AS cost FROM orders \
        WHERE vendor_id = $1 AND created_at >= $2) o";
}

/// What is on its way to a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supply {
    /// Numbers on order, those in doubt within their grace period included.
    pub on_order: u32,
    /// Numbers in doubt whose grace period is over: perhaps bought, perhaps not.
    pub exposed: u32,
}

/// What is on its way to a pool. Orders for a particular buyer are not for the pool.
///
/// # Errors
/// Only those of the database.
pub async fn supply(tx: &mut Tx, pool: PoolId, now: i64) -> Result<Supply> {
    Ok(Supply {
        on_order: tx.query_one(ON_ORDER, args![pool, now]).await?.at(0)?,
        exposed: tx.query_one(EXPOSED, args![pool, now]).await?.at(0)?,
    })
}

/// When the next order in doubt stops counting as supply.
///
/// # Errors
/// Only those of the database.
pub async fn next_grace_end(tx: &mut Tx, pool: PoolId, now: i64) -> Result<Option<i64>> {
    Ok(tx.query_one(GRACE_END, args![pool, now]).await?.at(0)?)
}

/// Links of a pool with an order in doubt: nothing more is ordered there until it is settled.
///
/// # Errors
/// Only those of the database.
pub async fn doubtful_links(tx: &mut Tx, pool: PoolId) -> Result<Vec<LinkId>> {
    tx.query(DOUBTFUL_LINKS, args![pool]).await?.iter().map(|row| Ok(row.at(0)?)).collect()
}

/// How many numbers were ordered from a vendor since a time, and for how much money as far as prices are known. What came
/// unasked, or after the order was given up, was paid for too.
///
/// # Errors
/// Only those of the database.
pub async fn spent(tx: &mut Tx, vendor: VendorId, since: i64) -> Result<(u32, Money)> {
    let row = tx.query_one(SPENT, args![vendor, since]).await?;
    Ok((row.at(0)?, row.at(1)?))
}
