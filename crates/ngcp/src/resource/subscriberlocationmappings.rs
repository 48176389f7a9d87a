//! Subscriber location mappings: which of a subscriber's phones rings, by who calls and what is called.
//!
//! Beyond storing: the location is a SIP URI, and there unless calls are blocked; patterns compile; the subscriber is
//! there. They go with their subscriber. Our decisions: the fields and modes are those that the dialect is known to have,
//! administrators and resellers keep them, and what no mode is sent for is `replace`.

use registry::location_mapping::{self, LocationMapping};

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Resource, SELLERS, Verb};

pub(super) static SUBSCRIBERLOCATIONMAPPINGS: Resource = Resource {
    name: "subscriberlocationmappings",
    singular: "subscriberlocationmapping",
    title: "Subscriber location mappings",
    doc: "Which phone rings when a subscriber is called, where caller and callee fit: beside those that are registered \
          (add), instead of them (replace), where none is (offline), or calls are sent to its SIP URI (forward) or refused \
          (block). They go with their subscriber.",
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
        Filter::exact("subscriber_id", "subscriber_id"),
        Filter::exact("customer_id", "account_id"),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("external_id", "external_id"),
        Filter::exact("mode", "mode"),
        Filter::boolean("enabled", "enabled"),
    ],
    links: &[Link::to("subscribers", "/api/subscribers/{subscriber_id}")],
    created: Created::Representation,
    links_itself: true,
    source: Some(&location_mapping::ALL),
    example: r#"{"subscriber_id": 1, "location": "sip:phone@192.0.2.5:5060", "caller_pattern": "^43", "mode": "replace",
    "enabled": true}"#,
    behaviour: &Records::<LocationMapping>::of(FIELDS),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("subscriber_id", Kind::PosInt).required().label("Subscriber").doc("The subscriber."),
    Field::new("location", Kind::Text(1, 255)).doc("The SIP URI of a phone; needed unless the mode is block."),
    Field::new("caller_pattern", Kind::Text(0, 255)).doc("Regular expression that is found in the caller; none: any."),
    Field::new("callee_pattern", Kind::Text(0, 255))
        .doc("Regular expression that is found in what is called; none: any."),
    Field::new("mode", Kind::Enum(location_mapping::MODES))
        .doc("What becomes of the call; replace where nothing is sent."),
    Field::new("to_username", Kind::Username).doc("The user that is called at the phone; none: as it was called."),
    Field::new("external_id", Kind::Text(1, 255)).doc("What somebody else calls it."),
    Field::new("enabled", Kind::Bool).doc("Whether it is used; true where nothing is sent."),
];
