//! What a package must be.

use std::collections::{BTreeMap, BTreeSet};

use store::{Row, Tx};

use super::{Package, ProfileRef};
use crate::billing::interval::CarryOver;
use crate::billing::profile::Status;
use crate::id::AccountId;
use crate::{Error, Result, listing};

/// Longest interval, and longest time before its end, in any unit.
const MOST_UNITS: i64 = 100_000;
/// Largest amount: ten thousand million of a currency's unit, in cents.
pub(crate) const MOST_CENTS: i64 = 1_000_000_000_000;

const PROFILES: &str = "SELECT id, reseller_id, status, currency FROM billing_profiles WHERE id IN ({ids}) {share}";
const NETWORKS: &str = "SELECT id, reseller_id, terminated FROM billing_networks WHERE id IN ({ids}) {share}";

/// A field of the intervals that differs.
pub(super) fn changed_interval(before: &Package, after: &Package) -> Option<&'static str> {
    [
        ("balance_interval_value", before.balance_interval_value != after.balance_interval_value),
        ("balance_interval_unit", before.balance_interval_unit != after.balance_interval_unit),
        ("balance_interval_start_mode", before.balance_interval_start_mode != after.balance_interval_start_mode),
    ]
    .into_iter()
    .find(|(_, differs)| *differs)
    .map(|(field, _)| field)
}

/// Whether the money of its customers may go otherwise by what a package says now.
pub(super) fn says_else(before: &Package, after: &Package) -> bool {
    let called_so = Package { name: after.name.clone(), description: after.description.clone(), ..before.clone() };
    called_so != *after
}

/// Refuses what does not fit together.
pub(super) fn check(package: &Package) -> Result<()> {
    let p = package;
    let invalid = |field, message: &str| Err(Error::invalid(field, message));
    if !(1..=MOST_UNITS).contains(&p.balance_interval_value) {
        return invalid("balance_interval_value", "an interval has 1 to 100000 units");
    }
    if p.notopup_discard_intervals.is_some_and(|count| !(1..=MOST_UNITS).contains(&count)) {
        return invalid("notopup_discard_intervals", "1 to 100000 intervals can be waited for");
    }
    match (p.timely_duration_value, p.timely_duration_unit) {
        (Some(value), Some(_)) if !(1..=MOST_UNITS).contains(&value) => {
            return invalid("timely_duration_value", "the timely duration has 1 to 100000 units");
        }
        (None, None) if p.carry_over_mode == CarryOver::CarryOverTimely => {
            return invalid("timely_duration_value", "carry_over_timely needs a timely duration");
        }
        (Some(_), Some(_)) | (None, None) => {}
        _ => return invalid("timely_duration_unit", "value and unit of the timely duration go together"),
    }
    for (field, amount) in [
        ("initial_balance", Some(p.initial_balance)),
        ("service_charge", Some(p.service_charge)),
        ("underrun_lock_threshold", p.underrun_lock_threshold),
        ("underrun_profile_threshold", p.underrun_profile_threshold),
    ] {
        if amount.is_some_and(|amount| !(-MOST_CENTS..=MOST_CENTS).contains(&amount)) {
            return invalid(field, "the amount is too large");
        }
    }
    for (field, amount) in [("initial_balance", p.initial_balance), ("service_charge", p.service_charge)] {
        if amount < 0 {
            return invalid(field, "the amount is below zero");
        }
    }
    for (field, level) in [("underrun_lock_level", p.underrun_lock_level), ("topup_lock_level", p.topup_lock_level)] {
        if level.is_some_and(|level| !(0..=5).contains(&level)) {
            return invalid(field, "a lock level is 0 to 5");
        }
    }
    if p.underrun_lock_threshold.is_some() != p.underrun_lock_level.is_some() {
        return invalid("underrun_lock_threshold", "threshold and level of the lock go together");
    }
    if p.underrun_profile_threshold.is_some() == p.underrun_profiles.0.is_empty() {
        return invalid("underrun_profile_threshold", "the threshold and the underrun profiles go together");
    }
    if !p.initial_profiles.0.iter().any(|profile| profile.network_id.is_none()) {
        return invalid("initial_profiles", "an initial billing profile without a billing network is needed");
    }
    lists(p).into_iter().try_for_each(|(field, profiles)| check_networks(field, profiles))
}

/// The lists of profiles, with their fields.
fn lists(package: &Package) -> [(&'static str, &[ProfileRef]); 3] {
    [
        ("initial_profiles", &package.initial_profiles.0),
        ("underrun_profiles", &package.underrun_profiles.0),
        ("topup_profiles", &package.topup_profiles.0),
    ]
}

/// Refuses profiles of which only one could hold: all of a list begin at the same time.
fn check_networks(field: &'static str, profiles: &[ProfileRef]) -> Result<()> {
    let mut known = BTreeSet::new();
    match profiles.iter().find(|profile| !known.insert(profile.network_id)) {
        None => Ok(()),
        Some(ProfileRef { network_id: None, .. }) => {
            Err(Error::invalid(field, "at most one billing profile can be without a billing network"))
        }
        Some(ProfileRef { network_id: Some(id), .. }) => {
            Err(Error::invalid(field, format!("billing network {id} can have one billing profile only")))
        }
    }
}

fn by_id(rows: Vec<Row>) -> Result<BTreeMap<i64, Row>> {
    rows.into_iter().map(|row| Ok((row.get("id")?, row))).collect()
}

/// Refuses profiles and networks of others, and profiles that reckon in several currencies. None of them is terminated
/// before the transaction ends.
pub(super) async fn check_profiles(tx: &mut Tx, package: &Package) -> Result<()> {
    let profile_ids: Vec<i64> = package.profiles().map(|profile| profile.profile_id.0).collect();
    let network_ids: Vec<i64> = package.profiles().filter_map(|profile| Some(profile.network_id?.0)).collect();
    let profiles = by_id(listing::for_ids(tx, PROFILES, &profile_ids).await?)?;
    let networks = by_id(listing::for_ids(tx, NETWORKS, &network_ids).await?)?;
    let mut currency: Option<Option<String>> = None;
    for (field, of) in lists(package) {
        for ProfileRef { profile_id, network_id } in of {
            let dangling = || Error::dangling("profile_id", profile_id);
            let row = profiles.get(&profile_id.0).ok_or_else(dangling)?;
            let owner: AccountId = row.get("reseller_id")?;
            if owner != package.reseller_id {
                return Err(Error::dangling("profile_id", profile_id));
            }
            if row.get::<Status>("status")? == Status::Terminated {
                return Err(Error::Terminated { kind: "billing profile", key: profile_id.to_string() });
            }
            let own: Option<String> = row.get("currency")?;
            if currency.get_or_insert_with(|| own.clone()) != &own {
                return Err(Error::invalid(field, "all billing profiles of a package have the same currency"));
            }
            if let Some(id) = network_id {
                let suits = match networks.get(&id.0) {
                    Some(row) => {
                        row.get::<AccountId>("reseller_id")? == package.reseller_id && !row.get::<bool>("terminated")?
                    }
                    None => false,
                };
                if !suits {
                    return Err(Error::dangling("network_id", id));
                }
            }
        }
    }
    Ok(())
}
