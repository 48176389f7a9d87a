//! What of a SIP account's settings is preferences of the subscriber.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::settings::{Acl, Settings};
use crate::preference::{Value, Values, attribute};
use crate::{Error, Result};

const CALL_LIMIT: &str = "concurrent_max";
const CALLER_ID: &str = "cli";
const ALLOWED: &str = "allowed_ips";
/// Groups that are flags.
const FLAGS: [(&str, &str); 2] = [("anonymous", "clir"), ("anonymous-reject", "block_in_clir")];

/// Sets a preference, or unsets it.
pub(super) fn set(values: &mut Values, name: &'static str, value: Option<Value>) -> Result<()> {
    let attribute = attribute::find(name).ok_or_else(|| Error::Internal(format!("there is no preference {name}")))?;
    match value {
        Some(value) => values.set(attribute, value),
        None => drop(values.unset(name)),
    }
    Ok(())
}

/// The texts of a list.
pub(super) fn texts(values: &Values, name: &str) -> Vec<String> {
    let Some(Value::List(members)) = values.get(name) else { return Vec::new() };
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    members.iter().filter_map(text).collect()
}

/// A list of texts; none: not set.
pub(super) fn list(texts: impl IntoIterator<Item = String>) -> Option<Value> {
    let members: Vec<Value> = texts.into_iter().map(Value::Text).collect();
    (!members.is_empty()).then_some(Value::List(members))
}

/// The IPv4 net that an allowed address or net is.
fn net(text: &str) -> Option<Ipv4Net> {
    match text.parse() {
        Ok(address) => Some(Ipv4Net::from(std::net::Ipv4Addr::to_owned(&address))),
        Err(_) => text.parse().ok(),
    }
}

/// Adds to settings what preferences say.
pub(super) fn take_up(settings: &mut Settings, values: &Values, tags: &BTreeMap<String, String>) {
    if let Some(Value::Int(most)) = values.get(CALL_LIMIT) {
        settings.call_limit = (*most).max(0);
    }
    if let Some(Value::Text(number)) = values.get(CALLER_ID) {
        settings.caller_id = Some(number.clone());
    }
    for (group, flag) in FLAGS {
        if values.get(flag) == Some(&Value::Flag(true)) {
            settings.groups.push(group.to_owned());
        }
    }
    settings.acl = texts(values, ALLOWED)
        .iter()
        .filter_map(|text| net(text))
        .map(|net| {
            let tag = tags.get(&net.to_string()).cloned().unwrap_or_default();
            Acl { ip: net.addr().to_string(), mask: i64::from(net.prefix_len()), tag }
        })
        .collect();
}

/// Brings preferences to what settings say where they say something else than before. True where there was something to
/// do.
pub(super) fn put(values: &mut Values, before: &Settings, after: &Settings) -> Result<bool> {
    let mut changed = false;
    if before.call_limit != after.call_limit {
        set(values, CALL_LIMIT, (after.call_limit > 0).then_some(Value::Int(after.call_limit)))?;
        changed = true;
    }
    if before.caller_id != after.caller_id {
        set(values, CALLER_ID, after.caller_id.clone().map(Value::Text))?;
        changed = true;
    }
    for (group, flag) in FLAGS {
        if before.is_in(group) != after.is_in(group) {
            set(values, flag, after.is_in(group).then_some(Value::Flag(true)))?;
            changed = true;
        }
    }
    let nets = |settings: &Settings| -> Vec<String> {
        settings.acl.iter().map(|acl| format!("{}/{}", acl.ip, acl.mask)).collect()
    };
    if nets(before) != nets(after) {
        // Nets that an ACL can't show stay.
        let others = texts(values, ALLOWED).into_iter().filter(|text| net(text).is_none());
        set(values, ALLOWED, list(others.chain(nets(after)).collect::<Vec<_>>()))?;
        changed = true;
    }
    Ok(changed)
}
