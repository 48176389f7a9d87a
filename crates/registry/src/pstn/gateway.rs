//! Gateways of carriers.

use std::net::IpAddr;

use store::{Tx, args};

use super::carrier::Carrier;
use super::{check_int, check_name, may_keep, must_keep};
use crate::caller::Caller;
use crate::dns::name;
use crate::id::{AccountId, PstnCarrierId, PstnGatewayId};
use crate::listing::{self, Column, Reach, Source};
use crate::record::{self, Kept, Record, record};
use crate::statement::statements;
use crate::{Error, Result};

/// Over what calls go to a gateway.
pub const TRANSPORTS: [&str; 3] = ["udp", "tcp", "tls"];
/// The port where nothing else is said (RFC 3261, 19.1.2).
pub const PORT: i64 = 5_060;

record! {
    /// A gateway.
    Gateway(PstnGatewayId) in "pstn_gateways" called "gateway" {
        /// The carrier.
        carrier_id: PstnCarrierId,
        /// The carrier's reseller.
        reseller_id: AccountId,
        /// Its name, unique for the carrier.
        name: String,
        /// One of [`TRANSPORTS`].
        transport: String = "udp".to_owned(),
        /// An address or the name of a host.
        ip: String,
        /// The port; 0 stands for the default.
        port: i64 = PORT,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// A gateway with its carrier's name.
#[derive(Clone, Debug, PartialEq)]
pub struct GatewayEntry {
    /// The gateway.
    pub gateway: Gateway,
    /// The name of its carrier.
    pub carrier: String,
}

/// All gateways.
pub static GATEWAYS: Source = Source {
    name: "PSTN gateways",
    // Either engine leaves out the joined table where a question does not touch it.
    from: "pstn_gateways t LEFT JOIN pstn_carriers c ON c.id = t.carrier_id",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("carrier_id", "t.carrier_id"),
        Column::text("carrier", "c.name"),
        Column::text("name", "t.name"),
        Column::text("ip", "t.ip"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id"],
};

statements! {
    HAS_RULES = "SELECT id FROM pstn_gateway_rules WHERE gateway_id = $1 LIMIT 1";
}

/// For several gateways at a time.
const CARRIER_NAMES: &str =
    "SELECT t.id, c.name FROM pstn_gateways t JOIN pstn_carriers c ON c.id = t.carrier_id WHERE t.id IN ({ids})";

/// The gateways of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load_gateways(tx: &mut Tx, ids: &[i64]) -> Result<Vec<GatewayEntry>> {
    let gateways: Vec<Gateway> = record::load(tx, ids).await?;
    let mut names = std::collections::HashMap::new();
    for row in listing::for_ids(tx, CARRIER_NAMES, ids).await? {
        names.insert(row.at::<i64>(0)?, row.at::<String>(1)?);
    }
    let entry = |gateway: Gateway| Some(GatewayEntry { carrier: names.remove(&gateway.id.0)?, gateway });
    Ok(gateways.into_iter().filter_map(entry).collect())
}

#[async_trait::async_trait]
impl Kept for Gateway {
    const LIST: &'static Source = &GATEWAYS;
    const PART_OF: Option<(&'static str, &'static str)> = Some(("pstn_carriers", "carrier_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        may_keep(tx, caller).await?;
        check_name(&mut self.name)?;
        self.transport = self.transport.trim().to_ascii_lowercase();
        if !TRANSPORTS.contains(&self.transport.as_str()) {
            return Err(Error::invalid(
                "transport",
                format!("`{}` is none of {}", self.transport, TRANSPORTS.join(", ")),
            ));
        }
        self.ip = match self.ip.trim().parse::<IpAddr>() {
            Ok(ip) => ip.to_string(),
            Err(_) => name::host("ip", &self.ip)?,
        };
        check_int("port", self.port, 65_535)?;
        if self.port == 0 {
            self.port = PORT;
        }
        self.reseller_id =
            record::keep_named_by::<Carrier>(tx, caller, "carrier_id", self.carrier_id.0).await?.reseller_id;
        if before.is_some_and(|before| before.reseller_id != self.reseller_id)
            && tx.query_opt(HAS_RULES, args![self.id]).await?.is_some()
        {
            return Err(Error::InUse { kind: Self::NOUN, key: self.id.to_string() });
        }
        (self.created_at, self.modified_at) = (before.map_or(now, |before| before.created_at), now);
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, _now: i64) -> Result<()> {
        may_keep(tx, caller).await
    }
}
