//! Mappings: which sets of a subscriber apply on which trigger, in order.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;
use store::{Row, Tx, args};

use super::choice::{Chooser, field};
use super::set::{self, ForwardSet};
use super::{Choice, Owner, SetKind, Trigger, locked, owner, ring_timeout};
use crate::caller::Caller;
use crate::id::{ForwardSetId, SubscriberId};
use crate::journal::{self, Change, Operation};
use crate::listing;
use crate::statement::statements;
use crate::{Error, Result};

/// A set as a mapping names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetRef {
    /// The id.
    pub id: ForwardSetId,
    /// The name.
    pub name: String,
}

/// One mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The id.
    pub id: i64,
    /// On what it applies.
    pub trigger: Trigger,
    /// Where calls go.
    pub destination_set: SetRef,
    /// When; none: always.
    pub time_set: Option<SetRef>,
    /// Whose calls; none: everybody's.
    pub source_set: Option<SetRef>,
    /// Calls to which numbers; none: all of them.
    pub bnumber_set: Option<SetRef>,
    /// Whether it applies at all.
    pub enabled: bool,
    /// Whether the caller is told to call elsewhere, instead of the call being forwarded.
    pub use_redirection: bool,
}

impl Mapping {
    /// The set of that kind.
    #[must_use]
    pub fn set(&self, kind: SetKind) -> Option<&SetRef> {
        match kind {
            SetKind::Destination => Some(&self.destination_set),
            SetKind::Time => self.time_set.as_ref(),
            SetKind::Source => self.source_set.as_ref(),
            SetKind::Bnumber => self.bnumber_set.as_ref(),
        }
    }

    fn set_ids(&self) -> impl Iterator<Item = i64> {
        SetKind::ALL.iter().filter_map(|kind| self.set(*kind)).map(|set| set.id.0)
    }
}

/// All mappings of a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mappings {
    /// Whose they are.
    pub subscriber_id: SubscriberId,
    /// How long it rings before a forward on timeout, in seconds.
    pub ring_timeout: Option<i64>,
    /// The mappings in order, those of a trigger beside each other.
    pub mappings: Vec<Mapping>,
}

/// A mapping as it is to be.
#[derive(Clone, Debug)]
pub struct MappingSpec {
    /// The mapping that it was before, if it is one of the subscriber's.
    pub id: Option<i64>,
    /// On what it applies.
    pub trigger: Trigger,
    /// Where calls go.
    pub destination_set: Choice,
    /// When.
    pub time_set: Choice,
    /// Whose calls.
    pub source_set: Choice,
    /// Calls to which numbers.
    pub bnumber_set: Choice,
    /// Whether it applies at all.
    pub enabled: bool,
    /// Whether the caller is told to call elsewhere.
    pub use_redirection: bool,
}

macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT m.id, m.subscriber_id, m.trigger_type, m.enabled, m.use_redirection, m.destination_set_id, \
             d.name AS destination_set, m.time_set_id, t.name AS time_set, m.source_set_id, s.name AS source_set, \
             m.bnumber_set_id, b.name AS bnumber_set FROM cf_mappings m \
             JOIN cf_sets d ON d.id = m.destination_set_id LEFT JOIN cf_sets t ON t.id = m.time_set_id \
             LEFT JOIN cf_sets s ON s.id = m.source_set_id LEFT JOIN cf_sets b ON b.id = m.bnumber_set_id WHERE ",
            $where,
            " ORDER BY m.subscriber_id, m.position, m.id"
        )
    };
}

statements! {
    OF_SUBSCRIBER = select!("m.subscriber_id = $1");
    INSERT = "INSERT INTO cf_mappings (subscriber_id, trigger_type, position, destination_set_id, time_set_id, \
        source_set_id, bnumber_set_id, enabled, use_redirection) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
        RETURNING id";
    UPDATE = "UPDATE cf_mappings SET subscriber_id = $1, trigger_type = $2, position = $3, destination_set_id = $4, \
        time_set_id = $5, source_set_id = $6, bnumber_set_id = $7, enabled = $8, use_redirection = $9 WHERE id = $10";
    DELETE = "DELETE FROM cf_mappings WHERE id = $1";
    CLEAR = "DELETE FROM cf_mappings WHERE subscriber_id = $1";
}

/// Most mappings of a subscriber.
const MOST: usize = 200;

/// Statements for several subscribers at a time.
const MANY: &str = select!("m.subscriber_id IN ({ids})");
const RING_TIMEOUTS: &str = "SELECT subscriber_id, ring_timeout FROM call_forwards WHERE subscriber_id IN ({ids})";

fn mapping(row: &Row) -> Result<Mapping> {
    let set = |id: &str, name: &str| -> Result<Option<SetRef>> {
        let Some(id) = row.get::<Option<ForwardSetId>>(id)? else { return Ok(None) };
        Ok(Some(SetRef { id, name: row.get(name)? }))
    };
    Ok(Mapping {
        id: row.get("id")?,
        trigger: row.get("trigger_type")?,
        destination_set: SetRef { id: row.get("destination_set_id")?, name: row.get("destination_set")? },
        time_set: set("time_set_id", "time_set")?,
        source_set: set("source_set_id", "source_set")?,
        bnumber_set: set("bnumber_set_id", "bnumber_set")?,
        enabled: row.get("enabled")?,
        use_redirection: row.get("use_redirection")?,
    })
}

/// The mappings of these subscribers, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, subscribers: &[i64]) -> Result<Vec<Mappings>> {
    let timeouts = ring_timeouts(tx, subscribers).await?;
    let mut found: HashMap<i64, Vec<Mapping>> = HashMap::new();
    for row in listing::for_ids(tx, MANY, subscribers).await? {
        found.entry(row.get("subscriber_id")?).or_default().push(mapping(&row)?);
    }
    let of = |id: &i64| Mappings {
        subscriber_id: SubscriberId(*id),
        ring_timeout: timeouts.get(id).copied(),
        mappings: found.remove(id).unwrap_or_default(),
    };
    Ok(subscribers.iter().map(of).collect())
}

/// The ring timeouts of those subscribers that have a forward on timeout.
pub(crate) async fn ring_timeouts(tx: &mut Tx, subscribers: &[i64]) -> Result<HashMap<i64, i64>> {
    let mut found = HashMap::new();
    for row in listing::for_ids(tx, RING_TIMEOUTS, subscribers).await? {
        found.insert(row.get("subscriber_id")?, row.get("ring_timeout")?);
    }
    Ok(found)
}

/// Sets the ring timeout of a subscriber, which is locked, where it has a forward on timeout.
pub(crate) async fn set_ring_timeout(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: SubscriberId,
    seconds: i64,
) -> Result<()> {
    let before = read(tx, id).await?;
    if before.ring_timeout.is_none_or(|known| known == seconds) {
        return Ok(());
    }
    let owner = owner(tx, caller, id).await?;
    let after = store(tx, &before, before.mappings.clone(), Some(seconds)).await?;
    write(tx, caller, now, &owner, &before, &after).await
}

pub(super) async fn read(tx: &mut Tx, id: SubscriberId) -> Result<Mappings> {
    let rows = tx.query(OF_SUBSCRIBER, args![id]).await?;
    Ok(Mappings {
        subscriber_id: id,
        ring_timeout: ring_timeout(tx, id).await?,
        mappings: rows.iter().map(mapping).collect::<Result<_>>()?,
    })
}

/// The mappings of a subscriber that the caller may see.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Mappings> {
    owner(tx, caller, id).await?;
    read(tx, id).await
}

/// Replaces the mappings of a subscriber. Sets that are given with their content are made. With `delete_unused`, sets
/// that mappings used before and none uses now are removed.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Dangling`] naming the kind of set, [`Error::Invalid`] for the ring timeout, which
/// forwards on timeout need; as [`set::create`].
pub async fn replace(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: SubscriberId,
    wanted: &[MappingSpec],
    ring_timeout: Option<i64>,
    delete_unused: bool,
) -> Result<Mappings> {
    if wanted.len() > MOST {
        return Err(Error::invalid("mappings", format!("there are at most {MOST} mappings, not {}", wanted.len())));
    }
    let owner = locked(tx, caller, id).await?;
    let before = read(tx, id).await?;
    let set_ids = set::ids_of(tx, id).await?;
    let sets = set::load(tx, &set_ids).await?;
    let named = before.mappings.iter().flat_map(Mapping::set_ids).collect();
    let mut chooser = Chooser { caller, now, owner: &owner, sets, named };
    let mut after = Vec::with_capacity(wanted.len());
    for spec in wanted {
        let required = || Error::dangling(field(SetKind::Destination), "none");
        after.push(Mapping {
            id: spec.id.unwrap_or(0),
            trigger: spec.trigger,
            destination_set: chooser
                .choose(tx, SetKind::Destination, &spec.destination_set)
                .await?
                .ok_or_else(required)?,
            time_set: chooser.choose(tx, SetKind::Time, &spec.time_set).await?,
            source_set: chooser.choose(tx, SetKind::Source, &spec.source_set).await?,
            bnumber_set: chooser.choose(tx, SetKind::Bnumber, &spec.bnumber_set).await?,
            enabled: spec.enabled,
            use_redirection: spec.use_redirection,
        });
    }
    let after = store(tx, &before, after, ring_timeout).await?;
    write(tx, caller, now, &owner, &before, &after).await?;
    if delete_unused {
        let used: HashSet<i64> = after.mappings.iter().flat_map(Mapping::set_ids).collect();
        let left: BTreeSet<i64> =
            before.mappings.iter().flat_map(Mapping::set_ids).filter(|id| !used.contains(id)).collect();
        let left: Vec<i64> = left.into_iter().collect();
        for set in set::load(tx, &left).await? {
            set::remove(tx, caller, now, &set).await?;
        }
    }
    Ok(after)
}

/// Brings the stored mappings to these, of which those that are to be made have no id of the ones before.
pub(super) async fn store(
    tx: &mut Tx,
    before: &Mappings,
    mut wanted: Vec<Mapping>,
    ring_timeout: Option<i64>,
) -> Result<Mappings> {
    let owner = before.subscriber_id;
    let order = |mapping: &Mapping| Trigger::ALL.iter().position(|trigger| *trigger == mapping.trigger);
    wanted.sort_by_key(order);
    let mut old: HashMap<i64, (usize, &Mapping)> = HashMap::new();
    old.extend(before.mappings.iter().enumerate().map(|(at, mapping)| (mapping.id, (at, mapping))));
    let mut kept = Vec::with_capacity(wanted.len());
    for mapping in wanted {
        kept.push((old.remove(&mapping.id), mapping));
    }
    for id in old.keys() {
        tx.execute(DELETE, args![*id]).await?;
    }
    let mut mappings = Vec::with_capacity(kept.len());
    for (position, (old, mut mapping)) in kept.into_iter().enumerate() {
        if old.is_none_or(|(at, old)| at != position || *old != mapping) {
            let at = i64::try_from(position).unwrap_or(i64::MAX);
            let set = |kind| mapping.set(kind).map(|set| set.id);
            let (enabled, redirect) = (mapping.enabled, mapping.use_redirection);
            let [to, time, source, bnumber] =
                [SetKind::Destination, SetKind::Time, SetKind::Source, SetKind::Bnumber].map(set);
            let trigger = mapping.trigger;
            if old.is_some() {
                let values = args![owner, trigger, at, to, time, source, bnumber, enabled, redirect, mapping.id];
                tx.execute(UPDATE, values).await?;
            } else {
                let values = args![owner, trigger, at, to, time, source, bnumber, enabled, redirect];
                mapping.id = tx.query_one(INSERT, values).await?.at(0)?;
            }
        }
        mappings.push(mapping);
    }
    let on_timeout = mappings.iter().any(|mapping| mapping.trigger == Trigger::Cft);
    let ring_timeout = super::set_ring_timeout(tx, owner, on_timeout, ring_timeout).await?;
    Ok(Mappings { subscriber_id: owner, ring_timeout, mappings })
}

/// Removes the mappings that use a set, or makes them forget it.
pub(super) async fn without_set(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    owner: &Owner,
    gone: &ForwardSet,
    unassign: bool,
) -> Result<()> {
    let before = read(tx, owner.id).await?;
    let kind = gone.content.kind();
    let uses = |mapping: &Mapping| mapping.set(kind).is_some_and(|set| set.id == gone.id);
    let mut wanted = before.mappings.clone();
    if unassign && kind != SetKind::Destination {
        for mapping in wanted.iter_mut().filter(|mapping| uses(mapping)) {
            match kind {
                SetKind::Destination => {}
                SetKind::Time => mapping.time_set = None,
                SetKind::Source => mapping.source_set = None,
                SetKind::Bnumber => mapping.bnumber_set = None,
            }
        }
    } else {
        wanted.retain(|mapping| !uses(mapping));
    }
    let after = store(tx, &before, wanted, before.ring_timeout).await?;
    write(tx, caller, now, owner, &before, &after).await
}

/// Removes all mappings of a subscriber.
pub(super) async fn clear(tx: &mut Tx, id: SubscriberId) -> Result<()> {
    tx.execute(CLEAR, args![id]).await?;
    Ok(())
}

async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    owner: &Owner,
    before: &Mappings,
    after: &Mappings,
) -> Result<()> {
    let change = Change {
        kind: "cf_mappings",
        record_id: owner.id.0,
        account: Some(owner.account_id),
        operation: Operation::Update,
        before: Some(before),
        after: Some(after),
    };
    journal::write(tx, caller, now, change).await
}
