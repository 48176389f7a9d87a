//! HAL: items and collections with their links, in the modern shape (relations are always arrays) or the legacy one (a
//! relation with one member is a bare object).

use std::fmt::Display;

use axum::http::header;
use registry::Role;
use serde_json::{Map, Value, json};

use super::call::{Call, Reply};
use super::filter::Link;
use super::resource::{Item, Resource};
use crate::HalShape;

/// The profile of the API's documents.
pub(crate) const PROFILE: &str = "http://purl.org/sipwise/ngcp-api/";
/// Before the name of a relation.
pub(crate) const REL: &str = "http://purl.org/sipwise/ngcp-api/#rel-";
const MEDIA_TYPE: &str = "application/hal+json; profile=\"http://purl.org/sipwise/ngcp-api/\"; charset=utf-8";
/// Most items whose links a collection repeats in its headers: clients limit how many headers they read, some to 100.
const MOST_LINK_HEADERS: usize = 50;

/// The links of an item, in the order in which headers have them.
pub(crate) struct Links {
    pairs: Vec<(String, String)>,
}

impl Links {
    /// The declared ones that the role sees, with the item's fields in them.
    pub(crate) fn of(resource: &Resource, id: impl Display, item: &Item, role: Role) -> Links {
        let id = id.to_string();
        let mut pairs = Vec::new();
        // Nobody is sent to what is not for it.
        let is_for = |rel: &str| crate::resource::find(rel).is_none_or(|of| of.is_for(role));
        let seen = |link: &&Link| link.seen_by.is_none_or(|roles| roles.contains(&role)) && is_for(link.rel);
        let holds = |name: &str| item.get(name).is_some_and(|value| !value.is_null() && value != false);
        for link in resource.links.iter().filter(seen).filter(|link| link.when.is_none_or(holds)) {
            pairs.extend(hrefs(link, &id, item).into_iter().map(|href| (link.rel.to_owned(), href)));
        }
        if resource.links_itself {
            pairs.insert(0, (resource.name.to_owned(), item_path(resource, &id)));
        }
        if resource.journal.is_some() && super::resource::STAFF.contains(&role) {
            pairs.push(("journal".to_owned(), format!("{}/journal/", item_path(resource, &id))));
        }
        Links { pairs }
    }

    fn json(&self, shape: HalShape) -> Map<String, Value> {
        let mut links = Map::new();
        for (rel, href) in &self.pairs {
            let link = json!({ "href": href });
            match links.entry(format!("ngcp:{rel}")).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(members) => members.push(link),
                other => *other = link,
            }
        }
        if shape == HalShape::Legacy {
            links.values_mut().for_each(bare);
        }
        links
    }
}

/// Makes a bare object of an array with one member.
fn bare(value: &mut Value) {
    if let Value::Array(members) = value
        && members.len() == 1
        && let Some(only) = members.pop()
    {
        *value = only;
    }
}

/// Where the links of one declaration lead.
fn hrefs(link: &Link, id: &str, item: &Item) -> Vec<String> {
    let Some((before, rest)) = link.href.split_once('{') else { return vec![link.href.to_owned()] };
    let Some((name, after)) = rest.split_once('}') else { return Vec::new() };
    let (field, member) = name.split_once('.').unwrap_or((name, ""));
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => {
            object.get(member).filter(|v| !v.is_null()).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
        }
        other => Some(other.to_string()),
    };
    let values = match item.get(field) {
        None if field == "id" => vec![id.to_owned()],
        None => Vec::new(),
        Some(Value::Array(members)) => {
            let mut each: Vec<String> = members.iter().filter_map(text).collect();
            each.dedup();
            each
        }
        Some(value) => text(value).into_iter().collect(),
    };
    values.into_iter().map(|value| format!("{before}{value}{after}")).collect()
}

/// The path of an item.
pub(crate) fn item_path(resource: &Resource, id: impl Display) -> String {
    format!("/api/{}/{id}", resource.name)
}

/// Where names of relations are explained.
pub(crate) fn curies() -> Value {
    json!({ "href": format!("{REL}{{rel}}"), "name": "ngcp", "templated": true })
}

/// The fields of an item that the role sees.
pub(crate) fn visible(resource: &Resource, mut item: Item, role: Role) -> Item {
    for field in resource.fields {
        if !field.readable || field.seen_by.is_some_and(|roles| !roles.contains(&role)) {
            item.remove(field.name);
        }
    }
    if !resource.shows_id {
        item.remove("id");
    }
    item
}

/// An item with its links.
pub(crate) fn item(resource: &Resource, id: impl Display, item: Item, links: &Links, shape: HalShape) -> Value {
    let mut all = links.json(shape);
    all.insert("collection".to_owned(), json!({ "href": format!("/api/{}/", resource.name) }));
    all.insert("curies".to_owned(), curies());
    all.insert("profile".to_owned(), json!({ "href": PROFILE }));
    all.insert("self".to_owned(), json!({ "href": item_path(resource, id) }));
    let mut document = item;
    document.insert("_links".to_owned(), Value::Object(all));
    Value::Object(document)
}

/// The answer with an item; `fresh` where it was asked for rather than changed.
pub(crate) fn item_reply(
    call: &Call,
    status: u16,
    resource: &Resource,
    id: impl Display,
    links: &Links,
    body: &Value,
    fresh: bool,
) -> Reply {
    let own = if fresh { "\"item self\"" } else { "self" };
    let mut reply = document(call, status, body)
        .header(header::LINK, format!("</api/{}/>; rel=collection", resource.name))
        .header(header::LINK, format!("<{PROFILE}>; rel=profile"))
        .header(header::LINK, format!("<{}>; rel={own}", item_path(resource, id)));
    let item = if resource.item_rels { "item " } else { "" };
    for (rel, href) in &links.pairs {
        reply = reply.header(header::LINK, format!("<{href}>; rel=\"{item}{REL}{rel}\""));
    }
    reply
}

/// A JSON document.
pub(crate) fn document(call: &Call, status: u16, body: &Value) -> Reply {
    let media_type = if call.wants_plain_json() { "application/json" } else { MEDIA_TYPE };
    let mut text = body.to_string();
    text.push('\n');
    Reply::status(status).header(header::CONTENT_TYPE, media_type).body(text)
}

/// A relation with one member.
pub(crate) fn relation(href: &str, shape: HalShape) -> Value {
    match shape {
        HalShape::Modern => json!([{ "href": href }]),
        HalShape::Legacy => json!({ "href": href }),
    }
}

/// The answer with an entry of an item's journal.
pub(crate) fn journal_reply(call: &Call, resource: &Resource, id: i64, entry: i64, body: &Value) -> Reply {
    let item = item_path(resource, id);
    document(call, 200, body)
        .header(header::LINK, format!("<{item}/journal/>; rel=collection"))
        .header(header::LINK, format!("<{PROFILE}>; rel=profile"))
        .header(header::LINK, format!("<{item}/journal/{entry}>; rel=self"))
        .header(header::LINK, format!("<{item}>; rel=\"{REL}{}\"", resource.name))
}

/// Where a page stands in its collection.
pub(crate) struct Paging<'a> {
    /// The path, with a slash at its end.
    pub(crate) path: &'a str,
    /// Its number, from 1.
    pub(crate) page: i64,
    /// How many items a page has.
    pub(crate) rows: i64,
    /// The other parameters of the query.
    pub(crate) others: &'a str,
    /// Whether there is a page after this.
    pub(crate) more: bool,
    /// How many items there are on all pages, where they were counted.
    pub(crate) total: Option<i64>,
}

impl Paging<'_> {
    fn href(&self, page: i64) -> String {
        format!("{}?page={page}&rows={}{}", self.path, self.rows, self.others)
    }
}

/// The answer with a page of a collection.
pub(crate) fn collection(
    call: &Call,
    rel: &str,
    lists_links: bool,
    paging: &Paging<'_>,
    items: Vec<Value>,
    shape: HalShape,
) -> Reply {
    let relation = format!("ngcp:{rel}");
    let hrefs: Vec<String> =
        items.iter().filter_map(|item| item["_links"]["self"]["href"].as_str().map(str::to_owned)).collect();
    let mut links = Map::new();
    links.insert("curies".to_owned(), curies());
    links.insert("profile".to_owned(), json!({ "href": PROFILE }));
    links.insert("self".to_owned(), json!({ "href": paging.href(paging.page) }));
    if paging.more {
        links.insert("next".to_owned(), json!({ "href": paging.href(paging.page + 1) }));
    }
    if paging.page > 1 {
        links.insert("prev".to_owned(), json!({ "href": paging.href(paging.page - 1) }));
    }
    let mut body = Map::new();
    if !items.is_empty() {
        let mut members: Value = hrefs.iter().map(|href| json!({ "href": href })).collect();
        let mut embedded = Value::Array(items);
        if shape == HalShape::Legacy {
            bare(&mut members);
            bare(&mut embedded);
        }
        if lists_links {
            links.insert(relation.clone(), members);
        }
        let mut all = Map::new();
        all.insert(relation, embedded);
        body.insert("_embedded".to_owned(), Value::Object(all));
    }
    body.insert("_links".to_owned(), Value::Object(links));
    body.insert("total_count".to_owned(), paging.total.map_or(Value::Null, Value::from));
    let mut reply = document(call, 200, &Value::Object(body));
    if lists_links {
        for href in hrefs.iter().take(MOST_LINK_HEADERS) {
            reply = reply.header(header::LINK, format!("<{href}>; rel=\"{REL}{rel}\""));
        }
    }
    reply = reply
        .header(header::LINK, format!("<{PROFILE}>; rel=profile"))
        .header(header::LINK, format!("<{}>; rel=self", paging.href(paging.page)));
    if paging.more {
        reply = reply.header(header::LINK, format!("<{}>; rel=next", paging.href(paging.page + 1)));
    }
    if paging.page > 1 {
        reply = reply.header(header::LINK, format!("<{}>; rel=prev", paging.href(paging.page - 1)));
    }
    reply
}

/// The answer with a document that is no collection and has no id, such as the definitions of preferences.
pub(crate) fn single(call: &Call, resource: &Resource, fields: Item) -> Reply {
    let path = format!("/api/{}/", resource.name);
    let mut body = fields;
    let links = json!({
        "curies": curies(), "profile": { "href": PROFILE }, "self": { "href": path },
    });
    body.insert("_links".to_owned(), links);
    document(call, 200, &Value::Object(body))
        .header(header::LINK, format!("<{PROFILE}>; rel=profile"))
        .header(header::LINK, format!("<{path}>; rel=self"))
}
