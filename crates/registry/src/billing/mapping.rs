//! Mappings: which billing profile holds for an account from when to when.
//!
//! What has begun is history and stays as it is; what begins later can be replaced. Profiles of the account's own
//! reseller suit a customer; a reseller or peering gets any that is not prepaid. A mapping with a network is for calls from
//! there only, where it goes before those without. Times are microseconds UTC.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::tz::TimeZone;
use serde::Serialize;
use store::{Row, Tx, args};

use super::network;
use super::package::{Package, ProfileRef};
use crate::account::Kind;
use crate::caller::Caller;
use crate::id::{AccountId, PackageId, ProfileId};
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::{Error, Result, listing, record};

/// What an account is to be billed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// One profile: of a new account from the beginning, otherwise from now on.
    Profile(ProfileId),
    /// A schedule. A new account's has exactly one interval without start and stop; all others begin in the future, and
    /// replace those that were to begin in the future.
    Schedule(Vec<Interval>),
    /// What a profile package begins with: of a new account from the beginning, otherwise from now on.
    Package(PackageId),
}

/// A part of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The profile.
    pub profile_id: ProfileId,
    /// The network it is for, one of the same reseller; none: all.
    pub network_id: Option<i64>,
    /// From when; none: from the beginning.
    pub start: Option<i64>,
    /// Until when; none: until further notice.
    pub stop: Option<i64>,
}

/// A mapping as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The id.
    pub id: i64,
    /// The account.
    pub account_id: AccountId,
    /// The profile.
    pub profile_id: ProfileId,
    /// The network it is for; none: all.
    pub network_id: Option<i64>,
    /// From when; none: from the beginning.
    pub start: Option<i64>,
    /// Until when; none: until further notice.
    pub stop: Option<i64>,
    /// The profile is there no more; such a mapping is not shown.
    #[serde(skip)]
    pub terminated: bool,
}

impl Mapping {
    /// When it begins: 1970 where there is no start.
    #[must_use]
    pub fn effective_start(&self) -> i64 {
        self.start.unwrap_or(0)
    }

    fn begins_after(&self, now: i64) -> bool {
        self.start.is_some_and(|start| start > now)
    }

    fn holds_at(&self, now: i64) -> bool {
        !self.begins_after(now) && self.stop.is_none_or(|stop| stop > now)
    }
}

/// Most intervals of a schedule, and so most of an account that have not begun.
pub const MOST_INTERVALS: usize = 100;

statements! {
    INSERT = "INSERT INTO billing_mappings (account_id, profile_id, network_id, start_at, stop_at) \
        VALUES ($1, $2, $3, $4, $5)";
    DELETE_FUTURE = "DELETE FROM billing_mappings WHERE account_id = $1 AND start_at > $2";
    HOLDING = "SELECT profile_id FROM billing_mappings WHERE account_id = $1 AND COALESCE(start_at, 0) <= $2 \
        AND (stop_at IS NULL OR stop_at > $2) AND network_id IS NULL ORDER BY COALESCE(start_at, 0) DESC, id DESC LIMIT 1";
    HOLDING_WITHIN = "SELECT profile_id FROM billing_mappings WHERE account_id = $1 AND COALESCE(start_at, 0) <= $2 \
        AND (stop_at IS NULL OR stop_at > $2) AND network_id = $3 ORDER BY COALESCE(start_at, 0) DESC, id DESC LIMIT 1";
    ACCOUNT = "SELECT kind, reseller_id FROM accounts WHERE id = $1";
    PROFILE = "SELECT reseller_id, name, status, prepaid FROM billing_profiles WHERE id = $1";
    NETWORK = "SELECT reseller_id, terminated FROM billing_networks WHERE id = $1";
}

const OF_ACCOUNTS: &str = "SELECT m.id, m.account_id, m.profile_id, m.network_id, m.start_at, m.stop_at, p.status \
    FROM billing_mappings m JOIN billing_profiles p ON p.id = m.profile_id WHERE m.account_id IN ({ids})";

/// The mappings without a network from the one on that holds when the account's open balance interval begins. One that
/// has a stop may leave what held before it in force, so that it is no beginning.
const SINCE_INTERVAL: &str = "SELECT m.id, m.account_id, m.profile_id, m.network_id, m.start_at, m.stop_at, p.status \
    FROM (SELECT a.id AS account_id, COALESCE((SELECT COALESCE(n.start_at, 0) FROM billing_mappings n \
        WHERE n.account_id = a.id AND n.network_id IS NULL AND n.stop_at IS NULL AND COALESCE(n.start_at, 0) <= \
        COALESCE((SELECT i.start_at FROM balance_intervals i WHERE i.account_id = a.id AND NOT i.closed), 0) \
        ORDER BY COALESCE(n.start_at, 0) DESC LIMIT 1), 0) AS since FROM accounts a WHERE a.id IN ({ids})) b \
    JOIN billing_mappings m ON m.account_id = b.account_id AND COALESCE(m.start_at, 0) >= b.since \
    JOIN billing_profiles p ON p.id = m.profile_id WHERE m.network_id IS NULL";

fn mapping(row: &Row) -> Result<Mapping> {
    Ok(Mapping {
        id: row.get("id")?,
        account_id: row.get("account_id")?,
        profile_id: row.get("profile_id")?,
        network_id: row.get("network_id")?,
        start: row.get("start_at")?,
        stop: row.get("stop_at")?,
        terminated: row.get::<super::profile::Status>("status")? == super::profile::Status::Terminated,
    })
}

/// Every mapping of those accounts, those of terminated profiles too, from the first to begin to the last.
pub(super) async fn all(tx: &mut Tx, accounts: &[i64]) -> Result<BTreeMap<i64, Vec<Mapping>>> {
    read(tx, OF_ACCOUNTS, accounts).await
}

/// What can hold for those accounts from the beginnings of their open balance intervals on, for calls from anywhere; all
/// of it where there is no interval. As [`all`] otherwise.
pub(crate) async fn since_interval(tx: &mut Tx, accounts: &[i64]) -> Result<BTreeMap<i64, Vec<Mapping>>> {
    read(tx, SINCE_INTERVAL, accounts).await
}

async fn read(tx: &mut Tx, statement: &str, accounts: &[i64]) -> Result<BTreeMap<i64, Vec<Mapping>>> {
    let rows = listing::for_ids(tx, statement, accounts).await?;
    let mut found = rows.iter().map(mapping).collect::<Result<Vec<_>>>()?;
    found.sort_by_key(|mapping| (mapping.effective_start(), mapping.id));
    found.dedup_by_key(|mapping| mapping.id);
    let mut of: BTreeMap<i64, Vec<Mapping>> = BTreeMap::new();
    for mapping in found {
        of.entry(mapping.account_id.0).or_default().push(mapping);
    }
    Ok(of)
}

/// Every mapping of those accounts whose profile is not terminated, from the first to begin to the last.
///
/// # Errors
/// Only those of the database.
pub async fn history(tx: &mut Tx, accounts: &[i64]) -> Result<BTreeMap<i64, Vec<Mapping>>> {
    let mut of = all(tx, accounts).await?;
    of.values_mut().for_each(|mappings| mappings.retain(|mapping| !mapping.terminated));
    Ok(of)
}

/// As [`history`], those that have not begun.
///
/// # Errors
/// Only those of the database.
pub async fn future(tx: &mut Tx, accounts: &[i64], now: i64) -> Result<BTreeMap<i64, Vec<Mapping>>> {
    let mut of = history(tx, accounts).await?;
    of.values_mut().for_each(|mappings| mappings.retain(|mapping| mapping.begins_after(now)));
    Ok(of)
}

/// The profile that holds now for each of those accounts that has one.
///
/// # Errors
/// Only those of the database.
pub async fn current(tx: &mut Tx, accounts: &[i64], now: i64) -> Result<BTreeMap<i64, ProfileId>> {
    let holding = |(account, mappings): (i64, Vec<Mapping>)| {
        let held = mappings.iter().rfind(|mapping| mapping.network_id.is_none() && mapping.holds_at(now))?;
        Some((account, held.profile_id))
    };
    let mut found: BTreeMap<i64, ProfileId> =
        since_interval(tx, accounts).await?.into_iter().filter_map(holding).collect();
    // Of a time before the open interval.
    let missing: Vec<i64> = accounts.iter().copied().filter(|account| !found.contains_key(account)).collect();
    found.extend(all(tx, &missing).await?.into_iter().filter_map(holding));
    Ok(found)
}

/// The profile that holds at a time for calls that an account makes from an address: that of the network which contains
/// it, of several the one that began last, else the one without a network.
///
/// # Errors
/// Only those of the database.
pub async fn holding(tx: &mut Tx, account: AccountId, ip: Option<IpAddr>, at: i64) -> Result<Option<ProfileId>> {
    let mut mappings = all(tx, &[account.0]).await?.remove(&account.0).unwrap_or_default();
    mappings.retain(|mapping| mapping.holds_at(at));
    let networks: Vec<i64> = mappings.iter().filter_map(|mapping| mapping.network_id).collect();
    let within = match ip {
        Some(ip) if !networks.is_empty() => network::containing(tx, &networks, ip).await?,
        _ => Default::default(),
    };
    let of_network = mappings.iter().rfind(|m| m.network_id.is_some_and(|id| within.contains(&id)));
    let found = of_network.or_else(|| mappings.iter().rfind(|m| m.network_id.is_none()));
    Ok(found.map(|mapping| mapping.profile_id))
}

/// Lets profiles of a package hold from now on, where they do not hold already.
pub(super) async fn begin(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account: AccountId,
    profiles: &[ProfileRef],
) -> Result<()> {
    let mut coming = Vec::new();
    for ProfileRef { profile_id, network_id } in profiles {
        let network = network_id.map(|id| id.0);
        let row = match network {
            Some(network) => tx.query_opt(HOLDING_WITHIN, args![account, now, network]).await?,
            None => tx.query_opt(HOLDING, args![account, now]).await?,
        };
        let holding: Option<ProfileId> = row.map(|row| row.at(0)).transpose()?;
        if holding != Some(*profile_id) {
            coming.push((*profile_id, network));
        }
    }
    if coming.is_empty() {
        return Ok(());
    }
    let before = all(tx, &[account.0]).await?.remove(&account.0).unwrap_or_default();
    for (profile_id, network) in coming {
        tx.execute(INSERT, args![account, profile_id, network, Some(now), None::<i64>]).await?;
    }
    write(tx, caller, now, account, &before).await
}

/// Assigns profiles to an account that the caller may change, which is for its caller to see to. Assigning the profile
/// that holds already changes nothing.
///
/// # Errors
/// [`Error::Dangling`] for `billing_profile_id` (of a schedule too) and `network_id`; [`Error::Terminated`] for a
/// profile; [`Error::Invalid`] for `billing_profile_id` where the profile does not suit the account, and for
/// `billing_profiles` where the schedule is none; [`Error::NotAllowed`].
pub async fn assign(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account: AccountId,
    assignment: &Assignment,
    creating: bool,
) -> Result<()> {
    caller.must_care("assign billing profiles")?;
    let before = all(tx, &[account.0]).await?.remove(&account.0).unwrap_or_default();
    let intervals = match assignment {
        Assignment::Profile(profile_id) => {
            if !creating && current(tx, &[account.0], now).await?.get(&account.0) == Some(profile_id) {
                return Ok(());
            }
            let start = if creating { None } else { Some(now) };
            vec![Interval { profile_id: *profile_id, network_id: None, start, stop: None }]
        }
        Assignment::Schedule(intervals) => {
            check_schedule(intervals, now, creating)?;
            tx.execute(DELETE_FUTURE, args![account, now]).await?;
            intervals.clone()
        }
        Assignment::Package(id) => {
            let package = record::named_by::<Package>(tx, caller, "profile_package_id", id.0).await?;
            let start = if creating { None } else { Some(now) };
            let interval = |of: &ProfileRef| Interval {
                profile_id: of.profile_id,
                network_id: of.network_id.map(|id| id.0),
                start,
                stop: None,
            };
            package.initial_profiles.0.iter().map(interval).collect()
        }
    };
    for interval in &intervals {
        if let Some(network) = interval.network_id {
            check_network(tx, account, network).await?;
        }
        check_profile(tx, caller, account, interval.profile_id).await?;
        let Interval { profile_id, network_id, start, stop } = interval;
        tx.execute(INSERT, args![account, *profile_id, *network_id, *start, *stop]).await?;
        // The new row holds the profile in place, but it may have been terminated after it was first looked at.
        check_profile(tx, caller, account, interval.profile_id).await?;
    }
    write(tx, caller, now, account, &before).await
}

/// Writes down what has become of an account's mappings.
async fn write(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId, before: &Vec<Mapping>) -> Result<()> {
    let after = all(tx, &[account.0]).await?.remove(&account.0).unwrap_or_default();
    if *before == after {
        return Ok(());
    }
    let change = Change {
        kind: "billing_mappings",
        record_id: account.0,
        account: Some(account),
        operation: if before.is_empty() { Operation::Create } else { Operation::Update },
        before: Some(before),
        after: Some(&after),
    };
    journal::write(tx, caller, now, change).await
}

/// Refuses a network that is not there or another reseller's.
async fn check_network(tx: &mut Tx, account: AccountId, network: i64) -> Result<()> {
    let of = tx.query_opt(ACCOUNT, args![account]).await?.ok_or_else(|| Error::not_found("account", account))?;
    let own: AccountId = of.get("reseller_id")?;
    match tx.query_opt(NETWORK, args![network]).await? {
        Some(row) if row.get::<AccountId>("reseller_id")? == own && !row.get::<bool>("terminated")? => Ok(()),
        _ => Err(Error::dangling("network_id", network)),
    }
}

fn check_schedule(intervals: &[Interval], now: i64, creating: bool) -> Result<()> {
    let wrong = |message: String| Err(Error::invalid("billing_profiles", message));
    if intervals.len() > MOST_INTERVALS {
        return wrong(format!("A schedule has at most {MOST_INTERVALS} intervals."));
    }
    let mut initial = 0;
    for interval in intervals {
        match (interval.start, interval.stop) {
            (None, None) if interval.network_id.is_none() => initial += 1,
            (None, None) => {}
            (None, Some(stop)) => {
                let stop = time(stop);
                return wrong(format!("Interval with 'stop' timestamp ({stop}) but no 'start' timestamp specified."));
            }
            (Some(start), _) if start <= now => {
                return wrong(format!("'start' timestamp ({}) is not in future.", time(start)));
            }
            (Some(start), Some(stop)) if start >= stop => {
                let (start, stop) = (time(start), time(stop));
                return wrong(format!("'start' timestamp ({start}) has to be before 'stop' timestamp ({stop})."));
            }
            (Some(_), _) => {}
        }
        if !creating && interval.start.is_none() {
            return wrong("Adding intervals without 'start' and 'stop' timestamps is not allowed.".to_owned());
        }
    }
    if creating && initial != 1 {
        let message = "An initial interval without 'start' and 'stop' timestamps and no billing network is required.";
        return wrong(message.to_owned());
    }
    Ok(())
}

/// Refuses a profile that the caller does not see, is terminated or does not suit the account.
async fn check_profile(tx: &mut Tx, caller: &Caller, account: AccountId, profile: ProfileId) -> Result<()> {
    let dangling = || Error::dangling("billing_profile_id", profile);
    let row = tx.query_opt(PROFILE, args![profile]).await?.ok_or_else(dangling)?;
    let owner: AccountId = row.get("reseller_id")?;
    if !caller.sees(tx, owner).await? {
        return Err(dangling());
    }
    let of = tx.query_opt(ACCOUNT, args![account]).await?.ok_or_else(|| Error::not_found("account", account))?;
    let suits = match of.get::<Kind>("kind")? {
        Kind::Customer => owner == of.get("reseller_id")?,
        Kind::Operator | Kind::Reseller | Kind::Peering => {
            if row.get("prepaid")? {
                let message =
                    format!("Peering/reseller contract can't be connected to the prepaid billing profile {profile}.");
                return Err(Error::invalid("billing_profile_id", message));
            }
            true
        }
    };
    if !suits {
        let name: String = row.get("name")?;
        let message =
            format!("The reseller of the contact doesn't match the reseller of the billing profile ({name}).");
        return Err(Error::invalid("billing_profile_id", message));
    }
    match row.get("status")? {
        super::profile::Status::Active => Ok(()),
        super::profile::Status::Terminated => {
            Err(Error::Terminated { kind: "billing profile", key: profile.to_string() })
        }
    }
}

/// A time as the messages of a schedule show it.
fn time(at: i64) -> String {
    let moment = jiff::Timestamp::from_microsecond(at).map(|at| at.to_zoned(TimeZone::UTC));
    moment.map_or_else(|_| at.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
