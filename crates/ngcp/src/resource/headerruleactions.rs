//! Actions of header rules: what is done to a header.
//!
//! Beyond storing: every action but `remove` needs a value; an action without a priority comes after the others of its
//! rule; the set of rewrite rules is one of the same reseller, and `rwr_dp` says which of its rules.

use registry::header_rule::{self, Action};

use super::headerruleconditions::{DIAL_PLANS, PARTS};
use crate::kernel::{Created, Field, Filter, Kind, Link, PatchOps, Records, Resource, SELLERS, Verb};

pub(super) static HEADERRULEACTIONS: Resource = Resource {
    name: "headerruleactions",
    singular: "headerruleaction",
    title: "Actions of header rules",
    doc: "Actions of header rules, done by priority, the lowest first, where all conditions of the rule hold. A rule has at \
          most 100 actions.",
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
        Filter::wildcard("header", "header"),
        Filter::exact("header_part", "header_part"),
        Filter::exact("action_type", "action_type"),
        Filter::exact("value_part", "value_part"),
        Filter::wildcard("value", "value"),
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
    source: Some(&header_rule::ACTIONS),
    example: r#"{"rule_id": 1, "header": "User-Agent", "header_part": "full", "action_type": "set", "value_part": "full",
    "value": "strowger", "enabled": true}"#,
    behaviour: &Records::<Action>::of(FIELDS),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("rule_id", Kind::PosInt).required().doc("The rule that it is of."),
    Field::new("header", Kind::Text(1, 255)).required().doc("The name of the header."),
    Field::new("header_part", PARTS).required().doc("Which part of it is changed."),
    Field::new("action_type", Kind::Enum(&["set", "add", "remove", "rsub", "header", "preference"])).required().doc(
        "What is done: the header is set, added or removed, a substitution is applied to it, or it takes the value of \
         the header or preference that value names.",
    ),
    Field::new("value_part", PARTS).required().doc("Which part of the value is taken."),
    Field::new("value", Kind::Text(0, 255)).doc("The value; needed for every action but remove."),
    Field::new("rwr_set_id", Kind::PosInt).doc("The set of rewrite rules that the value passes before."),
    Field::new("rwr_dp", DIAL_PLANS).doc("Which of its rules; needed beside rwr_set_id."),
    Field::new("rwr_dp_id", Kind::Int).read_only().doc("The number that dial plans have those rules under."),
    Field::new("priority", Kind::IntRange(0, 2_147_483_647))
        .doc("The lowest comes first; if it is not sent, one more than the highest of the rule."),
    Field::new("enabled", Kind::Bool).doc("Whether it is done; if it is not sent, it is."),
];
