//! Phonebooks of accounts.

use registry::sip_account::contact::{self, Contact};

use super::SipId;
use crate::operation::{Cx, Outcome};
use crate::query::{Range, escaped};
use crate::soap::wire;

wire! {
    /// An entry of a phonebook.
    PhonebookEntry {
        /// The address.
        uri as "uri": String,
        /// Who it is.
        name as "name": String,
        /// What it belongs to: vip, business, coworkers, friends, family; empty: to nothing.
        group as "group": String,
    }
}

wire! {
    /// Entries of a phonebook.
    PhonebookEntries {
        /// The entries.
        entries as "entries": Vec<PhonebookEntry>,
    }
}

impl From<PhonebookEntry> for Contact {
    fn from(entry: PhonebookEntry) -> Contact {
        Contact { uri: entry.uri, name: entry.name, group: entry.group }
    }
}

pub(super) async fn add(cx: &mut Cx<'_>, id: SipId, entry: PhonebookEntry) -> Outcome<()> {
    let found = id.found(cx).await?;
    contact::add(cx.tx, cx.caller, cx.now, found, &entry.into()).await
}

pub(super) async fn update(cx: &mut Cx<'_>, id: SipId, entry: PhonebookEntry) -> Outcome<()> {
    let found = id.found(cx).await?;
    contact::update(cx.tx, cx.caller, cx.now, found, &entry.into()).await
}

pub(super) async fn delete(cx: &mut Cx<'_>, id: SipId, uri: String) -> Outcome<()> {
    let found = id.found(cx).await?;
    contact::delete(cx.tx, cx.caller, cx.now, found, &uri).await
}

pub(super) async fn list(
    cx: &mut Cx<'_>,
    id: SipId,
    patterns: PhonebookEntry,
    range: Range,
) -> Outcome<PhonebookEntries> {
    let found = id.found(cx).await?;
    let patterns =
        Contact { uri: escaped(&patterns.uri), name: escaped(&patterns.name), group: escaped(&patterns.group) };
    let (offset, limit) = range.bounds();
    let contacts = contact::list(cx.tx, cx.caller, found, &patterns, offset, limit).await?;
    let entry = |contact: Contact| PhonebookEntry { uri: contact.uri, name: contact.name, group: contact.group };
    Ok(PhonebookEntries { entries: contacts.into_iter().map(entry).collect() })
}
