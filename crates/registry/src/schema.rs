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
};

/// Every statement with its name, so that a test can prepare each on both engines.
#[must_use]
pub fn statements() -> Vec<(&'static str, &'static str)> {
    [
        crate::alert::STATEMENTS,
        crate::caller::STATEMENTS,
        crate::charge::STATEMENTS,
        crate::contact::STATEMENTS,
        crate::import::STATEMENTS,
        crate::job::STATEMENTS,
        crate::journal::STATEMENTS,
        crate::listing::STATEMENTS,
        login::STATEMENTS,
        crate::offer::STATEMENTS,
        pool::STATEMENTS,
        crate::refill::STATEMENTS,
        crate::reservation::STATEMENTS,
        crate::server::STATEMENTS,
        crate::setting::STATEMENTS,
        crate::tally::STATEMENTS,
        crate::vendor::STATEMENTS,
        crate::vendor_link::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .chain(account::statements())
    .chain(crate::number::statements())
    .chain(crate::order::statements())
    .chain(crate::auth_token::statements())
    .chain(crate::ban::statements())
    .chain(crate::billing::statements())
    .chain(crate::call_forward::statements())
    .chain(crate::client_certificate::statements())
    .chain(crate::preference::statements())
    .chain(crate::quota::statements())
    .chain(crate::sip_domain::statements())
    .chain(crate::subscriber::statements())
    .copied()
    .collect()
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
        login::SOURCES,
        crate::number::SOURCES,
        crate::order::SOURCES,
        pool::SOURCES,
        crate::reservation::SOURCES,
        crate::sip_domain::SOURCES,
        crate::subscriber::SOURCES,
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
