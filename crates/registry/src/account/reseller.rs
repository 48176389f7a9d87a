//! Resellers by name: a contract of the kind becomes a reseller to the outside when it is given a name.
//!
//! Names are unique over all resellers that are not terminated. A terminated one gives its name up to whoever wants it.

use serde::Serialize;
use store::{Row, Tx, args};

use super::papers::{self, Papers};
use super::{Kind, Status, status, tree};
use crate::caller::Caller;
use crate::id::AccountId;
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::{Error, Result, template};

/// Why a customer's contract can't become a reseller.
pub const CONTRACT_OF_CUSTOMER: &str = "it is the contract of a customer";

/// A reseller as its list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reseller {
    /// The account.
    pub id: AccountId,
    /// The same account, as a contract.
    pub contract_id: AccountId,
    /// Unique over all resellers that are not terminated.
    pub name: String,
    /// Whether it may act.
    pub status: Status,
}

statements! {
    BY_NAME = "SELECT id, status FROM accounts WHERE name = $1 AND kind = 'reseller' AND named ORDER BY id";
    LOCK = "SELECT kind, named, status FROM accounts WHERE id = $1 {wait}";
    SET_NAME = "UPDATE accounts SET name = $1, named = TRUE, modified_at = $2 WHERE id = $3";
}

impl From<&Papers> for Reseller {
    fn from(papers: &Papers) -> Reseller {
        let account = &papers.account;
        Reseller { id: account.id, contract_id: account.id, name: account.name.clone(), status: account.status }
    }
}

/// Names a contract, which makes a reseller of it, and sets its status. It gets copies of the installation's templates of
/// mails.
///
/// # Errors
/// [`Error::Dangling`] where `contract_id` is no contract of a reseller, [`Error::Invalid`] where it is a customer's,
/// [`Error::Taken`] where it has been named or the name belongs to another; [`Error::NotAllowed`].
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    contract: AccountId,
    name: &str,
    status: Status,
) -> Result<Papers> {
    caller.must_be_admin("make resellers")?;
    let row = tx.query_opt(LOCK, args![contract]).await?;
    let row = row.ok_or_else(|| Error::dangling("contract_id", contract))?;
    match (row.get::<Kind>("kind")?, row.get::<Status>("status")?) {
        (Kind::Customer, _) => return Err(Error::invalid("contract_id", CONTRACT_OF_CUSTOMER)),
        (Kind::Reseller, _) if row.get("named")? => return Err(Error::taken("reseller", "contract_id", contract)),
        (Kind::Operator | Kind::Peering, _) | (_, Status::Terminated) => {
            return Err(Error::dangling("contract_id", contract));
        }
        (Kind::Reseller, _) => {}
    }
    let made = change(tx, caller, now, contract, name, status).await?;
    if status != Status::Terminated {
        template::copy_to(tx, caller, now, contract).await?;
    }
    Ok(made)
}

/// Gives a reseller another name and sets its status, which is that of its contract too. Its contract stays.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Taken`] for the name and for a contract that is another reseller's,
/// [`Error::Dangling`] for any other contract; [`Error::Terminated`], [`Error::NotAllowed`]; as [`super::set_status`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: AccountId,
    contract: AccountId,
    name: &str,
    status: Status,
) -> Result<Papers> {
    caller.must_be_admin("change resellers")?;
    let row = tx.query_opt(LOCK, args![id]).await?.ok_or_else(|| Error::not_found("reseller", id))?;
    if !is_reseller(&row)? {
        return Err(Error::not_found("reseller", id));
    }
    if row.get::<Status>("status")? == Status::Terminated {
        return Err(Error::Terminated { kind: "reseller", key: id.to_string() });
    }
    if contract != id {
        return match tx.query_opt(LOCK, args![contract]).await? {
            Some(other) if is_reseller(&other)? => Err(Error::taken("reseller", "contract_id", contract)),
            _ => Err(Error::dangling("contract_id", contract)),
        };
    }
    change(tx, caller, now, id, name, status).await
}

fn is_reseller(row: &Row) -> Result<bool> {
    Ok(row.get::<Kind>("kind")? == Kind::Reseller && row.get("named")?)
}

async fn change(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId, name: &str, status: Status) -> Result<Papers> {
    let name = tree::checked_name(name)?;
    let before = Papers::of(tx, now, id).await?;
    if !before.named || before.account.name != name {
        match make_way(tx, caller, now, name).await? {
            Some(holder) if holder != id => return Err(Error::taken("reseller", "name", name)),
            _ => {}
        }
        match tx.execute(SET_NAME, args![name, now, id]).await {
            Err(store::Error::Unique(_)) => return Err(Error::taken("reseller", "name", name)),
            done => done?,
        };
    }
    status::apply(tx, caller, now, &before, status).await?;
    let after = Papers::of(tx, now, id).await?;
    before.count(tx, -1);
    after.count(tx, 1);
    papers::write(tx, caller, now, Operation::Update, Some(&before), &after).await?;
    write(tx, caller, now, Some(&before), &after).await?;
    Ok(after)
}

/// The first of some names that a reseller may have and that no other has; the last one where none is free.
pub(crate) async fn first_free<'a>(tx: &mut Tx, names: &[&'a str]) -> Result<&'a str> {
    for name in names {
        let Ok(name) = tree::checked_name(name) else { continue };
        let holders = tx.query(BY_NAME, args![name]).await?;
        let mut has = holders.iter().map(|row| row.get::<Status>("status"));
        if !has.any(|status| status.is_ok_and(|status| status != Status::Terminated)) {
            return Ok(name);
        }
    }
    Ok(names.last().copied().unwrap_or_default())
}

/// Takes a reseller's name from whoever is terminated; answers with the one that has it for good.
pub(super) async fn make_way(tx: &mut Tx, caller: &Caller, now: i64, name: &str) -> Result<Option<AccountId>> {
    let mut holder = None;
    for row in tx.query(BY_NAME, args![name]).await? {
        let id: AccountId = row.get("id")?;
        if row.get::<Status>("status")? != Status::Terminated {
            holder = Some(id);
            continue;
        }
        let before = Papers::of(tx, now, id).await?;
        tx.execute(SET_NAME, args![format!("old_{id}_{name}"), now, id]).await?;
        let after = Papers::of(tx, now, id).await?;
        papers::write(tx, caller, now, Operation::Update, Some(&before), &after).await?;
        write(tx, caller, now, Some(&before), &after).await?;
    }
    Ok(holder)
}

/// Writes down what has become of a reseller, where the account is one.
pub(super) async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    before: Option<&Papers>,
    after: &Papers,
) -> Result<()> {
    if after.account.kind != Kind::Reseller || !after.named {
        return Ok(());
    }
    let (before, after) = (before.filter(|before| before.named).map(Reseller::from), Reseller::from(after));
    let change = Change {
        kind: "resellers",
        record_id: after.id.0,
        account: Some(after.id),
        operation: if before.is_some() { Operation::Update } else { Operation::Create },
        before: before.as_ref().map(|before| before as _),
        after: Some(&after),
    };
    journal::write(tx, caller, now, change).await
}
