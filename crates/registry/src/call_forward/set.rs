//! Sets: named destinations, times, callers and called numbers of a subscriber, that mappings use.

use std::collections::HashMap;

use serde::Serialize;
use store::{Row, Tx, args};

use super::content::Members;
use super::{Content, Destination, Mode, Owner, SetKind, Trigger, destination, locked, mapping};
use crate::caller::Caller;
use crate::id::{AccountId, ForwardSetId, SubscriberId};
use crate::journal::{self, Change, Operation};
use crate::listing;
use crate::statement::statements;
use crate::{Error, Result};

/// A set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForwardSet {
    /// The id.
    pub id: ForwardSetId,
    /// Whose it is.
    pub subscriber_id: SubscriberId,
    /// Unique for a subscriber and kind of set.
    pub name: String,
    /// How many mappings use it.
    pub usage_count: i64,
    /// The domain of its subscriber.
    pub domain: String,
    /// What is in it.
    #[serde(flatten)]
    pub content: Content,
    #[serde(skip)]
    account_id: AccountId,
    #[serde(skip)]
    reseller_id: AccountId,
}

/// A set as it is to be.
#[derive(Clone, Debug)]
pub struct SetSpec {
    /// Whose it is.
    pub subscriber_id: SubscriberId,
    /// Its name.
    pub name: String,
    /// What is in it; says the kind.
    pub content: Content,
}

statements! {
    INSERT = "INSERT INTO cf_sets (kind, subscriber_id, account_id, reseller_id, name, mode, is_regex) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    UPDATE = "UPDATE cf_sets SET subscriber_id = $1, account_id = $2, reseller_id = $3, name = $4, mode = $5, \
        is_regex = $6 WHERE id = $7";
    DELETE = "DELETE FROM cf_sets WHERE id = $1";
    NAMED = "SELECT id FROM cf_sets WHERE subscriber_id = $1 AND kind = $2 AND name = $3";
    OF_SUBSCRIBER = "SELECT id FROM cf_sets WHERE subscriber_id = $1 ORDER BY id";
    MOVE_DESTINATION = "UPDATE cf_destinations SET destination = $1 WHERE set_id = $2 AND destination = $3";
}

/// Statements for several sets at a time.
const MANY: &str = "SELECT t.id, t.kind, t.subscriber_id, t.account_id, t.reseller_id, t.name, t.mode, t.is_regex, \
    d.domain FROM cf_sets t JOIN subscribers s ON s.id = t.subscriber_id JOIN sip_domains d ON d.id = s.domain_id \
    WHERE t.id IN ({ids})";
const USED_AS_DESTINATION: &str = "SELECT destination_set_id AS id, COUNT(*) AS n FROM cf_mappings \
    WHERE destination_set_id IN ({ids}) GROUP BY destination_set_id";
const USED_AS_TIME: &str = "SELECT time_set_id AS id, COUNT(*) AS n FROM cf_mappings \
    WHERE time_set_id IN ({ids}) GROUP BY time_set_id";
const USED_AS_SOURCE: &str = "SELECT source_set_id AS id, COUNT(*) AS n FROM cf_mappings \
    WHERE source_set_id IN ({ids}) GROUP BY source_set_id";
const USED_AS_BNUMBER: &str = "SELECT bnumber_set_id AS id, COUNT(*) AS n FROM cf_mappings \
    WHERE bnumber_set_id IN ({ids}) GROUP BY bnumber_set_id";

impl SetKind {
    fn usage(self) -> &'static str {
        match self {
            SetKind::Destination => USED_AS_DESTINATION,
            SetKind::Time => USED_AS_TIME,
            SetKind::Source => USED_AS_SOURCE,
            SetKind::Bnumber => USED_AS_BNUMBER,
        }
    }
}

impl ForwardSet {
    fn count(&self, tx: &mut Tx, amount: i64) {
        let owners = [("reseller_id", self.reseller_id.0), ("account_id", self.account_id.0)];
        self.content.kind().source().count(tx, self.id.0, &owners, amount);
    }
}

/// The sets of those ids that are there, of any kind, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<ForwardSet>> {
    let rows = listing::for_ids(tx, MANY, ids).await?;
    let kinds = rows.iter().map(|row| Ok((row.get("id")?, row.get("kind")?))).collect::<Result<Vec<_>>>()?;
    let mut members = Members::of(tx, &kinds).await?;
    let mut used: HashMap<i64, i64> = HashMap::new();
    for kind in SetKind::ALL {
        let ids: Vec<i64> = kinds.iter().filter(|(_, of)| of == kind).map(|(id, _)| *id).collect();
        for row in listing::for_ids(tx, kind.usage(), &ids).await? {
            used.insert(row.get("id")?, row.get("n")?);
        }
    }
    let mut found: HashMap<i64, ForwardSet> = HashMap::new();
    for row in &rows {
        let id: i64 = row.get("id")?;
        found.insert(id, read(row, &mut members, used.get(&id).copied().unwrap_or(0))?);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn read(row: &Row, members: &mut Members, usage_count: i64) -> Result<ForwardSet> {
    let id: ForwardSetId = row.get("id")?;
    let mode: Option<Mode> = row.get("mode")?;
    Ok(ForwardSet {
        id,
        subscriber_id: row.get("subscriber_id")?,
        name: row.get("name")?,
        usage_count,
        domain: row.get("domain")?,
        content: members.take(id.0, row.get("kind")?, mode, row.get("is_regex")?),
        account_id: row.get("account_id")?,
        reseller_id: row.get("reseller_id")?,
    })
}

/// The ids of all sets of a subscriber.
pub(super) async fn ids_of(tx: &mut Tx, id: SubscriberId) -> Result<Vec<i64>> {
    tx.query(OF_SUBSCRIBER, args![id]).await?.iter().map(|row| Ok(row.at(0)?)).collect()
}

/// The set of that kind and name of a subscriber.
pub(super) async fn named(tx: &mut Tx, id: SubscriberId, kind: SetKind, name: &str) -> Result<Option<ForwardSetId>> {
    let row = tx.query_opt(NAMED, args![id, kind, name]).await?;
    Ok(row.map(|row| row.at(0)).transpose()?)
}

/// The set of that kind and id, if the caller may see it, and its owner, locked.
async fn get(tx: &mut Tx, caller: &Caller, kind: SetKind, id: ForwardSetId) -> Result<(Owner, ForwardSet)> {
    let not_found = || Error::not_found(kind.noun(), id);
    let found = load(tx, &[id.0]).await?.pop().filter(|set| set.content.kind() == kind).ok_or_else(not_found)?;
    let owner = match locked(tx, caller, found.subscriber_id).await {
        Err(Error::NotFound { .. }) => return Err(not_found()),
        other => other?,
    };
    let found = load(tx, &[id.0]).await?.pop().ok_or_else(not_found)?;
    Ok((owner, found))
}

/// The subscriber that a set is to belong to.
async fn owner_to_be(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Owner> {
    locked(tx, caller, id).await.map_err(|error| error.or_dangling("subscriber_id", id))
}

fn checked_name(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() || name.len() > 255 {
        return Err(Error::invalid("name", "a set has a name of 1 to 255 characters"));
    }
    Ok(name)
}

fn taken<T>(result: store::Result<T>, kind: SetKind, name: &str) -> Result<T> {
    match result {
        Err(store::Error::Unique(_)) => Err(Error::taken(kind.noun(), "name", name)),
        other => Ok(other?),
    }
}

/// Makes a set.
///
/// # Errors
/// [`Error::Dangling`] for the subscriber, [`Error::Taken`] for the name, [`Error::Invalid`] naming the field of a
/// member.
pub async fn create(tx: &mut Tx, caller: &Caller, now: i64, spec: &SetSpec) -> Result<ForwardSet> {
    let owner = owner_to_be(tx, caller, spec.subscriber_id).await?;
    let made = insert(tx, &owner, &spec.name, &spec.content, None).await?;
    write(tx, caller, now, &made, Operation::Create, None, Some(&made)).await?;
    Ok(made)
}

/// Writes a set of an owner, which is locked, without a word in the journal.
pub(super) async fn insert(
    tx: &mut Tx,
    owner: &Owner,
    name: &str,
    content: &Content,
    trigger: Option<Trigger>,
) -> Result<ForwardSet> {
    let (name, kind) = (checked_name(name)?, content.kind());
    let content = content.resolved(owner, trigger)?;
    if named(tx, owner.id, kind, name).await?.is_some() {
        return Err(Error::taken(kind.noun(), "name", name));
    }
    let patterns = content.patterns();
    let values = args![
        kind,
        owner.id,
        owner.account_id,
        owner.reseller_id,
        name,
        patterns.map(|p| p.mode),
        patterns.is_some_and(|p| p.is_regex)
    ];
    let id = taken(tx.query_one(INSERT, values).await, kind, name)?.at(0)?;
    content.store(tx, id).await?;
    let made = ForwardSet {
        id,
        subscriber_id: owner.id,
        name: name.to_owned(),
        usage_count: 0,
        domain: owner.domain.clone(),
        content,
        account_id: owner.account_id,
        reseller_id: owner.reseller_id,
    };
    made.count(tx, 1);
    Ok(made)
}

/// Replaces a set. It goes to another subscriber only while no mapping uses it.
///
/// # Errors
/// [`Error::NotFound`]; as [`create`].
pub async fn update(tx: &mut Tx, caller: &Caller, now: i64, id: ForwardSetId, spec: &SetSpec) -> Result<ForwardSet> {
    let kind = spec.content.kind();
    let (mut owner, before) = get(tx, caller, kind, id).await?;
    if spec.subscriber_id != before.subscriber_id {
        owner = owner_to_be(tx, caller, spec.subscriber_id).await?;
        if before.usage_count > 0 {
            return Err(Error::dangling("subscriber_id", spec.subscriber_id));
        }
    }
    let after = rewrite(tx, &owner, &before, &spec.name, &spec.content, None).await?;
    write(tx, caller, now, &after, Operation::Update, Some(&before), Some(&after)).await?;
    Ok(after)
}

/// Gives a set of an owner, which is locked, another name and content, without a word in the journal.
pub(super) async fn rewrite(
    tx: &mut Tx,
    owner: &Owner,
    before: &ForwardSet,
    name: &str,
    content: &Content,
    trigger: Option<Trigger>,
) -> Result<ForwardSet> {
    let (id, kind, name) = (before.id, content.kind(), checked_name(name)?);
    let content = content.resolved(owner, trigger)?;
    if named(tx, owner.id, kind, name).await?.is_some_and(|other| other != id) {
        return Err(Error::taken(kind.noun(), "name", name));
    }
    let patterns = content.patterns();
    let (mode, is_regex) = (patterns.map(|p| p.mode), patterns.is_some_and(|p| p.is_regex));
    let values = args![owner.id, owner.account_id, owner.reseller_id, name, mode, is_regex, id];
    taken(tx.execute(UPDATE, values).await, kind, name)?;
    if content != before.content {
        content.store(tx, id).await?;
    }
    let after = ForwardSet {
        id,
        subscriber_id: owner.id,
        name: name.to_owned(),
        usage_count: before.usage_count,
        domain: owner.domain.clone(),
        content,
        account_id: owner.account_id,
        reseller_id: owner.reseller_id,
    };
    if before.subscriber_id != after.subscriber_id {
        before.count(tx, -1);
        after.count(tx, 1);
    }
    Ok(after)
}

/// Removes a set. Mappings that use it are removed with it; with `unassign` they forget it instead, save for a
/// destination set, without which there is no mapping.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    kind: SetKind,
    id: ForwardSetId,
    unassign: bool,
) -> Result<()> {
    let (owner, before) = get(tx, caller, kind, id).await?;
    if before.usage_count > 0 {
        mapping::without_set(tx, caller, now, &owner, &before, unassign).await?;
    }
    remove(tx, caller, now, &before).await
}

/// Removes a set that no mapping uses.
pub(super) async fn remove(tx: &mut Tx, caller: &Caller, now: i64, set: &ForwardSet) -> Result<()> {
    erase(tx, set).await?;
    write(tx, caller, now, set, Operation::Delete, Some(set), None).await
}

/// As [`remove`], without a word in the journal.
pub(super) async fn erase(tx: &mut Tx, set: &ForwardSet) -> Result<()> {
    set.content.clear(tx, set.id).await?;
    tx.execute(DELETE, args![set.id]).await?;
    set.count(tx, -1);
    Ok(())
}

async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    set: &ForwardSet,
    operation: Operation,
    before: Option<&ForwardSet>,
    after: Option<&ForwardSet>,
) -> Result<()> {
    let change = Change {
        kind: set.content.kind().journal(),
        record_id: set.id.0,
        account: Some(set.account_id),
        operation,
        before: before.map(|b| b as _),
        after: after.map(|a| a as _),
    };
    journal::write(tx, caller, now, change).await
}

/// Brings destinations that go by the owner's number to its number as it is now.
pub(super) async fn renumber(tx: &mut Tx, caller: &Caller, now: i64, owner: &Owner) -> Result<()> {
    let ids = ids_of(tx, owner.id).await?;
    for before in load(tx, &ids).await? {
        let Content::Destinations(all) = &before.content else { continue };
        let mut moved = Vec::with_capacity(all.len());
        for old in all {
            let Some(uri) = destination::renumbered(&old.destination, owner) else {
                moved.push(old.clone());
                continue;
            };
            tx.execute(MOVE_DESTINATION, args![&uri, before.id, &old.destination]).await?;
            moved.push(Destination { destination: uri, ..old.clone() });
        }
        let after = ForwardSet { content: Content::Destinations(moved), ..before.clone() };
        if after != before {
            write(tx, caller, now, &after, Operation::Update, Some(&before), Some(&after)).await?;
        }
    }
    Ok(())
}
