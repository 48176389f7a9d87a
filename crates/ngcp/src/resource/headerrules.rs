//! Header rules: what a set does to the headers of which messages.
//!
//! Beyond storing: a rule without a priority comes after the others of its set, stays in its set, and takes its conditions
//! and actions with it when it is removed. The directions are all those of releases that we know of: our decision.

use registry::header_rule::{self, Rule};

use crate::kernel::{Created, Field, Filter, Kind, Link, PatchOps, Records, Resource, SELLERS, Verb};

pub(super) static HEADERRULES: Resource = Resource {
    name: "headerrules",
    singular: "headerrule",
    title: "Header rules",
    doc: "Rules of a header rule set, looked at by priority, the lowest first. Where all conditions of one hold, its \
          actions are done by the SIP proxies. A set has at most 500 rules.",
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
        Filter::exact("set_id", "set_id"),
        Filter::wildcard("name", "name"),
        Filter::wildcard("description", "description"),
        Filter::exact("direction", "direction"),
        Filter::boolean("enabled", "enabled"),
    ],
    links: &[
        Link::to("headerrulesets", "/api/headerrulesets/{set_id}"),
        Link::to("headerruleconditions", "/api/headerruleconditions/?rule_id={id}"),
        Link::to("headerruleactions", "/api/headerruleactions/?rule_id={id}"),
    ],
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&header_rule::RULES),
    example: r#"{"set_id": 1, "name": "hide the device", "direction": "outbound", "priority": 1, "stopper": false,
    "enabled": true}"#,
    behaviour: &Records::<Rule>::of(FIELDS),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("set_id", Kind::PosInt).required().doc("The set that it is of; this does not change."),
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name."),
    Field::new("description", Kind::Text(0, 255)).doc("What it is for."),
    Field::new("priority", Kind::IntRange(0, 2_147_483_647))
        .doc("The lowest comes first; if it is not sent, one more than the highest of the set."),
    Field::new(
        "direction",
        Kind::Enum(&[
            "inbound",
            "outbound",
            "local",
            "peer",
            "cf_inbound",
            "cf_outbound",
            "a_inbound",
            "a_outbound",
            "b_inbound",
            "b_outbound",
            "reply",
        ]),
    )
    .required()
    .doc("Which messages it is for."),
    Field::new("stopper", Kind::Bool).doc("Whether no rule after it is looked at once it has applied."),
    Field::new("enabled", Kind::Bool).doc("Whether it is looked at; if it is not sent, it is."),
];
