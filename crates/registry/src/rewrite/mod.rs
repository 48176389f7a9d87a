//! Rewriting of numbers: named sets of rules, and what they make of a number.
//!
//! A rule is of one [`Way`]: the caller's or the called number, coming in, going out, or for a look-up of number
//! portability. The rules of a way are tried in the order of their priorities; the first enabled one that matches gives
//! the number its new form and ends it. The rules of a subscriber are those of the set that its own preference
//! `rewrite_rule_set` names, else those of its domain's.

mod pattern;
mod plan;
mod rule;
mod subscriber;
mod way;

use store::{Tx, args};

pub use pattern::{Fault, fault};
pub use plan::{Applied, MOST_NUMBERS, Plan, Variables, apply, of_set};
pub use rule::{MOST_RULES, RULES, Rule, of_sets, set_rules};
pub use subscriber::{set_of, variables_of};
pub use way::{Direction, Party, Way};

use crate::caller::Caller;
use crate::id::{AccountId, RewriteSetId};
use crate::listing::{Column, Reach, Source};
use crate::preference::named;
use crate::record::{self, Kept, record};
use crate::statement::statements as declare;
use crate::{Error, Result};

record! {
    /// A set of rules.
    RuleSet(RewriteSetId) in "rewrite_rule_sets" called "rewrite rule set" {
        /// Whose it is; this does not change.
        reseller_id: AccountId,
        /// Its name, unique on the platform.
        name: String,
        /// What it is for.
        description: Option<String>,
        /// Random, and another one after each change of its rules.
        #[serde(skip)]
        version: i64,
    }
}

declare! {
    TOUCH = "UPDATE rewrite_rule_sets SET version = $1 WHERE id = $2";
}

/// The sets of all resellers.
pub static SETS: Source = Source {
    name: "rewrite rule sets",
    from: "rewrite_rule_sets t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("name", "t.name"),
        Column::text("description", "t.description"),
    ],
    tallies: &["reseller_id"],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&SETS, &RULES];

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    STATEMENTS.iter().chain(rule::STATEMENTS).chain(plan::STATEMENTS)
}

/// Says to whoever has read the rules of a set that they are others now.
async fn touch(tx: &mut Tx, set: RewriteSetId) -> Result<()> {
    tx.execute(TOUCH, args![version(), set]).await?;
    Ok(())
}

fn version() -> i64 {
    i64::from_be_bytes(rand::random()) & i64::MAX
}

#[async_trait::async_trait]
impl Kept for RuleSet {
    const LIST: &'static Source = &SETS;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep rewrite rules")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        match before {
            Some(before) if before.reseller_id != self.reseller_id => {
                Err(Error::Conflict("a rewrite rule set stays with its reseller".to_owned()))
            }
            Some(before) => {
                self.version = before.version;
                Ok(())
            }
            None => {
                self.version = version();
                record::check_reseller(tx, caller, self.reseller_id).await
            }
        }
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        named::must_be_unnamed(tx, named::Of::RewriteRuleSets, self.id.0).await?;
        rule::delete_all(tx, self).await
    }
}
