//! Which profile holds at a time: the one that has begun last of those that have not ended, found backwards by index
//! however many have held before.

use std::collections::BTreeMap;
use std::net::IpAddr;

use store::{Tx, args};

use crate::id::{AccountId, ProfileId};
use crate::ip_block;
use crate::statement::statements;
use crate::{Result, listing};

statements! {
    HOLDING = "SELECT profile_id FROM billing_mappings WHERE account_id = $1 AND COALESCE(start_at, 0) <= $2 \
        AND (stop_at IS NULL OR stop_at > $2) AND network_id IS NULL ORDER BY COALESCE(start_at, 0) DESC, id DESC LIMIT 1";
    WITHIN = "SELECT profile_id FROM billing_mappings WHERE account_id = $1 AND COALESCE(start_at, 0) <= $2 \
        AND (stop_at IS NULL OR stop_at > $2) AND network_id = $3 ORDER BY COALESCE(start_at, 0) DESC, id DESC LIMIT 1";
    /// The networks of an account one after the other, what holds in each, and whether its block with the last first
    /// address up to the one asked for, as blocks don't overlap, has it.
    FROM_ADDRESS = "WITH RECURSIVE w (network_id) AS (SELECT MIN(network_id) FROM billing_mappings \
            WHERE account_id = $1 AND network_id IS NOT NULL \
            UNION ALL SELECT (SELECT MIN(n.network_id) FROM billing_mappings n WHERE n.account_id = $1 \
            AND n.network_id > w.network_id) FROM w WHERE w.network_id IS NOT NULL) \
        SELECT m.profile_id FROM w JOIN billing_mappings m ON m.id = (SELECT h.id FROM billing_mappings h \
            WHERE h.account_id = $1 AND h.network_id = w.network_id AND COALESCE(h.start_at, 0) <= $2 \
            AND (h.stop_at IS NULL OR h.stop_at > $2) ORDER BY COALESCE(h.start_at, 0) DESC, h.id DESC LIMIT 1) \
        WHERE (SELECT b.last_address FROM billing_network_blocks b WHERE b.network_id = w.network_id \
            AND b.first_address <= $3 ORDER BY b.first_address DESC LIMIT 1) >= $3 \
        ORDER BY COALESCE(m.start_at, 0) DESC, m.id DESC LIMIT 1";
}

const OF_EACH: &str = "WITH a (id) AS (SELECT id FROM accounts WHERE id IN ({ids})) \
    SELECT a.id, (SELECT m.profile_id FROM billing_mappings m WHERE m.account_id = a.id \
        AND COALESCE(m.start_at, 0) <= {at} AND (m.stop_at IS NULL OR m.stop_at > {at}) AND m.network_id IS NULL \
        ORDER BY COALESCE(m.start_at, 0) DESC, m.id DESC LIMIT 1) AS profile_id FROM a";

/// The profile that holds now for each of those accounts that has one, for calls from anywhere.
///
/// # Errors
/// Only those of the database.
pub async fn current(tx: &mut Tx, accounts: &[i64], now: i64) -> Result<BTreeMap<i64, ProfileId>> {
    let mut found = BTreeMap::new();
    for row in listing::for_ids_at(tx, OF_EACH, accounts, now).await? {
        if let Some(profile) = row.get("profile_id")? {
            found.insert(row.get("id")?, profile);
        }
    }
    Ok(found)
}

/// The profile that holds at a time for calls that an account makes from an address: that of the network which contains
/// it, of several the one that began last, else the one without a network.
///
/// # Errors
/// Only those of the database.
pub async fn holding(tx: &mut Tx, account: AccountId, ip: Option<IpAddr>, at: i64) -> Result<Option<ProfileId>> {
    if let Some(ip) = ip
        && let Some(row) = tx.query_opt(FROM_ADDRESS, args![account, at, ip_block::key(ip)]).await?
    {
        return Ok(Some(row.at(0)?));
    }
    within(tx, account, None, at).await
}

/// The profile that holds at a time in that network, or for calls from anywhere.
pub(super) async fn within(
    tx: &mut Tx,
    account: AccountId,
    network: Option<i64>,
    at: i64,
) -> Result<Option<ProfileId>> {
    let row = match network {
        Some(network) => tx.query_opt(WITHIN, args![account, at, network]).await?,
        None => tx.query_opt(HOLDING, args![account, at]).await?,
    };
    Ok(row.map(|row| row.at(0)).transpose()?)
}
