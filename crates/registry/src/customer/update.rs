//! Changing a customer or reseller.

use store::{Tx, args};

use super::credentials::{self, Access};
use super::sheet::is_same;
use super::standing::{Standing, as_operator, must_see};
use super::{Customer, Details, NOUN, Sheet, read, touch};
use crate::account::{self, Kind, papers};
use crate::billing::interval;
use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::property::{self, Over, Target};
use crate::seal::Sealer;
use crate::statement::statements;
use crate::{Error, Money, Result, contact};

statements! {
    SHARED = "SELECT 1 FROM accounts WHERE contact_id = $1 AND id <> $2 AND status <> 'terminated' LIMIT 1";
}

/// Puts what a client has written in the place of what there is. What the caller may not change must be as it is; a balance
/// that is not, which may have moved since the client has read it, is left alone.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`]; [`Error::Taken`] for the user name; [`Error::Dangling`] for `impersonate`;
/// [`Error::Invalid`], for `reseller` where it is another.
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: AccountId,
    sheet: &Sheet,
    access: Option<&Access>,
) -> Result<Customer> {
    caller.must_write()?;
    account::hold(tx, id).await?;
    must_see(tx, caller, id).await?;
    let before = read(tx, &[id.0]).await?.pop().ok_or_else(|| Error::not_found(NOUN, id))?;
    let over = Standing::of(tx, caller).await?.over(id, before.reseller_id);
    if sheet.reseller_id.is_some_and(|wanted| wanted != AccountId::OPERATOR && wanted != before.reseller_id) {
        return Err(Error::invalid("reseller", format!("customer {id} is of reseller {}", before.reseller_id)));
    }
    let (contact, mut details) = sheet.settle(Some(&before))?;
    keep_to_rights(caller, over, &before, &mut details)?;
    if details.impersonate_id != before.details.impersonate_id
        && let Some(wanted) = details.impersonate_id
    {
        check_impersonated(tx, id, before.reseller_id, wanted).await?;
    }
    let operator = &as_operator(caller);
    details.own_contact |= set_contact(tx, operator, now, &before, &contact).await?;
    let stored = stored(&before);
    details.put(tx, caller, now, id, Some(&stored)).await?;
    if let Some(access) = access {
        credentials::must_set(caller, &before)?;
        credentials::put(tx, caller, now, sealer, &before, access)
            .await
            .map_err(|error| super::create::taken(error, access))?;
    }
    if let Some(properties) = &sheet.properties {
        let target = Target { account: id, reseller: before.reseller_id, over };
        property::change(tx, caller, now, &target, properties, true).await?;
    }
    if let Some(credit) = sheet.credit.filter(|credit| !is_same(*credit, before.credit)) {
        must_be_operator(over, "credit")?;
        let limit = Some(credit).filter(|credit| !is_same(*credit, Money::ZERO));
        account::set_credit_limit(tx, operator, now, id, limit).await?;
    }
    if let Some(balance) = sheet.balance.filter(|balance| !is_same(*balance, before.balance))
        && over == Over::Everything
    {
        set_balance(tx, operator, now, id, balance).await?;
    }
    touch(tx, now, id).await?;
    super::load(tx, caller, sealer, &[id.0]).await?.pop().ok_or_else(|| Error::not_found(NOUN, id))
}

/// The details as they are stored: the country is the contact's where that has one.
fn stored(before: &Customer) -> Details {
    let mut stored = before.details.clone();
    if before.contact.country.as_deref().is_some_and(|code| !code.is_empty()) {
        stored.country.clear();
    }
    stored
}

fn must_be_operator(over: Over, field: &str) -> Result<()> {
    match over {
        Over::Everything => Ok(()),
        _ => Err(Error::NotAllowed(format!("only an administrator sets {field}"))),
    }
}

/// Refuses details that are not the caller's to change. What a client without the right leaves empty stays.
fn keep_to_rights(caller: &Caller, over: Over, before: &Customer, details: &mut Details) -> Result<()> {
    let was = &before.details;
    if over != Over::Everything && details.company_code.is_empty() {
        details.company_code.clone_from(&was.company_code);
    }
    if details.company_code != was.company_code {
        must_be_operator(over, "company_code")?;
    }
    if over != Over::Everything && !before.is_reseller() {
        // It means nothing there.
        details.reseller_active = was.reseller_active;
    }
    if details.reseller_active != was.reseller_active {
        must_be_operator(over, "reseller_active")?;
    }
    if details.impersonate_id != was.impersonate_id {
        let own = before.login_id.is_some() && caller.login == before.login_id;
        if own || !matches!(over, Over::Everything | Over::Customers) {
            return Err(Error::NotAllowed("only an administrator or the reseller sets impersonate".to_owned()));
        }
    }
    Ok(())
}

/// Refuses to let an account have the rights of one that is of another reseller.
pub(super) async fn check_impersonated(
    tx: &mut Tx,
    id: AccountId,
    reseller: AccountId,
    wanted: AccountId,
) -> Result<()> {
    if wanted == id || wanted == reseller {
        return Ok(());
    }
    let found = account::named_by(tx, &Caller::system(NOUN), Kind::Customer, "impersonate", wanted).await?;
    if found.reseller_id == reseller { Ok(()) } else { Err(Error::dangling("impersonate", wanted)) }
}

/// Changes who it is. A contact that others share is copied; true where the account got one of its own.
async fn set_contact(
    tx: &mut Tx,
    operator: &Caller,
    now: i64,
    before: &Customer,
    details: &contact::Details,
) -> Result<bool> {
    if before.contact_id.is_some() && before.contact == *details {
        return Ok(false);
    }
    let reseller = (!before.is_reseller()).then_some(before.reseller_id);
    let mut there = None;
    if let Some(id) = before.contact_id {
        contact::hold(tx, id).await?;
        there = contact::load(tx, &[id.0]).await?.pop();
        if tx.query_opt(SHARED, args![id, before.id]).await?.is_some() {
            there = None;
        }
    }
    if let Some(there) = there {
        contact::replace(tx, operator, now, &there, there.reseller_id, details).await?;
        return Ok(false);
    }
    let copy = contact::add(tx, operator, now, reseller, details).await?;
    papers::give_contact(tx, operator, now, before.id, copy.id).await?;
    Ok(true)
}

/// Books what makes the balance that amount.
pub(super) async fn set_balance(tx: &mut Tx, operator: &Caller, now: i64, id: AccountId, balance: Money) -> Result<()> {
    debug_assert_eq!(operator.role, Role::Admin, "whoever has checked the right passes an administrator");
    balance.movable("balance")?;
    interval::touch(tx, operator, now, id, true).await?;
    let there = account::get(tx, operator, id).await?.balance;
    let missing = Money(balance.0.saturating_sub(there.0));
    account::pay(tx, operator, now, id, missing).await?;
    Ok(())
}
