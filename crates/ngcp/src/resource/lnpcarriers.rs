//! LNP carriers: who numbers are ported to.
//!
//! Beyond storing: the name is unique; a carrier with numbers, or one that an NCOS level names, stays. That two carriers
//! may have one prefix, and that resellers see all of them, is as the dialect has it.

use registry::Error;
use registry::lnp::carrier::{self, Carrier};

use crate::kernel::{ADMIN, Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static LNPCARRIERS: Resource = Resource {
    name: "lnpcarriers",
    singular: "lnpcarrier",
    title: "LNP carriers",
    doc: "Carriers that numbers are ported to. Files of numbers make the carriers that they name and that there are not. A \
          carrier with numbers, or one that an NCOS level names, can't be removed: that is 500.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, ADMIN),
        (Verb::Replace, ADMIN),
        (Verb::Modify, ADMIN),
        (Verb::Delete, ADMIN),
    ],
    filters: &[Filter::wildcard("name", "name"), Filter::wildcard("prefix", "prefix")],
    links: &[Link::to("lnpnumbers", "/api/lnpnumbers/?carrier_id={id}").seen_by(ADMIN)],
    source: Some(&carrier::ALL),
    example: r#"{"name": "Alpha Telecom", "prefix": "D128", "authoritative": false, "skip_rewrite": false}"#,
    behaviour: &Records::<Carrier>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("name", Kind::Text(1, carrier::LONGEST)).required().doc("Its name, unique."),
    Field::new("prefix", Kind::Text(1, carrier::LONGEST))
        .required()
        .doc("What is put before a number to reach the carrier."),
    Field::new("authoritative", Kind::Bool)
        .doc("Whether a number that the list does not have is none of the carrier's."),
    Field::new("skip_rewrite", Kind::Bool).doc("Whether calls to its numbers are left as they are."),
];

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { value, .. } => {
            Some(Refusal::new(422, format!("LNP carrier with name '{value}' already exists.")))
        }
        Error::InUse { .. } => Some(Refusal::new(500, "Failed to delete lnp carrier.")),
        _ => None,
    }
}
