//! The money of an account: what it has paid in, and how far its balance may go below zero.

use store::{Tx, Val, args};

use super::papers::{self, Papers};
use super::{Account, get};
use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::journal::Operation;
use crate::statement::statements;
use crate::{Error, Money, Result};

statements! {
    PAY = "UPDATE accounts SET balance = balance + $1, modified_at = $2 WHERE id = $3";
    SET_LIMIT = "UPDATE accounts SET credit_limit = $1, modified_at = $2 WHERE id = $3";
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
