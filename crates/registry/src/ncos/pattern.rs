//! Patterns of NCOS levels: regular expressions for numbers.

use regex::bytes::{Regex, RegexBuilder};
use store::{Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, NcosLevelId, NcosPatternId};
use crate::listing::{Column, Reach, Source};
use crate::pattern::{reason, weight};
use crate::record::{Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

/// Most patterns of a level, and of a carrier in a level.
pub(super) const MOST: i64 = 5_000;
/// Most parts of a pattern that is admitted beside whatever others there are.
const USUAL: u64 = 50;
/// Most parts of all patterns of a level, or of a carrier in it, with one that has more than [`USUAL`].
const MOST_PARTS: u64 = 250_000;
/// Most bytes of memory that a compiled pattern may take.
const MOST_COMPILED: usize = 1 << 18;

record! {
    /// A pattern of a level.
    Pattern(NcosPatternId) in "ncos_patterns" called "NCOS pattern" {
        /// The level that it is of.
        ncos_level_id: NcosLevelId,
        /// Whose the level is.
        reseller_id: AccountId,
        /// A regular expression.
        pattern: String,
        /// What it is for.
        description: Option<String>,
    }
}

statements! {
    OTHERS = "SELECT pattern FROM ncos_patterns WHERE ncos_level_id = $1 AND id <> $2";
    FULL = "SELECT id FROM ncos_patterns WHERE ncos_level_id = $1 ORDER BY id LIMIT 1 OFFSET $2";
}

/// The patterns of all levels.
pub static PATTERNS: Source = Source {
    name: "NCOS patterns",
    from: "ncos_patterns t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("ncos_level_id", "t.ncos_level_id"),
        Column::text("pattern", "t.pattern"),
        Column::text("description", "t.description"),
    ],
    tallies: &["reseller_id", "ncos_level_id"],
};

/// Refuses a pattern that can't be compiled together with the others that `sql` gives: those `of` an id without its own.
///
/// Usual ones need not be counted: [`MOST`] of them beside the others are no more than twice [`MOST_PARTS`].
pub(super) async fn must_fit(tx: &mut Tx, pattern: &str, sql: &str, of: i64, own: i64) -> Result<()> {
    let mut parts = weight(pattern);
    if parts <= USUAL {
        return Ok(());
    }
    for row in tx.query(sql, args![of, own]).await? {
        let other: String = row.at(0)?;
        parts = parts.saturating_add(weight(&other));
    }
    if parts > MOST_PARTS {
        return Err(Error::invalid("pattern", "is too large together with the others, use simpler or fewer ones"));
    }
    Ok(())
}

/// The expression as it is matched against the bytes of a number: digits are those of ASCII.
pub(super) fn compile(pattern: &str) -> Result<Regex> {
    let compiled = RegexBuilder::new(pattern).unicode(false).size_limit(MOST_COMPILED).build();
    compiled.map_err(|error| Error::invalid("pattern", format!("is no regular expression: {}", reason(&error))))
}

#[async_trait::async_trait]
impl Kept for Pattern {
    const LIST: &'static Source = &PATTERNS;
    const UNIQUE: &'static str = "pattern";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("ncos_levels", "ncos_level_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        super::must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let reseller = before.map(|before| before.reseller_id);
        self.reseller_id = super::level_of(tx, caller, self.ncos_level_id, reseller).await?.reseller_id;
        compile(&self.pattern)?;
        let joins = before.is_none_or(|before| before.ncos_level_id != self.ncos_level_id);
        if joins && tx.query_opt(FULL, args![self.ncos_level_id, MOST - 1]).await?.is_some() {
            return Err(Error::Conflict(format!("the level has {MOST} patterns, the most that it may have")));
        }
        if joins || before.is_none_or(|before| before.pattern != self.pattern) {
            must_fit(tx, &self.pattern, OTHERS, self.ncos_level_id.0, self.id.0).await?;
        }
        Ok(())
    }
}
