//! What the verbs do with items: show, make, replace, patch and remove them, each change in one transaction.

use axum::http::{HeaderName, header};
use registry::{Caller, listing};
use serde_json::Value;

use super::call::{Call, Cx, Params, Reply};
use super::error::{Failure, Outcome, Refusal};
use super::hal::{self, Links};
use super::resource::{Created, Item, Resource, Verb};
use super::verifier::Verifiers;
use super::{expand, json as bodies, list, patch, time, validate};
use crate::Ngcp;

/// Says which preference was followed (RFC 7240).
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Does what the verb says, in one transaction.
pub(super) async fn run(
    state: &Ngcp,
    params: &Params,
    caller: &Caller,
    call: &Call,
    resource: &'static Resource,
    verb: Verb,
) -> Outcome<Reply> {
    let now = time::of_request(state, &call.headers)?;
    let verifiers = &Verifiers::default();
    let mut reader = state.ordering.db().reader();
    let mut cx = Cx { tx: &mut reader, caller, now, params, state, verifiers, upload: None };
    if let Some(reply) = resource.behaviour.outside(&mut cx, call).await? {
        return Ok(reply);
    }
    if matches!(verb, Verb::List | Verb::Get) || (verb == Verb::Create && resource.asks) {
        let mut tx = state.ordering.db().reader();
        let mut cx = Cx { tx: &mut tx, caller, now, params, state, verifiers, upload: None };
        if let Some(reply) = resource.behaviour.special(&mut cx, call).await? {
            return Ok(reply);
        }
        return match verb {
            Verb::List => list::page(&mut cx, call, resource).await,
            _ => show(&mut cx, call, resource, item_id(call)?, 200, true).await,
        };
    }
    loop {
        match change(state, now, params, caller, call, resource, verb, verifiers).await {
            Err(Failure::Later(secret)) => verifiers.make(&state.authenticator, secret).await?,
            outcome => {
                if resource.wakes && outcome.is_ok() {
                    state.ordering.wake();
                }
                return outcome;
            }
        }
    }
}

/// Does a change, in one transaction.
#[expect(clippy::too_many_arguments, reason = "all that a request consists of")]
async fn change(
    state: &Ngcp,
    now: i64,
    params: &Params,
    caller: &Caller,
    call: &Call,
    resource: &'static Resource,
    verb: Verb,
    verifiers: &Verifiers,
) -> Outcome<Reply> {
    let db = state.ordering.db();
    store::transaction!(db, Failure, |tx| {
        let mut cx = Cx { tx, caller, now, params, state, verifiers, upload: call.upload.as_ref() };
        if let Some(reply) = resource.behaviour.special(&mut cx, call).await? {
            return Ok(reply);
        }
        match verb {
            Verb::Create => create(&mut cx, call, resource).await,
            Verb::Replace => replace(&mut cx, call, resource).await,
            Verb::Modify => modify(&mut cx, call, resource).await,
            _ => {
                let id = item_id(call)?;
                if let Some(source) = resource.source {
                    listing::hold(cx.tx, source, id).await?;
                }
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
        Some(source) => list::shows(cx, resource, source, id).await?,
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
    let new = with_patch(cx, resource, &old, &operations)?;
    resource.behaviour.replace(cx, id, &old, new).await?;
    changed(cx, call, resource, id).await
}

/// The checked fields of an item with the patch in the body applied to it; for resources that answer a `PATCH` in their own
/// way.
pub(crate) fn patched(cx: &Cx<'_>, call: &Call, resource: &'static Resource, old: &Item) -> Outcome<Item> {
    preliminaries(call, "application/json-patch+json")?;
    let operations = bodies::parse(&call.body)?;
    patch::check(&operations, resource.patch)?;
    with_patch(cx, resource, old, &operations)
}

fn with_patch(cx: &Cx<'_>, resource: &Resource, old: &Item, operations: &Value) -> Outcome<Item> {
    let mut fields = old.clone();
    // What is never shown is there to be replaced all the same.
    let hidden: Vec<&str> = resource
        .fields
        .iter()
        .filter(|field| field.writable && field.is_secret() && !fields.contains_key(field.name))
        .map(|field| field.name)
        .collect();
    fields.extend(hidden.iter().map(|name| ((*name).to_owned(), Value::Null)));
    let mut document = Value::Object(fields);
    patch::apply(&mut document, operations)?;
    let mut patched = object(document)?;
    let names =
        |name: &str| operations.as_array().is_some_and(|all| all.iter().any(|op| op["path"] == format!("/{name}")));
    patched.retain(|name, value| !value.is_null() || !hidden.contains(&name.as_str()) || names(name));
    Ok(validate::check_patched(resource, cx.caller, &patched)?)
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
