//! Peering inbound rules: to which of several peering groups a call belongs that comes from an address of theirs, and
//! which calls are refused.
//!
//! Beyond storing: the pattern compiles; reject code and reason are there together or not at all; the priority is unique
//! in the group. The group shows whether it has rules.

use registry::Error;
use registry::peering::{self, INBOUND_RULES, InboundRule};

use super::peeringgroups::VERBS;
use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource};

pub(super) static PEERINGINBOUNDRULES: Resource = Resource {
    name: "peeringinboundrules",
    singular: "peeringinboundrule",
    title: "Peering inbound rules",
    doc: "To which peering group a call belongs that comes from an address of its servers. The rules of all groups with \
          that address are looked at, the least priority first; the first that fits decides. Where none fits, the call \
          belongs to a group without rules. The last enabled rule of a group stays as long as another group has the address, \
          port and transport of one of its servers.",
    fields: FIELDS,
    verbs: VERBS,
    filters: &[
        Filter::exact("group_id", "group_id"),
        Filter::exact("field", "field"),
        Filter::wildcard("pattern", "pattern"),
        Filter::boolean("enabled", "enabled"),
    ],
    links: &[Link::to("peeringgroups", "/api/peeringgroups/{group_id}")],
    created: Created::Representation,
    links_itself: true,
    source: Some(&INBOUND_RULES),
    example: r#"{"group_id": 1, "priority": 10, "field": "ruri_domain", "pattern": "^sip\\.example\\.org$",
    "enabled": true}"#,
    behaviour: &Records::<InboundRule>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("group_id", Kind::PosInt).required().label("Group").doc("The peering group."),
    Field::new("priority", Kind::IntRange(0, 65_535)).required().doc("The least comes first; unique in the group."),
    Field::new("field", Kind::Enum(peering::FIELDS)).required().doc(
        "What of the request is looked at: user, domain or whole URI of From, of the request URI, or of \
         P-Asserted-Identity.",
    ),
    Field::new("pattern", Kind::Text(1, 1_023)).required().doc("Regular expression that is found in it."),
    Field::new("reject_code", Kind::IntRange(400, 699))
        .doc("The SIP status that the call is refused with; none: it is taken."),
    Field::new("reject_reason", Kind::Text(1, 64)).doc("The reason beside that status; needed with it."),
    Field::new("enabled", Kind::Bool).doc("Whether it is used; true where nothing is sent."),
];

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { .. } => {
            Some(Refusal::new(422, "Peering inbound rule with this priority already exists in this group"))
        }
        _ => None,
    }
}
