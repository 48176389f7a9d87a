//! What callers meet: rejected callers, acceptance rules, barred prefixes, diversions.

use registry::sip_account::accept::{self, Rule, Temporary};
use registry::sip_account::diversion::{self, Condition, Diversions};
use registry::sip_account::{contact, reject};

use super::SipId;
use crate::operation::{Cx, Outcome};
use crate::soap::wire;

wire! {
    /// A rule that recurs.
    AcceptRule {
        /// When it begins to hold, HH:MM.
        start as "start": String,
        /// When it ends, HH:MM.
        stop as "stop": String,
        /// Whose calls are taken: groups of the phonebook, everybody or nobody.
        groups as "groups": Vec<String>,
        /// The days, added up: 1 for Monday, 2 for Tuesday, to 64 for Sunday.
        days as "days": i64,
    }
}

wire! {
    /// A rule that holds for a while and takes the place of the others.
    TemporaryAcceptRule {
        /// Whose calls are taken.
        groups as "groups": Vec<String>,
        /// For how many minutes from now.
        duration as "duration": i64,
    }
}

wire! {
    /// When calls are taken, and whose.
    AcceptRules {
        /// Rules that recur.
        persistent as "persistent": Vec<AcceptRule>,
        /// The rule that holds now, if there is one.
        temporary as "temporary": TemporaryAcceptRule,
    }
}

wire! {
    /// The rules of an account.
    AcceptRulesStatus {
        /// The rules.
        rules as "rules": AcceptRules,
        /// The groups of the phonebook that somebody is in.
        non_empty_groups as "nonEmptyGroups": Vec<String>,
    }
}

wire! {
    /// Where calls are diverted: SIP URIs, or `<voice-mailbox>`.
    CallDiversions {
        /// Always.
        always as "FUNC": Option<String>,
        /// No phone is online.
        not_online as "FNOL": Option<String>,
        /// Busy.
        busy as "FBUS": Option<String>,
        /// Nobody answers.
        no_answer as "FNOA": Option<String>,
        /// The phone is not available.
        unavailable as "FUNV": Option<String>,
    }
}

pub(super) async fn set_reject_members(cx: &mut Cx<'_>, id: SipId, members: Vec<String>) -> Outcome<()> {
    let found = id.found(cx).await?;
    reject::set_members(cx.tx, cx.caller, cx.now, found, &said(members)).await
}

pub(super) async fn reject_members(cx: &mut Cx<'_>, id: SipId) -> Outcome<Vec<String>> {
    let found = id.found(cx).await?;
    reject::members(cx.tx, cx.caller, found).await
}

pub(super) async fn set_barring_prefixes(cx: &mut Cx<'_>, id: SipId, prefixes: Vec<String>) -> Outcome<()> {
    let found = id.found(cx).await?;
    reject::set_prefixes(cx.tx, cx.caller, cx.now, found, &said(prefixes)).await
}

pub(super) async fn barring_prefixes(cx: &mut Cx<'_>, id: SipId) -> Outcome<Vec<String>> {
    let found = id.found(cx).await?;
    reject::prefixes(cx.tx, cx.caller, found).await
}

/// Clients send one empty item for nothing.
fn said(items: Vec<String>) -> Vec<String> {
    items.into_iter().filter(|item| !item.trim().is_empty()).collect()
}

pub(super) async fn set_accept_rules(cx: &mut Cx<'_>, id: SipId, rules: AcceptRules) -> Outcome<()> {
    let found = id.found(cx).await?;
    let rule =
        |rule: AcceptRule| Rule { start: rule.start, stop: rule.stop, groups: said(rule.groups), days: rule.days };
    let TemporaryAcceptRule { groups, duration } = rules.temporary;
    let temporary = (duration != 0).then(|| Temporary { groups: said(groups), minutes: duration, until: 0 });
    let wanted = accept::AcceptRules { persistent: rules.persistent.into_iter().map(rule).collect(), temporary };
    accept::replace(cx.tx, cx.caller, cx.now, cx.sealer, found, wanted).await
}

pub(super) async fn accept_rules(cx: &mut Cx<'_>, id: SipId) -> Outcome<AcceptRulesStatus> {
    let found = id.found(cx).await?;
    let rules = accept::get(cx.tx, cx.caller, cx.now, cx.sealer, found).await?;
    let rule = |rule: Rule| AcceptRule { start: rule.start, stop: rule.stop, groups: rule.groups, days: rule.days };
    let temporary = rules.temporary.unwrap_or_default();
    Ok(AcceptRulesStatus {
        rules: AcceptRules {
            persistent: rules.persistent.into_iter().map(rule).collect(),
            temporary: TemporaryAcceptRule { groups: temporary.groups, duration: temporary.minutes },
        },
        non_empty_groups: contact::groups(cx.tx, cx.caller, found).await?,
    })
}

pub(super) async fn set_diversions(cx: &mut Cx<'_>, id: SipId, given: CallDiversions) -> Outcome<()> {
    let found = id.found(cx).await?;
    let wanted: Diversions = [
        (Condition::Always, given.always),
        (Condition::NotOnline, given.not_online),
        (Condition::Busy, given.busy),
        (Condition::NoAnswer, given.no_answer),
        (Condition::Unavailable, given.unavailable),
    ]
    .into_iter()
    .filter_map(|(condition, uri)| Some((condition, uri.filter(|uri| !uri.trim().is_empty())?)))
    .collect();
    diversion::replace(cx.tx, cx.caller, cx.now, cx.sealer, found, &wanted).await
}

pub(super) async fn diversions(cx: &mut Cx<'_>, id: SipId) -> Outcome<CallDiversions> {
    let found = id.found(cx).await?;
    let mut known = diversion::get(cx.tx, cx.caller, found).await?;
    Ok(CallDiversions {
        always: known.remove(&Condition::Always),
        not_online: known.remove(&Condition::NotOnline),
        busy: known.remove(&Condition::Busy),
        no_answer: known.remove(&Condition::NoAnswer),
        unavailable: known.remove(&Condition::Unavailable),
    })
}
