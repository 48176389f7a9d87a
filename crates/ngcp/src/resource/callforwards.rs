//! Call forwards without names: for each type at most one forward with its destinations, times, callers and called
//! numbers. The id is that of the subscriber.
//!
//! Beyond storing: types that a `PUT` leaves out are cleared; keywords and numbers become SIP URIs and keywords are shown
//! again; `cft` needs a ring timeout; a type with several mappings can't be changed here; sets are kept under the names
//! `quickset_` and the type, and removed when they are out of use.

use std::collections::BTreeMap;

use registry::call_forward::Trigger;
use registry::call_forward::simple::{self, ForwardSpec, Forwards};
use registry::id::SubscriberId;
use registry::{Error, subscriber};
use serde_json::{Value, json};

use super::cfsets::{self, BNUMBER, DESTINATION, PERIOD, SOURCE, content};
use crate::kernel::{
    Behaviour, Cx, EVERYONE, Failure, Field, Filter, Item, Kind, Link, Outcome, Refusal, Resource, Verb,
};

const MODES: Kind = Kind::Enum(&["whitelist", "blacklist"]);

macro_rules! forward {
    ($($more:expr),*) => {
        Kind::Object(&[
            Field::new("destinations", Kind::List(&Kind::Object(DESTINATION))).doc("Where calls go; none: no forward."),
            Field::new("times", Kind::List(&Kind::Object(PERIOD))).doc("When; null or empty: always."),
            Field::new("sources", Kind::List(&Kind::Object(SOURCE))).doc("Whose calls; null or empty: everybody's."),
            Field::new("sources_mode", MODES).doc("Whether only the sources count or all others."),
            Field::new("sources_is_regex", Kind::Bool).doc("Whether sources are regular expressions."),
            Field::new("bnumbers", Kind::List(&Kind::Object(BNUMBER))).doc("Calls to which numbers; empty: all."),
            Field::new("bnumbers_mode", MODES).doc("Whether only the B-numbers count or all others."),
            Field::new("bnumbers_is_regex", Kind::Bool).doc("Whether B-numbers are regular expressions."),
            Field::new("destination_set", Kind::Any).read_only().doc("The set of the destinations."),
            Field::new("time_set", Kind::Any).read_only().doc("The set of the times, or null."),
            Field::new("source_set", Kind::Any).read_only().doc("The set of the sources, or null."),
            Field::new("bnumber_set", Kind::Any).read_only().doc("The set of the B-numbers, or null."),
            $($more),*
        ])
    };
}

pub(super) static CALLFORWARDS: Resource = Resource {
    name: "callforwards",
    singular: "callforward",
    title: "Call forwards",
    doc: "The forwards of a subscriber, one for each type, without names; the id is the subscriber's. PUT replaces all of \
          them: types that are left out or empty are cleared. For several forwards of one type, or sets shared between \
          types, use cfmappings.",
    fields: &[
        Field::new("cfu", forward!()).doc("Always."),
        Field::new("cfb", forward!()).doc("When busy."),
        Field::new(
            "cft",
            forward!(Field::new("ringtimeout", Kind::PosInt).doc("Seconds of ringing before; required here.")),
        )
        .doc("When nobody answers in time."),
        Field::new("cfna", forward!()).doc("When no phone is registered."),
        Field::new("cfs", forward!()).doc("Short messages."),
        Field::new("cfr", forward!()).doc("On a response of the phone."),
        Field::new("cfo", forward!()).doc("When there are too many calls."),
    ],
    put_replaces: true,
    verbs: &[
        (Verb::List, EVERYONE),
        (Verb::Get, EVERYONE),
        (Verb::Replace, EVERYONE),
        (Verb::Modify, EVERYONE),
        (Verb::Delete, EVERYONE),
    ],
    filters: &[Filter::exact("subscriber_id", "id")],
    links: &[Link::to("subscribers", "/api/subscribers/{id}")],
    journal: Some("call_forwards"),
    links_itself: true,
    item_rels: true,
    shows_id: false,
    source: Some(&subscriber::SUBSCRIBERS),
    example: r#"{"cfna": {"destinations": [{"destination": "4366610001", "timeout": 10},
    {"destination": "voicebox", "timeout": 300}], "times": null}}"#,
    behaviour: &CallForwards,
    ..Resource::DEFAULT
};

struct CallForwards;

/// The forwards in a checked body, and the ring timeout.
fn read(body: &Item) -> Outcome<(BTreeMap<Trigger, ForwardSpec>, Option<i64>)> {
    let mut wanted = BTreeMap::new();
    let mut ring_timeout = None;
    for trigger in Trigger::ALL {
        let Some(Value::Object(forward)) = body.get(trigger.as_str()) else { continue };
        let destinations = content::destinations(forward, trigger.as_str())?;
        if destinations.is_empty() {
            continue;
        }
        if *trigger == Trigger::Cft {
            ring_timeout = forward.get("ringtimeout").and_then(Value::as_i64);
            if ring_timeout.is_none() {
                return Err(Refusal::invalid_field("cft_ringtimeout", "", "Ringtimeout field is required").into());
            }
        }
        let spec = ForwardSpec {
            destinations,
            times: content::times(forward)?,
            sources: content::patterns(forward, "sources", "sources_mode", "sources_is_regex")?,
            bnumbers: content::patterns(forward, "bnumbers", "bnumbers_mode", "bnumbers_is_regex")?,
        };
        wanted.insert(*trigger, spec);
    }
    Ok((wanted, ring_timeout))
}

/// The registry's record of a subscriber's forwards as an item.
fn item(record: &Value) -> Item {
    let mut item = Item::new();
    let (subscriber, domain) = (&record["subscriber_id"], record["domain"].as_str().unwrap_or_default());
    for trigger in Trigger::ALL {
        let forward = &record["forwards"][trigger.as_str()];
        if forward.is_null() {
            item.insert(trigger.to_string(), json!({}));
            continue;
        }
        let set = |name: &str, patterns: Option<&str>| {
            let set = &forward[name];
            if set.is_null() {
                return Value::Null;
            }
            let mut shown = json!({ "id": set["id"], "name": set["name"], "own": 1, "subscriber_id": subscriber });
            if let Some(patterns) = patterns {
                shown["mode"] = forward[patterns]["mode"].clone();
                shown["is_regex"] = forward[patterns]["is_regex"].clone();
            }
            shown
        };
        let mut shown = json!({
            "destinations": content::show_destinations(&forward["destinations"], domain, content::Style::Keywords),
            "times": forward["times"],
            "sources": content::show_patterns(&forward["sources"], "source"),
            "sources_mode": forward["sources"]["mode"],
            "sources_is_regex": forward["sources"]["is_regex"],
            "bnumbers": content::show_patterns(&forward["bnumbers"], "bnumber"),
            "bnumbers_mode": forward["bnumbers"]["mode"],
            "bnumbers_is_regex": forward["bnumbers"]["is_regex"],
            "destination_set": set("destination_set", None),
            "time_set": set("time_set", None),
            "source_set": set("source_set", Some("sources")),
            "bnumber_set": set("bnumber_set", Some("bnumbers")),
        });
        if *trigger == Trigger::Cft {
            shown["ringtimeout"] = record["ring_timeout"].clone();
        }
        item.insert(trigger.to_string(), shown);
    }
    item
}

fn record(forwards: &Forwards) -> Outcome<Value> {
    serde_json::to_value(forwards).map_err(|error| Failure::from(Error::Internal(error.to_string())))
}

#[async_trait::async_trait]
impl Behaviour for CallForwards {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let all = simple::load(cx.tx, ids).await?;
        all.iter().map(|forwards| Ok((forwards.subscriber_id.0, item(&record(forwards)?)))).collect()
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let (wanted, ring_timeout) = read(&new)?;
        simple::replace(cx.tx, cx.caller, cx.now, SubscriberId(id), &wanted, ring_timeout).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(simple::delete(cx.tx, cx.caller, cx.now, SubscriberId(id)).await?)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Invalid { field, .. } if Trigger::ALL.iter().any(|trigger| trigger.as_str() == *field) => {
                Some(Refusal::new(422, format!("Not a simple cf. Multiple {field}-s configured.")))
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

    fn body(text: Value) -> Item {
        text.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn an_item_has_exactly_the_seven_types() {
        let patterns = json!({ "mode": "whitelist", "is_regex": false, "patterns": [] });
        let family = json!({ "mode": "blacklist", "is_regex": true, "patterns": ["43.*"] });
        let to = |uri: &str| json!({ "destination": uri, "timeout": 300, "priority": 1, "announcement_id": null });
        let stored = json!({
            "subscriber_id": 5, "domain": "example.org", "ring_timeout": 20,
            "forwards": { "cft": {
                "destination_set": { "id": 1, "name": "quickset_cft" }, "time_set": null,
                "source_set": { "id": 2, "name": "family" }, "bnumber_set": null,
                "destinations": [to("sip:vmu431@voicebox.local"), to("sip:43660@example.org"), to("sip:a@b.example")],
                "times": [], "sources": family, "bnumbers": patterns,
            }},
        });
        let shown = item(&stored);
        let names: Vec<&str> = shown.keys().map(String::as_str).collect();
        assert_eq!(names, ["cfb", "cfna", "cfo", "cfr", "cfs", "cft", "cfu"]);
        assert_eq!(shown["cfu"], json!({}));
        let cft = json!({
            "destination_set": { "id": 1, "name": "quickset_cft", "own": 1, "subscriber_id": 5 },
            "destinations": [
                { "announcement_id": null, "destination": "voicebox", "priority": 1, "timeout": 300 },
                { "announcement_id": null, "destination": "sip:43660@example.org", "priority": 1,
                  "simple_destination": "43660", "timeout": 300 },
                { "announcement_id": null, "destination": "sip:a@b.example", "priority": 1,
                  "simple_destination": "a@b.example", "timeout": 300 },
            ],
            "ringtimeout": 20, "times": [], "time_set": null,
            "sources": [{ "source": "43.*" }], "sources_mode": "blacklist", "sources_is_regex": true,
            "source_set": { "id": 2, "name": "family", "own": 1, "subscriber_id": 5, "mode": "blacklist",
                            "is_regex": true },
            "bnumbers": [], "bnumbers_mode": "whitelist", "bnumbers_is_regex": false, "bnumber_set": null,
        });
        assert_eq!(shown["cft"], cft);
        let (wanted, ring_timeout) = read(&shown).expect("what is shown can be sent back");
        assert_eq!((wanted.len(), ring_timeout), (1, Some(20)));
        assert_eq!(wanted[&Trigger::Cft].destinations[0].destination, "voicebox");
    }

    #[test]
    fn what_is_wrong_is_said_with_the_type() {
        let to = |more: Value| {
            let mut destination = json!({ "destination": "43660" });
            for (name, value) in body(more) {
                destination[name] = value;
            }
            json!({ "destinations": [destination] })
        };
        for (sent, message) in [
            (json!({ "cfu": to(json!({ "timeout": "x" })) }), "Invalid timeout in 'cfu'"),
            (json!({ "cfb": to(json!({ "timeout": 0 })) }), "Invalid timeout in 'cfb'"),
            (json!({ "cfna": to(json!({ "priority": 1.5 })) }), "Invalid priority in 'cfna'"),
            (json!({ "cft": to(json!({})) }), "field='cft_ringtimeout'"),
            (json!({ "cfu": to(json!({ "announcement_id": {} })) }), "Unknown announcement_id"),
        ] {
            match read(&body(sent.clone())) {
                Err(Failure::Refused(refusal)) => {
                    assert_eq!(refusal.status, 422, "{sent}");
                    assert!(refusal.message.contains(message), "{sent}: {}", refusal.message);
                }
                other => panic!("{sent}: {other:?}"),
            }
        }
        let (wanted, _) = read(&body(json!({ "cfu": { "destinations": [] }, "cfb": null, "cft": {} }))).expect("none");
        assert!(wanted.is_empty());
        let (wanted, _) = read(&body(json!({ "cfu": to(json!({ "timeout": "20", "priority": null })) }))).expect("one");
        let [only] = &wanted[&Trigger::Cfu].destinations[..] else { panic!("{wanted:?}") };
        assert_eq!((only.timeout, only.priority), (20, 1));
    }
}
