//! Groups of SIP accounts, one at a time.

use store::{Tx, Val};

use super::settings::check_group;
use super::update::{Held, apply, hold};
use crate::caller::Caller;
use crate::id::SubscriberId;
use crate::listing::Condition;
use crate::seal::Sealer;
use crate::{Error, Result};

/// Puts a SIP account into a group.
///
/// # Errors
/// [`Error::Taken`] of a `group` where it is in it; [`Error::NotFound`] for the account; as [`super::update`].
pub async fn add(tx: &mut Tx, caller: &Caller, now: i64, sealer: &Sealer, id: SubscriberId, group: &str) -> Result<()> {
    let group = group.trim();
    check_group(group)?;
    let held = hold(tx, caller, sealer, id).await?;
    if held.account.settings.is_in(group) {
        return Err(Error::taken("group", "group", group));
    }
    let mut settings = held.account.settings.clone();
    match group {
        "prepaid" => settings.prepaid = true,
        _ => settings.groups.push(group.to_owned()),
    }
    put(tx, caller, now, sealer, &held, settings).await
}

/// Takes a SIP account out of a group.
///
/// # Errors
/// [`Error::NotFound`] of a `group` where it is not in it, or for the account; as [`super::update`].
pub async fn remove(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
    group: &str,
) -> Result<()> {
    let group = group.trim();
    let held = hold(tx, caller, sealer, id).await?;
    if !held.account.settings.is_in(group) {
        return Err(Error::not_found("group", group));
    }
    let mut settings = held.account.settings.clone();
    settings.groups.retain(|name| name != group);
    if group == "prepaid" {
        settings.prepaid = false;
    }
    put(tx, caller, now, sealer, &held, settings).await
}

async fn put(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    held: &Held,
    settings: super::Settings,
) -> Result<()> {
    apply(tx, caller, now, sealer, held, settings, None).await.map(|_| ())
}

/// What finds the members of a group in the list of [`crate::subscriber::SUBSCRIBERS`].
#[must_use]
pub fn members(group: &str) -> Condition {
    match group {
        "blocked" => Condition::Is("status", "locked".into()),
        "prepaid" => Condition::Is("prepaid", Val::Bool(true)),
        "anonymous" => Condition::Is("anonymous", Val::Int(1)),
        "anonymous-reject" => Condition::Is("anonymous_reject", Val::Int(1)),
        other => Condition::Is("group", other.into()),
    }
}
