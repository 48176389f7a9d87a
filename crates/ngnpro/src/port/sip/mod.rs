//! SipPort: domains, accounts, aliases, what callers meet, balances, and the ways to the telephone network.

mod account;
mod alias;
mod balance;
mod carrier;
mod domain;
mod gateway;
mod history;
mod peer;
mod phonebook;
mod route;
mod rules;

use account::{SipAccountList, SipQuery, WireAccount};
use alias::{AliasQuery, SipAlias, SipAliasList};
use balance::{CreditHistory, PrepaidCard, PrepaidStatus};
use carrier::{Carrier, CarrierList, CarrierQuery};
use domain::{SipDomain, SipDomainList, SipDomainQuery};
use gateway::{Gateway, GatewayList, GatewayQuery, GatewayRule, GatewayRuleList, GatewayRuleQuery};
use history::{CallHistory, CallStatistics, CallsQuery, DeviceLocations, MediaTraceFilter, SipTraceFilter};
use peer::{TrustedPeer, TrustedPeerList, TrustedPeerQuery};
use phonebook::{PhonebookEntries, PhonebookEntry};
use registry::id::SubscriberId;
use registry::sip_account;
use route::{Route, RouteList, RouteQuery};
use rules::{AcceptRules, AcceptRulesStatus, CallDiversions};

use crate::operation::{Cx, Outcome, port};
use crate::query::Range;
use crate::soap::{Double, wire};

wire! {
    /// Which SIP account is meant, or the address of an alias.
    SipId {
        /// The user name; of a new account `<autoincrement>` for one that the server makes up.
        username as "username": String,
        /// The domain.
        domain as "domain": String,
    }
}

impl SipId {
    pub(super) fn new(username: &str, domain: &str) -> SipId {
        SipId { username: username.to_owned(), domain: domain.to_owned() }
    }

    /// The address without the scheme that may stand before it.
    pub(in crate::port) fn address(&self) -> (String, String) {
        let username = self.username.trim();
        let bare = username.strip_prefix("sips:").or_else(|| username.strip_prefix("sip:")).unwrap_or(username);
        (bare.to_owned(), self.domain.trim().to_owned())
    }

    /// The account of that address, if the caller sees it.
    pub(in crate::port) async fn found(&self, cx: &mut Cx<'_>) -> Outcome<SubscriberId> {
        let (username, domain) = self.address();
        sip_account::find(cx.tx, cx.caller, &username, &domain).await
    }
}

port! {
    /// SIP domains, accounts, aliases, balances, calls, trusted peers, and the ways to the telephone network.
    SIP = "Sip" {
        /// Adds a domain.
        write addDomain(domain as "domain": SipDomain) -> SipDomain = domain::add;
        /// Changes a domain.
        write updateDomain(domain as "domain": SipDomain) = domain::update;
        /// Removes a domain in which there are no accounts and aliases.
        write deleteDomain(domain as "domain": String) = domain::delete;
        /// Domains.
        read getDomains(query as "query": SipDomainQuery) -> SipDomainList = domain::list;

        /// Adds an account.
        alone addAccount(account as "account": WireAccount) -> WireAccount = account::add;
        /// Changes an account; what is not given stays.
        alone updateAccount(account as "account": WireAccount) = account::update;
        /// Removes an account with its aliases.
        write deleteAccount(id as "sipId": SipId) = account::delete;
        /// An account.
        read getAccount(id as "sipId": SipId) -> WireAccount = account::get;
        /// Accounts.
        read getAccounts(query as "query": SipQuery) -> SipAccountList = account::list;
        /// Puts an account into a group.
        write addToGroup(id as "sipId": SipId, group as "group": String) = account::add_to_group;
        /// Takes an account out of a group.
        write removeFromGroup(id as "sipId": SipId, group as "group": String) = account::remove_from_group;
        /// The groups of an account.
        read getGroups(id as "sipId": SipId) -> Vec<String> = account::groups;

        /// Adds an alias.
        write addAlias(alias as "alias": SipAlias) -> SipAlias = alias::add;
        /// Changes where an alias leads.
        write updateAlias(alias as "alias": SipAlias) = alias::update;
        /// Removes an alias.
        write deleteAlias(id as "id": SipId) = alias::delete;
        /// An alias.
        read getAlias(id as "id": SipId) -> SipAlias = alias::get;
        /// Aliases.
        read getAliases(query as "query": AliasQuery) -> SipAliasList = alias::list;

        /// Adds to the balance of a prepaid account; a value below zero takes from it.
        write addBalance(id as "sipId": SipId, value as "value": Double, description as "description": String) = balance::add;
        /// Adds what a voucher is worth to the balance of a prepaid account.
        write addBalanceFromVoucher(id as "sipId": SipId, card as "card": PrepaidCard) = balance::redeem;
        /// The balances of accounts, in the order in which they are asked for.
        read getPrepaidStatus(ids as "sipIds": Vec<SipId>) -> Vec<PrepaidStatus> = balance::status;
        /// What has happened to the balance of an account, the newest first.
        read getCreditHistory(id as "sipId": SipId, count as "count": i64) -> CreditHistory = balance::history;

        /// Adds an entry to the phonebook of an account.
        write addPhonebookEntry(id as "sipId": SipId, entry as "entry": PhonebookEntry) = phonebook::add;
        /// Changes the name and the group of an entry.
        write updatePhonebookEntry(id as "sipId": SipId, entry as "entry": PhonebookEntry) = phonebook::update;
        /// Removes an entry.
        write deletePhonebookEntry(id as "sipId": SipId, uri as "uri": String) = phonebook::delete;
        /// Entries; what they are to match may have wildcards.
        read getPhonebookEntries(id as "sipId": SipId, patterns as "match": PhonebookEntry, range as "range": Range)
            -> PhonebookEntries = phonebook::list;

        /// Rejects the calls of these callers and of no others.
        write setRejectMembers(id as "sipId": SipId, members as "members": Vec<String>) = rules::set_reject_members;
        /// The callers whose calls are rejected.
        read getRejectMembers(id as "sipId": SipId) -> Vec<String> = rules::reject_members;
        /// Says when calls are taken, and whose.
        write setAcceptRules(id as "sipId": SipId, rules as "rules": AcceptRules) = rules::set_accept_rules;
        /// When calls are taken, and whose.
        read getAcceptRules(id as "sipId": SipId) -> AcceptRulesStatus = rules::accept_rules;
        /// Bars numbers that begin so.
        write setBarringPrefixes(id as "sipId": SipId, prefixes as "prefixes": Vec<String>) = rules::set_barring_prefixes;
        /// What barred numbers begin with.
        read getBarringPrefixes(id as "sipId": SipId) -> Vec<String> = rules::barring_prefixes;
        /// Diverts calls on these conditions and on no others.
        write setCallDiversions(id as "sipId": SipId, diversions as "diversions": CallDiversions) = rules::set_diversions;
        /// Where calls are diverted.
        read getCallDiversions(id as "sipId": SipId) -> CallDiversions = rules::diversions;

        /// The calls of an account.
        read getCalls(id as "sipId": SipId, query as "query": CallsQuery) -> CallHistory = history::calls;
        /// How many calls an account has made and what they have cost.
        read getCallStatistics(id as "sipId": SipId, query as "query": CallsQuery) -> CallStatistics = history::statistics;
        /// Where the phones of accounts are, in the order in which they are asked for.
        alone getSipDeviceLocations(ids as "sipIds": Vec<SipId>) -> Vec<DeviceLocations> = history::locations;
        /// The messages of a call, as JSON.
        read getSipTrace(filter as "filter": SipTraceFilter) -> String = history::sip_trace;
        /// The media of a call, as JSON.
        read getMediaTrace(filter as "filter": MediaTraceFilter) -> String = history::media_trace;
        /// How much media is relayed, as JSON.
        read getMediaSummary() -> String = history::media_list;
        /// The media that is relayed, as JSON.
        read getMediaSessions() -> String = history::media_list;

        /// Adds a trusted peer.
        write addTrustedPeer(peer as "peer": TrustedPeer) -> TrustedPeer = peer::add;
        /// Changes a trusted peer.
        write updateTrustedPeer(peer as "peer": TrustedPeer) = peer::update;
        /// Removes a trusted peer.
        write deleteTrustedPeer(ip as "ip": String) = peer::delete;
        /// Trusted peers.
        read getTrustedPeers(query as "query": TrustedPeerQuery) -> TrustedPeerList = peer::list;

        /// Adds a carrier.
        write addCarrier(carrier as "carrier": Carrier) -> Carrier = carrier::add;
        /// Changes a carrier.
        write updateCarrier(carrier as "carrier": Carrier) = carrier::update;
        /// Removes a carrier that has no gateways and routes.
        write deleteCarrier(id as "id": i64) = carrier::delete;
        /// Carriers.
        read getCarriers(query as "query": CarrierQuery) -> CarrierList = carrier::list;
        /// Adds a gateway.
        write addGateway(gateway as "gateway": Gateway) -> Gateway = gateway::add;
        /// Changes a gateway.
        write updateGateway(gateway as "gateway": Gateway) = gateway::update;
        /// Removes a gateway that has no rules.
        write deleteGateway(id as "id": i64) = gateway::delete;
        /// Gateways.
        read getGateways(query as "query": GatewayQuery) -> GatewayList = gateway::list;
        /// Adds a rule of a gateway.
        write addGatewayRule(rule as "rule": GatewayRule) -> GatewayRule = gateway::add_rule;
        /// Changes a rule of a gateway.
        write updateGatewayRule(rule as "rule": GatewayRule) = gateway::update_rule;
        /// Removes a rule of a gateway.
        write deleteGatewayRule(id as "id": i64) = gateway::delete_rule;
        /// Rules of gateways.
        read getGatewayRules(query as "query": GatewayRuleQuery) -> GatewayRuleList = gateway::list_rules;
        /// Adds routes, all of them or none.
        write addRoutes(routes as "routes": Vec<Route>) = route::add;
        /// Changes routes, all of them or none.
        write updateRoutes(routes as "routes": Vec<Route>) = route::update;
        /// Removes routes, all of them or none.
        write deleteRoutes(routes as "routes": Vec<Route>) = route::delete;
        /// Routes.
        read getRoutes(query as "query": RouteQuery) -> RouteList = route::list;
    }
}
