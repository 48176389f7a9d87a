//! Billing profiles: price lists of a reseller.
//!
//! Handle and name are unique among a reseller's profiles that are not terminated; the reseller never changes. While
//! accounts that are not terminated are mapped to a profile, what is charged per interval is frozen and the profile can't
//! be terminated; a terminated one is seen no more and never changes.

mod spec;

use std::collections::BTreeMap;

use serde::Serialize;
use store::{Tx, args};

use super::{package, peak};
use crate::account::{self, Kind};
use crate::caller::Caller;
use crate::id::{AccountId, ProfileId};
use crate::journal;
use crate::listing::{self, Column, Reach, Source};
use crate::statement::statements;
use crate::{Error, Result};

pub(crate) use spec::check_fraud;
pub use spec::{Fraud, Spec};
use spec::{MANY, check, profile, values};

/// Whether a profile can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It can.
    Active,
    /// Never again.
    Terminated,
}

crate::text_enum!(Status, "status", { Active => "active", Terminated => "terminated" });

/// A profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The id.
    pub id: ProfileId,
    /// Whose it is.
    pub reseller_id: AccountId,
    /// Whether it can be used.
    pub status: Status,
    /// What it says.
    #[serde(flatten)]
    pub spec: Spec,
}

/// Who is mapped to a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many accounts that are not terminated.
    pub accounts: i64,
    /// Whether there is any account at all.
    pub any: bool,
}

statements! {
    INSERT = "INSERT INTO billing_profiles (reseller_id, status, created_at, modified_at, handle, name, prepaid, \
        prepaid_library, advice_of_charge, ignore_domain, fraud_use_reseller_rates, interval_charge, \
        interval_free_cash, interval_free_time, fraud_interval_limit, fraud_interval_lock, fraud_interval_notify, \
        fraud_daily_limit, fraud_daily_lock, fraud_daily_notify, currency) \
        VALUES ($1, 'active', $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
        RETURNING id";
    UPDATE = "UPDATE billing_profiles SET modified_at = $1, handle = $2, name = $3, prepaid = $4, prepaid_library = $5, \
        advice_of_charge = $6, ignore_domain = $7, fraud_use_reseller_rates = $8, interval_charge = $9, \
        interval_free_cash = $10, interval_free_time = $11, fraud_interval_limit = $12, fraud_interval_lock = $13, \
        fraud_interval_notify = $14, fraud_daily_limit = $15, fraud_daily_lock = $16, fraud_daily_notify = $17, \
        currency = $18 WHERE id = $19";
    TERMINATE = "UPDATE billing_profiles SET status = 'terminated', modified_at = $1, terminated_at = $1 WHERE id = $2";
    LOCK = "SELECT status FROM billing_profiles WHERE id = $1 {wait}";
    NAMED = "SELECT 1 FROM billing_profiles WHERE reseller_id = $1 AND name = $2 AND status = 'active' AND id <> $3";
    HANDLED = "SELECT 1 FROM billing_profiles WHERE reseller_id = $1 AND handle = $2 AND status = 'active' AND id <> $3";
    USED = "SELECT 1 FROM billing_mappings m JOIN accounts a ON a.id = m.account_id \
        WHERE m.profile_id = $1 AND a.status <> 'terminated' LIMIT 1";
}

const USAGES: &str = "SELECT m.profile_id, \
    COUNT(DISTINCT CASE WHEN a.status <> 'terminated' THEN m.account_id END) AS accounts FROM billing_mappings m \
    JOIN accounts a ON a.id = m.account_id WHERE m.profile_id IN ({ids}) GROUP BY m.profile_id";

/// The profiles that are not terminated.
pub static ALL: Source = Source {
    name: "billing profiles",
    from: "billing_profiles t",
    fixed: "t.status = 'active'",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("handle", "t.handle"),
        Column::text("name", "t.name"),
        Column::text("currency", "t.currency"),
        Column::bool("prepaid", "t.prepaid"),
        Column::int("interval_free_time", "t.interval_free_time"),
        Column::int("fraud_interval_limit", "t.fraud_interval_limit"),
        Column::int("fraud_interval_lock", "t.fraud_interval_lock"),
        Column::int("fraud_daily_limit", "t.fraud_daily_limit"),
        Column::int("fraud_daily_lock", "t.fraud_daily_lock"),
    ],
    tallies: &["reseller_id"],
};

/// The profiles of those ids, in their order, terminated ones too; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Profile>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(profile).collect::<Result<Vec<_>>>()?;
    let mut found = listing::in_order(ids, rows, |profile| profile.id.0);
    let mut peaks = peak::load(tx, ids).await?;
    for profile in &mut found {
        profile.spec.peaks = peaks.remove(&profile.id.0).unwrap_or_default();
    }
    Ok(found)
}

/// The profile of that id, if it is not terminated and the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: ProfileId) -> Result<Profile> {
    match load(tx, &[id.0]).await?.pop() {
        Some(found) if found.status == Status::Active && caller.sees(tx, found.reseller_id).await? => Ok(found),
        _ => Err(Error::not_found("billing profile", id)),
    }
}

/// Who is mapped to those profiles; whoever nobody is mapped to is left out.
///
/// # Errors
/// Only those of the database.
pub async fn usage(tx: &mut Tx, ids: &[i64]) -> Result<BTreeMap<i64, Usage>> {
    let rows = listing::for_ids(tx, USAGES, ids).await?;
    rows.iter().map(|row| Ok((row.get("profile_id")?, Usage { accounts: row.get("accounts")?, any: true }))).collect()
}

/// Refuses a name or handle that another profile of the reseller has. The value is `<reseller>-<name>`.
async fn check_unique(tx: &mut Tx, reseller: AccountId, id: ProfileId, spec: &Spec) -> Result<()> {
    for (sql, field, value) in [(NAMED, "name", &spec.name), (HANDLED, "handle", &spec.handle)] {
        if tx.query_opt(sql, args![reseller, value, id]).await?.is_some() {
            return Err(taken(field, reseller, value));
        }
    }
    Ok(())
}

fn taken(field: &'static str, reseller: AccountId, value: &str) -> Error {
    Error::taken("billing profile", field, format!("{reseller}-{value}"))
}

/// What it means that the database refused a name or handle that was free a moment before.
fn lost_race(error: store::Error, reseller: AccountId, spec: &Spec) -> Error {
    match error {
        store::Error::Unique(key) if key.contains("handle") => taken("handle", reseller, &spec.handle),
        store::Error::Unique(_) => taken("name", reseller, &spec.name),
        other => other.into(),
    }
}

/// Makes a profile of a reseller.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Dangling`] for `reseller_id`, [`Error::Taken`] for `name` or `handle` with the value
/// `<reseller>-<name>`, [`Error::NotAllowed`].
pub async fn create(tx: &mut Tx, caller: &Caller, now: i64, reseller: AccountId, spec: &Spec) -> Result<Profile> {
    caller.must_be_reseller("keep billing profiles")?;
    account::named_by(tx, caller, Kind::Reseller, "reseller_id", reseller).await?;
    check(spec)?;
    check_unique(tx, reseller, ProfileId(0), spec).await?;
    let mut all = args![reseller, now].to_vec();
    all.extend(values(spec));
    let inserted = tx.query_one(INSERT, &all).await;
    let id: ProfileId = inserted.map_err(|error| lost_race(error, reseller, spec))?.at(0)?;
    peak::replace(tx, id, &spec.peaks).await?;
    let made = Profile { id, reseller_id: reseller, status: Status::Active, spec: spec.clone() };
    ALL.count(tx, id.0, &[("reseller_id", reseller.0)], 1);
    journal::record(tx, caller, now, None, Some(&made)).await?;
    Ok(made)
}

/// The profile, locked, for a change.
async fn to_change(tx: &mut Tx, caller: &Caller, id: ProfileId) -> Result<Profile> {
    caller.must_be_reseller("keep billing profiles")?;
    tx.query_opt(LOCK, args![id]).await?;
    let not_found = || Error::not_found("billing profile", id);
    let found = load(tx, &[id.0]).await?.pop().ok_or_else(not_found)?;
    if !caller.sees(tx, found.reseller_id).await? {
        return Err(not_found());
    }
    match found.status {
        Status::Active => Ok(found),
        Status::Terminated => Err(Error::Terminated { kind: "billing profile", key: id.to_string() }),
    }
}

/// Replaces what a profile says. The reseller must be the one that it has.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Terminated`]; [`Error::Invalid`], also for `reseller_id` and for what is frozen;
/// [`Error::Taken`] as [`create`], [`Error::NotAllowed`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: ProfileId,
    reseller: AccountId,
    spec: &Spec,
) -> Result<Profile> {
    let before = to_change(tx, caller, id).await?;
    if reseller != before.reseller_id {
        return Err(Error::invalid("reseller_id", "Changing the reseller ID is not allowed."));
    }
    check(spec)?;
    let frozen = [
        ("interval_charge", before.spec.interval_charge != spec.interval_charge),
        ("interval_free_cash", before.spec.interval_free_cash != spec.interval_free_cash),
        ("interval_free_time", before.spec.interval_free_time != spec.interval_free_time),
    ];
    if let Some((field, _)) = frozen.into_iter().find(|(_, changed)| *changed)
        && tx.query_opt(USED, args![id]).await?.is_some()
    {
        return Err(Error::invalid(field, "it can't be changed while contracts use the billing profile"));
    }
    check_unique(tx, reseller, id, spec).await?;
    let mut all = args![now].to_vec();
    all.extend(values(spec));
    all.push(id.into());
    tx.execute(UPDATE, &all).await.map_err(|error| lost_race(error, reseller, spec))?;
    if before.spec.peaks != spec.peaks {
        peak::replace(tx, id, &spec.peaks).await?;
    }
    let after = Profile { spec: spec.clone(), ..before.clone() };
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    Ok(after)
}

/// Ends a profile: it is seen no more, and its name and handle are free again.
///
/// # Errors
/// [`Error::InUse`] where accounts that are not terminated are mapped to it or packages name it; [`Error::NotFound`],
/// [`Error::Terminated`], [`Error::NotAllowed`].
pub async fn terminate(tx: &mut Tx, caller: &Caller, now: i64, id: ProfileId) -> Result<()> {
    let before = to_change(tx, caller, id).await?;
    if tx.query_opt(USED, args![id]).await?.is_some() || package::names_profile(tx, id).await? {
        return Err(Error::InUse { kind: "billing profile", key: id.to_string() });
    }
    tx.execute(TERMINATE, args![now, id]).await?;
    ALL.count(tx, id.0, &[("reseller_id", before.reseller_id.0)], -1);
    journal::record(tx, caller, now, Some(&before), None).await
}

impl journal::Recorded for Profile {
    const KIND: &'static str = "billing_profiles";

    fn record_id(&self) -> i64 {
        self.id.0
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.reseller_id)
    }
}
