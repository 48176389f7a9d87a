//! Conditions of header rules: what is looked at, and what it is compared with.
//!
//! Beyond storing: regular expressions are checked; the set of rewrite rules is one of the same reseller, and `rwr_dp` says
//! which of its rules; it is taken with and without `_dpid`.

use registry::header_rule::{self, Condition};

use crate::kernel::{Created, Field, Filter, Kind, Link, PatchOps, Records, Resource, SELLERS, Verb};

pub(super) static HEADERRULECONDITIONS: Resource = Resource {
    name: "headerruleconditions",
    singular: "headerrulecondition",
    title: "Conditions of header rules",
    doc: "Conditions of header rules, all of which must hold. A rule has at most 100 conditions.",
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
        Filter::exact("rule_id", "rule_id"),
        Filter::exact("match_type", "match_type"),
        Filter::exact("match_part", "match_part"),
        Filter::wildcard("match_name", "match_name"),
        Filter::exact("expression", "expression"),
        Filter::boolean("expression_negation", "expression_negation"),
        Filter::exact("value_type", "value_type"),
        Filter::exact("rwr_set_id", "rwr_set_id"),
        Filter::boolean("enabled", "enabled"),
    ],
    links: &[
        Link::to("headerrules", "/api/headerrules/{rule_id}"),
        Link::to("rewriterulesets", "/api/rewriterulesets/{rwr_set_id}"),
    ],
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&header_rule::CONDITIONS),
    example: r#"{"rule_id": 1, "match_type": "header", "match_part": "username", "match_name": "From", "expression":
    "regexp", "expression_negation": false, "value_type": "input", "values": ["^43"], "enabled": true}"#,
    behaviour: &Records::<Condition>::of(FIELDS),
    ..Resource::DEFAULT
};

/// Parts of a header's value.
pub(super) const PARTS: Kind = Kind::Enum(&["full", "username", "domain", "port"]);

/// The ways of rewrite rules.
pub(super) const DIAL_PLANS: Kind = Kind::Enum(&[
    "caller_in_dpid",
    "callee_in_dpid",
    "caller_out_dpid",
    "callee_out_dpid",
    "caller_lnp_dpid",
    "callee_lnp_dpid",
    "caller_in",
    "callee_in",
    "caller_out",
    "callee_out",
    "caller_lnp",
    "callee_lnp",
]);

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("rule_id", Kind::PosInt).required().doc("The rule that it is of."),
    Field::new("match_type", Kind::Enum(&["header", "preference", "avp"])).required().doc("What is looked at."),
    Field::new("match_part", PARTS).required().doc("Which part of it."),
    Field::new("match_name", Kind::Text(1, 255)).required().doc("The name of the header, preference or variable."),
    Field::new("expression", Kind::Enum(&["is", "contains", "matches", "regexp"]))
        .required()
        .doc("How it is compared: as a whole, as a part, with a pattern with *, or with a regular expression."),
    Field::new("expression_negation", Kind::Bool).doc("Whether it must not be so."),
    Field::new("value_type", Kind::Enum(&["input", "preference", "avp"]))
        .required()
        .doc("Whether values are the values themselves, or names of preferences or variables."),
    Field::new("values", Kind::List(&Kind::Text(1, 255))).doc("The values, any of which will do."),
    Field::new("rwr_set_id", Kind::PosInt).doc("The set of rewrite rules that what is looked at passes before."),
    Field::new("rwr_dp", DIAL_PLANS).doc("Which of its rules; needed beside rwr_set_id."),
    Field::new("rwr_dp_id", Kind::Int).read_only().doc("The number that dial plans have those rules under."),
    Field::new("enabled", Kind::Bool).doc("Whether it counts; if it is not sent, it does."),
];
