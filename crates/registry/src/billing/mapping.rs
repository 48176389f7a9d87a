//! Mappings: which billing profile holds for an account from when to when.
//!
//! What has begun is history and stays as it is; what begins later can be replaced. Profiles of the account's own
//! reseller suit a customer; a reseller or peering gets any that is not prepaid. A mapping with a network is for calls from
//! there only, where it goes before those without. Times are microseconds UTC. Of accounts whose profiles have changed often
//! only the last [`MOST_SHOWN`] mappings are shown and written down.

mod in_force;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;
use store::{Row, Tx, args};

use super::package::{Package, ProfileRef};
use crate::account::Kind;
use crate::caller::Caller;
use crate::id::{AccountId, PackageId, ProfileId};
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::{Error, Result, listing, record};

pub use in_force::{current, holding};

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
}

/// Most intervals of a schedule, and so most of an account that have not begun.
pub const MOST_INTERVALS: usize = 100;

/// Most mappings of an account that are shown: of more, those that begin last.
pub const MOST_SHOWN: usize = 250;

statements! {
    INSERT = "INSERT INTO billing_mappings (account_id, profile_id, network_id, start_at, stop_at) \
        VALUES ($1, $2, $3, $4, $5)";
    DELETE_FUTURE = "DELETE FROM billing_mappings WHERE account_id = $1 AND start_at > $2";
    ACCOUNT = "SELECT kind, reseller_id FROM accounts WHERE id = $1";
    PROFILE = "SELECT reseller_id, name, status, prepaid FROM billing_profiles WHERE id = $1 {share}";
    NETWORK = "SELECT reseller_id, terminated FROM billing_networks WHERE id = $1 {share}";
}

/// The statements of these modules.
pub(super) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, in_force::STATEMENTS].into_iter().flatten()
}

/// The mappings from the one on that has `{others}` others behind it; all of it where there are fewer.
const LAST: &str = "SELECT m.id, m.account_id, m.profile_id, m.network_id, m.start_at, m.stop_at, p.status \
    FROM (SELECT a.id AS account_id, COALESCE((SELECT COALESCE(n.start_at, 0) FROM billing_mappings n \
        WHERE n.account_id = a.id ORDER BY COALESCE(n.start_at, 0) DESC, n.id DESC LIMIT 1 OFFSET {others}), 0) AS since \
        FROM accounts a WHERE a.id IN ({ids})) b \
    JOIN billing_mappings m ON m.account_id = b.account_id AND COALESCE(m.start_at, 0) >= b.since \
    JOIN billing_profiles p ON p.id = m.profile_id";

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

/// The mappings of those accounts, those of terminated profiles too, from the first to begin to the last: at most
/// [`MOST_SHOWN`] of each.
async fn last(tx: &mut Tx, accounts: &[i64]) -> Result<BTreeMap<i64, Vec<Mapping>>> {
    let mut of = read(tx, &LAST.replace("{others}", &(MOST_SHOWN - 1).to_string()), accounts).await?;
    for mappings in of.values_mut() {
        mappings.drain(..mappings.len().saturating_sub(MOST_SHOWN));
    }
    Ok(of)
}

/// What can hold for those accounts from the beginnings of their open balance intervals on, for calls from anywhere; all
/// of it where there is no interval. Those of terminated profiles too, from the first to begin to the last.
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

/// The mappings of those accounts whose profiles are not terminated, from the first to begin to the last; of more than
/// [`MOST_SHOWN`] those that begin last.
///
/// # Errors
/// Only those of the database.
pub async fn history(tx: &mut Tx, accounts: &[i64]) -> Result<BTreeMap<i64, Vec<Mapping>>> {
    let mut of = last(tx, accounts).await?;
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
        if in_force::within(tx, account, network, now).await? != Some(*profile_id)
            && may_begin(tx, *profile_id, network).await?
        {
            coming.push((*profile_id, network));
        }
    }
    if coming.is_empty() {
        return Ok(());
    }
    let before = last(tx, &[account.0]).await?.remove(&account.0).unwrap_or_default();
    for (profile_id, network) in coming {
        tx.execute(INSERT, args![account, profile_id, network, Some(now), None::<i64>]).await?;
    }
    write(tx, caller, now, account, &before).await
}

/// Whether a profile and a network that a package has named are there still, and not terminated before the transaction ends.
async fn may_begin(tx: &mut Tx, profile: ProfileId, network: Option<i64>) -> Result<bool> {
    let is_active = match tx.query_opt(PROFILE, args![profile]).await? {
        Some(row) => row.get::<super::profile::Status>("status")? == super::profile::Status::Active,
        None => false,
    };
    let is_there = match network {
        Some(id) => {
            tx.query_opt(NETWORK, args![id]).await?.map(|row| row.get::<bool>("terminated")).transpose()? == Some(false)
        }
        None => true,
    };
    Ok(is_active && is_there)
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
    let before = last(tx, &[account.0]).await?.remove(&account.0).unwrap_or_default();
    let intervals = match assignment {
        Assignment::Profile(profile_id) => {
            if !creating && in_force::within(tx, account, None, now).await? == Some(*profile_id) {
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
    }
    write(tx, caller, now, account, &before).await
}

/// Writes down what has become of an account's mappings.
async fn write(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId, before: &Vec<Mapping>) -> Result<()> {
    let after = last(tx, &[account.0]).await?.remove(&account.0).unwrap_or_default();
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

/// Refuses a network that is not there or another reseller's; it is not terminated before the transaction ends.
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

/// Refuses a profile that the caller does not see, is terminated or does not suit the account; it is not terminated before
/// the transaction ends.
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
