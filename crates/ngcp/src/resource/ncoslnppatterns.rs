//! Patterns of the carriers of NCOS levels.
//!
//! Beyond storing: a pattern is a regular expression without look-around and back-references, once for a carrier.

use registry::Error;
use registry::ncos::{LNP_PATTERNS, LnpPattern};

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static NCOSLNPPATTERNS: Resource = Resource {
    name: "ncoslnppatterns",
    singular: "ncoslnppattern",
    title: "NCOS LNP patterns",
    doc: "Regular expressions for those numbers of a carrier that an NCOS level means, as in ncospatterns. A carrier in a \
          level has each once, and at most 5000; those with long repetitions only as far as all together are not too large.",
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
        Filter::exact("ncos_lnp_id", "ncos_lnp_id"),
        Filter::exact("pattern", "pattern"),
        Filter::wildcard("description", "description"),
    ],
    links: &[Link::to("ncoslnpcarriers", "/api/ncoslnpcarriers/{ncos_lnp_id}")],
    created: Created::Representation,
    source: Some(&LNP_PATTERNS),
    example: r#"{"ncos_lnp_id": 1, "pattern": "^43660", "description": "Mobile numbers of this carrier"}"#,
    behaviour: &Records::<LnpPattern>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("ncos_lnp_id", Kind::PosInt).required().doc("The carrier in a level: the id of one of ncoslnpcarriers."),
    Field::new("pattern", Kind::Text(1, 255)).required().doc("The regular expression, such as `^43660`."),
    Field::new("description", Kind::Text(0, 255)).doc("What it is for."),
];

fn words(error: &Error) -> Option<Refusal> {
    let message = match error {
        Error::Taken { .. } => "LNP pattern already exists for this NCOS carrier",
        Error::Dangling { field: "ncos_lnp_id", .. } => "Invalid 'ncos_lnp_id'",
        _ => return None,
    };
    Some(Refusal::new(422, message))
}
