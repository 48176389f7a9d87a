//! Making, changing and removing aliases.

use store::{Tx, args};

use super::number::{is_free_of_charge, of_username, reread};
use super::{ALL, AliasEntry, SipAlias, load, noun, remove};
use crate::account;
use crate::caller::Caller;
use crate::dns::root;
use crate::id::{AccountId, SipAliasId, SubscriberId};
use crate::quota::{self, Kind as Counted};
use crate::record::{self, Kept};
use crate::sip_account::{self, rights};
use crate::sip_domain::{self, SipDomain};
use crate::statement::statements;
use crate::subscriber::{self, SUBSCRIBERS, Subscriber};
use crate::{Error, Result, journal, listing};

/// What is needed for a new alias.
#[derive(Clone, Debug)]
pub struct NewAlias {
    /// The user name of its address.
    pub username: String,
    /// The domain of its address, which the caller must keep.
    pub domain: String,
    /// Where it leads.
    pub target: SubscriberId,
    /// The account that it is assigned to; none: that of its target.
    pub owner_id: Option<AccountId>,
}

/// A change of an alias.
#[derive(Clone, Debug)]
pub struct Change {
    /// Where it leads.
    pub target: SubscriberId,
    /// The account that it is assigned to; none: it stays.
    pub owner_id: Option<AccountId>,
}

statements! {
    BY_ADDRESS = "SELECT t.id FROM sip_domains d JOIN sip_aliases t ON t.domain_id = d.id \
        WHERE d.domain = $1 AND d.status = 'active' AND t.username = $2";
    IS_SUBSCRIBER = "SELECT id FROM subscribers WHERE domain_id = $1 AND username = $2 AND status <> 'terminated'";
    AT = "SELECT id FROM sip_aliases WHERE domain_id = $1 AND username = $2 {wait}";
    LOCK = "SELECT id FROM sip_aliases WHERE id = $1 {wait}";
    STANDS_FOR = "SELECT id FROM sip_aliases WHERE number_id = $1 LIMIT 1";
    SET = "UPDATE sip_aliases SET subscriber_id = $1, reseller_id = $2, owner_id = $3, number_id = $4, entered = TRUE, \
        modified_at = $5 WHERE id = $6";
}

/// The alias of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: SipAliasId) -> Result<AliasEntry> {
    let not_found = || Error::not_found(noun(), id);
    if !listing::shows(tx, caller, &ALL, id.0).await? {
        return Err(not_found());
    }
    load(tx, &[id.0]).await?.pop().ok_or_else(not_found)
}

/// The alias of that address, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn by_address(tx: &mut Tx, caller: &Caller, username: &str, domain: &str) -> Result<AliasEntry> {
    let address = format!("{username}@{domain}");
    let not_found = || Error::not_found(noun(), &address);
    let (username, domain) = (username.to_ascii_lowercase(), domain.to_ascii_lowercase());
    let row = tx.query_opt(BY_ADDRESS, args![domain, username]).await?.ok_or_else(not_found)?;
    match get(tx, caller, row.at(0)?).await {
        Err(Error::NotFound { .. }) => Err(not_found()),
        other => other,
    }
}

/// The subscriber, if the caller sees it, held.
async fn target(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Subscriber> {
    if !listing::shows(tx, caller, &SUBSCRIBERS, id.0).await? {
        return Err(Error::dangling("target", id));
    }
    subscriber::hold_named_by(tx, &caller.elevated(), "target", id).await
}

/// Whose the target is, for whoever must keep that account before anything is held.
async fn owner_of_target(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<AccountId> {
    match subscriber::named_by(tx, &caller.elevated(), "target", id).await {
        Ok(target) => Ok(target.account_id),
        Err(error) => Err(error),
    }
}

/// Makes an alias.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::Dangling`] for `domain`, `target` and `owner_id`; [`Error::Invalid`] for `username`;
/// [`Error::Taken`] where a subscriber or an alias has the address; [`Error::Quota`].
pub async fn create(tx: &mut Tx, caller: &Caller, now: i64, new: &NewAlias) -> Result<AliasEntry> {
    SipAlias::must_keep(caller)?;
    root::may_create(tx, caller).await?;
    let username = new.username.trim().to_ascii_lowercase();
    subscriber::check_username(&username)?;
    let domain = sip_domain::kept_by(tx, caller, "domain", &new.domain).await?;
    let owner = match new.owner_id {
        Some(owner) => rights::keep_account(tx, caller, "owner_id", owner).await?.id,
        None => {
            let owner = owner_of_target(tx, caller, new.target).await?;
            rights::keep_account(tx, &caller.elevated(), "target", owner).await?.id
        }
    };
    let domain = sip_domain::hold_as(tx, &domain).await?;
    let target = target(tx, caller, new.target).await?;
    let taken = || Error::taken(noun(), "username", format!("{username}@{}", domain.domain));
    if tx.query_opt(IS_SUBSCRIBER, args![domain.id, &username]).await?.is_some() {
        return Err(taken());
    }
    let made = match tx.query_opt(AT, args![domain.id, &username]).await? {
        Some(row) => {
            let there = record::load::<SipAlias>(tx, &[row.at(0)?]).await?.pop().ok_or_else(taken)?;
            if there.entered || there.subscriber_id != target.id {
                return Err(taken());
            }
            // It was there for its number only.
            let number = there.number_id;
            tx.execute(SET, args![target.id, target.reseller_id, owner, number, now, there.id]).await?;
            reread(tx, &there).await?
        }
        None => {
            let alias = SipAlias {
                domain_id: domain.id,
                account_id: domain.account_id,
                reseller_id: target.reseller_id,
                username: username.clone(),
                subscriber_id: target.id,
                owner_id: owner,
                entered: true,
                created_at: now,
                modified_at: now,
                ..SipAlias::default()
            };
            record::insert(tx, alias).await?
        }
    };
    quota::take(tx, Counted::SipAliases, owner, Some(domain.account_id), 1).await?;
    let made = with_number(tx, caller, now, made, &domain, &target).await?;
    journal::record(tx, caller, now, None, Some(&made)).await?;
    entry(tx, &made).await
}

async fn entry(tx: &mut Tx, alias: &SipAlias) -> Result<AliasEntry> {
    let found = load(tx, &[alias.id.0]).await?.pop();
    found.ok_or_else(|| Error::Internal("an alias was lost".to_owned()))
}

/// Gives the number that an alias is to its target, where it can have it.
async fn with_number(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    alias: SipAlias,
    domain: &SipDomain,
    target: &Subscriber,
) -> Result<SipAlias> {
    if alias.number_id.is_some() || domain.id != target.domain_id {
        return Ok(alias);
    }
    let Some(split) = of_username(&alias.username) else { return Ok(alias) };
    if !is_free_of_charge(tx, target, &split).await? {
        return Ok(alias);
    }
    subscriber::take_alias(tx, &caller.elevated(), now, target.id, split).await?;
    reread(tx, &alias).await
}

/// The alias, held, for whoever keeps its domain.
async fn kept(tx: &mut Tx, caller: &Caller, id: SipAliasId) -> Result<SipAlias> {
    SipAlias::must_keep(caller)?;
    let alias = get(tx, caller, id).await?.alias;
    if !caller.sees(tx, alias.account_id).await? {
        return Err(sip_account::not_keeper());
    }
    Ok(alias)
}

/// Changes where an alias leads, and its owner.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] for whoever does not keep the domain; [`Error::Dangling`] for `target` and
/// `owner_id`; [`Error::Quota`].
pub async fn update(tx: &mut Tx, caller: &Caller, now: i64, id: SipAliasId, change: &Change) -> Result<AliasEntry> {
    let seen = kept(tx, caller, id).await?;
    if let Some(owner) = change.owner_id.filter(|owner| *owner != seen.owner_id) {
        account::keep(tx, seen.owner_id).await?;
        rights::keep_account(tx, caller, "owner_id", owner).await?;
    }
    let domain = sip_domain::hold(tx, seen.domain_id).await?;
    let mut targets = [seen.subscriber_id, change.target];
    targets.sort_unstable();
    for target in targets {
        subscriber::hold_named_by(tx, &caller.elevated(), "target", target).await?;
    }
    tx.query_opt(LOCK, args![id]).await?;
    let before = kept(tx, caller, id).await?;
    let target = target(tx, caller, change.target).await?;
    let owner = change.owner_id.unwrap_or(before.owner_id);
    let moved = before.subscriber_id != target.id;
    let number = before.number_id.filter(|_| !moved);
    tx.execute(SET, args![target.id, target.reseller_id, owner, number, now, id]).await?;
    ALL.recount(tx, id.0, "reseller_id", before.reseller_id.0, target.reseller_id.0);
    if !before.entered || owner != before.owner_id {
        before.give_back(tx).await?;
        quota::take(tx, Counted::SipAliases, owner, Some(before.account_id), 1).await?;
    }
    if moved {
        without_number(tx, caller, now, &before).await?;
    }
    let after = reread(tx, &before).await?;
    let after = with_number(tx, caller, now, after, &domain, &target).await?;
    journal::record(tx, caller, now, Some(&before), Some(&after)).await?;
    entry(tx, &after).await
}

/// Removes an alias, and takes the number that it is from its target.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`] for whoever does not keep the domain.
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: SipAliasId) -> Result<()> {
    let seen = kept(tx, caller, id).await?;
    subscriber::hold_named_by(tx, &caller.elevated(), "target", seen.subscriber_id).await?;
    tx.query_opt(LOCK, args![id]).await?;
    let before = kept(tx, caller, id).await?;
    remove(tx, &before).await?;
    without_number(tx, caller, now, &before).await?;
    journal::record(tx, caller, now, Some(&before), None).await
}

/// Takes the number from the target of an alias that stands for it no more, unless another alias does.
async fn without_number(tx: &mut Tx, caller: &Caller, now: i64, before: &SipAlias) -> Result<()> {
    let Some(number) = before.number_id else { return Ok(()) };
    if tx.query_opt(STANDS_FOR, args![number]).await?.is_some() {
        return Ok(());
    }
    subscriber::drop_alias(tx, &caller.elevated(), now, before.subscriber_id, number).await
}
