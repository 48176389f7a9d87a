//! Billing: what calls cost (profiles with peak times, zones and fees) and which profile holds for an account when.
//!
//! A profile belongs to a reseller, whose customers it may be assigned to; resellers and peerings are assigned profiles
//! by the operator. Rates are kept exactly; [`lookup`] finds the fee of a call and [`rating`] reckons what it costs.

pub mod code;
pub mod fee;
pub mod fee_batch;
pub mod interval;
pub mod lookup;
pub mod mapping;
pub mod network;
pub mod package;
pub mod peak;
pub mod profile;
mod rate;
pub mod rating;
pub mod topup;
pub mod voucher;
pub mod voucher_batch;
pub mod zone;

use store::{Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, ProfileId};
use crate::listing::Source;
use crate::statement::statements as declare;
use crate::{Error, Result, account};

pub use rate::Rate;

declare! {
    USUAL = "SELECT id FROM billing_profiles WHERE reseller_id = $1 AND status = 'active' AND NOT prepaid \
        ORDER BY CASE handle WHEN 'default' THEN 0 ELSE 1 END, id LIMIT 1";
}

/// The statements of these modules.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [
        STATEMENTS,
        fee_batch::STATEMENTS,
        network::STATEMENTS,
        package::STATEMENTS,
        topup::STATEMENTS,
        voucher::STATEMENTS,
        voucher_batch::STATEMENTS,
        peak::STATEMENTS,
        profile::STATEMENTS,
        zone::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .chain(fee::statements())
    .chain(interval::statements())
    .chain(lookup::statements())
    .chain(mapping::statements())
}

/// The lists of these modules.
pub(crate) const SOURCES: &[&Source] =
    &[&profile::ALL, &zone::ALL, &fee::ALL, &network::ALL, &package::ALL, &voucher::ALL, &topup::log::ALL];

/// Makes the default profile with one zone and one fee that costs nothing, and assigns it to the default reseller.
pub(crate) async fn bootstrap(tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
    let made = make_default(tx, caller, now, AccountId::DEFAULT_RESELLER).await?;
    if made != ProfileId(1) {
        return Err(Error::Internal(format!("the default billing profile came out as {made}")));
    }
    let assignment = mapping::Assignment::Profile(made);
    mapping::assign(tx, caller, now, AccountId::DEFAULT_RESELLER, &assignment, true).await?;
    Ok(())
}

/// The profile of a reseller for customers of whom nothing else is said, made where it has none.
pub(crate) async fn default_profile(tx: &mut Tx, caller: &Caller, now: i64, reseller: AccountId) -> Result<ProfileId> {
    if let Some(row) = tx.query_opt(USUAL, args![reseller]).await? {
        return Ok(row.at(0)?);
    }
    // Whoever else is about to make it goes first, or waits.
    account::hold(tx, reseller).await?;
    match tx.query_opt(USUAL, args![reseller]).await? {
        Some(row) => Ok(row.at(0)?),
        None => make_default(tx, caller, now, reseller).await,
    }
}

/// Makes a profile with one zone and one fee that costs nothing.
async fn make_default(tx: &mut Tx, caller: &Caller, now: i64, reseller: AccountId) -> Result<ProfileId> {
    let spec = profile::Spec {
        handle: "default".to_owned(),
        name: "Default Billing Profile".to_owned(),
        ..profile::Spec::default()
    };
    let made = profile::create(tx, caller, now, reseller, &spec).await?;
    let everywhere =
        fee::ZoneRef::Named { zone: "Free Default Zone".to_owned(), detail: Some("All Destinations".to_owned()) };
    let tariff = fee::Tariff { init_interval: 600, follow_interval: 600, ..fee::Tariff::default() };
    let fee = fee::Spec {
        source: ".".to_owned(),
        destination: ".*".to_owned(),
        onpeak: tariff.clone(),
        offpeak: tariff,
        ..fee::Spec::default()
    };
    fee::create(tx, caller, now, made.id, &everywhere, &fee).await?;
    Ok(made.id)
}
