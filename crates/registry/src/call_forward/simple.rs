//! Forwards without names: for each trigger at most one, given with its destinations, times, callers and called
//! numbers.
//!
//! These are the same mappings and sets. Sets are kept under the name `quickset_` with the trigger; a set of another
//! name that a mapping uses is left as it is, and left alone by the mapping once something else is wanted in its
//! place. A trigger with several mappings can't be changed in this way.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use store::Tx;

use super::mapping::{self, Mapping, Mappings, SetRef};
use super::set::{self, ForwardSet};
use super::{Content, Destination, Owner, Patterns, Period, SetKind, Trigger, locked, owner};
use crate::caller::Caller;
use crate::id::{ForwardSetId, SubscriberId};
use crate::journal::{self, Change, Operation};
use crate::{Error, Result, listing};

/// A forward as it is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwardSpec {
    /// Where calls go; there is no forward without one.
    pub destinations: Vec<Destination>,
    /// When; none: always.
    pub times: Vec<Period>,
    /// Whose calls; none: everybody's.
    pub sources: Patterns,
    /// Calls to which numbers; none: all of them.
    pub bnumbers: Patterns,
}

/// A forward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forward {
    /// The set of the destinations.
    pub destination_set: SetRef,
    /// The set of the times.
    pub time_set: Option<SetRef>,
    /// The set of the callers.
    pub source_set: Option<SetRef>,
    /// The set of the called numbers.
    pub bnumber_set: Option<SetRef>,
    /// Where calls go.
    pub destinations: Vec<Destination>,
    /// When.
    pub times: Vec<Period>,
    /// Whose calls.
    pub sources: Patterns,
    /// Calls to which numbers.
    pub bnumbers: Patterns,
}

/// The forwards of a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forwards {
    /// Whose they are.
    pub subscriber_id: SubscriberId,
    /// The subscriber's domain.
    pub domain: String,
    /// How long it rings before the forward on timeout, in seconds.
    pub ring_timeout: Option<i64>,
    /// The forwards that there are.
    pub forwards: BTreeMap<Trigger, Forward>,
}

/// Statements for several subscribers at a time.
const DOMAINS: &str = "SELECT s.id, d.domain FROM subscribers s JOIN sip_domains d ON d.id = s.domain_id \
    WHERE s.id IN ({ids})";

/// The name under which the sets of a trigger are kept.
fn quickset(trigger: Trigger) -> String {
    format!("quickset_{trigger}")
}

fn forward(mapping: &Mapping, sets: &HashMap<ForwardSetId, ForwardSet>) -> Forward {
    let content = |kind| mapping.set(kind).and_then(|set| sets.get(&set.id)).map(|set| &set.content);
    let patterns = |kind| content(kind).and_then(Content::patterns).cloned().unwrap_or_default();
    Forward {
        destination_set: mapping.destination_set.clone(),
        time_set: mapping.time_set.clone(),
        source_set: mapping.source_set.clone(),
        bnumber_set: mapping.bnumber_set.clone(),
        destinations: match content(SetKind::Destination) {
            Some(Content::Destinations(all)) => all.clone(),
            _ => Vec::new(),
        },
        times: match content(SetKind::Time) {
            Some(Content::Times(all)) => all.clone(),
            _ => Vec::new(),
        },
        sources: patterns(SetKind::Source),
        bnumbers: patterns(SetKind::Bnumber),
    }
}

/// The sets that mappings name.
async fn sets_of(tx: &mut Tx, all: &[Mappings]) -> Result<HashMap<ForwardSetId, ForwardSet>> {
    let mut ids: Vec<i64> = all
        .iter()
        .flat_map(|of| &of.mappings)
        .flat_map(|mapping| SetKind::ALL.iter().filter_map(|kind| mapping.set(*kind)))
        .map(|set| set.id.0)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(set::load(tx, &ids).await?.into_iter().map(|set| (set.id, set)).collect())
}

fn forwards(all: &Mappings, domain: &str, sets: &HashMap<ForwardSetId, ForwardSet>) -> Forwards {
    let mut forwards = BTreeMap::new();
    for mapping in &all.mappings {
        forwards.entry(mapping.trigger).or_insert_with(|| forward(mapping, sets));
    }
    Forwards { subscriber_id: all.subscriber_id, domain: domain.to_owned(), ring_timeout: all.ring_timeout, forwards }
}

/// The forwards of these subscribers, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, subscribers: &[i64]) -> Result<Vec<Forwards>> {
    let mut domains: HashMap<i64, String> = HashMap::new();
    for row in listing::for_ids(tx, DOMAINS, subscribers).await? {
        domains.insert(row.get("id")?, row.get("domain")?);
    }
    let all = mapping::load(tx, subscribers).await?;
    let sets = sets_of(tx, &all).await?;
    let domain = |of: &Mappings| domains.get(&of.subscriber_id.0).map_or("", String::as_str);
    Ok(all.iter().map(|of| forwards(of, domain(of), &sets)).collect())
}

/// The forwards of a subscriber that the caller may see.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Forwards> {
    let owner = owner(tx, caller, id).await?;
    let all = mapping::read(tx, id).await?;
    let sets = sets_of(tx, std::slice::from_ref(&all)).await?;
    Ok(forwards(&all, &owner.domain, &sets))
}

/// One set of a forward as it is to be: as it is where it holds what is wanted, else the trigger's quickset with it.
async fn quick(
    tx: &mut Tx,
    owner: &Owner,
    trigger: Trigger,
    current: Option<&ForwardSet>,
    content: &Content,
) -> Result<Option<SetRef>> {
    let wanted = content.resolved(owner, Some(trigger))?;
    let reference = |set: &ForwardSet| Some(SetRef { id: set.id, name: set.name.clone() });
    match current {
        Some(set) if set.content == wanted || set.content.is_empty() && wanted.is_empty() => return Ok(reference(set)),
        _ if wanted.is_empty() => return Ok(None),
        _ => {}
    }
    let (name, kind) = (quickset(trigger), wanted.kind());
    let own = match set::named(tx, owner.id, kind, &name).await? {
        Some(id) => set::load(tx, &[id.0]).await?.pop(),
        None => None,
    };
    let stored = match &own {
        Some(own) => set::rewrite(tx, owner, own, &name, &wanted, Some(trigger)).await?,
        None => set::insert(tx, owner, &name, &wanted, Some(trigger)).await?,
    };
    Ok(reference(&stored))
}

/// Replaces all forwards of a subscriber; triggers that are not given are not forwarded any more.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`] with the trigger where that has several mappings, with the ring timeout that a
/// forward on timeout needs, or with the field of a member, [`Error::Dangling`] for an announcement.
pub async fn replace(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: SubscriberId,
    wanted: &BTreeMap<Trigger, ForwardSpec>,
    ring_timeout: Option<i64>,
) -> Result<Forwards> {
    let present = Present::of(tx, caller, id).await?;
    let owner = &present.owner;
    let mut after = Vec::with_capacity(wanted.len());
    for trigger in Trigger::ALL {
        let mut current = present.mappings.mappings.iter().filter(|mapping| mapping.trigger == *trigger);
        let (current, another) = (current.next(), current.next());
        if another.is_some() {
            return Err(Error::invalid(trigger.as_str(), "there are several mappings"));
        }
        let Some(spec) = wanted.get(trigger).filter(|spec| !spec.destinations.is_empty()) else { continue };
        let set = |kind| current.and_then(|mapping| mapping.set(kind)).and_then(|set| present.sets.get(&set.id));
        let destinations = Content::Destinations(spec.destinations.clone());
        let to = quick(tx, owner, *trigger, set(SetKind::Destination), &destinations).await?;
        let Some(destination_set) = to else { continue };
        let (times, sources) = (Content::Times(spec.times.clone()), Content::Sources(spec.sources.clone()));
        let bnumbers = Content::Bnumbers(spec.bnumbers.clone());
        after.push(Mapping {
            id: current.map_or(0, |mapping| mapping.id),
            trigger: *trigger,
            destination_set,
            time_set: quick(tx, owner, *trigger, set(SetKind::Time), &times).await?,
            source_set: quick(tx, owner, *trigger, set(SetKind::Source), &sources).await?,
            bnumber_set: quick(tx, owner, *trigger, set(SetKind::Bnumber), &bnumbers).await?,
            enabled: current.is_none_or(|mapping| mapping.enabled),
            use_redirection: current.is_some_and(|mapping| mapping.use_redirection),
        });
    }
    let shown = present.become_these(tx, after, ring_timeout).await?;
    write(tx, caller, now, &present, Operation::Update, &shown).await?;
    Ok(shown)
}

/// Removes all forwards of a subscriber.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    let present = Present::of(tx, caller, id).await?;
    let shown = present.become_these(tx, Vec::new(), None).await?;
    write(tx, caller, now, &present, Operation::Delete, &shown).await
}

/// What there is of a subscriber's forwards before a change.
struct Present {
    owner: Owner,
    mappings: Mappings,
    sets: HashMap<ForwardSetId, ForwardSet>,
}

impl Present {
    async fn of(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Present> {
        let owner = locked(tx, caller, id).await?;
        let mappings = mapping::read(tx, id).await?;
        let sets = sets_of(tx, std::slice::from_ref(&mappings)).await?;
        Ok(Present { owner, mappings, sets })
    }

    /// Stores the mappings and removes the quicksets that are of no use any more.
    async fn become_these(&self, tx: &mut Tx, wanted: Vec<Mapping>, ring_timeout: Option<i64>) -> Result<Forwards> {
        let after = mapping::store(tx, &self.mappings, wanted, ring_timeout).await?;
        let quick: Vec<String> = Trigger::ALL.iter().map(|trigger| quickset(*trigger)).collect();
        let left: Vec<i64> = self.sets.values().filter(|set| quick.contains(&set.name)).map(|set| set.id.0).collect();
        for set in set::load(tx, &left).await? {
            if set.usage_count == 0 {
                set::erase(tx, &set).await?;
            }
        }
        let sets = sets_of(tx, std::slice::from_ref(&after)).await?;
        Ok(forwards(&after, &self.owner.domain, &sets))
    }
}

async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    present: &Present,
    operation: Operation,
    after: &Forwards,
) -> Result<()> {
    let before = forwards(&present.mappings, &present.owner.domain, &present.sets);
    let change = Change {
        kind: "call_forwards",
        record_id: after.subscriber_id.0,
        account: Some(present.owner.account_id),
        operation,
        before: Some(&before),
        after: Some(after),
    };
    journal::write(tx, caller, now, change).await
}
