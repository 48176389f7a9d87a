//! Events of subscribers: that a service began, changed or ended for one of them.
//!
//! Written by the server when a subscriber gets, changes or loses its subscriber profile, and when it becomes, changes or
//! stops being a hunt group. Events of voice menus are none of this server's.

use registry::event::{self, SubscriberEvent};
use registry::listing::Condition;
use registry::record;
use serde_json::{Value, json};

use crate::kernel::{Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, Resource, SELLERS, Verb, time};

pub(super) static EVENTS: Resource = Resource {
    name: "events",
    singular: "event",
    title: "Events",
    doc: "That a service began, changed or ended for a subscriber: its subscriber profile, and the hunt group that it is. \
          The server writes them; they stay when the subscriber is terminated.",
    fields: &[
        Field::ID,
        Field::new("subscriber_id", Kind::Int).read_only().doc("The subscriber."),
        Field::new("customer_id", Kind::Int).read_only().doc("Its customer at that time."),
        Field::new("reseller_id", Kind::Int).read_only().doc("The customer's reseller."),
        Field::new("type", Kind::Text(0, 63))
            .read_only()
            .doc("start_profile, update_profile, end_profile, start_huntgroup, update_huntgroup or end_huntgroup."),
        Field::new("old_status", Kind::Text(0, 255))
            .read_only()
            .doc("What was before: the id of the subscriber profile, or the hunt policy; null: nothing."),
        Field::new("new_status", Kind::Text(0, 255)).read_only().doc("What is since then."),
        Field::new("timestamp", Kind::Timestamp).read_only().doc("When it happened."),
    ],
    verbs: &[(Verb::List, SELLERS), (Verb::Get, SELLERS)],
    filters: &[
        Filter::exact("subscriber_id", "subscriber_id"),
        Filter::exact("customer_id", "customer_id"),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("type", "type"),
    ],
    parameters: &[
        ("timestamp_from", "Events of that time and later, YYYY-MM-DD HH:MM:SS."),
        ("timestamp_to", "Events until the end of that second."),
    ],
    links: &[
        Link::to("subscribers", "/api/subscribers/{subscriber_id}"),
        Link::to("customers", "/api/customers/{customer_id}"),
    ],
    source: Some(&event::ALL),
    behaviour: &Events,
    ..Resource::DEFAULT
};

struct Events;

fn item(event: &SubscriberEvent) -> Item {
    let status = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    let shown = json!({
        "id": event.id,
        "subscriber_id": event.subscriber_id,
        "customer_id": event.account_id,
        "reseller_id": event.reseller_id,
        "type": event.event_type,
        "old_status": status(&event.old_status),
        "new_status": status(&event.new_status),
        "timestamp": time::show(event.at),
    });
    match shown {
        Value::Object(item) => item,
        _ => Item::new(),
    }
}

#[async_trait::async_trait]
impl Behaviour for Events {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found: Vec<SubscriberEvent> = record::load(cx.tx, ids).await?;
        Ok(found.iter().map(|event| (event.id.0, item(event))).collect())
    }

    fn condition(&self, name: &str, value: &str) -> Option<Condition> {
        let at = || time::parse(value);
        match name {
            "timestamp_from" => {
                Some(at().map_or(Condition::Never, |at| Condition::Above("timestamp", (at - 1).into())))
            }
            "timestamp_to" => {
                Some(at().map_or(Condition::Never, |at| Condition::Below("timestamp", (at + 1_000_000).into())))
            }
            _ => None,
        }
    }
}
