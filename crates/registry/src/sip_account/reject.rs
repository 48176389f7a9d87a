//! Callers whose calls a SIP account rejects, and prefixes that it can't call: block lists of the subscriber.
//!
//! A caller `sip:user@domain` is the pattern `user@domain` of the list of callers, and a prefix the pattern of the list of
//! called numbers that ends with it and an asterisk. Patterns of the latter that are no prefixes are not shown here and stay.

use store::Tx;

use super::mapped::{list, set, texts};
use super::must_act;
use super::read::must_be_seen;
use crate::caller::Caller;
use crate::id::SubscriberId;
use crate::preference::{self, Level, Value, Values};
use crate::{Error, Result, subscriber};

const CALLERS: (&str, &str) = ("block_in_list", "block_in_mode");
const CALLED: (&str, &str) = ("block_out_list", "block_out_mode");

/// The callers whose calls are rejected, as SIP URIs.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn members(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Vec<String>> {
    let patterns = blocked(&read(tx, caller, id).await?, CALLERS);
    Ok(patterns.into_iter().map(|pattern| format!("sip:{pattern}")).collect())
}

/// Rejects the calls of these callers and of no others.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`]; [`Error::Invalid`] for `members`, and for the list as preference.
pub async fn set_members(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId, members: &[String]) -> Result<()> {
    let mut patterns = Vec::with_capacity(members.len());
    for member in members.iter().map(|member| member.trim()) {
        let bare = member.strip_prefix("sips:").or_else(|| member.strip_prefix("sip:")).unwrap_or(member);
        if bare.is_empty() || bare.contains(char::is_whitespace) {
            return Err(Error::invalid("members", format!("`{member}` is not a SIP URI")));
        }
        if !patterns.iter().any(|known| known == bare) {
            patterns.push(bare.to_owned());
        }
    }
    write(tx, caller, now, id, CALLERS, patterns, |_| true).await
}

/// The prefixes of numbers that can't be called.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn prefixes(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Vec<String>> {
    let patterns = blocked(&read(tx, caller, id).await?, CALLED);
    Ok(patterns.iter().filter_map(|pattern| prefix(pattern)).map(str::to_owned).collect())
}

/// Bars numbers with these prefixes and with no others.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotAllowed`]; [`Error::Invalid`] for `prefixes`, and for the list as preference.
pub async fn set_prefixes(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId, prefixes: &[String]) -> Result<()> {
    let mut patterns: Vec<String> = Vec::with_capacity(prefixes.len());
    for text in prefixes.iter().map(|text| text.trim()) {
        let pattern = format!("{text}*");
        if text.is_empty() || prefix(&pattern) != Some(text) || text.contains(char::is_whitespace) {
            return Err(Error::invalid("prefixes", format!("`{text}` is not a prefix of numbers")));
        }
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    write(tx, caller, now, id, CALLED, patterns, |pattern| prefix(pattern).is_some()).await
}

/// What a pattern stands for that is a prefix.
fn prefix(pattern: &str) -> Option<&str> {
    pattern.strip_suffix('*').filter(|prefix| !prefix.is_empty() && !prefix.contains(['*', '?', '[', ']']))
}

async fn read(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Values> {
    must_be_seen(tx, caller, id).await?;
    Ok(preference::all_of(tx, Level::Subscriber, &[id.0]).await?.remove(&id.0).unwrap_or_default())
}

/// What a list blocks; nothing where it says who alone may call.
fn blocked(values: &Values, (list, mode): (&str, &str)) -> Vec<String> {
    if values.get(mode) == Some(&Value::Flag(true)) { Vec::new() } else { texts(values, list) }
}

async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: SubscriberId,
    of: (&'static str, &'static str),
    wanted: Vec<String>,
    is_shown: impl Fn(&str) -> bool,
) -> Result<()> {
    must_act(caller)?;
    must_be_seen(tx, caller, id).await?;
    subscriber::lock(tx, &caller.elevated(), id).await?;
    let mut values = read(tx, caller, id).await?;
    let before = blocked(&values, of);
    let shown: Vec<String> = before.iter().filter(|pattern| is_shown(pattern)).cloned().collect();
    if shown == wanted {
        return Ok(());
    }
    let others: Vec<String> = before.into_iter().filter(|pattern| !is_shown(pattern)).collect();
    set(&mut values, of.0, list(others.into_iter().chain(wanted)))?;
    if values.get(of.1) == Some(&Value::Flag(true)) {
        set(&mut values, of.1, None)?;
    }
    preference::replace(tx, &caller.elevated(), now, Level::Subscriber, id.0, &values).await
}
