//! NCOS levels: which calls a subscriber may make, by the number that is called.
//!
//! A level admits only the calls that it names (whitelist) or refuses them (blacklist): those to numbers that one of its
//! patterns matches, and to numbers that are ported to one of its carriers. Preferences name levels; one that a preference
//! names can't be removed, as that would lift what it bars.

mod carrier;
mod pattern;
mod screen;

use serde::{Deserialize, Serialize};
use store::{Tx, args};

pub(crate) use carrier::names_carrier;
pub use carrier::{CARRIERS, LNP_PATTERNS, LnpCarrier, LnpPattern, MOST_CARRIERS};
pub use pattern::{PATTERNS, Pattern};
pub use screen::{Call, Screen, screen};

use crate::caller::Caller;
use crate::id::{AccountId, NcosLevelId, TimeSetId};
use crate::listing::{Column, Reach, Shared, Source};
use crate::preference::named;
use crate::record::{self, Kept, record};
use crate::statement::statements as declare;
use crate::time_set::TimeSet;
use crate::{Error, Result};

/// What a level does with the calls that it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It admits them and no others.
    #[default]
    Whitelist,
    /// It refuses them and admits all others.
    Blacklist,
}

crate::text_enum!(Mode, "mode", { Whitelist => "whitelist", Blacklist => "blacklist" });

record! {
    /// A level.
    Level(NcosLevelId) in "ncos_levels" called "NCOS level" {
        /// Whose it is; it remains so.
        reseller_id: AccountId,
        /// Its name, unique for the reseller.
        level: String,
        /// What it does with the calls that it names.
        mode: Mode,
        /// What it is for.
        description: Option<String>,
        /// Whether it names the calls within the caller's own area code.
        local_ac: bool,
        /// Whether it names the calls within the caller's own PBX.
        intra_pbx: bool,
        /// Whether customers see it and choose it.
        expose_to_customer: bool,
        /// When it holds; none: always.
        time_set_id: Option<TimeSetId>,
        /// Whether it holds at all other times instead.
        time_set_invert: bool,
    }
}

declare! {
    CARRIER_IDS = "SELECT id FROM ncos_lnp_carriers WHERE ncos_level_id = $1";
    CLEAR = "DELETE FROM ncos_patterns WHERE ncos_level_id = $1 RETURNING id, reseller_id, ncos_level_id";
}

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, carrier::STATEMENTS, pattern::STATEMENTS, screen::STATEMENTS].into_iter().flatten()
}

/// The levels of all resellers. Customers see those that are exposed to them.
pub static LEVELS: Source = Source {
    name: "NCOS levels",
    from: "ncos_levels t",
    fixed: "",
    reach: Reach { shared: Shared::Exposed("expose_to_customer"), ..Reach::RESELLER },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("level", "t.level"),
        Column::text("mode", "t.mode"),
        Column::text("description", "t.description"),
        Column::bool("expose_to_customer", "t.expose_to_customer"),
        Column::int("time_set_id", "t.time_set_id"),
    ],
    tallies: &["reseller_id"],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&LEVELS, &PATTERNS, &CARRIERS, &LNP_PATTERNS];

fn must_keep(caller: &Caller) -> Result<()> {
    caller.must_be_reseller("keep NCOS levels")
}

/// The level that a part of it names, held until the transaction ends; `before` is where the part was: another reseller's
/// level is none for it.
async fn level_of(tx: &mut Tx, caller: &Caller, id: NcosLevelId, before: Option<AccountId>) -> Result<Level> {
    match record::hold::<Level>(tx, caller, id.0).await {
        Ok(level) if before.is_none_or(|reseller| reseller == level.reseller_id) => Ok(level),
        Ok(_) => Err(Error::dangling("ncos_level_id", id)),
        Err(error) => Err(error.or_dangling("ncos_level_id", id)),
    }
}

#[async_trait::async_trait]
impl Kept for Level {
    const LIST: &'static Source = &LEVELS;
    const UNIQUE: &'static str = "level";

    fn must_keep(caller: &Caller) -> Result<()> {
        must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        match before {
            None => record::check_reseller(tx, caller, self.reseller_id).await?,
            Some(before) if before.reseller_id == self.reseller_id => {}
            Some(_) => return Err(Error::invalid("reseller_id", "a level remains its reseller's")),
        }
        if let Some(id) = self.time_set_id {
            let times: TimeSet = record::named_by(tx, caller, "time_set_id", id.0).await?;
            if times.reseller_id != self.reseller_id {
                return Err(Error::dangling("time_set_id", id));
            }
        }
        Ok(())
    }

    /// Its patterns and carriers go with it.
    async fn going(&self, tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
        named::must_be_unnamed(tx, named::Of::NcosLevels, self.id.0).await?;
        record::remove_where::<Pattern>(tx, CLEAR, self.id.0).await?;
        for row in tx.query(CARRIER_IDS, args![self.id]).await? {
            record::delete::<LnpCarrier>(tx, caller, now, row.at(0)?).await?;
        }
        Ok(())
    }
}
