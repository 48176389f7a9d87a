//! Making a customer or reseller.

use store::{Tx, args};

use super::credentials::{self, Access};
use super::sheet::is_same;
use super::standing::{Standing, as_operator, may_add, may_create_records};
use super::{Customer, NOUN, Sheet, read, touch};
use crate::account::papers::{self, Templates, Terms};
use crate::account::{self, Kind, Product, Status, reseller};
use crate::billing::{self, mapping::Assignment};
use crate::caller::Caller;
use crate::id::AccountId;
use crate::property::{self, Over, Target};
use crate::seal::Sealer;
use crate::statement::statements;
use crate::{Error, Money, Result, contact};

statements! {
    NAMED = "SELECT 1 FROM logins WHERE username = $1";
}

/// Whose customer the new one is to be; none: it is to be a reseller.
async fn reseller_for(tx: &mut Tx, standing: Standing, wanted: Option<AccountId>) -> Result<Option<AccountId>> {
    let wanted = wanted.filter(|id| *id != AccountId::OPERATOR);
    match (standing, wanted) {
        (Standing::Customer(_), _) => Err(Error::NotAllowed("customers make no customers".to_owned())),
        (Standing::Reseller(own), None) => Ok(Some(own)),
        (Standing::Reseller(own), Some(wanted)) if own == wanted => Ok(Some(own)),
        (Standing::Reseller(own), Some(wanted)) => {
            Err(Error::NotAllowed(format!("reseller {own} makes no customers of reseller {wanted}")))
        }
        (Standing::Operator, None) => Ok(None),
        (Standing::Operator, Some(wanted)) => {
            let found = account::named_by(tx, &Caller::system(NOUN), Kind::Reseller, "reseller", wanted).await?;
            Ok(Some(found.id))
        }
    }
}

/// Makes a customer of the reseller that is named, or of the caller's own; an administrator who names none makes a reseller,
/// which NGCP's clients see as a contract and reseller.
///
/// # Errors
/// [`Error::NotAllowed`], also for what only administrators set; [`Error::Taken`] for the user name; [`Error::Dangling`] for
/// `reseller` and `impersonate`; [`Error::Invalid`].
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    sheet: &Sheet,
    access: &Access,
) -> Result<Customer> {
    may_add(tx, caller).await?;
    let standing = Standing::of(tx, caller).await?;
    let reseller = reseller_for(tx, standing, sheet.reseller_id).await?;
    may_create_records(tx, caller).await?;
    let (contact, mut details) = sheet.settle(None)?;
    if standing != Standing::Operator {
        refuse_what_administrators_set(sheet)?;
    }
    if tx.query_opt(NAMED, args![access.username()]).await?.is_some() {
        return Err(Error::taken(NOUN, "username", access.username()));
    }
    let operator = &as_operator(caller);
    let id = plant(tx, operator, now, reseller, &contact, access.username()).await?;
    details.own_contact = true;
    if let Some(wanted) = details.impersonate_id {
        super::update::check_impersonated(tx, id, reseller.unwrap_or(id), wanted).await?;
    }
    details.put(tx, caller, now, id, None).await?;
    let made = one(tx, id).await?;
    credentials::put(tx, caller, now, sealer, &made, access).await.map_err(|error| taken(error, access))?;
    if let Some(properties) = &sheet.properties {
        let over = if standing == Standing::Operator { Over::Everything } else { Over::Customers };
        let target = Target { account: id, reseller: made.reseller_id, over };
        property::change(tx, caller, now, &target, properties, true).await?;
    }
    if let Some(credit) = sheet.credit.filter(|credit| !is_same(*credit, Money::ZERO)) {
        account::set_credit_limit(tx, operator, now, id, Some(credit)).await?;
    }
    if let Some(balance) = sheet.balance.filter(|balance| !is_same(*balance, Money::ZERO)) {
        super::update::set_balance(tx, operator, now, id, balance).await?;
    }
    touch(tx, now, id).await?;
    super::get(tx, operator, sealer, id).await
}

/// The refusal of a user name that somebody else has taken in this moment.
pub(super) fn taken(error: Error, access: &Access) -> Error {
    match error {
        Error::Taken { field: "username", .. } => Error::taken(NOUN, "username", access.username()),
        other => other,
    }
}

fn refuse_what_administrators_set(sheet: &Sheet) -> Result<()> {
    let is_set = |amount: Option<Money>| amount.is_some_and(|amount| !is_same(amount, Money::ZERO));
    for (field, set) in [
        ("balance", is_set(sheet.balance)),
        ("credit", is_set(sheet.credit)),
        ("company_code", !sheet.details.company_code.is_empty()),
    ] {
        if set {
            return Err(Error::NotAllowed(format!("only an administrator sets {field}")));
        }
    }
    Ok(())
}

async fn one(tx: &mut Tx, id: AccountId) -> Result<Customer> {
    read(tx, &[id.0]).await?.pop().ok_or_else(|| Error::not_found(NOUN, id))
}

/// Makes the account with its contact: a customer of the reseller, or a reseller by the name of its company.
async fn plant(
    tx: &mut Tx,
    operator: &Caller,
    now: i64,
    of: Option<AccountId>,
    contact: &contact::Details,
    username: &str,
) -> Result<AccountId> {
    let profile = billing::default_profile(tx, operator, now, of.unwrap_or(AccountId::DEFAULT_RESELLER)).await?;
    let contact_id = contact::add(tx, operator, now, of, contact).await?.id;
    let terms = Terms {
        contact_id,
        status: Status::Active,
        external_id: None,
        max_subscribers: None,
        vat_rate: None,
        add_vat: false,
        templates: Templates::default(),
    };
    let product = if of.is_some() { Product::SipAccount } else { Product::Reseller };
    let billing = Assignment::Profile(profile);
    let id = papers::create(tx, operator, now, product, &terms, &billing).await?.account.id;
    if of.is_none() {
        let numbered = format!("{username} {id}");
        let wanted = [contact.company.as_deref().unwrap_or_default(), username, &numbered];
        let name = reseller::first_free(tx, &wanted).await?;
        reseller::create(tx, operator, now, id, name, Status::Active).await?;
    }
    Ok(id)
}
