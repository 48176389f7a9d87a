//! Number vendors: who sells numbers to this installation, and how they behave.
//!
//! Read only: the vendors' file says which there are and how they are logged in to; nothing of that is shown here. For
//! administrators only.

use registry::vendor::{self, Condition};
use serde_json::{Value, json};

use super::inventory::{fields, times};
use crate::kernel::{ADMIN, Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, Resource, Verb};

pub(super) static NUMBERVENDORS: Resource = Resource {
    name: "numbervendors",
    singular: "numbervendor",
    title: "Number vendors",
    doc: "The vendors of the vendors' file. A vendor that fails several times in a row is left alone for a while: its \
          breaker is open, then half open for one call that shows whether it works again. No more calls run at once than it \
          has slots, over all servers.",
    fields: &[
        Field::ID,
        Field::new("name", Kind::Text(0, 200)).read_only().doc("The key in the vendors' file."),
        Field::new("display_name", Kind::Text(0, 200)).read_only().doc("The name for people."),
        Field::new("active", Kind::Bool).read_only().doc("Whether the vendors' file names it."),
        Field::new("breaker", Kind::Enum(&["closed", "half_open", "open"]))
            .read_only()
            .doc("closed: it is called; open: it is left alone; half_open: the next call decides."),
        Field::new("failures", Kind::Int).read_only().doc("Failures in a row."),
        Field::new("open_until", Kind::Timestamp).read_only().doc("Until when it is left alone; null: it is not."),
        Field::new("slots", Kind::Int).read_only().doc("How many calls may run at once."),
        Field::new("busy", Kind::Int).read_only().doc("How many calls are running."),
    ],
    verbs: &[(Verb::List, ADMIN), (Verb::Get, ADMIN)],
    filters: &[Filter::exact("name", "name"), Filter::boolean("active", "active")],
    links: &[
        Link::to("numbervendorgroups", "/api/numbervendorgroups/?vendor_id={id}"),
        Link::to("numberorders", "/api/numberorders/?vendor_id={id}"),
    ],
    journal: Some("vendors"),
    source: Some(&vendor::VENDORS),
    example: r#"{"name": "acme", "display_name": "Acme Numbers", "active": true, "breaker": "closed", "failures": 0,
 "open_until": null, "slots": 4, "busy": 0}"#,
    behaviour: &Vendors,
    ..Resource::DEFAULT
};

struct Vendors;

/// A record of the registry as it is shown.
fn shown(record: &Value) -> Item {
    let mut item = fields(record);
    item.remove("method");
    times(&mut item, &["open_until"]);
    item
}

fn item(condition: &Condition, now: i64) -> Item {
    let mut item = shown(&json!(condition.vendor));
    let breaker = match condition.vendor.open_until {
        0 => "closed",
        until if until <= now => "half_open",
        _ => "open",
    };
    item.insert("breaker".to_owned(), breaker.into());
    item.insert("slots".to_owned(), condition.slots.into());
    item.insert("busy".to_owned(), condition.busy.into());
    item
}

#[async_trait::async_trait]
impl Behaviour for Vendors {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = vendor::load(cx.tx, ids).await?;
        Ok(found.iter().map(|condition| (condition.vendor.id.0, item(condition, cx.now))).collect())
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        shown(record)
    }
}
