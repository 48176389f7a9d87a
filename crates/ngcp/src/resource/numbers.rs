//! Numbers that subscribers have.
//!
//! Beyond storing: an alias moves to another subscriber of the same reseller (for an administrator of a customer: of that
//! customer), a primary number stays where it is; the preference `allowed_clis` of both subscribers follows. Numbers are
//! given to subscribers, and taken from them, through the subscribers themselves.

use registry::id::{NumberId, SubscriberId};
use registry::number::{self, Line};
use registry::{Error, Role, subscriber};
use serde_json::{Value, json};

use super::subscribers::allow_primary;
use crate::kernel::{ADMIN, Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, Verb};

const ROLES: &[Role] = &[Role::Admin, Role::Reseller, Role::SubscriberAdmin];

pub(super) static NUMBERS: Resource = Resource {
    name: "numbers",
    singular: "number",
    title: "Numbers",
    doc: "Numbers of subscribers. An alias can be moved to another subscriber; everything else is changed with the \
          subscriber. What is free, ordered or reserved is in the inventory.",
    fields: FIELDS,
    verbs: &[(Verb::List, ROLES), (Verb::Get, ROLES), (Verb::Replace, ROLES), (Verb::Modify, ROLES)],
    filters: &[
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("customer_id", "account_id"),
        Filter::exact("subscriber_id", "subscriber_id"),
        Filter::exact("cc", "cc"),
        Filter::exact("ac", "ac"),
        Filter::exact("sn", "sn"),
        Filter::exact("type", "type").doc("`primary` or `alias`."),
    ],
    parameters: &[(
        "create_primary_acli",
        "With `0` or `false`, the number is not added to those that its new subscriber may show (`allowed_clis`).",
    )],
    links: &[Link::to("subscribers", "/api/subscribers/{subscriber_id}")],
    links_itself: true,
    source: Some(&number::NUMBERS_IN_USE),
    example: r#"{"subscriber_id": 17, "is_devid": false}"#,
    behaviour: &Numbers,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("cc", Kind::Int).doc("Country code. It can't be changed here."),
    Field::new("ac", Kind::Text(0, 7)).doc("Area code. It can't be changed here."),
    Field::new("sn", Kind::Text(0, 31)).doc("The rest of the number. It can't be changed here."),
    Field::new("subscriber_id", Kind::PosInt).required().label("Subscriber").doc("Whose number it is."),
    Field::new("is_primary", Kind::Bool).read_only().doc("Whether it is the one that the subscriber calls from."),
    Field::new("is_devid", Kind::Bool).doc("Whether it stands for a device of the subscriber."),
    Field::new("reseller_id", Kind::PosInt).read_only().seen_by(ADMIN).doc("The reseller of the subscriber."),
];

struct Numbers;

#[async_trait::async_trait]
impl Behaviour for Numbers {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let lines = number::load(cx.tx, ids).await?;
        Ok(lines.iter().map(|line| (line.id.0, fields(line))).collect())
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        for part in ["cc", "ac", "sn"] {
            // An empty area code comes back as nothing.
            let text = |item: &Item| item.get(part).and_then(Value::as_str).unwrap_or_default().to_owned();
            let number = |item: &Item| item.get(part).and_then(Value::as_i64);
            if (text(old), number(old)) != (text(&new), number(&new)) {
                let message = format!(
                    "Field '{part}' is not allowed to be updated via this API endpoint, use /api/subscriber/$id instead."
                );
                return Err(Refusal::new(422, message).into());
            }
        }
        let to = new.get("subscriber_id").and_then(Value::as_i64).unwrap_or_default();
        let is_devid = new.get("is_devid").and_then(Value::as_bool).unwrap_or_default();
        let allow = allow_primary(cx);
        subscriber::reassign(cx.tx, cx.caller, cx.now, NumberId(id), SubscriberId(to), is_devid, allow).await?;
        Ok(())
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        let message = match error {
            Error::InUse { key, .. } => format!("Cannot reassign primary number, already at subscriber {key}"),
            Error::Dangling { field: "subscriber_id", .. } => "Invalid 'subscriber_id', does not exist.".to_owned(),
            _ => return None,
        };
        Some(Refusal::new(422, message))
    }
}

fn fields(line: &Line) -> Item {
    let item = json!({
        "id": line.id,
        "cc": super::subscribers::country_code(&line.split),
        "ac": line.split.ac,
        "sn": line.split.sn,
        "subscriber_id": line.subscriber_id,
        "is_primary": line.is_primary,
        "is_devid": line.is_devid,
        "reseller_id": line.reseller_id,
    });
    item.as_object().cloned().unwrap_or_default()
}
