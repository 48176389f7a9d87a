//! What gateways want of the numbers that they are given.

use store::Tx;

use super::gateway::Gateway;
use super::{LONGEST_NUMBER, check_digits, check_int, may_keep, must_keep};
use crate::caller::Caller;
use crate::id::{AccountId, GatewayRuleId, PstnCarrierId, PstnGatewayId};
use crate::listing::{self, Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::{Error, Result};

record! {
    /// A rule of a gateway.
    GatewayRule(GatewayRuleId) in "pstn_gateway_rules" called "gateway rule" {
        /// The gateway.
        gateway_id: PstnGatewayId,
        /// The gateway's reseller.
        reseller_id: AccountId,
        /// What a number begins with that it is for; empty: any.
        prefix: String,
        /// How many digits are taken from the number.
        strip: i64,
        /// What is put before the rest.
        prepend: String,
        /// Fewest digits of a number that it is for; 0: any.
        min_length: i64,
        /// Most digits of a number that it is for; 0: any.
        max_length: i64,
        /// When it was made, in microseconds since 1970 UTC.
        created_at: i64,
        /// When it was changed, in microseconds since 1970 UTC.
        modified_at: i64,
    }
}

/// A rule with what it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct GatewayRuleEntry {
    /// The rule.
    pub rule: GatewayRule,
    /// The name of its gateway.
    pub gateway: String,
    /// The gateway's carrier.
    pub carrier_id: PstnCarrierId,
    /// The carrier's name.
    pub carrier: String,
}

/// The rules of all gateways.
pub static GATEWAY_RULES: Source = Source {
    name: "PSTN gateway rules",
    // Either engine leaves out those of the joined tables that a question does not touch.
    from: "pstn_gateway_rules t LEFT JOIN pstn_gateways g ON g.id = t.gateway_id \
        LEFT JOIN pstn_carriers c ON c.id = g.carrier_id",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("gateway_id", "t.gateway_id"),
        Column::text("gateway", "g.name"),
        Column::int("carrier_id", "g.carrier_id"),
        Column::text("carrier", "c.name"),
        Column::text("prefix", "t.prefix"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id"],
};

/// For several rules at a time.
const NAMES: &str = "SELECT t.id, g.name, g.carrier_id, c.name AS carrier FROM pstn_gateway_rules t \
    JOIN pstn_gateways g ON g.id = t.gateway_id JOIN pstn_carriers c ON c.id = g.carrier_id WHERE t.id IN ({ids})";

/// The rules of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load_rules(tx: &mut Tx, ids: &[i64]) -> Result<Vec<GatewayRuleEntry>> {
    let rules: Vec<GatewayRule> = record::load(tx, ids).await?;
    let mut names = std::collections::HashMap::new();
    for row in listing::for_ids(tx, NAMES, ids).await? {
        names.insert(row.at::<i64>(0)?, (row.at(1)?, row.at(2)?, row.at(3)?));
    }
    let entry = |rule: GatewayRule| {
        let (gateway, carrier_id, carrier) = names.remove(&rule.id.0)?;
        Some(GatewayRuleEntry { rule, gateway, carrier_id, carrier })
    };
    Ok(rules.into_iter().filter_map(entry).collect())
}

#[async_trait::async_trait]
impl Kept for GatewayRule {
    const LIST: &'static Source = &GATEWAY_RULES;
    const UNIQUE: &'static str = "prefix";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("pstn_gateways", "gateway_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        may_keep(tx, caller).await?;
        for (field, text) in [("prefix", &mut self.prefix), ("prepend", &mut self.prepend)] {
            *text = text.trim().to_owned();
            check_digits(field, text)?;
        }
        for (field, value) in [("strip", self.strip), ("min_length", self.min_length), ("max_length", self.max_length)]
        {
            check_int(field, value, LONGEST_NUMBER)?;
        }
        if self.max_length != 0 && self.max_length < self.min_length {
            return Err(Error::invalid("max_length", "no number is so long"));
        }
        self.reseller_id =
            record::keep_named_by::<Gateway>(tx, caller, "gateway_id", self.gateway_id.0).await?.reseller_id;
        (self.created_at, self.modified_at) = (before.map_or(now, |before| before.created_at), now);
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, _now: i64) -> Result<()> {
        may_keep(tx, caller).await
    }
}
