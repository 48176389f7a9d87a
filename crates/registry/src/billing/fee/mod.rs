//! Fees: what calls from a source to a destination cost, within a zone of a billing profile.
//!
//! A profile has one fee for each destination, source, direction and way of matching. The zone is one of the profile, or
//! is named and made where it is missing. Intervals are at least one second, and regular expressions are some. What
//! [`lookup`](super::lookup) goes by is worked out when a fee is written.

mod lead;
pub(super) mod pattern;
mod spec;

use serde::Serialize;
use store::{Row, Tx, args};

use super::zone;
use crate::caller::Caller;
use crate::id::{AccountId, FeeId, ProfileId, ZoneId};
use crate::journal;
use crate::listing::{self, Column, Reach, Source};
use crate::statement::statements;
use crate::{Error, Result};

pub use lead::derive as derive_leads;
use spec::spec;
pub use spec::{Direction, MatchMode, Spec, Tariff};
pub(super) use spec::{check, values};

/// The zone that a fee is to be in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ZoneRef {
    /// That of the id.
    Id(ZoneId),
    /// That of the name, made where the profile has none.
    Named {
        /// Its name.
        zone: String,
        /// What of it.
        detail: Option<String>,
    },
}

/// A fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fee {
    /// The id.
    pub id: FeeId,
    /// The profile that it is a fee of.
    pub billing_profile_id: ProfileId,
    /// The zone of the profile that it is in.
    pub billing_zone_id: ZoneId,
    /// Whose the profile is.
    pub reseller_id: AccountId,
    /// What it says.
    #[serde(flatten)]
    pub spec: Spec,
}

/// The columns of a fee but its id.
macro_rules! columns {
    () => {
        "profile_id, zone_id, reseller_id, match_mode, source, destination, direction, onpeak_init_rate, \
         onpeak_init_interval, onpeak_follow_rate, onpeak_follow_interval, onpeak_extra_rate, onpeak_extra_second, \
         onpeak_use_free_time, offpeak_init_rate, offpeak_init_interval, offpeak_follow_rate, offpeak_follow_interval, \
         offpeak_extra_rate, offpeak_extra_second, offpeak_use_free_time, aoc_pulse_amount_per_message, lead, precedence"
    };
}

pub(super) use columns;

/// The statements of this module.
pub(super) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, lead::STATEMENTS].into_iter().flatten()
}

/// The beginning of a statement that makes fees; as many columns as [`values`] has.
pub(super) const INSERT_INTO: &str = concat!("INSERT INTO billing_fees (", columns!(), ") VALUES ");

statements! {
    INSERT = concat!("INSERT INTO billing_fees (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
        $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24) \
        ON CONFLICT (profile_id, destination, source, direction, match_mode) DO NOTHING RETURNING id");
    UPDATE = "UPDATE billing_fees SET profile_id = $1, zone_id = $2, reseller_id = $3, match_mode = $4, source = $5, \
        destination = $6, direction = $7, onpeak_init_rate = $8, onpeak_init_interval = $9, onpeak_follow_rate = $10, \
        onpeak_follow_interval = $11, onpeak_extra_rate = $12, onpeak_extra_second = $13, onpeak_use_free_time = $14, \
        offpeak_init_rate = $15, offpeak_init_interval = $16, offpeak_follow_rate = $17, offpeak_follow_interval = $18, \
        offpeak_extra_rate = $19, offpeak_extra_second = $20, offpeak_use_free_time = $21, \
        aoc_pulse_amount_per_message = $22, lead = $23, precedence = $24 WHERE id = $25";
    DELETE = "DELETE FROM billing_fees WHERE id = $1";
    BY_ID = concat!("SELECT id, ", columns!(), " FROM billing_fees WHERE id = $1");
    BY_KEY = "SELECT id FROM billing_fees WHERE profile_id = $1 AND destination = $2 AND source = $3 AND direction = $4 \
        AND match_mode = $5";
    LOCK = "SELECT id FROM billing_fees WHERE id = $1 {wait}";
}

const MANY: &str = concat!("SELECT id, ", columns!(), " FROM billing_fees WHERE id IN ({ids})");

/// The fees of all profiles.
pub static ALL: Source = Source {
    name: "billing fees",
    from: "billing_fees t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("billing_profile_id", "t.profile_id"),
        Column::int("billing_zone_id", "t.zone_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("source", "t.source"),
        Column::text("destination", "t.destination"),
        Column::text("direction", "t.direction"),
        Column::text("match_mode", "t.match_mode"),
        Column::int("onpeak_init_interval", "t.onpeak_init_interval"),
        Column::int("onpeak_follow_interval", "t.onpeak_follow_interval"),
        Column::int("offpeak_init_interval", "t.offpeak_init_interval"),
        Column::int("offpeak_follow_interval", "t.offpeak_follow_interval"),
    ],
    tallies: &["reseller_id", "billing_profile_id", "billing_zone_id"],
};

/// Counts a fee in or out of the lists that it is in.
pub(super) fn count(tx: &mut Tx, id: FeeId, reseller: AccountId, profile: ProfileId, zone: ZoneId, amount: i64) {
    let values = [("reseller_id", reseller.0), ("billing_profile_id", profile.0), ("billing_zone_id", zone.0)];
    ALL.count(tx, id.0, &values, amount);
}

impl Fee {
    fn count(&self, tx: &mut Tx, amount: i64) {
        count(tx, self.id, self.reseller_id, self.billing_profile_id, self.billing_zone_id, amount);
    }
}

/// A row with the id and every column.
pub(super) fn fee(row: &Row) -> Result<Fee> {
    Ok(Fee {
        id: row.get("id")?,
        billing_profile_id: row.get("profile_id")?,
        billing_zone_id: row.get("zone_id")?,
        reseller_id: row.get("reseller_id")?,
        spec: spec(row)?,
    })
}

/// A fee that the profile has already.
pub(super) fn taken(profile: ProfileId, spec: &Spec) -> Error {
    let Spec { source, destination, direction, match_mode, .. } = spec;
    Error::taken("billing fee", "destination", format!("{profile}-{match_mode}-{direction}-{source}-{destination}"))
}

/// The fees of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Fee>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(fee).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |fee| fee.id.0))
}

/// The fee of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: FeeId) -> Result<Fee> {
    let row = tx.query_opt(BY_ID, args![id]).await?;
    match row.as_ref().map(fee).transpose()? {
        Some(found) if caller.sees(tx, found.reseller_id).await? => Ok(found),
        _ => Err(Error::not_found("billing fee", id)),
    }
}

/// The id of the zone that is meant.
pub(super) async fn zone_of(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    profile: ProfileId,
    reseller: AccountId,
    zone: &ZoneRef,
) -> Result<ZoneId> {
    match zone {
        ZoneRef::Named { zone, detail } => {
            Ok(zone::find_or_create(tx, caller, now, profile, reseller, zone, detail.as_deref()).await?.id)
        }
        ZoneRef::Id(id) => match zone::get(tx, caller, *id).await {
            Ok(found) if found.billing_profile_id == profile => Ok(*id),
            Ok(_) => Err(Error::dangling("billing_zone_id", id)),
            Err(error) => Err(error.or_dangling("billing_zone_id", id)),
        },
    }
}

/// Makes a fee of a profile.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Dangling`] for `billing_profile_id` and `billing_zone_id`, [`Error::Taken`],
/// [`Error::NotAllowed`].
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    profile: ProfileId,
    zone: &ZoneRef,
    spec: &Spec,
) -> Result<Fee> {
    caller.must_be_reseller("keep billing fees")?;
    check(spec)?;
    let reseller = zone::profile_of(tx, caller, profile).await?;
    let zone = zone_of(tx, caller, now, profile, reseller, zone).await?;
    let inserted = tx.query_opt(INSERT, &values(profile, zone, reseller, spec)).await?;
    let id = inserted.ok_or_else(|| taken(profile, spec))?.at(0)?;
    let made =
        Fee { id, billing_profile_id: profile, billing_zone_id: zone, reseller_id: reseller, spec: spec.clone() };
    made.count(tx, 1);
    journal::record(tx, caller, now, None, Some(&made)).await?;
    Ok(made)
}

/// Replaces what a fee says, its zone and its profile.
///
/// # Errors
/// [`Error::NotFound`]; as [`create`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: FeeId,
    profile: ProfileId,
    zone: &ZoneRef,
    spec: &Spec,
) -> Result<Fee> {
    caller.must_be_reseller("keep billing fees")?;
    check(spec)?;
    tx.query_opt(LOCK, args![id]).await?;
    let before = get(tx, caller, id).await?;
    let reseller = zone::profile_of(tx, caller, profile).await?;
    let zone = zone_of(tx, caller, now, profile, reseller, zone).await?;
    let key = args![profile, &spec.destination, &spec.source, spec.direction, spec.match_mode];
    let other = tx.query_opt(BY_KEY, key).await?.map(|row| row.at::<FeeId>(0)).transpose()?;
    if other.is_some_and(|other| other != id) {
        return Err(taken(profile, spec));
    }
    let mut all = values(profile, zone, reseller, spec);
    all.push(id.into());
    tx.execute(UPDATE, &all).await.map_err(|error| match error {
        store::Error::Unique(_) => taken(profile, spec),
        other => other.into(),
    })?;
    let after =
        Fee { id, billing_profile_id: profile, billing_zone_id: zone, reseller_id: reseller, spec: spec.clone() };
    before.count(tx, -1);
    after.count(tx, 1);
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    Ok(after)
}

/// Removes a fee.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: FeeId) -> Result<()> {
    caller.must_be_reseller("keep billing fees")?;
    tx.query_opt(LOCK, args![id]).await?;
    let before = get(tx, caller, id).await?;
    tx.execute(DELETE, args![id]).await?;
    before.count(tx, -1);
    journal::record(tx, caller, now, Some(&before), None).await
}

impl journal::Recorded for Fee {
    const KIND: &'static str = "billing_fees";

    fn record_id(&self) -> i64 {
        self.id.0
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.reseller_id)
    }
}
