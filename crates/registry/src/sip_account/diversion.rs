//! Call diversions: one destination for each condition. They are call forwards of the subscriber.
//!
//! A forward that is shown by its first destination keeps the others, its times and its callers as long as that destination
//! stays. Forwards on other triggers are left alone.

use std::collections::BTreeMap;

use store::Tx;

use super::must_act;
use super::read::must_be_seen;
use super::update::hold;
use crate::Result;
use crate::call_forward::destination::keyword;
use crate::call_forward::simple::{self, Forward, ForwardSpec, Forwards};
use crate::call_forward::{Destination, Trigger};
use crate::caller::Caller;
use crate::id::SubscriberId;
use crate::seal::Sealer;

/// Stands for the voicemail.
pub const VOICEMAIL: &str = "<voice-mailbox>";
/// What is stored for it.
const VOICEBOX: &str = "voicebox";
/// How long a destination rings, in seconds.
const RINGS: i64 = 300;

/// On what calls are diverted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Always: `FUNC`.
    Always,
    /// No phone is registered: `FNOL`.
    NotOnline,
    /// Busy: `FBUS`.
    Busy,
    /// Nobody has answered in time: `FNOA`.
    NoAnswer,
    /// The phone answers that it is not available: `FUNV`.
    Unavailable,
}

crate::text_enum!(Condition, "condition", {
    Always => "FUNC", NotOnline => "FNOL", Busy => "FBUS", NoAnswer => "FNOA", Unavailable => "FUNV",
});

impl Condition {
    fn trigger(self) -> Trigger {
        match self {
            Condition::Always => Trigger::Cfu,
            Condition::NotOnline => Trigger::Cfna,
            Condition::Busy => Trigger::Cfb,
            Condition::NoAnswer => Trigger::Cft,
            Condition::Unavailable => Trigger::Cfr,
        }
    }
}

/// Where calls are diverted: SIP URIs, or [`VOICEMAIL`].
pub type Diversions = BTreeMap<Condition, String>;

/// Where a forward leads first.
fn shown(forward: &Forward) -> Option<String> {
    let first = forward.destinations.iter().min_by_key(|destination| destination.priority)?;
    match keyword(&first.destination) {
        Some(VOICEBOX) => Some(VOICEMAIL.to_owned()),
        _ => Some(first.destination.clone()),
    }
}

fn of(forwards: &Forwards) -> Diversions {
    let diversion = |condition: &Condition| Some((*condition, shown(forwards.forwards.get(&condition.trigger())?)?));
    Condition::ALL.iter().filter_map(diversion).collect()
}

/// The diversions of an account.
///
/// # Errors
/// [`crate::Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Diversions> {
    must_be_seen(tx, caller, id).await?;
    Ok(of(&simple::get(tx, &caller.elevated(), id).await?))
}

/// Diverts calls to these destinations, and on no other condition.
///
/// # Errors
/// [`crate::Error::NotFound`]; [`crate::Error::NotAllowed`]; [`crate::Error::Invalid`] for `destination`, and with the
/// trigger of a condition that has several forwards.
pub async fn replace(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
    wanted: &Diversions,
) -> Result<()> {
    must_act(caller)?;
    let held = hold(tx, caller, sealer, id).await?;
    let before = simple::get(tx, &caller.elevated(), id).await?;
    let mut specs: BTreeMap<Trigger, ForwardSpec> =
        before.forwards.iter().map(|(trigger, forward)| (*trigger, spec(forward))).collect();
    for condition in Condition::ALL {
        let trigger = condition.trigger();
        let is = before.forwards.get(&trigger).and_then(shown);
        match wanted.get(condition).map(|text| text.trim()).filter(|text| !text.is_empty()) {
            None => drop(specs.remove(&trigger)),
            Some(text) if is.as_deref() == Some(text) => {}
            Some(text) => {
                let uri = if text == VOICEMAIL { VOICEBOX } else { text };
                let destination =
                    Destination { destination: uri.to_owned(), timeout: RINGS, priority: 1, announcement_id: None };
                let forward = ForwardSpec { destinations: vec![destination], ..ForwardSpec::default() };
                specs.insert(trigger, forward);
            }
        }
    }
    let timeout = specs.contains_key(&Trigger::Cft).then_some(held.account.settings.answer_timeout);
    simple::replace(tx, &caller.elevated(), now, id, &specs, timeout).await.map(|_| ())
}

fn spec(forward: &Forward) -> ForwardSpec {
    ForwardSpec {
        destinations: forward.destinations.clone(),
        times: forward.times.clone(),
        sources: forward.sources.clone(),
        bnumbers: forward.bnumbers.clone(),
    }
}
