//! Sets of subscriber profiles.

use store::{Tx, args};

use super::Profile;
use crate::caller::Caller;
use crate::id::{AccountId, ProfileSetId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

record! {
    /// A set of profiles.
    ProfileSet(ProfileSetId) in "subscriber_profile_sets" called "subscriber profile set" {
        /// Whose it is; it remains so.
        reseller_id: AccountId,
        /// Its name, unique for the reseller.
        name: String,
        /// What it is for.
        description: String,
    }
}

statements! {
    USED = "SELECT 1 FROM subscribers WHERE profile_set_id = $1 AND status <> 'terminated' LIMIT 1";
    PROFILES = "SELECT id FROM subscriber_profiles WHERE profile_set_id = $1 ORDER BY id LIMIT 100";
}

/// The sets of all resellers.
pub static SETS: Source = Source {
    name: "subscriber profile sets",
    from: "subscriber_profile_sets t",
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

#[async_trait::async_trait]
impl Kept for ProfileSet {
    const LIST: &'static Source = &SETS;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep subscriber profiles")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        match before {
            None => record::check_reseller(tx, caller, self.reseller_id).await,
            Some(before) if before.reseller_id == self.reseller_id => Ok(()),
            Some(_) => Err(Error::invalid("reseller_id", "a set remains its reseller's")),
        }
    }

    /// Its profiles go with it; while a subscriber has it, it stays.
    async fn going(&self, tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
        if tx.query_opt(USED, args![self.id]).await?.is_some() {
            return Err(Error::InUse { kind: "subscriber profile set", key: self.id.to_string() });
        }
        loop {
            let rows = tx.query(PROFILES, args![self.id]).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                record::delete::<Profile>(tx, caller, now, row.at(0)?).await?;
            }
        }
    }
}
