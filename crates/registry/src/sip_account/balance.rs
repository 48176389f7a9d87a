//! The balance of prepaid SIP accounts: money of the account itself, beside that of the customer who owns it.
//!
//! It is added to by administrators and resellers, and by whoever has a voucher of the owner's reseller. Each change is an
//! entry of its history.

use std::collections::HashMap;

use store::{Row, Tx, args};

use super::NOUN;
use super::read::must_be_seen;
use super::{find_all, must_act};
use crate::billing::voucher;
use crate::caller::Caller;
use crate::id::SubscriberId;
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::subscriber::{self, Subscriber};
use crate::{Error, Money, Result, listing};

/// Most entries of a history that are read at a time.
pub const MOST_CREDITS: i64 = 5_000;

/// An entry in the history of a balance.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Credit {
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// What happened, such as `Add balance`.
    pub action: String,
    /// What it was for.
    pub description: String,
    /// What was added; below zero: taken.
    pub value: Money,
    /// What there was then.
    pub balance: Money,
    /// The call that was paid.
    pub session: String,
}

statements! {
    IS_PREPAID = "SELECT prepaid FROM sip_account_settings WHERE subscriber_id = $1";
    ADD = "INSERT INTO sip_account_balances (subscriber_id, balance) VALUES ($1, $2) \
        ON CONFLICT (subscriber_id) DO UPDATE SET balance = sip_account_balances.balance + excluded.balance \
        RETURNING balance";
    NOTE = "INSERT INTO sip_account_credits (subscriber_id, at, action, description, value, balance, session) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CREDITS = "SELECT at, action, description, value, balance, session FROM sip_account_credits \
        WHERE subscriber_id = $1 ORDER BY id DESC LIMIT $2";
}

/// For several accounts at a time.
const MANY: &str = "SELECT subscriber_id, balance FROM sip_account_balances WHERE subscriber_id IN ({ids})";

/// The balances of accounts by their addresses, user name and domain, in their order; none for those that the caller does
/// not see.
///
/// # Errors
/// Only those of the database.
pub async fn of_all(tx: &mut Tx, caller: &Caller, addresses: &[(String, String)]) -> Result<Vec<Option<Money>>> {
    let found = find_all(tx, caller, addresses).await?;
    let ids: Vec<i64> = found.iter().flatten().map(|id| id.0).collect();
    let mut balances = HashMap::new();
    for row in listing::for_ids(tx, MANY, &ids).await? {
        balances.insert(SubscriberId(row.at(0)?), row.at(1)?);
    }
    let of = |id: &Option<SubscriberId>| id.map(|id| balances.get(&id).copied().unwrap_or_default());
    Ok(found.iter().map(of).collect())
}

/// The newest entries of an account's history, the newest first.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn credits(tx: &mut Tx, caller: &Caller, id: SubscriberId, count: i64) -> Result<Vec<Credit>> {
    must_be_seen(tx, caller, id).await?;
    let entry = |row: &Row| {
        Ok(Credit {
            at: row.at(0)?,
            action: row.at(1)?,
            description: row.at(2)?,
            value: row.at(3)?,
            balance: row.at(4)?,
            session: row.at(5)?,
        })
    };
    tx.query(CREDITS, args![id, count.clamp(0, MOST_CREDITS)]).await?.iter().map(entry).collect()
}

/// Adds to the balance of a prepaid account; below zero it takes from it, as far as there is something.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] for customers; [`Error::Conflict`] where the account is not prepaid;
/// [`Error::Invalid`] for `value` and `description`.
pub async fn add(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: SubscriberId,
    value: Money,
    description: &str,
) -> Result<Credit> {
    caller.must_be_reseller("add to the balance of SIP accounts")?;
    let account = hold(tx, caller, id).await?;
    let value = value.movable("value")?;
    let action = if value < Money::ZERO { "Reduce balance" } else { "Add balance" };
    book(tx, caller, now, &account, value, action, description).await
}

/// Adds what a voucher of the owner's reseller is worth, and uses it up. A voucher that gives a profile package is for the
/// owner's own balance.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] where the account is not prepaid; [`Error::Invalid`] for `code`, without it.
pub async fn redeem(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId, card: i64, code: &str) -> Result<Credit> {
    let account = hold(tx, caller, id).await?;
    let elevated = caller.elevated();
    let voucher = voucher::to_use(tx, &elevated, now, account.account_id, code).await?;
    if voucher.package_id.is_some() || card != 0 && card != voucher.id.0 {
        return Err(Error::invalid("code", voucher::UNKNOWN));
    }
    voucher::use_up(tx, &elevated, now, &voucher, id).await?;
    let value = Money(voucher.amount.saturating_mul(Money::CENT));
    book(tx, caller, now, &account, value, "Add balance", &format!("Voucher {}", voucher.id)).await
}

/// The subscriber, if the caller sees it and it is prepaid, held.
async fn hold(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Subscriber> {
    must_act(caller)?;
    must_be_seen(tx, caller, id).await?;
    let subscriber = subscriber::lock(tx, &caller.elevated(), id).await?;
    let row = tx.query_opt(IS_PREPAID, args![id]).await?;
    match row.map(|row| row.at(0)).transpose()? {
        Some(true) => Ok(subscriber),
        _ => Err(Error::Conflict(format!("the {NOUN} {}@{} is not prepaid", subscriber.username, subscriber.domain))),
    }
}

async fn book(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account: &Subscriber,
    value: Money,
    action: &str,
    description: &str,
) -> Result<Credit> {
    let description = description.trim();
    if description.chars().count() > 255 || description.chars().any(char::is_control) {
        return Err(Error::invalid("description", "has more than 255 characters"));
    }
    let balance: Money = tx.query_one(ADD, args![account.id, value]).await?.at(0)?;
    if balance < Money::ZERO && value < Money::ZERO || balance > Money::MOST_KEPT {
        let message = format!("the balance would be {balance}");
        return Err(Error::invalid("value", message));
    }
    let (action, description) = (action.to_owned(), description.to_owned());
    let credit = Credit { at: now, action, description, value, balance, session: String::new() };
    let Credit { action, description, session, .. } = &credit;
    tx.execute(NOTE, args![account.id, now, action, description, value, balance, session]).await?;
    let change = Change {
        kind: "sip_account_credits",
        record_id: account.id.0,
        account: Some(account.account_id),
        operation: Operation::Create,
        before: None,
        after: Some(&credit),
    };
    journal::write(tx, caller, now, change).await?;
    Ok(credit)
}
