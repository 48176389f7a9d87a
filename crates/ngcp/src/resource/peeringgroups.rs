//! Peering groups: servers of a carrier that calls leave to by the same rules.
//!
//! Beyond storing: the contract is one of a peering that runs; the name is unique; the time set is there. A group takes
//! its servers and rules with it when it is removed, and goes when its contract is terminated. Our decision: which
//! server is chosen is the order of called prefix, priority and weight that the registry's `peering` describes.

use registry::Error;
use registry::peering::{GROUPS, Group};

use crate::kernel::{ADMIN, Created, Field, Filter, Kind, Link, Records, Refusal, Resource, Verb};

pub(super) static PEERINGGROUPS: Resource = Resource {
    name: "peeringgroups",
    singular: "peeringgroup",
    title: "Peering groups",
    doc: "Groups of servers of another carrier. A call leaves by the groups that have a peering rule for it: the longest \
          called prefix first, then the lowest priority, then servers at random by weight. Removing a group removes its \
          servers and rules; terminating its contract removes it.",
    fields: FIELDS,
    verbs: VERBS,
    filters: &[
        Filter::exact("contract_id", "contract_id"),
        Filter::wildcard("name", "name"),
        Filter::wildcard("description", "description"),
        Filter::exact("time_set_id", "time_set_id"),
    ],
    links: &[
        Link::to("contracts", "/api/contracts/{contract_id}"),
        Link::to("peeringservers", "/api/peeringservers/?group_id={id}"),
        Link::to("peeringrules", "/api/peeringrules/?group_id={id}"),
        Link::to("peeringinboundrules", "/api/peeringinboundrules/?group_id={id}"),
        Link::to("timesets", "/api/timesets/{time_set_id}"),
    ],
    created: Created::Representation,
    links_itself: true,
    source: Some(&GROUPS),
    example: r#"{"contract_id": 5, "name": "wholesale", "priority": 1, "description": "all calls abroad"}"#,
    behaviour: &Records::<Group>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

/// All that can be done, by administrators.
pub(super) const VERBS: &[(Verb, &[registry::Role])] = &[
    (Verb::List, ADMIN),
    (Verb::Get, ADMIN),
    (Verb::Create, ADMIN),
    (Verb::Replace, ADMIN),
    (Verb::Modify, ADMIN),
    (Verb::Delete, ADMIN),
];

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("contract_id", Kind::PosInt).required().label("Contract").doc("The contract, of type sippeering or pstnpeering."),
    Field::new("name", Kind::Text(1, 127)).required().doc("Its name, unique."),
    Field::new("priority", Kind::IntRange(1, 9)).doc("1 comes first, 9 last; 1 where nothing is sent."),
    Field::new("description", Kind::Text(0, 255)).doc("Whatever there is to say of it."),
    Field::new("time_set_id", Kind::PosInt).doc("The time set in whose periods calls may leave by it; none: always."),
    Field::new("has_inbound_rules", Kind::Bool)
        .read_only()
        .doc("Whether it has a peering inbound rule that is enabled."),
];

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { .. } => Some(Refusal::new(422, "Peering group with this name already exists")),
        _ => None,
    }
}
