//! Rewrite rule sets: the rules by which the numbers of subscribers, domains and peers are rewritten.
//!
//! Beyond storing: the name is unique on the platform; `rewriterules` makes the rules with the set and, when it is sent
//! again and differs, replaces all of them; a set that a preference or a header rule names stays. Our decisions: a set
//! keeps its reseller, and the `dpid`s follow from its id.

use std::collections::BTreeMap;

use registry::Error;
use registry::id::RewriteSetId;
use registry::rewrite::{self, Rule, RuleSet, Way};
use serde_json::{Value, json};

use super::rewriterules;
use crate::kernel::{
    Behaviour, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, Records, Refusal, Resource, SELLERS, Verb, record,
};

const DPID: &str = "The number that dial plans have these rules under: six for each set, which follow from its id.";

pub(super) static REWRITERULESETS: Resource = Resource {
    name: "rewriterulesets",
    singular: "rewriteruleset",
    title: "Rewrite rule sets",
    doc: "Named sets of rules that rewrite numbers. The preference rewrite_rule_set of a subscriber, domain or peering \
          server names one. A set that a preference or a header rule names can't be removed. A list shows at most 10000 \
          rules altogether: ask for fewer rows where sets are large.",
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
        Filter::wildcard("name", "name"),
        Filter::wildcard("description", "description"),
    ],
    links: &[
        Link::to("resellers", "/api/resellers/{reseller_id}"),
        Link::to("rewriterules", "/api/rewriterules/?set_id={id}"),
    ],
    created: Created::Representation,
    links_itself: true,
    source: Some(&rewrite::SETS),
    example: r#"{"reseller_id": 1, "name": "to E.164", "description": "Austria", "rewriterules": [{"match_pattern":
    "^00([1-9]\\d+)$", "replace_pattern": "\\1", "description": "international", "direction": "in", "field": "callee"}]}"#,
    behaviour: &RuleSets,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("name", Kind::Text(1, 32)).required().doc("Its name, unique on the platform."),
    Field::new("description", Kind::Text(0, 255)).doc("What it is for."),
    Field::new("rewriterules", Kind::List(&Kind::Object(rewriterules::INLINE))).doc(
        "Its rules, at most 1000. If they are sent and differ from those that are there, they replace all of them.",
    ),
    Field::new("caller_in_dpid", Kind::Int).read_only().doc(DPID),
    Field::new("callee_in_dpid", Kind::Int).read_only().doc(DPID),
    Field::new("caller_out_dpid", Kind::Int).read_only().doc(DPID),
    Field::new("callee_out_dpid", Kind::Int).read_only().doc(DPID),
    Field::new("caller_lnp_dpid", Kind::Int).read_only().doc(DPID),
    Field::new("callee_lnp_dpid", Kind::Int).read_only().doc(DPID),
];

/// Most rules in one answer; so many sets are read at a time.
const MOST_SHOWN: usize = 10_000;
const SETS_AT_ONCE: usize = 10;

const PLAIN: Records<RuleSet> = Records::of(FIELDS).words(words);

struct RuleSets;

/// The rules of a body, if it has some.
fn rules(body: &mut Item) -> Outcome<Option<Vec<Rule>>> {
    let Some(Value::Array(sent)) = body.remove("rewriterules") else { return Ok(None) };
    let each = sent.into_iter().map(|rule| match rule {
        Value::Object(rule) => record::read::<Rule>(rewriterules::INLINE, rule),
        other => Err(Error::Internal(format!("a rewrite rule that is {other}")).into()),
    });
    each.collect::<Outcome<_>>().map(Some)
}

/// Whether rules that were sent are those that are shown; what the registry gives them counts only where it was sent.
fn same(sent: &Value, shown: &Value) -> bool {
    let (Some(sent), Some(shown)) = (sent.as_array(), shown.as_array()) else { return false };
    let fits = |(sent, shown): (&Value, &Value)| {
        let fields = rewriterules::INLINE.iter().filter(|field| field.writable);
        fields.into_iter().all(|field| sent.get(field.name).is_some_and(|value| *value == shown[field.name]))
    };
    sent.len() == shown.len() && sent.iter().zip(shown).all(fits)
}

#[async_trait::async_trait]
impl Behaviour for RuleSets {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let mut items = PLAIN.load(cx, ids).await?;
        let (mut all, mut shown) = (BTreeMap::new(), 0);
        for ids in ids.chunks(SETS_AT_ONCE) {
            let found = rewrite::of_sets(cx.tx, ids).await?;
            shown += found.values().map(Vec::len).sum::<usize>();
            if shown > MOST_SHOWN {
                return Err(Refusal::new(422, "Too many rewrite rules to show, ask for fewer rows.").into());
            }
            all.extend(found);
        }
        for (id, item) in &mut items {
            let rules = all.remove(&RewriteSetId(*id)).unwrap_or_default();
            let shown = rules.iter().map(|rule| Value::Object(record::show(rewriterules::INLINE, &json!(rule))));
            item.insert("rewriterules".to_owned(), shown.collect());
            for way in Way::ALL {
                item.insert(format!("{way}_dpid"), way.dial_plan(RewriteSetId(*id)).into());
            }
        }
        Ok(items)
    }

    async fn create(&self, cx: &mut Cx<'_>, mut input: Item) -> Outcome<i64> {
        let rules = rules(&mut input)?;
        let id = PLAIN.create(cx, input).await?;
        if let Some(rules) = rules.filter(|rules| !rules.is_empty()) {
            rewrite::set_rules(cx.tx, cx.caller, cx.now, RewriteSetId(id), rules).await?;
        }
        Ok(id)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, mut new: Item) -> Outcome<()> {
        let kept = new.get("rewriterules").is_none_or(|sent| same(sent, &old["rewriterules"]));
        let cleared = new.get("rewriterules").is_some_and(Value::is_null);
        let sent = rules(&mut new)?;
        PLAIN.replace(cx, id, old, new).await?;
        if !kept {
            let rules = if cleared { Vec::new() } else { sent.unwrap_or_default() };
            rewrite::set_rules(cx.tx, cx.caller, cx.now, RewriteSetId(id), rules).await?;
        }
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        PLAIN.delete(cx, id).await
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        words(error)
    }
}

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { .. } => Some(Refusal::new(422, "Ruleset with this 'name' already exists.")),
        Error::Conflict(why) if why.contains("reseller") => {
            Some(Refusal::new(422, "Changing the reseller ID is not allowed."))
        }
        other => rewriterules::words(other),
    }
}
