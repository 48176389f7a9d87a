//! The rules of a set: one at a time, and all of them at once.

use std::collections::BTreeMap;

use serde_json::json;
use store::{Tx, args};

use super::{Direction, Party, RuleSet, Way, pattern, touch};
use crate::caller::Caller;
use crate::id::{AccountId, RewriteRuleId, RewriteSetId};
use crate::journal::{self, Change, Operation};
use crate::listing::{self, Column, Reach, Source};
use crate::record::{self, Kept, Record, record};
use crate::statement::statements;
use crate::{Error, Result};

/// Most rules of a set.
pub const MOST_RULES: i64 = 1000;

record! {
    /// A rule of a set.
    Rule(RewriteRuleId) in "rewrite_rules" called "rewrite rule" {
        /// The set that it is of.
        set_id: RewriteSetId,
        /// The set's reseller.
        #[serde(skip_deserializing)]
        reseller_id: AccountId,
        /// On which way it is tried.
        direction: Direction,
        /// On whose number it is tried.
        field: Party,
        /// The lowest of the same way is tried first; none when it is made: after all others.
        priority: Option<i64>,
        /// What it matches.
        match_pattern: String,
        /// The number's new form.
        replace_pattern: String,
        /// What it is for.
        description: String,
        /// Whether it is tried at all.
        enabled: bool = true,
    }
}

statements! {
    LAST = "SELECT CAST(COALESCE(MAX(priority), 0) AS BIGINT) AS priority FROM rewrite_rules \
        WHERE set_id = $1 AND direction = $2 AND field = $3";
    COUNT = "SELECT COUNT(*) AS n FROM rewrite_rules WHERE set_id = $1";
    OTHERS = "SELECT match_pattern FROM rewrite_rules \
        WHERE set_id = $1 AND direction = $2 AND field = $3 AND id <> $4";
    CLEAR = "DELETE FROM rewrite_rules WHERE set_id = $1 RETURNING id, reseller_id, set_id";
    INSERT = "INSERT INTO rewrite_rules (set_id, reseller_id, direction, field, priority, match_pattern, \
        replace_pattern, description, enabled) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
}

/// The rules of several sets.
const OF_SETS: &str = "SELECT id, set_id, reseller_id, direction, field, priority, match_pattern, replace_pattern, \
    description, enabled FROM rewrite_rules WHERE set_id IN ({ids}) ORDER BY set_id, direction, field, priority, id";

/// The rules of all sets.
pub static RULES: Source = Source {
    name: "rewrite rules",
    from: "rewrite_rules t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("set_id", "t.set_id"),
        Column::text("direction", "t.direction"),
        Column::text("field", "t.field"),
        Column::int("priority", "t.priority"),
        Column::text("description", "t.description"),
        Column::bool("enabled", "t.enabled"),
    ],
    tallies: &["reseller_id", "set_id"],
};

/// The rules of those sets, in the order in which they are tried; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn of_sets(tx: &mut Tx, sets: &[i64]) -> Result<BTreeMap<RewriteSetId, Vec<Rule>>> {
    let mut found: BTreeMap<RewriteSetId, Vec<Rule>> = BTreeMap::new();
    for row in listing::for_ids(tx, OF_SETS, sets).await? {
        let rule = Rule::read(&row)?;
        found.entry(rule.set_id).or_default().push(rule);
    }
    Ok(found)
}

/// Puts these rules in the place of all that a set has. One without a priority comes after those before it.
///
/// # Errors
/// [`Error::NotFound`] for the set; [`Error::Invalid`] where a rule can't be.
pub async fn set_rules(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    set: RewriteSetId,
    mut rules: Vec<Rule>,
) -> Result<Vec<Rule>> {
    Rule::must_keep(caller)?;
    let set: RuleSet = record::hold(tx, caller, set.0).await?;
    if rules.len() > usize::try_from(MOST_RULES).unwrap_or_default() {
        return Err(too_many());
    }
    let before = of_sets(tx, &[set.id.0]).await?.remove(&set.id).unwrap_or_default();
    delete_all(tx, &set).await?;
    let mut last: BTreeMap<Way, i64> = BTreeMap::new();
    let mut parts: BTreeMap<Way, u64> = BTreeMap::new();
    for rule in &mut rules {
        rule.set_id = set.id;
        rule.reseller_id = set.reseller_id;
        rule.tidy()?;
        let parts = parts.entry(rule.way()).or_default();
        *parts = parts.saturating_add(pattern::weight(&rule.match_pattern));
        pattern::check_way(*parts)?;
        let last = last.entry(rule.way()).or_default();
        let priority = *rule.priority.get_or_insert(last.saturating_add(1));
        *last = priority.max(*last);
        rule.id = tx.query_one(INSERT, &rule.values()).await?.at(0)?;
        record::count(tx, rule, 1);
    }
    touch(tx, set.id).await?;
    let (before, after) = (json!({ "rewriterules": before }), json!({ "rewriterules": rules }));
    let change = Change {
        kind: RuleSet::TABLE,
        record_id: set.id.0,
        account: Some(set.reseller_id),
        operation: Operation::Update,
        before: Some(&before),
        after: Some(&after),
    };
    journal::write(tx, caller, now, change).await?;
    Ok(rules)
}

/// Removes all rules of a set.
pub(super) async fn delete_all(tx: &mut Tx, set: &RuleSet) -> Result<()> {
    record::remove_where::<Rule>(tx, CLEAR, set.id.0).await?;
    Ok(())
}

fn too_many() -> Error {
    Error::Conflict(format!("a rewrite rule set has at most {MOST_RULES} rules"))
}

impl Rule {
    /// On which way it is tried, on whose number.
    #[must_use]
    pub fn way(&self) -> Way {
        Way::of(self.field, self.direction)
    }

    /// Brings its patterns into one form, and refuses those that mean nothing.
    fn tidy(&mut self) -> Result<()> {
        self.match_pattern = pattern::normal(&self.match_pattern);
        self.replace_pattern = pattern::normal(&self.replace_pattern);
        pattern::check(&self.match_pattern, &self.replace_pattern)
    }
}

#[async_trait::async_trait]
impl Kept for Rule {
    const LIST: &'static Source = &RULES;
    const UNIQUE: &'static str = "id";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("rewrite_rule_sets", "set_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        RuleSet::must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        // Whoever changes rules of a set waits for others who do: priorities follow each other.
        let set: RuleSet = record::hold_named_by(tx, caller, "set_id", self.set_id.0).await?;
        self.reseller_id = set.reseller_id;
        self.tidy()?;
        if before.is_none_or(|before| before.set_id != self.set_id) {
            let count: i64 = tx.query_one(COUNT, args![self.set_id]).await?.at(0)?;
            if count >= MOST_RULES {
                return Err(too_many());
            }
        }
        let same = |before: &Self| {
            (before.set_id, before.way()) == (self.set_id, self.way()) && before.match_pattern == self.match_pattern
        };
        if !before.is_some_and(same) {
            let mut parts = pattern::weight(&self.match_pattern);
            for row in tx.query(OTHERS, args![self.set_id, self.direction, self.field, self.id]).await? {
                let other: String = row.at(0)?;
                parts = parts.saturating_add(pattern::weight(&other));
            }
            pattern::check_way(parts)?;
        }
        if self.priority.is_none() {
            let last: i64 = tx.query_one(LAST, args![self.set_id, self.direction, self.field]).await?.at(0)?;
            self.priority = Some(last.saturating_add(1));
        }
        Ok(())
    }

    async fn stored(&self, tx: &mut Tx, _caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if let Some(before) = before.filter(|before| before.set_id != self.set_id) {
            touch(tx, before.set_id).await?;
        }
        touch(tx, self.set_id).await
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        touch(tx, self.set_id).await
    }
}
