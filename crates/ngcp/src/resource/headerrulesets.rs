//! Header rule sets: named sets of rules by which the SIP proxies change the headers of messages.
//!
//! Beyond storing: the name is unique for the reseller; a subscriber is one of the reseller's; a set takes its rules with
//! it when it is removed, and stays while a preference names it. Our decisions: for administrators and resellers only, a
//! set keeps its reseller.

use registry::Error;
use registry::header_rule::{self, RuleSet};

use crate::kernel::{Created, Field, Filter, Kind, Link, PatchOps, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static HEADERRULESETS: Resource = Resource {
    name: "headerrulesets",
    singular: "headerruleset",
    title: "Header rule sets",
    doc: "Named sets of rules by which the SIP proxies change the headers of messages; they are kept here for the proxies. \
          The preference header_rule_set names one. Removing a set removes its rules; one that a preference names can't \
          be removed.",
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
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("subscriber_id", "subscriber_id"),
        Filter::wildcard("name", "name"),
        Filter::wildcard("description", "description"),
    ],
    links: &[
        Link::to("resellers", "/api/resellers/{reseller_id}"),
        Link::to("subscribers", "/api/subscribers/{subscriber_id}"),
        Link::to("headerrules", "/api/headerrules/?set_id={id}"),
    ],
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&header_rule::SETS),
    example: r#"{"reseller_id": 1, "name": "privacy", "description": "what peers are not shown"}"#,
    behaviour: &Records::<RuleSet>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("subscriber_id", Kind::PosInt).doc(
        "The subscriber whose own it is; null: of whoever's preferences name it. It does not change while one does.",
    ),
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique for the reseller."),
    Field::new("description", Kind::Text(0, 255)).doc("What it is for."),
];

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { .. } => {
            Some(Refusal::new(422, "Header rule set with this 'name' already exists for this reseller."))
        }
        Error::Conflict(_) => Some(Refusal::new(422, "Changing the reseller ID is not allowed.")),
        _ => None,
    }
}
