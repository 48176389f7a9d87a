//! Number vendor groups: which group of which vendor fills which pool, in which order.
//!
//! Beyond storing: a pool is linked to a group of a vendor once and stays the one of its link; the class is that of the
//! pool where none is given; a new link is tried at once. Orders that were placed by a link go on when it is removed. For
//! administrators only.

use registry::id::{ClassId, LinkId, PoolId, VendorId};
use registry::vendor_link::{self, Link as PoolLink, LinkSpec};
use serde_json::{Value, json};

use super::inventory::{self, AMOUNT, amount, amounts, fields, integer, rename, text};
use crate::kernel::{ADMIN, Behaviour, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, Verb};

pub(super) static NUMBERVENDORGROUPS: Resource = Resource {
    name: "numbervendorgroups",
    wakes: true,
    singular: "numbervendorgroup",
    title: "Number vendor groups",
    doc: "Links from a pool to a group of numbers at a vendor. When a pool needs numbers, the vendors that it is linked to \
          are asked in the order of their priority, and of those with the same priority the cheapest first.",
    fields: &[
        Field::ID,
        Field::new("pool_id", Kind::PosInt).required().doc("The pool that gets the numbers; it can't be changed."),
        Field::new("vendor_id", Kind::PosInt).required().doc("The vendor that is asked."),
        Field::new("vendor_name", Kind::Text(0, 200)).read_only().doc("The vendor's key in the vendors' file."),
        Field::new("group_id", Kind::Text(1, 200)).required().doc("The vendor's own id of the group."),
        Field::new("group_name", Kind::Text(0, 200)).doc("The vendor's name of the group."),
        Field::new("class_id", Kind::PosInt)
            .doc("The class that bought numbers get; that of the pool where it is not given."),
        Field::new("priority", Kind::IntRange(1, 10)).doc("1, where it is not given, is asked first, 10 last."),
        Field::new("setup_cost", AMOUNT).doc("What the vendor asks for a number once; null: not known."),
        Field::new("monthly_cost", AMOUNT).doc("What the vendor asks for a number each month; null: not known."),
        Field::new("currency", Kind::Text(3, 3))
            .doc("The currency of the costs; that of the pool where it is not given."),
    ],
    verbs: &[
        (Verb::List, ADMIN),
        (Verb::Get, ADMIN),
        (Verb::Create, ADMIN),
        (Verb::Replace, ADMIN),
        (Verb::Modify, ADMIN),
        (Verb::Delete, ADMIN),
    ],
    filters: &[
        Filter::exact("pool_id", "pool_id"),
        Filter::exact("vendor_id", "vendor_id"),
        Filter::exact("group_id", "group_id"),
        Filter::exact("priority", "priority"),
    ],
    links: &[
        Link::to("numberpools", "/api/numberpools/{pool_id}"),
        Link::to("numbervendors", "/api/numbervendors/{vendor_id}"),
    ],
    journal: Some("vendor_links"),
    created: Created::Representation,
    source: Some(&vendor_link::LINKS),
    example: r#"{"pool_id": 1, "vendor_id": 1, "group_id": "gb-london", "group_name": "London", "priority": 1,
 "setup_cost": 0, "monthly_cost": 0.4}"#,
    behaviour: &Groups,
    ..Resource::DEFAULT
};

struct Groups;

/// A record of the registry as it is shown.
fn shown(record: &Value) -> Item {
    let mut item = fields(record);
    rename(&mut item, "vendor", "vendor_name");
    amounts(&mut item, &["setup_cost", "monthly_cost"]);
    item
}

fn spec(item: &Item) -> Outcome<LinkSpec> {
    let currency = text(item, "currency");
    Ok(LinkSpec {
        pool_id: PoolId(integer(item, "pool_id").unwrap_or_default()),
        vendor_id: VendorId(integer(item, "vendor_id").unwrap_or_default()),
        group_id: text(item, "group_id").to_owned(),
        group_name: text(item, "group_name").to_owned(),
        class_id: integer(item, "class_id").map(ClassId),
        priority: integer(item, "priority").and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
        setup_cost: amount(item, "setup_cost")?,
        monthly_cost: amount(item, "monthly_cost")?,
        currency: (!currency.is_empty()).then(|| currency.to_owned()),
    })
}

#[async_trait::async_trait]
impl Behaviour for Groups {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = vendor_link::load(cx.tx, ids).await?;
        Ok(found.iter().map(|link: &PoolLink| (link.id.0, shown(&json!(link)))).collect())
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        Ok(vendor_link::create(cx.tx, cx.caller, cx.now, &spec(&input)?).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        vendor_link::update(cx.tx, cx.caller, cx.now, LinkId(id), &spec(&new)?).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(vendor_link::delete(cx.tx, cx.caller, cx.now, LinkId(id)).await?)
    }

    fn refusal(&self, error: &registry::Error) -> Option<Refusal> {
        inventory::refusal(error)
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        shown(record)
    }
}
