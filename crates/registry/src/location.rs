//! Locations: places of a customer, told by the addresses of its phones.

use std::net::IpAddr;

use store::{Tx, args};

use crate::Result;
use crate::account::{self, Kind};
use crate::caller::Caller;
use crate::id::{AccountId, LocationId};
use crate::ip_block::{self, Block};
use crate::listing::{Column, Reach, Source};
use crate::preference::{self, Level};
use crate::record::{self, Kept, Stored, record};
use crate::statement::statements;

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
        Column::matching("address", ip_block::holds!("customer_location_blocks", "location_id")),
    ],
    tallies: &["reseller_id", "contract_id"],
};

statements! {
    OF_CUSTOMER = "SELECT id FROM customer_locations WHERE contract_id = $1 ORDER BY id LIMIT 100";
    CLEAR = "DELETE FROM customer_location_blocks WHERE location_id = $1";
    ADD = "INSERT INTO customer_location_blocks (location_id, first_address, last_address) VALUES ($1, $2, $3)";
}

/// Removes the locations of a customer that ends, with what is set for them.
pub(crate) async fn delete_of_customer(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId) -> Result<()> {
    record::delete_all::<Location>(tx, &Caller::system(&caller.name), now, OF_CUSTOMER, account.0).await
}

#[async_trait::async_trait]
impl Kept for Location {
    const LIST: &'static Source = &ALL;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep locations of customers")?;
        caller.must_write()
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.contract_id)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        self.blocks = Stored(ip_block::settled(&self.blocks.0)?);
        self.reseller_id =
            account::named_by(tx, caller, Kind::Customer, "contract_id", self.contract_id).await?.reseller_id;
        Ok(())
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        ip_block::put(tx, (CLEAR, ADD), self.id.0, &self.blocks.0).await
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        tx.execute(CLEAR, args![self.id]).await?;
        preference::delete_of(tx, Level::Location, self.id.0).await
    }
}

/// Where a customer's phone is by its address: the location with the smallest block that has it.
#[must_use]
pub fn of_address(locations: &[Location], address: IpAddr) -> Option<&Location> {
    let found =
        locations.iter().filter_map(|location| Some((ip_block::length(&location.blocks.0, address)?, location)));
    found.max_by_key(|(length, location)| (*length, std::cmp::Reverse(location.id))).map(|(_, location)| location)
}
