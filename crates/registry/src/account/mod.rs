//! Accounts: one tree of operator, resellers and customers, of any depth.
//!
//! [`tree`] makes accounts, [`papers`] is what NGCP calls their contracts, [`reseller`] gives resellers their names,
//! [`status`] locks and terminates accounts with everything below, [`credit`] is their money.

mod belongings;
pub mod credit;
pub mod papers;
pub mod reseller;
pub mod status;
pub mod tree;

use serde::Serialize;
use store::{Row, Tx, args};

use crate::caller::{Caller, Scope};
use crate::id::AccountId;
use crate::listing::{Column, Reach, Source};
use crate::page::Page;
use crate::statement::statements;
use crate::{Error, Money, Result};

pub use credit::{pay, set_credit_limit};
pub(crate) use status::hold;
pub use status::set_status;
pub use tree::{NewAccount, create};
pub(crate) use tree::{bootstrap, set_contact};

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The root of the tree, account 0.
    Operator,
    /// Sells to customers of its own.
    Reseller,
    /// Uses what it buys.
    Customer,
    /// Another carrier.
    Peering,
}

crate::text_enum!(Kind, "kind", {
    Operator => "operator", Reseller => "reseller", Customer => "customer", Peering => "peering"
});

/// Whether an account may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not yet.
    Pending,
    /// It may.
    Active,
    /// Not for now.
    Locked,
    /// Never again.
    Terminated,
}

crate::text_enum!(Status, "status", {
    Pending => "pending", Active => "active", Locked => "locked", Terminated => "terminated"
});

/// What an account has agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Product {
    /// A customer with separate SIP subscribers.
    #[serde(rename = "sipaccount")]
    SipAccount,
    /// A customer with a cloud PBX.
    #[serde(rename = "pbxaccount")]
    PbxAccount,
    /// A carrier that calls are exchanged with.
    #[serde(rename = "sippeering")]
    SipPeering,
    /// A carrier that lines to the telephone network are rented from.
    #[serde(rename = "pstnpeering")]
    PstnPeering,
    /// A reseller.
    #[serde(rename = "reseller")]
    Reseller,
}

crate::text_enum!(Product, "type", {
    SipAccount => "sipaccount", PbxAccount => "pbxaccount", SipPeering => "sippeering", PstnPeering => "pstnpeering",
    Reseller => "reseller",
});

impl Product {
    /// The kind of account that has this product.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Product::SipAccount | Product::PbxAccount => Kind::Customer,
            Product::SipPeering | Product::PstnPeering => Kind::Peering,
            Product::Reseller => Kind::Reseller,
        }
    }

    /// What an account of that kind has agreed to where nothing is said.
    fn of(kind: Kind) -> Option<Product> {
        match kind {
            Kind::Operator => None,
            Kind::Reseller => Some(Product::Reseller),
            Kind::Customer => Some(Product::SipAccount),
            Kind::Peering => Some(Product::SipPeering),
        }
    }
}

/// An account.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// One integer in every dialect.
    pub id: AccountId,
    /// 32 random hexadecimal digits.
    pub uuid: String,
    /// The account above; none above the operator.
    pub parent_id: Option<AccountId>,
    /// The nearest reseller at or above; 0 for the operator.
    pub reseller_id: AccountId,
    /// What it is.
    pub kind: Kind,
    /// What it has agreed to; nothing: the operator.
    pub product: Option<Product>,
    /// Unique among its siblings.
    pub name: String,
    /// Whether it may act.
    pub status: Status,
    /// ISO 4217.
    pub currency: String,
    /// What is left of what was paid in; below zero where money is owed.
    pub balance: Money,
    /// Held for purchases that are under way.
    pub held: Money,
    /// How far the balance may go below zero; none: no limit.
    pub credit_limit: Option<Money>,
}

/// Columns of an [`Account`], in any order.
macro_rules! columns {
    () => {
        "a.id, a.uuid, a.parent_id, a.reseller_id, a.kind, a.product, a.name, a.status, a.currency, a.balance, a.held, \
         a.credit_limit"
    };
}
use columns;

/// Resellers that have been named, also terminated ones.
pub static RESELLERS: Source = Source {
    name: "resellers",
    from: "accounts t",
    fixed: "t.kind = 'reseller' AND t.named",
    reach: Reach { reseller: Some("id"), ..Reach::NOBODY },
    columns: &[Column::int("id", "t.id"), Column::text("name", "t.name"), Column::text("status", "t.status")],
    tallies: &[],
};

/// The contracts of resellers, named or not, and of peerings, as long as they run.
pub static CONTRACTS: Source = Source {
    name: "contracts",
    from: "accounts t",
    fixed: "t.kind IN ('reseller', 'peering') AND t.status <> 'terminated'",
    reach: Reach::NOBODY,
    columns: PAPERS,
    tallies: &["contact_id"],
};

/// Everybody who has a balance: all but the operator, also who is terminated.
pub static BALANCES: Source = Source {
    name: "balances",
    from: "accounts t",
    fixed: "t.kind <> 'operator'",
    reach: Reach::NOBODY,
    columns: PAPERS,
    tallies: &[],
};

/// Customers, also terminated ones.
pub static CUSTOMERS: Source = Source {
    name: "customers",
    from: "accounts t",
    fixed: "t.kind = 'customer'",
    reach: Reach { account: Some("id"), ..Reach::RESELLER },
    columns: PAPERS,
    tallies: &["reseller_id", "contact_id"],
};

const PAPERS: &[Column] = &[
    Column::int("id", "t.id"),
    Column::int("reseller_id", "t.reseller_id"),
    Column::int("contact_id", "t.contact_id"),
    Column::text("name", "t.name"),
    Column::text("type", "t.product"),
    Column::text("status", "t.status"),
    Column::text("external_id", "t.external_id"),
    Column::int("profile_package_id", "t.profile_package_id"),
    Column::bool("add_vat", "t.add_vat"),
    Column::int("create_timestamp", "t.created_at"),
    Column::int("modify_timestamp", "t.modified_at"),
    Column::int("activate_timestamp", "t.activated_at"),
    Column::int("terminate_timestamp", "t.terminated_at"),
    Column::matching(
        "location",
        "t.id IN (SELECT l.contract_id FROM customer_locations l WHERE l.id = CAST(CAST(? AS TEXT) AS BIGINT))",
    ),
];

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&RESELLERS, &CONTRACTS, &CUSTOMERS, &BALANCES];

statements! {
    KEEP = "SELECT id FROM accounts WHERE id = $1 {share}";
    BY_ID = concat!("SELECT ", columns!(), " FROM accounts a WHERE a.id = $1");
    BY_NAME = concat!("SELECT ", columns!(), " FROM accounts a WHERE a.name = $1 ORDER BY a.id LIMIT 2");
    BY_NAME_BELOW = concat!("SELECT ", columns!(), " FROM accounts a JOIN account_ancestors b ON b.account_id = a.id \
        WHERE a.name = $1 AND b.ancestor_id = $2 ORDER BY a.id LIMIT 2");
    LIST = concat!("SELECT ", columns!(), " FROM accounts a WHERE a.id > $1 ORDER BY a.id LIMIT $2");
    LIST_BELOW = concat!("SELECT ", columns!(), " FROM account_ancestors b JOIN accounts a ON a.id = b.account_id \
        WHERE b.ancestor_id = $1 AND b.account_id > $2 ORDER BY b.account_id LIMIT $3");
}

/// The statements of this module and its parts.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [
        STATEMENTS,
        belongings::STATEMENTS,
        credit::STATEMENTS,
        papers::STATEMENTS,
        reseller::STATEMENTS,
        status::STATEMENTS,
        tree::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}

fn account(row: &Row) -> Result<Account> {
    Ok(Account {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        parent_id: row.get("parent_id")?,
        reseller_id: row.get("reseller_id")?,
        kind: row.get("kind")?,
        product: row.get("product")?,
        name: row.get("name")?,
        status: row.get("status")?,
        currency: row.get("currency")?,
        balance: row.get("balance")?,
        held: row.get("held")?,
        credit_limit: row.get("credit_limit")?,
    })
}

/// The account of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: AccountId) -> Result<Account> {
    caller.must_see(tx, id).await?;
    let row = tx.query_opt(BY_ID, args![id]).await?;
    row.as_ref().map(account).transpose()?.ok_or_else(|| Error::not_found("account", id))
}

/// Keeps an account as it is until the transaction ends; others may keep it meanwhile.
pub(crate) async fn keep(tx: &mut Tx, id: AccountId) -> Result<()> {
    tx.query_opt(KEEP, args![id]).await?;
    Ok(())
}

/// As [`get`], for a field that names an account of that kind, which is not terminated and is not before the transaction
/// ends.
///
/// # Errors
/// [`Error::Dangling`] for the field.
pub async fn named_by(tx: &mut Tx, caller: &Caller, kind: Kind, field: &'static str, id: AccountId) -> Result<Account> {
    tx.query_opt(KEEP, args![id]).await?;
    let found = get(tx, caller, id).await.map_err(|error| error.or_dangling(field, id))?;
    match found.kind == kind && found.status != Status::Terminated {
        true => Ok(found),
        false => Err(Error::dangling(field, id)),
    }
}

/// The account of that id or, where the text is not an id, of that name among those that the caller may see.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] where several of them have the name.
pub async fn find(tx: &mut Tx, caller: &Caller, text: &str) -> Result<Account> {
    if let Ok(id) = text.parse() {
        return get(tx, caller, AccountId(id)).await;
    }
    let rows = match caller.scope {
        Scope::All => tx.query(BY_NAME, args![text]).await?,
        Scope::Subtree(root) => tx.query(BY_NAME_BELOW, args![text, root]).await?,
        Scope::Subscriber(_) => tx.query(BY_NAME_BELOW, args![text, caller.account]).await?,
    };
    match &rows[..] {
        [row] => account(row),
        [] => Err(Error::not_found("account", text)),
        _ => Err(Error::Conflict(format!("several accounts are named `{text}`: use the id"))),
    }
}

/// The accounts that the caller may see.
///
/// # Errors
/// Only those of the database.
pub async fn list(tx: &mut Tx, caller: &Caller, page: Page) -> Result<Vec<Account>> {
    let rows = match caller.scope {
        Scope::All => tx.query(LIST, args![page.after, page.limit()]).await?,
        Scope::Subtree(root) => tx.query(LIST_BELOW, args![root, page.after, page.limit()]).await?,
        Scope::Subscriber(_) => vec![],
    };
    rows.iter().map(account).collect()
}
