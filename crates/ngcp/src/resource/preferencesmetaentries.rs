//! Attributes that are added to the preferences of devices.
//!
//! Our decisions: an attribute has a name of its own among all attributes, keeps it, and is on one of the levels of
//! devices; its values are not kept, as devices are not.

use registry::Error;
use registry::preference::{CUSTOM, CustomAttribute};
use serde_json::Value;

use crate::kernel::{
    Behaviour, Cx, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Records, Refusal, Resource, SELLERS, Verb,
};

pub(super) static PREFERENCESMETAENTRIES: Resource = Resource {
    name: "preferencesmetaentries",
    singular: "preferencesmetaentry",
    title: "Added preference attributes",
    doc: "Attributes that are added to the preferences of devices: of models (`dev_pref`), of profiles (`devprof_pref`), of \
          devices in the field (`fielddev_pref`). pbxdevicepreferencedefs, pbxdeviceprofilepreferencedefs and \
          pbxfielddevicepreferencedefs show them as `dynamic`. There are no devices yet for which they could be set.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[
        Filter::exact("reseller_id", "reseller_id"),
        Filter::wildcard("attribute", "attribute"),
        Filter::exact("data_type", "data_type"),
        Filter::wildcard("label", "label"),
    ],
    links: &[Link::to("resellers", "/api/resellers/{reseller_id}")],
    patch: PatchOps::All,
    source: Some(&CUSTOM),
    example: r#"{"reseller_id": 1, "attribute": "ring_volume", "label": "Volume of the ring", "description": "From 0 to 9",
 "data_type": "int", "max_occur": 1, "fielddev_pref": true}"#,
    behaviour: &MetaEntries,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("attribute", Kind::Text(1, 31))
        .required()
        .doc("Its name: letters, digits and `_`. It can't be changed."),
    Field::new("label", Kind::Text(1, 255)).required().doc("What people call it."),
    Field::new("description", Kind::Text(1, 1000)).required().doc("What it does."),
    Field::new("data_type", Kind::Enum(&["boolean", "int", "string", "enum"])).required().doc("What it holds."),
    Field::new("max_occur", Kind::EnumInt(&[0, 1])).required().doc("1: one value, 0: a list."),
    Field::new("dev_pref", Kind::Bool).doc("Whether models of devices have it."),
    Field::new("devprof_pref", Kind::Bool).doc("Whether profiles of devices have it."),
    Field::new("fielddev_pref", Kind::Bool).doc("Whether devices in the field have it. One of the three must be true."),
    Field::new("expose_to_customer", Kind::Bool).doc("Whether administrators of customers see it."),
    Field::new("enum", Kind::List(&Kind::Object(CHOICE))).doc("The values of an enum; others have none."),
];

const CHOICE: &[Field] = &[
    Field::new("label", Kind::Text(1, 255)).required().doc("What people call it."),
    Field::new("value", Kind::Text(1, 255)).doc("The value; null: nothing is set."),
    Field::new("default_val", Kind::Bool).doc("Whether it holds where nothing is set; one at most."),
];

/// The registry's name of the values of an enum.
const STORED: &str = "choices";

static RECORDS: Records<CustomAttribute> = Records::of(FIELDS);

struct MetaEntries;

fn stored(mut input: Item) -> Item {
    if let Some(choices) = input.remove("enum") {
        input.insert(STORED.to_owned(), choices);
    }
    input
}

#[async_trait::async_trait]
impl Behaviour for MetaEntries {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found: Vec<CustomAttribute> = registry::record::load(cx.tx, ids).await?;
        let item = |of: &CustomAttribute| {
            let record = serde_json::to_value(of).map_err(|error| Error::Internal(error.to_string()))?;
            Ok((of.id.0, self.journal_content(&PREFERENCESMETAENTRIES, &record)))
        };
        found.iter().map(item).collect()
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        RECORDS.create(cx, stored(input)).await
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        RECORDS.replace(cx, id, old, stored(new)).await
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        RECORDS.delete(cx, id).await
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        let message = match error {
            Error::Taken { value, .. } => format!("Preference attribute '{value}' already exists"),
            Error::Invalid { field: "reseller_id", .. } => "Changing the reseller ID is not allowed.".to_owned(),
            Error::Invalid { field, message } => {
                return Some(Refusal::wrong(*field, &format!("{field} {message}")));
            }
            _ => return None,
        };
        Some(Refusal::new(422, message))
    }

    fn journal_content(&self, resource: &Resource, record: &Value) -> Item {
        let name = |field: &Field| if field.name == "enum" { STORED } else { field.name };
        let shown = resource.fields.iter().map(|field| (field.name.to_owned(), record[name(field)].clone()));
        shown.collect()
    }
}
