//! The rules of a set.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use super::{Action, Condition, RuleSet, check_room};
use crate::caller::Caller;
use crate::id::{AccountId, HeaderRuleId, HeaderRuleSetId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

/// Which messages a rule is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the caller's side into the platform.
    #[default]
    Inbound,
    /// Out of the platform to the called side.
    Outbound,
    /// To subscribers of the platform.
    Local,
    /// To peers.
    Peer,
    /// Into a call forward.
    CfInbound,
    /// Out of a call forward.
    CfOutbound,
    /// From the calling party.
    AInbound,
    /// To the calling party.
    AOutbound,
    /// From the called party.
    BInbound,
    /// To the called party.
    BOutbound,
    /// Replies.
    Reply,
}

crate::text_enum!(Direction, "direction", {
    Inbound => "inbound", Outbound => "outbound", Local => "local", Peer => "peer", CfInbound => "cf_inbound",
    CfOutbound => "cf_outbound", AInbound => "a_inbound", AOutbound => "a_outbound", BInbound => "b_inbound",
    BOutbound => "b_outbound", Reply => "reply",
});

record! {
    /// A rule of a set.
    Rule(HeaderRuleId) in "header_rules" called "header rule" {
        /// The set that it is of.
        set_id: HeaderRuleSetId,
        /// The set's reseller.
        #[serde(skip_deserializing)]
        reseller_id: AccountId,
        /// Its name.
        name: String,
        /// What it is for.
        description: Option<String>,
        /// The lowest comes first; none when it is made: after all others.
        priority: Option<i64>,
        /// Which messages it is for.
        direction: Direction,
        /// No rule after it is looked at once it has applied.
        stopper: bool,
        /// Whether it is looked at at all.
        enabled: bool = true,
    }
}

/// Most rules of a set.
const MOST_RULES: i64 = 500;

statements! {
    LAST = "SELECT CAST(COALESCE(MAX(priority), 0) AS BIGINT) AS priority FROM header_rules WHERE set_id = $1";
    COUNT = "SELECT COUNT(*) AS n FROM header_rules WHERE set_id = $1";
    CLEAR_ACTIONS = "DELETE FROM header_rule_actions WHERE rule_id = $1 RETURNING id, reseller_id";
    CLEAR_CONDITIONS = "DELETE FROM header_rule_conditions WHERE rule_id = $1 RETURNING id, reseller_id";
}

/// The rules of all sets.
pub static RULES: Source = Source {
    name: "header rules",
    from: "header_rules t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("set_id", "t.set_id"),
        Column::text("name", "t.name"),
        Column::text("description", "t.description"),
        Column::int("priority", "t.priority"),
        Column::text("direction", "t.direction"),
        Column::bool("stopper", "t.stopper"),
        Column::bool("enabled", "t.enabled"),
    ],
    tallies: &["reseller_id"],
};

#[async_trait::async_trait]
impl Kept for Rule {
    const LIST: &'static Source = &RULES;
    const UNIQUE: &'static str = "id";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("header_rule_sets", "set_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        RuleSet::must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| before.set_id != self.set_id) {
            return Err(Error::invalid("set_id", "a header rule stays in its set"));
        }
        let set: RuleSet = record::hold_named_by(tx, caller, "set_id", self.set_id.0).await?;
        self.reseller_id = set.reseller_id;
        if before.is_none() {
            let count = tx.query_one(COUNT, args![self.set_id]).await?.at(0)?;
            check_room(count, MOST_RULES, "rules of a header rule set:")?;
        }
        if self.priority.is_none() {
            let last: i64 = tx.query_one(LAST, args![self.set_id]).await?.at(0)?;
            self.priority = Some(last.saturating_add(1));
        }
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        record::remove_where::<Action>(tx, CLEAR_ACTIONS, self.id.0).await?;
        record::remove_where::<Condition>(tx, CLEAR_CONDITIONS, self.id.0).await?;
        Ok(())
    }
}
