//! Subscriber registrations: where subscribers are registered, read from and written to the registrar's location table.
//!
//! Beyond storing: the contact and what it was received from are SIP URIs, the socket is one; the subscriber is one that
//! the caller sees and stays the same. Nothing is asked of the registrar within a transaction. Our decisions: where calls
//! are really sent to (`received`, `socket`) is for administrators and resellers to say, what others send there is passed
//! over and what is there stays; the id is the registrar's `ruid` and changes with every
//! change; `expires` takes and shows 0 for a contact that never ends; a contact that is there already is replaced; without
//! a registrar the collection is empty and changes are refused with 422; while it can't be reached the answer is 503.

mod owner;

use axum::http::{HeaderName, Method, header};
use owner::Found;
use plane::location::{self, Contact};
use registry::Role;
use registry::location_mapping::is_sip_uri;
use registry::subscriber::Subscriber;
use serde_json::{Value, json};

use crate::kernel::hal::{self, Links};
use crate::kernel::list::{Page, Window};
use crate::kernel::{
    Behaviour, Call, Cx, EVERYONE, Field, Item, Kind, Link, Outcome, Refusal, Reply, Resource, Verb, patched, posted,
    time,
};

pub(super) static SUBSCRIBERREGISTRATIONS: Resource = Resource {
    name: "subscriberregistrations",
    singular: "subscriberregistration",
    title: "Subscriber registrations",
    doc: "Where subscribers are registered, as the registrar's location table has it (setting registrar.database_url; none \
          is set: there are none, and changes are refused). What is posted is written there: a contact that somebody else \
          keeps, or that never ends. A registrar that keeps contacts in memory sees it when it starts, one that asks its \
          database at once. The id changes with every change. A page has at most 1000 rows: administrators get them in \
          the order of the table, others by subscriber. total_count is left out where there are more than 100000 or, but \
          for administrators, the subscribers are more than 20000; what lies further on is found by subscriber_id.",
    fields: &[
        Field::new("id", Kind::Text(1, 64))
            .read_only()
            .doc("The registrar's name for it; another one after each change."),
        Field::new("subscriber_id", Kind::PosInt)
            .required()
            .label("Subscriber")
            .doc("The subscriber; it can't be changed."),
        Field::new("contact", Kind::Text(1, 512)).required().doc("The SIP URI of the phone."),
        Field::new("expires", Kind::Any).required().doc(
            "When it ends: a time YYYY-MM-DD HH:MM:SS in UTC, or seconds from now; 0: never. Shown as a time, or 0.",
        ),
        Field::new("q", Kind::FloatRange(0.0, 1.0))
            .required()
            .doc("Which contact is tried first, 0 to 1; the greatest is."),
        Field::new("nat", Kind::Bool).doc("Whether the phone is behind a NAT."),
        Field::new("path", Kind::Text(0, 512)).read_only().doc("The proxies between registrar and phone."),
        Field::new("received", Kind::Text(1, 128))
            .doc("The SIP URI that its registration came from, if not the contact; set by the same as socket."),
        Field::new("socket", Kind::Text(1, 64)).doc(
            "The registrar's socket, proto:ip:port, such as udp:192.0.2.1:5060. Administrators and resellers set it; what \
             others send is passed over.",
        ),
        Field::new("user_agent", Kind::Text(1, 255)).doc("What the phone says that it is."),
    ],
    verbs: &[
        (Verb::List, EVERYONE),
        (Verb::Get, EVERYONE),
        (Verb::Create, EVERYONE),
        (Verb::Replace, EVERYONE),
        (Verb::Modify, EVERYONE),
        (Verb::Delete, EVERYONE),
    ],
    parameters: &[
        ("subscriber_id", "Those of one subscriber."),
        ("suppress_flush", "Accepted and without effect: no registrar is told of changes."),
    ],
    links: &[Link::to("subscribers", "/api/subscribers/{subscriber_id}")],
    example: r#"{"subscriber_id": 1, "contact": "sip:phone@192.0.2.5:5060", "expires": 0, "q": 1, "nat": false}"#,
    behaviour: &Registrations,
    ..Resource::DEFAULT
};

/// Most rows of a page.
const MOST_ROWS: i64 = 1_000;

struct Registrations;

/// What the registrar could not do, in the dialect's words.
pub(super) fn refusal(error: location::Error) -> Refusal {
    match error {
        location::Error::NotConfigured => {
            Refusal::new(422, "No registrar is configured: registrations can't be written.")
        }
        location::Error::TooMany | location::Error::TooFar => {
            Refusal::new(422, "Too many subscribers, filter by subscriber_id.")
        }
        location::Error::TooLong { field, most } => {
            Refusal::wrong(field, &format!("The registrar takes at most {most} characters"))
        }
        location::Error::Unavailable(_) => {
            tracing::warn!(%error, "registrations can't be read or written");
            Refusal::new(503, "")
        }
        location::Error::Failed(_) => {
            tracing::error!(%error, "registrations can't be read or written");
            Refusal::new(500, "Internal Server Error")
        }
    }
}

/// Seconds since 1970 UTC.
fn now(cx: &Cx<'_>) -> i64 {
    cx.now.div_euclid(1_000_000)
}

/// A contact of a subscriber as an item.
fn item(contact: &Contact, subscriber: i64) -> Item {
    let expires = contact.expires.map_or_else(|| json!(0), |at| json!(time::show(at.saturating_mul(1_000_000))));
    let item = json!({
        "id": contact.ruid, "subscriber_id": subscriber, "contact": contact.contact, "expires": expires,
        "q": contact.q as f64 / 1_000.0, "nat": contact.nat, "path": contact.path, "received": contact.received,
        "socket": contact.socket, "user_agent": Some(&contact.user_agent).filter(|text| !text.is_empty()),
    });
    item.as_object().cloned().unwrap_or_default()
}

/// When a contact ends, in seconds since 1970 UTC; none: never.
fn expires(value: &Value, now: i64) -> Outcome<Option<i64>> {
    let seconds = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    let at = match (seconds, value.as_str().and_then(time::parse)) {
        (Some(0), _) => return Ok(None),
        (Some(seconds), _) => Some(seconds).filter(|s| (1..=10 * 366 * 86_400).contains(s)).map(|s| now + s),
        (None, Some(at)) => Some(at.div_euclid(1_000_000)).filter(|at| *at > now),
        (None, None) => None,
    };
    let input = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let input: String = input.chars().take(40).collect();
    let error = "Must be a time YYYY-MM-DD HH:MM:SS to come, seconds from now (at most ten years), or 0";
    Ok(Some(at.ok_or_else(|| Refusal::invalid_field("expires", &input, error))?))
}

/// Where calls to a contact are sent to: what it was received from, and the registrar's socket. As it was for those who
/// may not say it, and where it is left out.
fn way(input: &Item, role: Role, old: Option<&Contact>) -> Outcome<(Option<String>, Option<String>)> {
    type Check = fn(&str) -> bool;
    let checks: [(&str, Check, &str, Option<&String>); 2] = [
        ("received", is_sip_uri, "Must be a SIP URI", old.and_then(|old| old.received.as_ref())),
        ("socket", location::is_socket, "Must be proto:ip:port", old.and_then(|old| old.socket.as_ref())),
    ];
    let [received, socket] = checks.map(|(name, fits, error, before)| match input.get(name) {
        Some(sent) if matches!(role, Role::Admin | Role::Reseller) => match sent.as_str() {
            Some(text) if Some(text) != before.map(String::as_str) && !fits(text) => {
                Err(Refusal::invalid_field(name, text, error))
            }
            sent => Ok(sent.map(str::to_owned)),
        },
        _ => Ok(before.cloned()),
    });
    Ok((received?, socket?))
}

/// The contact that a checked body says, in the place of another or of none.
fn contact(input: &Item, owner: &Subscriber, role: Role, old: Option<&Contact>, now: i64) -> Outcome<Contact> {
    let text = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
    let sent = text("contact").unwrap_or_default();
    let uri = sent.strip_prefix('<').and_then(|uri| uri.strip_suffix('>')).unwrap_or(&sent);
    if !is_sip_uri(uri) {
        return Err(Refusal::invalid_field("contact", &sent, "Must be a SIP URI").into());
    }
    let q = input.get("q").and_then(Value::as_f64).unwrap_or(1.0);
    let (received, socket) = way(input, role, old)?;
    Ok(Contact {
        ruid: String::new(),
        username: owner.username.clone(),
        domain: owner.domain.clone(),
        contact: uri.to_owned(),
        received,
        path: old.and_then(|old| old.path.clone()),
        expires: expires(input.get("expires").unwrap_or(&Value::Null), now)?,
        q: (q * 1_000.0).round() as i64,
        nat: input.get("nat").and_then(Value::as_bool).unwrap_or_default(),
        user_agent: text("user_agent").unwrap_or_default(),
        socket,
    })
}

impl Registrations {
    async fn list(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Reply> {
        let mut window = Window::of(cx.params)?;
        window.rows = window.rows.min(MOST_ROWS);
        let found = match cx.state.locations.is_configured() {
            true => owner::page(cx, now(cx), window).await?,
            false => Found { contacts: Vec::new(), more: false, total: (!cx.params.is_true("no_count")).then_some(0) },
        };
        let (role, shape) = (cx.caller.role, cx.state.hal_shape);
        let resource = &SUBSCRIBERREGISTRATIONS;
        let items = found
            .contacts
            .into_iter()
            .map(|(contact, subscriber)| {
                let item = item(&contact, subscriber);
                let links = Links::of(resource, &contact.ruid, &item, role);
                hal::item(resource, &contact.ruid, item, &links, shape)
            })
            .collect();
        Ok(Page { window, more: found.more, total: found.total, items }.reply(cx, call, resource))
    }

    /// A contact and its subscriber, if the caller sees that.
    async fn find(&self, cx: &mut Cx<'_>, ruid: &str) -> Outcome<(Contact, Subscriber)> {
        let none = || Refusal::no_entity(SUBSCRIBERREGISTRATIONS.singular);
        let locations = cx.state.locations.clone();
        if !locations.is_configured() {
            return Err(none().into());
        }
        let contact = locations.get(ruid, now(cx)).await.map_err(refusal)?.ok_or_else(none)?;
        let owner = owner::of(cx, &contact).await?.ok_or_else(none)?;
        Ok((contact, owner))
    }

    fn show(&self, cx: &Cx<'_>, call: &Call, contact: &Contact, subscriber: i64, fresh: bool) -> Reply {
        let resource = &SUBSCRIBERREGISTRATIONS;
        let item = item(contact, subscriber);
        let links = Links::of(resource, &contact.ruid, &item, cx.caller.role);
        let body = hal::item(resource, &contact.ruid, item, &links, cx.state.hal_shape);
        hal::item_reply(call, 200, resource, &contact.ruid, &links, &body, fresh)
    }

    async fn create(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Reply> {
        let input = posted(cx, call, &SUBSCRIBERREGISTRATIONS)?;
        let id = input.get("subscriber_id").and_then(Value::as_i64).unwrap_or_default();
        let owner = owner::named(cx, id).await?.ok_or_else(|| Refusal::new(422, "Invalid 'subscriber_id'."))?;
        let made = contact(&input, &owner, cx.caller.role, None, now(cx))?;
        let ruid = cx.state.locations.put(None, &made, now(cx)).await.map_err(refusal)?.unwrap_or_default();
        Ok(Reply::status(201).header(header::LOCATION, hal::item_path(&SUBSCRIBERREGISTRATIONS, ruid)))
    }

    async fn change(&self, cx: &mut Cx<'_>, call: &Call, ruid: &str) -> Outcome<Reply> {
        let (old, owner) = self.find(cx, ruid).await?;
        let input = match call.method {
            Method::PATCH => patched(cx, call, &SUBSCRIBERREGISTRATIONS, &item(&old, owner.id.0))?,
            _ => posted(cx, call, &SUBSCRIBERREGISTRATIONS)?,
        };
        if input.get("subscriber_id").and_then(Value::as_i64) != Some(owner.id.0) {
            return Err(Refusal::new(422, "Changing the subscriber is not allowed.").into());
        }
        let mut new = contact(&input, &owner, cx.caller.role, Some(&old), now(cx))?;
        // What is left out stays.
        if !input.contains_key("nat") {
            new.nat = old.nat;
        }
        if !input.contains_key("user_agent") {
            new.user_agent.clone_from(&old.user_agent);
        }
        let written = cx.state.locations.put(Some(ruid), &new, now(cx)).await.map_err(refusal)?;
        new.ruid = written.ok_or_else(|| Refusal::no_entity(SUBSCRIBERREGISTRATIONS.singular))?;
        let path = hal::item_path(&SUBSCRIBERREGISTRATIONS, &new.ruid);
        let applied = HeaderName::from_static("preference-applied");
        let reply = match call.wants_representation() {
            true => self.show(cx, call, &new, owner.id.0, false).header(applied, "return=representation"),
            false => Reply::status(204).header(applied, "return=minimal"),
        };
        Ok(reply.header(header::LOCATION, path))
    }
}

#[async_trait::async_trait]
impl Behaviour for Registrations {
    async fn outside(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        let reply = match (&call.method, call.id.as_deref()) {
            (&Method::GET, None) => self.list(cx, call).await?,
            (&Method::POST, None) => self.create(cx, call).await?,
            (&Method::GET, Some(ruid)) => {
                let (contact, owner) = self.find(cx, ruid).await?;
                self.show(cx, call, &contact, owner.id.0, true)
            }
            (&Method::PUT | &Method::PATCH, Some(ruid)) => self.change(cx, call, ruid).await?,
            (&Method::DELETE, Some(ruid)) => {
                self.find(cx, ruid).await?;
                match cx.state.locations.remove(ruid).await.map_err(refusal)? {
                    true => Reply::status(204),
                    false => return Err(Refusal::no_entity(SUBSCRIBERREGISTRATIONS.singular).into()),
                }
            }
            _ => return Ok(None),
        };
        Ok(Some(reply))
    }
}
