//! Trusted peers.

use registry::listing::Condition;
use registry::record;
use registry::trusted_peer::{self, TrustedPeer as Kept};
use store::Val;

use crate::operation::{Cx, Outcome};
use crate::query::{Filters, list};
use crate::shown::{owner, page, when};
use crate::soap::wire;

wire! {
    /// An address from which calls are taken without a password. What is not given stays as it is.
    TrustedPeer {
        /// An address or the name of a host.
        ip as "ip": String,
        /// Whatever there is to say of it.
        description as "description": Option<String>,
        /// Whether it is Microsoft Teams.
        msteams as "msteams": Option<bool>,
        /// The domain of the Teams tenant.
        tenant as "tenant": Option<String>,
        /// What the Teams tenant authenticates with.
        auth_token as "authToken": Option<String>,
        /// The carrier that its calls come from.
        carrier_name as "carrierName": Option<String>,
        /// What routes know its calls by.
        originator as "originator": Option<String>,
        /// Free words.
        tags as "tags": Option<String>,
        /// Whom its calls are billed to.
        billing_id as "billingId": Option<String>,
        /// Digits that are put before the number.
        prefix as "prefix": Option<String>,
        /// How many digits are taken from the number.
        strip as "strip": Option<i64>,
        /// Most calls at a time; 0: any number.
        call_limit as "callLimit": Option<i64>,
        /// Whether its calls are paid before.
        prepaid as "prepaid": Option<bool>,
        /// Whether, and why, its calls are refused; 0: they are not.
        blocked as "blocked": Option<i64>,
        /// Whether the number is looked up in ENUM.
        enum_lookup as "enumLookup": Option<bool>,
        /// Whether its calls may leave for the telephone network.
        transit as "transit": Option<bool>,
        /// The customer that it is assigned to; 0: none.
        owner as "owner": Option<i64>,
        /// The customer whose it is; 0: the platform's.
        customer as "customer": i64,
        /// That customer's reseller.
        reseller as "reseller": i64,
        /// When it was changed; kept by the server.
        change_date as "changeDate": String,
    }
}

wire! {
    /// Which peers are wanted; text with wildcards.
    TrustedPeerFilter {
        /// An address.
        ip as "ip": String,
        /// Whatever there is to say of it.
        description as "description": String,
        /// The domain of a Teams tenant.
        tenant as "tenant": String,
        /// Whom calls are billed to.
        billing_id as "billingId": String,
        /// Only Microsoft Teams, or only others.
        msteams as "msteams": Option<bool>,
        /// Blocked so.
        blocked as "blocked": Option<i64>,
        /// Assigned to that customer.
        owner as "owner": i64,
        /// Of that customer.
        customer as "customer": i64,
        /// Of that reseller.
        reseller as "reseller": i64,
    }
}

list! {
    /// Trusted peers.
    TrustedPeerQuery(TrustedPeerFilter) -> TrustedPeerList { peers as "peers": TrustedPeer } by { "changeDate" as "modified_at", "description" as "description", "ip" as "ip" }
}

impl TrustedPeer {
    fn of(cx: &Cx<'_>, peer: Kept) -> Outcome<TrustedPeer> {
        let auth_token = peer.token(cx.caller, cx.sealer)?.unwrap_or_default();
        Ok(TrustedPeer {
            ip: peer.ip,
            description: Some(peer.description),
            msteams: Some(peer.msteams),
            tenant: Some(peer.tenant),
            auth_token: Some(auth_token),
            carrier_name: Some(peer.carrier_name),
            originator: Some(peer.originator),
            tags: Some(peer.tags),
            billing_id: Some(peer.billing_id),
            prefix: Some(peer.prefix),
            strip: Some(peer.strip),
            call_limit: Some(peer.call_limit),
            prepaid: Some(peer.prepaid),
            blocked: Some(peer.blocked),
            enum_lookup: Some(peer.enum_lookup),
            transit: Some(peer.transit),
            owner: Some(peer.owner_id.map_or(0, |id| id.0)),
            customer: peer.account_id.0,
            reseller: peer.reseller_id.0,
            change_date: when(peer.modified_at),
        })
    }

    fn over(self, cx: &Cx<'_>, before: Kept) -> Outcome<Kept> {
        let mut after = Kept {
            description: self.description.unwrap_or(before.description),
            msteams: self.msteams.unwrap_or(before.msteams),
            tenant: self.tenant.unwrap_or(before.tenant),
            carrier_name: self.carrier_name.unwrap_or(before.carrier_name),
            originator: self.originator.unwrap_or(before.originator),
            tags: self.tags.unwrap_or(before.tags),
            billing_id: self.billing_id.unwrap_or(before.billing_id),
            prefix: self.prefix.unwrap_or(before.prefix),
            strip: self.strip.unwrap_or(before.strip),
            call_limit: self.call_limit.unwrap_or(before.call_limit),
            prepaid: self.prepaid.unwrap_or(before.prepaid),
            blocked: self.blocked.unwrap_or(before.blocked),
            enum_lookup: self.enum_lookup.unwrap_or(before.enum_lookup),
            transit: self.transit.unwrap_or(before.transit),
            owner_id: self.owner.map_or(before.owner_id, owner),
            ..before
        };
        if let Some(token) = self.auth_token {
            after.set_token(cx.caller, cx.sealer, &token)?;
        }
        Ok(after)
    }
}

pub(super) async fn add(cx: &mut Cx<'_>, given: TrustedPeer) -> Outcome<TrustedPeer> {
    let account_id = cx.owner_of_new(given.customer, given.reseller).await?;
    let ip = given.ip.clone();
    let new = given.over(cx, Kept { account_id, ip, ..Kept::default() })?;
    let made = record::create(cx.tx, cx.caller, cx.now, new).await?;
    TrustedPeer::of(cx, made)
}

pub(super) async fn update(cx: &mut Cx<'_>, given: TrustedPeer) -> Outcome<()> {
    let before = trusted_peer::by_ip(cx.tx, cx.caller, &given.ip).await?;
    let account_id = cx.owner_after(before.account_id, given.customer, given.reseller).await?;
    let after = Kept { account_id, ..given.over(cx, before)? };
    record::update(cx.tx, cx.caller, cx.now, after).await?;
    Ok(())
}

pub(super) async fn delete(cx: &mut Cx<'_>, ip: String) -> Outcome<()> {
    let found = trusted_peer::by_ip(cx.tx, cx.caller, &ip).await?;
    record::delete::<Kept>(cx.tx, cx.caller, cx.now, found.id.0).await?;
    Ok(())
}

pub(super) async fn list(cx: &mut Cx<'_>, query: TrustedPeerQuery) -> Outcome<TrustedPeerList> {
    let filter = &query.filter;
    let mut filters = Filters::default()
        .name("ip", &filter.ip)
        .text("description", &filter.description)
        .text("tenant", &filter.tenant)
        .text("billing_id", &filter.billing_id)
        .id("owner_id", filter.owner)
        .id("account_id", filter.customer)
        .id("reseller_id", filter.reseller);
    if let Some(msteams) = filter.msteams {
        filters = filters.and(Condition::Is("msteams", Val::Bool(msteams)));
    }
    if let Some(blocked) = filter.blocked {
        filters = filters.and(Condition::Is("blocked", Val::Int(blocked)));
    }
    let (peers, total) = page::<Kept>(cx, &query.of(filters)).await?;
    let peers = peers.into_iter().map(|peer| TrustedPeer::of(cx, peer)).collect::<Outcome<_>>()?;
    Ok(TrustedPeerList { total, peers })
}
