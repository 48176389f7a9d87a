//! Sets of subscriber profiles.
//!
//! Beyond storing: the name is unique for the reseller, a set remains its reseller's, and it stays while a subscriber has
//! it. That a set in use can't be removed is our decision: its subscribers would suddenly see and set everything.

use registry::Error;
use registry::subscriber_profile::{ProfileSet, SETS};

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static SUBSCRIBERPROFILESETS: Resource = Resource {
    name: "subscriberprofilesets",
    singular: "subscriberprofileset",
    title: "Subscriber profile sets",
    doc: "Sets of subscriber profiles. A subscriber has a set of its reseller and a profile of that set. A set is removed \
          with its profiles; while a subscriber has it, DELETE is refused with 423. It remains its reseller's.",
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
    ],
    links: &[
        Link::to("resellers", "/api/resellers/{reseller_id}"),
        Link::to("subscriberprofiles", "/api/subscriberprofiles/?profile_set_id={id}"),
    ],
    journal: Some("subscriber_profile_sets"),
    created: Created::Representation,
    links_itself: true,
    source: Some(&SETS),
    example: r#"{"reseller_id": 1, "name": "telephones", "description": "What people may set on their telephones"}"#,
    behaviour: &Records::<ProfileSet>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique for the reseller."),
    Field::new("description", Kind::Text(1, 255)).required().doc("What it is for."),
];

fn words(error: &Error) -> Option<Refusal> {
    let message = match error {
        Error::Taken { value, .. } => format!("Subscriber profile set '{value}' already exists for this reseller"),
        Error::Dangling { field: "reseller_id", .. } => "Invalid 'reseller_id'".to_owned(),
        Error::Invalid { field: "reseller_id", .. } => "Changing the reseller ID is not allowed.".to_owned(),
        _ => return None,
    };
    Some(Refusal::new(422, message))
}
