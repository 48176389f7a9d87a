//! Changing and removing SIP accounts.

use store::{Tx, args};

use super::create::{owner, permit};
use super::kept::{self, WEB_PASSWORD};
use super::read::{must_be_seen, read};
use super::settings::Settings;
use super::{NOUN, SipAccount, load, mapped, rights};
use crate::account;
use crate::call_forward::mapping;
use crate::caller::Caller;
use crate::id::{AccountId, SubscriberId};
use crate::preference::{self, Level};
use crate::seal::Sealer;
use crate::sip_domain::{self, SipDomain};
use crate::statement::statements;
use crate::subscriber::{self, Alias, Details, SipPassword, Status, Subscriber, WebChange};
use crate::{Error, Result, sip_alias};

/// A change of a SIP account: what it is to be afterwards.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its owner; none: it stays.
    pub owner_id: Option<AccountId>,
    /// A new password; none: it stays.
    pub password: Option<SipPassword>,
    /// All else.
    pub settings: Settings,
}

statements! {
    TOUCH = "UPDATE subscribers SET modified_at = $1 WHERE id = $2";
}

/// What is to be changed, held.
pub(super) struct Held {
    pub(super) subscriber: Subscriber,
    pub(super) account: SipAccount,
    pub(super) domain: SipDomain,
}

/// The SIP account that the caller sees, held until the transaction ends.
pub(super) async fn hold(tx: &mut Tx, caller: &Caller, sealer: &Sealer, id: SubscriberId) -> Result<Held> {
    rights::must_act(caller)?;
    must_be_seen(tx, caller, id).await?;
    let gone = || Error::not_found(NOUN, id);
    let subscriber = subscriber::lock(tx, &caller.elevated(), id).await.map_err(|error| match error {
        Error::NotFound { .. } => gone(),
        other => other,
    })?;
    let account = read(tx, sealer, &[id.0]).await?.pop().ok_or_else(gone)?;
    let domain = sip_domain::by_id(tx, subscriber.domain_id).await?.ok_or_else(gone)?;
    Ok(Held { subscriber, account, domain })
}

/// Changes a SIP account. Its address stays what it is.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] for what properties don't permit, and for another owner by whoever does not
/// keep the domain; [`Error::Conflict`] where it can't have that owner; as [`super::create`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
    change: &Change,
) -> Result<SipAccount> {
    must_be_seen(tx, caller, id).await?;
    if let Some(to) = change.owner_id {
        // Accounts come before what is in them.
        let owned = subscriber::get(tx, &caller.elevated(), id).await?.account_id;
        for owner in [owned, to] {
            account::keep(tx, owner).await?;
        }
    }
    let mut held = hold(tx, caller, sealer, id).await?;
    if let Some(to) = change.owner_id.filter(|to| *to != held.account.owner_id) {
        held.subscriber = give_to(tx, caller, now, &held, to).await?;
    }
    apply(tx, caller, now, sealer, &held, change.settings.clone(), change.password.as_ref()).await
}

/// Gives an account to another owner.
async fn give_to(tx: &mut Tx, caller: &Caller, now: i64, held: &Held, to: AccountId) -> Result<Subscriber> {
    if !caller.sees(tx, held.domain.account_id).await? {
        return Err(rights::not_keeper());
    }
    let to = owner(tx, caller, &held.domain, Some(to)).await?;
    let to = account::get(tx, &caller.elevated(), to).await?;
    let before = &held.subscriber;
    let after = subscriber::hand_over(tx, &caller.elevated(), now, before, &to).await?;
    let (was, is) = ((before.account_id, before.reseller_id), (after.account_id, after.reseller_id));
    sip_alias::hand_over(tx, before.id, was, is).await?;
    Ok(after)
}

/// Brings a held account to other settings.
pub(super) async fn apply(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    held: &Held,
    mut settings: Settings,
    password: Option<&SipPassword>,
) -> Result<SipAccount> {
    let (id, before) = (held.account.id, &held.account.settings);
    settings.settle(Some(before))?;
    let secret = |settings: &Settings| settings.properties.iter().find(|named| named.name == WEB_PASSWORD).cloned();
    if !caller.rights.show_passwords && secret(&settings).is_none() {
        settings.properties.extend(secret(before));
    }
    permit(tx, caller, &held.domain, &mut settings, Some(before)).await?;
    let of_subscriber = details(&held.subscriber, before, &settings);
    if of_subscriber != held.subscriber.details || password.is_some() {
        let change = subscriber::Change {
            details: of_subscriber,
            primary: held.subscriber.primary_number.as_ref().map(|number| number.split.clone()),
            aliases: held
                .subscriber
                .alias_numbers
                .iter()
                .map(|number| Alias { split: number.split.clone(), is_devid: number.is_devid })
                .collect(),
            password: password.cloned(),
            web_password: WebChange::Keep,
            allow_primary: true,
        };
        subscriber::update(tx, &caller.elevated(), now, sealer, id, &change).await?;
    } else {
        tx.execute(TOUCH, args![now, id]).await?;
    }
    let (was, is) = (kept::read(tx, sealer, &[id.0]).await?.remove(&id.0), settings.kept());
    if was.as_ref() != Some(&is) {
        kept::write(tx, sealer, id, &is, was.as_ref()).await?;
        kept::note(tx, caller, now, &held.subscriber, was.as_ref(), &is).await?;
    }
    if before.answer_timeout != settings.answer_timeout {
        mapping::set_ring_timeout(tx, &caller.elevated(), now, id, settings.answer_timeout).await?;
    }
    put_preferences(tx, caller, now, id, before, &settings).await?;
    load(tx, caller, sealer, &[id.0]).await?.pop().ok_or_else(|| Error::not_found(NOUN, id))
}

/// What the subscriber is to be; what the settings leave as it is stays.
fn details(subscriber: &Subscriber, before: &Settings, after: &Settings) -> Details {
    let mut details = subscriber.details.clone();
    if before.display_name() != after.display_name() {
        details.display_name = after.display_name();
    }
    if before.email != after.email {
        details.email.clone_from(&after.email);
    }
    if before.timezone != after.timezone {
        details.timezone.clone_from(&after.timezone);
    }
    match (before.is_in("blocked"), after.is_in("blocked")) {
        (false, true) => details.status = Status::Locked,
        (true, false) => details.status = Status::Active,
        _ => {}
    }
    details
}

/// Brings the preferences of a subscriber, which is held, to what settings say.
pub(super) async fn put_preferences(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: SubscriberId,
    before: &Settings,
    after: &Settings,
) -> Result<()> {
    let mut nothing = preference::Values::new();
    if !mapped::put(&mut nothing, before, after)? {
        return Ok(());
    }
    let mut values = preference::all_of(tx, Level::Subscriber, &[id.0]).await?.remove(&id.0).unwrap_or_default();
    mapped::put(&mut values, before, after)?;
    preference::replace(tx, &caller.elevated(), now, Level::Subscriber, id.0, &values).await
}

/// Removes a SIP account: its subscriber is terminated.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] for whoever does not keep the domain.
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    rights::must_act(caller)?;
    must_be_seen(tx, caller, id).await?;
    let found = subscriber::get(tx, &caller.elevated(), id).await?;
    if !caller.sees(tx, found.domain_account_id).await? {
        return Err(rights::not_keeper());
    }
    subscriber::terminate(tx, &caller.elevated(), now, id).await
}
