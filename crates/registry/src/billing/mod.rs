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

use store::Tx;

use crate::caller::Caller;
use crate::id::{AccountId, ProfileId};
use crate::listing::Source;
use crate::{Error, Result};

pub use rate::Rate;

/// The statements of these modules.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [
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
    let spec = profile::Spec {
        handle: "default".to_owned(),
        name: "Default Billing Profile".to_owned(),
        ..profile::Spec::default()
    };
    let made = profile::create(tx, caller, now, AccountId::DEFAULT_RESELLER, &spec).await?;
    if made.id != ProfileId(1) {
        return Err(Error::Internal(format!("the default billing profile came out as {}", made.id)));
    }
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
    let assignment = mapping::Assignment::Profile(made.id);
    mapping::assign(tx, caller, now, AccountId::DEFAULT_RESELLER, &assignment, true).await?;
    Ok(())
}
