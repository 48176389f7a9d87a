//! UPN rewrite sets: the number that stands in for those that a subscriber's devices provide.
//!
//! Beyond storing: patterns are checked, a set stays with its subscriber and ends with it.

use registry::upn_rewrite::{self, UpnRewriteSet};

use crate::kernel::{Created, Field, Filter, Kind, Link, PatchOps, Records, Resource, SELLERS, Verb};

pub(super) static UPNREWRITESETS: Resource = Resource {
    name: "upnrewritesets",
    singular: "upnrewriteset",
    title: "UPN rewrite sets",
    doc: "Which number stands in for those that a subscriber's devices provide (user-provided numbers). They are kept here \
          for the SIP proxies.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[Filter::exact("subscriber_id", "subscriber_id"), Filter::wildcard("new_cli", "new_cli")],
    links: &[Link::to("subscribers", "/api/subscribers/{subscriber_id}")],
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&upn_rewrite::ALL),
    example: r#"{"subscriber_id": 1, "new_cli": "4311234", "upn_rewrite_sources": [{"pattern": "^0+$"}]}"#,
    behaviour: &Records::<UpnRewriteSet>::of(FIELDS),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("subscriber_id", Kind::PosInt).required().doc("The subscriber whose devices it is about."),
    Field::new("new_cli", Kind::Text(1, 45)).required().doc("The number that stands in."),
    Field::new("upn_rewrite_sources", Kind::List(&Kind::Object(SOURCE))).doc("The numbers that it stands in for."),
];

const SOURCE: &[Field] =
    &[Field::new("pattern", Kind::Text(1, 255)).required().doc("A regular expression that matches them.")];
