//! The set and the profile that a subscriber has, and what follows from them.

use std::collections::{BTreeMap, HashSet};

use store::{Tx, args};

use crate::id::AccountId;
use crate::listing;
use crate::record::Stored;
use crate::statement::statements;
use crate::{Error, Result};

statements! {
    SET = "SELECT id FROM subscriber_profile_sets WHERE id = $1 AND reseller_id = $2 {wait}";
    PROFILE = "SELECT id FROM subscriber_profiles WHERE id = $1 AND profile_set_id = $2 {wait}";
    DEFAULT = "SELECT id FROM subscriber_profiles WHERE profile_set_id = $1 AND set_default {wait}";
    OF_PILOT = "SELECT profile_set_id FROM subscribers WHERE account_id = $1 AND is_pbx_pilot AND status <> 'terminated'";
}

/// For several subscribers at a time.
const ATTRIBUTES: &str = "SELECT s.id, p.attributes FROM subscribers s \
    JOIN subscriber_profiles p ON p.id = s.profile_id WHERE s.id IN ({ids})";

/// A set and a profile of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) set: Option<i64>,
    pub(crate) profile: Option<i64>,
}

/// What a subscriber of that reseller gets that asks for a choice: with a new set and no profile of it, the default of
/// the set. What it has already stays as it is. The rows stay as they are until the end of the transaction.
///
/// # Errors
/// [`Error::Dangling`] for `profile_set_id` and `profile_id`, also for a profile without a set.
pub(crate) async fn settle(tx: &mut Tx, reseller: AccountId, before: Choice, wanted: Choice) -> Result<Choice> {
    if before == wanted {
        return Ok(wanted);
    }
    let Some(set) = wanted.set else {
        return match wanted.profile {
            Some(profile) if before.profile != wanted.profile => Err(Error::dangling("profile_id", profile)),
            _ => Ok(Choice::default()),
        };
    };
    if tx.query_opt(SET, args![set, reseller]).await?.is_none() {
        return Err(Error::dangling("profile_set_id", set));
    }
    // A profile of the set that it had before is not meant where only the set is another.
    let moved = before.set != wanted.set && before.profile == wanted.profile;
    let profile = match wanted.profile.filter(|_| !moved) {
        Some(profile) => {
            let found = tx.query_opt(PROFILE, args![profile, set]).await?;
            found.ok_or_else(|| Error::dangling("profile_id", profile))?;
            Some(profile)
        }
        None => tx.query_opt(DEFAULT, args![set]).await?.map(|row| row.at(0)).transpose()?,
    };
    Ok(Choice { set: Some(set), profile })
}

/// The set that the pilot of a PBX has.
pub(crate) async fn of_pilot(tx: &mut Tx, account: AccountId) -> Result<Option<i64>> {
    let row = tx.query_opt(OF_PILOT, args![account]).await?;
    Ok(row.map(|row| row.at(0)).transpose()?.flatten())
}

/// The preferences that the profiles of those subscribers name; those without a profile are not there.
pub(crate) async fn attributes_of(tx: &mut Tx, subscribers: &[i64]) -> Result<BTreeMap<i64, HashSet<String>>> {
    let rows = listing::for_ids(tx, ATTRIBUTES, subscribers).await?;
    let of = |row: &store::Row| {
        let names: Stored<Vec<String>> = row.at(1)?;
        Ok((row.at(0)?, names.0.into_iter().collect()))
    };
    rows.iter().map(of).collect()
}
