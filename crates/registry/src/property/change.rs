//! Changing the properties of an account.

use std::collections::BTreeMap;

use serde::Serialize;
use store::{Tx, args};

use super::rules::{self, GRANTED, Over};
use super::{ABOVE, LONGEST_NAME, LONGEST_VALUE, MOST, PUT, Property, REMOVE, credit, is_set, load};
use crate::caller::Caller;
use crate::id::AccountId;
use crate::journal::{self, Change, Operation};
use crate::quota;
use crate::{Error, Result};

/// The account whose properties are changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) account: AccountId,
    pub(crate) reseller: AccountId,
    /// How the caller stands to it.
    pub(crate) over: Over,
}

/// A property as the journal has it.
#[derive(Debug, Serialize)]
struct Noted<'a> {
    value: &'a str,
    category: &'a str,
    permission: &'a str,
}

impl<'a> Noted<'a> {
    fn of(property: &'a Property) -> Noted<'a> {
        Noted {
            value: rules::for_journal(&property.name, &property.value),
            category: &property.category,
            permission: &property.permission,
        }
    }
}

/// Brings the properties of an account to what is wanted; `whole`: those that are not named go, as far as the caller may
/// change them. Whoever calls holds the account. Tells whether there was any change.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Invalid`].
pub(crate) async fn change(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    target: &Target,
    wanted: &[Property],
    whole: bool,
) -> Result<bool> {
    let before = load(tx, &[target.account.0]).await?.remove(&target.account.0).unwrap_or_default();
    let mut named: BTreeMap<&str, &Property> = BTreeMap::new();
    for property in wanted {
        check(property)?;
        named.insert(&property.name, property);
    }
    let mut after = before.clone();
    for (name, new) in &named {
        settle(target.over, &mut after, name, new)?;
    }
    if whole {
        after.retain(|name, old| {
            let permission = rules::permission(name, &old.permission);
            named.contains_key(name.as_str()) || !rules::may_change(target.over, name, permission)
        });
    }
    let changed = |name: &&String| before.get(*name) != after.get(*name);
    let names: Vec<&String> = before.keys().chain(after.keys().filter(|n| !before.contains_key(*n))).collect();
    let names: Vec<&String> = names.into_iter().filter(changed).collect();
    if names.is_empty() {
        return Ok(false);
    }
    if after.keys().filter(|name| credit(name).is_none()).count() > MOST {
        return Err(Error::invalid("properties", format!("an account has at most {MOST} properties")));
    }
    for name in &names {
        store(tx, caller, now, target, name, before.get(*name), after.get(*name)).await?;
    }
    write(tx, caller, now, target.account, &names, &before, &after).await?;
    Ok(true)
}

fn check(property: &Property) -> Result<()> {
    let wrong = |message: String| Err(Error::invalid("properties", message));
    let Property { name, value, category, permission } = property;
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return wrong(format!("a property has a name of 1 to {LONGEST_NAME} bytes"));
    }
    if category.len() > LONGEST_NAME || permission.len() > LONGEST_NAME || value.len() > LONGEST_VALUE {
        return wrong(format!(
            "{name}: at most {LONGEST_VALUE} bytes of a value and {LONGEST_NAME} of category and permission"
        ));
    }
    let typed = |c: char| c.is_control() && !matches!(c, '\r' | '\n' | '\t');
    if [value, category, permission].iter().any(|text| text.chars().any(typed)) {
        return wrong(format!("{name}: control characters are not kept"));
    }
    Ok(())
}

/// Puts a property into its place among those of the account, if the caller may.
fn settle(over: Over, all: &mut BTreeMap<String, Property>, name: &str, new: &Property) -> Result<()> {
    let old = all.get(name).cloned();
    let mut new = Property { permission: rules::permission(name, &new.permission).to_owned(), ..new.clone() };
    if let Some(kind) = credit(name) {
        let limit = limit(kind, &new.value)?;
        new.value = limit.map(|limit| limit.to_string()).unwrap_or_default();
        super::CREDIT.clone_into(&mut new.category);
    }
    let was = old.as_ref().map_or("", |old| &old.permission);
    let permission = if old.is_some() { rules::permission(name, was) } else { &new.permission };
    let may = rules::may_change(over, name, permission);
    if old.as_ref().map_or("", |old| &old.value) != new.value && !may {
        return Err(Error::NotAllowed(format!("the property {name} is not the caller's to change")));
    }
    if new.value.is_empty() {
        all.remove(name);
        return Ok(());
    }
    if let Some(old) = old {
        if !may {
            return Ok(());
        }
        // Nobody gives a property away, or takes it to where it could not be changed again.
        if !rules::may_change(over, name, &new.permission) {
            new.permission = old.permission;
        }
    }
    all.insert(name.to_owned(), new);
    Ok(())
}

/// The limit that a credit stands for.
fn limit(kind: quota::Kind, value: &str) -> Result<Option<i64>> {
    match value.trim() {
        "" => Ok(None),
        text => match text.parse::<i64>() {
            Ok(most) if most >= 0 => Ok(Some(most)),
            _ => Err(Error::invalid(kind.credit(), format!("`{text}` is not a number of records"))),
        },
    }
}

/// The reseller that what an account may have depends on: its own, and of a reseller the one above it, if there is one.
async fn reseller_above(tx: &mut Tx, target: &Target) -> Result<Option<AccountId>> {
    if target.account != target.reseller {
        return Ok(Some(target.reseller));
    }
    Ok(tx.query_opt(ABOVE, args![target.account]).await?.map(|row| row.at(0)).transpose()?)
}

async fn store(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    target: &Target,
    name: &str,
    before: Option<&Property>,
    after: Option<&Property>,
) -> Result<()> {
    let (account, value) = (target.account, after.map_or("", |after| after.value.as_str()));
    if let Some(kind) = credit(name) {
        quota::change(tx, caller, now, account, kind, limit(kind, value)?).await?;
        return Ok(());
    }
    let is_new = !before.is_some_and(|before| rules::is_yes(&before.value));
    if let Some(granted) = GRANTED.iter().find(|granted| **granted == name)
        && is_new
        && rules::is_yes(value)
        && let Some(above) = reseller_above(tx, target).await?
        && !is_set(tx, above, name).await?
    {
        let message = format!("account {account} can't have what its reseller {above} does not have");
        return Err(Error::invalid(granted, message));
    }
    match after {
        Some(p) => tx.execute(PUT, args![account, name, &p.value, &p.category, &p.permission]).await?,
        None => tx.execute(REMOVE, args![account, name]).await?,
    };
    Ok(())
}

/// Writes down what has become of the properties; quotas are written down by themselves.
async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account: AccountId,
    names: &[&String],
    before: &BTreeMap<String, Property>,
    after: &BTreeMap<String, Property>,
) -> Result<()> {
    let noted = |all: &'_ BTreeMap<String, Property>| -> BTreeMap<String, serde_json::Value> {
        let of = |name: &&&String| credit(name).is_none();
        let shown = |name: &&String| {
            let property = all.get(*name)?;
            Some(((*name).clone(), serde_json::to_value(Noted::of(property)).ok()?))
        };
        names.iter().filter(of).filter_map(shown).collect()
    };
    let (before, after) = (noted(before), noted(after));
    if before.is_empty() && after.is_empty() {
        return Ok(());
    }
    let change = Change {
        kind: "account_properties",
        record_id: account.0,
        account: Some(account),
        operation: Operation::Update,
        before: Some(&before),
        after: Some(&after),
    };
    journal::write(tx, caller, now, change).await
}
