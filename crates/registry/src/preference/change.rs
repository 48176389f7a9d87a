//! Replacing what is set for an owner.

use std::collections::BTreeMap;

use store::{Tx, args};

use crate::caller::{Caller, Role, Scope};
use crate::id::{AccountId, DomainId, SubscriberId};
use crate::journal::{self, Change, Operation};
use crate::preference::attribute::{self, Attribute};
use crate::preference::value::{self, Value, Values};
use crate::preference::{Level, all_of, bounds, named, store};
use crate::statement::statements;
use crate::{Error, Result, otp};

statements! {
    SUBSCRIBER = "SELECT account_id FROM subscribers WHERE id = $1 AND status <> 'terminated' {wait}";
    DOMAIN = "SELECT account_id FROM sip_domains WHERE id = $1 AND status <> 'terminated' {wait}";
    CUSTOMER = "SELECT id FROM accounts WHERE id = $1 AND kind = 'customer' AND status <> 'terminated' {wait}";
    RESELLER = "SELECT id FROM accounts WHERE id = $1 AND kind = 'reseller' AND status <> 'terminated' {wait}";
    PROFILE = "SELECT reseller_id FROM subscriber_profiles WHERE id = $1 {wait}";
    PEER = "SELECT id FROM peering_servers WHERE id = $1 {wait}";
    LOCATION = "SELECT contract_id FROM customer_locations WHERE id = $1 {wait}";
    HAS_NUMBER = "SELECT 1 FROM numbers WHERE digits = $1 AND account_id = $2";
}

/// What is wrong with an attribute that the profile of the subscriber does not name.
pub const OUTSIDE_PROFILE: &str = "is not in the subscriber's profile";

/// Replaces what is set for an owner by these values. Attributes that are not on the level or that the caller is not
/// shown are passed over: they are neither set nor unset. So are those that are not in the profile of a subscriber, which
/// is refused where they are to be set.
///
/// # Errors
/// [`Error::NotFound`] for the owner, [`Error::NotAllowed`], [`Error::Invalid`] with the attribute as its field (see
/// [`value::Fault`] and [`OUTSIDE_PROFILE`]), [`Error::Dangling`] for the name of a record that there is not and for a
/// `cli` that is not among the customer's numbers.
pub async fn replace(tx: &mut Tx, caller: &Caller, now: i64, level: Level, owner: i64, values: &Values) -> Result<()> {
    level.must_be_settable_by(caller)?;
    let account = account_of(tx, caller, level, owner).await?;
    let before = all_of(tx, level, &[owner]).await?.remove(&owner).unwrap_or_default();
    let bound = bounds(tx, caller, level, &[owner]).await?.remove(&owner);
    let in_profile = |attribute: &Attribute| bound.as_ref().is_none_or(|names| names.contains(attribute.name));
    let settable = |attribute: &Attribute| attribute.is_on(level) && attribute.is_shown_to(caller.role);
    let mut after = before.clone();
    for (attribute, _) in before.iter().filter(|(attribute, _)| settable(attribute) && in_profile(attribute)) {
        after.unset(attribute.name);
    }
    let mut records = BTreeMap::new();
    for (attribute, value) in values.iter().filter(|(attribute, _)| settable(attribute)) {
        if !in_profile(attribute) {
            return Err(Error::invalid(attribute.name, OUTSIDE_PROFILE));
        }
        let value = value::accept(attribute, level, value.clone()).map_err(|fault| fault.of(attribute))?;
        if before.get(attribute.name) != Some(&value) {
            let whose = named::Owner { level, id: owner, account };
            if let Some(record) = check(tx, caller, whose, attribute, &value).await? {
                records.insert(attribute.name, record);
            }
        }
        after.set(attribute, value);
    }
    for attribute in attribute::all() {
        let value = after.get(attribute.name);
        if before.get(attribute.name) != value {
            let rows = match records.get(attribute.name) {
                Some(record) => vec![record.to_string()],
                None => value.map(value::to_rows).unwrap_or_default(),
            };
            store(tx, level, owner, attribute, &rows).await?;
        }
    }
    if level == Level::Subscriber && ends_second_factor(&before, &after) {
        otp::forget(tx, caller, now, otp::Owner::Subscriber(SubscriberId(owner))).await?;
    }
    write(tx, caller, now, Operation::Update, (level, owner, account), Some(&before), &after).await
}

/// Whether a subscriber's second factor begins anew with a new secret: its own preference was switched off, or says that it
/// is off where its profile or domain has switched it on.
fn ends_second_factor(before: &Values, after: &Values) -> bool {
    let [before, after] = [before, after].map(|values| values.get("enable_2fa"));
    let (on, off) = (Some(&Value::Flag(true)), Some(&Value::Flag(false)));
    before != after && (before == on || after == off)
}

/// The account of an owner that the caller may see; the owner's row is locked, so that changes come one after another.
async fn account_of(tx: &mut Tx, caller: &Caller, level: Level, owner: i64) -> Result<AccountId> {
    let not_found = || Error::NotFound { kind: level.as_str(), key: owner.to_string() };
    let statement = match level {
        Level::Subscriber => SUBSCRIBER,
        Level::Domain => DOMAIN,
        Level::Customer => CUSTOMER,
        Level::Reseller => RESELLER,
        Level::Profile => PROFILE,
        Level::Peer => PEER,
        Level::Location => LOCATION,
        Level::DeviceModel | Level::DeviceProfile | Level::FieldDevice => return Err(not_found()),
    };
    let row = tx.query_opt(statement, args![owner]).await?.ok_or_else(not_found)?;
    // Peering servers are the operator's.
    let account = if level == Level::Peer { AccountId::OPERATOR } else { row.at(0)? };
    let visible = match caller.scope {
        Scope::Subscriber(id) => level == Level::Subscriber && id.0 == owner,
        Scope::All | Scope::Subtree(_) => caller.sees(tx, account).await?,
    };
    if visible { Ok(account) } else { Err(not_found()) }
}

/// Refuses values that refer to what there is not; the id of the record that a value names.
async fn check(
    tx: &mut Tx,
    caller: &Caller,
    owner: named::Owner,
    attribute: &'static Attribute,
    value: &Value,
) -> Result<Option<i64>> {
    let Value::Text(text) = value else { return Ok(None) };
    if attribute.named {
        return named::resolve(tx, caller, owner, attribute.name, text).await.map(Some);
    }
    let restricted = matches!(caller.role, Role::Customer | Role::SubscriberAdmin | Role::Subscriber);
    if attribute.name == "cli" && restricted && tx.query_opt(HAS_NUMBER, args![text, owner.account]).await?.is_none() {
        return Err(Error::dangling(attribute.name, text));
    }
    Ok(None)
}

/// Sets for a new domain every enum to the domain's default.
///
/// # Errors
/// Only those of the database.
pub async fn domain_defaults(tx: &mut Tx, caller: &Caller, now: i64, domain: DomainId) -> Result<()> {
    let account: AccountId = tx.query_one(DOMAIN, args![domain]).await?.at(0)?;
    let mut values = Values::new();
    for attribute in attribute::all() {
        if let Some(default) = attribute.default_on(Level::Domain) {
            store(tx, Level::Domain, domain.0, attribute, &[default]).await?;
            values.set(attribute, default.into());
        }
    }
    write(tx, caller, now, Operation::Create, (Level::Domain, domain.0, account), None, &values).await
}

async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    operation: Operation,
    (level, owner, account): (Level, i64, AccountId),
    before: Option<&Values>,
    after: &Values,
) -> Result<()> {
    let record = |values: &Values| {
        let mut record = values.for_journal();
        record.retain(|name, _| attribute::find(name).is_some_and(|attribute| !attribute.internal));
        record.insert("id".to_owned(), owner.into());
        record
    };
    let (before, after) = (before.map(record), record(after));
    let change = Change {
        kind: level.journal_kind(),
        record_id: owner,
        account: Some(account),
        operation,
        before: before.as_ref().map(|before| before as _),
        after: Some(&after),
    };
    journal::write(tx, caller, now, change).await
}
