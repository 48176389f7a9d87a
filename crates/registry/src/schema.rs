//! The schema, its first rows, and the list of every statement.

use store::Migration;

use crate::account;
use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::login::{self, Credentials};
use crate::{Error, Result, pool};

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
};

/// Every statement with its name, so that a test can prepare each on both engines.
#[must_use]
pub fn statements() -> Vec<(&'static str, &'static str)> {
    [
        account::STATEMENTS,
        crate::alert::STATEMENTS,
        crate::caller::STATEMENTS,
        crate::charge::STATEMENTS,
        crate::import::STATEMENTS,
        crate::job::STATEMENTS,
        crate::journal::STATEMENTS,
        login::STATEMENTS,
        crate::offer::STATEMENTS,
        pool::STATEMENTS,
        crate::refill::STATEMENTS,
        crate::reservation::STATEMENTS,
        crate::server::STATEMENTS,
        crate::setting::STATEMENTS,
        crate::vendor::STATEMENTS,
        crate::vendor_link::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .chain(crate::number::statements())
    .chain(crate::order::statements())
    .copied()
    .collect()
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
