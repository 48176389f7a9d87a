//! Aliases.

use registry::sip_alias::{self, ALL, AliasEntry, Change, NewAlias};
use registry::{listing, sip_account};

use super::SipId;
use crate::operation::{Cx, Outcome};
use crate::query::{Filters, list};
use crate::shown::{owner, when};
use crate::soap::wire;

wire! {
    /// An address that leads to an account beside that one's own.
    SipAlias {
        /// The address.
        id as "id": SipId,
        /// The account.
        target as "target": SipId,
        /// The customer that it is assigned to; 0 of a new one: the owner of the account.
        owner as "owner": Option<i64>,
        /// The customer of its domain.
        customer as "customer": i64,
        /// Its reseller.
        reseller as "reseller": i64,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which aliases are wanted; text with wildcards.
    AliasFilter {
        /// The user name of an alias.
        alias_username as "aliasUsername": String,
        /// The domain of an alias.
        alias_domain as "aliasDomain": String,
        /// The user name of an account.
        target_username as "targetUsername": String,
        /// The domain of an account.
        target_domain as "targetDomain": String,
        /// Assigned to that customer.
        owner as "owner": i64,
        /// In domains of that customer.
        customer as "customer": i64,
        /// Of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Aliases.
    AliasQuery(AliasFilter) -> SipAliasList { aliases as "aliases": SipAlias } by { "changeDate" as "modified_at", "aliasUsername" as "username", "aliasDomain" as "domain", "targetUsername" as "target_username", "targetDomain" as "target_domain" }
}

impl From<AliasEntry> for SipAlias {
    fn from(entry: AliasEntry) -> SipAlias {
        SipAlias {
            id: SipId::new(&entry.alias.username, &entry.domain),
            target: SipId::new(&entry.target_username, &entry.target_domain),
            owner: Some(entry.alias.owner_id.0),
            customer: entry.alias.account_id.0,
            reseller: entry.alias.reseller_id.0,
            change_date: when(entry.alias.modified_at),
        }
    }
}

pub(super) async fn add(cx: &mut Cx<'_>, given: SipAlias) -> Outcome<SipAlias> {
    let (username, domain) = given.id.address();
    let target = given.target.found(cx).await?;
    let new = NewAlias { username, domain, target, owner_id: owner(given.owner.unwrap_or(0)) };
    Ok(sip_alias::create(cx.tx, cx.caller, cx.now, &new).await?.into())
}

async fn found(cx: &mut Cx<'_>, id: &SipId) -> Outcome<AliasEntry> {
    let (username, domain) = id.address();
    sip_alias::by_address(cx.tx, cx.caller, &username, &domain).await
}

pub(super) async fn update(cx: &mut Cx<'_>, given: SipAlias) -> Outcome<()> {
    let before = found(cx, &given.id).await?.alias;
    let target = match given.target.address() {
        (username, _) if username.is_empty() => before.subscriber_id,
        (username, domain) => sip_account::find(cx.tx, cx.caller, &username, &domain).await?,
    };
    let change = Change { target, owner_id: owner(given.owner.unwrap_or(0)) };
    sip_alias::update(cx.tx, cx.caller, cx.now, before.id, &change).await?;
    Ok(())
}

pub(super) async fn delete(cx: &mut Cx<'_>, id: SipId) -> Outcome<()> {
    let before = found(cx, &id).await?.alias;
    sip_alias::delete(cx.tx, cx.caller, cx.now, before.id).await
}

pub(super) async fn get(cx: &mut Cx<'_>, id: SipId) -> Outcome<SipAlias> {
    Ok(found(cx, &id).await?.into())
}

pub(super) async fn list(cx: &mut Cx<'_>, query: AliasQuery) -> Outcome<SipAliasList> {
    let filter = &query.filter;
    let filters = Filters::default()
        .name("username", &filter.alias_username)
        .name("domain", &filter.alias_domain)
        .username("target_username", &filter.target_username)
        .name("target_domain", &filter.target_domain)
        .id("owner_id", filter.owner)
        .id("account_id", filter.customer)
        .id("reseller_id", filter.reseller);
    let found = listing::page(cx.tx, cx.caller, &ALL, &query.of(filters)).await?;
    let aliases = sip_alias::load(cx.tx, &found.ids).await?.into_iter().map(SipAlias::from).collect();
    Ok(SipAliasList { total: found.total.unwrap_or(0), aliases })
}
