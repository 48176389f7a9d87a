//! Blocks of addresses of IPv4 and IPv6: the one form in which a record keeps its blocks, and the keys by which the block
//! that has an address is found.
//!
//! Blocks of a record are in order, with the bits behind their masks cleared, and do not overlap. Addresses of IPv4 inside
//! IPv6 are those of IPv4.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::{Error, Result};

/// Most blocks of a record.
pub const MOST: usize = 1_000;

/// A block of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Block {
    /// Its first address.
    pub ip: String,
    /// How many bits its addresses have in common; none: all, so that it is one address.
    pub mask: Option<u8>,
}

impl std::fmt::Display for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mask = self.mask.map(|mask| format!("/{mask}")).unwrap_or_default();
        write!(f, "{}{mask}", self.ip)
    }
}

/// The condition of a list that a row has a block with an address: of its blocks, as they don't overlap, that with the
/// last first address up to the one that is asked for.
macro_rules! holds {
    ($table:literal, $owner:literal) => {
        concat!(
            "(SELECT b.last_address FROM ",
            $table,
            " b WHERE b.",
            $owner,
            " = t.id AND b.first_address <= ? ORDER BY b.first_address DESC LIMIT 1) >= ?"
        )
    };
}

pub(crate) use holds;

/// An address as blocks are compared by: the version of IP and 32 hexadecimal digits.
#[must_use]
pub fn key(ip: IpAddr) -> String {
    plain_key(ip.to_canonical())
}

fn plain_key(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => format!("4{:032x}", ip.to_bits()),
        IpAddr::V6(ip) => format!("6{:032x}", ip.to_bits()),
    }
}

fn keys(net: &IpNet) -> (String, String) {
    (plain_key(net.network()), plain_key(net.broadcast()))
}

fn network(block: &Block) -> Result<IpNet> {
    let wrong = |what: &str| Error::invalid("blocks", format!("Invalid {what} in block '{block}'"));
    let ip: IpAddr = block.ip.trim().parse().map_err(|_| wrong("IP address"))?;
    let all = if ip.is_ipv4() { 32 } else { 128 };
    let mask = block.mask.unwrap_or(all);
    let inside = match ip {
        IpAddr::V6(ip) => ip.to_ipv4_mapped().zip(mask.checked_sub(96)),
        IpAddr::V4(_) => None,
    };
    let net = match inside {
        Some((ip, mask)) => Ipv4Net::new(ip, mask).map(IpNet::from),
        None => IpNet::new(ip, mask),
    };
    Ok(net.map_err(|_| wrong("mask"))?.trunc())
}

/// The blocks as they are kept.
///
/// # Errors
/// [`Error::Invalid`] for `blocks` where one is none, where two overlap, and where there are more than [`MOST`].
pub(crate) fn settled(blocks: &[Block]) -> Result<Vec<Block>> {
    if blocks.len() > MOST {
        return Err(Error::invalid("blocks", format!("there are more than {MOST} blocks")));
    }
    let mut nets = blocks.iter().map(network).collect::<Result<Vec<_>>>()?;
    nets.sort_by_key(keys);
    if let Some(pair) = nets.windows(2).find(|pair| keys(&pair[0]).1 >= keys(&pair[1]).0) {
        return Err(Error::invalid("blocks", format!("Blocks '{}' and '{}' overlap", pair[0], pair[1])));
    }
    let block = |net: &IpNet| Block {
        ip: net.addr().to_string(),
        mask: Some(net.prefix_len()).filter(|mask| *mask < net.max_prefix_len()),
    };
    Ok(nets.iter().map(block).collect())
}

/// Writes the keys of a record's blocks in the place of those that it had: by the statement that removes these, and the
/// one that adds the first and the last address of one.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn put(tx: &mut Tx, (clear, add): (&str, &str), of: i64, blocks: &[Block]) -> Result<()> {
    tx.execute(clear, args![of]).await?;
    for block in blocks {
        let (first, last) = keys(&network(block)?);
        tx.execute(add, args![of, first, last]).await?;
    }
    Ok(())
}

/// How many bits the addresses of the block have in common that has this one.
#[must_use]
pub(crate) fn length(blocks: &[Block], ip: IpAddr) -> Option<u8> {
    let nets = blocks.iter().filter_map(|block| network(block).ok());
    nets.filter(|net| net.contains(&ip.to_canonical())).map(|net| net.prefix_len()).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(ip: &str, mask: Option<u8>) -> Block {
        Block { ip: ip.to_owned(), mask }
    }

    #[test]
    fn blocks_are_ordered_and_do_not_overlap() {
        let kept = settled(&[
            block("fe80::1", Some(64)),
            block("10.0.0.7", None),
            block("::ffff:192.0.2.9", Some(120)),
            block("::ffff:0:0", Some(80)),
            block("10.0.1.9", Some(24)),
        ]);
        let wanted = [
            block("10.0.0.7", None),
            block("10.0.1.0", Some(24)),
            block("192.0.2.0", Some(24)),
            block("::", Some(80)),
            block("fe80::", Some(64)),
        ];
        let kept = kept.expect("blocks");
        assert_eq!(kept, wanted);
        assert_eq!(settled(&kept).expect("the same"), kept);
        for (one, two, wrong) in [
            (block("10.0.0.0", Some(8)), block("10.1.0.0", Some(16)), "overlap"),
            (block("10.0.0.1", None), block("10.0.0.1", Some(32)), "overlap"),
            (block("10.0.0.0", Some(8)), block("::ffff:10.0.0.0", Some(104)), "overlap"),
            (block("::1", None), block("::1", Some(128)), "overlap"),
            (block("10.0.0.1", None), block("10.0.0", None), "Invalid IP"),
            (block("10.0.0.1", Some(33)), block("::", None), "Invalid mask"),
            (block("::", Some(129)), block("10.0.0.1", None), "Invalid mask"),
        ] {
            let refused = settled(&[one, two]).expect_err(wrong).to_string();
            assert!(refused.contains(wrong), "{refused}");
        }
        assert!(settled(&vec![Block::default(); MOST + 1]).is_err());
    }

    #[test]
    fn an_address_of_ip_4_is_the_same_inside_ip_6() {
        let key = |text: &str| key(text.parse().expect("an address"));
        assert_eq!(key("10.0.0.1"), key("::ffff:10.0.0.1"));
        let in_order = ["0.0.0.0", "9.255.255.255", "10.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1"].map(key);
        assert!(in_order.is_sorted(), "{in_order:?}");
    }
}
