//! The phonebook of a SIP account: the subscriber's own, with a group for each number.

use store::{Tx, args};

use super::must_act;
use super::read::must_be_seen;
use crate::caller::Caller;
use crate::id::{PhonebookEntryId, SubscriberId};
use crate::listing::{self, Condition, Query};
use crate::phonebook::{SUBSCRIBERS, SubscriberEntry};
use crate::record;
use crate::statement::statements;
use crate::{Error, Result, subscriber};

/// An entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// The number or address, as the phonebook has it.
    pub uri: String,
    /// Who it is; nothing stands for the address.
    pub name: String,
    /// What it belongs to, such as `friends`; nothing: to no group.
    pub group: String,
}

statements! {
    BY_URI = "SELECT id FROM subscriber_phonebook_entries WHERE subscriber_id = $1 AND number = $2 {wait}";
    GROUPS = "SELECT DISTINCT group_name FROM subscriber_phonebook_entries WHERE subscriber_id = $1 \
        AND group_name IS NOT NULL ORDER BY group_name LIMIT 1000";
}

impl Contact {
    fn of(entry: SubscriberEntry) -> Contact {
        Contact { uri: entry.number, name: entry.name, group: entry.group_name.unwrap_or_default() }
    }

    fn entry(&self, id: PhonebookEntryId, subscriber_id: SubscriberId) -> SubscriberEntry {
        let (uri, name) = (self.uri.trim(), self.name.trim());
        SubscriberEntry {
            id,
            subscriber_id,
            name: if name.is_empty() { uri } else { name }.to_owned(),
            number: uri.to_owned(),
            group_name: Some(self.group.trim().to_owned()),
            ..SubscriberEntry::default()
        }
    }
}

/// The account, if the caller may change its phonebook, held.
async fn hold(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<()> {
    must_act(caller)?;
    must_be_seen(tx, caller, id).await?;
    subscriber::lock(tx, &caller.elevated(), id).await.map(|_| ())
}

async fn entry_of(tx: &mut Tx, id: SubscriberId, uri: &str) -> Result<SubscriberEntry> {
    let not_found = || Error::not_found("phonebook entry", uri);
    let row = tx.query_opt(BY_URI, args![id, uri.trim()]).await?.ok_or_else(not_found)?;
    record::load::<SubscriberEntry>(tx, &[row.at(0)?]).await?.pop().ok_or_else(not_found)
}

/// Adds an entry.
///
/// # Errors
/// [`Error::NotFound`] for the account; [`Error::Taken`] where the address is in the book; [`Error::Invalid`] for `number`,
/// `name` and `group_name`; [`Error::Conflict`] where the book is full.
pub async fn add(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId, contact: &Contact) -> Result<()> {
    hold(tx, caller, id).await?;
    record::create(tx, &caller.elevated(), now, contact.entry(PhonebookEntryId(0), id)).await.map(|_| ())
}

/// Gives the entry of an address another name and group.
///
/// # Errors
/// [`Error::NotFound`] for the account and for the entry; [`Error::Invalid`] as [`add`].
pub async fn update(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId, contact: &Contact) -> Result<()> {
    hold(tx, caller, id).await?;
    let before = entry_of(tx, id, &contact.uri).await?;
    let after = SubscriberEntry { shared: before.shared, ..contact.entry(before.id, id) };
    record::update(tx, &caller.elevated(), now, after).await.map(|_| ())
}

/// Removes the entry of an address.
///
/// # Errors
/// [`Error::NotFound`] for the account and for the entry.
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId, uri: &str) -> Result<()> {
    hold(tx, caller, id).await?;
    let before = entry_of(tx, id, uri).await?;
    record::delete::<SubscriberEntry>(tx, &caller.elevated(), now, before.id.0).await.map(|_| ())
}

/// The entries that match patterns of [`Condition::Alike`], empty ones being those that all match, by address.
///
/// # Errors
/// [`Error::NotFound`] for the account.
pub async fn list(
    tx: &mut Tx,
    caller: &Caller,
    id: SubscriberId,
    patterns: &Contact,
    offset: i64,
    limit: i64,
) -> Result<Vec<Contact>> {
    must_be_seen(tx, caller, id).await?;
    let mut conditions = vec![Condition::Is("subscriber_id", id.into())];
    for (column, pattern) in [("number", &patterns.uri), ("name", &patterns.name), ("group_name", &patterns.group)] {
        if !pattern.is_empty() {
            conditions.push(Condition::Alike(column, pattern.clone()));
        }
    }
    let query = Query { conditions, order: Some("number"), offset, limit, ..Query::default() };
    let found = listing::page(tx, &caller.elevated(), &SUBSCRIBERS, &query).await?;
    let entries: Vec<SubscriberEntry> = record::load(tx, &found.ids).await?;
    Ok(entries.into_iter().map(Contact::of).collect())
}

/// The groups that there are entries of.
///
/// # Errors
/// [`Error::NotFound`] for the account.
pub async fn groups(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<Vec<String>> {
    must_be_seen(tx, caller, id).await?;
    tx.query(GROUPS, args![id]).await?.iter().map(|row| Ok(row.at(0)?)).collect()
}
