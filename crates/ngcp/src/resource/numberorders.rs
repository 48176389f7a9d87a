//! Number orders: numbers bought for customers, from stock at once or by an order to the vendor that offered them.
//!
//! Beyond storing: the buyer is an active customer (or a reseller's own contract) that the caller sees; its credit must
//! suffice; a number goes to one buyer only. What is in stock is sold in the transaction of the request, all of it or
//! nothing. A number that a vendor has offered in real-time mode is ordered durably: the order is written down here, the
//! money held, and the vendor called after the answer; the order tells how it went. No vendor is called by a request.

use axum::http::{Method, header};
use ordering::{Deal, Quote, Source};
use registry::id::{AccountId, OrderId, PoolId};
use registry::order::{self, Order};
use registry::{Error, Money, account, charge, number, pool};
use serde_json::{Value, json};

use super::inventory::{self, AMOUNT, amounts, buyer, count, digits, fields, integer, rename, text, times};
use crate::kernel::{
    ADMIN, Behaviour, Call, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Reply, Resource, SELLERS, Verb, hal,
    posted,
};

/// Most numbers that are bought at once.
const MOST: i64 = 100;

pub(super) static NUMBERORDERS: Resource = Resource {
    name: "numberorders",
    wakes: true,
    singular: "numberorder",
    title: "Number orders",
    doc: "Buys numbers for a customer: a particular number, or so many free ones of a pool. The answer to POST is what was \
          bought: {customer_id, pool_id, source, numbers, price, currency, order_id}. From stock the numbers are the \
          customer's at once. A number that a vendor has offered while somebody searched (real-time mode) is ordered from it: \
          Location and order_id name the order, whose state says how it goes on. With dry_run=1 the answer is a quote (200) \
          and nothing changes. What is listed here are orders to vendors, those that fill pools included (for administrators).",
    fields: &[
        Field::ID,
        Field::new("customer_id", Kind::PosInt)
            .required()
            .doc("The buyer: a customer, or the contract of a reseller that buys for itself; null: an order that fills a pool."),
        Field::new("pool_id", Kind::PosInt).doc("The pool; needed to buy where no number is given."),
        Field::new("quantity", Kind::IntRange(1, MOST)).doc("How many free numbers of the pool; 1 where it is not given."),
        Field::new("number", Kind::Text(1, 20)).doc("A particular number: digits of E.164, with or without a plus sign."),
        Field::new("reference", Kind::Text(0, 200))
            .write_only()
            .doc("The buyer's own reference for one number. A purchase with it may be repeated: nothing is bought twice."),
        Field::new("state", Kind::Enum(STATES)).read_only().doc("Where the order stands."),
        Field::new("final", Kind::Bool).read_only().doc("Whether nothing more is expected of the order."),
        Field::new("delivered", Kind::Int).read_only().doc("How many numbers have come."),
        Field::new("pending", Kind::Int).read_only().doc("How many the vendor says are still to come."),
        Field::new("message", Kind::Text(0, 10_000)).read_only().doc("What the vendor said, or what went wrong."),
        Field::new("vendor_id", Kind::Int).read_only().seen_by(ADMIN).doc("The vendor."),
        Field::new("group_id", Kind::Text(0, 200)).read_only().seen_by(ADMIN).doc("The vendor's group."),
        Field::new("vendor_reference", Kind::Text(0, 200)).read_only().seen_by(ADMIN).doc("What the vendor is told."),
        Field::new("setup_cost", AMOUNT).read_only().seen_by(ADMIN).doc("What the vendor asks for a number once."),
        Field::new("monthly_cost", AMOUNT).read_only().seen_by(ADMIN).doc("What the vendor asks for a number each month."),
        Field::new("currency", Kind::Text(3, 3)).read_only().doc("The currency of the costs."),
        Field::new("made_by", Kind::Text(0, 255)).read_only().doc("Who has ordered."),
        Field::new("created", Kind::Timestamp).read_only().doc("When it was written down."),
        Field::new("modified", Kind::Timestamp).read_only().doc("When it last changed."),
    ],
    verbs: &[(Verb::List, SELLERS), (Verb::Get, SELLERS), (Verb::Create, SELLERS)],
    filters: &[
        Filter::exact("customer_id", "account_id"),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("pool_id", "pool_id"),
        Filter::exact("vendor_id", "vendor_id"),
        Filter::exact("number", "digits"),
        Filter::csv("state", "state").doc("One or several, with commas between them."),
        Filter::after("created_after", "created_at").doc("Only those that were written down after this time."),
        Filter::before("created_before", "created_at").doc("Only those that were written down before this time."),
    ],
    parameters: &[("dry_run", "With POST: 1 answers what the purchase would cost and changes nothing.")],
    links: &[
        Link::to("customers", "/api/customers/{customer_id}"),
        Link::to("numberpools", "/api/numberpools/{pool_id}"),
        Link::to("numbervendors", "/api/numbervendors/{vendor_id}").seen_by(ADMIN),
    ],
    journal: Some("orders"),
    source: Some(&order::ORDERS),
    example: r#"{"customer_id": 3, "pool_id": 1, "quantity": 2}"#,
    behaviour: &Orders,
    ..Resource::DEFAULT
};

const STATES: &[&str] = &[
    "planned",
    "sent",
    "accepted",
    "back_ordered",
    "fulfilled",
    "partly_fulfilled",
    "refused",
    "in_doubt",
    "resolved",
    "cancelled",
];

struct Orders;

/// A record of the registry as it is shown.
fn shown(record: &Value) -> Item {
    let mut item = fields(record);
    for (from, to) in [
        ("account_id", "customer_id"),
        ("digits", "number"),
        ("reference", "vendor_reference"),
        ("created_at", "created"),
        ("modified_at", "modified"),
    ] {
        rename(&mut item, from, to);
    }
    for inner in ["refill_id", "link_id", "class_id", "token", "sent_at", "grace_until"] {
        item.remove(inner);
    }
    amounts(&mut item, &["setup_cost", "monthly_cost"]);
    times(&mut item, &["created", "modified"]);
    let state: Option<order::State> = item.get("state").and_then(Value::as_str).and_then(|state| state.parse().ok());
    item.insert("final".to_owned(), state.is_some_and(order::State::is_final).into());
    item
}

/// What a purchase has come to, or would come to.
struct Bought {
    pool: Option<PoolId>,
    source: Source,
    numbers: Vec<String>,
    price: Money,
    currency: String,
    order: Option<OrderId>,
}

impl Bought {
    fn reply(self, call: &Call, status: u16, buyer: AccountId) -> Reply {
        let mut body = fields(&json!({
            "customer_id": buyer,
            "pool_id": self.pool,
            "source": self.source,
            "numbers": self.numbers,
            "price": self.price,
            "currency": self.currency,
            "order_id": self.order,
        }));
        amounts(&mut body, &["price"]);
        let reply = hal::document(call, status, &Value::Object(body));
        match self.order {
            Some(order) => reply.header(header::LOCATION, hal::item_path(&NUMBERORDERS, order.0)),
            None => reply,
        }
    }
}

/// What so many free numbers of a pool cost.
async fn quote_any(cx: &mut Cx<'_>, pool: PoolId, buyer: AccountId, quantity: u32) -> Outcome<Bought> {
    let price = pool::quote(cx.tx, cx.caller, cx.now, pool, buyer, quantity).await?;
    let currency = pool::get(cx.tx, pool).await?.currency;
    Ok(Bought { pool: Some(pool), source: Source::Stock, numbers: Vec::new(), price, currency, order: None })
}

async fn buy_any(
    cx: &mut Cx<'_>,
    pool: PoolId,
    buyer: AccountId,
    quantity: u32,
    reference: Option<&str>,
) -> Outcome<Bought> {
    let pool = pool::get(cx.tx, pool).await?;
    let mut numbers = Vec::new();
    let mut paid = 0;
    for _ in 0..quantity {
        let sale = number::claim_any(cx.tx, cx.caller, cx.now, pool.id, buyer, reference).await?;
        paid += u32::from(!sale.repeated);
        numbers.push(sale.number.digits);
    }
    let price = charge::price(&pool).times(paid);
    Ok(Bought { pool: Some(pool.id), source: Source::Stock, numbers, price, currency: pool.currency, order: None })
}

/// What one number costs that can be had.
async fn quote_one(cx: &mut Cx<'_>, digits: &str, buyer: AccountId) -> Outcome<Bought> {
    let Quote { digits, source, pool_id, price, currency } =
        cx.state.ordering.quote_in(cx.tx, cx.caller, buyer, digits).await?;
    Ok(Bought { pool: pool_id, source, numbers: vec![digits], price, currency, order: None })
}

async fn buy_one(cx: &mut Cx<'_>, digits: &str, buyer: AccountId, reference: Option<&str>) -> Outcome<Bought> {
    let deal = cx.state.ordering.buy_in(cx.tx, cx.caller, buyer, digits, reference).await?;
    let (pool, source, bought, order) = match deal {
        Deal::Sold(sale) => (sale.number.pool_id, Source::Stock, !sale.repeated, None),
        Deal::Ordered(order) => {
            (Some(order::get(cx.tx, cx.caller, order).await?.pool_id), Source::Vendor, true, Some(order))
        }
    };
    let numbers = if order.is_some() { Vec::new() } else { vec![digits.to_owned()] };
    let (price, currency) = match pool {
        Some(pool) => {
            let pool = pool::get(cx.tx, pool).await?;
            (if bought { charge::price(&pool) } else { Money::ZERO }, pool.currency)
        }
        None => (Money::ZERO, account::get(cx.tx, cx.caller, buyer).await?.currency),
    };
    Ok(Bought { pool, source, numbers, price, currency, order })
}

/// Buys, or says what that would cost.
async fn purchase(cx: &mut Cx<'_>, input: &Item, dry: bool) -> Outcome<Bought> {
    let buyer = buyer(input);
    let reference = Some(text(input, "reference")).filter(|reference| !reference.is_empty());
    let quantity = count(input, "quantity").max(1);
    if quantity > 1 && reference.is_some() {
        return Err(
            Refusal::invalid_field("reference", text(input, "reference"), "A reference is for one number").into()
        );
    }
    let wanted = !text(input, "number").is_empty();
    match integer(input, "pool_id").map(PoolId) {
        _ if wanted && quantity > 1 => {
            Err(Refusal::invalid_field("quantity", &quantity.to_string(), "A particular number is one").into())
        }
        _ if wanted && dry => quote_one(cx, &digits(input)?, buyer).await,
        _ if wanted => buy_one(cx, &digits(input)?, buyer, reference).await,
        Some(pool) if dry => quote_any(cx, pool, buyer, quantity).await,
        Some(pool) => buy_any(cx, pool, buyer, quantity, reference).await,
        None => Err(Refusal::invalid_field("pool_id", "", "Pool id field is required where no number is given").into()),
    }
}

#[async_trait::async_trait]
impl Behaviour for Orders {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = order::load(cx.tx, ids).await?;
        Ok(found.iter().map(|order: &Order| (order.id.0, shown(&json!(order)))).collect())
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::POST {
            return Ok(None);
        }
        let input = posted(cx, call, &NUMBERORDERS)?;
        let dry = cx.params.is_true("dry_run");
        let bought = purchase(cx, &input, dry).await?;
        Ok(Some(bought.reply(call, if dry { 200 } else { 201 }, buyer(&input))))
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::NotFound { kind: "order", .. } => None,
            other => inventory::refusal(other),
        }
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        shown(record)
    }
}
