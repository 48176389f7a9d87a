//! Auto attendants: where the keys lead that a caller of a subscriber presses. The id is that of the subscriber.
//!
//! Beyond storing: PUT replaces all slots; each is there once; a destination is a number, a user name or a SIP URI, and is
//! stored as a SIP URI, in the subscriber's domain where it names none.
//!
//! Decided here: every subscriber has one, also outside a cloud PBX.

use registry::auto_attendant::{self, AutoAttendant, Slot};
use registry::id::SubscriberId;
use registry::{Error, Role, subscriber};
use serde_json::{Value, json};

use crate::kernel::{Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Refusal, Resource, Verb};

/// Who has to do with auto attendants.
const CALLERS: &[Role] = &[Role::Admin, Role::Reseller, Role::SubscriberAdmin, Role::Subscriber];

pub(super) static AUTOATTENDANTS: Resource = Resource {
    name: "autoattendants",
    singular: "autoattendant",
    title: "Auto attendants",
    doc: "Where the keys lead that a caller of a subscriber presses; the id is the subscriber's. PUT replaces all slots.",
    fields: FIELDS,
    put_replaces: true,
    verbs: &[(Verb::List, CALLERS), (Verb::Get, CALLERS), (Verb::Replace, CALLERS), (Verb::Modify, CALLERS)],
    filters: &[Filter::exact("subscriber_id", "id")],
    links: &[Link::to("subscribers", "/api/subscribers/{id}")],
    journal: Some("auto_attendants"),
    patch: PatchOps::All,
    links_itself: true,
    source: Some(&subscriber::SUBSCRIBERS),
    example: r#"{"slots": [{"slot": "1", "destination": "431234567"}, {"slot": "default", "destination": "reception"}]}"#,
    behaviour: &Attendants,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("subscriber_id", Kind::PosInt).read_only().doc("The subscriber."),
    Field::new("slots", Kind::List(&Kind::Object(SLOT))).required().doc("Where each key leads."),
];

const SLOT: &[Field] = &[
    Field::new("slot", Kind::Enum(&auto_attendant::SLOTS))
        .required()
        .doc("A key; default: where callers go who press none."),
    Field::new("destination", Kind::Text(1, 255)).required().doc("A number, a user name or a SIP URI."),
];

struct Attendants;

fn item(record: &Value) -> Item {
    let mut item = Item::new();
    for (name, of) in [("id", "subscriber_id"), ("subscriber_id", "subscriber_id"), ("slots", "slots")] {
        item.insert(name.to_owned(), record[of].clone());
    }
    item
}

#[async_trait::async_trait]
impl Behaviour for Attendants {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = auto_attendant::load(cx.tx, ids).await?;
        Ok(found.iter().map(|of: &AutoAttendant| (of.subscriber_id.0, item(&json!(of)))).collect())
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, mut new: Item) -> Outcome<()> {
        let slots = new.remove("slots").filter(|slots| !slots.is_null()).unwrap_or_else(|| json!([]));
        let slots: Vec<Slot> = serde_json::from_value(slots).map_err(|error| Error::Internal(error.to_string()))?;
        auto_attendant::replace(cx.tx, cx.caller, cx.now, SubscriberId(id), &slots).await?;
        Ok(())
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Taken { value, .. } => Some(Refusal::new(422, format!("Slot '{value}' must be unique."))),
            Error::Invalid { field: "destination", .. } => {
                let message = "Invalid destination, must be number, username or SIP URI";
                Some(Refusal::wrong("destination", message))
            }
            _ => None,
        }
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        item(record)
    }
}
