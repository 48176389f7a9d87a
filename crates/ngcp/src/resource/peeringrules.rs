//! Peering rules: which calls leave by a peering group.
//!
//! Beyond storing: patterns compile; prefix and patterns are unique in the group. Our decision: patterns are found in
//! whole SIP URIs, and know no back-references or look-around.

use registry::Error;
use registry::peering::{RULES, Rule};

use super::peeringgroups::VERBS;
use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource};

pub(super) static PEERINGRULES: Resource = Resource {
    name: "peeringrules",
    singular: "peeringrule",
    title: "Peering rules",
    doc: "Which calls leave by a peering group: all that is said of the call must fit. Prefix and patterns together are \
          unique in the group.",
    fields: FIELDS,
    verbs: VERBS,
    filters: &[
        Filter::exact("group_id", "group_id"),
        Filter::wildcard("description", "description"),
        Filter::wildcard("callee_prefix", "callee_prefix"),
        Filter::boolean("enabled", "enabled"),
    ],
    links: &[Link::to("peeringgroups", "/api/peeringgroups/{group_id}")],
    created: Created::Representation,
    links_itself: true,
    source: Some(&RULES),
    example: r#"{"group_id": 1, "callee_prefix": "44", "callee_pattern": "", "caller_pattern": "^sip:43",
    "description": "Britain", "enabled": true, "stopper": false}"#,
    behaviour: &Records::<Rule>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("group_id", Kind::PosInt).required().label("Group").doc("The peering group."),
    Field::new("callee_prefix", Kind::Text(0, 16))
        .doc("What the called user begins with: lower-case letters, digits and +. Empty: any."),
    Field::new("callee_pattern", Kind::Text(0, 64))
        .doc("Regular expression that is found in the called URI, sip:user@domain. Empty: any."),
    Field::new("caller_pattern", Kind::Text(0, 64))
        .doc("Regular expression that is found in the caller's URI, sip:user@domain. Empty: any."),
    Field::new("description", Kind::Text(1, 255)).required().doc("What it is for."),
    Field::new("enabled", Kind::Bool).doc("Whether it is used; true where nothing is sent."),
    Field::new("stopper", Kind::Bool).doc("Whether rules with shorter prefixes are left out where it fits."),
];

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { .. } => {
            Some(Refusal::new(422, "Peering rule with this prefix and patterns already exists in this group"))
        }
        _ => None,
    }
}
