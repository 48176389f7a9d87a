//! Papers: what an account has agreed to, with whom and on what terms. NGCP calls them contracts and customers.
//!
//! A customer's contact is one of its reseller's; resellers and peerings have system contacts. The contact that a new
//! account names decides whose customer it is.

use rust_decimal::Decimal;
use serde::Serialize;
use store::{Row, Tx, args};

use super::tree::{self, Seed};
use super::{
    Account, BALANCES, CONTRACTS, CUSTOMERS, Kind, Product, RESELLERS, Status, account, columns, get, reseller, status,
};
use crate::billing::interval;
use crate::billing::mapping::{self, Assignment, Mapping};
use crate::caller::Caller;
use crate::id::{AccountId, ContactId, PackageId, ProfileId};
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::{Error, Result, contact, customer, listing, quota, template};

/// Why a contact does not suit a customer.
pub const CONTACT_OF_SYSTEM: &str = "it is a system contact";
/// Why a contact does not suit a reseller or peering.
pub const CONTACT_OF_CUSTOMERS: &str = "it is a contact of customers";
/// Why a customer can't get a contact.
pub const CONTACT_OF_ANOTHER: &str = "it is a contact of another reseller's customers";

/// Templates for mails and invoices, by their ids: those of the reseller, for customers only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Templates {
    /// For the mail to a new subscriber.
    pub subscriber_email_template_id: Option<i64>,
    /// For the mail to who has forgotten its password.
    pub passreset_email_template_id: Option<i64>,
    /// For the mail with an invoice.
    pub invoice_email_template_id: Option<i64>,
    /// For the invoice.
    pub invoice_template_id: Option<i64>,
}

/// What of an account's papers can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Who it is.
    pub contact_id: ContactId,
    /// Whether it may act.
    pub status: Status,
    /// A key in another system.
    pub external_id: Option<String>,
    /// Most subscribers; none: no limit here.
    pub max_subscribers: Option<i64>,
    /// Value added tax in per cent, as a decimal from 0 to 100; none: 0.
    pub vat_rate: Option<String>,
    /// Whether the tax is added to prices.
    pub add_vat: bool,
    /// Templates for mails and invoices.
    pub templates: Templates,
}

/// An account with its papers.
#[derive(Clone, Debug, Serialize)]
pub struct Papers {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// Who it is; nobody is known of accounts that were made without papers.
    pub contact_id: Option<ContactId>,
    /// A key in another system.
    pub external_id: Option<String>,
    /// A reseller is one to the outside once it has been named.
    pub named: bool,
    /// Most subscribers; none: no limit here.
    pub max_subscribers: Option<i64>,
    /// Value added tax in per cent, as a decimal.
    pub vat_rate: Option<String>,
    /// Whether the tax is added to prices.
    pub add_vat: bool,
    /// Templates for mails and invoices.
    #[serde(flatten)]
    pub templates: Templates,
    /// When it was made, in microseconds since 1970 UTC like all times here.
    pub created_at: i64,
    /// When it was changed last.
    pub modified_at: i64,
    /// When it became active after it had been pending.
    pub activated_at: Option<i64>,
    /// When it was terminated.
    pub terminated_at: Option<i64>,
    /// The billing profile that holds when the papers are looked at.
    pub billing_profile_id: Option<ProfileId>,
    /// The profile package that its money goes by.
    pub profile_package_id: Option<PackageId>,
    /// Its billing profiles whose own time has not ended, the first to begin first; as [`mapping::history`].
    pub mappings: Vec<Mapping>,
}

statements! {
    LOCK_CONTACT = "SELECT id FROM contacts WHERE id = $1 {wait}";
    SET_CONTACT = "UPDATE accounts SET contact_id = $1, modified_at = $2 WHERE id = $3";
    OWN_NO_MORE = "UPDATE account_details SET own_contact = FALSE WHERE account_id = $1";
    SET_TERMS = "UPDATE accounts SET contact_id = $1, external_id = $2, vat_rate = $3, add_vat = $4, \
        subscriber_email_template_id = $5, passreset_email_template_id = $6, invoice_email_template_id = $7, \
        invoice_template_id = $8, modified_at = $9 WHERE id = $10";
}

const MANY: &str = concat!(
    "SELECT ",
    columns!(),
    ", a.contact_id, a.external_id, a.named, a.vat_rate, a.add_vat, a.subscriber_email_template_id, \
     a.passreset_email_template_id, a.invoice_email_template_id, a.invoice_template_id, a.created_at, a.modified_at, \
     a.activated_at, a.terminated_at, a.profile_package_id, q.most AS max_subscribers FROM accounts a \
     LEFT JOIN quotas q ON q.account_id = a.id AND q.kind = 'subscribers' WHERE a.id IN ({ids})"
);

fn papers(row: &Row) -> Result<Papers> {
    Ok(Papers {
        account: account(row)?,
        contact_id: row.get("contact_id")?,
        external_id: row.get("external_id")?,
        named: row.get("named")?,
        max_subscribers: row.get("max_subscribers")?,
        vat_rate: row.get("vat_rate")?,
        add_vat: row.get("add_vat")?,
        templates: Templates {
            subscriber_email_template_id: row.get("subscriber_email_template_id")?,
            passreset_email_template_id: row.get("passreset_email_template_id")?,
            invoice_email_template_id: row.get("invoice_email_template_id")?,
            invoice_template_id: row.get("invoice_template_id")?,
        },
        created_at: row.get("created_at")?,
        modified_at: row.get("modified_at")?,
        activated_at: row.get("activated_at")?,
        terminated_at: row.get("terminated_at")?,
        billing_profile_id: None,
        profile_package_id: row.get("profile_package_id")?,
        mappings: Vec::new(),
    })
}

/// The papers of those accounts that are there, in their order, with what they are billed by at that time; for ids that
/// a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, now: i64, ids: &[i64]) -> Result<Vec<Papers>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(papers).collect::<Result<Vec<_>>>()?;
    let mut found = listing::in_order(ids, rows, |papers| papers.account.id.0);
    let mut mappings = mapping::history(tx, ids).await?;
    for papers in &mut found {
        papers.mappings = mappings.remove(&papers.account.id.0).unwrap_or_default();
        papers.billing_profile_id = holding(&papers.mappings, now);
    }
    // What holds may have begun before all that is shown.
    let unclear = |papers: &&Papers| papers.billing_profile_id.is_none() && !papers.mappings.is_empty();
    let unclear: Vec<i64> = found.iter().filter(unclear).map(|papers| papers.account.id.0).collect();
    let current = mapping::current(tx, &unclear, now).await?;
    for papers in found.iter_mut().filter(|papers| papers.account.status != Status::Terminated) {
        let older = current.get(&papers.account.id.0).copied();
        papers.billing_profile_id = papers.billing_profile_id.or(older);
    }
    Ok(found)
}

/// The profile of the mapping that holds at a time: of several the one that began last.
fn holding(mappings: &[Mapping], at: i64) -> Option<ProfileId> {
    let holds =
        |m: &&Mapping| m.network_id.is_none() && m.effective_start() <= at && m.stop.is_none_or(|stop| stop > at);
    mappings.iter().rfind(holds).map(|mapping| mapping.profile_id)
}

impl Papers {
    /// The papers of one account that is known to be there.
    pub(super) async fn of(tx: &mut Tx, now: i64, id: AccountId) -> Result<Papers> {
        load(tx, now, &[id.0]).await?.pop().ok_or_else(|| Error::not_found("account", id))
    }

    /// Counts the account into (1) or out of (-1) the lists that show it.
    pub(super) fn count(&self, tx: &mut Tx, amount: i64) {
        let account = &self.account;
        if account.kind != Kind::Operator {
            BALANCES.count(tx, account.id.0, &[], amount);
        }
        let mut values = vec![("reseller_id", account.reseller_id.0)];
        values.extend(self.contact_id.map(|contact| ("contact_id", contact.0)));
        if account.kind == Kind::Customer {
            CUSTOMERS.count(tx, account.id.0, &values, amount);
        }
        if matches!(account.kind, Kind::Reseller | Kind::Peering) && account.status != Status::Terminated {
            CONTRACTS.count(tx, account.id.0, &values, amount);
        }
        customer::count(tx, account, self.named, amount);
        if account.kind == Kind::Reseller && self.named {
            RESELLERS.count(tx, account.id.0, &values, amount);
        }
    }

    /// What the papers are called where they can't be changed any more.
    fn word(&self) -> &'static str {
        if self.account.kind == Kind::Customer { "customer" } else { "contract" }
    }
}

/// Makes a customer of the contact's reseller, or a reseller or peering of the operator. It is named by its uuid.
///
/// # Errors
/// [`Error::Dangling`] for `contact_id` and the templates, [`Error::Invalid`] for `contact_id` with
/// [`CONTACT_OF_SYSTEM`] or [`CONTACT_OF_CUSTOMERS`], for `status`, `vat_rate` and `max_subscribers`;
/// [`Error::NotAllowed`]; [`Error::Dangling`] for `profile_package_id`; as [`mapping::assign`].
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    product: Product,
    terms: &Terms,
    billing: &Assignment,
) -> Result<Papers> {
    let kind = product.kind();
    must_keep(caller, kind)?;
    customer::may_create_records(tx, caller).await?;
    check(kind, terms)?;
    if terms.status == Status::Terminated {
        return Err(Error::invalid("status", "nothing begins as terminated"));
    }
    let parent = contact_for(tx, caller, kind, terms.contact_id).await?;
    template::check(tx, parent, &terms.templates).await?;
    let parent = get(tx, caller, parent.unwrap_or(AccountId::OPERATOR)).await?;
    let seed = Seed {
        parent: &parent,
        kind,
        product: Some(product),
        name: None,
        status: terms.status,
        currency: &parent.currency,
        credit_limit: None,
        named: kind != Kind::Reseller,
    };
    let id = tree::plant(tx, now, &seed).await?;
    set(tx, now, id, terms).await?;
    quota::put(tx, id, quota::Kind::Subscribers, terms.max_subscribers).await?;
    interval::agree(tx, caller, now, id, billing, true).await?;
    let made = Papers::of(tx, now, id).await?;
    made.count(tx, 1);
    write(tx, caller, now, Operation::Create, None, &made).await?;
    Ok(made)
}

/// Changes the papers of an account, and with `billing` what it is billed by. What it has agreed to stays, and so does
/// the reseller whose customer it is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Terminated`]; [`Error::Invalid`] for `type`, and for `contact_id` with
/// [`CONTACT_OF_ANOTHER`]; as [`create`] and [`super::set_status`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: AccountId,
    product: Product,
    terms: &Terms,
    billing: Option<&Assignment>,
) -> Result<Papers> {
    status::hold(tx, id).await?;
    let kind = get(tx, caller, id).await?.kind;
    must_keep(caller, kind)?;
    let before = Papers::of(tx, now, id).await?;
    if before.account.status == Status::Terminated {
        return Err(Error::Terminated { kind: before.word(), key: id.to_string() });
    }
    if before.account.product != Some(product) {
        return Err(Error::invalid("type", format!("account {id} has agreed to something else")));
    }
    check(kind, terms)?;
    if before.contact_id != Some(terms.contact_id) {
        let reseller = contact_for(tx, caller, kind, terms.contact_id).await?;
        if reseller.is_some_and(|reseller| reseller != before.account.reseller_id) {
            return Err(Error::invalid("contact_id", CONTACT_OF_ANOTHER));
        }
        // Another contact was not made for this account alone.
        tx.execute(OWN_NO_MORE, args![id]).await?;
    }
    let reseller = (kind == Kind::Customer).then_some(before.account.reseller_id);
    template::check(tx, reseller, &terms.templates).await?;
    set(tx, now, id, terms).await?;
    if before.max_subscribers != terms.max_subscribers {
        quota::put(tx, id, quota::Kind::Subscribers, terms.max_subscribers).await?;
    }
    status::apply(tx, caller, now, &before, terms.status).await?;
    if let Some(billing) = billing {
        interval::agree(tx, caller, now, id, billing, false).await?;
    }
    let after = Papers::of(tx, now, id).await?;
    before.count(tx, -1);
    after.count(tx, 1);
    write(tx, caller, now, Operation::Update, Some(&before), &after).await?;
    if before.account.status != after.account.status {
        reseller::write(tx, caller, now, Some(&before), &after).await?;
    }
    Ok(after)
}

fn must_keep(caller: &Caller, kind: Kind) -> Result<()> {
    match kind {
        Kind::Customer => caller.must_care("keep customers"),
        Kind::Operator | Kind::Reseller | Kind::Peering => {
            caller.must_be_admin("keep the contracts of resellers and peerings")
        }
    }
}

fn check(kind: Kind, terms: &Terms) -> Result<()> {
    if let Some(rate) = &terms.vat_rate {
        let fits = |rate: Decimal| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&rate);
        if !rate.parse().is_ok_and(fits) {
            return Err(Error::invalid("vat_rate", format!("`{rate}` is not a number from 0 to 100")));
        }
    }
    match terms.max_subscribers {
        Some(_) if kind == Kind::Peering => {
            return Err(Error::invalid("max_subscribers", "a peering has no subscribers"));
        }
        Some(most) if most < 0 => return Err(Error::invalid("max_subscribers", format!("{most} is below zero"))),
        _ => {}
    }
    Ok(())
}

/// Refuses a contact that is not there or does not suit; answers with the reseller whose customers it is for. Nobody
/// removes it before the transaction ends.
async fn contact_for(tx: &mut Tx, caller: &Caller, kind: Kind, id: ContactId) -> Result<Option<AccountId>> {
    tx.query_opt(LOCK_CONTACT, args![id]).await?;
    let contact = contact::get(tx, caller, id).await.map_err(|error| error.or_dangling("contact_id", id))?;
    match (kind, contact.reseller_id) {
        (Kind::Customer, None) => Err(Error::invalid("contact_id", CONTACT_OF_SYSTEM)),
        (Kind::Operator | Kind::Reseller | Kind::Peering, Some(_)) => {
            Err(Error::invalid("contact_id", CONTACT_OF_CUSTOMERS))
        }
        (_, reseller) => Ok(reseller),
    }
}

async fn set(tx: &mut Tx, now: i64, id: AccountId, terms: &Terms) -> Result<()> {
    let t = &terms.templates;
    let values = args![
        terms.contact_id,
        terms.external_id.as_deref(),
        terms.vat_rate.as_deref(),
        terms.add_vat,
        t.subscriber_email_template_id,
        t.passreset_email_template_id,
        t.invoice_email_template_id,
        t.invoice_template_id,
        now,
        id
    ];
    tx.execute(SET_TERMS, values).await?;
    Ok(())
}

/// Gives an account another contact, which suits it.
pub(crate) async fn give_contact(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: AccountId,
    contact: ContactId,
) -> Result<()> {
    let before = Papers::of(tx, now, id).await?;
    tx.execute(SET_CONTACT, args![contact, now, id]).await?;
    let after = Papers::of(tx, now, id).await?;
    before.count(tx, -1);
    after.count(tx, 1);
    write(tx, caller, now, Operation::Update, Some(&before), &after).await
}

/// Writes down what has become of an account.
pub(super) async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    operation: Operation,
    before: Option<&Papers>,
    after: &Papers,
) -> Result<()> {
    let change = Change {
        kind: "accounts",
        record_id: after.account.id.0,
        account: Some(after.account.id),
        operation,
        before: before.map(|before| before as _),
        after: Some(after),
    };
    journal::write(tx, caller, now, change).await
}
