//! Call forwards of subscribers: named sets of destinations, times, callers and called numbers, and the mappings that
//! say which of them apply on which trigger.
//!
//! A subscriber's forwards can be seen and changed by whoever may see the subscriber. A mapping uses sets of its own
//! subscriber only; names are unique for a subscriber and kind of set. [`simple`] shows the same mappings as one
//! forward for each trigger and keeps its sets under the name `quickset_` with the trigger.

mod choice;
mod content;
pub mod destination;
mod lists;
pub mod mapping;
pub mod period;
pub mod set;
pub mod simple;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::caller::{Caller, Role, Scope};
use crate::id::{AccountId, SubscriberId};
use crate::journal::{self, Change, Operation};
use crate::listing;
use crate::statement::statements;
use crate::{Error, Result};

pub use choice::Choice;
pub use content::{Content, Mode, Patterns};
pub use destination::Destination;
pub use lists::{BNUMBER_SETS, DESTINATION_SETS, SOURCE_SETS, TIME_SETS};
pub use period::Period;

/// What makes a call be forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Always.
    Cfu,
    /// The subscriber is busy.
    Cfb,
    /// Nobody has answered within the ring timeout.
    Cft,
    /// No phone is registered.
    Cfna,
    /// A short message instead of a call.
    Cfs,
    /// A response of the phone.
    Cfr,
    /// More calls than the subscriber may have.
    Cfo,
}

crate::text_enum!(Trigger, "type", {
    Cfu => "cfu", Cfb => "cfb", Cft => "cft", Cfna => "cfna", Cfs => "cfs", Cfr => "cfr", Cfo => "cfo",
});

/// What a set holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetKind {
    /// Destinations.
    Destination,
    /// Periods.
    Time,
    /// Callers.
    Source,
    /// Called numbers.
    Bnumber,
}

crate::text_enum!(SetKind, "kind", {
    Destination => "destination", Time => "time", Source => "source", Bnumber => "bnumber",
});

impl SetKind {
    /// The kind of record in the journal.
    #[must_use]
    pub fn journal(self) -> &'static str {
        match self {
            SetKind::Destination => "cf_destination_sets",
            SetKind::Time => "cf_time_sets",
            SetKind::Source => "cf_source_sets",
            SetKind::Bnumber => "cf_bnumber_sets",
        }
    }

    /// What a set of this kind is called in an error.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            SetKind::Destination => "destination set",
            SetKind::Time => "time set",
            SetKind::Source => "source set",
            SetKind::Bnumber => "bnumber set",
        }
    }
}

/// What is needed of the subscriber that forwards belong to.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) id: SubscriberId,
    pub(crate) account_id: AccountId,
    pub(crate) reseller_id: AccountId,
    pub(crate) uuid: String,
    pub(crate) domain: String,
    pub(crate) number: Option<String>,
}

impl Owner {
    /// What the applications know the subscriber by: its primary number, or its uuid where it has none.
    pub(crate) fn mailbox(&self) -> String {
        self.number.clone().unwrap_or_else(|| dashed(&self.uuid))
    }
}

/// A uuid in groups of 8, 4, 4, 4 and 12 digits.
fn dashed(uuid: &str) -> String {
    let digits: Vec<char> = uuid.chars().filter(|c| *c != '-').collect();
    let mut text = String::with_capacity(36);
    for (index, digit) in digits.into_iter().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

macro_rules! owner {
    () => {
        "SELECT s.id, s.account_id, s.reseller_id, s.uuid, s.primary_digits, d.domain FROM subscribers s \
         JOIN sip_domains d ON d.id = s.domain_id WHERE s.id = $1"
    };
}

statements! {
    OWNER = concat!(owner!(), " AND s.status <> 'terminated'");
    OWNER_EVER = owner!();
    LOCK = "SELECT id FROM subscribers WHERE id = $1 {wait}";
    RING_TIMEOUT = "SELECT ring_timeout FROM call_forwards WHERE subscriber_id = $1";
    SET_RING_TIMEOUT = "INSERT INTO call_forwards (subscriber_id, ring_timeout) VALUES ($1, $2) \
        ON CONFLICT (subscriber_id) DO UPDATE SET ring_timeout = excluded.ring_timeout";
    FORGET_RING_TIMEOUT = "DELETE FROM call_forwards WHERE subscriber_id = $1";
}

/// Statement for several subscribers at a time.
const ZONES: &str = "SELECT s.id, COALESCE(s.timezone, c.timezone, r.timezone) AS zone FROM subscribers s \
    JOIN accounts a ON a.id = s.account_id LEFT JOIN contacts c ON c.id = a.contact_id \
    JOIN accounts p ON p.id = s.reseller_id LEFT JOIN contacts r ON r.id = p.contact_id WHERE s.id IN ({ids})";

/// Every statement of the module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, content::STATEMENTS, mapping::STATEMENTS, set::STATEMENTS].into_iter().flatten()
}

/// The lists of this module.
pub(crate) const SOURCES: &[&crate::listing::Source] = lists::SOURCES;

fn owner_of(row: &store::Row) -> Result<Owner> {
    Ok(Owner {
        id: row.get("id")?,
        account_id: row.get("account_id")?,
        reseller_id: row.get("reseller_id")?,
        uuid: row.get("uuid")?,
        domain: row.get("domain")?,
        number: row.get("primary_digits")?,
    })
}

/// The subscriber, if the caller may see it and has to do with its forwards.
pub(crate) async fn owner(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Owner> {
    let not_found = || Error::not_found("subscriber", id);
    if caller.role == Role::Intercept {
        return Err(Error::NotAllowed("this role has nothing to do with call forwards".to_owned()));
    }
    let row = tx.query_opt(OWNER, args![id]).await?.ok_or_else(not_found)?;
    let owner = owner_of(&row)?;
    let visible = match caller.scope {
        Scope::Subscriber(own) => own == id,
        _ => caller.sees(tx, owner.account_id).await?,
    };
    if visible { Ok(owner) } else { Err(not_found()) }
}

/// As [`owner`], locked for the rest of the transaction: one change of a subscriber's forwards at a time.
pub(crate) async fn locked(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Owner> {
    tx.query_opt(LOCK, args![id]).await?;
    owner(tx, caller, id).await
}

/// The time zones that subscribers live by: their own, their customer's or their reseller's. Who is not in it lives by
/// UTC.
///
/// # Errors
/// Only those of the database.
pub async fn zones(tx: &mut Tx, ids: &[i64]) -> Result<HashMap<i64, String>> {
    let mut zones = HashMap::new();
    for row in listing::for_ids(tx, ZONES, ids).await? {
        if let Some(zone) = row.get("zone")? {
            zones.insert(row.get("id")?, zone);
        }
    }
    Ok(zones)
}

async fn ring_timeout(tx: &mut Tx, id: SubscriberId) -> Result<Option<i64>> {
    let row = tx.query_opt(RING_TIMEOUT, args![id]).await?;
    Ok(row.map(|row| row.at(0)).transpose()?)
}

/// Sets the ring timeout where there are forwards on timeout, which need one, and forgets it where there are none.
async fn set_ring_timeout(tx: &mut Tx, id: SubscriberId, wanted: bool, seconds: Option<i64>) -> Result<Option<i64>> {
    match seconds.filter(|_| wanted) {
        Some(seconds) if seconds > 0 => {
            tx.execute(SET_RING_TIMEOUT, args![id, seconds]).await?;
            Ok(Some(seconds))
        }
        None if !wanted => {
            tx.execute(FORGET_RING_TIMEOUT, args![id]).await?;
            Ok(None)
        }
        _ => Err(Error::invalid("ring_timeout", "a forward on timeout needs a time of ringing in seconds")),
    }
}

/// Brings the destinations that go by the subscriber's number (voicebox, fax, conference) to its number as it is now;
/// to be called when the primary number has changed.
///
/// # Errors
/// Only those of the database.
pub async fn renumber(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    let Some(row) = tx.query_opt(OWNER_EVER, args![id]).await? else { return Ok(()) };
    let owner = owner_of(&row)?;
    set::renumber(tx, caller, now, &owner).await
}

/// Removes all that a subscriber has of call forwards; for its termination.
///
/// # Errors
/// Only those of the database.
pub async fn delete_of_subscriber(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    let Some(row) = tx.query_opt(OWNER_EVER, args![id]).await? else { return Ok(()) };
    let owner = owner_of(&row)?;
    let before = mapping::read(tx, id).await?;
    let sets = set::ids_of(tx, id).await?;
    if before.mappings.is_empty() && sets.is_empty() {
        return Ok(());
    }
    let change = Change {
        kind: "cf_mappings",
        record_id: id.0,
        account: Some(owner.account_id),
        operation: Operation::Delete,
        before: Some(&before),
        after: None,
    };
    journal::write(tx, caller, now, change).await?;
    mapping::clear(tx, id).await?;
    tx.execute(FORGET_RING_TIMEOUT, args![id]).await?;
    for set in set::load(tx, &sets).await? {
        set::remove(tx, caller, now, &set).await?;
    }
    Ok(())
}
