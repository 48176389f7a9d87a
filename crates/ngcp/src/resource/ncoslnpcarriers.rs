//! Carriers of NCOS levels.
//!
//! Beyond storing: the carrier is one of the directory of ported numbers, once in a level.

use registry::Error;
use registry::ncos::{CARRIERS, LnpCarrier};

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static NCOSLNPCARRIERS: Resource = Resource {
    name: "ncoslnpcarriers",
    singular: "ncoslnpcarrier",
    title: "NCOS LNP carriers",
    doc: "Carriers whose ported numbers an NCOS level names: all of them, or those that one of the ncoslnppatterns matches \
          where there are any. A level has each carrier once. Its patterns go with it.",
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
        Filter::exact("carrier_id", "carrier_id"),
        Filter::wildcard("description", "description"),
    ],
    links: &[
        Link::to("ncoslevels", "/api/ncoslevels/{ncos_level_id}"),
        Link::to("lnpcarriers", "/api/lnpcarriers/{carrier_id}"),
        Link::to("ncoslnppatterns", "/api/ncoslnppatterns/?ncos_lnp_id={id}"),
    ],
    created: Created::Representation,
    source: Some(&CARRIERS),
    example: r#"{"ncos_level_id": 1, "carrier_id": 1, "description": "Numbers that were ported to this carrier"}"#,
    behaviour: &Records::<LnpCarrier>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("ncos_level_id", Kind::PosInt).required().doc("The level that names it."),
    Field::new("carrier_id", Kind::PosInt).required().doc("The carrier, one of lnpcarriers."),
    Field::new("description", Kind::Text(0, 255)).doc("What it is for."),
];

fn words(error: &Error) -> Option<Refusal> {
    let message = match error {
        Error::Taken { .. } => "LNP carrier already exists for this NCOS level",
        Error::Dangling { field: "ncos_level_id", .. } => "Invalid 'ncos_level_id'",
        Error::Dangling { field: "carrier_id", .. } => "Invalid 'carrier_id'",
        _ => return None,
    };
    Some(Refusal::new(422, message))
}
