//! The tree: how accounts come into it.

use store::{Tx, args};

use super::credit::check_limit;
use super::papers::{self, Papers};
use super::{Account, Kind, Product, Status, get, reseller};
use crate::caller::Caller;
use crate::id::{AccountId, ContactId, uuid};
use crate::journal::Operation;
use crate::statement::statements;
use crate::{Error, Money, Result, money};

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

/// A row as it comes into the tree.
pub(super) struct Seed<'a> {
    pub(super) parent: &'a Account,
    pub(super) kind: Kind,
    pub(super) product: Option<Product>,
    /// None: its uuid.
    pub(super) name: Option<&'a str>,
    pub(super) status: Status,
    pub(super) currency: &'a str,
    pub(super) credit_limit: Option<Money>,
    pub(super) named: bool,
}

statements! {
    INSERT = "INSERT INTO accounts (uuid, parent_id, reseller_id, kind, product, name, status, currency, balance, held, \
        credit_limit, named, created_at, modified_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9, $10, $11, $11) RETURNING id";
    INSERT_OPERATOR = "INSERT INTO accounts (id, uuid, reseller_id, kind, name, status, currency, balance, held, \
        created_at, modified_at) VALUES ($1, $2, $1, 'operator', 'operator', 'active', 'EUR', 0, 0, $3, $3)";
    SET_RESELLER = "UPDATE accounts SET reseller_id = $1 WHERE id = $1";
    LINK_SELF = "INSERT INTO account_ancestors (account_id, ancestor_id, distance) VALUES ($1, $1, 0)";
    LINK_ABOVE = "INSERT INTO account_ancestors (account_id, ancestor_id, distance) \
        SELECT CAST($1 AS BIGINT), ancestor_id, distance + 1 FROM account_ancestors WHERE account_id = $2";
    TERMINATED_ABOVE = "SELECT x.ancestor_id FROM account_ancestors x JOIN accounts a ON a.id = x.ancestor_id \
        WHERE x.account_id = $1 AND a.status = 'terminated' LIMIT 1";
    SET_CONTACT = "UPDATE accounts SET contact_id = $1 WHERE id = $2";
}

/// Makes an account.
///
/// # Errors
/// [`Error::Invalid`], [`Error::NotAllowed`], and [`Error::Conflict`] where a sibling has the name or an account above is
/// terminated.
pub async fn create(tx: &mut Tx, caller: &Caller, now: i64, new: &NewAccount) -> Result<Account> {
    caller.must_be_reseller("make accounts")?;
    let name = checked_name(&new.name)?;
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
    if new.kind == Kind::Reseller {
        reseller::make_way(tx, caller, now, name).await?;
    }
    let parent = get(tx, caller, parent_id).await?;
    let seed = Seed {
        parent: &parent,
        kind: new.kind,
        product: Product::of(new.kind),
        name: Some(name),
        status: Status::Active,
        currency: &currency,
        credit_limit: new.credit_limit,
        named: true,
    };
    let id = plant(tx, now, &seed).await?;
    let made = Papers::of(tx, now, id).await?;
    made.count(tx, 1);
    papers::write(tx, caller, now, Operation::Create, None, &made).await?;
    reseller::write(tx, caller, now, None, &made).await?;
    Ok(made.account)
}

/// A name without blanks around it. One that looks like an id would be taken for one.
pub(super) fn checked_name(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.parse::<i64>().is_ok() {
        return Err(Error::invalid("name", format!("`{name}` must have 1 to 200 characters and not be a number")));
    }
    Ok(name)
}

/// Puts a row into the tree; counting it in and writing it down is for the caller to do once the row is complete.
pub(super) async fn plant(tx: &mut Tx, now: i64, seed: &Seed<'_>) -> Result<AccountId> {
    let uuid = uuid();
    let (parent, name) = (seed.parent, seed.name.unwrap_or(&uuid));
    let values = args![
        &uuid,
        parent.id,
        parent.reseller_id,
        seed.kind,
        seed.product,
        name,
        seed.status,
        seed.currency,
        seed.credit_limit,
        seed.named,
        now
    ];
    let id: AccountId = match tx.query_one(INSERT, values).await {
        Ok(row) => row.at(0)?,
        Err(store::Error::Unique(_)) => {
            return Err(Error::Conflict(format!("account {} has an account named `{name}` already", parent.id)));
        }
        Err(error) => return Err(error.into()),
    };
    if seed.kind == Kind::Reseller {
        tx.execute(SET_RESELLER, args![id]).await?;
    }
    tx.execute(LINK_SELF, args![id]).await?;
    tx.execute(LINK_ABOVE, args![id, parent.id]).await?;
    // Whoever terminates an account waits for rows that are being added below it, so this is looked at after the insert.
    if let Some(row) = tx.query_opt(TERMINATED_ABOVE, args![id]).await? {
        return Err(Error::Conflict(format!("account {} is terminated", row.at::<AccountId>(0)?)));
    }
    Ok(id)
}

/// Makes the operator and the default reseller at the first start.
pub(crate) async fn bootstrap(tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
    let operator = AccountId::OPERATOR;
    tx.execute(INSERT_OPERATOR, args![operator, uuid(), now]).await?;
    tx.execute(LINK_SELF, args![operator]).await?;
    let made = Papers::of(tx, now, operator).await?;
    papers::write(tx, caller, now, Operation::Create, None, &made).await?;
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

/// Names the contact of an account at the first start.
pub(crate) async fn set_contact(tx: &mut Tx, id: AccountId, contact: ContactId) -> Result<()> {
    Papers::of(tx, 0, id).await?.count(tx, -1);
    tx.execute(SET_CONTACT, args![contact, id]).await?;
    Papers::of(tx, 0, id).await?.count(tx, 1);
    Ok(())
}
