//! The journal of an item: its changes, as the registry wrote them down, with the item as it was after each.

use registry::Role;
use registry::caller::Scope;
use registry::id::AccountId;
use registry::journal::{self, Entry, Operation};
use serde_json::{Value, json};

use super::call::{Call, Cx, Reply};
use super::error::{Outcome, Refusal};
use super::hal::{self, Paging};
use super::list::{self, Window};
use super::resource::{Item, Resource};
use super::time;

/// Serves the collection, one entry by its id, or the newest as `recent`.
pub(super) async fn answer(
    cx: &mut Cx<'_>,
    call: &Call,
    resource: &'static Resource,
    entry: Option<&str>,
) -> Outcome<Reply> {
    let not_found = || Refusal::no_entity("journal");
    let kind = resource.journal.ok_or_else(not_found)?;
    let id: i64 = call
        .id
        .as_deref()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Refusal::new(400, "Invalid id in request URI"))?;
    if !may_ask(cx, resource, kind, id).await? {
        return Err(not_found().into());
    }
    match entry {
        Some(entry) => {
            let found = match entry {
                "recent" => journal::newest_of_record(cx.tx, cx.caller, kind, id).await?,
                number => {
                    let number = number.parse().map_err(|_| Refusal::new(400, "Invalid id in request URI"))?;
                    journal::entry_of_record(cx.tx, cx.caller, kind, id, number).await?
                }
            };
            let found = found.ok_or_else(not_found)?;
            let body = shown(cx, resource, id, &found, true);
            Ok(hal::journal_reply(call, resource, id, found.id, &body))
        }
        None => {
            let window = Window::of(cx.params)?;
            let filter = journal::RecordFilter {
                operation: cx.params.get("operation").map(str::to_owned),
                who: cx.params.get("username").map(str::to_owned),
                from: cx.params.get("from").and_then(time::parse),
                to: cx.params.get("to").and_then(time::parse),
            };
            let found =
                journal::page_of_record(cx.tx, cx.caller, kind, id, &filter, window.offset(), window.rows).await?;
            let items = found.entries.iter().map(|entry| shown(cx, resource, id, entry, false)).collect();
            let path = format!("{}/journal/", hal::item_path(resource, id));
            let others = cx.params.others();
            let total = (!cx.params.is_true("no_count")).then_some(found.total);
            let more = window.offset().saturating_add(window.rows) < found.total;
            let paging = Paging { path: &path, page: window.page, rows: window.rows, others: &others, more, total };
            Ok(hal::collection(call, "journal", true, &paging, items, cx.state.hal_shape))
        }
    }
}

/// Whether the caller may ask for the journal of that item of the resource, and not of another kind of item that the
/// registry keeps with it: one that it sees, or one that is gone.
async fn may_ask(cx: &mut Cx<'_>, resource: &Resource, kind: &str, id: i64) -> Outcome<bool> {
    if let Some(source) = resource.source
        && list::shows(cx, resource, source, id).await?
    {
        return Ok(true);
    }
    let newest = journal::newest_of_record(cx.tx, cx.caller, kind, id).await?;
    let sees_all = matches!(cx.caller.scope, Scope::All) && cx.caller.role == Role::Admin;
    Ok(newest.is_some_and(|entry| sees_all || entry.operation == Operation::Delete))
}

fn shown(cx: &Cx<'_>, resource: &Resource, id: i64, entry: &Entry, with_content: bool) -> Value {
    let mut fields = Item::new();
    fields.insert("id".to_owned(), entry.id.into());
    fields.insert("operation".to_owned(), entry.operation.to_string().into());
    fields.insert("resource_name".to_owned(), resource.name.into());
    fields.insert("resource_id".to_owned(), id.into());
    fields.insert("timestamp".to_owned(), time::show(entry.at).into());
    fields.insert("username".to_owned(), entry.who.clone().into());
    fields.insert("user_id".to_owned(), entry.login_id.map_or(Value::Null, |id| id.0.into()));
    // The operator's logins are shown as belonging to the default reseller.
    let reseller = entry.reseller_id.map(|id| id.max(AccountId::DEFAULT_RESELLER).0);
    fields.insert("reseller_id".to_owned(), reseller.map_or(Value::Null, Value::from));
    fields.insert("role_id".to_owned(), entry.role.and_then(role_id).map_or(Value::Null, Value::from));
    fields.insert("tx_id".to_owned(), format!("{:016X}", entry.id).into());
    if with_content {
        let record = entry.after.as_ref().or(entry.before.as_ref());
        let content = record.map(|record| {
            let content = resource.behaviour.journal_content(resource, record);
            Value::Object(hal::visible(resource, content, cx.caller.role))
        });
        fields.insert("content".to_owned(), content.unwrap_or(Value::Null));
    }
    let item = hal::item_path(resource, id);
    let links = json!({
        "collection": { "href": format!("{item}/journal/") },
        "curies": hal::curies(),
        "profile": { "href": hal::PROFILE },
        "self": { "href": format!("{item}/journal/{}", entry.id) },
        format!("ngcp:{}", resource.name): hal::relation(&item, cx.state.hal_shape),
    });
    fields.insert("_links".to_owned(), links);
    Value::Object(fields)
}

/// The number that the dialect gives a role of staff.
fn role_id(role: Role) -> Option<i64> {
    match role {
        Role::Admin => Some(1),
        Role::Reseller => Some(3),
        Role::CareAdmin => Some(4),
        Role::Care => Some(5),
        Role::Intercept => Some(6),
        Role::Customer | Role::SubscriberAdmin | Role::Subscriber => None,
    }
}
