//! Rewrite rules: how one number is rewritten.
//!
//! Beyond storing: patterns and replacements are checked, also against each other; a rule without a priority comes after
//! the others of its set, direction and field; a set has at most 1000 rules. Patterns with look-around or back-references
//! are refused, as is `$1` in a replacement: our decision, for matches that take a bounded time.

use registry::Error;
use registry::rewrite::{self, Rule};

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static REWRITERULES: Resource = Resource {
    name: "rewriterules",
    singular: "rewriterule",
    title: "Rewrite rules",
    doc: "Rules that rewrite numbers. Those of a set, direction and field are tried by priority, the lowest first; the \
          first enabled one whose pattern matches gives the number its new form, and no other is tried.",
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
        Filter::exact("reseller_id", "reseller_id"),
        Filter::wildcard("description", "description"),
        Filter::exact("direction", "direction"),
        Filter::exact("field", "field"),
        Filter::boolean("enabled", "enabled"),
    ],
    links: &[Link::to("rewriterulesets", "/api/rewriterulesets/{set_id}")],
    created: Created::Representation,
    links_itself: true,
    source: Some(&rewrite::RULES),
    example: r#"{"set_id": 1, "match_pattern": "^0([1-9]\\d+)$", "replace_pattern": "${caller_cc}\\1",
    "description": "national to E.164", "direction": "in", "field": "caller"}"#,
    behaviour: &Records::<Rule>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

/// The fields of a rule after its set.
macro_rules! of_rule {
    ($($first:expr),*) => {
        &[
            Field::ID,
            $($first,)*
            Field::new("match_pattern", Kind::Text(1, 128)).required().doc(
                "A regular expression of the PCRE kind, without look-around and back-references. ${name} stands for a \
                 variable such as ${caller_cc}, @{name} for any value of one that has several. All of one set, \
                 direction and field together have at most 50000 parts, with repetitions written out.",
            ),
            Field::new("replace_pattern", Kind::Text(1, 255)).required().doc(
                "The whole new number: \\1 to \\9 are what the groups have matched, ${name} is a variable. What the \
                 pattern does not cover is not kept.",
            ),
            Field::new("description", Kind::Text(1, 127)).required().doc("What it is for."),
            Field::new("direction", Kind::Enum(&["in", "out", "lnp"]))
                .required()
                .doc("Whether the number comes in, goes out, or is looked up for number portability."),
            Field::new("field", Kind::Enum(&["caller", "callee"])).required().doc("Whose number it is."),
            Field::new("priority", Kind::IntRange(0, 2_147_483_647))
                .doc("The lowest is tried first; if it is not sent, one more than the highest of set, direction and field."),
            Field::new("enabled", Kind::Bool).doc("Whether it is tried; if it is not sent, it is."),
        ]
    };
}

/// The fields of a rule inside its set.
pub(super) const INLINE: &[Field] = of_rule!();

const FIELDS: &[Field] = of_rule!(Field::new("set_id", Kind::PosInt).required().doc("The set that it is of."));

pub(super) fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Conflict(_) => {
            Some(Refusal::new(422, format!("Rewrite rule sets have at most {} rules.", rewrite::MOST_RULES)))
        }
        _ => None,
    }
}
