//! Billing networks: blocks of addresses that callers come from, so that a billing profile can hold for calls from there.
//!
//! A name is unique among a reseller's networks that are not terminated. Blocks of a network are kept in order, with the
//! bits behind their masks cleared, and do not overlap; those of different networks may. A network that profiles are
//! mapped with, or that packages name, stays; a terminated one is seen no more.

use store::{Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, NetworkId};
use crate::ip_block::{self, Block};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, Stored, record};
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// A network.
    Network(NetworkId) in "billing_networks" called "billing network" {
        /// Whose it is.
        reseller_id: AccountId,
        /// Its name.
        name: String,
        /// What it is.
        description: Option<String>,
        /// Its blocks, in order.
        blocks: Stored<Vec<Block>>,
        /// It is there no more.
        terminated: bool,
    }
}

statements! {
    INSERT_BLOCK = "INSERT INTO billing_network_blocks (network_id, first_address, last_address) VALUES ($1, $2, $3)";
    DELETE_BLOCKS = "DELETE FROM billing_network_blocks WHERE network_id = $1";
    MAPPED = "SELECT 1 FROM billing_mappings m JOIN accounts a ON a.id = m.account_id \
        WHERE m.network_id = $1 AND a.status <> 'terminated' LIMIT 1";
    PACKED = "SELECT 1 FROM profile_package_profiles x JOIN profile_packages p ON p.id = x.package_id \
        WHERE x.network_id = $1 AND NOT p.terminated LIMIT 1";
}

/// The networks that are not terminated.
pub static ALL: Source = Source {
    name: "billing networks",
    from: "billing_networks t",
    fixed: "NOT t.terminated",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("name", "t.name"),
        Column::matching("ip", ip_block::holds!("billing_network_blocks", "network_id")),
    ],
    tallies: &["reseller_id"],
};

#[async_trait::async_trait]
impl Kept for Network {
    const LIST: &'static Source = &ALL;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep billing networks")
    }

    fn is_listed(&self) -> bool {
        !self.terminated
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        match before {
            None => record::check_reseller(tx, caller, self.reseller_id).await?,
            Some(before) if before.reseller_id != self.reseller_id => {
                return Err(Error::invalid("reseller_id", "Changing the reseller ID is not allowed."));
            }
            Some(_) => {}
        }
        if self.blocks.0.is_empty() {
            return Err(Error::invalid("blocks", "Blocks field is required"));
        }
        self.blocks = Stored(ip_block::settled(&self.blocks.0)?);
        Ok(())
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| before.blocks == self.blocks) {
            return Ok(());
        }
        ip_block::put(tx, (DELETE_BLOCKS, INSERT_BLOCK), self.id.0, &self.blocks.0).await
    }
}

/// Ends a network: it is seen no more, and its name is free again.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`], [`Error::InUse`] where accounts or packages use it.
pub async fn terminate(tx: &mut Tx, caller: &Caller, now: i64, id: NetworkId) -> Result<()> {
    let network = record::hold::<Network>(tx, caller, id.0).await?;
    for used in [MAPPED, PACKED] {
        if tx.query_opt(used, args![id]).await?.is_some() {
            return Err(Error::InUse { kind: "billing network", key: id.to_string() });
        }
    }
    record::update(tx, caller, now, Network { terminated: true, ..network }).await?;
    Ok(())
}
