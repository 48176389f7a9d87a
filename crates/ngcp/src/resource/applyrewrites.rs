//! What rewrite rules make of numbers. Nothing is changed.
//!
//! With `subscriber_id`, the rules are those of the subscriber, and the answer is `{"result": …}`: an array for `numbers`,
//! one text for `number`. Our own beside it: with `rewrite_rule_set_id`, which is for administrators and resellers, any
//! set is tried with any variables, and the answer says for each number which rule has matched.

use std::collections::BTreeSet;

use axum::http::{Method, header};
use registry::id::{RewriteSetId, SubscriberId};
use registry::rewrite::{self, MOST_NUMBERS, RuleSet, Variables, Way};
use registry::{Error, record, subscriber};
use serde_json::{Value, json};

use super::passwordchange::calling;
use crate::kernel::{Behaviour, Call, Cx, Field, Item, Kind, Outcome, Refusal, Reply, Resource, SELLERS, Verb, posted};

pub(super) static APPLYREWRITES: Resource = Resource {
    name: "applyrewrites",
    singular: "applyrewrite",
    title: "Rewrites of numbers",
    doc: "POST tells what rewrite rules make of numbers, and changes nothing. With subscriber_id the rules of that \
          subscriber apply, else those of its domain, and the answer is {\"result\": …} with a text for number and an \
          array for numbers. With rewrite_rule_set_id any set is tried: the result is then an array of {number, result, \
          rule_id}, where rule_id is null if no rule has matched.",
    fields: &[
        Field::new("subscriber_id", Kind::PosInt)
            .doc("Whose rules apply. Subscribers need not send it: it is always their own."),
        Field::new("rewrite_rule_set_id", Kind::PosInt)
            .seen_by(SELLERS)
            .doc("A set to be tried instead; administrators and resellers only."),
        Field::new("direction", Kind::Enum(DIRECTIONS)).required().doc("Whose number, on which way."),
        Field::new("number", Kind::Text(1, 64)).doc("A number."),
        Field::new("numbers", Kind::List(&Kind::Text(1, 64))).doc("Several numbers, at most 100."),
        Field::new("variables", Kind::Any).doc(
            "With rewrite_rule_set_id: an object with the values of variables, each a text or an array of texts, such as \
             {\"caller_cc\": \"43\"}. A rule whose variables have no values is passed over; patterns that become too large \
             with the values are an error.",
        ),
    ],
    verbs: &[(Verb::Create, CALLERS)],
    single: true,
    asks: true,
    example: r#"{"subscriber_id": 1, "direction": "callee_in", "numbers": ["0043112345", "12345"]}"#,
    behaviour: &ApplyRewrites,
    ..Resource::DEFAULT
};

const CALLERS: &[registry::Role] =
    &[registry::Role::Admin, registry::Role::Reseller, registry::Role::SubscriberAdmin, registry::Role::Subscriber];

const DIRECTIONS: &[&str] = &["caller_in", "callee_in", "caller_out", "callee_out", "caller_lnp", "callee_lnp"];

/// Most variables that can be sent, and most values of one.
const MOST_VARIABLES: usize = 100;

struct ApplyRewrites;

/// The variables of a body.
fn variables(sent: Option<&Value>) -> Outcome<Variables> {
    let wrong = |why: &str| Refusal::wrong("variables", why);
    let named = match sent {
        None | Some(Value::Null) => return Ok(Variables::new()),
        Some(Value::Object(named)) if named.len() <= MOST_VARIABLES => named,
        Some(Value::Object(_)) => return Err(wrong(&format!("At most {MOST_VARIABLES} variables are taken")).into()),
        Some(_) => return Err(wrong("Value must be an object").into()),
    };
    let text = |value: &Value| match value {
        Value::String(text) if text.len() <= 255 => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let mut found = Variables::new();
    for (name, value) in named {
        let values: Option<Vec<String>> = match value {
            Value::Array(values) if values.len() <= MOST_VARIABLES => values.iter().map(text).collect(),
            one => text(one).map(|text| vec![text]),
        };
        let values = values.ok_or_else(|| wrong(&format!("'{name}' must be a text or an array of texts")))?;
        found.insert(name.clone(), values);
    }
    Ok(found)
}

/// The numbers of a body, and whether there is but one.
fn numbers(input: &Item) -> Outcome<(Vec<String>, bool)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match (input.get("numbers"), input.get("number")) {
        (Some(Value::Array(several)), _) if several.len() > MOST_NUMBERS => {
            Err(Refusal::wrong("numbers", &format!("At most {MOST_NUMBERS} numbers are taken")).into())
        }
        (Some(Value::Array(several)), _) => Ok((several.iter().filter_map(text).collect(), false)),
        (_, Some(Value::String(one))) => Ok((vec![one.clone()], true)),
        _ => Err(Refusal::invalid_field("numbers", "", "Numbers field is required").into()),
    }
}

async fn of_subscriber(cx: &mut Cx<'_>, input: &Item, way: Way) -> Outcome<Value> {
    let sent = input.get("subscriber_id").and_then(Value::as_i64).map(SubscriberId);
    let id = match (sent, cx.caller.role) {
        (_, registry::Role::Subscriber) | (None, registry::Role::SubscriberAdmin) => calling(cx).await?.subscriber_id,
        (Some(id), _) => id,
        (None, _) => {
            return Err(Refusal::invalid_field("subscriber_id", "", "Subscriber id field is required").into());
        }
    };
    let found = match subscriber::get(cx.tx, cx.caller, id).await {
        Err(Error::NotFound { .. }) => return Err(Error::dangling("subscriber_id", id).into()),
        found => found?,
    };
    let (numbers, one) = numbers(input)?;
    let set = rewrite::set_of(cx.tx, &found).await?;
    let plan = match set {
        Some(set) => rewrite::of_set(cx.tx, set).await?,
        None => None,
    };
    let rewritten: Vec<String> = match plan {
        Some(plan) => {
            let names: BTreeSet<&str> = plan.variables(way);
            let known = rewrite::variables_of(cx.tx, &found, &names).await?;
            let applied = rewrite::apply(plan, way, known, numbers).await?;
            applied.into_iter().map(|applied| applied.number).collect()
        }
        None => numbers,
    };
    let result = if one { rewritten.into_iter().next().into() } else { Value::from(rewritten) };
    Ok(json!({ "result": result }))
}

async fn of_set(cx: &mut Cx<'_>, input: &Item, set: RewriteSetId, way: Way) -> Outcome<Value> {
    let found: RuleSet = record::named_by(cx.tx, cx.caller, "rewrite_rule_set_id", set.0).await?;
    let known = variables(input.get("variables"))?;
    let (numbers, _) = numbers(input)?;
    let plan = rewrite::of_set(cx.tx, found.id).await?;
    let applied = match plan {
        Some(plan) => rewrite::apply(plan, way, known, numbers.clone()).await?,
        None => Vec::new(),
    };
    let each = numbers.iter().zip(applied);
    let result =
        each.map(|(number, applied)| json!({ "number": number, "result": applied.number, "rule_id": applied.rule }));
    Ok(json!({ "rewrite_rule_set_id": set, "direction": way.as_str(), "result": result.collect::<Value>() }))
}

#[async_trait::async_trait]
impl Behaviour for ApplyRewrites {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::POST {
            return Ok(None);
        }
        let input = posted(cx, call, &APPLYREWRITES)?;
        let way = input.get("direction").and_then(Value::as_str).unwrap_or_default().parse::<Way>()?;
        let set = input.get("rewrite_rule_set_id").and_then(Value::as_i64).map(RewriteSetId);
        let answer = match set {
            Some(set) if SELLERS.contains(&cx.caller.role) => of_set(cx, &input, set, way).await?,
            Some(set) => return Err(Error::dangling("rewrite_rule_set_id", set).into()),
            None => of_subscriber(cx, &input, way).await?,
        };
        let reply = Reply::status(200).header(header::CONTENT_TYPE, "application/json");
        Ok(Some(reply.body(format!("{answer}\n"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Failure;

    #[test]
    fn variables_are_texts_or_arrays_of_texts() {
        let known = variables(Some(&json!({ "caller_cc": 43, "aliases": ["1", "2"], "none": [] }))).expect("variables");
        assert_eq!(known["caller_cc"], ["43"]);
        assert_eq!(known["aliases"], ["1", "2"]);
        assert!(known["none"].is_empty());
        assert!(variables(None).expect("none").is_empty());
        for (wrong, why) in [
            (json!([]), "Value must be an object"),
            (json!({ "a": {} }), "'a' must be a text or an array of texts"),
            (json!({ "a": [["1"]] }), "'a' must be a text or an array of texts"),
            (json!({ "a": "1".repeat(256) }), "'a' must be a text or an array of texts"),
        ] {
            let Err(Failure::Refused(refusal)) = variables(Some(&wrong)) else { panic!("{wrong} is taken") };
            assert_eq!(refusal, Refusal::wrong("variables", why), "{wrong}");
        }
    }
}
