//! Contacts: persons and companies that the papers of accounts name, made first and possibly shared by accounts.
//!
//! A contact of a reseller serves its customers; a contact without a reseller (a system contact) serves resellers and
//! peerings. One that is in use is not removed; one that only terminated accounts refer to is kept as terminated.

use serde::{Deserialize, Serialize};
use store::{Row, Tx, Val, args};

use crate::account::{self, Kind};
use crate::caller::{Caller, Scope};
use crate::id::{AccountId, ContactId};
use crate::journal;
use crate::listing::{self, Column, Reach, Source};
use crate::statement::statements;
use crate::{Error, Result};

/// What is known of a contact, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// E-mail address: the one thing that must be there, save in contacts that NGNPro's clients have made.
    pub email: String,
    /// Given name.
    pub firstname: Option<String>,
    /// Family name.
    pub lastname: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Street and house number.
    pub street: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// City.
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Telephone number.
    pub phonenumber: Option<String>,
    /// Mobile telephone number.
    pub mobilenumber: Option<String>,
    /// Fax number.
    pub faxnumber: Option<String>,
    /// VAT number.
    pub vatnum: Option<String>,
    /// Number in the commercial register.
    pub comregnum: Option<String>,
    /// Name of the bank.
    pub bankname: Option<String>,
    /// International bank account number.
    pub iban: Option<String>,
    /// Code of the bank (ISO 9362).
    pub bic: Option<String>,
    /// Name in the time zone database.
    pub timezone: Option<String>,
    /// Free for any purpose.
    pub gpp0: Option<String>,
    /// Free for any purpose.
    pub gpp1: Option<String>,
    /// Free for any purpose.
    pub gpp2: Option<String>,
    /// Free for any purpose.
    pub gpp3: Option<String>,
    /// Free for any purpose.
    pub gpp4: Option<String>,
    /// Free for any purpose.
    pub gpp5: Option<String>,
    /// Free for any purpose.
    pub gpp6: Option<String>,
    /// Free for any purpose.
    pub gpp7: Option<String>,
    /// Free for any purpose.
    pub gpp8: Option<String>,
    /// Free for any purpose.
    pub gpp9: Option<String>,
}

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// The id.
    pub id: ContactId,
    /// Whose customers it serves; none: a system contact.
    pub reseller_id: Option<AccountId>,
    /// What is known of it.
    #[serde(flatten)]
    pub details: Details,
}

macro_rules! columns {
    () => {
        "email, firstname, lastname, company, street, postcode, city, country, phonenumber, mobilenumber, faxnumber, \
         vatnum, comregnum, bankname, iban, bic, timezone, gpp0, gpp1, gpp2, gpp3, gpp4, gpp5, gpp6, gpp7, gpp8, gpp9"
    };
}

statements! {
    INSERT = concat!("INSERT INTO contacts (reseller_id, status, created_at, modified_at, ", columns!(), ") \
        VALUES ($1, 'active', $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
        $20, $21, $22, $23, $24, $25, $26, $27, $28, $29) RETURNING id");
    UPDATE = "UPDATE contacts SET reseller_id = $1, modified_at = $2, email = $3, firstname = $4, lastname = $5, \
        company = $6, street = $7, postcode = $8, city = $9, country = $10, phonenumber = $11, mobilenumber = $12, \
        faxnumber = $13, vatnum = $14, comregnum = $15, bankname = $16, iban = $17, bic = $18, timezone = $19, \
        gpp0 = $20, gpp1 = $21, gpp2 = $22, gpp3 = $23, gpp4 = $24, gpp5 = $25, gpp6 = $26, gpp7 = $27, gpp8 = $28, \
        gpp9 = $29 WHERE id = $30";
    TERMINATE = "UPDATE contacts SET status = 'terminated', modified_at = $1 WHERE id = $2";
    DELETE = "DELETE FROM contacts WHERE id = $1";
    BY_ID = concat!("SELECT id, reseller_id, ", columns!(), " FROM contacts WHERE id = $1 AND status = 'active'");
    LOCK = "SELECT id FROM contacts WHERE id = $1 {wait}";
    USED = "SELECT status FROM accounts WHERE contact_id = $1 ORDER BY CASE status WHEN 'terminated' THEN 1 ELSE 0 END \
        LIMIT 1";
}

/// Statements for several contacts at a time.
const MANY: &str =
    concat!("SELECT id, reseller_id, ", columns!(), " FROM contacts WHERE id IN ({ids}) AND status = 'active'");

const COLUMNS: &[Column] = &[
    Column::int("id", "t.id"),
    Column::int("reseller_id", "t.reseller_id"),
    Column::text("email", "t.email"),
    Column::text("firstname", "t.firstname"),
    Column::text("lastname", "t.lastname"),
    Column::text("company", "t.company"),
];

/// Contacts of resellers.
pub static OF_CUSTOMERS: Source = Source {
    name: "customer contacts",
    from: "contacts t",
    fixed: "t.status = 'active' AND t.reseller_id IS NOT NULL",
    reach: Reach::RESELLER,
    columns: COLUMNS,
    tallies: &["reseller_id"],
};

/// Contacts without a reseller.
pub static OF_SYSTEM: Source = Source {
    name: "system contacts",
    from: "contacts t",
    fixed: "t.status = 'active' AND t.reseller_id IS NULL",
    reach: Reach::NOBODY,
    columns: COLUMNS,
    tallies: &[],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&OF_CUSTOMERS, &OF_SYSTEM];

impl Contact {
    fn source(&self) -> &'static Source {
        if self.reseller_id.is_some() { &OF_CUSTOMERS } else { &OF_SYSTEM }
    }

    fn count(&self, tx: &mut Tx, amount: i64) {
        let reseller = self.reseller_id.map(|reseller| ("reseller_id", reseller.0));
        self.source().count(tx, self.id.0, reseller.as_slice(), amount);
    }
}

fn contact(row: &Row) -> Result<Contact> {
    Ok(Contact {
        id: row.get("id")?,
        reseller_id: row.get("reseller_id")?,
        details: Details {
            email: row.get("email")?,
            firstname: row.get("firstname")?,
            lastname: row.get("lastname")?,
            company: row.get("company")?,
            street: row.get("street")?,
            postcode: row.get("postcode")?,
            city: row.get("city")?,
            country: row.get("country")?,
            phonenumber: row.get("phonenumber")?,
            mobilenumber: row.get("mobilenumber")?,
            faxnumber: row.get("faxnumber")?,
            vatnum: row.get("vatnum")?,
            comregnum: row.get("comregnum")?,
            bankname: row.get("bankname")?,
            iban: row.get("iban")?,
            bic: row.get("bic")?,
            timezone: row.get("timezone")?,
            gpp0: row.get("gpp0")?,
            gpp1: row.get("gpp1")?,
            gpp2: row.get("gpp2")?,
            gpp3: row.get("gpp3")?,
            gpp4: row.get("gpp4")?,
            gpp5: row.get("gpp5")?,
            gpp6: row.get("gpp6")?,
            gpp7: row.get("gpp7")?,
            gpp8: row.get("gpp8")?,
            gpp9: row.get("gpp9")?,
        },
    })
}

fn values(d: &Details) -> Vec<Val> {
    let mut values = vec![Val::from(d.email.as_str())];
    let rest = [
        &d.firstname,
        &d.lastname,
        &d.company,
        &d.street,
        &d.postcode,
        &d.city,
        &d.country,
        &d.phonenumber,
        &d.mobilenumber,
        &d.faxnumber,
        &d.vatnum,
        &d.comregnum,
        &d.bankname,
        &d.iban,
        &d.bic,
        &d.timezone,
        &d.gpp0,
        &d.gpp1,
        &d.gpp2,
        &d.gpp3,
        &d.gpp4,
        &d.gpp5,
        &d.gpp6,
        &d.gpp7,
        &d.gpp8,
        &d.gpp9,
    ];
    values.extend(rest.into_iter().map(|text| Val::from(text.as_deref())));
    values
}

/// The contacts of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Contact>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(contact).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |contact| contact.id.0))
}

/// The contact of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: ContactId) -> Result<Contact> {
    let not_found = || Error::not_found("contact", id);
    let row = tx.query_opt(BY_ID, args![id]).await?.ok_or_else(not_found)?;
    let found = contact(&row)?;
    let visible = match found.reseller_id {
        Some(reseller) => caller.sees(tx, reseller).await?,
        None => matches!(caller.scope, Scope::All),
    };
    if visible { Ok(found) } else { Err(not_found()) }
}

/// Refuses what is not an e-mail address and a reseller that there is not.
async fn check(tx: &mut Tx, caller: &Caller, reseller: Option<AccountId>, details: &Details) -> Result<()> {
    if !is_email(&details.email) {
        return Err(Error::invalid("email", format!("`{}` is not an e-mail address", details.email)));
    }
    if let Some(id) = reseller {
        account::named_by(tx, caller, Kind::Reseller, "reseller_id", id).await?;
    } else {
        caller.must_be_admin("keep system contacts")?;
    }
    Ok(())
}

/// Whether the text has the form of an e-mail address.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-') && !label.starts_with('-')
    };
    !local.is_empty()
        && text.len() <= 255
        && !local.chars().any(|c| c.is_whitespace() || c.is_control() || "@<>()[],;:\\\"".contains(c))
        && domain.contains('.')
        && domain.split('.').all(label)
}

/// Makes a contact of a reseller, or without one a system contact.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Dangling`] for the reseller, [`Error::NotAllowed`].
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    reseller: Option<AccountId>,
    details: &Details,
) -> Result<Contact> {
    caller.must_care("keep contacts")?;
    check(tx, caller, reseller, details).await?;
    add(tx, caller, now, reseller, details).await
}

/// As [`create`], for whoever has checked all that.
pub(crate) async fn add(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    reseller: Option<AccountId>,
    details: &Details,
) -> Result<Contact> {
    let mut all = vec![Val::from(reseller), Val::from(now)];
    all.extend(values(details));
    let id = tx.query_one(INSERT, &all).await?.at(0)?;
    let made = Contact { id, reseller_id: reseller, details: details.clone() };
    made.count(tx, 1);
    journal::record(tx, caller, now, None, Some(&made)).await?;
    Ok(made)
}

/// Replaces what is known of a contact, and, while no account refers to it, whose customers it serves; a system contact
/// remains one.
///
/// # Errors
/// [`Error::NotFound`], [`Error::InUse`]; as [`create`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: ContactId,
    reseller: Option<AccountId>,
    details: &Details,
) -> Result<Contact> {
    caller.must_care("keep contacts")?;
    let before = get(tx, caller, id).await?;
    if before.reseller_id.is_some() != reseller.is_some() {
        return Err(Error::invalid("reseller_id", "a system contact has no reseller, every other one has"));
    }
    check(tx, caller, reseller, details).await?;
    if before.reseller_id != reseller {
        tx.query_opt(LOCK, args![id]).await?;
        if tx.query_opt(USED, args![id]).await?.is_some() {
            return Err(Error::InUse { kind: "contact", key: id.to_string() });
        }
    }
    replace(tx, caller, now, &before, reseller, details).await
}

/// As [`update`], for whoever has checked all that.
pub(crate) async fn replace(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    before: &Contact,
    reseller: Option<AccountId>,
    details: &Details,
) -> Result<Contact> {
    let id = before.id;
    let mut all = vec![Val::from(reseller), Val::from(now)];
    all.extend(values(details));
    all.push(id.into());
    tx.execute(UPDATE, &all).await?;
    let after = Contact { id, reseller_id: reseller, details: details.clone() };
    if before.reseller_id != after.reseller_id {
        before.count(tx, -1);
        after.count(tx, 1);
    }
    journal::record(tx, caller, now, Some(before), Some(&after)).await?;
    Ok(after)
}

/// Waits for whoever is changing the contact or naming it.
pub(crate) async fn hold(tx: &mut Tx, id: ContactId) -> Result<()> {
    tx.query_opt(LOCK, args![id]).await?;
    Ok(())
}

/// Removes a contact that nobody refers to; one that only terminated accounts refer to is kept, and seen no more.
///
/// # Errors
/// [`Error::NotFound`], [`Error::InUse`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: ContactId) -> Result<()> {
    caller.must_care("keep contacts")?;
    tx.query_opt(LOCK, args![id]).await?;
    let before = get(tx, caller, id).await?;
    let used = tx.query_opt(USED, args![id]).await?;
    match used.map(|row| row.get::<account::Status>("status")).transpose()? {
        None => tx.execute(DELETE, args![id]).await?,
        Some(account::Status::Terminated) => tx.execute(TERMINATE, args![now, id]).await?,
        Some(_) => return Err(Error::InUse { kind: "contact", key: id.to_string() }),
    };
    before.count(tx, -1);
    journal::record(tx, caller, now, Some(&before), None).await
}

impl journal::Recorded for Contact {
    const KIND: &'static str = "contacts";

    fn record_id(&self) -> i64 {
        self.id.0
    }

    fn account(&self) -> Option<AccountId> {
        self.reseller_id
    }
}

/// Makes the contacts of the default customer and of the default reseller.
pub(crate) async fn bootstrap(tx: &mut Tx, caller: &Caller, now: i64) -> Result<ContactId> {
    let named = |email: &str| Details { email: email.to_owned(), ..Details::default() };
    create(tx, caller, now, Some(AccountId::DEFAULT_RESELLER), &named("default-customer@default.invalid")).await?;
    Ok(create(tx, caller, now, None, &named("default-system@default.invalid")).await?.id)
}
