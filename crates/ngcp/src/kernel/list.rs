//! Collections: paging, order and filters of a query string.

use std::collections::BTreeMap;

use registry::listing::{self, Condition, Holds, Query, Source};
use serde_json::Value;
use store::Val;

use super::call::{Call, Cx, Params, Reply};
use super::error::{Outcome, Refusal};
use super::filter::{Filter, How};
use super::hal::{self, Paging};
use super::resource::Resource;
use super::{expand, time};

/// Most rows of a page; who asks for more gets as many, and pages that fit together.
pub(crate) const MOST_ROWS: i64 = 20_000;
/// Rows of a page where the query does not say.
const ROWS: i64 = 10;

/// Which page a query asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// From 1.
    pub(crate) page: i64,
    /// Items on it.
    pub(crate) rows: i64,
}

impl Window {
    /// Reads `page` and `rows`.
    ///
    /// # Errors
    /// 400 where either is not above zero.
    pub(crate) fn of(params: &Params) -> Result<Window, Refusal> {
        let number = |name: &str, default: i64| match params.get(name) {
            None | Some("") => Ok(default),
            Some(text) => match text.parse::<i64>() {
                Ok(n) if n > 0 => Ok(n),
                _ => Err(Refusal::new(
                    400,
                    "Query parameters 'page' and 'rows', when specified, must be greater than 0.",
                )),
            },
        };
        Ok(Window { page: number("page", 1)?, rows: number("rows", ROWS)?.min(MOST_ROWS) })
    }

    /// Items before the page.
    pub(crate) fn offset(self) -> i64 {
        (self.page - 1).saturating_mul(self.rows)
    }
}

/// The query of the registry that a query string comes to.
pub(crate) fn query(resource: &Resource, source: &'static Source, params: &Params, window: Window, now: i64) -> Query {
    let order = params.get("order_by").and_then(|name| {
        let alias = resource.filters.iter().find(|filter| filter.name == name).map(|filter| filter.column);
        let column = source.column(alias.unwrap_or(name)).filter(|column| column.holds != Holds::Match);
        column.map(|column| column.name)
    });
    Query {
        conditions: conditions(resource, source, params, now),
        order,
        descending: params.get("order_by_direction").is_some_and(|text| text.eq_ignore_ascii_case("desc")),
        offset: window.offset(),
        limit: window.rows,
        count: !params.is_true("no_count"),
    }
}

/// A page of a collection.
pub(crate) struct Page {
    /// Which one it is.
    pub(crate) window: Window,
    /// Whether there is one after it.
    pub(crate) more: bool,
    /// How many items there are on all pages, where they were counted.
    pub(crate) total: Option<i64>,
    /// Its items, with their links.
    pub(crate) items: Vec<Value>,
}

impl Page {
    /// A page of so many items; they are told where the query does not say that they need not be.
    pub(crate) fn of(params: &Params, window: Window, total: i64, items: Vec<Value>) -> Page {
        let more = window.offset().saturating_add(window.rows) < total;
        Page { window, more, total: (!params.is_true("no_count")).then_some(total), items }
    }

    /// The answer with it, as a page of the resource's collection.
    pub(crate) fn reply(self, cx: &Cx<'_>, call: &Call, resource: &Resource) -> Reply {
        self.reply_at(cx, call, resource, &format!("/api/{}/", resource.name))
    }

    /// The answer with it, as a page of the collection at that path.
    pub(crate) fn reply_at(self, cx: &Cx<'_>, call: &Call, resource: &Resource, path: &str) -> Reply {
        let Page { window: Window { page, rows }, more, total, items } = self;
        let paging = Paging { path, page, rows, others: &cx.params.others(), more, total };
        hal::collection(call, resource.name, resource.lists_links, &paging, items, cx.state.hal_shape)
    }
}

/// What the filters of a query string ask for.
pub(crate) fn conditions(resource: &Resource, source: &Source, params: &Params, now: i64) -> Vec<Condition> {
    let declared = resource.filters.iter();
    let mut conditions: Vec<Condition> =
        declared.filter_map(|filter| params.get(filter.name).map(|value| condition(source, filter, value))).collect();
    let declared = |name: &str| resource.filters.iter().any(|filter| filter.name == name);
    let others: BTreeMap<&str, &str> = params.iter().filter(|(name, _)| !declared(name)).collect();
    conditions.extend(others.iter().filter_map(|(name, value)| resource.behaviour.condition_at(name, value, now)));
    conditions
}

fn condition(source: &Source, filter: &Filter, value: &str) -> Condition {
    let column = filter.column;
    let holds = source.column(column).map_or(Holds::Text, |column| column.holds);
    match value {
        // What is no column of its own has no value that could be missing.
        "$null" | "NULL" | "null" | "$not_null" if holds == Holds::Match => return Condition::Never,
        "$null" | "NULL" | "null" => return Condition::Null(column, true),
        "$not_null" => return Condition::Null(column, false),
        _ => {}
    }
    let one = |text: &str| value_of(holds, text);
    let several = || {
        value
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .filter_map(one)
            .take(listing::MOST_VALUES)
            .collect()
    };
    match filter.how {
        How::Wildcard if holds == Holds::Text => Condition::Like(column, value.to_owned()),
        How::Exact | How::Wildcard | How::Boolean => one(value).map_or(Condition::Never, |v| Condition::Is(column, v)),
        How::Csv => Condition::Among(column, several()),
        How::NotCsv => Condition::NotAmong(column, several()),
        How::After => time::parse(value).map_or(Condition::Never, |at| Condition::Above(column, at.into())),
        How::Before => time::parse(value).map_or(Condition::Never, |at| Condition::Below(column, at.into())),
    }
}

fn value_of(holds: Holds, text: &str) -> Option<Val> {
    match holds {
        Holds::Text | Holds::Match => Some(Val::from(text)),
        Holds::Int => text.trim().parse::<i64>().ok().map(Val::Int),
        Holds::Bool => match text {
            "1" | "true" => Some(Val::Bool(true)),
            "0" | "false" => Some(Val::Bool(false)),
            _ => None,
        },
    }
}

/// Whether the caller sees that item of a resource that has a list.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn shows(cx: &mut Cx<'_>, resource: &Resource, source: &'static Source, id: i64) -> Outcome<bool> {
    let mut conditions = vec![Condition::Is("id", id.into())];
    conditions.extend(resource.behaviour.narrow(cx.caller, cx.now));
    let query = Query { conditions, limit: 1, ..Query::default() };
    Ok(!listing::page(cx.tx, cx.caller, source, &query).await?.ids.is_empty())
}

/// The answer to `GET` of a collection.
pub(crate) async fn page(cx: &mut Cx<'_>, call: &Call, resource: &'static Resource) -> Outcome<Reply> {
    let window = Window::of(cx.params)?;
    let Some(source) = resource.source else { return Err(Refusal::no_path().into()) };
    let mut wanted = query(resource, source, cx.params, window, cx.now);
    wanted.conditions.extend(resource.behaviour.narrow(cx.caller, cx.now));
    let found = listing::page(cx.tx, cx.caller, source, &wanted).await?;
    let mut loaded = resource.behaviour.load(cx, &found.ids).await?;
    expand::items(cx, resource, &mut loaded).await?;
    let (role, shape) = (cx.caller.role, cx.state.hal_shape);
    let items = loaded
        .into_iter()
        .map(|(id, item)| {
            let links = hal::Links::of(resource, id, &item, role);
            hal::item(resource, id, hal::visible(resource, item, role), &links, shape)
        })
        .collect();
    Ok(Page { window, more: found.more, total: found.total, items }.reply(cx, call, resource))
}
