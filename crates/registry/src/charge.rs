//! Charges: money taken from an account, or held while a purchase is under way.

use store::{Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, OrderId};
use crate::journal::{self, Change, Operation};
use crate::pool::Pool;
use crate::statement::statements;
use crate::{Error, Money, Result, account};

statements! {
    TAKE = "UPDATE accounts SET balance = balance - $1, modified_at = $2 WHERE id = $3 \
        AND (credit_limit IS NULL OR balance - held - $1 + credit_limit >= 0)";
    HOLD = "UPDATE accounts SET held = held + $1, modified_at = $2 WHERE id = $3 \
        AND (credit_limit IS NULL OR balance - held - $1 + credit_limit >= 0)";
    INSERT = "INSERT INTO charges (account_id, amount, currency, state, reason, number_digits, order_id, created_at, \
        modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id";
    HELD = "SELECT id, account_id, amount FROM charges WHERE order_id = $1 AND state = 'held'";
    END = "UPDATE charges SET state = $1, modified_at = $2 WHERE id = $3 AND state = 'held'";
    CAPTURE = "UPDATE accounts SET held = held - $1, balance = balance - $1, modified_at = $2 WHERE id = $3";
    LET_GO = "UPDATE accounts SET held = held - $1, modified_at = $2 WHERE id = $3";
}

/// What an account pays for a number of a pool now: set-up and the first month.
#[must_use]
pub fn price(pool: &Pool) -> Money {
    pool.setup_price.plus(pool.monthly_price)
}

/// Takes the price of a number from its buyer.
pub(crate) async fn take(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    buyer: AccountId,
    pool: &Pool,
    digits: &str,
) -> Result<()> {
    charge(tx, caller, now, buyer, pool, digits, None).await
}

/// Holds the price of a number that is being ordered.
pub(crate) async fn hold(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    buyer: AccountId,
    pool: &Pool,
    digits: &str,
    order: OrderId,
) -> Result<()> {
    charge(tx, caller, now, buyer, pool, digits, Some(order)).await
}

async fn charge(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    buyer: AccountId,
    pool: &Pool,
    digits: &str,
    order: Option<OrderId>,
) -> Result<()> {
    let amount = price(pool);
    if amount == Money::ZERO {
        return Ok(());
    }
    check_currency(tx, caller, buyer, pool).await?;
    let (update, state) = if order.is_some() { (HOLD, "held") } else { (TAKE, "captured") };
    if tx.execute(update, args![amount, now, buyer]).await? == 0 {
        return Err(no_credit(&account::get(tx, caller, buyer).await?, amount));
    }
    let reason = format!("number {digits} of pool {}", pool.name);
    let values = args![buyer, amount, &pool.currency, state, &reason, digits, order, now];
    let id: i64 = tx.query_one(INSERT, values).await?.at(0)?;
    let record = serde_json::json!({ "amount": amount, "currency": pool.currency, "state": state, "reason": reason });
    let change = Change {
        kind: "charges",
        record_id: id,
        account: Some(buyer),
        operation: Operation::Create,
        before: None,
        after: Some(&record),
    };
    journal::write(tx, caller, now, change).await
}

async fn check_currency(tx: &mut Tx, caller: &Caller, buyer: AccountId, pool: &Pool) -> Result<()> {
    let account = account::get(tx, caller, buyer).await?;
    if account.currency == pool.currency {
        return Ok(());
    }
    Err(Error::Conflict(format!(
        "pool {} sells in {}, account {buyer} pays in {}",
        pool.name, pool.currency, account.currency
    )))
}

/// Refuses what the account could not pay, without taking anything.
///
/// # Errors
/// [`Error::NoCredit`], [`Error::Conflict`] where the currencies differ.
pub async fn quote(tx: &mut Tx, caller: &Caller, buyer: AccountId, pool: &Pool) -> Result<Money> {
    let amount = price(pool);
    let account = account::get(tx, caller, buyer).await?;
    if amount > Money::ZERO {
        check_currency(tx, caller, buyer, pool).await?;
        if let Some(limit) = account.credit_limit
            && account.balance.0 - account.held.0 + limit.0 < amount.0
        {
            return Err(no_credit(&account, amount));
        }
    }
    Ok(amount)
}

fn no_credit(account: &account::Account, needed: Money) -> Error {
    let limit = account.credit_limit.unwrap_or_default();
    let left = Money(account.balance.0 - account.held.0 + limit.0);
    Error::NoCredit { account: account.id.0, needed, left, currency: account.currency.clone() }
}

/// Takes what was held for an order.
pub(crate) async fn capture(tx: &mut Tx, caller: &Caller, now: i64, order: OrderId) -> Result<()> {
    end(tx, caller, now, order, "captured", CAPTURE).await
}

/// Gives back what was held for an order.
pub(crate) async fn let_go(tx: &mut Tx, caller: &Caller, now: i64, order: OrderId) -> Result<()> {
    end(tx, caller, now, order, "released", LET_GO).await
}

async fn end(tx: &mut Tx, caller: &Caller, now: i64, order: OrderId, state: &str, update: &str) -> Result<()> {
    for row in tx.query(HELD, args![order]).await? {
        let (id, buyer, amount): (i64, AccountId, Money) = (row.at(0)?, row.at(1)?, row.at(2)?);
        if tx.execute(END, args![state, now, id]).await? == 1 {
            tx.execute(update, args![amount, now, buyer]).await?;
            let record = |state: &str| serde_json::json!({ "amount": amount, "state": state });
            let change = Change {
                kind: "charges",
                record_id: id,
                account: Some(buyer),
                operation: Operation::Update,
                before: Some(&record("held")),
                after: Some(&record(state)),
            };
            journal::write(tx, caller, now, change).await?;
        }
    }
    Ok(())
}
