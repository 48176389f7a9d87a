//! The money of an account: what it has paid in, what it owes, and how far its balance may go below zero.
//!
//! Money leaves a balance through `debit` only. What is held is still in the balance, but can't be spent otherwise.

use store::{Tx, Val, args};

use super::papers::{self, Papers};
use super::{Account, get};
use crate::billing::interval;
use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::journal::Operation;
use crate::statement::statements;
use crate::{Error, Money, Result};

/// [`Money::MOST_KEPT`] as a statement says it.
macro_rules! most {
    () => {
        "1152921504606846976"
    };
}

statements! {
    // Weaker than a lock for an update of keys, which would wait for whatever refers to the account: such rows may have been
    // written before by this transaction and by others.
    LOCK = "UPDATE accounts SET balance = balance WHERE id = $1";
    PAY = concat!("UPDATE accounts SET balance = balance + $1, modified_at = $2 WHERE id = $3 \
        AND balance + $1 BETWEEN -", most!(), " AND ", most!());
    SET_LIMIT = "UPDATE accounts SET credit_limit = $1, modified_at = $2 WHERE id = $3";
    TAKE = concat!("UPDATE accounts SET balance = balance - $1, modified_at = $2 WHERE id = $3 \
        AND (COALESCE(credit_limit, $4) IS NULL OR balance - held - $1 + COALESCE(credit_limit, $4) >= 0) \
        AND balance - $1 BETWEEN -", most!(), " AND ", most!());
    TAKE_HELD = concat!("UPDATE accounts SET balance = balance - $1, held = held - $2, modified_at = $3 WHERE id = $4 \
        AND balance - $1 BETWEEN -", most!(), " AND ", most!());
    HOLD = concat!("UPDATE accounts SET held = held + $1, modified_at = $2 WHERE id = $3 \
        AND (COALESCE(credit_limit, $4) IS NULL OR balance - held - $1 + COALESCE(credit_limit, $4) >= 0) \
        AND held + $1 <= ", most!());
    LET_GO = "UPDATE accounts SET held = held - $1, modified_at = $2 WHERE id = $3";
    PREPAID = "SELECT p.prepaid FROM accounts a JOIN billing_mappings m ON m.account_id = a.id \
        JOIN billing_profiles p ON p.id = m.profile_id WHERE a.id = $1 AND a.credit_limit IS NULL \
        AND m.network_id IS NULL AND (m.start_at IS NULL OR m.start_at <= $2) AND (m.stop_at IS NULL OR m.stop_at > $2) \
        ORDER BY COALESCE(m.start_at, 0) DESC, m.id DESC LIMIT 1";
}

/// Waits for whoever moves the money of an account, and keeps others from doing so until the transaction ends.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn lock(tx: &mut Tx, id: AccountId) -> Result<()> {
    tx.execute(LOCK, args![id]).await?;
    Ok(())
}

pub(super) fn check_limit(limit: Option<Money>) -> Result<()> {
    match limit {
        Some(limit) if limit < Money::ZERO => Err(Error::invalid("credit_limit", format!("{limit} is below zero"))),
        Some(limit) => limit.movable("credit_limit").map(drop),
        None => Ok(()),
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
/// [`Error::NotAllowed`] for customers, [`Error::NotFound`]; [`Error::Invalid`] for `amount` where that is more than moves
/// at once, or than the account could then hold.
pub async fn pay(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId, amount: Money) -> Result<Account> {
    must_be_above(caller, id, "record payments")?;
    get(tx, caller, id).await?;
    amount.movable("amount")?;
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
    if tx.execute(update, values).await? == 0 {
        return Err(too_much(id));
    }
    let after = Papers::of(tx, now, id).await?;
    papers::write(tx, caller, now, Operation::Update, Some(&before), &after).await?;
    Ok(after.account)
}

/// Takes money from an account. With `held`, so much that was held for it before is free again: then the money is taken
/// in any case, otherwise it must be there.
///
/// # Errors
/// [`Error::NoCredit`]; [`Error::Invalid`] for `amount` as with [`pay`].
pub(crate) async fn debit(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: AccountId,
    amount: Money,
    held: Option<Money>,
) -> Result<()> {
    amount.movable("amount")?;
    let ledger = interval::touch(tx, caller, now, id, true).await?;
    let taken = match held {
        Some(held) => tx.execute(TAKE_HELD, args![amount, held, now, id]).await?,
        None => {
            let limit = implied_limit(tx, now, id).await?;
            tx.execute(TAKE, args![amount, now, id, limit]).await?
        }
    };
    if taken == 0 {
        return Err(refusal(&get(tx, caller, id).await?, amount));
    }
    match ledger {
        Some(ledger) => ledger.debited(tx, caller, now, amount.0).await,
        None => Ok(()),
    }
}

/// Keeps money of an account from being spent otherwise.
///
/// # Errors
/// As [`debit`].
pub(crate) async fn hold(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId, amount: Money) -> Result<()> {
    amount.movable("amount")?;
    interval::touch(tx, caller, now, id, false).await?;
    let limit = implied_limit(tx, now, id).await?;
    if tx.execute(HOLD, args![amount, now, id, limit]).await? == 0 {
        return Err(refusal(&get(tx, caller, id).await?, amount));
    }
    Ok(())
}

/// Lets money that was held be spent. It was held until now: intervals that have ended before did not lose it.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn let_go(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId, held: Money) -> Result<()> {
    interval::touch(tx, caller, now, id, false).await?;
    tx.execute(LET_GO, args![held, now, id]).await?;
    Ok(())
}

/// The limit of an account that has none of its own: nothing may be owed where the profile that holds is prepaid.
async fn implied_limit(tx: &mut Tx, now: i64, id: AccountId) -> Result<Option<Money>> {
    let row = tx.query_opt(PREPAID, args![id, now]).await?;
    let prepaid: bool = row.map(|row| row.at(0)).transpose()?.unwrap_or_default();
    Ok(prepaid.then_some(Money::ZERO))
}

/// Refuses what an account could not pay now, once its intervals that have ended are caught up with.
///
/// # Errors
/// [`Error::NoCredit`]; [`Error::Invalid`] for `amount` where that is more than moves at once.
pub(crate) async fn check(tx: &mut Tx, now: i64, account: &Account, amount: Money) -> Result<()> {
    amount.movable("amount")?;
    let limit = match account.credit_limit {
        None => implied_limit(tx, now, account.id).await?,
        own => own,
    };
    if limit.is_none() {
        return Ok(());
    }
    let shown = interval::current(tx, &[account.id.0], now).await?;
    let balance = shown.get(&account.id.0).map_or(account.balance, |shown| Money(shown.cash));
    let account = Account { balance, ..account.clone() };
    if left(&account) < amount { Err(no_credit(&account, amount)) } else { Ok(()) }
}

/// What an account may still spend; where it has no limit, before it owes anything.
fn left(account: &Account) -> Money {
    let limit = account.credit_limit.unwrap_or_default();
    Money(account.balance.0.saturating_sub(account.held.0).saturating_add(limit.0))
}

/// Why so much could not be taken or held.
fn refusal(account: &Account, amount: Money) -> Error {
    let most = Money::MOST_KEPT.0;
    if account.balance.0.saturating_sub(amount.0) < -most || account.held.0.saturating_add(amount.0) > most {
        return too_much(account.id);
    }
    no_credit(account, amount)
}

fn too_much(id: AccountId) -> Error {
    Error::invalid("amount", format!("account {id} would have or owe more than {}", Money::MOST_KEPT))
}

/// The error where an account can't pay.
fn no_credit(account: &Account, needed: Money) -> Error {
    let left = left(account);
    Error::NoCredit { account: account.id.0, needed, left, currency: account.currency.clone() }
}
