//! Carriers of NCOS levels: numbers that are ported to them, all or those that a pattern matches.

use store::{Tx, args};

use super::pattern::{MOST, compile, must_fit};
use crate::caller::Caller;
use crate::id::{AccountId, NcosCarrierId, NcosLevelId, NcosLnpPatternId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

/// Most carriers that a level names.
pub const MOST_CARRIERS: i64 = 500;

record! {
    /// A carrier that a level names.
    LnpCarrier(NcosCarrierId) in "ncos_lnp_carriers" called "NCOS LNP carrier" {
        /// The level that names it.
        ncos_level_id: NcosLevelId,
        /// Whose the level is.
        reseller_id: AccountId,
        /// The carrier, as the directory of ported numbers has it.
        carrier_id: i64,
        /// What it is for.
        description: Option<String>,
    }
}

record! {
    /// A pattern of a carrier that a level names.
    LnpPattern(NcosLnpPatternId) in "ncos_lnp_patterns" called "NCOS LNP pattern" {
        /// The carrier in the level.
        ncos_lnp_id: NcosCarrierId,
        /// Whose the level is.
        reseller_id: AccountId,
        /// A regular expression.
        pattern: String,
        /// What it is for.
        description: Option<String>,
    }
}

statements! {
    CARRIER = "SELECT id FROM lnp_carriers WHERE id = $1 AND import_id IS NULL {wait}";
    FULL_LEVEL = "SELECT id FROM ncos_lnp_carriers WHERE ncos_level_id = $1 ORDER BY id LIMIT 1 OFFSET $2";
    NAMES = "SELECT 1 FROM ncos_lnp_carriers WHERE carrier_id = $1 LIMIT 1";
    CLEAR = "DELETE FROM ncos_lnp_patterns WHERE ncos_lnp_id = $1 RETURNING id, reseller_id, ncos_lnp_id";
    OTHERS = "SELECT pattern FROM ncos_lnp_patterns WHERE ncos_lnp_id = $1 AND id <> $2";
    FULL = "SELECT id FROM ncos_lnp_patterns WHERE ncos_lnp_id = $1 ORDER BY id LIMIT 1 OFFSET $2";
}

/// The carriers that levels name.
pub static CARRIERS: Source = Source {
    name: "NCOS LNP carriers",
    from: "ncos_lnp_carriers t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("ncos_level_id", "t.ncos_level_id"),
        Column::int("carrier_id", "t.carrier_id"),
        Column::text("description", "t.description"),
    ],
    tallies: &["reseller_id", "ncos_level_id"],
};

/// The patterns of those carriers.
pub static LNP_PATTERNS: Source = Source {
    name: "NCOS LNP patterns",
    from: "ncos_lnp_patterns t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("ncos_lnp_id", "t.ncos_lnp_id"),
        Column::text("pattern", "t.pattern"),
        Column::text("description", "t.description"),
    ],
    tallies: &["reseller_id", "ncos_lnp_id"],
};

/// Whether a level names that carrier.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn names_carrier(tx: &mut Tx, carrier: i64) -> Result<bool> {
    Ok(tx.query_opt(NAMES, args![carrier]).await?.is_some())
}

#[async_trait::async_trait]
impl Kept for LnpCarrier {
    const LIST: &'static Source = &CARRIERS;
    const UNIQUE: &'static str = "carrier_id";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("ncos_levels", "ncos_level_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        super::must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let reseller = before.map(|before| before.reseller_id);
        self.reseller_id = super::level_of(tx, caller, self.ncos_level_id, reseller).await?.reseller_id;
        let joins = before.is_none_or(|before| before.ncos_level_id != self.ncos_level_id);
        if joins && tx.query_opt(FULL_LEVEL, args![self.ncos_level_id, MOST_CARRIERS - 1]).await?.is_some() {
            let message = format!("the level names {MOST_CARRIERS} carriers, the most that it may name");
            return Err(Error::Conflict(message));
        }
        match tx.query_opt(CARRIER, args![self.carrier_id]).await? {
            Some(_) => Ok(()),
            None => Err(Error::dangling("carrier_id", self.carrier_id)),
        }
    }

    /// Its patterns go with it.
    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        record::remove_where::<LnpPattern>(tx, CLEAR, self.id.0).await?;
        Ok(())
    }
}

#[async_trait::async_trait]
impl Kept for LnpPattern {
    const LIST: &'static Source = &LNP_PATTERNS;
    const UNIQUE: &'static str = "pattern";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("ncos_lnp_carriers", "ncos_lnp_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        super::must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let missing = || Error::dangling("ncos_lnp_id", self.ncos_lnp_id);
        let carrier = match record::hold::<LnpCarrier>(tx, caller, self.ncos_lnp_id.0).await {
            Err(Error::NotFound { .. }) => return Err(missing()),
            found => found?,
        };
        if before.is_some_and(|before| before.reseller_id != carrier.reseller_id) {
            return Err(missing());
        }
        self.reseller_id = carrier.reseller_id;
        compile(&self.pattern)?;
        let joins = before.is_none_or(|before| before.ncos_lnp_id != self.ncos_lnp_id);
        if joins && tx.query_opt(FULL, args![self.ncos_lnp_id, MOST - 1]).await?.is_some() {
            return Err(Error::Conflict(format!("the carrier has {MOST} patterns, the most that it may have")));
        }
        if joins || before.is_none_or(|before| before.pattern != self.pattern) {
            must_fit(tx, &self.pattern, OTHERS, self.ncos_lnp_id.0, self.id.0).await?;
        }
        Ok(())
    }
}
