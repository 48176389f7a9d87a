//! The conditions of a rule: what is looked at, and what it is compared with.

use serde::{Deserialize, Serialize};
use store::Tx;

use super::{Part, RuleSet, dial_plan, rule_of};
use crate::caller::Caller;
use crate::id::{AccountId, HeaderConditionId, HeaderRuleId, HeaderRuleSetId, RewriteSetId};
use crate::listing::{Column, Reach, Source};
use crate::record::{Kept, Stored, record};
use crate::rewrite::{Fault, Way, fault};
use crate::statement::statements;
use crate::{Error, Result};

/// What is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchType {
    /// A header.
    #[default]
    Header,
    /// A preference.
    Preference,
    /// A variable of the proxy.
    Avp,
}

crate::text_enum!(MatchType, "match_type", { Header => "header", Preference => "preference", Avp => "avp" });

/// How it is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expression {
    /// It is the value.
    #[default]
    Is,
    /// The value is in it.
    Contains,
    /// It fits the value, in which `*` stands for any text.
    Matches,
    /// The value, a regular expression, matches it.
    Regexp,
}

crate::text_enum!(Expression, "expression", {
    Is => "is", Contains => "contains", Matches => "matches", Regexp => "regexp",
});

/// Where the values come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// They are the values themselves.
    #[default]
    Input,
    /// They are names of preferences.
    Preference,
    /// They are names of variables of the proxy.
    Avp,
}

crate::text_enum!(ValueType, "value_type", { Input => "input", Preference => "preference", Avp => "avp" });

record! {
    /// A condition of a rule.
    Condition(HeaderConditionId) in "header_rule_conditions" called "header rule condition" {
        /// The rule that it is of.
        rule_id: HeaderRuleId,
        /// The rule's set.
        #[serde(skip_deserializing)]
        set_id: HeaderRuleSetId,
        /// The rule's reseller.
        #[serde(skip_deserializing)]
        reseller_id: AccountId,
        /// What is looked at.
        match_type: MatchType,
        /// Which part of it.
        match_part: Part,
        /// The name of the header, preference or variable.
        match_name: String,
        /// How it is compared.
        expression: Expression,
        /// Whether it must not be so.
        expression_negation: bool,
        /// Where the values come from.
        value_type: ValueType,
        /// The values, any of which will do.
        #[serde(rename = "values")]
        value_list: Stored<Vec<String>>,
        /// The set of rewrite rules that what is looked at passes before.
        rwr_set_id: Option<RewriteSetId>,
        /// Which of its rules.
        rwr_dp: Option<Way>,
        /// Their number.
        #[serde(skip_deserializing)]
        rwr_dp_id: Option<i64>,
        /// Whether it counts at all.
        enabled: bool = true,
    }
}

statements! {
    COUNT = "SELECT COUNT(*) AS n FROM header_rule_conditions WHERE rule_id = $1";
}

/// The conditions of all rules.
pub static CONDITIONS: Source = Source {
    name: "header rule conditions",
    from: "header_rule_conditions t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("set_id", "t.set_id"),
        Column::int("rule_id", "t.rule_id"),
        Column::text("match_type", "t.match_type"),
        Column::text("match_part", "t.match_part"),
        Column::text("match_name", "t.match_name"),
        Column::text("expression", "t.expression"),
        Column::bool("expression_negation", "t.expression_negation"),
        Column::text("value_type", "t.value_type"),
        Column::int("rwr_set_id", "t.rwr_set_id"),
        Column::text("rwr_dp", "t.rwr_dp"),
        Column::bool("enabled", "t.enabled"),
    ],
    tallies: &["reseller_id"],
};

#[async_trait::async_trait]
impl Kept for Condition {
    const LIST: &'static Source = &CONDITIONS;
    const UNIQUE: &'static str = "id";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("header_rules", "rule_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        RuleSet::must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let rule =
            rule_of(tx, caller, self.rule_id, before.map(|before| before.rule_id), (COUNT, "conditions")).await?;
        (self.set_id, self.reseller_id) = (rule.set_id, rule.reseller_id);
        if self.expression == Expression::Regexp && self.value_type == ValueType::Input {
            let broken = self.value_list.0.iter().find_map(|value| match fault(value) {
                Some(Fault::Broken(why)) => Some(why),
                // The proxies may know what is not known here.
                Some(Fault::Unsupported(_)) | None => None,
            });
            if let Some(why) = broken {
                return Err(Error::invalid("values", why));
            }
        }
        self.rwr_dp_id = dial_plan(tx, caller, self.reseller_id, self.rwr_set_id, self.rwr_dp).await?;
        Ok(())
    }
}
