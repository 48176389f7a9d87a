//! Properties: names with values that NGNPro's clients keep with a customer or reseller, and who may change them.
//!
//! The permission of a property says who may change it: `admin` administrators, `reseller` also the account's reseller,
//! anything else the account too. Resellers change the credits of their customers and what those may do in the telephone
//! network, though these are administrators' properties; never their own. Whoever sends a value as it is may do so.
//!
//! **The credits are quotas**: they are kept in [`crate::quota`] only, and shown here with their limits as text.

mod change;
mod rules;

use std::collections::BTreeMap;

use serde::Serialize;
use store::{Row, Tx, args};

use crate::caller::Caller;
use crate::id::AccountId;
use crate::quota::{self, Kind};
use crate::statement::statements;
use crate::{Result, customer, listing};

pub(crate) use change::{Target, change};
pub(crate) use rules::Over;

/// Most properties of an account, the credits aside.
pub const MOST: usize = 200;
/// Longest value, in bytes.
pub const LONGEST_VALUE: usize = 8_000;
/// Longest name, category and permission, in bytes.
pub const LONGEST_NAME: usize = 100;

/// The category of credits.
const CREDIT: &str = "credit";

/// A property.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Property {
    /// Unique for the account.
    pub name: String,
    /// The value; one that is empty is not kept.
    pub value: String,
    /// A word of the clients' own.
    pub category: String,
    /// Who may change it: `admin`, `reseller`, or anything else.
    pub permission: String,
}

statements! {
    ABOVE = "SELECT x.ancestor_id FROM account_ancestors x JOIN accounts a ON a.id = x.ancestor_id AND a.kind = 'reseller' \
        WHERE x.account_id = $1 AND x.distance > 0 ORDER BY x.distance LIMIT 1";
    VALUE = "SELECT value FROM account_properties WHERE account_id = $1 AND name = $2";
    PUT = "INSERT INTO account_properties (account_id, name, value, category, permission) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (account_id, name) DO UPDATE SET value = excluded.value, category = excluded.category, \
        permission = excluded.permission";
    REMOVE = "DELETE FROM account_properties WHERE account_id = $1 AND name = $2";
    REMOVE_ALL = "DELETE FROM account_properties WHERE account_id = $1";
}

/// Statements for several accounts at a time.
const MANY: &str = "SELECT account_id, name, value, category, permission FROM account_properties \
    WHERE account_id IN ({ids})";
const LENGTHS: &str = "SELECT COALESCE(SUM(LENGTH(name) + LENGTH(value) + LENGTH(category) + LENGTH(permission)), 0) \
    FROM account_properties WHERE account_id IN ({ids})";

/// What a credit limits, where that is the name of one.
pub(crate) fn credit(name: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|kind| kind.credit() == name)
}

fn property(row: &Row) -> Result<Property> {
    Ok(Property {
        name: row.get("name")?,
        value: row.get("value")?,
        category: row.get("category")?,
        permission: row.get("permission")?,
    })
}

/// How many characters the properties of those accounts have, all together.
pub(crate) async fn length_of_all(tx: &mut Tx, accounts: &[i64]) -> Result<i64> {
    let mut length = 0;
    for row in listing::for_ids(tx, LENGTHS, accounts).await? {
        length += row.at::<i64>(0)?;
    }
    Ok(length)
}

/// The properties of those accounts with their credits, by name.
pub(crate) async fn load(tx: &mut Tx, accounts: &[i64]) -> Result<BTreeMap<i64, BTreeMap<String, Property>>> {
    let mut found: BTreeMap<i64, BTreeMap<String, Property>> = BTreeMap::new();
    for row in listing::for_ids(tx, MANY, accounts).await? {
        let property = property(&row)?;
        found.entry(row.get("account_id")?).or_default().insert(property.name.clone(), property);
    }
    for (account, limits) in quota::limits(tx, accounts).await? {
        for (kind, most) in limits {
            let name = kind.credit().to_owned();
            let credit = Property {
                name: name.clone(),
                value: most.to_string(),
                category: CREDIT.to_owned(),
                permission: rules::permission(&name, "").to_owned(),
            };
            found.entry(account).or_default().insert(name, credit);
        }
    }
    Ok(found)
}

/// The properties of an account, by name.
///
/// # Errors
/// [`crate::Error::NotFound`].
pub async fn of(tx: &mut Tx, caller: &Caller, account: AccountId) -> Result<Vec<Property>> {
    customer::must_see(tx, caller, account).await?;
    let found = load(tx, &[account.0]).await?.remove(&account.0).unwrap_or_default();
    Ok(found.into_values().collect())
}

/// Sets some properties of an account and leaves the others. One without a value goes.
///
/// # Errors
/// [`crate::Error::NotFound`]; [`crate::Error::NotAllowed`] for a property that is not the caller's to change, naming it;
/// [`crate::Error::Invalid`] for `properties` or for the property.
pub async fn set(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId, wanted: &[Property]) -> Result<()> {
    caller.must_write()?;
    let target = customer::target(tx, caller, account).await?;
    if change(tx, caller, now, &target, wanted, false).await? {
        customer::touch(tx, now, account).await?;
    }
    Ok(())
}

/// The value of a property of an account.
pub(crate) async fn value(tx: &mut Tx, account: AccountId, name: &str) -> Result<Option<String>> {
    let row = tx.query_opt(VALUE, args![account, name]).await?;
    Ok(row.map(|row| row.at(0)).transpose()?)
}

/// Whether a property of an account says yes: it has a value that is not 0.
pub(crate) async fn is_set(tx: &mut Tx, account: AccountId, name: &str) -> Result<bool> {
    Ok(value(tx, account, name).await?.is_some_and(|value| rules::is_yes(&value)))
}

/// Removes the properties of an account that has ended.
pub(crate) async fn remove_all(tx: &mut Tx, account: AccountId) -> Result<()> {
    tx.execute(REMOVE_ALL, args![account]).await?;
    Ok(())
}
