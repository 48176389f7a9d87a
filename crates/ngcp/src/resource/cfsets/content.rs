//! What is in sets of call forwards, read from and shown as the dialect's arrays.

use registry::call_forward::{Content, Destination, Patterns, Period, SetKind, destination};
use serde_json::{Value, json};

use crate::kernel::{Item, Outcome, Refusal};

/// How long a destination rings, in seconds, where that is not said.
const TIMEOUT: i64 = 300;

/// Objects in an array of a body; none where the array is null or not there.
pub(in crate::resource) fn objects<'a>(body: &'a Item, name: &str) -> Outcome<Vec<&'a Item>> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(members)) => {
            let object = |member: &'a Value| {
                let wrong =
                    || Refusal::new(422, format!("Invalid element in array '{name}'. Must be an object.")).into();
                member.as_object().ok_or_else(wrong)
            };
            members.iter().map(object).collect()
        }
        Some(_) => Err(Refusal::new(422, format!("Invalid field '{name}'. Must be an array.")).into()),
    }
}

/// An integer that may come as text. None where it is null or not there, an error where it is something else.
pub(in crate::resource) fn integer(value: Option<&Value>) -> Result<Option<i64>, ()> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| ()),
        Some(value) => value.as_i64().map(Some).ok_or(()),
    }
}

/// A text that may come as a number; none where it is empty.
pub(in crate::resource) fn text(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// A truth value that may come as 0 and 1; `default` where it is null or not there.
pub(in crate::resource) fn truth(value: Option<&Value>, default: bool) -> bool {
    match value {
        None | Some(Value::Null) => default,
        Some(Value::Bool(truth)) => *truth,
        Some(Value::String(text)) => !matches!(text.trim(), "" | "0" | "false"),
        Some(Value::Number(number)) => number.as_i64() != Some(0),
        Some(_) => true,
    }
}

/// The destinations of a body; messages name `of`, the field or the type of forward that they are for.
pub(in crate::resource) fn destinations(body: &Item, of: &str) -> Outcome<Vec<Destination>> {
    let mut all = Vec::new();
    for (n, member) in objects(body, "destinations")?.into_iter().enumerate() {
        let number = |name: &str, least: i64, default: i64| match integer(member.get(name)) {
            Ok(None) => Ok(default),
            Ok(Some(number)) if number >= least => Ok(number),
            _ => Err(Refusal::new(422, format!("Invalid {name} in '{of}'"))),
        };
        let Some(destination) = text(member.get("destination")) else {
            let field = format!("destinations_{n}_destination");
            return Err(Refusal::invalid_field(&field, "", "Destination field is required").into());
        };
        let announcement_id = integer(member.get("announcement_id"))
            .map_err(|()| Refusal::new(422, format!("Unknown announcement_id in '{of}'")))?;
        all.push(Destination {
            destination,
            timeout: number("timeout", 1, TIMEOUT)?,
            priority: number("priority", 0, 1)?,
            announcement_id,
        });
    }
    Ok(all)
}

/// The periods of a body.
pub(in crate::resource) fn times(body: &Item) -> Outcome<Vec<Period>> {
    let period = |member: &Item| {
        let field = |name: &str| text(member.get(name));
        Period {
            year: field("year"),
            month: field("month"),
            mday: field("mday"),
            wday: field("wday"),
            hour: field("hour"),
            minute: field("minute"),
        }
    };
    Ok(objects(body, "times")?.into_iter().map(period).collect())
}

/// The patterns of a body: `list` names their array, `mode` and `is_regex` the fields beside it.
pub(in crate::resource) fn patterns(body: &Item, list: &str, mode: &str, is_regex: &str) -> Outcome<Patterns> {
    let member = list.trim_end_matches('s');
    let mut patterns = Vec::new();
    for (n, object) in objects(body, list)?.into_iter().enumerate() {
        let Some(pattern) = text(object.get(member)) else {
            let error = format!("{} field is required", crate::kernel::error::capital(member));
            return Err(Refusal::invalid_field(&format!("{list}_{n}_{member}"), "", &error).into());
        };
        patterns.push(pattern);
    }
    let sent = text(body.get(mode));
    let mode_value = match sent.as_deref().map(str::parse) {
        None => registry::call_forward::Mode::default(),
        Some(Ok(mode)) => mode,
        Some(Err(_)) => {
            let sent = sent.unwrap_or_default();
            return Err(Refusal::invalid_field(mode, &sent, &format!("'{sent}' is not a valid value")).into());
        }
    };
    Ok(Patterns { mode: mode_value, is_regex: truth(body.get(is_regex), false), patterns })
}

/// What a body says is in a set.
pub(in crate::resource) fn read(kind: SetKind, body: &Item) -> Outcome<Content> {
    Ok(match kind {
        SetKind::Destination => Content::Destinations(destinations(body, "destinations")?),
        SetKind::Time => Content::Times(times(body)?),
        SetKind::Source => Content::Sources(patterns(body, "sources", "mode", "is_regex")?),
        SetKind::Bnumber => Content::Bnumbers(patterns(body, "bnumbers", "mode", "is_regex")?),
    })
}

/// How destinations are shown: as stored, or with the keywords of the platform's applications.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::resource) enum Style {
    /// SIP URIs.
    Stored,
    /// Keywords where there are some.
    Keywords,
}

/// Destinations of the registry's record of a set.
pub(in crate::resource) fn show_destinations(record: &Value, domain: &str, style: Style) -> Value {
    let show = |stored: &Value| {
        let uri = stored["destination"].as_str().unwrap_or_default();
        let mut shown = json!({
            "destination": uri,
            "timeout": stored["timeout"],
            "priority": stored["priority"],
            "announcement_id": stored["announcement_id"],
        });
        if let Some(simple) = destination::simple(uri, domain) {
            shown["simple_destination"] = simple.into();
        } else if let (Style::Keywords, Some(keyword)) = (style, destination::keyword(uri)) {
            shown["destination"] = keyword.into();
        }
        shown
    };
    record.as_array().into_iter().flatten().map(show).collect()
}

/// Patterns of the registry's record of a set, each as an object with that one member.
pub(in crate::resource) fn show_patterns(record: &Value, member: &str) -> Value {
    let patterns = record["patterns"].as_array();
    patterns.into_iter().flatten().map(|pattern| json!({ member: pattern })).collect()
}

/// The registry's record of a set as an item.
pub(in crate::resource) fn item(kind: SetKind, record: &Value) -> Item {
    let mut item = Item::new();
    for name in ["id", "name", "subscriber_id", "usage_count"] {
        item.insert(name.to_owned(), record[name].clone());
    }
    let (list, member) = match kind {
        SetKind::Destination => {
            let domain = record["domain"].as_str().unwrap_or_default();
            let shown = show_destinations(&record["destinations"], domain, Style::Stored);
            item.insert("destinations".to_owned(), shown);
            return item;
        }
        SetKind::Time => {
            item.insert("times".to_owned(), record["times"].clone());
            return item;
        }
        SetKind::Source => ("sources", "source"),
        SetKind::Bnumber => ("bnumbers", "bnumber"),
    };
    item.insert("mode".to_owned(), record[list]["mode"].clone());
    item.insert("is_regex".to_owned(), record[list]["is_regex"].clone());
    item.insert(list.to_owned(), show_patterns(&record[list], member));
    item
}
