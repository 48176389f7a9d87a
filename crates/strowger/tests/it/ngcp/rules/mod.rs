//! The rules of the resources, each broken once: what is refused, and in which words.

mod accounts;
mod admins;
mod billing;
mod forwards;
mod subscribers;

use serde_json::{Value, json};

use super::client::Door;

/// A request that breaks a rule, and how it is refused.
pub(super) struct Breach {
    method: &'static str,
    path: String,
    body: Value,
    status: u16,
    message: String,
}

/// A breach by a body that is posted or put.
pub(super) fn breach(method: &'static str, path: &str, body: Value, status: u16, message: &str) -> Breach {
    Breach { method, path: format!("/api/{path}"), body, status, message: message.to_owned() }
}

/// A breach by setting one field.
pub(super) fn set(path: &str, field: &str, value: impl Into<Value>, status: u16, message: &str) -> Breach {
    let body = json!([{ "op": "replace", "path": format!("/{field}"), "value": value.into() }]);
    breach("PATCH", path, body, status, message)
}

/// The body with other fields.
pub(super) fn with(body: &Value, fields: &Value) -> Value {
    let mut body = body.clone();
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// The body without a field.
pub(super) fn without(body: &Value, field: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().remove(field);
    body
}

/// Commits all breaches. A message with `…` at an end may go on there.
async fn commit(door: &Door, breaches: Vec<Breach>) {
    let mut complaints = Vec::new();
    for Breach { method, path, body, status, message } in breaches {
        let answer = match method {
            "POST" => door.post(&path, &body).await,
            "PUT" => door.put(&path, &body).await,
            "PATCH" => door.patch(&path, &body).await,
            method => door.send(method, &path, &[], "").await,
        };
        let said = answer.message();
        let fits = match (message.strip_prefix('…'), message.strip_suffix('…')) {
            (Some(end), None) => said.ends_with(end),
            (None, Some(beginning)) => said.starts_with(beginning),
            (Some(_), Some(_)) => said.contains(message.trim_matches('…')),
            (None, None) => said == message,
        };
        if answer.status != status || !fits {
            complaints.push(format!("{method} {path} {body}: {status} {message}\n    but {} {said}", answer.status));
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}
