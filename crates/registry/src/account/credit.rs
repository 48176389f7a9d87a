//! The money of an account: what it has paid in, what it owes, and how far its balance may go below zero.
//!
//! Money leaves a balance through [`debit`] only. What is held is still in the balance, but can't be spent otherwise.

use store::{Tx, Val, args};

use super::papers::{self, Papers};
use super::{Account, get};
use crate::billing::interval;
use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::journal::Operation;
use crate::statement::statements;
use crate::{Error, Money, Result};

statements! {
    PAY = "UPDATE accounts SET balance = balance + $1, modified_at = $2 WHERE id = $3";
    SET_LIMIT = "UPDATE accounts SET credit_limit = $1, modified_at = $2 WHERE id = $3";
    TAKE = "UPDATE accounts SET balance = balance - $1, modified_at = $2 WHERE id = $3 \
        AND (credit_limit IS NULL OR balance - held - $1 + credit_limit >= 0)";
    TAKE_HELD = "UPDATE accounts SET balance = balance - $1, held = held - $2, modified_at = $3 WHERE id = $4";
    HOLD = "UPDATE accounts SET held = held + $1, modified_at = $2 WHERE id = $3 \
        AND (credit_limit IS NULL OR balance - held - $1 + credit_limit >= 0)";
    LET_GO = "UPDATE accounts SET held = held - $1, modified_at = $2 WHERE id = $3";
}

pub(super) fn check_limit(limit: Option<Money>) -> Result<()> {
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
    get(tx, caller, id).await?;
    let ledger = interval::touch(tx, caller, now, id, true).await?;
    let paid = change(tx, caller, now, id, PAY, args![amount, now, id]).await?;
    if let Some(ledger) = ledger {
        ledger.paid(tx, amount.0).await?;
    }
    Ok(paid)
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

async fn change(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: AccountId,
    update: &str,
    values: &[Val],
) -> Result<Account> {
    get(tx, caller, id).await?;
    let before = Papers::of(tx, now, id).await?;
    tx.execute(update, values).await?;
    let after = Papers::of(tx, now, id).await?;
    papers::write(tx, caller, now, Operation::Update, Some(&before), &after).await?;
    Ok(after.account)
}

/// Takes money from an account. With `held`, so much that was held for it before is free again: then the money is taken
/// in any case, otherwise it must be there.
///
/// # Errors
/// [`Error::NoCredit`].
pub(crate) async fn debit(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: AccountId,
    amount: Money,
    held: Option<Money>,
) -> Result<()> {
    let ledger = interval::touch(tx, caller, now, id, true).await?;
    let taken = match held {
        Some(held) => tx.execute(TAKE_HELD, args![amount, held, now, id]).await?,
        None => tx.execute(TAKE, args![amount, now, id]).await?,
    };
    if taken == 0 {
        return Err(no_credit(&get(tx, caller, id).await?, amount));
    }
    match ledger {
        Some(ledger) => ledger.debited(tx, caller, now, amount.0).await,
        None => Ok(()),
    }
}

/// Keeps money of an account from being spent otherwise.
///
/// # Errors
/// [`Error::NoCredit`].
pub(crate) async fn hold(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId, amount: Money) -> Result<()> {
    interval::touch(tx, caller, now, id, false).await?;
    if tx.execute(HOLD, args![amount, now, id]).await? == 0 {
        return Err(no_credit(&get(tx, caller, id).await?, amount));
    }
    Ok(())
}

/// Lets money that was held be spent.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn let_go(tx: &mut Tx, now: i64, id: AccountId, held: Money) -> Result<()> {
    tx.execute(LET_GO, args![held, now, id]).await?;
    Ok(())
}

/// The error where an account can't pay.
pub(crate) fn no_credit(account: &Account, needed: Money) -> Error {
    let limit = account.credit_limit.unwrap_or_default();
    let left = Money(account.balance.0 - account.held.0 + limit.0);
    Error::NoCredit { account: account.id.0, needed, left, currency: account.currency.clone() }
}
