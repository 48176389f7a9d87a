//! Peering servers: where calls to another carrier go, and where those from it come from.
//!
//! Beyond storing: the name is unique in the group, and so are address, port and transport. Our decision: the same
//! address, port and transport may be in another group only where both groups have inbound rules, which tell them apart.
//! A server takes its preferences with it.

use registry::Error;
use registry::peering::{SERVERS, Server};

use super::peeringgroups::VERBS;
use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource};

pub(super) static PEERINGSERVERS: Resource = Resource {
    name: "peeringservers",
    singular: "peeringserver",
    title: "Peering servers",
    doc: "Servers of another carrier. The name is unique in the group; address, port and transport may be in two groups \
          only if both have peering inbound rules, which tell their calls apart. site_id is stored only.",
    fields: FIELDS,
    verbs: VERBS,
    filters: &[
        Filter::exact("group_id", "group_id"),
        Filter::wildcard("name", "name"),
        Filter::wildcard("ip", "ip"),
        Filter::wildcard("host", "host"),
        Filter::boolean("enabled", "enabled"),
    ],
    links: &[
        Link::to("peeringgroups", "/api/peeringgroups/{group_id}"),
        Link::to("peeringserverpreferences", "/api/peeringserverpreferences/{id}"),
    ],
    created: Created::Representation,
    links_itself: true,
    source: Some(&SERVERS),
    example: r#"{"group_id": 1, "name": "gateway 1", "ip": "192.0.2.10", "port": 5060, "transport": 1, "weight": 1,
    "probe": true, "enabled": true}"#,
    behaviour: &Records::<Server>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("group_id", Kind::PosInt).required().label("Group").doc("The peering group."),
    Field::new("name", Kind::Text(1, 64)).required().doc("Letters, digits, blanks, - and _; unique in the group."),
    Field::new("ip", Kind::Text(1, 64)).required().label("IP Address").doc("IPv4 or IPv6, shown in its shortest form."),
    Field::new("host", Kind::Text(0, 64)).doc("The host in its SIP URI, where that is not the address."),
    Field::new("port", Kind::IntRange(1, 65_535)).doc("Its port; 5060 where nothing is sent."),
    Field::new("transport", Kind::EnumInt(&[1, 2, 3])).doc("1 UDP, 2 TCP, 3 TLS; 1 where nothing is sent."),
    Field::new("weight", Kind::IntRange(1, 127)).doc("Its share of the calls of its group; 1 where nothing is sent."),
    Field::new("via_route", Kind::Text(0, 255)).doc("The SIP URI of a proxy that calls to it take."),
    Field::new("probe", Kind::Bool).doc("Whether it is asked by SIP OPTIONS if it is there."),
    Field::new("enabled", Kind::Bool).doc("Whether it is used; true where nothing is sent."),
    Field::new("site_id", Kind::PosInt).doc("The site that calls leave from; none: any."),
];

fn words(error: &Error) -> Option<Refusal> {
    let message = match error {
        Error::Taken { field: "ip", .. } => "Peering server with this ip, port and transport already exists",
        Error::Taken { .. } => {
            "Peering server with this name, or with this ip, port and transport, already exists in this group"
        }
        _ => return None,
    };
    Some(Refusal::new(422, message))
}
