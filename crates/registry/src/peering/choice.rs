//! The choices: which servers a call leaves to, in order, and which group a call that comes in belongs to.
//!
//! A call that leaves takes the groups that have a rule for it, the longest called prefix first, then the group's
//! priority, then servers at random by their weight. A call that comes in belongs to the group of the server that has
//! its address; where several groups have it, or a group has inbound rules, the rules decide in the order of their
//! priority, and a group without rules takes what is left.

use std::net::IpAddr;

use jiff::tz::TimeZone;
use regex::Regex;
use store::{Row, Tx, args};

use super::group::Group;
use super::pattern::compiled;
use super::rule::{InboundRule, Rule};
use super::server::Server;
use crate::Result;
use crate::record::{self, Record};
use crate::statement::statements;
use crate::time_set::{self, TimeSet};

statements! {
    // Peerings whose accounts run.
    RUNNING = "SELECT g.id FROM peering_groups g JOIN accounts a ON a.id = g.contract_id WHERE a.status = 'active' \
        AND g.id > $1 ORDER BY g.id LIMIT 100";
}

/// What is in some groups; ids and the column are ours.
const MEMBERS: &str = "SELECT id FROM {table} WHERE group_id IN ({ids}) AND enabled ORDER BY id";

/// A group that calls may leave by and come from, with what is in it that is enabled.
#[derive(Debug)]
pub struct Offer {
    group: Group,
    open: bool,
    servers: Vec<Server>,
    rules: Vec<(Rule, Regex, Regex)>,
    inbound: Vec<(InboundRule, Regex)>,
}

impl Offer {
    /// A group; `open` where its times hold now. What is not enabled is left out.
    ///
    /// # Errors
    /// Where a pattern can't be compiled, which is not stored.
    pub fn new(
        group: Group,
        open: bool,
        servers: Vec<Server>,
        rules: Vec<Rule>,
        inbound_rules: Vec<InboundRule>,
    ) -> Result<Offer> {
        let compile = |rule: Rule| {
            let callee = compiled("callee_pattern", &rule.callee_pattern)?;
            let caller = compiled("caller_pattern", &rule.caller_pattern)?;
            Ok((rule, callee, caller))
        };
        let rules = rules.into_iter().filter(|rule| rule.enabled).map(compile).collect::<Result<_>>()?;
        let compile = |rule: InboundRule| compiled("pattern", &rule.pattern).map(|pattern| (rule, pattern));
        let inbound = inbound_rules.into_iter().filter(|rule| rule.enabled).map(compile).collect::<Result<_>>()?;
        let servers = servers.into_iter().filter(|server| server.enabled).collect();
        Ok(Offer { group, open, servers, rules, inbound })
    }
}

/// All groups of peerings that run, with their times as they are at `at`, in microseconds since 1970 UTC, by the clocks of
/// the zone. All of them are read and their patterns compiled, which is not to be done for each call: there are at most
/// 1000 groups, 5000 servers and 10000 rules of either kind, all of them the operator's own.
///
/// # Errors
/// Only those of the database.
pub async fn offers(tx: &mut Tx, at: i64, zone: &TimeZone) -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    let mut after = 0_i64;
    loop {
        let ids = ids(&tx.query(RUNNING, args![after]).await?)?;
        let Some(last) = ids.last() else { return Ok(offers) };
        after = *last;
        let groups: Vec<Group> = record::load(tx, &ids).await?;
        let servers: Vec<Server> = members(tx, &ids).await?;
        let rules: Vec<Rule> = members(tx, &ids).await?;
        let inbound: Vec<InboundRule> = members(tx, &ids).await?;
        let time_sets: Vec<i64> = groups.iter().filter_map(|group| group.time_set_id).map(|id| id.0).collect();
        let time_sets: Vec<TimeSet> = record::load(tx, &time_sets).await?;
        for group in groups {
            let times = time_sets.iter().find(|times| group.time_set_id == Some(times.id));
            let open = times.is_none_or(|times| time_set::holds_at(&times.times.0, at, zone));
            let id = group.id;
            let servers = servers.iter().filter(|server| server.group_id == id).cloned().collect();
            let rules = rules.iter().filter(|rule| rule.group_id == id).cloned().collect();
            let inbound = inbound.iter().filter(|rule| rule.group_id == id).cloned().collect();
            offers.push(Offer::new(group, open, servers, rules, inbound)?);
        }
    }
}

fn ids(rows: &[Row]) -> Result<Vec<i64>> {
    rows.iter().map(|row| Ok(row.at(0)?)).collect()
}

async fn members<R: Record>(tx: &mut Tx, groups: &[i64]) -> Result<Vec<R>> {
    let rows = crate::listing::for_ids(tx, &MEMBERS.replace("{table}", R::TABLE), groups).await?;
    record::load(tx, &ids(&rows)?).await
}

/// The user and the domain of a SIP or tel URI.
fn parts(uri: &str) -> (&str, &str) {
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    let rest = if ["sip", "sips", "tel"].contains(&scheme.to_ascii_lowercase().as_str()) { rest } else { uri };
    let (user, host) = match rest.split_once('@') {
        Some((user, host)) => (user, host),
        None if scheme.eq_ignore_ascii_case("tel") => (rest, ""),
        None => ("", rest),
    };
    let host = host.split([';', '?', '>']).next().unwrap_or_default();
    let host = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    (user.split([';', ':']).next().unwrap_or_default(), host)
}

/// The servers that a call from one SIP URI to another leaves to, in order. `draw` is a random number below its
/// argument.
pub fn route<'a>(offers: &'a [Offer], callee: &str, caller: &str, draw: &mut dyn FnMut(u64) -> u64) -> Vec<&'a Server> {
    let (user, _) = parts(callee);
    let mut found: Vec<(usize, bool, &Offer)> = Vec::new();
    for offer in offers.iter().filter(|offer| offer.open) {
        let fits = |(rule, to, from): &&(Rule, Regex, Regex)| {
            user.starts_with(&rule.callee_prefix) && to.is_match(callee) && from.is_match(caller)
        };
        for (rule, ..) in offer.rules.iter().filter(fits) {
            found.push((rule.callee_prefix.len(), rule.stopper, offer));
        }
    }
    let shortest = found.iter().filter(|(_, stopper, _)| *stopper).map(|(length, ..)| *length).max().unwrap_or(0);
    found.retain(|(length, ..)| *length >= shortest);
    found.sort_by_key(|(length, _, offer)| (std::cmp::Reverse(*length), offer.group.priority, offer.group.id));
    let mut chosen: Vec<&Server> = Vec::new();
    for level in found.chunk_by(|a, b| (a.0, a.2.group.priority) == (b.0, b.2.group.priority)) {
        let mut left: Vec<&Server> = Vec::new();
        for server in level.iter().flat_map(|(.., offer)| &offer.servers) {
            if !chosen.iter().chain(&left).any(|known| known.id == server.id) {
                left.push(server);
            }
        }
        while !left.is_empty() {
            chosen.push(left.remove(drawn(&left, draw)));
        }
    }
    chosen
}

/// Which of the servers is drawn, each as likely as its weight says.
fn drawn(servers: &[&Server], draw: &mut dyn FnMut(u64) -> u64) -> usize {
    let weight = |server: &Server| u64::try_from(server.weight).unwrap_or(1).max(1);
    let mut at = draw(servers.iter().map(|server| weight(server)).sum());
    for (index, server) in servers.iter().enumerate() {
        match at.checked_sub(weight(server)) {
            Some(rest) => at = rest,
            None => return index,
        }
    }
    servers.len() - 1
}

/// What is looked at of a request that comes in: SIP URIs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// Of `From`.
    pub from: &'a str,
    /// The request URI.
    pub ruri: &'a str,
    /// Of `P-Asserted-Identity`; empty: there is none.
    pub pai: &'a str,
}

impl Request<'_> {
    fn field(&self, name: &str) -> &str {
        let (header, part) = name.split_once('_').unwrap_or((name, "uri"));
        let uri = match header {
            "from" => self.from,
            "ruri" => self.ruri,
            _ => self.pai,
        };
        match part {
            "user" => parts(uri).0,
            "domain" => parts(uri).1,
            _ => uri,
        }
    }
}

/// Whose a request is that comes in.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound<'a> {
    /// That group's.
    From(&'a Group),
    /// It is refused with a SIP status and reason.
    Refused(i64, &'a str),
    /// Nobody's that is known.
    Unknown,
}

/// Whose a request from an address is.
pub fn inbound<'a>(offers: &'a [Offer], source: IpAddr, request: &Request<'_>) -> Inbound<'a> {
    let source = source.to_canonical();
    let has = |server: &Server| server.ip.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical() == source);
    let mut offers: Vec<&Offer> = offers.iter().filter(|offer| offer.servers.iter().any(has)).collect();
    offers.sort_by_key(|offer| (offer.group.priority, offer.group.id));
    let mut rules: Vec<(&Offer, &(InboundRule, Regex))> =
        offers.iter().flat_map(|offer| offer.inbound.iter().map(|rule| (*offer, rule))).collect();
    rules.sort_by_key(|(_, (rule, _))| rule.priority);
    let fits = |(_, (rule, pattern)): &(&Offer, &(InboundRule, Regex))| pattern.is_match(request.field(&rule.field));
    match rules.into_iter().find(fits) {
        Some((_, (InboundRule { reject_code: Some(code), reject_reason, .. }, _))) => {
            Inbound::Refused(*code, reject_reason.as_deref().unwrap_or_default())
        }
        Some((offer, _)) => Inbound::From(&offer.group),
        None => {
            let open = offers.into_iter().find(|offer| offer.inbound.is_empty());
            open.map_or(Inbound::Unknown, |offer| Inbound::From(&offer.group))
        }
    }
}
