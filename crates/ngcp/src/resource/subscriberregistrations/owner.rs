//! Whose registrations are: a caller sees those of the subscribers that it sees.

use std::collections::HashMap;

use plane::location::{self, Contact, MOST_NAMED, Whose};
use registry::Error;
use registry::caller::Scope;
use registry::id::SubscriberId;
use registry::listing::{self, Condition, Query};
use registry::subscriber::{self, SUBSCRIBERS, Subscriber};
use store::Val;

use super::refusal;
use crate::kernel::list::Window;
use crate::kernel::{Cx, Outcome};

/// So many contacts are looked up at a time.
const AT_ONCE: usize = 50;
/// Most subscribers that are looked at for a page.
const MOST_LOOKED_AT: usize = 20_000;

/// The subscriber of that id, if the caller sees it.
pub(super) async fn named(cx: &mut Cx<'_>, id: i64) -> Outcome<Option<Subscriber>> {
    match subscriber::get(cx.tx, cx.caller, SubscriberId(id)).await {
        Err(Error::NotFound { .. }) => Ok(None),
        found => Ok(Some(found?)),
    }
}

/// The subscriber that a contact is of, if the caller sees it.
pub(super) async fn of(cx: &mut Cx<'_>, contact: &Contact) -> Outcome<Option<Subscriber>> {
    let found = by_name(cx, std::slice::from_ref(contact)).await?;
    match found.values().next() {
        Some(id) => named(cx, *id).await,
        None => Ok(None),
    }
}

/// The ids of the subscribers that these contacts are of, by user name and domain.
async fn by_name(cx: &mut Cx<'_>, contacts: &[Contact]) -> Outcome<HashMap<(String, String), i64>> {
    let mut found = HashMap::new();
    for some in contacts.chunks(AT_ONCE) {
        let among = |name: &'static str, of: fn(&Contact) -> &str| {
            let mut values: Vec<&str> = some.iter().map(of).collect();
            values.sort_unstable();
            values.dedup();
            Condition::Among(name, values.into_iter().map(Val::from).collect())
        };
        let conditions = vec![among("username", |c| &c.username), among("domain", |c| &c.domain)];
        let query = Query { conditions, limit: (AT_ONCE * AT_ONCE) as i64, ..Query::default() };
        let ids = listing::page(cx.tx, cx.caller, &SUBSCRIBERS, &query).await?.ids;
        let named = subscriber::addresses(cx.tx, &ids).await?;
        found.extend(named.into_iter().map(|(id, username, domain)| ((username, domain), id)));
    }
    Ok(found)
}

/// Contacts of a page with the ids of their subscribers.
pub(super) struct Found {
    pub(super) contacts: Vec<(Contact, i64)>,
    /// Whether there is a page after this.
    pub(super) more: bool,
    /// How many there are on all pages; none where nobody has asked or there are too many to count.
    pub(super) total: Option<i64>,
}

/// A page of what the caller sees.
pub(super) async fn page(cx: &mut Cx<'_>, now: i64, window: Window) -> Outcome<Found> {
    match (cx.caller.scope, cx.params.get("subscriber_id")) {
        (Scope::All, None) => of_all(cx, now, window).await,
        (_, asked) => {
            let id = asked.map(|text| text.trim().parse::<i64>().unwrap_or(-1));
            of_subscribers(cx, now, window, id).await
        }
    }
}

/// A page of the whole table. What the registrar has of others than the registry's subscribers is left out of the page,
/// but counted.
async fn of_all(cx: &mut Cx<'_>, now: i64, window: Window) -> Outcome<Found> {
    let locations = cx.state.locations.clone();
    let page = locations.page(Whose::All, now, window.offset(), window.rows).await.map_err(refusal)?;
    let total = match cx.params.is_true("no_count") {
        true => None,
        false => locations.count(Whose::All, now).await.map_err(refusal)?,
    };
    let owners = by_name(cx, &page.contacts).await?;
    let of = |contact: Contact| {
        let id = owners.get(&(contact.username.clone(), contact.domain.clone())).copied();
        id.map(|id| (contact, id))
    };
    Ok(Found { contacts: page.contacts.into_iter().filter_map(of).collect(), more: page.more, total })
}

/// A page of the contacts of subscribers that the caller sees, or of the one of that id: the registrar is asked for some
/// subscribers after the other, in the order of their ids, until the page is full and, if it is to be, all is counted.
async fn of_subscribers(cx: &mut Cx<'_>, now: i64, window: Window, id: Option<i64>) -> Outcome<Found> {
    let (locations, counts) = (cx.state.locations.clone(), !cx.params.is_true("no_count"));
    let mut found = Found { contacts: Vec::new(), more: false, total: None };
    // Contacts and subscribers that were looked at.
    let (mut passed, mut looked, mut last) = (0_i64, 0_usize, 0_i64);
    loop {
        let conditions = match id {
            Some(id) => vec![Condition::Is("id", id.into()), Condition::Above("id", last.into())],
            None => vec![Condition::Above("id", last.into())],
        };
        let query = Query { conditions, limit: MOST_NAMED as i64, ..Query::default() };
        let listed = listing::page(cx.tx, cx.caller, &SUBSCRIBERS, &query).await?;
        let named = subscriber::addresses(cx.tx, &listed.ids).await?;
        let ids: HashMap<_, _> = named.into_iter().map(|(id, name, domain)| ((name, domain), id)).collect();
        let pairs: Vec<(String, String)> = ids.keys().cloned().collect();
        let whose = Whose::Subscribers(&pairs);
        let wanted = window.rows - found.contacts.len() as i64;
        let skipped = (window.offset() - passed).max(0);
        let page = locations.page(whose, now, skipped, wanted).await.map_err(refusal)?;
        let read = page.contacts.len() as i64;
        found.more |= page.more;
        passed += match read == 0 && skipped > 0 || page.more {
            true => locations.count(whose, now).await.map_err(refusal)?.unwrap_or(location::MOST_COUNTED),
            false => skipped + read,
        };
        found.contacts.extend(page.contacts.into_iter().filter_map(|contact| {
            let id = ids.get(&(contact.username.clone(), contact.domain.clone())).copied();
            id.map(|id| (contact, id))
        }));
        looked += listed.ids.len();
        if !listed.more {
            found.total = counts.then_some(passed);
            return Ok(found);
        }
        match found.more {
            true if !counts || looked >= MOST_LOOKED_AT => return Ok(found),
            false if looked >= MOST_LOOKED_AT => return Err(refusal(location::Error::TooMany).into()),
            _ => {}
        }
        last = listed.ids.last().copied().unwrap_or(i64::MAX);
    }
}
