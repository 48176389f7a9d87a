//! Sound sets: the prompts of a reseller, or of one of its customers.
//!
//! Beyond storing: the name is unique among the reseller's own sets or among the customer's; a set stays with whom it was
//! made for; a parent is one of the same reseller and not another customer's, at most 20 sets are behind one another and
//! none behind itself; of a customer's sets one at most is the default, and a new default takes the place of the old one.
//! A subscriber that administers its customer sees the reseller's exposed sets and keeps those of its customer. A set is
//! removed with its files, and not while preferences name it or it is another's parent.
//!
//! Decided here: there are no factory prompts, so that `copy_from_default` is refused.

use registry::Error;
use registry::Role;
use registry::sound::SoundSet;
use registry::sound::set::{self, ALL};
use serde_json::Value;

use crate::kernel::record::show;
use crate::kernel::{
    Behaviour, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, Records, Refusal, Resource, Verb,
};

/// Who keeps sounds.
pub(super) const KEEPERS: &[Role] = &[Role::Admin, Role::Reseller, Role::SubscriberAdmin];

pub(super) static SOUNDSETS: Resource = Resource {
    name: "soundsets",
    singular: "soundset",
    title: "Sound sets",
    doc: "The prompts of a reseller, or of one of its customers (customer_id). Customers see those of the reseller's that are \
          exposed to them, and keep their own. The handles are those of soundhandles, the recordings are in soundfiles. A \
          set is not removed while preferences name it or it is the parent of another. A reseller and a customer have at most \
          100 each; a customer's go when it is terminated.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, KEEPERS),
        (Verb::Get, KEEPERS),
        (Verb::Create, KEEPERS),
        (Verb::Replace, KEEPERS),
        (Verb::Modify, KEEPERS),
        (Verb::Delete, KEEPERS),
    ],
    filters: &[
        Filter::exact("customer_id", "account_id"),
        Filter::exact("contract_id", "account_id").doc("The same as customer_id."),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::wildcard("name", "name"),
        Filter::exact("parent_id", "parent_id"),
        Filter::boolean("contract_default", "contract_default"),
        Filter::boolean("expose_to_customer", "expose_to_customer"),
    ],
    links: &[
        Link::to("resellers", "/api/resellers/{reseller_id}").seen_by(&[Role::Admin]),
        Link::to("customers", "/api/customers/{customer_id}"),
        Link::to("soundfiles", "/api/soundfiles/?set_id={id}"),
    ],
    journal: Some("sound_sets"),
    created: Created::Representation,
    links_itself: true,
    source: Some(&ALL),
    example: r#"{"reseller_id": 1, "name": "announcements", "description": "in German", "expose_to_customer": true}"#,
    behaviour: &Sets,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field {
        of_reseller: true,
        ..Field::new("reseller_id", Kind::PosInt).label("Reseller").doc(
            "The reseller it belongs to. Administrators send it or customer_id; for others it is always their own.",
        )
    },
    Field::new("customer_id", Kind::PosInt)
        .doc("The customer whose own it is; null: the reseller's. It stays as it was made."),
    Field::new("contract_id", Kind::PosInt).write_only().doc("The same as customer_id."),
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique for the reseller or the customer."),
    Field::new("description", Kind::Text(0, 255)).doc("What it is for."),
    Field::new("contract_default", Kind::Bool)
        .doc("It is the customer's default, in the place of the one before; of a customer's sets only."),
    Field::new("expose_to_customer", Kind::Bool)
        .doc("The reseller's customers see it and may use it; not of a customer's sets."),
    Field::new("parent_id", Kind::PosInt)
        .doc("The set whose recordings are played for files with use_parent: one of the same reseller."),
    Field::new("parent_name", Kind::Text(0, 255))
        .read_only()
        .doc("The name of that set; null where it is not for the caller."),
    Field::new("copy_from_default", Kind::Bool)
        .write_only()
        .doc("Copy factory prompts; refused, as this server has none: use parent_id."),
    Field::new("language", Kind::Text(0, 31)).write_only().doc("The language of factory prompts; not used."),
    Field::new("loopplay", Kind::Bool).write_only().doc("Whether copied prompts are repeated; not used."),
    Field::new("replace_existing", Kind::Bool).write_only().doc("Whether copies replace what is there; not used."),
];

static RECORDS: Records<SoundSet> = Records::of(FIELDS);

struct Sets;

/// A checked body with the registry's names.
fn read(mut input: Item) -> Outcome<Item> {
    if input.get("copy_from_default") == Some(&Value::Bool(true)) {
        let message =
            "Can't copy factory prompts: this server has none. Name a parent_id whose recordings are to be used.";
        return Err(Refusal::new(422, message).into());
    }
    let customer = input.remove("customer_id").unwrap_or_default();
    let contract = input.remove("contract_id").filter(|id| !id.is_null());
    input.insert("account_id".to_owned(), contract.unwrap_or(customer));
    Ok(input)
}

#[async_trait::async_trait]
impl Behaviour for Sets {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found = registry::record::load::<SoundSet>(cx.tx, ids).await?;
        let mut parents: Vec<i64> = found.iter().filter_map(|set| set.parent_id).map(|id| id.0).collect();
        parents.sort_unstable();
        parents.dedup();
        let names = set::names(cx.tx, cx.caller, &parents).await?;
        let item = |set: &SoundSet| {
            let record = serde_json::to_value(set).map_err(|error| Error::Internal(error.to_string()))?;
            let mut item = self.journal_content(&SOUNDSETS, &record);
            let parent = names.iter().find(|(id, _)| set.parent_id.is_some_and(|parent| parent.0 == *id));
            item.insert("parent_name".to_owned(), parent.map_or(Value::Null, |(_, name)| name.as_str().into()));
            Ok((set.id.0, item))
        };
        found.iter().map(item).collect()
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        RECORDS.create(cx, read(input)?).await
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        RECORDS.replace(cx, id, old, read(new)?).await
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        RECORDS.delete(cx, id).await
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Taken { value, .. } => Some(Refusal::new(422, format!("Sound set '{value}' already exists."))),
            Error::Dangling { field: "account_id", .. } => Some(Refusal::new(422, "Invalid 'customer_id'")),
            Error::Invalid { field: "account_id", message } => Some(Refusal::wrong("customer_id", message)),
            _ => None,
        }
    }

    fn journal_content(&self, resource: &Resource, record: &Value) -> Item {
        let mut item = show(resource.fields, record);
        item.insert("customer_id".to_owned(), record["account_id"].clone());
        item
    }
}
