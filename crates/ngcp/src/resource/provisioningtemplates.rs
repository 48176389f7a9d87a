//! Provisioning templates, as YAML or JSON.
//!
//! Beyond storing: a template must be readable and have a list of `fields` and something that is made of them; its name is
//! unique for the reseller, and so among the operator's own. Resellers see theirs and not the operator's. Carrying a
//! template out is not offered. Sizes and the checks of the template are our decision.

use registry::Error;
use registry::provisioning_template::{self, LONGEST, Template};

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static PROVISIONINGTEMPLATES: Resource = Resource {
    name: "provisioningtemplates",
    singular: "provisioningtemplate",
    title: "Provisioning templates",
    doc: "How a whole customer with its subscribers is to be made, written down as YAML or JSON for programs that carry it \
          out. Templates are kept and checked; the server does not carry them out.",
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
        Filter::wildcard("name", "name"),
        Filter::wildcard("description", "description"),
        Filter::exact("lang", "lang"),
    ],
    links: &[Link::to("resellers", "/api/resellers/{reseller_id}")],
    created: Created::Representation,
    links_itself: true,
    source: Some(&provisioning_template::ALL),
    example: r#"{"reseller_id": 1, "name": "home office", "description": "A customer with one subscriber", "lang": "js",
                 "yaml": "fields:\n  - name: first_name\nsubscriber:\n  status: active\n"}"#,
    behaviour: &Records::<Template>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field { required: false, ..Field::RESELLER }
        .doc("The reseller it belongs to; left out by an administrator: the operator. Always a reseller's own."),
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique for the reseller."),
    Field::new("description", Kind::Text(1, 255)).required().doc("What it makes."),
    Field::new("lang", Kind::Enum(&["js", "perl"])).required().doc("The language of calculated fields in it."),
    Field::new("yaml", Kind::Text(1, LONGEST)).required().doc(
        "The template, as YAML 1.2 or JSON: a mapping with `fields`, a list of members that have a name, and at least one \
         other mapping.",
    ),
    Field::new("create_timestamp", Kind::Timestamp).read_only().doc("When it was made."),
    Field::new("modify_timestamp", Kind::Timestamp).read_only().doc("When it was last changed."),
];

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { value, .. } => {
            Some(Refusal::new(422, format!("Provisioning template '{value}' already exists.")))
        }
        Error::Invalid { field: "yaml", message } => Some(Refusal::wrong("yaml", message)),
        _ => None,
    }
}
