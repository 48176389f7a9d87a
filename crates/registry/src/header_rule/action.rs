//! The actions of a rule: what is done to a header.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use super::{Part, RuleSet, dial_plan, rule_of};
use crate::caller::Caller;
use crate::id::{AccountId, HeaderActionId, HeaderRuleId, HeaderRuleSetId, RewriteSetId};
use crate::listing::{Column, Reach, Source};
use crate::record::{Kept, record};
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
    const LIST: &'static Source = &ACTIONS;
    const UNIQUE: &'static str = "id";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("header_rules", "rule_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        RuleSet::must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let rule = rule_of(tx, caller, self.rule_id, before.map(|before| before.rule_id), (COUNT, "actions")).await?;
        (self.set_id, self.reseller_id) = (rule.set_id, rule.reseller_id);
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
