//! Header rules: named sets of rules by which the SIP proxies change the headers of messages.
//!
//! A rule has conditions, which must all hold, and actions, which are then done in their order. Preferences name a set;
//! a set may also be one subscriber's own. What is here is kept for the proxies: nothing of it is carried out here.

mod action;
mod condition;
mod rule;

use serde::{Deserialize, Serialize};
use store::{Tx, args};

pub use action::{ACTIONS, Action, ActionType};
pub use condition::{CONDITIONS, Condition, Expression, MatchType, ValueType};
pub use rule::{Direction, RULES, Rule};

use crate::caller::Caller;
use crate::id::{AccountId, HeaderRuleId, HeaderRuleSetId, RewriteSetId, SubscriberId};
use crate::listing::{Column, Reach, Source};
use crate::preference::named;
use crate::record::{self, Kept, record};
use crate::rewrite::{RuleSet as RewriteRuleSet, Way};
use crate::statement::statements as declare;
use crate::{Error, Result, subscriber};

record! {
    /// A set of rules.
    RuleSet(HeaderRuleSetId) in "header_rule_sets" called "header rule set" {
        /// Whose it is; this does not change.
        reseller_id: AccountId,
        /// The subscriber whose own it is; none: of whoever's preferences name it. While one names it, this does not
        /// change.
        subscriber_id: Option<SubscriberId>,
        /// Its name, unique for the reseller.
        name: String,
        /// What it is for.
        description: Option<String>,
    }
}

/// A part of a header's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All of it.
    #[default]
    Full,
    /// The user name of the URI in it.
    Username,
    /// The host of the URI in it.
    Domain,
    /// The port of the URI in it.
    Port,
}

crate::text_enum!(Part, "part", { Full => "full", Username => "username", Domain => "domain", Port => "port" });

declare! {
    OF_SUBSCRIBER = "SELECT id FROM header_rule_sets WHERE subscriber_id = $1 ORDER BY id LIMIT 100";
    HOLD_RULES = "SELECT id FROM header_rules WHERE set_id = $1 ORDER BY id {wait}";
    CLEAR_ACTIONS = "DELETE FROM header_rule_actions WHERE set_id = $1 RETURNING id, reseller_id";
    CLEAR_CONDITIONS = "DELETE FROM header_rule_conditions WHERE set_id = $1 RETURNING id, reseller_id";
    CLEAR_RULES = "DELETE FROM header_rules WHERE set_id = $1 RETURNING id, reseller_id";
}

/// The sets of all resellers.
pub static SETS: Source = Source {
    name: "header rule sets",
    from: "header_rule_sets t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("subscriber_id", "t.subscriber_id"),
        Column::text("name", "t.name"),
        Column::text("description", "t.description"),
    ],
    tallies: &["reseller_id"],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&SETS, &RULES, &CONDITIONS, &ACTIONS];

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    STATEMENTS.iter().chain(rule::STATEMENTS).chain(action::STATEMENTS).chain(condition::STATEMENTS)
}

/// Removes a subscriber's own sets; for its end.
pub(crate) async fn delete_of_subscriber(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    record::delete_all::<RuleSet>(tx, &Caller::system(&caller.name), now, OF_SUBSCRIBER, id.0).await
}

/// The number of the rewrite rules that a value passes before: a set of the same reseller, and the way in it.
async fn dial_plan(
    tx: &mut Tx,
    caller: &Caller,
    reseller: AccountId,
    set: Option<RewriteSetId>,
    way: Option<Way>,
) -> Result<Option<i64>> {
    let Some(set) = set else { return Ok(None) };
    let way = way.ok_or_else(|| Error::invalid("rwr_dp", "is needed beside rwr_set_id"))?;
    let found: RewriteRuleSet = record::named_by(tx, caller, "rwr_set_id", set.0).await?;
    if found.reseller_id != reseller {
        return Err(Error::dangling("rwr_set_id", set));
    }
    Ok(Some(way.dial_plan(set)))
}

/// Most actions or conditions of a rule.
const MOST_PARTS: i64 = 100;

/// The rule that a part is in, held; refuses a part that comes to it where it has enough: they are counted by a statement
/// and called by a name.
async fn rule_of(
    tx: &mut Tx,
    caller: &Caller,
    id: HeaderRuleId,
    before: Option<HeaderRuleId>,
    (count, parts): (&str, &str),
) -> Result<Rule> {
    let rule: Rule = record::hold_named_by(tx, caller, "rule_id", id.0).await?;
    if before != Some(id) {
        let count = tx.query_one(count, args![id]).await?.at(0)?;
        check_room(count, MOST_PARTS, &format!("{parts} of a header rule:"))?;
    }
    Ok(rule)
}

/// Refuses one more where there are too many.
fn check_room(count: i64, most: i64, of: &str) -> Result<()> {
    if count < most { Ok(()) } else { Err(Error::Conflict(format!("{of} at most {most}"))) }
}

#[async_trait::async_trait]
impl Kept for RuleSet {
    const LIST: &'static Source = &SETS;
    const PART_OF: Option<(&'static str, &'static str)> = Some(("subscribers", "subscriber_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep header rules")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| before.reseller_id != self.reseller_id) {
            return Err(Error::Conflict("a header rule set stays with its reseller".to_owned()));
        }
        if before.is_some_and(|before| before.subscriber_id != self.subscriber_id) {
            named::must_be_unnamed(tx, named::Of::HeaderRuleSets, self.id.0).await?;
        }
        record::check_reseller(tx, caller, self.reseller_id).await?;
        let Some(id) = self.subscriber_id else { return Ok(()) };
        match subscriber::hold_named_by(tx, caller, "subscriber_id", id).await?.reseller_id == self.reseller_id {
            true => Ok(()),
            false => Err(Error::dangling("subscriber_id", id)),
        }
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        named::must_be_unnamed(tx, named::Of::HeaderRuleSets, self.id.0).await?;
        // Whoever is adding a part to a rule holds the rule.
        tx.query(HOLD_RULES, args![self.id]).await?;
        record::remove_where::<Action>(tx, CLEAR_ACTIONS, self.id.0).await?;
        record::remove_where::<Condition>(tx, CLEAR_CONDITIONS, self.id.0).await?;
        record::remove_where::<Rule>(tx, CLEAR_RULES, self.id.0).await?;
        Ok(())
    }
}
