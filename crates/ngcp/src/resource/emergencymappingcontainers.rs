//! Containers of emergency mappings, which preferences name.
//!
//! Beyond storing: the name is unique for the reseller, a container stays with its reseller, and takes its mappings along
//! when it is removed.

use registry::Error;
use registry::emergency::{CONTAINERS, Container};

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static EMERGENCYMAPPINGCONTAINERS: Resource = Resource {
    name: "emergencymappingcontainers",
    singular: "emergencymappingcontainer",
    title: "Emergency mapping containers",
    doc: "Named sets of emergency mappings. The preference emergency_mapping_container of a subscriber or domain names the \
          one that its emergency calls go by. Removing a container removes its mappings.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[Filter::exact("reseller_id", "reseller_id"), Filter::wildcard("name", "name")],
    links: &[
        Link::to("resellers", "/api/resellers/{reseller_id}"),
        Link::to("emergencymappings", "/api/emergencymappings/?emergency_container_id={id}"),
    ],
    created: Created::Representation,
    links_itself: true,
    source: Some(&CONTAINERS),
    example: r#"{"reseller_id": 1, "name": "Vienna"}"#,
    behaviour: &Records::<Container>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique for the reseller."),
];

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { value, .. } => {
            let message = format!("Emergency mapping container with name '{value}' already exists for this reseller");
            Some(Refusal::new(422, message))
        }
        _ => None,
    }
}
