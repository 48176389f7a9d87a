//! The end of subscribers, and locking all those of an account.

use store::{Tx, args};

use super::rules::{GLOBAL, may_make};
use super::{Status, Subscriber, get, lock, numbers, pbx};
use crate::caller::Caller;
use crate::id::{AccountId, DomainId, SubscriberId};
use crate::journal;
use crate::preference::{self, Level};
use crate::statement::statements;
use crate::{Error, Result, call_forward, location_mapping, quota, sip_account, sip_alias, trusted_source};

statements! {
    TERMINATE = "UPDATE subscribers SET status = 'terminated', administrative = FALSE, primary_digits = NULL, \
        password_sealed = NULL, ha1 = NULL, ha1b = NULL, ha1_sha256 = NULL, ha1b_sha256 = NULL, scram_sha1 = NULL, \
        scram_sha256 = NULL, web_verifier = NULL, credential_version = credential_version + 1, terminated_at = $1, \
        modified_at = $1 WHERE id = $2";
    // Seats before their pilot.
    OF_ACCOUNT = "SELECT id FROM subscribers WHERE account_id = $1 AND status <> 'terminated' ORDER BY is_pbx_pilot, id \
        LIMIT 100";
    OF_DOMAIN = "SELECT id FROM subscribers WHERE domain_id = $1 AND status <> 'terminated' ORDER BY is_pbx_pilot, id \
        LIMIT 100";
    WITH_STATUS = "SELECT id FROM subscribers WHERE account_id = $1 AND status = $2 AND status <> 'terminated' \
        ORDER BY id LIMIT 100";
    SET_LOCK = "UPDATE subscribers SET status = $1, lock_level = $2, lock_without_underrun = NULL, modified_at = $3 \
        WHERE id = $4";
    DOMAIN_ACCOUNT = "SELECT account_id FROM sip_domains WHERE id = $1";
}

/// Terminates a subscriber: its credentials, preferences and call forwards go, its numbers are freed (those of a seat go
/// to the pilot), and its names may be used again. The row stays.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`], [`Error::InUse`] for a pilot while its PBX has other subscribers.
pub async fn terminate(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    let subscriber = lock(tx, caller, id).await?;
    may_make(caller, subscriber.of_pbx)?;
    if subscriber.details.pbx.is_pbx_pilot && pbx::has_others(tx, subscriber.account_id, id).await? {
        return Err(Error::InUse { kind: "pilot", key: id.to_string() });
    }
    end(tx, caller, now, &subscriber, true).await
}

async fn end(tx: &mut Tx, caller: &Caller, now: i64, subscriber: &Subscriber, to_pilot: bool) -> Result<()> {
    let id = subscriber.id;
    numbers::let_all_go(tx, caller, now, subscriber, to_pilot).await?;
    call_forward::delete_of_subscriber(tx, caller, now, id).await?;
    preference::delete_of(tx, Level::Subscriber, id.0).await?;
    crate::service::forget_all(tx, id).await?;
    crate::reminder::forget(tx, caller, now, id).await?;
    crate::voicemail_greeting::forget(tx, caller, now, id).await?;
    crate::otp::forget(tx, caller, now, crate::otp::Owner::Subscriber(id)).await?;
    crate::phonebook::forget(tx, id).await?;
    trusted_source::delete_of_subscriber(tx, caller, now, id).await?;
    crate::upn_rewrite::delete_of_subscriber(tx, id).await?;
    crate::header_rule::delete_of_subscriber(tx, caller, now, id).await?;
    location_mapping::delete_of_subscriber(tx, caller, now, id).await?;
    crate::auto_attendant::forget(tx, id).await?;
    sip_alias::delete_of_subscriber(tx, caller, now, id).await?;
    sip_account::forget(tx, id).await?;
    pbx::leave(tx, id).await?;
    tx.execute(TERMINATE, args![now, id]).await?;
    let domain_account = tx.query_one(DOMAIN_ACCOUNT, args![subscriber.domain_id]).await?.at(0)?;
    quota::give_back(tx, quota::Kind::Subscribers, subscriber.account_id, Some(domain_account), 1).await?;
    subscriber.count(tx, -1);
    crate::event::note(tx, now, Some(subscriber), None).await?;
    journal::record(tx, caller, now, Some(subscriber), None).await
}

/// Terminates every subscriber of an account (not of those below); for an account that ends.
///
/// # Errors
/// Only those of the database.
pub async fn terminate_of_account(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId) -> Result<()> {
    terminate_all(tx, caller, now, OF_ACCOUNT, account.0).await
}

/// Terminates every subscriber of a domain that ends.
pub(crate) async fn terminate_of_domain(tx: &mut Tx, caller: &Caller, now: i64, domain: DomainId) -> Result<()> {
    terminate_all(tx, caller, now, OF_DOMAIN, domain.0).await
}

/// Terminates those that a statement finds, a batch at a time: who is terminated is not found again.
async fn terminate_all(tx: &mut Tx, caller: &Caller, now: i64, found_by: &str, of: i64) -> Result<()> {
    let system = Caller::system(&caller.name);
    loop {
        let rows = tx.query(found_by, args![of]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            match lock(tx, &system, row.at(0)?).await {
                Ok(subscriber) => end(tx, caller, now, &subscriber, false).await?,
                // Somebody else has ended it in this moment.
                Err(Error::NotFound { .. }) => {}
                Err(other) => return Err(other),
            }
        }
    }
}

/// Locks every active subscriber of an account (not of those below), or unlocks every locked one; for an account that is
/// locked or unlocked.
///
/// # Errors
/// Only those of the database.
pub async fn lock_of_account(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId, locked: bool) -> Result<()> {
    let system = Caller::system(&caller.name);
    let (from, to, level) =
        if locked { (Status::Active, Status::Locked, Some(GLOBAL)) } else { (Status::Locked, Status::Active, None) };
    loop {
        // Who has the other status is not found again.
        let rows = tx.query(WITH_STATUS, args![account, from]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let id: SubscriberId = row.at(0)?;
            let before = match lock(tx, &system, id).await {
                Ok(subscriber) if subscriber.details.status == from => subscriber,
                Ok(_) | Err(Error::NotFound { .. }) => continue,
                Err(other) => return Err(other),
            };
            tx.execute(SET_LOCK, args![to, level, now, id]).await?;
            let after = get(tx, &system, id).await?;
            journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
        }
    }
}
