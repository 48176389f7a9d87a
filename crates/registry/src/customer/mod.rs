//! Customers as NGNPro has them: accounts that are customers or resellers, with a user name and password of their own, who
//! they are, what they may have and properties.
//!
//! They are the accounts that every dialect shows. Who they are is the account's contact (one that other accounts share is
//! copied before it is changed), `balance` and `credit` are its money, and what NGNPro alone knows is [`Details`].
//! **Credit** is how far the balance may go below zero; 0 stands for no limit, as a client that knows no better sends 0.
//!
//! An administrator who acts for an account has that account's rights, save that it may remove what it sees.

mod create;
mod credentials;
mod delete;
mod details;
mod owner;
mod sheet;
mod standing;
mod update;

use store::{Row, Tx, Val, args};

pub use create::create;
pub use credentials::{Access, Clear, caller_of, impersonating, to_make};
pub use delete::delete;
pub(crate) use delete::forget;
pub use details::Details;
pub use owner::{owner_after, owner_of_new};
pub use sheet::Sheet;
pub use standing::{may_add, may_create_records};
pub(crate) use standing::{must_see, target};
pub use update::update;

use crate::account::{self, Kind};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, ContactId, LoginId};
use crate::listing::{self, Column, Condition, Query, Reach, Source};
use crate::property::{self, Property};
use crate::seal::{Sealed, Sealer};
use crate::statement::statements as declare;
use crate::{Error, Money, Result, contact};

/// What one is called in an error.
const NOUN: &str = "customer";

/// A customer or reseller.
#[derive(Clone, Debug)]
pub struct Customer {
    /// The account.
    pub id: AccountId,
    /// The nearest reseller at or above it: itself where it is one.
    pub reseller_id: AccountId,
    /// Its user name, if it has one.
    pub username: Option<String>,
    /// Its password, if the caller may be handed it and it is known: whoever has set it elsewhere has not told.
    pub password: Option<Clear>,
    /// Who it is.
    pub contact: contact::Details,
    /// What else is known of it.
    pub details: Details,
    /// What it has.
    pub balance: Money,
    /// How far that may go below zero; 0: no limit.
    pub credit: Money,
    /// When it was changed, in microseconds since 1970 UTC.
    pub modified_at: i64,
    /// Its properties and credits, by name.
    pub properties: Vec<Property>,
    pub(crate) login_id: Option<LoginId>,
    pub(crate) contact_id: Option<ContactId>,
    sealed: Sealed,
}

/// Customers on a page of a list, and how many there are on all pages.
#[derive(Clone, Debug)]
pub struct Page {
    /// Those on the page.
    pub customers: Vec<Customer>,
    /// How many there are, where that was asked for.
    pub total: Option<i64>,
}

const FROM: &str = "accounts t LEFT JOIN contacts c ON c.id = t.contact_id \
    LEFT JOIN account_details d ON d.account_id = t.id LEFT JOIN account_credentials k ON k.account_id = t.id \
    LEFT JOIN logins l ON l.id = k.login_id";

/// What a condition on the one user name is asked by.
const NAMED: &str = "has_username";

const COLUMNS: &[Column] = &[
    Column::int("id", "t.id"),
    Column::int("reseller_id", "t.reseller_id"),
    Column::text("username", "l.username"),
    // The user name itself, found by its index.
    Column::matching(
        NAMED,
        "t.id IN (SELECT n.account_id FROM logins m JOIN account_credentials n ON n.login_id = m.id \
         WHERE m.username = CAST(? AS TEXT))",
    ),
    Column::text("firstname", "c.firstname"),
    Column::text("lastname", "c.lastname"),
    Column::text("company", "c.company"),
    Column::text("phonenumber", "c.phonenumber"),
    Column::text("email", "c.email"),
    Column::text("web", "d.web"),
    Column::text("city", "c.city"),
    Column::text("country", details::COUNTRY),
    Column::int("modified_at", "t.modified_at"),
];

/// Customers and resellers that are not terminated.
pub static ALL: Source = Source {
    name: "customers and resellers",
    from: FROM,
    // As it is said, no index by kind keeps a page from being read in the order of ids.
    fixed: "t.kind NOT IN ('operator', 'peering') AND t.named AND t.status <> 'terminated'",
    reach: Reach { account: Some("id"), ..Reach::RESELLER },
    columns: COLUMNS,
    tallies: &["reseller_id"],
};

/// Those of them that are resellers.
pub static RESELLERS: Source = Source {
    name: "running resellers",
    from: FROM,
    fixed: "t.kind = 'reseller' AND t.named AND t.status <> 'terminated'",
    reach: Reach { account: Some("id"), ..Reach::RESELLER },
    columns: COLUMNS,
    tallies: &[],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&ALL, &RESELLERS];

declare! {
    TOUCH = "UPDATE accounts SET modified_at = $1 WHERE id = $2";
}

/// Statements for several accounts at a time.
const MANY: &str = concat!(
    "SELECT a.id, a.reseller_id, a.balance, a.credit_limit, a.modified_at, a.contact_id, k.login_id, k.password_sealed, \
     l.username, ",
    details::columns!(),
    " FROM accounts a LEFT JOIN account_details d ON d.account_id = a.id \
     LEFT JOIN account_credentials k ON k.account_id = a.id LEFT JOIN logins l ON l.id = k.login_id WHERE a.id IN ({ids})"
);

/// The statements of this module and its parts.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [
        STATEMENTS,
        create::STATEMENTS,
        credentials::STATEMENTS,
        delete::STATEMENTS,
        details::STATEMENTS,
        standing::STATEMENTS,
        update::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}

fn of_row(row: &Row) -> Result<Customer> {
    Ok(Customer {
        id: row.get("id")?,
        reseller_id: row.get("reseller_id")?,
        username: row.get("username")?,
        password: None,
        contact: contact::Details::default(),
        details: Details::read(row)?,
        balance: row.get("balance")?,
        credit: row.get::<Option<Money>>("credit_limit")?.unwrap_or_default(),
        modified_at: row.get("modified_at")?,
        properties: Vec::new(),
        login_id: row.get("login_id")?,
        contact_id: row.get("contact_id")?,
        sealed: row.get("password_sealed")?,
    })
}

impl Customer {
    /// Whether it is a reseller.
    #[must_use]
    pub fn is_reseller(&self) -> bool {
        self.id == self.reseller_id
    }

    /// The password in clear, if it is known.
    fn clear(&self, sealer: &Sealer) -> Result<Option<Clear>> {
        Ok(self.sealed.open(sealer, &credentials::context(self.id))?.map(Clear::new))
    }
}

/// Those of the accounts that are there, in their order, without passwords.
async fn read(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Customer>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(of_row).collect::<Result<Vec<_>>>()?;
    let mut found = listing::in_order(ids, rows, |customer| customer.id.0);
    let mut contact_ids: Vec<i64> = found.iter().filter_map(|customer| Some(customer.contact_id?.0)).collect();
    contact_ids.sort_unstable();
    contact_ids.dedup();
    let contacts = contact::load(tx, &contact_ids).await?;
    let contacts: std::collections::BTreeMap<ContactId, contact::Details> =
        contacts.into_iter().map(|contact| (contact.id, contact.details)).collect();
    let mut properties = property::load(tx, ids).await?;
    for customer in &mut found {
        let contact = customer.contact_id.and_then(|id| contacts.get(&id));
        customer.contact = contact.cloned().unwrap_or_default();
        customer.details.name_country(customer.contact.country.as_deref());
        customer.properties = properties.remove(&customer.id.0).unwrap_or_default().into_values().collect();
    }
    Ok(found)
}

/// Whether the caller is handed the password of a customer: of its own login always; otherwise whoever may make such a
/// login itself, of accounts below it. What another login of the same reseller may not do, it does not learn how to.
fn is_handed(caller: &Caller, customer: &Customer) -> bool {
    let rights = caller.rights;
    let may = rights.show_passwords && rights.master && !rights.read_only;
    match caller.role {
        _ if is_own_login(caller, customer) => true,
        Role::Admin => may,
        Role::Reseller => may && customer.id != caller.account,
        _ => false,
    }
}

/// Whether the caller has logged in with this customer's user name and password.
pub(crate) fn is_own_login(caller: &Caller, customer: &Customer) -> bool {
    caller.login.is_some() && caller.login == customer.login_id
}

/// The customers of those ids, in their order; for ids that a [`listing`] of this module has given. Passwords are handed
/// to administrators, to the resellers above, and to whoever has logged in with it.
///
/// # Errors
/// [`Error::Internal`] where a password does not open with this server's key.
pub async fn load(tx: &mut Tx, caller: &Caller, sealer: &Sealer, ids: &[i64]) -> Result<Vec<Customer>> {
    let mut found = read(tx, ids).await?;
    for customer in &mut found {
        if is_handed(caller, customer) {
            customer.password = customer.clear(sealer)?;
        }
    }
    Ok(found)
}

/// The customer of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`]; as [`load`].
pub async fn get(tx: &mut Tx, caller: &Caller, sealer: &Sealer, id: AccountId) -> Result<Customer> {
    must_see(tx, caller, id).await?;
    load(tx, caller, sealer, &[id.0]).await?.pop().ok_or_else(|| Error::not_found(NOUN, id))
}

/// A page of the customers and resellers that the caller may see. The columns are those of [`ALL`].
///
/// # Errors
/// As [`load`].
pub async fn list(tx: &mut Tx, caller: &Caller, sealer: &Sealer, query: &Query) -> Result<Page> {
    of_source(tx, caller, sealer, &ALL, query).await
}

/// As [`list`], of resellers; with a condition that `id` is one id, of whoever that is.
///
/// # Errors
/// As [`load`].
pub async fn list_resellers(tx: &mut Tx, caller: &Caller, sealer: &Sealer, query: &Query) -> Result<Page> {
    let is_one = query.conditions.iter().any(|condition| matches!(condition, Condition::Is("id", _)));
    of_source(tx, caller, sealer, if is_one { &ALL } else { &RESELLERS }, query).await
}

/// Most characters of properties on a page.
const MOST_CHARACTERS: i64 = 32 << 20;

async fn of_source(tx: &mut Tx, caller: &Caller, sealer: &Sealer, source: &Source, query: &Query) -> Result<Page> {
    let mut query = query.clone();
    for condition in &mut query.conditions {
        if let Condition::Is("username", name) = condition {
            *condition = Condition::Is(NAMED, std::mem::replace(name, Val::Null));
        }
    }
    let found = listing::page(tx, caller, source, &query).await?;
    if property::length_of_all(tx, &found.ids).await? > MOST_CHARACTERS {
        let message = format!("their properties have more than {MOST_CHARACTERS} characters: ask for fewer customers");
        return Err(Error::Conflict(message));
    }
    Ok(Page { customers: load(tx, caller, sealer, &found.ids).await?, total: found.total })
}

/// Notes that what is known of an account was changed.
pub(crate) async fn touch(tx: &mut Tx, now: i64, id: AccountId) -> Result<()> {
    tx.execute(TOUCH, args![now, id]).await?;
    Ok(())
}

/// Counts an account into (1) or out of (-1) the lists that show it.
pub(crate) fn count(tx: &mut Tx, account: &account::Account, named: bool, amount: i64) {
    if !named || account.status == account::Status::Terminated {
        return;
    }
    if matches!(account.kind, Kind::Reseller | Kind::Customer) {
        ALL.count(tx, account.id.0, &[("reseller_id", account.reseller_id.0)], amount);
    }
    if account.kind == Kind::Reseller {
        RESELLERS.count(tx, account.id.0, &[], amount);
    }
}
