//! Charges: money taken from an account, or held while a purchase is under way.

use store::{Tx, args};

use crate::account::credit;
use crate::caller::Caller;
use crate::id::{AccountId, OrderId};
use crate::journal::{self, Change, Operation};
use crate::pool::Pool;
use crate::statement::statements;
use crate::{Error, Money, Result, account};

statements! {
    INSERT = "INSERT INTO charges (account_id, amount, currency, state, reason, number_digits, order_id, created_at, \
        modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id";
    HELD = "SELECT id, account_id, amount FROM charges WHERE order_id = $1 AND state = 'held'";
    END = "UPDATE charges SET state = $1, modified_at = $2 WHERE id = $3 AND state = 'held'";
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
    let state = if order.is_some() {
        credit::hold(tx, caller, now, buyer, amount).await?;
        "held"
    } else {
        credit::debit(tx, caller, now, buyer, amount, None).await?;
        "captured"
    };
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
/// [`Error::NoCredit`], [`Error::Conflict`] where the currencies differ, [`Error::Invalid`] where the price is more than
/// moves at once.
pub async fn quote(tx: &mut Tx, caller: &Caller, now: i64, buyer: AccountId, pool: &Pool) -> Result<Money> {
    let amount = price(pool);
    let account = account::get(tx, caller, buyer).await?;
    if amount > Money::ZERO {
        check_currency(tx, caller, buyer, pool).await?;
        credit::check(tx, now, &account, amount).await?;
    }
    Ok(amount)
}

/// Takes what was held for an order.
pub(crate) async fn capture(tx: &mut Tx, caller: &Caller, now: i64, order: OrderId) -> Result<()> {
    end(tx, caller, now, order, "captured").await
}

/// Gives back what was held for an order.
pub(crate) async fn let_go(tx: &mut Tx, caller: &Caller, now: i64, order: OrderId) -> Result<()> {
    end(tx, caller, now, order, "released").await
}

async fn end(tx: &mut Tx, caller: &Caller, now: i64, order: OrderId, state: &str) -> Result<()> {
    for row in tx.query(HELD, args![order]).await? {
        let (id, buyer, amount): (i64, AccountId, Money) = (row.at(0)?, row.at(1)?, row.at(2)?);
        if tx.execute(END, args![state, now, id]).await? == 1 {
            match state {
                "captured" => credit::debit(tx, caller, now, buyer, amount, Some(amount)).await?,
                _ => credit::let_go(tx, caller, now, buyer, amount).await?,
            }
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
