//! Moves of a number that is ours: sold, reserved, released, blocked, deleted.

use store::{Tx, args};

use super::{Number, State, columns, lock, number, save};
use crate::account::{self, Status};
use crate::caller::Caller;
use crate::clock::DAY;
use crate::id::{AccountId, PoolId};
use crate::{Error, Result, charge, job, order, pool, reservation};

crate::statement::statements! {
    CLAIM = concat!("SELECT ", columns!(), " FROM numbers WHERE pool_id = $1 AND state = 'available' \
        AND blocked_reason IS NULL ORDER BY digits LIMIT 1 {lock}");
    ONE_AT_A_TIME = "SELECT id FROM accounts WHERE id = $1 {wait}";
    BOUGHT = concat!("SELECT ", columns!(), " FROM numbers WHERE account_id = $1 AND reference = $2 AND pool_id = $3 \
        AND state = 'in_service' ORDER BY digits LIMIT 1");
    DUE = "SELECT digits FROM numbers WHERE until <= $1 ORDER BY until LIMIT $2";
}

/// A number that was sold.
#[derive(Clone, Debug)]
pub struct Sale {
    /// The number, in service.
    pub number: Number,
    /// Whether it was the buyer's already, under the same reference.
    pub repeated: bool,
}

/// Sells a number to an account: any free one, one in quarantine to its previous owner or that one's reseller, one that
/// is reserved for the account. The price of its pool is taken, and the pool is looked at for a refill.
///
/// With a reference the call may be repeated: a number that the account has bought under it is not sold twice.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] where another has it, [`Error::NoCredit`], [`Error::NotAllowed`].
pub async fn sell(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    digits: &str,
    buyer: AccountId,
    reference: Option<&str>,
) -> Result<Sale> {
    may_buy(tx, caller, buyer).await?;
    let before = lock(tx, digits).await?;
    if before.account_id == Some(buyer) && before.state == State::InService {
        return match reference {
            Some(reference) if before.reference.as_deref() == Some(reference) => {
                Ok(Sale { number: before, repeated: true })
            }
            _ => Err(Error::Conflict(format!("number {digits} is in use"))),
        };
    }
    must_be_for(tx, Some(caller), Some(buyer), &before).await?;
    let number = put_in_service(tx, caller, now, before, buyer, reference).await?;
    Ok(Sale { number, repeated: false })
}

/// Sells any free number of a pool. With a reference the call may be repeated: it answers with the number that the
/// account has bought of the pool under it.
///
/// # Errors
/// [`Error::Conflict`] where the pool has none; else as [`sell`].
pub async fn claim_any(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    pool: PoolId,
    buyer: AccountId,
    reference: Option<&str>,
) -> Result<Sale> {
    may_buy(tx, caller, buyer).await?;
    if let Some(reference) = reference {
        // The same call may be under way on another connection.
        tx.query_opt(ONE_AT_A_TIME, args![buyer]).await?;
        if let Some(row) = tx.query_opt(BOUGHT, args![buyer, reference, pool]).await? {
            return Ok(Sale { number: number(&row)?, repeated: true });
        }
    }
    let row = tx.query_opt(CLAIM, args![pool]).await?;
    let before = row.as_ref().map(number).transpose()?;
    let before = before.ok_or_else(|| Error::Conflict(format!("pool {pool} has no free number")))?;
    let number = put_in_service(tx, caller, now, before, buyer, reference).await?;
    Ok(Sale { number, repeated: false })
}

/// Refuses an account that can't buy: the operator, and whoever is not active.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`], [`Error::Conflict`].
pub async fn may_buy(tx: &mut Tx, caller: &Caller, buyer: AccountId) -> Result<()> {
    let account = account::get(tx, caller, buyer).await?;
    if account.kind == account::Kind::Operator {
        return Err(Error::invalid("account", "the operator does not buy from itself: name a reseller or customer"));
    }
    if account.status == Status::Active {
        Ok(())
    } else {
        Err(Error::invalid("account", format!("account {buyer} is {}", account.status)))
    }
}

/// The number, if it could be sold now: to that buyer, or to the caller itself, or to anyone who asks.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] where it can't.
pub async fn sellable(tx: &mut Tx, caller: Option<&Caller>, buyer: Option<AccountId>, digits: &str) -> Result<Number> {
    let found = super::find(tx, digits).await?.ok_or_else(|| Error::not_found("number", digits))?;
    must_be_for(tx, caller, buyer.or(caller.map(|caller| caller.account)), &found).await?;
    Ok(found)
}

/// Refuses a number that this buyer can't have, whoever asks for it.
pub(super) async fn must_be_for(
    tx: &mut Tx,
    caller: Option<&Caller>,
    buyer: Option<AccountId>,
    number: &Number,
) -> Result<()> {
    let allowed = match (number.state, number.previous_account_id) {
        _ if number.blocked_reason.is_some() => false,
        (State::Available, _) => true,
        (State::Reserved, _) => buyer.is_some() && number.account_id == buyer,
        (State::Aging, Some(previous)) => {
            buyer == Some(previous)
                || (caller.is_some() && super::reseller_of(tx, previous).await? == caller.map(|caller| caller.account))
        }
        _ => false,
    };
    if allowed { Ok(()) } else { Err(unsellable(number)) }
}

fn unsellable(number: &Number) -> Error {
    match (number.state, &number.blocked_reason) {
        (State::Available | State::Reserved | State::Aging, Some(reason)) => {
            Error::Conflict(format!("number {} can't be sold: {reason}", number.digits))
        }
        (State::Deleted | State::Discovery | State::Released, _) => Error::not_found("number", &number.digits),
        _ => Error::Conflict(format!("number {} is in use", number.digits)),
    }
}

async fn put_in_service(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    before: Number,
    buyer: AccountId,
    reference: Option<&str>,
) -> Result<Number> {
    let mut after = before.clone();
    after.become_state(State::InService)?;
    after.assign(Some(buyer));
    after.reference = reference.map(str::to_owned);
    serve(tx, caller, now, &before, after, buyer).await
}

/// Writes a number that has been put in service, takes its price and looks after its pool.
pub(super) async fn serve(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    before: &Number,
    mut after: Number,
    buyer: AccountId,
) -> Result<Number> {
    if before.state == State::Reserved {
        reservation::end(tx, now, before.id, reservation::State::Taken).await?;
    }
    save(tx, caller, now, before, &mut after).await?;
    if let Some(pool_id) = after.pool_id {
        let pool = pool::get(tx, pool_id).await?;
        charge::take(tx, caller, now, buyer, &pool, &after.digits).await?;
        if pool.minimum > 0 && before.state == State::Available {
            job::enqueue(tx, job::Kind::Refill, pool_id.0, 0).await?;
        }
    }
    Ok(after)
}

/// Holds a free number for an account until a time.
///
/// # Errors
/// As [`sell`]; [`Error::Invalid`] where the time is past.
pub async fn reserve(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    digits: &str,
    account: AccountId,
    until: i64,
) -> Result<Number> {
    may_buy(tx, caller, account).await?;
    if until <= now {
        return Err(Error::invalid("until", "a reservation must end in the future"));
    }
    let before = lock(tx, digits).await?;
    let allowed = before.is_free() || (before.state == State::Reserved && before.account_id == Some(account));
    if !allowed {
        return Err(unsellable(&before));
    }
    let mut after = before.clone();
    after.become_state(State::Reserved)?;
    after.assign(Some(account));
    after.until = Some(until);
    if after.reserve_history.first() != Some(&account.0) {
        after.reserve_history.insert(0, account.0);
        after.reserve_history.truncate(20);
    }
    save(tx, caller, now, &before, &mut after).await?;
    reservation::make(tx, caller, now, &after, account, until).await?;
    if let Some(pool) = after.pool_id
        && before.state == State::Available
    {
        job::enqueue(tx, job::Kind::Refill, pool.0, 0).await?;
    }
    Ok(after)
}

/// What happens at the vendor when a number is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtVendor {
    /// It stays ours and is sold again.
    Keep,
    /// It is given back.
    Disconnect,
}

/// Takes a number from its account. It ages for the quarantine of its pool before it is free again, or goes back to its
/// vendor.
///
/// # Errors
/// [`Error::NotFound`], [`Error::IllegalMove`].
pub async fn release(tx: &mut Tx, caller: &Caller, now: i64, digits: &str, at_vendor: AtVendor) -> Result<Number> {
    let before = lock(tx, digits).await?;
    let Some(owner) = before.account_id else { return Err(Error::not_found("number", digits)) };
    caller.must_see(tx, owner).await.map_err(|_| Error::not_found("number", digits))?;
    let mut after = before.clone();
    if before.state == State::Reserved {
        reservation::end(tx, now, before.id, reservation::State::Cancelled).await?;
        after.become_state(State::Available)?;
    } else if at_vendor == AtVendor::Disconnect && before.vendor_id.is_some() {
        after.become_state(State::Released)?;
        job::enqueue(tx, job::Kind::Disconnect, before.id.0, 0).await?;
    } else {
        rest(tx, now, &mut after).await?;
    }
    after.assign(None);
    save(tx, caller, now, &before, &mut after).await?;
    Ok(after)
}

/// Sends a number into the quarantine of its pool, or where there is none makes it available.
pub(super) async fn rest(tx: &mut Tx, now: i64, number: &mut Number) -> Result<()> {
    let days = match number.pool_id {
        Some(pool) => pool::get(tx, pool).await?.quarantine_days,
        None => 0,
    };
    if days > 0 {
        number.become_state(State::Aging)?;
        number.until = Some(now + i64::from(days) * DAY);
        Ok(())
    } else {
        number.become_state(State::Available)
    }
}

/// Ends reservations and quarantines that are over; returns how many.
///
/// # Errors
/// Only those of the database.
pub async fn expire_due(tx: &mut Tx, caller: &Caller, now: i64, limit: u32) -> Result<usize> {
    let due = tx.query(DUE, args![now, limit]).await?;
    for row in &due {
        let before = lock(tx, &row.at::<String>(0)?).await?;
        if before.until.is_none_or(|until| until > now) {
            continue;
        }
        let mut after = before.clone();
        if before.state == State::Reserved {
            reservation::end(tx, now, before.id, reservation::State::Expired).await?;
        }
        after.become_state(State::Available)?;
        after.assign(None);
        save(tx, caller, now, &before, &mut after).await?;
    }
    Ok(due.len())
}

/// What an owner may set on its number; what is not set stays.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Where calls go: a SIP URI.
    pub destination: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Free text.
    pub region: Option<String>,
}

/// Sets a number's destination and texts.
///
/// # Errors
/// [`Error::NotFound`] where the caller may not change it; [`Error::Invalid`].
pub async fn set_details(tx: &mut Tx, caller: &Caller, now: i64, digits: &str, details: &Details) -> Result<Number> {
    let before = lock(tx, digits).await?;
    let Some(owner) = before.account_id else { return Err(Error::not_found("number", digits)) };
    caller.must_see(tx, owner).await.map_err(|_| Error::not_found("number", digits))?;
    if before.state != State::InService {
        return Err(Error::Conflict(format!("number {digits} is {}: it must be bought first", before.state)));
    }
    let mut after = before.clone();
    if let Some(destination) = &details.destination {
        after.destination = match destination.as_str() {
            "" => None,
            uri => Some(sip_uri(uri)?),
        };
    }
    for (field, text, slot) in
        [("description", &details.description, &mut after.description), ("region", &details.region, &mut after.region)]
    {
        if let Some(text) = text {
            if text.chars().count() > 1_000 {
                return Err(Error::invalid(field, "must have at most 1000 characters"));
            }
            *slot = (!text.is_empty()).then(|| text.clone());
        }
    }
    save(tx, caller, now, &before, &mut after).await?;
    Ok(after)
}

fn sip_uri(text: &str) -> Result<String> {
    let rest = text.strip_prefix("sip:").or_else(|| text.strip_prefix("sips:")).or_else(|| text.strip_prefix("tel:"));
    let fits = rest.is_some_and(|rest| !rest.is_empty() && rest.len() <= 250)
        && text.chars().all(|c| c.is_ascii_graphic() && !"<>\"".contains(c));
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Error::invalid("destination", format!("`{text}` is not a SIP, SIPS or TEL URI")))
    }
}

/// Gives a number that an order has brought to the buyer it was ordered for.
pub(crate) async fn hand_over(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    number: Number,
    order: &order::Order,
    buyer: AccountId,
) -> Result<Number> {
    let mut after = number.clone();
    after.become_state(State::InService)?;
    after.assign(Some(buyer));
    after.reference = order::buyer_reference(tx, order.id).await?;
    save(tx, caller, now, &number, &mut after).await?;
    charge::capture(tx, caller, now, order.id).await?;
    Ok(after)
}
