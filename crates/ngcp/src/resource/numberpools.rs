//! Number pools: numbers sold alike, kept at a minimum.
//!
//! Beyond storing: names are unique and no numbers; a maximum is not below the minimum; a raised minimum is acted on at
//! once; a pool with numbers, orders or an import under way is not removed, and takes its links to vendors along when it
//! goes. Every reseller sees every pool, as it may buy of each; administrators change them.

use registry::id::{ClassId, PoolId};
use registry::pool::{self, MOST, PoolSpec, Stock};
use serde_json::{Value, json};

use super::inventory::{self, AMOUNT, amount, amounts, count, fields, integer, text, times};
use crate::kernel::{
    ADMIN, Behaviour, Call, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Reply, Resource, SELLERS,
    Verb, hal, list,
};

const MANY: Kind = Kind::IntRange(0, MOST as i64);

pub(super) static NUMBERPOOLS: Resource = Resource {
    name: "numberpools",
    wakes: true,
    singular: "numberpool",
    title: "Number pools",
    doc: "Numbers that are sold alike. When numbers are used, a pool is filled up from the vendors that it is linked to \
          (numbervendorgroups): at least to its minimum, at most to its maximum. A number that is given back rests for the \
          days of quarantine before it is sold again.",
    fields: &[
        Field::ID,
        Field::new("name", Kind::Text(1, 200)).required().doc("The name, unique; not a number."),
        Field::new("description", Kind::Text(0, 1_000)).doc("Free text."),
        Field::new("area_code", Kind::Text(0, 15)).doc("The area code by which customers choose, in digits."),
        Field::new("class_id", Kind::PosInt)
            .doc("The class of numbers that are entered without one; 1 is the standard one."),
        Field::new("currency", Kind::Text(3, 3))
            .doc("The currency of the prices (ISO 4217); EUR where it is not given."),
        Field::new("setup_price", AMOUNT).doc("What a number costs once."),
        Field::new("monthly_price", AMOUNT).doc("What a number costs each month; the first is paid at once."),
        Field::new("minimum", MANY).doc("How many free numbers there should be at least."),
        Field::new("maximum", MANY)
            .doc("How many free numbers there may be after an order; 0: as many as the minimum."),
        Field::new("quarantine_days", Kind::IntRange(0, 3_650))
            .doc("How many days a number rests that was given back."),
        Field::new("max_per_order", MANY).doc("Most numbers in one order to a vendor; 0: no limit."),
        Field::new("refill_not_before", Kind::Timestamp)
            .read_only()
            .seen_by(ADMIN)
            .doc("After a refill that no vendor could fill, none is asked before this time."),
        Field::new("free", Kind::Int)
            .read_only()
            .doc("How many numbers can be sold now, counted no further than 10000."),
    ],
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, ADMIN),
        (Verb::Replace, ADMIN),
        (Verb::Modify, ADMIN),
        (Verb::Delete, ADMIN),
    ],
    filters: &[
        Filter::exact("name", "name"),
        Filter::exact("area_code", "area_code"),
        Filter::exact("class_id", "class_id"),
        Filter::exact("currency", "currency"),
    ],
    links: &[
        Link::to("numbervendorgroups", "/api/numbervendorgroups/?pool_id={id}").seen_by(ADMIN),
        Link::to("numberorders", "/api/numberorders/?pool_id={id}"),
    ],
    journal: Some("number_pools"),
    created: Created::Representation,
    source: Some(&pool::POOLS),
    example: r#"{"name": "London", "area_code": "20", "currency": "EUR", "setup_price": 2.5, "monthly_price": 1,
 "minimum": 20, "maximum": 50, "quarantine_days": 30}"#,
    behaviour: &Pools,
    ..Resource::DEFAULT
};

struct Pools;

/// A record of the registry as it is shown.
fn shown(record: &Value) -> Item {
    let mut item = fields(record);
    amounts(&mut item, &["setup_price", "monthly_price"]);
    times(&mut item, &["refill_not_before"]);
    item
}

fn item(stock: &Stock) -> Item {
    let mut item = shown(&json!(stock.pool));
    item.insert("free".to_owned(), stock.free.into());
    item
}

fn spec(item: &Item) -> Outcome<PoolSpec> {
    let usual = PoolSpec::default();
    let currency = text(item, "currency");
    Ok(PoolSpec {
        name: text(item, "name").to_owned(),
        description: text(item, "description").to_owned(),
        area_code: text(item, "area_code").to_owned(),
        class_id: integer(item, "class_id").map(ClassId),
        currency: if currency.is_empty() { usual.currency } else { currency.to_owned() },
        setup_price: amount(item, "setup_price")?.unwrap_or_default(),
        monthly_price: amount(item, "monthly_price")?.unwrap_or_default(),
        minimum: count(item, "minimum"),
        maximum: count(item, "maximum"),
        quarantine_days: count(item, "quarantine_days"),
        max_per_order: count(item, "max_per_order"),
    })
}

#[async_trait::async_trait]
impl Behaviour for Pools {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        Ok(pool::load(cx.tx, ids).await?.iter().map(|stock| (stock.pool.id.0, item(stock))).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        Ok(pool::create(cx.tx, cx.caller, cx.now, &spec(&input)?).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        pool::update(cx.tx, cx.caller, cx.now, PoolId(id), &spec(&new)?).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(pool::delete(cx.tx, cx.caller, cx.now, PoolId(id)).await?)
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        // Pools are nobody's rows: whoever sells looks at them with the registry's leave.
        if call.method != axum::http::Method::GET {
            return Ok(None);
        }
        let viewer = pool::viewer(cx.caller)?;
        let Some(id) = &call.id else {
            let mut all = Cx {
                tx: cx.tx,
                caller: &viewer,
                now: cx.now,
                params: cx.params,
                state: cx.state,
                verifiers: cx.verifiers,
                upload: None,
            };
            return list::page(&mut all, call, &NUMBERPOOLS).await.map(Some);
        };
        let id = id.parse().map_err(|_| Refusal::new(400, "Invalid id in request URI"))?;
        let found = pool::load(cx.tx, &[id]).await?;
        let stock = found.first().ok_or_else(|| Refusal::no_entity(NUMBERPOOLS.singular))?;
        let role = cx.caller.role;
        let item = hal::visible(&NUMBERPOOLS, item(stock), role);
        let links = hal::Links::of(&NUMBERPOOLS, id, &item, role);
        let body = hal::item(&NUMBERPOOLS, id, item, &links, cx.state.hal_shape);
        Ok(Some(hal::item_reply(call, 200, &NUMBERPOOLS, id, &links, &body, true)))
    }

    fn refusal(&self, error: &registry::Error) -> Option<Refusal> {
        match error {
            registry::Error::NotFound { .. } => None,
            registry::Error::Taken { value, .. } => {
                Some(Refusal::new(422, format!("Number pool '{value}' already exists.")))
            }
            other => inventory::refusal(other),
        }
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        shown(record)
    }
}
