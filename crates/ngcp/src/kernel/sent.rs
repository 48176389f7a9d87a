//! What a request sent for a field, as a message repeats it: never a secret.

use serde_json::Value;

use super::call::Call;
use super::resource::Resource;
use super::validate::shown;

/// Stands for a secret.
const SECRET: &str = "*****";

/// What was sent for a field, or for a member such as `times_0_start`; empty where nothing was.
pub(super) fn of(resource: Option<&Resource>, call: &Call, field: &str) -> String {
    let body: Option<Value> = serde_json::from_slice(&call.body).ok();
    let found = match &body {
        Some(Value::Array(operations)) => operations.iter().rev().find_map(|operation| patched(operation, field)),
        Some(body) => member(body, field),
        None => None,
    };
    match found {
        None | Some(Value::Null) => String::new(),
        Some(_) if is_secret(resource, field) => SECRET.to_owned(),
        Some(value) => shown(value),
    }
}

/// Whether the field, or that whose member it is, holds a secret.
fn is_secret(resource: Option<&Resource>, field: &str) -> bool {
    let holds = |known: &str| field.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    resource.is_some_and(|of| of.fields.iter().any(|known| holds(known.name) && known.kind.holds_secret()))
}

/// What an operation of a patch says about a field.
fn patched<'a>(operation: &'a Value, field: &str) -> Option<&'a Value> {
    let name = operation.get("path")?.as_str()?.strip_prefix('/')?.replace('/', "_");
    let rest = field.strip_prefix(name.as_str())?;
    let value = operation.get("value")?;
    if rest.is_empty() { Some(value) } else { member(value, rest.strip_prefix('_')?) }
}

/// The member of that name, which may be that of a member of a member.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members.get(name).or_else(|| {
            let mut parts = name.match_indices('_').map(|(at, _)| (&name[..at], &name[at + 1..]));
            parts.find_map(|(first, rest)| member(members.get(first)?, rest))
        }),
        Value::Array(members) => match name.split_once('_') {
            Some((place, rest)) => member(members.get(place.parse::<usize>().ok()?)?, rest),
            None => members.get(name.parse::<usize>().ok()?),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::http::{HeaderMap, Method};
    use serde_json::json;

    use super::super::resource::{Field, Kind};
    use super::*;
    use crate::auth::Realm;

    const HIDDEN: Resource = Resource {
        fields: &[
            Field::new("pin", Kind::Secret(1, 9)),
            Field::new("keys", Kind::List(&Kind::Object(&[Field::new("key", Kind::Secret(1, 9))]))),
            Field::new("pin_code_hint", Kind::Text(0, 9)),
        ],
        ..Resource::DEFAULT
    };

    #[test]
    fn what_was_sent_is_found_and_secrets_are_not_told() {
        let body = json!({
            "name": "x", "times": [{ "start": "soon" }], "cft_ringtimeout": 0, "cft": { "ringtimeout": 5 }, "none": null,
            "pin": "1234", "keys": [{ "key": "k" }], "list": ["a", "b"],
        });
        let patch = json!([
            { "op": "replace", "path": "/name", "value": "old" }, { "op": "replace", "path": "/name", "value": "new" },
            { "op": "add", "path": "/times/0/start", "value": "late" }, { "op": "add", "path": "/cft", "value": { "a": 1 } },
            { "op": "replace", "path": "/pin", "value": "1234" }, { "op": "remove", "path": "/list" },
        ]);
        for (body, field, wanted) in [
            (&body, "name", "x"),
            (&body, "times_0_start", "soon"),
            (&body, "times_1_start", ""),
            (&body, "cft_ringtimeout", "0"),
            (&body, "list_1", "b"),
            (&body, "list", r#"["a","b"]"#),
            (&body, "none", ""),
            (&body, "missing", ""),
            (&body, "pin", SECRET),
            (&body, "keys", SECRET),
            (&body, "keys_0_key", SECRET),
            (&patch, "name", "new"),
            (&patch, "times_0_start", "late"),
            (&patch, "cft_a", "1"),
            (&patch, "pin", SECRET),
            (&patch, "list", ""),
            (&json!("text"), "name", ""),
        ] {
            let body = Bytes::from(body.to_string());
            let (headers, realm) = (HeaderMap::new(), Realm::Admin);
            let call = Call { method: Method::PUT, id: None, headers, body, realm, upload: None };
            assert_eq!(of(Some(&HIDDEN), &call, field), wanted, "{field}");
        }
    }
}
