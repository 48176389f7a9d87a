//! Locations: places of a customer, told by the addresses of its phones.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::account::{self, Kind, Status};
use crate::caller::Caller;
use crate::id::{AccountId, LocationId};
use crate::listing::{Column, Reach, Source};
use crate::preference::{self, Level};
use crate::record::{Kept, Stored, record};
use crate::statement::statements;
use crate::{Error, Result};

/// Addresses with the same beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Block {
    /// IPv4 or IPv6.
    pub ip: String,
    /// How many bits all have in common; none: all of them.
    pub mask: Option<i64>,
}

record! {
    /// A place of a customer.
    Location(LocationId) in "customer_locations" called "location" {
        /// The customer.
        contract_id: AccountId,
        /// The customer's reseller.
        reseller_id: AccountId,
        /// Its name, unique for the customer.
        name: String,
        /// Whatever there is to say of it.
        description: String,
        /// The addresses there; none of them overlap.
        blocks: Stored<Vec<Block>>,
    }
}

/// Most blocks of a location.
pub const MOST_BLOCKS: usize = 1_000;

/// All locations.
pub static ALL: Source = Source {
    name: "customer locations",
    from: "customer_locations t",
    fixed: "",
    reach: Reach { account: Some("contract_id"), ..Reach::RESELLER },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("contract_id", "t.contract_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("name", "t.name"),
        Column::text("description", "t.description"),
        Column::matching(
            "address",
            "t.id IN (SELECT b.location_id FROM customer_location_blocks b WHERE b.first_address <= ? \
             AND b.last_address >= ?)",
        ),
    ],
    tallies: &["reseller_id", "contract_id"],
};

statements! {
    LOCK = "SELECT id FROM accounts WHERE id = $1 {wait}";
    CLEAR = "DELETE FROM customer_location_blocks WHERE location_id = $1";
    ADD = "INSERT INTO customer_location_blocks (location_id, first_address, last_address) VALUES ($1, $2, $3)";
}

/// An address as blocks are searched by it: in the order of the addresses, those of each family by themselves.
#[must_use]
pub fn searched(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("4{:08x}", address.to_bits()),
        IpAddr::V6(address) => format!("6{:032x}", address.to_bits()),
    }
}

/// The blocks in one form, with their networks in order.
fn networks(blocks: &mut [Block]) -> Result<Vec<IpNet>> {
    let invalid = |message: String| Error::invalid("blocks", message);
    let mut networks = Vec::with_capacity(blocks.len());
    for block in blocks {
        let wrong = |_| invalid(format!("'{}' is not an IPv4 or IPv6 address", block.ip));
        let ip: IpAddr = block.ip.trim().parse().map_err(wrong)?;
        let all = if ip.is_ipv4() { 32 } else { 128 };
        let mask = block.mask.unwrap_or(all);
        let fits = u8::try_from(mask).ok().and_then(|mask| IpNet::new(ip, mask).ok());
        let network = fits.ok_or_else(|| invalid(format!("mask of {ip} must be between 0 and {all}")))?;
        if network.network() != ip {
            return Err(invalid(format!("{network} is no network: it begins at {}", network.network())));
        }
        *block = Block { ip: ip.to_string(), mask: block.mask };
        networks.push(network);
    }
    networks.sort_unstable();
    for pair in networks.windows(2) {
        if pair[0].contains(&pair[1]) || pair[1].contains(&pair[0]) {
            return Err(invalid(format!("{} overlaps {}", pair[1], pair[0])));
        }
    }
    Ok(networks)
}

#[async_trait::async_trait]
impl Kept for Location {
    fn source() -> &'static Source {
        &ALL
    }

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep locations of customers")?;
        caller.must_write()
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.contract_id)
    }

    fn tallied(&self) -> Vec<(&'static str, i64)> {
        vec![("reseller_id", self.reseller_id.0), ("contract_id", self.contract_id.0)]
    }

    fn taken(&self) -> Error {
        Error::taken("location", "name", &self.name)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        if self.blocks.0.len() > MOST_BLOCKS {
            return Err(Error::invalid("blocks", format!("a location has at most {MOST_BLOCKS} blocks")));
        }
        networks(&mut self.blocks.0)?;
        tx.query_opt(LOCK, args![self.contract_id]).await?;
        let owner = match account::get(tx, caller, self.contract_id).await {
            Ok(found) if found.kind == Kind::Customer && found.status != Status::Terminated => found,
            Ok(_) | Err(Error::NotFound { .. }) => return Err(Error::dangling("contract_id", self.contract_id)),
            Err(error) => return Err(error),
        };
        self.reseller_id = owner.reseller_id;
        Ok(())
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        tx.execute(CLEAR, args![self.id]).await?;
        for network in networks(&mut self.blocks.0.clone())? {
            let (first, last) = (searched(network.network()), searched(network.broadcast()));
            tx.execute(ADD, args![self.id, first, last]).await?;
        }
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        tx.execute(CLEAR, args![self.id]).await?;
        preference::delete_of(tx, Level::Location, self.id.0).await
    }
}

/// Where a customer's phone is by its address: the location with the smallest block that has it.
#[must_use]
pub fn of_address(locations: &[Location], address: IpAddr) -> Option<&Location> {
    let address = address.to_canonical();
    let length = |location: &&Location| {
        let mut blocks = location.blocks.0.clone();
        let networks = networks(&mut blocks).unwrap_or_default();
        networks.into_iter().filter(|network| network.contains(&address)).map(|network| network.prefix_len()).max()
    };
    let found = locations.iter().filter_map(|location| length(&location).map(|length| (length, location)));
    found.max_by_key(|(length, location)| (*length, std::cmp::Reverse(location.id))).map(|(_, location)| location)
}
