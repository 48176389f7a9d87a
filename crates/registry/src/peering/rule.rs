//! The rules of groups: which calls leave by a group, and which calls that come in belong to it.

use store::{Tx, args};

use super::pattern::compiled;
use super::{group, server};
use crate::caller::Caller;
use crate::id::{PeeringGroupId, PeeringInboundRuleId, PeeringRuleId};
use crate::listing::{Column, Reach, Source};
use crate::record::{Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// Calls that may leave by a group.
    Rule(PeeringRuleId) in "peering_rules" called "peering rule" {
        /// The group.
        group_id: PeeringGroupId,
        /// What the called user begins with; empty: any.
        callee_prefix: String,
        /// What is found in the called SIP URI; empty: any.
        callee_pattern: String,
        /// What is found in the caller's SIP URI; empty: any.
        caller_pattern: String,
        /// Whatever there is to say of it.
        description: String,
        /// Whether it is used.
        enabled: bool = true,
        /// Whether rules with shorter prefixes are left out where it fits.
        stopper: bool,
    }
}

record! {
    /// Calls from a group's servers that belong to it, or are refused.
    InboundRule(PeeringInboundRuleId) in "peering_inbound_rules" called "peering inbound rule" {
        /// The group.
        group_id: PeeringGroupId,
        /// The least comes first; unique in the group.
        priority: i64,
        /// What of the request is looked at, one of [`FIELDS`].
        field: String,
        /// What is found in it.
        pattern: String,
        /// The SIP status that the call is refused with; none: it is taken.
        reject_code: Option<i64>,
        /// The reason beside that status.
        reject_reason: Option<String>,
        /// Whether it is used.
        enabled: bool = true,
    }
}

/// What of a request an inbound rule may look at.
pub const FIELDS: &[&str] = &[
    "from_user",
    "from_domain",
    "from_uri",
    "ruri_user",
    "ruri_domain",
    "ruri_uri",
    "pai_user",
    "pai_domain",
    "pai_uri",
];

/// Most rules of all groups, of those for calls that leave and of those for calls that come in each.
const MOST: i64 = 10_000;

/// All rules of calls that leave.
pub static RULES: Source = Source {
    name: "peering rules",
    from: "peering_rules t",
    fixed: "",
    reach: Reach::NOBODY,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("group_id", "t.group_id"),
        Column::text("callee_prefix", "t.callee_prefix"),
        Column::text("callee_pattern", "t.callee_pattern"),
        Column::text("caller_pattern", "t.caller_pattern"),
        Column::text("description", "t.description"),
        Column::bool("enabled", "t.enabled"),
        Column::bool("stopper", "t.stopper"),
    ],
    tallies: &["group_id"],
};

/// All rules of calls that come in.
pub static INBOUND_RULES: Source = Source {
    name: "peering inbound rules",
    from: "peering_inbound_rules t",
    fixed: "",
    reach: Reach::NOBODY,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("group_id", "t.group_id"),
        Column::int("priority", "t.priority"),
        Column::text("field", "t.field"),
        Column::text("pattern", "t.pattern"),
        Column::int("reject_code", "t.reject_code"),
        Column::bool("enabled", "t.enabled"),
    ],
    tallies: &["group_id"],
};

statements! {
    SET_HAS_RULES = "UPDATE peering_groups SET has_inbound_rules = EXISTS (SELECT 1 FROM peering_inbound_rules r \
        WHERE r.group_id = $1 AND r.enabled AND r.id <> $2) WHERE id = $1";
    FULL = "SELECT id FROM peering_rules ORDER BY id LIMIT 1 OFFSET $1";
    FULL_INBOUND = "SELECT id FROM peering_inbound_rules ORDER BY id LIMIT 1 OFFSET $1";
}

#[async_trait::async_trait]
impl Kept for Rule {
    const LIST: &'static Source = &RULES;
    const UNIQUE: &'static str = "callee_prefix";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("peering_groups", "group_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_admin("keep peerings")?;
        caller.must_write()
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let prefix = self.callee_prefix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'+');
        if !prefix || self.callee_prefix.len() > 16 {
            return Err(Error::invalid("callee_prefix", "Only lower-case letters, digits and + allowed, at most 16"));
        }
        compiled("callee_pattern", &self.callee_pattern)?;
        compiled("caller_pattern", &self.caller_pattern)?;
        group::held(tx, caller, self.group_id).await?;
        if before.is_none() {
            server::alone(tx).await?;
            server::must_fit(tx, FULL, "peering rules", MOST).await?;
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Kept for InboundRule {
    const LIST: &'static Source = &INBOUND_RULES;
    const UNIQUE: &'static str = "priority";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("peering_groups", "group_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_admin("keep peerings")?;
        caller.must_write()
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if !FIELDS.contains(&self.field.as_str()) {
            return Err(Error::invalid("field", format!("'{}' is not a valid value", self.field)));
        }
        if self.pattern.is_empty() {
            return Err(Error::invalid("pattern", "Pattern field is required"));
        }
        compiled("pattern", &self.pattern)?;
        match (self.reject_code, &self.reject_reason) {
            (Some(_), None) => {
                let message = "reject reason must be filled if reject code is filled";
                return Err(Error::invalid("reject_reason", message));
            }
            (None, Some(_)) => {
                return Err(Error::invalid("reject_code", "reject code must be filled if reject reason is filled"));
            }
            (Some(code), _) if !(400..=699).contains(&code) => {
                return Err(Error::invalid("reject_code", "Value must be between 400 and 699"));
            }
            _ => {}
        }
        group::held(tx, caller, self.group_id).await?;
        if before.is_none() {
            server::alone(tx).await?;
            server::must_fit(tx, FULL_INBOUND, "peering inbound rules", MOST).await?;
        }
        Ok(())
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let from = before.map(|before| before.group_id).filter(|from| *from != self.group_id);
        for group in [from, Some(self.group_id)].into_iter().flatten() {
            tx.execute(SET_HAS_RULES, args![group, 0_i64]).await?;
        }
        if let Some(before) = before {
            server::must_be_told(tx, before.group_id).await?;
        }
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        tx.execute(SET_HAS_RULES, args![self.group_id, self.id]).await?;
        server::must_be_told(tx, self.group_id).await
    }
}
