//! Zones: destinations of a billing profile that are priced and shown alike.
//!
//! Zone and detail are unique in a profile. A zone takes its fees with it when it goes, and stays in its profile while it
//! has some.

use serde::Serialize;
use store::{Row, Tx, args};

use super::{fee_batch, profile};
use crate::caller::Caller;
use crate::id::{AccountId, ProfileId, ZoneId};
use crate::journal;
use crate::listing::{self, Column, Reach, Source};
use crate::statement::statements;
use crate::{Error, Result};

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// The id.
    pub id: ZoneId,
    /// The profile that it is a zone of.
    pub billing_profile_id: ProfileId,
    /// Whose the profile is.
    pub reseller_id: AccountId,
    /// Its name.
    pub zone: String,
    /// What of it.
    pub detail: Option<String>,
}

statements! {
    INSERT = "INSERT INTO billing_zones (profile_id, reseller_id, zone, detail) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (profile_id, zone, detail) DO NOTHING RETURNING id";
    UPDATE = "UPDATE billing_zones SET profile_id = $1, reseller_id = $2, zone = $3, detail = $4 WHERE id = $5";
    DELETE = "DELETE FROM billing_zones WHERE id = $1";
    BY_ID = "SELECT id, profile_id, reseller_id, zone, detail FROM billing_zones WHERE id = $1";
    BY_NAME = "SELECT id, profile_id, reseller_id, zone, detail FROM billing_zones \
        WHERE profile_id = $1 AND zone = $2 AND detail = $3";
    LOCK = "SELECT id FROM billing_zones WHERE id = $1 {wait}";
    HAS_FEES = "SELECT 1 FROM billing_fees WHERE zone_id = $1 LIMIT 1";
}

const MANY: &str = "SELECT id, profile_id, reseller_id, zone, detail FROM billing_zones WHERE id IN ({ids})";

/// The zones of all profiles.
pub static ALL: Source = Source {
    name: "billing zones",
    from: "billing_zones t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("billing_profile_id", "t.profile_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("zone", "t.zone"),
        Column::text("detail", "t.detail"),
    ],
    tallies: &["reseller_id", "billing_profile_id"],
};

impl Zone {
    fn count(&self, tx: &mut Tx, amount: i64) {
        let values = [("reseller_id", self.reseller_id.0), ("billing_profile_id", self.billing_profile_id.0)];
        ALL.count(tx, self.id.0, &values, amount);
    }

    fn taken(&self) -> Error {
        let detail = self.detail.as_deref().unwrap_or_default();
        Error::taken("billing zone", "zone", format!("{}-{}-{detail}", self.billing_profile_id, self.zone))
    }
}

fn zone(row: &Row) -> Result<Zone> {
    let detail: String = row.get("detail")?;
    Ok(Zone {
        id: row.get("id")?,
        billing_profile_id: row.get("profile_id")?,
        reseller_id: row.get("reseller_id")?,
        zone: row.get("zone")?,
        detail: (!detail.is_empty()).then_some(detail),
    })
}

/// The zones of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Zone>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(zone).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |zone| zone.id.0))
}

/// The zone of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: ZoneId) -> Result<Zone> {
    let row = tx.query_opt(BY_ID, args![id]).await?;
    match row.as_ref().map(zone).transpose()? {
        Some(found) if caller.sees(tx, found.reseller_id).await? => Ok(found),
        _ => Err(Error::not_found("billing zone", id)),
    }
}

/// The profile that a zone or fee is to be in, and whose it is.
pub(super) async fn profile_of(tx: &mut Tx, caller: &Caller, id: ProfileId) -> Result<AccountId> {
    let profile = profile::get(tx, caller, id).await;
    Ok(profile.map_err(|error| error.or_dangling("billing_profile_id", id))?.reseller_id)
}

fn check(name: &str, detail: Option<&str>) -> Result<()> {
    if name.is_empty() || name.chars().count() > 127 {
        return Err(Error::invalid("zone", "a zone has 1 to 127 characters"));
    }
    if detail.is_some_and(|detail| detail.chars().count() > 127) {
        return Err(Error::invalid("detail", "a detail has at most 127 characters"));
    }
    Ok(())
}

/// Makes a zone of a profile.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Dangling`] for `billing_profile_id`, [`Error::Taken`] for `zone`, [`Error::NotAllowed`].
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    profile: ProfileId,
    name: &str,
    detail: Option<&str>,
) -> Result<Zone> {
    caller.must_be_reseller("keep billing zones")?;
    let reseller = profile_of(tx, caller, profile).await?;
    match insert(tx, caller, now, profile, reseller, name, detail).await? {
        (made, true) => Ok(made),
        (found, false) => Err(found.taken()),
    }
}

/// The zone of that name and detail, made where there is none.
pub(super) async fn find_or_create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    profile: ProfileId,
    reseller: AccountId,
    name: &str,
    detail: Option<&str>,
) -> Result<Zone> {
    let row = tx.query_opt(BY_NAME, args![profile, name, detail.unwrap_or_default()]).await?;
    match row.as_ref().map(zone).transpose()? {
        Some(found) => Ok(found),
        None => Ok(insert(tx, caller, now, profile, reseller, name, detail).await?.0),
    }
}

/// Makes a zone; where it is there already, it is given with `false`.
async fn insert(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    profile: ProfileId,
    reseller: AccountId,
    name: &str,
    detail: Option<&str>,
) -> Result<(Zone, bool)> {
    check(name, detail)?;
    let key = detail.unwrap_or_default();
    let Some(row) = tx.query_opt(INSERT, args![profile, reseller, name, key]).await? else {
        return Ok((zone(&tx.query_one(BY_NAME, args![profile, name, key]).await?)?, false));
    };
    let made = Zone {
        id: row.at(0)?,
        billing_profile_id: profile,
        reseller_id: reseller,
        zone: name.to_owned(),
        detail: detail.filter(|detail| !detail.is_empty()).map(str::to_owned),
    };
    made.count(tx, 1);
    journal::record(tx, caller, now, None, Some(&made)).await?;
    Ok((made, true))
}

/// Renames a zone, or moves one that has no fees to another profile.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`], for `billing_profile_id` where the zone has fees; as [`create`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: ZoneId,
    profile: ProfileId,
    name: &str,
    detail: Option<&str>,
) -> Result<Zone> {
    caller.must_be_reseller("keep billing zones")?;
    check(name, detail)?;
    tx.query_opt(LOCK, args![id]).await?;
    let before = get(tx, caller, id).await?;
    let mut reseller = before.reseller_id;
    if profile != before.billing_profile_id {
        reseller = profile_of(tx, caller, profile).await?;
        if tx.query_opt(HAS_FEES, args![id]).await?.is_some() {
            return Err(Error::invalid("billing_profile_id", "a zone with fees stays in its billing profile"));
        }
    }
    let after = Zone {
        id,
        billing_profile_id: profile,
        reseller_id: reseller,
        zone: name.to_owned(),
        detail: detail.filter(|detail| !detail.is_empty()).map(str::to_owned),
    };
    let key = detail.unwrap_or_default();
    let other = tx.query_opt(BY_NAME, args![profile, name, key]).await?;
    if other.map(|row| row.get::<ZoneId>("id")).transpose()?.is_some_and(|other| other != id) {
        return Err(after.taken());
    }
    tx.execute(UPDATE, args![profile, reseller, name, key, id]).await.map_err(|error| match error {
        store::Error::Unique(_) => after.taken(),
        other => other.into(),
    })?;
    before.count(tx, -1);
    after.count(tx, 1);
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    Ok(after)
}

/// Removes a zone and its fees.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: ZoneId) -> Result<()> {
    caller.must_be_reseller("keep billing zones")?;
    tx.query_opt(LOCK, args![id]).await?;
    let before = get(tx, caller, id).await?;
    fee_batch::clear_zone(tx, caller, now, &before).await?;
    tx.execute(DELETE, args![id]).await?;
    before.count(tx, -1);
    journal::record(tx, caller, now, Some(&before), None).await
}

impl journal::Recorded for Zone {
    const KIND: &'static str = "billing_zones";

    fn record_id(&self) -> i64 {
        self.id.0
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.reseller_id)
    }
}
