//! Trusted sources: addresses from which calls of a subscriber are taken without a password.
//!
//! Beyond storing: the address is one, the pattern compiles, the subscriber is there. They go with their subscriber. Our
//! decision: patterns know no back-references or look-around.

use registry::trusted_source::{self, TrustedSource};

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Resource, SELLERS, Verb};

pub(super) static TRUSTEDSOURCES: Resource = Resource {
    name: "trustedsources",
    singular: "trustedsource",
    title: "Trusted sources",
    doc: "Addresses from which calls of a subscriber are taken without a password, perhaps only where the SIP URI of From \
          fits. They go with their subscriber.",
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
        Filter::wildcard("src_ip", "src_ip"),
    ],
    links: &[Link::to("subscribers", "/api/subscribers/{subscriber_id}")],
    journal: Some("trusted_sources"),
    created: Created::Representation,
    links_itself: true,
    source: Some(&trusted_source::ALL),
    example: r#"{"subscriber_id": 1, "src_ip": "192.0.2.1", "protocol": "UDP", "from_pattern": "^sip:4312345@"}"#,
    behaviour: &Records::<TrustedSource>::of(FIELDS),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("subscriber_id", Kind::PosInt).required().label("Subscriber").doc("The subscriber."),
    Field::new("src_ip", Kind::Text(1, 50))
        .required()
        .label("Source IP")
        .doc("IPv4 or IPv6, shown in its shortest form."),
    Field::new("protocol", Kind::Enum(trusted_source::PROTOCOLS)).required().doc("Over what requests come."),
    Field::new("from_pattern", Kind::Text(0, 64))
        .doc("Regular expression that is found in the SIP URI of From; none: any caller."),
];
