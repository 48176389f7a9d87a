//! Status: locking, unlocking and terminating an account with everything below it.
//!
//! Subscribers are locked as long as their account or one above it is. Whoever is terminated takes with it the accounts
//! below, their subscribers, domains, sound sets, locations, preferences, numbers, reservations, credit holds and logins,
//! and a reseller what `belongings` names; the rows of accounts stay for what refers to them.

use store::{Tx, args};

use super::papers::{self, Papers};
use super::{Account, Kind, Status, belongings, get, reseller};
use crate::billing::package;
use crate::caller::Caller;
use crate::id::AccountId;
use crate::journal::Operation;
use crate::number::{self, AtVendor};
use crate::preference::{self, Level};
use crate::statement::statements;
use crate::{Error, Result, credit_hold, customer, location, login, peering, sip_domain, sound, subscriber};

/// Why the default reseller is not terminated.
pub const DEFAULT_STAYS: &str = "the default reseller can't be terminated";

/// Accounts or numbers that are looked at at a time.
const BATCH: i64 = 100;

statements! {
    LOCK = "SELECT id FROM accounts WHERE id = $1 {wait}";
    SET = "UPDATE accounts SET status = $1, activated_at = COALESCE(activated_at, $2), terminated_at = $3, \
        modified_at = $4 WHERE id = $5";
    LOGINS = "SELECT username FROM logins WHERE account_id = $1 ORDER BY id";
    NUMBERS = "SELECT id, digits FROM numbers WHERE account_id = $1 AND id > $2 AND subscriber_id IS NULL \
        AND state IN ('in_service', 'reserved') ORDER BY id LIMIT $3 {wait}";
    BELOW = "SELECT id FROM accounts WHERE id IN (SELECT account_id FROM account_ancestors WHERE ancestor_id = $1 \
        AND distance > 0 AND account_id > $2) AND status <> 'terminated' ORDER BY id LIMIT $3 {wait}";
    RUNNING = "SELECT b.account_id FROM account_ancestors b JOIN accounts a ON a.id = b.account_id \
        WHERE b.ancestor_id = $1 AND b.account_id > $2 AND a.status <> 'terminated' ORDER BY b.account_id LIMIT $3";
    UNLOCKED = "SELECT b.account_id FROM account_ancestors b JOIN accounts a ON a.id = b.account_id \
        WHERE b.ancestor_id = $1 AND b.account_id > $2 AND a.status <> 'terminated' AND NOT EXISTS (SELECT 1 \
        FROM account_ancestors x JOIN accounts l ON l.id = x.ancestor_id \
        WHERE x.account_id = b.account_id AND l.status = 'locked') ORDER BY b.account_id LIMIT $3";
}

/// Locks, unlocks or terminates an account.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] for whoever has no right to, and where the default reseller is to be
/// terminated; [`Error::Conflict`] for the operator and the caller's own account; [`Error::Terminated`].
pub async fn set_status(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId, status: Status) -> Result<Account> {
    caller.must_care("change the status of accounts")?;
    hold(tx, id).await?;
    if get(tx, caller, id).await?.kind != Kind::Customer {
        caller.must_be_reseller("change the status of resellers and peerings")?;
    }
    let before = Papers::of(tx, now, id).await?;
    if before.account.status == Status::Terminated {
        return Err(Error::Terminated { kind: "account", key: id.to_string() });
    }
    apply(tx, caller, now, &before, status).await?;
    let after = changed(tx, caller, now, &before).await?;
    Ok(after.account)
}

/// Waits for whoever is changing the account or adding something below it.
pub(crate) async fn hold(tx: &mut Tx, id: AccountId) -> Result<()> {
    tx.query_opt(LOCK, args![id]).await?;
    Ok(())
}

/// Reads an account again after a change, counts it anew and writes the change down.
async fn changed(tx: &mut Tx, caller: &Caller, now: i64, before: &Papers) -> Result<Papers> {
    let after = Papers::of(tx, now, before.account.id).await?;
    before.count(tx, -1);
    after.count(tx, 1);
    papers::write(tx, caller, now, Operation::Update, Some(before), &after).await?;
    reseller::write(tx, caller, now, Some(before), &after).await?;
    Ok(after)
}

/// Gives an account a status with all that follows from it; writing the account itself down is for the caller to do.
pub(super) async fn apply(tx: &mut Tx, caller: &Caller, now: i64, before: &Papers, status: Status) -> Result<()> {
    let (id, was) = (before.account.id, before.account.status);
    if was == status {
        return Ok(());
    }
    if id == AccountId::OPERATOR || id == caller.account {
        return Err(Error::Conflict(format!("the status of account {id} can't be changed here")));
    }
    if id == AccountId::DEFAULT_RESELLER && status == Status::Terminated {
        return Err(Error::NotAllowed(DEFAULT_STAYS.to_owned()));
    }
    set(tx, now, id, was, status).await?;
    match (was, status) {
        (_, Status::Terminated) => {
            terminate_below(tx, caller, now, id).await?;
            end(tx, caller, now, &before.account).await
        }
        (_, Status::Locked) => lock(tx, caller, now, id, RUNNING, true).await,
        (Status::Locked, Status::Active | Status::Pending) => lock(tx, caller, now, id, UNLOCKED, false).await,
        _ => Ok(()),
    }
}

async fn set(tx: &mut Tx, now: i64, id: AccountId, was: Status, status: Status) -> Result<()> {
    let activated = (was == Status::Pending && status == Status::Active).then_some(now);
    let terminated = (status == Status::Terminated).then_some(now);
    if terminated.is_some() {
        package::count_customer(tx, id, None).await?;
    }
    tx.execute(SET, args![status, activated, terminated, now, id]).await?;
    Ok(())
}

/// Locks or unlocks the subscribers of the accounts that the statement finds at and below this one.
async fn lock(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId, found: &str, locked: bool) -> Result<()> {
    let mut after = -1;
    loop {
        let rows = tx.query(found, args![id, after, BATCH]).await?;
        for row in &rows {
            let account: AccountId = row.at(0)?;
            subscriber::lock_of_account(tx, caller, now, account, locked).await?;
            after = account.0;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

async fn terminate_below(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId) -> Result<()> {
    // Each pass may let in what others were adding meanwhile, until there is nothing left that something can be added to.
    let mut after = -1;
    loop {
        let rows = tx.query(BELOW, args![id, after, BATCH]).await?;
        let ids = rows.iter().map(|row| Ok(row.at(0)?)).collect::<Result<Vec<i64>>>()?;
        let Some(last) = ids.last() else {
            if after < 0 {
                return Ok(());
            }
            after = -1;
            continue;
        };
        after = *last;
        for before in papers::load(tx, now, &ids).await? {
            let account = &before.account;
            set(tx, now, account.id, account.status, Status::Terminated).await?;
            end(tx, caller, now, account).await?;
            changed(tx, caller, now, &before).await?;
        }
    }
}

/// Ends what hangs on a terminated account.
async fn end(tx: &mut Tx, caller: &Caller, now: i64, account: &Account) -> Result<()> {
    subscriber::terminate_of_account(tx, caller, now, account.id).await?;
    if account.kind == Kind::Peering {
        peering::delete_of_account(tx, caller, now, account.id).await?;
    }
    if account.kind == Kind::Customer {
        preference::delete_of(tx, Level::Customer, account.id.0).await?;
        sip_domain::delete_of_account(tx, caller, now, account.id).await?;
        location::delete_of_customer(tx, caller, now, account.id).await?;
        sound::set::delete_of_customer(tx, caller, now, account.id).await?;
    }
    if account.kind == Kind::Reseller {
        preference::delete_of(tx, Level::Reseller, account.id.0).await?;
        sip_domain::delete_of_account(tx, caller, now, account.id).await?;
        crate::pstn::delete_of_reseller(tx, caller, now, account.id).await?;
        belongings::delete(tx, caller, now, account.id).await?;
    }
    crate::trusted_peer::delete_of_account(tx, caller, now, account.id).await?;
    crate::dns::zone::delete_of_account(tx, now, account.id, caller).await?;
    crate::enum_::range::delete_of_account(tx, now, account.id, caller).await?;
    // That holds, numbers and logins go follows from the rest: it is not for the caller to be allowed each of them.
    let system = Caller::system(&caller.name);
    customer::forget(tx, account.id).await?;
    credit_hold::release_of_account(tx, &system, now, account.id).await?;
    release_numbers(tx, &system, now, account.id).await?;
    for row in tx.query(LOGINS, args![account.id]).await? {
        match login::delete(tx, &system, now, &row.at::<String>(0)?).await {
            // Somebody else has removed it in this moment.
            Ok(()) | Err(Error::NotFound { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

/// Releases the numbers that an account has without a subscriber, and those that are reserved for it.
async fn release_numbers(tx: &mut Tx, system: &Caller, now: i64, account: AccountId) -> Result<()> {
    let mut after = -1_i64;
    loop {
        let rows = tx.query(NUMBERS, args![account, after, BATCH]).await?;
        for row in &rows {
            after = row.at(0)?;
            number::release(tx, system, now, &row.at::<String>(1)?, AtVendor::Keep).await?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}
