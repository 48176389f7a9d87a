//! The rules of the resources, each broken once: what is refused, and in which words.

mod accounts;
mod admins;
mod balances;
mod billing;
mod calls;
mod collections;
mod emergency;
mod forwards;
mod interceptions;
mod lnp;
mod ncos;
mod peerings;
mod phonebooks;
mod places;
pub(super) mod registrations;
mod rewrites;
mod services;
mod sounds;
mod subscriber_profiles;
mod subscribers;
mod templates;
mod topups;
mod voicemailgreetings;

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

/// A breach by a new item.
pub(super) fn post(collection: &str, body: Value, message: &str) -> Breach {
    breach("POST", collection, body, message)
}

/// A breach by a whole item.
pub(super) fn put(path: &str, body: Value, message: &str) -> Breach {
    breach("PUT", path, body, message)
}

/// A breach by a patch.
pub(super) fn patch(path: &str, body: Value, message: &str) -> Breach {
    breach("PATCH", path, body, message)
}

/// A breach by setting one field.
pub(super) fn set(path: &str, field: &str, value: impl Into<Value>, message: &str) -> Breach {
    patch(path, json!([{ "op": "replace", "path": format!("/{field}"), "value": value.into() }]), message)
}

/// A breach by removing an item.
pub(super) fn delete(path: &str, message: &str) -> Breach {
    breach("DELETE", path, Value::Null, message)
}

fn breach(method: &'static str, path: &str, body: Value, message: &str) -> Breach {
    Breach { method, path: format!("/api/{path}"), body, status: 422, message: message.to_owned() }
}

impl Breach {
    /// It is refused with that status rather than 422.
    pub(super) fn status(self, status: u16) -> Breach {
        Breach { status, ..self }
    }
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

/// Whether a message is as it should be; `…` stands for anything.
fn fits(said: &str, wanted: &str) -> bool {
    match wanted.split_once('…') {
        None => said == wanted,
        Some((beginning, rest)) => said.strip_prefix(beginning).is_some_and(|said| {
            let mut ends = (0..=said.len()).filter(|n| said.is_char_boundary(*n));
            ends.any(|n| fits(&said[n..], rest))
        }),
    }
}

/// Commits all breaches.
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
        let fits = fits(said, &message);
        if answer.status != status || !fits {
            complaints.push(format!("{method} {path} {body}: {status} {message}\n    but {} {said}", answer.status));
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}
