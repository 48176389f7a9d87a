//! The mappings of call forwards: for each type which sets apply, in order. The id is that of the subscriber.
//!
//! Beyond storing: sets are the subscriber's own, named by id or name, or given with their content and then made; forwards
//! of type `cft` need a ring timeout, which goes with the last of them; a patch that only adds to types appends; with
//! `delete_unused_sets`, sets that fall out of use are removed; `expand` copies at most 10,000 members of sets.

use std::collections::{BTreeMap, HashMap};

use axum::http::{HeaderName, Method, header};
use registry::call_forward::mapping::{self, MappingSpec, Mappings};
use registry::call_forward::{Choice, SetKind, Trigger, set};
use registry::id::SubscriberId;
use registry::{Error, listing, subscriber};
use serde_json::{Value, json};

use super::cfsets::{self, content};
use crate::kernel::{
    Behaviour, Call, Cx, EVERYONE, Failure, Field, Filter, Item, Kind, Link, Outcome, PatchOps, Refusal, Reply,
    Resource, Verb, hal, json as bodies,
};

const MAPPINGS: &str = "Array of {destinationset, destinationset_id, timeset, timeset_id, sourceset, sourceset_id, \
    bnumberset, bnumberset_id, enabled, use_redirection, cfm_id}. A set is given by id, by name, or as an object with \
    name and content, which is then made.";

pub(super) static CFMAPPINGS: Resource = Resource {
    name: "cfmappings",
    singular: "cfmapping",
    title: "Call forward mappings",
    doc: "Which destination, time, source and B-number sets of a subscriber apply on which type of forward; the id is the \
          subscriber's. PUT replaces all of them and needs all seven arrays. A PATCH with nothing but add appends.",
    fields: &[
        Field::ID,
        Field::new("cfu", Kind::Any).doc(MAPPINGS),
        Field::new("cfb", Kind::Any).doc(MAPPINGS),
        Field::new("cft", Kind::Any).doc(MAPPINGS),
        Field::new("cfna", Kind::Any).doc(MAPPINGS),
        Field::new("cfs", Kind::Any).doc(MAPPINGS),
        Field::new("cfr", Kind::Any).doc(MAPPINGS),
        Field::new("cfo", Kind::Any).doc(MAPPINGS),
        Field::new("cft_ringtimeout", Kind::PosInt).doc("Seconds of ringing before cft; required with it."),
    ],
    put_replaces: true,
    verbs: &[(Verb::List, EVERYONE), (Verb::Get, EVERYONE), (Verb::Replace, EVERYONE), (Verb::Modify, EVERYONE)],
    filters: &[Filter::exact("subscriber_id", "id")],
    parameters: &[
        (
            "expand",
            "With all, each mapping has its sets beside it (destinationset_id_expand …), at most 10000 members.",
        ),
        ("delete_unused_sets", "On PUT and PATCH: sets that no mapping uses any more are removed (1)."),
    ],
    links: &[Link::to("subscribers", "/api/subscribers/{id}")],
    journal: Some("cf_mappings"),
    patch: PatchOps::All,
    source: Some(&subscriber::SUBSCRIBERS),
    example: r#"{"cfu": [{"destinationset": "mobile", "timeset": "office hours", "enabled": true}], "cfb": [], "cft": [],
    "cfna": [], "cfs": [], "cfr": [], "cfo": [], "cft_ringtimeout": null}"#,
    behaviour: &CfMappings,
    ..Resource::DEFAULT
};

/// The names of the sets in a mapping, in the dialect and in the registry's records.
const SETS: [(SetKind, &str, &str); 4] = [
    (SetKind::Destination, "destinationset", "destination_set"),
    (SetKind::Time, "timeset", "time_set"),
    (SetKind::Source, "sourceset", "source_set"),
    (SetKind::Bnumber, "bnumberset", "bnumber_set"),
];

/// Most members of sets that are copied into the mappings of an answer.
const MOST_EXPANDED: usize = 10_000;

/// So many sets are read at a time: what is too much is refused before all of it is read.
const SETS_AT_ONCE: usize = 50;

struct CfMappings;

/// How a member of a body names a set.
fn choice(kind: SetKind, name: &str, member: &Item) -> Outcome<Choice> {
    let invalid = || Refusal::new(422, format!("Invalid '{name}'. Could not be found."));
    if let Some(Value::Object(set)) = member.get(name) {
        let called = content::text(set.get("name"));
        let required = || Refusal::invalid_field("name", "", "Name field is required");
        return Ok(Choice { id: None, name: Some(called.ok_or_else(required)?), new: Some(content::read(kind, set)?) });
    }
    let id = content::integer(member.get(&format!("{name}_id"))).map_err(|()| invalid())?;
    let called = match member.get(name) {
        Some(Value::Bool(_) | Value::Array(_)) => return Err(invalid().into()),
        other => content::text(other),
    };
    Ok(Choice { id, name: called, new: None })
}

/// The mappings of a body.
fn read(body: &Item) -> Outcome<Vec<MappingSpec>> {
    let mut wanted = Vec::new();
    for trigger in Trigger::ALL {
        if !body.get(trigger.as_str()).is_some_and(Value::is_array) {
            return Err(Refusal::new(422, format!("Invalid field '{trigger}'. Must be an array.")).into());
        }
        for member in content::objects(body, trigger.as_str())? {
            let destination_set = choice(SetKind::Destination, "destinationset", member)?;
            if destination_set.id.is_none() && destination_set.name.is_none() {
                let message = format!("Missing field 'destinationset' or 'destinationset_id' in '{trigger}'.");
                return Err(Refusal::new(422, message).into());
            }
            wanted.push(MappingSpec {
                id: content::integer(member.get("cfm_id")).unwrap_or_default(),
                trigger: *trigger,
                destination_set,
                time_set: choice(SetKind::Time, "timeset", member)?,
                source_set: choice(SetKind::Source, "sourceset", member)?,
                bnumber_set: choice(SetKind::Bnumber, "bnumberset", member)?,
                enabled: content::truth(member.get("enabled"), true),
                use_redirection: content::truth(member.get("use_redirection"), false),
            });
        }
    }
    Ok(wanted)
}

/// The registry's record of a subscriber's mappings as an item.
fn item(record: &Value) -> Item {
    let mut item = Item::new();
    item.insert("id".to_owned(), record["subscriber_id"].clone());
    item.insert("cft_ringtimeout".to_owned(), record["ring_timeout"].clone());
    for trigger in Trigger::ALL {
        let mappings = record["mappings"].as_array().into_iter().flatten();
        let of_type = mappings.filter(|mapping| mapping["trigger"] == trigger.as_str());
        let shown = of_type.map(|mapping| {
            let mut shown = json!({
                "cfm_id": mapping["id"],
                "enabled": mapping["enabled"],
                "use_redirection": mapping["use_redirection"],
            });
            for (_, name, stored) in SETS {
                shown[name] = mapping[stored]["name"].clone();
                shown[format!("{name}_id")] = mapping[stored]["id"].clone();
            }
            shown
        });
        item.insert(trigger.to_string(), shown.collect());
    }
    item
}

/// How often mappings use each set.
fn uses(all: &[Mappings]) -> BTreeMap<i64, usize> {
    let mut uses = BTreeMap::new();
    for mapping in all.iter().flat_map(|of| &of.mappings) {
        for set in SetKind::ALL.iter().filter_map(|kind| mapping.set(*kind)) {
            *uses.entry(set.id.0).or_default() += 1;
        }
    }
    uses
}

/// Puts the sets beside their ids: a copy of a set for each mapping that uses it.
async fn expand(cx: &mut Cx<'_>, all: &[Mappings], items: &mut [(i64, Item)]) -> Outcome<()> {
    let uses = uses(all);
    let ids: Vec<i64> = uses.keys().copied().collect();
    let (mut sets, mut members) = (HashMap::new(), 0_usize);
    for ids in ids.chunks(SETS_AT_ONCE) {
        for found in set::load(cx.tx, ids).await? {
            let copies = uses.get(&found.id.0).copied().unwrap_or(1);
            members = members.saturating_add(found.content.members().saturating_mul(copies));
            if members > MOST_EXPANDED {
                return Err(Refusal::new(422, "Too many members to expand, ask for fewer mappings.").into());
            }
            sets.insert(found.id.0, Value::Object(content::item(found.content.kind(), &cfsets::record(&found)?)));
        }
    }
    for (_, item) in items {
        let members = Trigger::ALL.iter().map(|trigger| trigger.as_str());
        for name in members {
            for member in item.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten() {
                for (_, name, _) in SETS {
                    let id = member[format!("{name}_id")].as_i64();
                    if let Some(found) = id.and_then(|id| sets.get(&id)) {
                        member[format!("{name}_id_expand")] = found.clone();
                    }
                }
            }
        }
    }
    Ok(())
}

/// What a patch with nothing but `add` to whole types makes of an item: additions to what is there. None for every other
/// patch.
fn appended(operations: &Value, old: &Item) -> Option<Item> {
    let mut new = old.clone();
    let operations = operations.as_array().filter(|operations| !operations.is_empty())?;
    for operation in operations {
        let operation = operation.as_object().filter(|o| o.len() == 3 && o.get("op").is_some_and(|op| op == "add"))?;
        let (path, value) = (operation.get("path")?.as_str()?.strip_prefix('/')?, operation.get("value")?.clone());
        match new.get_mut(path.strip_suffix("/-").unwrap_or(path)) {
            Some(Value::Array(members)) => match value {
                Value::Array(more) if !path.ends_with("/-") => members.extend(more),
                one => members.push(one),
            },
            _ if path == "cft_ringtimeout" => {
                content::integer(Some(&value)).ok()?;
                new.insert(path.to_owned(), value);
            }
            _ => return None,
        }
    }
    Some(new)
}

#[async_trait::async_trait]
impl Behaviour for CfMappings {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let all = mapping::load(cx.tx, ids).await?;
        let mut items = Vec::with_capacity(all.len());
        for of in &all {
            let record = serde_json::to_value(of).map_err(|error| Failure::from(Error::Internal(error.to_string())))?;
            items.push((of.subscriber_id.0, item(&record)));
        }
        if cx.params.get("expand").is_some_and(|names| names.split(',').any(|name| name.trim() == "all")) {
            expand(cx, &all, &mut items).await?;
        }
        Ok(items)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let wanted = read(&new)?;
        let ring_timeout = content::integer(new.get("cft_ringtimeout")).unwrap_or_default();
        let delete_unused = cx.params.is_true("delete_unused_sets");
        mapping::replace(cx.tx, cx.caller, cx.now, SubscriberId(id), &wanted, ring_timeout, delete_unused).await?;
        Ok(())
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        let is_patch =
            call.method == Method::PATCH && call.media_type().as_deref() == Some("application/json-patch+json");
        let id = call.id.as_deref().and_then(|id| id.parse::<i64>().ok());
        let (Some(id), Ok(operations)) = (id.filter(|_| is_patch), bodies::parse(&call.body)) else { return Ok(None) };
        if call.headers.contains_key(header::LINK)
            || !listing::shows(cx.tx, cx.caller, &subscriber::SUBSCRIBERS, id).await?
        {
            return Ok(None);
        }
        let Some((_, old)) = self.load(cx, &[id]).await?.pop() else { return Ok(None) };
        let Some(new) = appended(&operations, &old) else { return Ok(None) };
        self.replace(cx, id, &old, new).await?;
        let applied = HeaderName::from_static("preference-applied");
        if !call.wants_representation() {
            return Ok(Some(Reply::status(204).header(applied, "return=minimal")));
        }
        let item = self.load(cx, &[id]).await?.pop().map(|(_, item)| item).unwrap_or_default();
        let links = hal::Links::of(&CFMAPPINGS, id, &item, cx.caller.role);
        let body = hal::item(&CFMAPPINGS, id, item, &links, cx.state.hal_shape);
        let reply = hal::item_reply(call, 200, &CFMAPPINGS, id, &links, &body, false);
        Ok(Some(reply.header(applied, "return=representation")))
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Dangling { field, .. } => match SETS.iter().find(|(_, _, stored)| stored == field) {
                Some((_, name, _)) => Some(Refusal::new(422, format!("Invalid '{name}'. Could not be found."))),
                None => cfsets::refusal(error),
            },
            Error::Invalid { field: "ring_timeout", .. } => {
                Some(Refusal::wrong("cft_ringtimeout", "Cft ringtimeout field is required"))
            }
            other => cfsets::refusal(other),
        }
    }

    fn journal_content(&self, _resource: &Resource, record: &Value) -> Item {
        item(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(cfu: Value) -> Item {
        let mut body = Item::new();
        for trigger in Trigger::ALL {
            body.insert(trigger.to_string(), json!([]));
        }
        body.insert("cfu".to_owned(), cfu);
        body
    }

    #[test]
    fn what_is_wrong_is_said_with_the_type() {
        let mut without = body(json!([]));
        without.remove("cfs");
        let table = [
            (without, "Invalid field 'cfs'. Must be an array."),
            (body(json!({})), "Invalid field 'cfu'. Must be an array."),
            (body(json!(["a"])), "Invalid element in array 'cfu'. Must be an object."),
            (body(json!([{}])), "Missing field 'destinationset' or 'destinationset_id' in 'cfu'."),
            (body(json!([{ "destinationset_id": "x" }])), "Invalid 'destinationset'. Could not be found."),
            (body(json!([{ "destinationset": "a", "timeset": [] }])), "Invalid 'timeset'. Could not be found."),
            (
                body(json!([{ "destinationset": { "destinations": [] } }])),
                "Validation failed. field='name', input='', errors='Name field is required'",
            ),
        ];
        for (sent, message) in table {
            match read(&sent) {
                Err(Failure::Refused(refusal)) => assert_eq!((refusal.status, &*refusal.message), (422, message)),
                other => panic!("{sent:?}: {other:?}"),
            }
        }
        let wanted = read(&body(json!([{ "destinationset_id": "7", "enabled": 0, "timeset": null }]))).expect("one");
        assert_eq!((wanted.len(), wanted[0].destination_set.id, wanted[0].enabled), (1, Some(7), false));
    }

    #[test]
    fn a_patch_that_only_adds_appends() {
        let old = body(json!([{ "cfm_id": 1 }]));
        let add = |path: &str, value: Value| json!({ "op": "add", "path": path, "value": value });
        let both = json!([{ "cfm_id": 1 }, { "timeset": "x" }]);
        for operation in [
            add("/cfu", json!([{ "timeset": "x" }])),
            add("/cfu", json!({ "timeset": "x" })),
            add("/cfu/-", json!({ "timeset": "x" })),
        ] {
            let new = appended(&json!([operation, add("/cft_ringtimeout", json!(5))]), &old).expect("appended");
            assert_eq!((&new["cfu"], &new["cft_ringtimeout"]), (&both, &json!(5)), "{operation}");
        }
        for other in [
            json!([]),
            json!([{ "op": "replace", "path": "/cfu", "value": [] }]),
            json!([add("/cfu", json!([])), { "op": "remove", "path": "/cfb" }]),
            json!([add("/cfu/0/timeset", json!("x"))]),
            json!([{ "op": "add", "path": "/cfu", "value": [], "mode": "append" }]),
            json!({}),
        ] {
            assert_eq!(appended(&other, &old), None, "{other}");
        }
    }

    #[test]
    fn an_item_has_seven_arrays() {
        let set = |id: i64, name: &str| json!({ "id": id, "name": name });
        let stored = json!({ "subscriber_id": 5, "ring_timeout": null, "mappings": [{
            "id": 1, "trigger": "cfu", "destination_set": set(1, "quickset_cfu"), "time_set": null,
            "source_set": null, "bnumber_set": set(4, "hotline"), "enabled": true, "use_redirection": false,
        }]});
        let wanted = json!({
            "cfb": [], "cfna": [], "cfo": [], "cfr": [], "cfs": [], "cft": [], "cft_ringtimeout": null, "id": 5,
            "cfu": [{
                "bnumberset": "hotline", "bnumberset_id": 4, "cfm_id": 1, "destinationset": "quickset_cfu",
                "destinationset_id": 1, "enabled": true, "sourceset": null, "sourceset_id": null, "timeset": null,
                "timeset_id": null, "use_redirection": false,
            }],
        });
        assert_eq!(Value::Object(item(&stored)), wanted);
    }
}
