//! Subscriber profiles: which preferences the subscribers that have one may see and set for themselves.
//!
//! Profiles stand in sets, and a subscriber has a profile of the set that it has. A set with profiles has one that is its
//! default. What a subscriber has stays: a profile or a set that one has can't be removed.

mod of_subscriber;
mod set;

use store::{Tx, args};

pub(crate) use of_subscriber::{Choice, attributes_of, of_pilot, settle};
pub use set::{ProfileSet, SETS};

use crate::caller::Caller;
use crate::id::{AccountId, ProfileSetId, SubscriberProfileId};
use crate::journal;
use crate::listing::{Column, Reach, Shared, Source};
use crate::preference::{self, Level, attribute};
use crate::record::{self, Kept, Stored, record};
use crate::statement::statements as declare;
use crate::{Error, Result};

record! {
    /// A profile.
    Profile(SubscriberProfileId) in "subscriber_profiles" called "subscriber profile" {
        /// The set that it is of; it remains so.
        profile_set_id: ProfileSetId,
        /// Whose the set is.
        reseller_id: AccountId,
        /// Its name, unique in the set.
        name: String,
        /// What it is for.
        description: String,
        /// Whether a subscriber that is given the set, and no profile of it, gets this one. One of a set is.
        set_default: bool,
        /// The preferences that the subscribers may see and set.
        attributes: Stored<Vec<String>>,
    }
}

declare! {
    USED = "SELECT 1 FROM subscribers WHERE profile_id = $1 AND status <> 'terminated' LIMIT 1";
    OTHER_DEFAULT = "SELECT id FROM subscriber_profiles WHERE profile_set_id = $1 AND set_default AND id <> $2";
    OTHER = "SELECT id FROM subscriber_profiles WHERE profile_set_id = $1 AND id <> $2 ORDER BY id LIMIT 1";
    COUNT = "SELECT COUNT(*) AS n FROM subscriber_profiles WHERE profile_set_id = $1";
    SET_DEFAULT = "UPDATE subscriber_profiles SET set_default = $1 WHERE id = $2";
}

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, of_subscriber::STATEMENTS, set::STATEMENTS].into_iter().flatten()
}

/// Most profiles of a set.
pub const MOST: i64 = 500;

/// The profiles of all sets. Customers and subscribers see those of their reseller, as their own pages are made by them.
pub static PROFILES: Source = Source {
    name: "subscriber profiles",
    from: "subscriber_profiles t",
    fixed: "",
    reach: Reach { shared: Shared::Exposed("exposed"), ..Reach::RESELLER },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("profile_set_id", "t.profile_set_id"),
        Column::text("name", "t.name"),
        Column::text("description", "t.description"),
        Column::bool("set_default", "t.set_default"),
        // All of them; a bare constant could not be ordered by.
        Column::bool("exposed", "(t.id > 0)"),
    ],
    tallies: &["reseller_id", "profile_set_id"],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&SETS, &PROFILES];

impl Profile {
    /// Refuses attributes that a subscriber can't have, and leaves out those that are named twice.
    fn check_attributes(&mut self) -> Result<()> {
        let mut kept: Vec<String> = Vec::new();
        for name in std::mem::take(&mut self.attributes.0) {
            if !attribute::find(&name).is_some_and(|known| known.is_on(Level::Subscriber)) {
                return Err(Error::dangling("attributes", name));
            }
            if !kept.contains(&name) {
                kept.push(name);
            }
        }
        self.attributes.0 = kept;
        Ok(())
    }
}

/// Makes a profile the default of its set, or no more so.
async fn set_default(tx: &mut Tx, caller: &Caller, now: i64, id: i64, is_default: bool) -> Result<()> {
    let Some(before) = record::load::<Profile>(tx, &[id]).await?.pop() else { return Ok(()) };
    let after = Profile { set_default: is_default, ..before.clone() };
    tx.execute(SET_DEFAULT, args![is_default, id]).await?;
    journal::record(tx, caller, now, Some(&before), Some(&after)).await
}

#[async_trait::async_trait]
impl Kept for Profile {
    const LIST: &'static Source = &PROFILES;
    const PART_OF: Option<(&'static str, &'static str)> = Some(("subscriber_profile_sets", "profile_set_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep subscriber profiles")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| before.profile_set_id != self.profile_set_id) {
            return Err(Error::invalid("profile_set_id", "a profile remains in its set"));
        }
        let set: ProfileSet = record::hold_named_by(tx, caller, "profile_set_id", self.profile_set_id.0).await?;
        self.reseller_id = set.reseller_id;
        if before.is_none() && tx.query_one(COUNT, args![set.id]).await?.at::<i64>(0)? >= MOST {
            return Err(Error::Conflict(format!("the set has {MOST} profiles, the most that it may have")));
        }
        self.check_attributes()?;
        match tx.query_opt(OTHER_DEFAULT, args![set.id, self.id]).await? {
            None => self.set_default = true,
            Some(other) if self.set_default => set_default(tx, caller, now, other.at(0)?, false).await?,
            Some(_) => {}
        }
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
        if tx.query_opt(USED, args![self.id]).await?.is_some() {
            return Err(Error::InUse { kind: "subscriber profile", key: self.id.to_string() });
        }
        record::hold::<ProfileSet>(tx, caller, self.profile_set_id.0).await?;
        if self.set_default
            && let Some(other) = tx.query_opt(OTHER, args![self.profile_set_id, self.id]).await?
        {
            tx.execute(SET_DEFAULT, args![false, self.id]).await?;
            set_default(tx, caller, now, other.at(0)?, true).await?;
        }
        preference::delete_of(tx, Level::Profile, self.id.0).await
    }
}
