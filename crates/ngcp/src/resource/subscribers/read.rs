//! A subscriber as the dialect sends it.

use std::collections::HashSet;

use registry::id::{AccountId, DomainId, SubscriberId};
use registry::number::Split;
use registry::subscriber::{Alias, Change, Details, New, OfDomain, Pbx, Status, Subscriber, WebChange};
use registry::{Caller, Role};
use serde_json::Value;

use super::wrong;
use crate::kernel::{Failure, Item, Outcome, Refusal, Verifiers};

/// The customer that a new subscriber is to belong to.
pub(super) fn customer(caller: &Caller, input: &Item) -> Outcome<AccountId> {
    match (caller.role, integer(input, "customer_id")) {
        (Role::SubscriberAdmin, _) => Ok(caller.account),
        (_, Some(id)) => Ok(AccountId(id)),
        (_, None) => Err(wrong("customer_id", "Customer field is required")),
    }
}

/// A new subscriber of that customer.
pub(super) fn new(account_id: AccountId, verifiers: &Verifiers, input: &Item, allow_primary: bool) -> Outcome<New> {
    let domain = match (text(input, "domain"), integer(input, "domain_id")) {
        (Some(name), _) => OfDomain::Name(name),
        (None, Some(id)) => OfDomain::Id(DomainId(id)),
        (None, None) => return Err(wrong("domain_id", "Domain field is required")),
    };
    let username = text(input, "username").unwrap_or_default();
    let password = text(input, "password").ok_or_else(|| wrong("password", "SIP Password field is required"))?;
    let details = details(&Details::default(), input)?;
    Ok(New {
        account_id,
        domain,
        primary: primary(input.get("primary_number"))?,
        aliases: aliases(input.get("alias_numbers"))?,
        password: verifiers.sip(&password)?,
        web_password: match text(input, "webpassword") {
            Some(password) => Some(verifiers.web(&password)?),
            None => None,
        },
        username,
        details,
        allow_primary,
    })
}

/// A change of a subscriber. What is not sent stays, but for what must be sent.
pub(super) fn change(
    caller: &Caller,
    verifiers: &Verifiers,
    before: &Subscriber,
    password: Option<&str>,
    input: &Item,
    allow_primary: bool,
) -> Outcome<Change> {
    match integer(input, "customer_id") {
        Some(id) if id != before.account_id.0 => return Err(refused("customer_id can't be changed.")),
        None if caller.role != Role::SubscriberAdmin && caller.role != Role::Subscriber => {
            return Err(wrong("customer_id", "Customer field is required"));
        }
        _ => {}
    }
    let renamed = text(input, "username").is_some_and(|name| name != before.username);
    let moved = match (text(input, "domain"), integer(input, "domain_id")) {
        (Some(name), _) if !name.eq_ignore_ascii_case(&before.domain) => true,
        (_, id) => id.is_some_and(|id| id != before.domain_id.0),
    };
    if renamed || moved {
        return Err(refused("Subscriber with this username does not exist in the domain."));
    }
    let sent = text(input, "password");
    if sent.is_none() && password.is_some() && caller.rights.show_passwords {
        return Err(wrong("password", "SIP Password field is required"));
    }
    let new_password = sent.filter(|sent| Some(sent.as_str()) != password);
    let details = details(&before.details, input)?;
    let kept = || before.primary_number.as_ref().map(|held| held.split.clone());
    Ok(Change {
        details,
        primary: match input.get("primary_number") {
            None if before.of_pbx || caller.role == Role::Subscriber => kept(),
            sent => primary(sent)?,
        },
        aliases: match input.get("alias_numbers") {
            None => {
                before.alias_numbers.iter().map(|h| Alias { split: h.split.clone(), is_devid: h.is_devid }).collect()
            }
            sent => aliases(sent)?,
        },
        password: new_password.map(|password| verifiers.sip(&password)).transpose()?,
        web_password: match (input.get("webpassword"), text(input, "webpassword")) {
            (_, Some(password)) => WebChange::Set(verifiers.web(&password)?),
            (Some(_), None) => WebChange::Remove,
            (None, None) => WebChange::Keep,
        },
        allow_primary,
    })
}

fn refused(message: &str) -> Failure {
    Refusal::new(422, message).into()
}

/// What can be changed: what was before, with what is sent over it.
fn details(before: &Details, input: &Item) -> Outcome<Details> {
    let mut after = before.clone();
    for (name, slot) in [
        ("webusername", &mut after.webusername),
        ("display_name", &mut after.display_name),
        ("email", &mut after.email),
        ("timezone", &mut after.timezone),
        ("external_id", &mut after.external_id),
    ] {
        if input.contains_key(name) {
            *slot = text(input, name);
        }
    }
    for (name, slot) in [
        ("lock", &mut after.lock_level),
        ("profile_set_id", &mut after.profile_set_id),
        ("profile_id", &mut after.profile_id),
    ] {
        if input.contains_key(name) {
            *slot = integer(input, name);
        }
    }
    // A lock of 0 is none.
    after.lock_level = after.lock_level.filter(|level| *level > 0);
    if let Some(status) = text(input, "status") {
        after.status = status.parse::<Status>()?;
    }
    if let Some(administrative) = input.get("administrative").and_then(Value::as_bool) {
        after.administrative = administrative;
    }
    after.pbx = pbx(&before.pbx, input)?;
    Ok(after)
}

fn pbx(before: &Pbx, input: &Item) -> Outcome<Pbx> {
    let mut after = before.clone();
    for (name, slot) in [("is_pbx_pilot", &mut after.is_pbx_pilot), ("is_pbx_group", &mut after.is_pbx_group)] {
        if let Some(value) = input.get(name).and_then(Value::as_bool) {
            *slot = value;
        }
    }
    if input.contains_key("pbx_extension") {
        after.pbx_extension = text(input, "pbx_extension");
    }
    for (name, slot) in
        [("pbx_group_ids", &mut after.pbx_group_ids), ("pbx_groupmember_ids", &mut after.pbx_groupmember_ids)]
    {
        if let Some(ids) = input.get(name) {
            let ids = ids.as_array().map(Vec::as_slice).unwrap_or_default();
            let mut seen = HashSet::new();
            *slot = ids.iter().filter_map(Value::as_i64).filter(|id| seen.insert(*id)).map(SubscriberId).collect();
        }
    }
    // Each of these has two names; the one that says something new is meant.
    for prefix in ["cloud_", ""] {
        let policy = text(input, &format!("{prefix}pbx_hunt_policy")).map(|word| word.parse()).transpose()?;
        if policy.is_some() && policy != before.pbx_hunt_policy {
            after.pbx_hunt_policy = policy;
        }
        let timeout = integer(input, &format!("{prefix}pbx_hunt_timeout"));
        if timeout.is_some() && timeout != before.pbx_hunt_timeout {
            after.pbx_hunt_timeout = timeout;
        }
        let mode = text(input, &format!("{prefix}pbx_hunt_cancel_mode")).map(|word| word.parse()).transpose()?;
        if mode.is_some() && mode != before.pbx_hunt_cancel_mode {
            after.pbx_hunt_cancel_mode = mode;
        }
    }
    Ok(after)
}

fn primary(sent: Option<&Value>) -> Outcome<Option<Split>> {
    match sent {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(parts)) => Ok(split(parts)),
        Some(_) => Err(refused("Invalid primary_number parameter, must be a hash.")),
    }
}

fn aliases(sent: Option<&Value>) -> Outcome<Vec<Alias>> {
    let members = match sent {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(members)) => members,
        Some(_) => return Err(refused("Invalid alias_number parameter, must be an array.")),
    };
    let mut aliases = Vec::with_capacity(members.len());
    for member in members {
        let Value::Object(parts) = member else {
            return Err(refused("Invalid alias_number parameter, must be an array of the hashes."));
        };
        let is_devid = match parts.get("is_devid") {
            Some(Value::Bool(truth)) => *truth,
            Some(Value::Number(n)) => n.as_i64() == Some(1),
            Some(Value::String(text)) => matches!(text.as_str(), "1" | "true"),
            _ => false,
        };
        aliases.extend(split(parts).map(|split| Alias { split, is_devid }));
    }
    Ok(aliases)
}

/// The parts of a number, which come as texts or numbers; none where all of them are empty.
fn split(parts: &Item) -> Option<Split> {
    let part = |name: &str| match parts.get(name) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(n)) => n.to_string(),
        _ => String::new(),
    };
    let split = Split { cc: part("cc"), ac: part("ac"), sn: part("sn") };
    (split != Split::default()).then_some(split)
}

fn text(input: &Item, name: &str) -> Option<String> {
    input.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn integer(input: &Item, name: &str) -> Option<i64> {
    input.get(name).and_then(Value::as_i64)
}
