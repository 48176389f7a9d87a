//! Reading SIP accounts.

use store::Tx;

use super::kept::{self, Kept, WEB_PASSWORD, cut};
use super::settings::Settings;
use super::{NOUN, Named, Password, SipAccount, mapped};
use crate::call_forward::mapping;
use crate::caller::Caller;
use crate::id::SubscriberId;
use crate::preference::{self, Level, Values};
use crate::seal::Sealer;
use crate::subscriber::{self, SUBSCRIBERS, Status, Subscriber};
use crate::{Error, Result, listing};

/// The SIP accounts of those ids that are there, in their order; for ids that a [`listing`] of
/// [`SUBSCRIBERS`] has given. Without passwords for callers that they are not shown to.
///
/// # Errors
/// Only those of the database, and [`Error::Internal`] where passwords were sealed with another key.
pub async fn load(tx: &mut Tx, caller: &Caller, sealer: &Sealer, ids: &[i64]) -> Result<Vec<SipAccount>> {
    let mut found = read(tx, sealer, ids).await?;
    if !caller.rights.show_passwords {
        for account in &mut found {
            account.password = Password::default();
            account.settings.properties.retain(|property| property.name != WEB_PASSWORD);
        }
    }
    Ok(found)
}

/// The SIP accounts of those ids that are there, in their order, with all that is known of them.
pub(super) async fn read(tx: &mut Tx, sealer: &Sealer, ids: &[i64]) -> Result<Vec<SipAccount>> {
    let found = subscriber::load(tx, ids).await?;
    let mut all = kept::read(tx, sealer, ids).await?;
    let mut preferences = preference::all_of(tx, Level::Subscriber, ids).await?;
    let timeouts = mapping::ring_timeouts(tx, ids).await?;
    let account = |subscriber: Subscriber| {
        let id = subscriber.id.0;
        let values = preferences.remove(&id).unwrap_or_default();
        let settings = shown(&subscriber, all.remove(&id), &values, timeouts.get(&id).copied());
        let digests = subscriber.digests().map(|(ha1, ha1b)| (ha1.to_owned(), ha1b.to_owned()));
        Ok(SipAccount {
            id: subscriber.id,
            password: Password { clear: subscriber.password(sealer)?, digests },
            username: subscriber.username,
            domain: subscriber.domain,
            owner_id: subscriber.account_id,
            account_id: subscriber.domain_account_id,
            reseller_id: subscriber.reseller_id,
            settings,
            created_at: subscriber.created_at,
            modified_at: subscriber.modified_at,
        })
    };
    found.into_iter().map(account).collect()
}

/// The settings of a subscriber, from all places.
fn shown(subscriber: &Subscriber, kept: Option<Kept>, values: &Values, ring_timeout: Option<i64>) -> Settings {
    let details = &subscriber.details;
    let kept = kept.unwrap_or_default();
    let mut settings = Settings {
        first_name: kept.first_name,
        last_name: kept.last_name,
        email: details.email.clone(),
        timezone: details.timezone.clone(),
        groups: kept.groups,
        prepaid: kept.prepaid,
        quota: kept.quota,
        quickdial_prefix: kept.quickdial_prefix,
        region: kept.region,
        properties: kept.properties,
        ..Settings::default()
    };
    settings.properties.extend(kept.web_password.map(|value| Named { name: WEB_PASSWORD.to_owned(), value }));
    if settings.display_name() != details.display_name {
        (settings.first_name, settings.last_name) = cut(details.display_name.as_deref().unwrap_or_default());
    }
    if kept.answer_timeout > 0 {
        settings.answer_timeout = kept.answer_timeout;
    }
    settings.answer_timeout = ring_timeout.unwrap_or(settings.answer_timeout);
    if details.status == Status::Locked {
        settings.groups.push("blocked".to_owned());
    }
    if settings.prepaid {
        settings.groups.push("prepaid".to_owned());
    }
    mapped::take_up(&mut settings, values, &kept.acl_tags);
    settings
}

/// The SIP account of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, sealer: &Sealer, id: SubscriberId) -> Result<SipAccount> {
    must_be_seen(tx, caller, id).await?;
    load(tx, caller, sealer, &[id.0]).await?.pop().ok_or_else(|| Error::not_found(NOUN, id))
}

/// Refuses an account that the caller does not see.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) async fn must_be_seen(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<()> {
    match listing::shows(tx, caller, &SUBSCRIBERS, id.0).await? {
        true => Ok(()),
        false => Err(Error::not_found(NOUN, id)),
    }
}
