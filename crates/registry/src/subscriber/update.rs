//! Changing a subscriber.

use store::{Tx, args};

use super::create::{check_names, check_primary, customer_of, taken};
use super::numbers::{self, Alias, Numbers};
use super::rules::may_change;
use super::{
    Details, SipPassword, Status, Subscriber, WebPassword, digest, get, lock, pbx, sealing_context, terminate,
};
use crate::caller::{Caller, Role};
use crate::id::SubscriberId;
use crate::journal;
use crate::number::Split;
use crate::seal::Sealer;
use crate::statement::statements;
use crate::{Error, Result, sip_account, sip_domain};

/// What becomes of the web password.
#[derive(Clone, Debug, Default)]
pub enum WebChange {
    /// It stays.
    #[default]
    Keep,
    /// There is none any more: no login to the web.
    Remove,
    /// It is this one.
    Set(WebPassword),
}

/// A change of a subscriber: what it is to be afterwards.
#[derive(Clone, Debug)]
pub struct Change {
    /// What can be changed; a status of terminated ends the subscriber.
    pub details: Details,
    /// The number that it calls from.
    pub primary: Option<Split>,
    /// Its other numbers: all of them.
    pub aliases: Vec<Alias>,
    /// A new SIP password; none: it stays. One that it has already changes nothing.
    pub password: Option<SipPassword>,
    /// A new web password.
    pub web_password: WebChange,
    /// Whether a new primary number may be shown to those it calls (the preference `allowed_clis`).
    pub allow_primary: bool,
}

statements! {
    // Who sets another lock has seen the one that there was, an underrun's too.
    UPDATE = "UPDATE subscribers SET status = $1, lock_level = $2, \
        lock_without_underrun = CASE WHEN lock_level IS NOT DISTINCT FROM $2 THEN lock_without_underrun END, \
        administrative = $3, webusername = $4, display_name = $5, email = $6, timezone = $7, external_id = $8, \
        profile_set_id = $9, profile_id = $10, is_pbx_pilot = $11, is_pbx_group = $12, pbx_extension = $13, \
        pbx_hunt_policy = $14, pbx_hunt_timeout = $15, pbx_hunt_cancel_mode = $16, modified_at = $17 WHERE id = $18";
    SET_PASSWORD = "UPDATE subscribers SET password_sealed = $1, ha1 = $2, ha1b = $3, ha1_sha256 = $4, ha1b_sha256 = $5, \
        scram_sha1 = $6, scram_sha256 = $7 WHERE id = $8";
    SET_WEB = "UPDATE subscribers SET web_verifier = $1 WHERE id = $2";
    NEW_VERSION = "UPDATE subscribers SET credential_version = credential_version + 1 WHERE id = $1";
}

/// Changes a subscriber. Its user name, domain and customer stay what they are.
///
/// A new web password, another web name or another right to administer end its tokens and remembered logins.
///
/// # Errors
/// [`Error::NotFound`]; as [`super::create`]; [`Error::NotAllowed`] for what is not for the caller to change.
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
    change: &Change,
) -> Result<()> {
    let before = lock(tx, caller, id).await?;
    if change.details.status == Status::Terminated {
        return terminate(tx, caller, now, id).await;
    }
    let customer = customer_of(tx, &before).await?;
    let mut details = change.details.clone();
    if before.details.webusername.is_some() {
        details.webusername.get_or_insert_with(|| before.username.clone());
    }
    details.settle_lock(Some(&before.details));
    details.pbx.settle(customer.of_pbx);
    may_change(caller, &before, &details)?;
    details.check()?;
    details.settle_profile(tx, before.reseller_id, Some(&before.details)).await?;
    check_primary(&customer, Some(&before), details.pbx.is_pbx_pilot, change.primary.as_ref())?;
    let wanted = Numbers::new(change.primary.as_ref(), &change.aliases, before.alias_numbers.len())?;
    if caller.role == Role::Subscriber && !wanted.are_those_of(&before) {
        return Err(Error::NotAllowed("change the numbers of a subscriber".to_owned()));
    }
    if details.webusername != before.details.webusername {
        let domain = sip_domain::by_id(tx, before.domain_id).await?;
        let domain = domain.ok_or_else(|| Error::not_found("subscriber", id))?;
        check_names(tx, &domain, None, details.webusername.as_deref(), Some(id)).await?;
    }
    if customer.of_pbx {
        pbx::check_place(tx, customer.id, Some(id), Some(&before.details.pbx), &details.pbx).await?;
    }
    save(tx, now, &before, &details).await?;
    if details.display_name != before.details.display_name {
        sip_account::rename(tx, id, details.display_name.as_deref()).await?;
    }
    pbx::save_groups(tx, id, Some(&before.details.pbx), &details.pbx).await?;
    set_passwords(tx, sealer, &before, &details, change).await?;
    if !wanted.are_those_of(&before) {
        numbers::give(tx, caller, now, &before, &wanted).await?;
        numbers::note_primary(tx, caller, now, &before, &wanted).await?;
        numbers::prefer(tx, id, Some(&Numbers::of(&before)), &wanted, change.allow_primary).await?;
    }
    let after = get(tx, caller, id).await?;
    // A group is not in the directory of its PBX.
    before.count(tx, -1);
    after.count(tx, 1);
    crate::event::note(tx, now, Some(&before), Some(&after)).await?;
    journal::record(tx, caller, now, Some(&before), Some(&after)).await
}

/// Sets the password that a subscriber logs in to its own pages with; its tokens and remembered logins end.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] for who may not change the subscriber.
pub async fn set_web_password(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: SubscriberId,
    password: &WebPassword,
) -> Result<()> {
    let before = lock(tx, caller, id).await?;
    may_change(caller, &before, &before.details)?;
    tx.execute(SET_WEB, args![password.0.as_str(), id]).await?;
    tx.execute(NEW_VERSION, args![id]).await?;
    let after = get(tx, caller, id).await?;
    journal::record(tx, caller, now, Some(&before), Some(&after)).await
}

async fn save(tx: &mut Tx, now: i64, before: &Subscriber, d: &Details) -> Result<()> {
    let values = args![
        d.status,
        d.lock_level,
        d.administrative,
        d.webusername.as_deref(),
        d.display_name.as_deref(),
        d.email.as_deref(),
        d.timezone.as_deref(),
        d.external_id.as_deref(),
        d.profile_set_id,
        d.profile_id,
        d.pbx.is_pbx_pilot,
        d.pbx.is_pbx_group,
        d.pbx.pbx_extension.as_deref(),
        d.pbx.pbx_hunt_policy,
        d.pbx.pbx_hunt_timeout,
        d.pbx.pbx_hunt_cancel_mode,
        now,
        before.id
    ];
    match tx.execute(UPDATE, values).await {
        Ok(_) => Ok(()),
        Err(error) => Err(taken(error, &before.username, d, &before.domain)),
    }
}

/// Whether a subscriber has that password already; digests are those of the password that it has, whatever else is known
/// of it.
fn is_password_of(subscriber: &Subscriber, sealer: &Sealer, password: &SipPassword) -> Result<bool> {
    match password.reveal() {
        Some(text) => Ok(subscriber.password(sealer)?.as_deref() == Some(text)),
        None => {
            let given = digest::Digests::new(&subscriber.username, &subscriber.domain, password);
            Ok(subscriber.digests() == Some((&given.ha1, &given.ha1b)))
        }
    }
}

async fn set_passwords(
    tx: &mut Tx,
    sealer: &Sealer,
    before: &Subscriber,
    details: &Details,
    change: &Change,
) -> Result<()> {
    if let Some(password) = &change.password
        && !is_password_of(before, sealer, password)?
    {
        let sealed = password.reveal().map(|text| sealer.seal(&sealing_context(&before.uuid), text)).transpose()?;
        let digests = digest::Digests::new(&before.username, &before.domain, password);
        let values = args![
            sealed,
            digests.ha1,
            digests.ha1b,
            digests.ha1_sha256,
            digests.ha1b_sha256,
            password.scram_sha1.as_deref(),
            password.scram_sha256.as_deref(),
            before.id
        ];
        tx.execute(SET_PASSWORD, values).await?;
    }
    let verifier = match &change.web_password {
        WebChange::Keep => None,
        WebChange::Remove => Some(None),
        WebChange::Set(web) => Some(Some(web.0.as_str())),
    };
    if let Some(verifier) = verifier {
        tx.execute(SET_WEB, args![verifier, before.id]).await?;
    }
    let renamed = details.webusername != before.details.webusername;
    if verifier.is_some() || renamed || details.administrative != before.details.administrative {
        tx.execute(NEW_VERSION, args![before.id]).await?;
    }
    Ok(())
}
