//! The schema, its first rows, and the list of every statement.

use store::Migration;

use crate::account;
use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::listing::Source;
use crate::login::{self, Credentials};
use crate::{Error, Result, contact, pool};

macro_rules! migrations {
    ($($version:literal $name:literal,)*) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../migrations/", $name, ".sql")),
        }),*]
    };
}

/// Every step of the schema. Steps that have been released are never changed; the next one goes at the end.
pub const MIGRATIONS: &[Migration] = migrations! {
    1 "0001_accounts",
    2 "0002_numbers",
    3 "0003_vendors",
    4 "0004_orders",
    5 "0005_journal_and_jobs",
    6 "0006_contacts",
    7 "0007_billing",
    8 "0008_subscribers",
    9 "0009_preferences",
    10 "0010_call_forwards",
    11 "0011_access",
    12 "0012_inventory",
    13 "0013_time_sets",
    14 "0014_subscriber_profiles",
    15 "0015_ncos",
    16 "0016_rewrite_rules",
    17 "0017_lnp",
    18 "0018_peerings",
    19 "0019_sounds_and_templates",
    20 "0020_subscriber_services",
    21 "0021_billing_networks_and_packages",
    22 "0022_calls_and_credit",
    23 "0023_phonebooks_and_more",
    24 "0024_dns",
    25 "0025_customers",
    26 "0026_sip_accounts",
    27 "0027_dns_catalog",
    28 "0028_rating_profiles",
};

/// Every statement with its name, so that a test can prepare each on both engines.
#[must_use]
pub fn statements() -> Vec<(&'static str, &'static str)> {
    [
        crate::alert::STATEMENTS,
        crate::auto_attendant::STATEMENTS,
        crate::branding::STATEMENTS,
        crate::template::STATEMENTS,
        crate::caller::STATEMENTS,
        crate::charge::STATEMENTS,
        crate::contact::STATEMENTS,
        crate::credit_hold::STATEMENTS,
        crate::event::STATEMENTS,
        crate::emergency::STATEMENTS,
        crate::otp::STATEMENTS,
        crate::property::STATEMENTS,
        crate::import::STATEMENTS,
        crate::interception::STATEMENTS,
        crate::job::STATEMENTS,
        crate::journal::STATEMENTS,
        crate::listing::STATEMENTS,
        crate::location::STATEMENTS,
        crate::location_mapping::STATEMENTS,
        login::STATEMENTS,
        crate::offer::STATEMENTS,
        pool::STATEMENTS,
        crate::refill::STATEMENTS,
        crate::reminder::STATEMENTS,
        crate::reservation::STATEMENTS,
        crate::server::STATEMENTS,
        crate::setting::STATEMENTS,
        crate::tally::STATEMENTS,
        crate::trusted_peer::STATEMENTS,
        crate::trusted_source::STATEMENTS,
        crate::upn_rewrite::STATEMENTS,
        crate::vendor::STATEMENTS,
        crate::vendor_link::STATEMENTS,
        crate::voicemail_greeting::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .chain(account::statements())
    .chain(crate::lnp::statements())
    .chain(crate::ncos::statements())
    .chain(crate::number::statements())
    .chain(crate::order::statements())
    .chain(crate::auth_token::statements())
    .chain(crate::ban::statements())
    .chain(crate::billing::statements())
    .chain(crate::call_forward::statements())
    .chain(crate::client_certificate::statements())
    .chain(crate::customer::statements())
    .chain(crate::dns::statements())
    .chain(crate::enum_::statements())
    .chain(crate::fraud::statements())
    .chain(crate::peering::statements())
    .chain(crate::rating_profile::STATEMENTS)
    .chain(crate::phonebook::statements())
    .chain(crate::preference::statements())
    .chain(crate::pstn::statements())
    .chain(crate::quota::statements())
    .chain(crate::header_rule::statements())
    .chain(crate::rewrite::statements())
    .chain(crate::service::statements())
    .chain(crate::sip_account::statements())
    .chain(crate::sip_alias::statements())
    .chain(crate::sip_domain::statements())
    .chain(crate::sound::statements())
    .chain(crate::subscriber::statements())
    .chain(crate::subscriber_profile::statements())
    .copied()
    .collect()
}

/// The statements of every kind of record, so that a test can prepare each on both engines.
#[cfg(test)]
pub(crate) fn record_statements() -> Vec<String> {
    [
        crate::record::statements::<crate::phonebook::CustomerEntry>(),
        crate::record::statements::<crate::phonebook::ResellerEntry>(),
        crate::record::statements::<crate::phonebook::SubscriberEntry>(),
        crate::record::statements::<crate::reminder::Reminder>(),
        crate::record::statements::<crate::time_set::TimeSet>(),
        crate::record::statements::<crate::interception::Interception>(),
        crate::record::statements::<crate::voicemail_greeting::Greeting>(),
        crate::record::statements::<crate::billing::network::Network>(),
        crate::record::statements::<crate::billing::package::Package>(),
        crate::record::statements::<crate::billing::voucher::Voucher>(),
        crate::record::statements::<crate::billing::topup::TopupLog>(),
        crate::record::statements::<crate::lnp::carrier::Carrier>(),
        crate::record::statements::<crate::lnp::number::LnpNumber>(),
        crate::record::statements::<crate::lnp::import::LnpImport>(),
        crate::record::statements::<crate::credit_hold::CreditHold>(),
        crate::record::statements::<crate::fraud::FraudEvent>(),
        crate::record::statements_of_rows::<crate::event::SubscriberEvent>(),
        crate::record::statements::<crate::sound::SoundSet>(),
        crate::record::statements::<crate::sound::SoundFile>(),
        crate::record::statements::<crate::template::EmailTemplate>(),
        crate::record::statements::<crate::template::InvoiceTemplate>(),
        crate::record::statements::<crate::branding::Branding>(),
        crate::record::statements::<crate::emergency::Container>(),
        crate::record::statements::<crate::emergency::Mapping>(),
        crate::record::statements::<crate::provisioning_template::Template>(),
        crate::record::statements::<crate::ncos::Level>(),
        crate::record::statements::<crate::ncos::Pattern>(),
        crate::record::statements::<crate::ncos::LnpCarrier>(),
        crate::record::statements::<crate::ncos::LnpPattern>(),
        crate::record::statements::<crate::preference::CustomAttribute>(),
        crate::record::statements::<crate::subscriber_profile::ProfileSet>(),
        crate::record::statements::<crate::subscriber_profile::Profile>(),
        crate::record::statements::<crate::peering::Group>(),
        crate::record::statements::<crate::peering::Server>(),
        crate::record::statements::<crate::peering::Rule>(),
        crate::record::statements::<crate::peering::InboundRule>(),
        crate::record::statements::<crate::trusted_source::TrustedSource>(),
        crate::record::statements::<crate::rewrite::RuleSet>(),
        crate::record::statements::<crate::rewrite::Rule>(),
        crate::record::statements::<crate::header_rule::RuleSet>(),
        crate::record::statements::<crate::header_rule::Rule>(),
        crate::record::statements::<crate::header_rule::Condition>(),
        crate::record::statements::<crate::header_rule::Action>(),
        crate::record::statements::<crate::upn_rewrite::UpnRewriteSet>(),
        crate::record::statements::<crate::location::Location>(),
        crate::record::statements::<crate::location_mapping::LocationMapping>(),
        crate::record::statements::<crate::dns::DnsZone>(),
        crate::record::statements::<crate::dns::DnsRecord>(),
        crate::record::statements::<crate::dns::FancyRecord>(),
        crate::record::statements::<crate::enum_::EnumRange>(),
        crate::record::statements::<crate::enum_::EnumNumber>(),
        crate::record::statements::<crate::rating_profile::RatingProfile>(),
        crate::record::statements::<crate::sip_alias::SipAlias>(),
        crate::record::statements::<crate::trusted_peer::TrustedPeer>(),
        crate::record::statements::<crate::pstn::Carrier>(),
        crate::record::statements::<crate::pstn::Gateway>(),
        crate::record::statements::<crate::pstn::GatewayRule>(),
        crate::record::statements::<crate::pstn::Route>(),
    ]
    .concat()
}

/// Every list, so that a test can prepare what each of them may be asked on both engines.
#[must_use]
pub fn sources() -> Vec<&'static Source> {
    [
        account::SOURCES,
        crate::ban::SOURCES,
        crate::billing::SOURCES,
        crate::call_forward::SOURCES,
        crate::client_certificate::SOURCES,
        crate::contact::SOURCES,
        crate::customer::SOURCES,
        crate::dns::SOURCES,
        crate::emergency::SOURCES,
        crate::enum_::SOURCES,
        crate::header_rule::SOURCES,
        crate::rewrite::SOURCES,
        &[&crate::rating_profile::ALL],
        &[&crate::upn_rewrite::ALL],
        &[&crate::pbx_directory::ALL, &crate::provisioning_template::ALL],
        login::SOURCES,
        crate::ncos::SOURCES,
        crate::number::SOURCES,
        crate::preference::SOURCES,
        crate::subscriber_profile::SOURCES,
        crate::order::SOURCES,
        pool::SOURCES,
        crate::phonebook::SOURCES,
        &[&crate::reminder::ALL, &crate::voicemail_greeting::ALL, &crate::interception::ALL],
        crate::reservation::SOURCES,
        crate::sip_alias::SOURCES,
        crate::sip_domain::SOURCES,
        crate::sound::SOURCES,
        crate::template::SOURCES,
        &[&crate::branding::ALL],
        crate::subscriber::SOURCES,
        &[&crate::time_set::ALL],
        crate::lnp::SOURCES,
        &[&crate::credit_hold::ALL, &crate::event::ALL, &crate::fraud::ALL],
        crate::peering::SOURCES,
        crate::pstn::SOURCES,
        &[&crate::trusted_peer::ALL],
        &[&crate::trusted_source::ALL, &crate::location::ALL, &crate::location_mapping::ALL],
        crate::vendor::SOURCES,
        crate::vendor_link::SOURCES,
    ]
    .concat()
}

/// Makes the first rows of an empty registry: the operator, the default reseller, the standard class and the first
/// administrator. False where they are there already.
///
/// # Errors
/// Only those of the database.
pub async fn bootstrap(db: &store::Db, now: i64, administrator: &Credentials) -> Result<bool> {
    crate::transaction!(db, |tx| {
        if login::any(tx).await? {
            return Ok(false);
        }
        let caller = Caller::system("first start");
        account::bootstrap(tx, &caller, now).await?;
        let contact = contact::bootstrap(tx, &caller, now).await?;
        account::set_contact(tx, AccountId::DEFAULT_RESELLER, contact).await?;
        crate::billing::bootstrap(tx, &caller, now).await?;
        pool::bootstrap(tx, &caller, now).await?;
        login::create(tx, &caller, now, AccountId::OPERATOR, Role::Admin, administrator).await?;
        Ok(true)
    })
    .or_else(|error| match error {
        // Another server got there first.
        Error::Store(store::Error::Unique(_)) => Ok(false),
        other => Err(other),
    })
}

/// Whether the registry still lacks its first rows.
///
/// # Errors
/// Only those of the database.
pub async fn is_empty(db: &store::Db) -> Result<bool> {
    Ok(!login::any(&mut db.reader()).await?)
}
