//! Accounts: one tree of operator, resellers and customers, of any depth.

use serde::Serialize;
use store::{Row, Tx, Val, args};

use crate::caller::{Caller, Role, Scope};
use crate::id::{AccountId, uuid};
use crate::journal::{self, Change, Operation};
use crate::money;
use crate::page::Page;
use crate::statement::statements;
use crate::{Error, Money, Result};

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
    /// It may.
    Active,
    /// Not for now.
    Locked,
    /// Never again.
    Terminated,
}

crate::text_enum!(Status, "status", { Active => "active", Locked => "locked", Terminated => "terminated" });

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

/// What is needed for a new account.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The account above. Under the operator only resellers and peerings stay; customers go below account 1.
    pub parent_id: AccountId,
    /// What it is.
    pub kind: Kind,
    /// Unique among its siblings.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// How far the balance may go below zero; none: no limit.
    pub credit_limit: Option<Money>,
}

statements! {
    INSERT = "INSERT INTO accounts (uuid, parent_id, reseller_id, kind, name, status, currency, balance, held, \
        credit_limit, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $9, $9) RETURNING id";
    INSERT_WITH_ID = "INSERT INTO accounts (id, uuid, parent_id, reseller_id, kind, name, status, currency, balance, held, \
        credit_limit, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9, $10, $10)";
    SET_RESELLER = "UPDATE accounts SET reseller_id = $1 WHERE id = $1";
    LINK_SELF = "INSERT INTO account_ancestors (account_id, ancestor_id, distance) VALUES ($1, $1, 0)";
    LINK_ABOVE = "INSERT INTO account_ancestors (account_id, ancestor_id, distance) \
        SELECT CAST($1 AS BIGINT), ancestor_id, distance + 1 FROM account_ancestors WHERE account_id = $2";
    BY_ID = "SELECT id, uuid, parent_id, reseller_id, kind, name, status, currency, balance, held, credit_limit \
        FROM accounts WHERE id = $1";
    BY_NAME = "SELECT id, uuid, parent_id, reseller_id, kind, name, status, currency, balance, held, credit_limit \
        FROM accounts WHERE name = $1 ORDER BY id LIMIT 2";
    BY_NAME_BELOW = "SELECT a.id, a.uuid, a.parent_id, a.reseller_id, a.kind, a.name, a.status, a.currency, a.balance, \
        a.held, a.credit_limit FROM accounts a JOIN account_ancestors b ON b.account_id = a.id \
        WHERE a.name = $1 AND b.ancestor_id = $2 ORDER BY a.id LIMIT 2";
    LIST = "SELECT id, uuid, parent_id, reseller_id, kind, name, status, currency, balance, held, credit_limit \
        FROM accounts WHERE id > $1 ORDER BY id LIMIT $2";
    LIST_BELOW = "SELECT a.id, a.uuid, a.parent_id, a.reseller_id, a.kind, a.name, a.status, a.currency, a.balance, \
        a.held, a.credit_limit FROM account_ancestors b JOIN accounts a ON a.id = b.account_id \
        WHERE b.ancestor_id = $1 AND b.account_id > $2 ORDER BY b.account_id LIMIT $3";
    SET_STATUS = "UPDATE accounts SET status = $1, modified_at = $2 WHERE id = $3";
    PAY = "UPDATE accounts SET balance = balance + $1, modified_at = $2 WHERE id = $3";
    SET_LIMIT = "UPDATE accounts SET credit_limit = $1, modified_at = $2 WHERE id = $3";
}

fn account(row: &Row) -> Result<Account> {
    Ok(Account {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        parent_id: row.get("parent_id")?,
        reseller_id: row.get("reseller_id")?,
        kind: row.get("kind")?,
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
    };
    rows.iter().map(account).collect()
}

/// Makes an account.
///
/// # Errors
/// [`Error::Invalid`], [`Error::NotAllowed`], and [`Error::Conflict`] where a sibling has the name.
pub async fn create(tx: &mut Tx, caller: &Caller, now: i64, new: &NewAccount) -> Result<Account> {
    caller.must_be_reseller("make accounts")?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.parse::<i64>().is_ok() {
        return Err(Error::invalid("name", format!("`{name}` must have 1 to 200 characters and not be a number")));
    }
    let currency = money::currency(&new.currency)?;
    check_limit(new.credit_limit)?;
    let parent_id = match (new.parent_id, new.kind) {
        (AccountId::OPERATOR, Kind::Customer) => AccountId::DEFAULT_RESELLER,
        (parent, _) => parent,
    };
    match new.kind {
        Kind::Operator => return Err(Error::invalid("kind", "there is one operator")),
        Kind::Reseller | Kind::Peering => caller.must_be_admin("make resellers and peerings")?,
        Kind::Customer => {}
    }
    let parent = get(tx, caller, parent_id).await?;
    if parent.status == Status::Terminated {
        return Err(Error::Conflict(format!("account {parent_id} is terminated")));
    }
    let inserted = tx
        .query_one(
            INSERT,
            args![
                uuid(),
                parent_id,
                parent.reseller_id,
                new.kind,
                name,
                Status::Active,
                &currency,
                new.credit_limit,
                now
            ],
        )
        .await;
    let id: AccountId = match inserted {
        Ok(row) => row.at(0)?,
        Err(store::Error::Unique(_)) => {
            return Err(Error::Conflict(format!("account {parent_id} has an account named `{name}` already")));
        }
        Err(error) => return Err(error.into()),
    };
    if new.kind == Kind::Reseller {
        tx.execute(SET_RESELLER, args![id]).await?;
    }
    tx.execute(LINK_SELF, args![id]).await?;
    tx.execute(LINK_ABOVE, args![id, parent_id]).await?;
    let made = get(tx, caller, id).await?;
    write(tx, caller, now, Operation::Create, None, &made).await?;
    Ok(made)
}

async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    operation: Operation,
    before: Option<&Account>,
    after: &Account,
) -> Result<()> {
    let change = Change {
        kind: "accounts",
        record_id: after.id.0,
        account: Some(after.id),
        operation,
        before: before.map(|b| b as _),
        after: Some(after),
    };
    journal::write(tx, caller, now, change).await
}

/// Makes the operator and the default reseller at the first start.
pub(crate) async fn bootstrap(tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
    let none: Option<Money> = None;
    let operator = AccountId::OPERATOR;
    let values = args![operator, uuid(), none, operator, Kind::Operator, "operator", Status::Active, "EUR", none, now];
    tx.execute(INSERT_WITH_ID, values).await?;
    tx.execute(LINK_SELF, args![operator]).await?;
    let made = get(tx, caller, operator).await?;
    write(tx, caller, now, Operation::Create, None, &made).await?;
    let reseller = NewAccount {
        parent_id: operator,
        kind: Kind::Reseller,
        name: "default".to_owned(),
        currency: "EUR".to_owned(),
        credit_limit: None,
    };
    let made = create(tx, caller, now, &reseller).await?;
    if made.id == AccountId::DEFAULT_RESELLER {
        Ok(())
    } else {
        Err(Error::Internal(format!("the default reseller came out as account {}", made.id)))
    }
}

fn check_limit(limit: Option<Money>) -> Result<()> {
    match limit {
        Some(limit) if limit < Money::ZERO => Err(Error::invalid("credit_limit", format!("{limit} is below zero"))),
        _ => Ok(()),
    }
}

/// Money is for resellers and administrators, and for nobody on their own account.
fn must_be_above(caller: &Caller, id: AccountId, to: &str) -> Result<()> {
    caller.must_be_reseller(to)?;
    match caller.role {
        Role::Reseller if caller.account == id => {
            Err(Error::NotAllowed(format!("only an administrator may {to} for account {id} itself")))
        }
        _ => Ok(()),
    }
}

/// Records money that an account has paid in (or, below zero, was paid back).
///
/// # Errors
/// [`Error::NotAllowed`] for customers, [`Error::NotFound`].
pub async fn pay(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId, amount: Money) -> Result<Account> {
    must_be_above(caller, id, "record payments")?;
    change(tx, caller, now, id, PAY, args![amount, now, id]).await
}

/// Sets how far an account's balance may go below zero; none: no limit.
///
/// # Errors
/// As [`pay`].
pub async fn set_credit_limit(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: AccountId,
    limit: Option<Money>,
) -> Result<Account> {
    must_be_above(caller, id, "set credit limits")?;
    check_limit(limit)?;
    change(tx, caller, now, id, SET_LIMIT, args![limit, now, id]).await
}

/// Locks, unlocks or terminates an account.
///
/// # Errors
/// As [`pay`]; [`Error::Conflict`] for the operator and the default reseller and for what is terminated.
pub async fn set_status(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId, status: Status) -> Result<Account> {
    caller.must_be_reseller("change the status of accounts")?;
    if id == AccountId::OPERATOR || id == AccountId::DEFAULT_RESELLER || id == caller.account {
        return Err(Error::Conflict(format!("the status of account {id} can't be changed here")));
    }
    if get(tx, caller, id).await?.status == Status::Terminated {
        return Err(Error::Conflict(format!("account {id} is terminated")));
    }
    change(tx, caller, now, id, SET_STATUS, args![status, now, id]).await
}

async fn change(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: AccountId,
    update: &str,
    values: &[Val],
) -> Result<Account> {
    let before = get(tx, caller, id).await?;
    tx.execute(update, values).await?;
    let after = get(tx, caller, id).await?;
    write(tx, caller, now, Operation::Update, Some(&before), &after).await?;
    Ok(after)
}
