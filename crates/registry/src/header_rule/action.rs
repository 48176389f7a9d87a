//! The actions of a rule: what is done to a header.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use super::{Part, Rule, RuleSet, check_room, dial_plan};
use crate::caller::Caller;
use crate::id::{AccountId, HeaderActionId, HeaderRuleId, HeaderRuleSetId, RewriteSetId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::rewrite::Way;
use crate::statement::statements;
use crate::{Error, Result};

/// What is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionType {
    /// The header has the value then.
    #[default]
    Set,
    /// One more header with the value is there.
    Add,
    /// The header is there no more.
    Remove,
    /// The value, a substitution, is applied to the header.
    Rsub,
    /// The header has the value of the header that the value names.
    Header,
    /// The header has the value of the preference that the value names.
    Preference,
}

crate::text_enum!(ActionType, "action_type", {
    Set => "set", Add => "add", Remove => "remove", Rsub => "rsub", Header => "header", Preference => "preference",
});

record! {
    /// An action of a rule.
    Action(HeaderActionId) in "header_rule_actions" called "header rule action" {
        /// The rule that it is of.
        rule_id: HeaderRuleId,
        /// The rule's set.
        #[serde(skip_deserializing)]
        set_id: HeaderRuleSetId,
        /// The rule's reseller.
        #[serde(skip_deserializing)]
        reseller_id: AccountId,
        /// The lowest comes first; none when it is made: after all others.
        priority: Option<i64>,
        /// The name of the header.
        header: String,
        /// Which part of it is changed.
        header_part: Part,
        /// What is done.
        action_type: ActionType,
        /// Which part of the value is taken.
        value_part: Part,
        /// The value; none where a header is removed.
        value: Option<String>,
        /// The set of rewrite rules that the value passes before.
        rwr_set_id: Option<RewriteSetId>,
        /// Which of its rules.
        rwr_dp: Option<Way>,
        /// Their number.
        #[serde(skip_deserializing)]
        rwr_dp_id: Option<i64>,
        /// Whether it is done at all.
        enabled: bool = true,
    }
}

/// Most actions of a rule.
const MOST_ACTIONS: i64 = 100;

statements! {
    LAST = "SELECT CAST(COALESCE(MAX(priority), 0) AS BIGINT) AS priority FROM header_rule_actions WHERE rule_id = $1";
    COUNT = "SELECT COUNT(*) AS n FROM header_rule_actions WHERE rule_id = $1";
}

/// The actions of all rules.
pub static ACTIONS: Source = Source {
    name: "header rule actions",
    from: "header_rule_actions t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("set_id", "t.set_id"),
        Column::int("rule_id", "t.rule_id"),
        Column::int("priority", "t.priority"),
        Column::text("header", "t.header"),
        Column::text("header_part", "t.header_part"),
        Column::text("action_type", "t.action_type"),
        Column::text("value_part", "t.value_part"),
        Column::text("value", "t.value"),
        Column::int("rwr_set_id", "t.rwr_set_id"),
        Column::text("rwr_dp", "t.rwr_dp"),
        Column::bool("enabled", "t.enabled"),
    ],
    tallies: &["reseller_id"],
};

#[async_trait::async_trait]
impl Kept for Action {
    fn source() -> &'static Source {
        &ACTIONS
    }

    fn must_keep(caller: &Caller) -> Result<()> {
        RuleSet::must_keep(caller)
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.reseller_id)
    }

    fn tallied(&self) -> Vec<(&'static str, i64)> {
        vec![("reseller_id", self.reseller_id.0)]
    }

    fn taken(&self) -> Error {
        Error::taken("header rule action", "id", self.id)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let rule: Rule = match record::hold(tx, caller, self.rule_id.0).await {
            Err(Error::NotFound { .. }) => return Err(Error::dangling("rule_id", self.rule_id)),
            found => found?,
        };
        (self.set_id, self.reseller_id) = (rule.set_id, rule.reseller_id);
        if before.is_none_or(|before| before.rule_id != self.rule_id) {
            let count = tx.query_one(COUNT, args![self.rule_id]).await?.at(0)?;
            check_room(count, MOST_ACTIONS, "actions of a header rule:")?;
        }
        if self.action_type != ActionType::Remove && self.value.is_none() {
            return Err(Error::invalid("value", "Value field is required"));
        }
        if self.priority.is_none() {
            let last: i64 = tx.query_one(LAST, args![self.rule_id]).await?.at(0)?;
            self.priority = Some(last.saturating_add(1));
        }
        self.rwr_dp_id = dial_plan(tx, caller, self.reseller_id, self.rwr_set_id, self.rwr_dp).await?;
        Ok(())
    }
}
