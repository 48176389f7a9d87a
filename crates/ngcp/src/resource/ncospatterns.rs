//! Patterns of NCOS levels.
//!
//! Beyond storing: a pattern is a regular expression without look-around and back-references, once in a level.

use registry::Error;
use registry::ncos::{PATTERNS, Pattern};

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static NCOSPATTERNS: Resource = Resource {
    name: "ncospatterns",
    singular: "ncospattern",
    title: "NCOS patterns",
    doc: "Regular expressions for the numbers that an NCOS level names, matched anywhere in the number unless they say `^` \
          or `$`; without look-around and back-references. A level has each once, and at most 5000; those with long repetitions only as \
          far as all together are not too large. They stay with their \
          reseller.",
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
        Filter::exact("ncos_level_id", "ncos_level_id"),
        Filter::exact("pattern", "pattern"),
        Filter::wildcard("description", "description"),
    ],
    links: &[Link::to("ncoslevels", "/api/ncoslevels/{ncos_level_id}")],
    created: Created::Representation,
    source: Some(&PATTERNS),
    example: r#"{"ncos_level_id": 1, "pattern": "^43900", "description": "Expensive services"}"#,
    behaviour: &Records::<Pattern>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("ncos_level_id", Kind::PosInt).required().doc("The level that it is of."),
    Field::new("pattern", Kind::Text(1, 255)).required().doc("The regular expression, such as `^43`."),
    Field::new("description", Kind::Text(0, 255)).doc("What it is for."),
];

fn words(error: &Error) -> Option<Refusal> {
    let message = match error {
        Error::Taken { .. } => "NCOS pattern already exists for this level",
        Error::Dangling { field: "ncos_level_id", .. } => "Invalid 'ncos_level_id'",
        _ => return None,
    };
    Some(Refusal::new(422, message))
}
