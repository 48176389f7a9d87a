//! Balance intervals: the money of customers and contracts from one time to another.
//!
//! The collection has the interval of each contract that is open now; below a contract's id are all of its intervals, which
//! are numbered from 1. Nothing is written by looking: what has not been caught up with is shown as it would come to. Our
//! decision: the number of an interval is its place in the contract's row of intervals, and where very many idle ones were
//! passed over at once, one stands for them; resellers and those who care for customers see those of customers only.

use std::collections::HashSet;

use axum::http::header;
use registry::account::{BALANCES, CUSTOMERS};
use registry::billing::interval::{self, Shown};
use registry::id::AccountId;
use registry::listing::{self, Source};
use registry::{Money, Role};
use serde_json::{Value, json};

use super::topups::money;
use crate::kernel::{
    Behaviour, Call, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Reply, Resource, STAFF, Verb, hal, list,
    time,
};

pub(super) static BALANCEINTERVALS: Resource = Resource {
    name: "balanceintervals",
    singular: "balanceinterval",
    title: "Balance intervals",
    doc: "The money of customers and contracts over time. GET of the collection shows the open interval of each contract, \
          GET of /api/balanceintervals/CONTRACT/ all intervals of one, GET of /api/balanceintervals/CONTRACT/ID one of \
          them. Without a profile package intervals are the months of UTC. Amounts are in units of the currency, free time \
          in seconds.",
    fields: FIELDS,
    verbs: &[(Verb::List, STAFF), (Verb::Get, STAFF)],
    filters: &[Filter::exact("reseller_id", "reseller_id"), Filter::exact("contact_id", "contact_id")],
    links: &[
        Link::to("billingprofiles", "/api/billingprofiles/{billing_profile_id}"),
        Link::to("profilepackages", "/api/profilepackages/{profile_package_id}"),
        Link::to("customerbalances", "/api/customerbalances/{contract_id}").when(OF_CUSTOMER),
    ],
    nested: true,
    source: Some(&CUSTOMERS),
    behaviour: &Intervals,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("contract_id", Kind::PosInt).read_only().doc("The customer or contract."),
    Field::new("start", Kind::Timestamp).read_only().doc("Its first second."),
    Field::new("stop", Kind::Timestamp)
        .read_only()
        .doc("Its last second; 9999-12-31 23:59:59: it lasts until a top-up ends it."),
    Field::new("billing_profile_id", Kind::PosInt).read_only().doc("The billing profile when it began."),
    Field::new("profile_package_id", Kind::PosInt).read_only().doc("The profile package when it began."),
    Field::new("invoice_id", Kind::PosInt).read_only().doc("The invoice of it; there are none yet: null."),
    Field::new("cash_balance", Kind::Float).read_only().doc("What there was at its end, or is now."),
    Field::new("cash_debit", Kind::Float).read_only().doc("What was taken in it."),
    Field::new("free_time_balance", Kind::Int).read_only().doc("Free seconds that were left at its end, or are now."),
    Field::new("free_time_spent", Kind::Int).read_only().doc("Free seconds that were used in it."),
    Field::new("topup_count", Kind::Int).read_only().doc("Top-ups in it."),
    Field::new("timely_topup_count", Kind::Int).read_only().doc("Those among them that came in time."),
    Field::new("timely_topup_start", Kind::Timestamp).read_only().doc("From when on a top-up is timely."),
    Field::new("timely_topup_stop", Kind::Timestamp).read_only().doc("Until when a top-up is timely."),
    Field::new("notopup_discard_expiry", Kind::Timestamp)
        .read_only()
        .doc("When what is left is lost if there is no top-up."),
    Field::new("is_actual", Kind::Bool).read_only().doc("Whether it is the open one."),
    Field::new("underrun_lock", Kind::Timestamp).read_only().doc("When subscribers were locked for lack of money."),
    Field::new("underrun_profiles", Kind::Timestamp)
        .read_only()
        .doc("When underrun profiles began to hold for lack of money."),
];

/// The stop of an interval without an end.
const NEVER: &str = "9999-12-31 23:59:59";

/// Beside an item's fields, for its links only: whether the contract is a customer, which alone has a customerbalance.
const OF_CUSTOMER: &str = "of_customer";

struct Intervals;

fn item(account: i64, shown: &Shown) -> Item {
    let i = &shown.interval;
    let at = |at: Option<i64>| at.map_or(Value::Null, |at| time::show(at).into());
    let stop = |end: i64| time::show(end - 1_000_000);
    let timely = |pick: fn(&(i64, i64)) -> i64| shown.timely.as_ref().map(pick);
    let fields = [
        ("id", i.ordinal.into()),
        ("contract_id", account.into()),
        ("start", time::show(i.start).into()),
        ("stop", i.end.map_or_else(|| NEVER.to_owned(), stop).into()),
        ("billing_profile_id", i.profile_id.map_or(Value::Null, |id| id.0.into())),
        ("profile_package_id", i.package_id.map_or(Value::Null, |id| id.0.into())),
        ("invoice_id", Value::Null),
        ("cash_balance", money(Money(shown.cash))),
        ("cash_debit", money(Money(i.debited))),
        ("free_time_balance", i.free_time.into()),
        ("free_time_spent", i.free_time_spent.into()),
        ("topup_count", i.topups.into()),
        ("timely_topup_count", i.timely_topups.into()),
        ("timely_topup_start", at(timely(|(from, _)| *from))),
        ("timely_topup_stop", timely(|(_, end)| *end).map_or(Value::Null, |end| stop(end).into())),
        ("notopup_discard_expiry", at(shown.notopup_expiry)),
        ("is_actual", shown.is_actual.into()),
        ("underrun_lock", at(i.underrun_lock_at)),
        ("underrun_profiles", at(i.underrun_profiles_at)),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

/// What a caller sees balances of.
fn source(role: Role) -> &'static Source {
    if role == Role::Admin { &BALANCES } else { &CUSTOMERS }
}

/// Which of the contracts are customers.
async fn customers(cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<HashSet<i64>> {
    Ok(listing::seen(cx.tx, cx.caller, &CUSTOMERS, ids).await?.into_iter().collect())
}

/// An item with its links, which lead below its contract.
fn document(cx: &Cx<'_>, account: i64, shown: &Shown, customers: &HashSet<i64>) -> Value {
    let mut item = item(account, shown);
    item.insert(OF_CUSTOMER.to_owned(), customers.contains(&account).into());
    let links = hal::Links::of(&BALANCEINTERVALS, account, &item, cx.caller.role);
    item.remove(OF_CUSTOMER);
    let mut body = hal::item(&BALANCEINTERVALS, account, item, &links, cx.state.hal_shape);
    let own = format!("/api/balanceintervals/{account}/{}", shown.interval.ordinal);
    body["_links"]["self"] = json!({ "href": own });
    body["_links"]["collection"] = json!({ "href": format!("/api/balanceintervals/{account}/") });
    body["_links"]["ngcp:balanceintervals"] = hal::relation(&own, cx.state.hal_shape);
    body
}

fn not_found() -> Refusal {
    Refusal::no_entity("balanceinterval")
}

/// The contract and the interval of it that a path names.
fn ids(path: &str) -> Result<(i64, Option<i64>), Refusal> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|_| digits).ok_or_else(|| Refusal::new(400, "Invalid id in request URI"))
    };
    match path.split_once('/') {
        None => Ok((number(path)?, None)),
        Some((contract, interval)) => Ok((number(contract)?, Some(number(interval)?))),
    }
}

#[async_trait::async_trait]
impl Behaviour for Intervals {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        let source = source(cx.caller.role);
        let Some(path) = &call.id else {
            let window = list::Window::of(cx.params)?;
            let query = list::query(&BALANCEINTERVALS, source, cx.params, window, cx.now);
            let found = listing::page(cx.tx, cx.caller, source, &query).await?;
            let current = interval::current(cx.tx, &found.ids, cx.now).await?;
            let customers = customers(cx, &found.ids).await?;
            let shown = |id: &i64| Some(document(cx, *id, current.get(id)?, &customers));
            let items = found.ids.iter().filter_map(shown).collect();
            let page = list::Page { window, more: found.more, total: found.total, items };
            return Ok(Some(page.reply(cx, call, &BALANCEINTERVALS)));
        };
        let (contract, number) = ids(path)?;
        if !listing::shows(cx.tx, cx.caller, source, contract).await? {
            return Err(not_found().into());
        }
        let (account, customers) = (AccountId(contract), customers(cx, &[contract]).await?);
        if let Some(number) = number {
            let shown = match interval::one(cx.tx, account, cx.now, number).await {
                Err(registry::Error::NotFound { .. }) => return Err(not_found().into()),
                found => found?,
            };
            let body = document(cx, contract, &shown, &customers);
            let own = format!("/api/balanceintervals/{contract}/{number}");
            let link = |reply: Reply, href: &str, rel: &str| reply.header(header::LINK, format!("<{href}>; rel={rel}"));
            let reply = hal::document(call, 200, &body);
            let reply = link(reply, &format!("/api/balanceintervals/{contract}/"), "collection");
            return Ok(Some(link(link(reply, hal::PROFILE, "profile"), &own, "\"item self\"")));
        }
        let window = list::Window::of(cx.params)?;
        let descending = cx.params.get("order_by_direction").is_some_and(|text| text.eq_ignore_ascii_case("desc"));
        let (page, total) = interval::history(cx.tx, account, cx.now, descending, window.offset(), window.rows).await?;
        let items = page.iter().map(|shown| document(cx, contract, shown, &customers)).collect();
        let page = list::Page::of(cx.params, window, total, items);
        Ok(Some(page.reply_at(cx, call, &BALANCEINTERVALS, &format!("/api/balanceintervals/{contract}/"))))
    }
}
