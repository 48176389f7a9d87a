//! The directory of a customer's PBX, for its subscribers: names, extensions and numbers of all of them.
//!
//! Beyond storing: groups are not in it, nor are customers without a PBX. Every subscriber of the customer sees it, also
//! one that sees no other subscriber under `subscribers`; resellers and administrators see those of all their customers.
//! Which fields it has is our decision.

use registry::number::Split;
use registry::subscriber::{self, Subscriber};
use registry::{Role, pbx_directory};
use serde_json::{Value, json};

use super::subscribers::country_code;
use crate::kernel::{Behaviour, Cx, Field, Filter, Item, Kind, Outcome, Resource, Verb};

const READERS: &[Role] = &[Role::Admin, Role::Reseller, Role::SubscriberAdmin, Role::Subscriber];

pub(super) static PBXUSERS: Resource = Resource {
    name: "pbxusers",
    singular: "pbxuser",
    title: "PBX users",
    doc: "The directory of the caller's own PBX: every subscriber of the customer that is no group. Empty for customers \
          without a PBX. Resellers and administrators see those of all their customers.",
    fields: FIELDS,
    verbs: &[(Verb::List, READERS), (Verb::Get, READERS)],
    filters: &[
        Filter::exact("customer_id", "account_id"),
        Filter::wildcard("display_name", "display_name"),
        Filter::wildcard("username", "username"),
        Filter::wildcard("pbx_extension", "pbx_extension"),
        Filter::wildcard("primary_number", "primary_digits"),
    ],
    source: Some(&pbx_directory::ALL),
    behaviour: &PbxUsers,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("username", Kind::Text(0, 127)).read_only().doc("The SIP user name."),
    Field::new("domain", Kind::Text(0, 127)).read_only().doc("The SIP domain."),
    Field::new("display_name", Kind::Text(0, 255)).read_only().doc("What others see of it when it calls."),
    Field::new("pbx_extension", Kind::Text(0, 31)).read_only().doc("The extension; the pilot may have none."),
    Field::new("primary_number", Kind::Object(NUMBER)).read_only().doc("The number that it calls from."),
];

const NUMBER: &[Field] = &[
    Field::new("cc", Kind::Int).doc("Country code."),
    Field::new("ac", Kind::Text(0, 7)).doc("Area code."),
    Field::new("sn", Kind::Text(1, 31)).doc("The rest of the number."),
];

struct PbxUsers;

fn number(split: &Split) -> Value {
    json!({ "cc": country_code(split), "ac": split.ac, "sn": split.sn })
}

fn fields(subscriber: &Subscriber) -> Item {
    let item = json!({
        "id": subscriber.id,
        "username": subscriber.username,
        "domain": subscriber.domain,
        "display_name": subscriber.details.display_name,
        "pbx_extension": subscriber.details.pbx.pbx_extension,
        "primary_number": subscriber.primary_number.as_ref().map(|held| number(&held.split)),
    });
    item.as_object().cloned().unwrap_or_default()
}

#[async_trait::async_trait]
impl Behaviour for PbxUsers {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        Ok(subscriber::load(cx.tx, ids).await?.iter().map(|found| (found.id.0, fields(found))).collect())
    }
}
