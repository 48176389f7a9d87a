//! Billing networks: blocks of addresses that callers come from, so that a billing profile can hold for calls from there.
//!
//! A name is unique among a reseller's networks that are not terminated. Blocks of a network are kept in order, with the
//! bits behind their masks cleared, and do not overlap; those of different networks may. A network that profiles are
//! mapped with, or that packages name, stays; a terminated one is seen no more.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, NetworkId};
use crate::listing::{self, Column, Reach, Source};
use crate::record::{self, Kept, Stored, record};
use crate::statement::statements;
use crate::{Error, Result};

/// A block of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Block {
    /// Its first address.
    pub ip: String,
    /// How many bits its addresses have in common; none: all, so that it is one address.
    pub mask: Option<u8>,
}

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

/// Those of some networks that have the address in a block.
const CONTAINING: &str = "SELECT network_id, first_address, last_address FROM billing_network_blocks \
    WHERE network_id IN ({ids})";

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
        Column::matching(
            "ip",
            "EXISTS (SELECT 1 FROM billing_network_blocks b WHERE b.network_id = t.id AND b.first_address <= ? \
             AND b.last_address >= ?)",
        ),
    ],
    tallies: &["reseller_id"],
};

/// An address as blocks are compared by: the version of IP and 32 hexadecimal digits.
#[must_use]
pub fn key(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => format!("4{:032x}", ip.to_bits()),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => format!("4{:032x}", ip.to_bits()),
            None => format!("6{:032x}", ip.to_bits()),
        },
    }
}

fn parse(block: &Block) -> Result<IpNet> {
    let wrong = |what: &str| Error::invalid("blocks", format!("Invalid {what} in block '{}'", text(block)));
    let ip: IpAddr = block.ip.trim().parse().map_err(|_| wrong("IP address"))?;
    let all = if ip.is_ipv4() { 32 } else { 128 };
    Ok(IpNet::new(ip, block.mask.unwrap_or(all)).map_err(|_| wrong("mask"))?.trunc())
}

fn text(block: &Block) -> String {
    let mask = block.mask.map(|mask| format!("/{mask}")).unwrap_or_default();
    format!("{}{mask}", block.ip)
}

/// Blocks in order, or an error where two of them overlap.
fn settled(blocks: &[Block]) -> Result<Vec<Block>> {
    let mut nets = blocks.iter().map(parse).collect::<Result<Vec<_>>>()?;
    nets.sort_by_key(|net| key(net.network()));
    if let Some(pair) = nets.windows(2).find(|pair| key(pair[0].broadcast()) >= key(pair[1].network())) {
        return Err(Error::invalid("blocks", format!("Blocks '{}' and '{}' overlap", pair[0], pair[1])));
    }
    let block = |net: &IpNet| {
        let all = if net.addr().is_ipv4() { 32 } else { 128 };
        Block { ip: net.addr().to_string(), mask: Some(net.prefix_len()).filter(|mask| *mask < all) }
    };
    Ok(nets.iter().map(block).collect())
}

#[async_trait::async_trait]
impl Kept for Network {
    fn source() -> &'static Source {
        &ALL
    }

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep billing networks")
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.reseller_id)
    }

    fn tallied(&self) -> Vec<(&'static str, i64)> {
        vec![("reseller_id", self.reseller_id.0)]
    }

    fn is_listed(&self) -> bool {
        !self.terminated
    }

    fn taken(&self) -> Error {
        Error::taken("billing network", "name", &self.name)
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
        self.blocks = Stored(settled(&self.blocks.0)?);
        Ok(())
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| before.blocks == self.blocks) {
            return Ok(());
        }
        tx.execute(DELETE_BLOCKS, args![self.id]).await?;
        for block in &self.blocks.0 {
            let net = parse(block)?;
            tx.execute(INSERT_BLOCK, args![self.id, key(net.network()), key(net.broadcast())]).await?;
        }
        Ok(())
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

/// Those of some networks that contain an address.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn containing(tx: &mut Tx, ids: &[i64], ip: IpAddr) -> Result<BTreeSet<i64>> {
    let (key, mut found) = (key(ip), BTreeSet::new());
    for row in listing::for_ids(tx, CONTAINING, ids).await? {
        let (first, last): (String, String) = (row.at(1)?, row.at(2)?);
        if first <= key && key <= last {
            found.insert(row.at(0)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(ip: &str, mask: Option<u8>) -> Block {
        Block { ip: ip.to_owned(), mask }
    }

    #[test]
    fn blocks_are_ordered_and_do_not_overlap() {
        let kept = settled(&[block("fe80::1", Some(64)), block("10.0.0.7", None), block("10.0.1.9", Some(24))]);
        let wanted = [block("10.0.0.7", None), block("10.0.1.0", Some(24)), block("fe80::", Some(64))];
        assert_eq!(kept.expect("blocks"), wanted);
        for (one, two, wrong) in [
            (block("10.0.0.0", Some(8)), block("10.1.0.0", Some(16)), "overlap"),
            (block("10.0.0.1", None), block("10.0.0.1", Some(32)), "overlap"),
            (block("10.0.0.1", None), block("10.0.0", None), "Invalid IP"),
            (block("10.0.0.1", Some(33)), block("::", None), "Invalid mask"),
        ] {
            let refused = settled(&[one, two]).expect_err(wrong).to_string();
            assert!(refused.contains(wrong), "{refused}");
        }
    }

    #[test]
    fn an_address_of_ip_4_is_the_same_inside_ip_6() {
        assert_eq!(key("10.0.0.1".parse().expect("v4")), key("::ffff:10.0.0.1".parse().expect("v6")));
        assert!(key("255.255.255.255".parse().expect("v4")) < key("::1".parse().expect("v6")));
    }
}
