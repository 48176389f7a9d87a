//! Serves a request: finds the resource, who calls, and does what the verb says, in the dialect's order of checks.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::response::{IntoResponse as _, Response};
use registry::{Caller, Role, listing};
use serde_json::{Value, json};

use super::call::{Call, Cx, Params, Reply};
use super::error::{Failure, Outcome, Refusal, general};
use super::hal::{self, Links};
use super::resource::{Created, Item, Resource, STAFF, Verb};
use super::verifier::Verifiers;
use super::{expand, journal, json as bodies, list, patch, root, validate};
use crate::auth::{self, Realm};
use crate::{Ngcp, resource};

/// Headers that replace the method of a request.
const OVERRIDES: [&str; 4] = ["x-http-method", "x-http-method-override", "x-method-override", "x-tunneled-method"];

/// Largest body in bytes.
const LARGEST: usize = 1 << 20;
/// Largest table in CSV, in bytes.
pub(crate) const LARGEST_TABLE: usize = 32 << 20;

/// Says which preference was followed (RFC 7240).
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Serves any path.
pub(crate) async fn serve(State(state): State<Ngcp>, realm: Realm, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<web::Peer>>().map(|ConnectInfo(peer)| peer.clone());
    let path = collapsed(request.uri().path());
    let params = Params::parse(request.uri().query().unwrap_or_default());
    let query = request.uri().query().map(str::to_owned);
    let headers = request.headers().clone();
    let method = method(request.method(), &headers);
    let body = request.into_body();
    match path.as_str() {
        "/login_jwt" if method == Method::POST => {
            return match read(body, LARGEST).await {
                Ok(body) => auth::login_jwt(&state, realm, peer.as_ref(), &headers, &body).await,
                Err(refusal) => refusal.into_response(),
            };
        }
        "/ajax_logout" if method == Method::POST || method == Method::GET => return Reply::status(200).into_response(),
        _ => {}
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let place = match place(&segments, &path) {
        Ok(place) => place,
        Err(refusal) => return refusal.into_response(),
    };
    let head = method == Method::HEAD;
    let method = if head { Method::GET } else { method };
    let mut response = match place {
        Place::Slash => moved(&headers, &format!("{path}/"), query.as_deref()),
        place => {
            let request = Asked { state: &state, realm, peer, params: &params, method, headers, body };
            request.answer(place).await
        }
    };
    if head {
        *response.body_mut() = Body::empty();
    }
    response
}

/// The body, if it is not larger than that.
async fn read(body: Body, largest: usize) -> Result<Bytes, Refusal> {
    to_bytes(body, largest)
        .await
        .map_err(|_| Refusal::new(413, format!("The body did not arrive whole, or is larger than {largest} bytes.")))
}

/// The path with each run of slashes as one.
fn collapsed(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !text.ends_with('/') {
            text.push(c);
        }
    }
    text
}

fn method(method: &Method, headers: &HeaderMap) -> Method {
    let replaced = OVERRIDES.iter().find_map(|name| headers.get(*name)?.to_str().ok());
    replaced.and_then(|name| name.trim().to_ascii_uppercase().parse().ok()).unwrap_or_else(|| method.clone())
}

/// Where a path leads.
enum Place<'a> {
    /// A collection without the slash at its end.
    Slash,
    /// The API itself.
    Root,
    /// A collection.
    Collection(&'static Resource),
    /// An item.
    Item(&'static Resource, &'a str),
    /// The journal of an item, and an entry of it.
    Journal(&'static Resource, &'a str, Option<&'a str>),
}

fn place<'a>(segments: &[&'a str], path: &str) -> Result<Place<'a>, Refusal> {
    let name = |name: &str| resource::find(name).ok_or_else(Refusal::no_path);
    match segments {
        ["api"] => Ok(Place::Slash),
        ["api", ""] => Ok(Place::Root),
        ["api", of] => {
            let of = name(of)?;
            if of.single && of.public && !path.ends_with('/') { Ok(Place::Collection(of)) } else { Ok(Place::Slash) }
        }
        ["api", of, ""] => Ok(Place::Collection(name(of)?)),
        ["api", of, id] | ["api", of, id, ""] => Ok(Place::Item(name(of)?, id)),
        ["api", of, id, "journal", rest @ ..] => {
            let of = name(of)?;
            match rest {
                _ if of.journal.is_none() => Err(Refusal::no_path()),
                [] => Ok(Place::Slash),
                [""] => Ok(Place::Journal(of, id, None)),
                [entry] | [entry, ""] => Ok(Place::Journal(of, id, Some(entry))),
                _ => Err(Refusal::no_path()),
            }
        }
        _ => Err(Refusal::no_path()),
    }
}

/// 301 to the same host.
fn moved(headers: &HeaderMap, path: &str, query: Option<&str>) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let to = match host {
        Some(host) => format!("https://{host}{path}{query}"),
        None => format!("{path}{query}"),
    };
    Reply::status(301).header(header::LOCATION, to).into_response()
}

/// A request whose place is known.
struct Asked<'a> {
    state: &'a Ngcp,
    realm: Realm,
    peer: Option<web::Peer>,
    params: &'a Params,
    method: Method,
    headers: HeaderMap,
    body: Body,
}

impl Asked<'_> {
    async fn answer(self, place: Place<'_>) -> Response {
        let (resource, verb) = match &place {
            Place::Collection(resource) => (Some(*resource), verb(&self.method, false)),
            Place::Item(resource, _) => (Some(*resource), verb(&self.method, true)),
            Place::Journal(resource, ..) => (Some(*resource), verb(&self.method, false).filter(|v| *v == Verb::List)),
            Place::Root | Place::Slash => (None, verb(&self.method, false).filter(|v| *v == Verb::List)),
        };
        let options = self.method == Method::OPTIONS;
        let journal = matches!(place, Place::Journal(..));
        if let Some(resource) = resource
            && !options
            && !journal
            && verb.is_none_or(|verb| resource.roles(verb).is_none())
        {
            return Refusal::no_path().into_response();
        }
        if resource.is_none() && !options && verb.is_none() || journal && !options && verb.is_none() {
            return Refusal::no_path().into_response();
        }
        let public = resource.is_some_and(|resource| resource.public);
        let authenticated = auth::authenticate(self.state, self.realm, self.peer.as_ref(), &self.headers).await;
        let caller = match authenticated {
            Ok(caller) => Some(caller),
            Err(_) if public => None,
            Err(denial) => return denial.into_response(),
        };
        let id = match &place {
            Place::Item(_, id) | Place::Journal(_, id, _) => Some((*id).to_owned()),
            _ => None,
        };
        let mut call = Call { method: self.method, id, headers: self.headers, body: Bytes::new(), realm: self.realm };
        let caller = match caller {
            Some(caller) => {
                if let Err(refusal) = admit(&caller, &call, resource, if options { None } else { verb }, journal) {
                    return refusal.into_response();
                }
                caller
            }
            None => nobody(),
        };
        // Only who may do it gets to send a long body.
        let table = caller.login.is_some() && call.media_type().as_deref() == Some("text/csv");
        call.body = match read(self.body, if table { LARGEST_TABLE } else { LARGEST }).await {
            Ok(body) => body,
            Err(refusal) => return refusal.into_response(),
        };
        let singular = resource.map_or("", |resource| resource.singular);
        let outcome = match place {
            Place::Root | Place::Slash => root::answer(self.state, &call, &caller, self.params),
            Place::Collection(resource) | Place::Item(resource, _) if options => {
                Ok(allow(&call, resource, caller.role))
            }
            Place::Journal(..) if options => Ok(root::allow(&["GET", "OPTIONS", "HEAD"], None)),
            Place::Journal(resource, _, entry) => {
                let (mut tx, verifiers) = (self.state.ordering.db().reader(), Verifiers::default());
                let now = self.state.ordering.clock().now();
                let (state, params, verifiers) = (self.state, self.params, &verifiers);
                let mut cx = Cx { tx: &mut tx, caller: &caller, now, params, state, verifiers };
                journal::answer(&mut cx, &call, resource, entry).await
            }
            Place::Collection(resource) | Place::Item(resource, _) => {
                run(self.state, self.params, &caller, &call, resource, verb.unwrap_or(Verb::List)).await
            }
        };
        match outcome {
            Ok(reply) => reply.into_response(),
            Err(Failure::Refused(refusal)) => refusal.into_response(),
            // Only changes make verifiers, and they have made them by now.
            Err(Failure::Later(_)) => Refusal::new(500, "Internal Server Error").into_response(),
            Err(Failure::Registry(error)) => {
                if error.is_incident() {
                    tracing::error!(%error, resource = resource.map(|r| r.name), "request failed");
                }
                let own = resource.and_then(|resource| resource.behaviour.refusal(&error));
                own.unwrap_or_else(|| general(&error, singular)).into_response()
            }
        }
    }
}

/// Whoever asks for what needs no login.
fn nobody() -> Caller {
    Caller::subscriber(registry::id::SubscriberId(0), "nobody", registry::id::AccountId(i64::MIN), false)
}

fn verb(method: &Method, of_item: bool) -> Option<Verb> {
    match (method.as_str(), of_item) {
        ("GET", false) => Some(Verb::List),
        ("POST", false) => Some(Verb::Create),
        ("GET", true) => Some(Verb::Get),
        ("PUT", true) => Some(Verb::Replace),
        ("PATCH", true) => Some(Verb::Modify),
        ("DELETE", true) => Some(Verb::Delete),
        _ => None,
    }
}

/// Refuses roles that have nothing to do here, and changes by those who may only read.
fn admit(
    caller: &Caller,
    call: &Call,
    resource: Option<&Resource>,
    verb: Option<Verb>,
    journal: bool,
) -> Result<(), Refusal> {
    let reads = matches!(call.method, Method::GET | Method::OPTIONS);
    if caller.rights.read_only && !reads && resource.is_none_or(|resource| resource.name != "admincerts") {
        return Err(Refusal::new(403, "Invalid HTTP method for read-only user"));
    }
    let Some(resource) = resource else { return Ok(()) };
    let fits = match verb {
        _ if journal => STAFF.contains(&caller.role) && resource.is_for(caller.role),
        Some(verb) => resource.roles(verb).is_some_and(|roles| roles.contains(&caller.role)),
        None => resource.is_for(caller.role),
    };
    match (fits, verb) {
        (true, _) => Ok(()),
        // Who may look at something and not change it is told so.
        (false, Some(verb)) if !matches!(verb, Verb::List | Verb::Get) && resource.is_for(caller.role) => {
            Err(Refusal::new(403, "Read-only resource for authenticated role"))
        }
        (false, _) => Err(Refusal::invalid_user()),
    }
}

/// The answer to `OPTIONS`.
fn allow(call: &Call, resource: &Resource, role: Role) -> Reply {
    let methods = resource.methods(call.id.is_some(), Some(role));
    let accept = match &call.id {
        None => Some(("accept-post", format!("application/hal+json; profile={}{}", hal::REL, resource.name))),
        Some(_) if methods.contains(&"PATCH") => Some(("accept-patch", "application/json-patch+json".to_owned())),
        Some(_) => None,
    };
    root::allow(&methods, accept)
}

/// Does what the verb says, in one transaction.
async fn run(
    state: &Ngcp,
    params: &Params,
    caller: &Caller,
    call: &Call,
    resource: &'static Resource,
    verb: Verb,
) -> Outcome<Reply> {
    let now = state.ordering.clock().now();
    let verifiers = &Verifiers::default();
    if matches!(verb, Verb::List | Verb::Get) {
        let mut tx = state.ordering.db().reader();
        let mut cx = Cx { tx: &mut tx, caller, now, params, state, verifiers };
        if let Some(reply) = resource.behaviour.special(&mut cx, call).await? {
            return Ok(reply);
        }
        return match verb {
            Verb::List => list::page(&mut cx, call, resource).await,
            _ => show(&mut cx, call, resource, item_id(call)?, 200, true).await,
        };
    }
    loop {
        match change(state, params, caller, call, resource, verb, verifiers).await {
            Err(Failure::Later(secret)) => verifiers.make(secret).await?,
            outcome => return outcome,
        }
    }
}

/// Does a change, in one transaction.
async fn change(
    state: &Ngcp,
    params: &Params,
    caller: &Caller,
    call: &Call,
    resource: &'static Resource,
    verb: Verb,
    verifiers: &Verifiers,
) -> Outcome<Reply> {
    let (db, now) = (state.ordering.db(), state.ordering.clock().now());
    store::transaction!(db, Failure, |tx| {
        let mut cx = Cx { tx, caller, now, params, state, verifiers };
        if let Some(reply) = resource.behaviour.special(&mut cx, call).await? {
            return Ok(reply);
        }
        match verb {
            Verb::Create => create(&mut cx, call, resource).await,
            Verb::Replace => replace(&mut cx, call, resource).await,
            Verb::Modify => modify(&mut cx, call, resource).await,
            _ => {
                let id = item_id(call)?;
                must_see(&mut cx, resource, id).await?;
                resource.behaviour.delete(&mut cx, id).await?;
                Ok(Reply::status(204))
            }
        }
    })
}

fn item_id(call: &Call) -> Result<i64, Refusal> {
    let text = call.id.as_deref().ok_or_else(Refusal::no_path)?;
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| Refusal::new(400, "Invalid id in request URI"))
}

async fn must_see(cx: &mut Cx<'_>, resource: &Resource, id: i64) -> Outcome<()> {
    let visible = match resource.source {
        Some(source) => listing::shows(cx.tx, cx.caller, source, id).await?,
        None => true,
    };
    if visible { Ok(()) } else { Err(Refusal::no_entity(resource.singular).into()) }
}

/// The item of that id, as the caller may see it.
async fn item(cx: &mut Cx<'_>, resource: &Resource, id: i64) -> Outcome<Item> {
    must_see(cx, resource, id).await?;
    let loaded = resource.behaviour.load(cx, &[id]).await?;
    loaded.into_iter().next().map(|(_, item)| item).ok_or_else(|| Refusal::no_entity(resource.singular).into())
}

/// The item as it is once nobody else is changing it.
async fn item_to_change(cx: &mut Cx<'_>, resource: &Resource, id: i64) -> Outcome<Item> {
    if let Some(source) = resource.source {
        listing::hold(cx.tx, source, id).await?;
    }
    item(cx, resource, id).await
}

async fn show(cx: &mut Cx<'_>, call: &Call, resource: &Resource, id: i64, status: u16, fresh: bool) -> Outcome<Reply> {
    let item = item(cx, resource, id).await?;
    let mut loaded = [(id, item)];
    expand::items(cx, resource, &mut loaded).await?;
    let [(_, item)] = loaded;
    let role = cx.caller.role;
    let links = Links::of(resource, id, &item, role);
    let body = hal::item(resource, id, hal::visible(resource, item, role), &links, cx.state.hal_shape);
    Ok(hal::item_reply(call, status, resource, id, &links, &body, fresh))
}

/// Checks what comes before any look at the body.
fn preliminaries(call: &Call, media_type: &str) -> Result<(), Refusal> {
    if call.headers.contains_key(header::LINK) {
        let message = "The request must not contain 'Link' headers. Instead assert relationships in the entity body.";
        return Err(Refusal::new(400, message));
    }
    let sent = call.media_type();
    if sent.as_deref() != Some(media_type) {
        let sent = sent.filter(|sent| !sent.is_empty()).unwrap_or_else(|| "undefined".to_owned());
        return Err(Refusal::new(415, format!("Unsupported media type '{sent}', accepting {media_type} only.")));
    }
    Ok(())
}

fn object(body: Value) -> Result<Item, Refusal> {
    match body {
        Value::Object(fields) => Ok(fields),
        _ => Err(bodies::malformed("the body must be an object")),
    }
}

/// The checked fields of a body that was posted; for resources that answer a `POST` in their own way.
pub(crate) fn posted(cx: &Cx<'_>, call: &Call, resource: &'static Resource) -> Outcome<Item> {
    preliminaries(call, "application/json")?;
    let body = object(bodies::parse(&call.body)?)?;
    Ok(validate::check(resource, cx.caller, &body)?)
}

async fn create(cx: &mut Cx<'_>, call: &Call, resource: &'static Resource) -> Outcome<Reply> {
    let input = posted(cx, call, resource)?;
    let id = resource.behaviour.create(cx, input).await?;
    let location = hal::item_path(resource, id);
    let reply = if resource.created == Created::Representation && call.wants_representation() {
        let reply = show(cx, call, resource, id, 201, false).await?;
        reply.header(APPLIED, "return=representation")
    } else {
        Reply::status(201)
    };
    Ok(reply.header(header::LOCATION, location))
}

async fn replace(cx: &mut Cx<'_>, call: &Call, resource: &'static Resource) -> Outcome<Reply> {
    let id = item_id(call)?;
    let old = item_to_change(cx, resource, id).await?;
    preliminaries(call, "application/json")?;
    let body = object(bodies::parse(&call.body)?)?;
    let input = validate::check(resource, cx.caller, &body)?;
    let mut new = Item::new();
    if !resource.put_replaces {
        let kept = old.iter().filter(|(name, _)| resource.field(name).is_some_and(|field| field.writable));
        new.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    }
    new.extend(input);
    resource.behaviour.replace(cx, id, &old, new).await?;
    changed(cx, call, resource, id).await
}

async fn modify(cx: &mut Cx<'_>, call: &Call, resource: &'static Resource) -> Outcome<Reply> {
    let id = item_id(call)?;
    preliminaries(call, "application/json-patch+json")?;
    let operations = bodies::parse(&call.body)?;
    patch::check(&operations, resource.patch)?;
    let old = item_to_change(cx, resource, id).await?;
    let mut document = Value::Object(old.clone());
    patch::apply(&mut document, &operations)?;
    let new = validate::check(resource, cx.caller, &object(document)?)?;
    resource.behaviour.replace(cx, id, &old, new).await?;
    changed(cx, call, resource, id).await
}

/// The answer to a change, as `Prefer` wants it.
async fn changed(cx: &mut Cx<'_>, call: &Call, resource: &Resource, id: i64) -> Outcome<Reply> {
    if call.wants_representation() {
        match show(cx, call, resource, id, 200, false).await {
            // A change may end the item, as that of its status to `terminated` does.
            Err(Failure::Refused(refusal)) if refusal.status == 404 => {}
            reply => return Ok(reply?.header(APPLIED, "return=representation")),
        }
    }
    Ok(Reply::status(204).header(APPLIED, "return=minimal"))
}

/// The body of `OPTIONS`.
pub(super) fn methods_body(methods: &[&str]) -> String {
    format!("{}\n", json!({ "methods": methods }))
}
