//! Offers: numbers that vendors showed in a search, remembered for the buyer and shared by all servers.

use store::{Tx, args};

use crate::Result;
use crate::clock::SECOND;
use crate::id::{LinkId, PoolId};
use crate::statement::statements;

/// How long an offer is remembered.
pub const REMEMBERED: i64 = 900 * SECOND;

statements! {
    REMEMBER = "INSERT INTO number_offers (digits, link_id, pool_id, expires_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (digits) DO UPDATE SET link_id = excluded.link_id, pool_id = excluded.pool_id, \
        expires_at = excluded.expires_at";
    FIND = "SELECT link_id FROM number_offers WHERE digits = $1 AND expires_at > $2";
    FORGET = "DELETE FROM number_offers WHERE digits = $1";
    EXPIRE = "DELETE FROM number_offers WHERE digits IN \
        (SELECT digits FROM number_offers WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)";
    OURS = "SELECT 1 FROM numbers WHERE digits = $1 AND state <> 'deleted' AND state <> 'discovery'";
    ON_ORDER = "SELECT 1 FROM orders WHERE digits = $1 \
        AND state IN ('planned', 'sent', 'accepted', 'back_ordered', 'in_doubt')";
}

/// Remembers what a vendor offered, unless the number is ours already or is just being ordered. Answers whether the
/// number may be shown.
///
/// # Errors
/// Only those of the database.
pub async fn remember(tx: &mut Tx, now: i64, digits: &str, link: LinkId, pool: PoolId) -> Result<bool> {
    for taken in [OURS, ON_ORDER] {
        if tx.query_opt(taken, args![digits]).await?.is_some() {
            return Ok(false);
        }
    }
    tx.execute(REMEMBER, args![digits, link, pool, now + REMEMBERED]).await?;
    Ok(true)
}

/// By which link a number that was offered can be bought.
///
/// # Errors
/// Only those of the database.
pub async fn find(tx: &mut Tx, now: i64, digits: &str) -> Result<Option<LinkId>> {
    Ok(tx.query_opt(FIND, args![digits, now]).await?.map(|row| row.at(0)).transpose()?)
}

/// Forgets an offer that was taken up or refused.
///
/// # Errors
/// Only those of the database.
pub async fn forget(tx: &mut Tx, digits: &str) -> Result<()> {
    tx.execute(FORGET, args![digits]).await?;
    Ok(())
}

/// Forgets what nobody may remember any more; at most a thousand at a time.
///
/// # Errors
/// Only those of the database.
pub async fn expire(tx: &mut Tx, now: i64) -> Result<u64> {
    Ok(tx.execute(EXPIRE, args![now]).await?)
}
