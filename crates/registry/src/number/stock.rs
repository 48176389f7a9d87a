//! Numbers that are kept from being sold, that are no longer ours, or that a vendor takes back.

use store::Tx;

use super::{Number, State, lock, save};
use crate::caller::Caller;
use crate::{Error, Result, reservation};

/// Keeps a number from being sold.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::NotFound`].
pub async fn block(tx: &mut Tx, caller: &Caller, now: i64, digits: &str, reason: &str) -> Result<Number> {
    caller.must_be_admin("block numbers")?;
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "a number is blocked for a reason"));
    }
    set_blocked(tx, caller, now, digits, Some(reason)).await
}

/// Lets a blocked number be sold again.
///
/// # Errors
/// As [`block`]; [`Error::Conflict`] where its digits are not a number of E.164.
pub async fn unblock(tx: &mut Tx, caller: &Caller, now: i64, digits: &str) -> Result<Number> {
    caller.must_be_admin("unblock numbers")?;
    if e164::E164::parse(digits).is_err() {
        return Err(Error::Conflict(format!("{digits} is not a number of E.164 and can't be sold")));
    }
    set_blocked(tx, caller, now, digits, None).await
}

/// Lets a number be sold that was taken in with a doubt, as its vendor has confirmed it; for the system's own work.
pub(crate) async fn confirm(tx: &mut Tx, caller: &Caller, now: i64, digits: &str) -> Result<Number> {
    set_blocked(tx, caller, now, digits, None).await
}

async fn set_blocked(tx: &mut Tx, caller: &Caller, now: i64, digits: &str, reason: Option<&str>) -> Result<Number> {
    let before = lock(tx, digits).await?;
    let mut after = before.clone();
    after.blocked_reason = reason.map(str::to_owned);
    save(tx, caller, now, &before, &mut after).await?;
    Ok(after)
}

/// Takes a number off the books that is no longer ours.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::NotFound`], [`Error::IllegalMove`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, digits: &str) -> Result<Number> {
    caller.must_be_admin("delete numbers")?;
    let before = lock(tx, digits).await?;
    if before.state == State::Reserved {
        reservation::end(tx, now, before.id, reservation::State::Cancelled).await?;
    }
    let mut after = before.clone();
    after.become_state(State::Deleted)?;
    after.assign(None);
    save(tx, caller, now, &before, &mut after).await?;
    Ok(after)
}

/// Records that the vendor has taken a released number back, or would not.
///
/// # Errors
/// [`Error::NotFound`], [`Error::IllegalMove`].
pub async fn disconnected(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    digits: &str,
    refused: Option<&str>,
) -> Result<Number> {
    let before = lock(tx, digits).await?;
    let mut after = before.clone();
    let subject = format!("number:{digits}");
    if before.state != State::Released {
        // A late answer to a call that was settled otherwise: the number may be another customer's by now.
        return Err(Error::IllegalMove { digits: digits.to_owned(), from: before.state, to: State::Deleted });
    }
    match refused {
        None => {
            after.become_state(State::Deleted)?;
            crate::alert::clear(tx, now, crate::alert::Kind::ReleaseFailed, &subject).await?;
        }
        Some(reason) => {
            // It is still paid for: back to the stock, where a person can see why.
            after.become_state(State::Available)?;
            after.blocked_reason = Some(format!("the vendor did not take it back: {reason}"));
            crate::alert::raise(tx, now, crate::alert::Kind::ReleaseFailed, &subject, reason).await?;
        }
    }
    save(tx, caller, now, &before, &mut after).await?;
    Ok(after)
}
