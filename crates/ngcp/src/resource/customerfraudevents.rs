//! Days and months in which a customer cost more than its fraud limit.
//!
//! Beyond storing: the server makes them, once for each period; only whether people have been told can be changed. Costs
//! are what was captured from credit holds, as there are no calls yet; that is our decision, and so is the identifier of
//! an item of its own.

use registry::fraud::{self, FraudEvent, NotifyStatus};
use registry::id::FraudEventId;
use registry::record;
use serde_json::{Value, json};

use super::feelookups::cents;
use crate::kernel::{Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Resource, SELLERS, Verb, time};

pub(super) static CUSTOMERFRAUDEVENTS: Resource = Resource {
    name: "customerfraudevents",
    singular: "customerfraudevent",
    title: "Customer fraud events",
    doc: "Days and months in which a customer cost more than its fraud limit, or than that of its billing profile. The \
          server makes one the first time that the limit is passed, and keeps its cost up to date. Costs are what was \
          captured from credit holds. Nothing is mailed: whoever tells people sets notify_status to notified.",
    fields: &[
        Field::ID,
        Field::new("contract_id", Kind::Int).read_only().doc("The customer."),
        Field::new("reseller_id", Kind::Int).read_only().doc("The customer's reseller."),
        Field::new("interval", Kind::Enum(&["day", "month"])).read_only().doc("Of what length the period is."),
        Field::new("interval_date", Kind::Text(10, 10))
            .read_only()
            .doc("Its first day in the customer's time zone, YYYY-MM-DD."),
        Field::new("type", Kind::Enum(&["profile_limit", "account_limit"])).read_only().doc("Whose limit it was."),
        Field::new("interval_cost", Kind::Float).read_only().doc("Cents that the period has cost so far."),
        Field::new("interval_limit", Kind::Int).read_only().doc("The limit, in cents."),
        Field::new("interval_lock", Kind::Int).read_only().doc("The lock that was set on the customer's subscribers."),
        Field::new("interval_notify", Kind::Text(0, 255)).read_only().doc("E-mail addresses of those who watch."),
        Field::new("use_reseller_rates", Kind::Bool)
            .read_only()
            .doc("As in the billing profile; the cost is the customer's all the same."),
        Field::new("notify_status", Kind::Enum(&["new", "notified"])).required().doc("Whether people have been told."),
        Field::new("notified_at", Kind::Timestamp).doc("When they were; left out: now, once they are."),
        Field::new("created_at", Kind::Timestamp).read_only().doc("When the limit was passed."),
    ],
    verbs: &[(Verb::List, SELLERS), (Verb::Get, SELLERS), (Verb::Replace, SELLERS), (Verb::Modify, SELLERS)],
    filters: &[
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("contract_id", "contract_id"),
        Filter::exact("interval", "interval").doc("day or month."),
        Filter::exact("notify_status", "notify_status").doc("new or notified."),
    ],
    links: &[
        Link::to("customers", "/api/customers/{contract_id}"),
        Link::to("customerfraudpreferences", "/api/customerfraudpreferences/{contract_id}"),
    ],
    patch: PatchOps::All,
    source: Some(&fraud::ALL),
    example: r#"{"notify_status": "notified"}"#,
    behaviour: &Events,
    ..Resource::DEFAULT
};

struct Events;

fn item(event: &FraudEvent) -> Item {
    let shown = json!({
        "id": event.id,
        "contract_id": event.account_id,
        "reseller_id": event.reseller_id,
        "interval": event.period,
        "interval_date": event.period_date,
        "type": event.limit_of,
        "interval_cost": cents(event.interval_cost),
        "interval_limit": event.interval_limit,
        "interval_lock": event.interval_lock,
        "interval_notify": event.interval_notify,
        "use_reseller_rates": event.use_reseller_rates,
        "notify_status": event.notify_status,
        "notified_at": event.notified_at.map(time::show),
        "created_at": time::show(event.created_at),
    });
    match shown {
        Value::Object(item) => item,
        _ => Item::new(),
    }
}

#[async_trait::async_trait]
impl Behaviour for Events {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found: Vec<FraudEvent> = record::load(cx.tx, ids).await?;
        Ok(found.iter().map(|event| (event.id.0, item(event))).collect())
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let text = |name: &str| new.get(name).and_then(Value::as_str);
        let notify_status: NotifyStatus = text("notify_status").unwrap_or("new").parse()?;
        let notified_at = text("notified_at").and_then(time::parse);
        let after = FraudEvent { id: FraudEventId(id), notify_status, notified_at, ..FraudEvent::default() };
        record::update(cx.tx, cx.caller, cx.now, after).await?;
        Ok(())
    }
}
