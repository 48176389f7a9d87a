//! Whose registrations are: a caller sees those of the subscribers that it sees.

use std::collections::HashMap;

use plane::location::{Contact, MOST_NAMED, Whose};
use registry::caller::Scope;
use registry::id::SubscriberId;
use registry::listing::{self, Condition, Query, Source};
use registry::subscriber::{self, SUBSCRIBERS, Subscriber};
use registry::{Error, Role, sip_domain};
use store::Val;

use super::refusal;
use crate::kernel::{Cx, Outcome};

/// So many contacts are looked up at a time.
const AT_ONCE: usize = 50;

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

/// All of a list that the caller sees, or one more than can be asked for.
async fn all(cx: &mut Cx<'_>, source: &'static Source, conditions: Vec<Condition>) -> Outcome<Vec<i64>> {
    let query = Query { conditions, limit: MOST_NAMED as i64 + 1, ..Query::default() };
    Ok(listing::page(cx.tx, cx.caller, source, &query).await?.ids)
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
        let loaded = subscriber::load(cx.tx, &ids).await?;
        found.extend(loaded.into_iter().map(|of| ((of.username, of.domain), of.id.0)));
    }
    Ok(found)
}

/// A page of contacts with the ids of their subscribers, and how many there are. What the registrar has of others is left
/// out of the page.
pub(super) async fn page(cx: &mut Cx<'_>, now: i64, offset: i64, limit: i64) -> Outcome<(Vec<(Contact, i64)>, i64)> {
    let locations = cx.state.locations.clone();
    let asked = cx.params.get("subscriber_id").map(|text| text.trim().parse::<i64>().unwrap_or(-1));
    let by_domain = matches!(cx.caller.role, Role::Reseller | Role::Care);
    let page = match (cx.caller.scope, asked) {
        (Scope::All, None) => locations.page(Whose::All, now, offset, limit).await,
        (_, None) if by_domain => {
            let ids = all(cx, &sip_domain::DOMAINS, Vec::new()).await?;
            let domains = sip_domain::load(cx.tx, &ids).await?;
            let names: Vec<String> = domains.into_iter().map(|domain| domain.domain).collect();
            locations.page(Whose::Domains(&names), now, offset, limit).await
        }
        (_, asked) => {
            let condition = asked.map(|id| Condition::Is("id", id.into()));
            let ids = all(cx, &SUBSCRIBERS, condition.into_iter().collect()).await?;
            let of = subscriber::load(cx.tx, &ids).await?;
            let pairs: Vec<(String, String)> = of.into_iter().map(|of| (of.username, of.domain)).collect();
            locations.page(Whose::Subscribers(&pairs), now, offset, limit).await
        }
    };
    let page = page.map_err(refusal)?;
    let owners = by_name(cx, &page.contacts).await?;
    let of = |contact: Contact| {
        let id = owners.get(&(contact.username.clone(), contact.domain.clone())).copied();
        id.map(|id| (contact, id))
    };
    Ok((page.contacts.into_iter().filter_map(of).collect(), page.total))
}
