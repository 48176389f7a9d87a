//! Where Voxbone sends the calls: one voice URI for a destination, applied to any number of numbers.

use reqwest::Method;
use serde_json::{Value, json};

use super::api::{Api, Did, Fault, Repeat, text};
use crate::shipped::session::Session;
use crate::shipped::settings::Generation;

/// The error that says that a voice URI like this is there already.
const DUPLICATE: u32 = 326;

/// How many numbers are configured in one call.
const AT_ONCE: usize = 50;

/// The id of the voice URI for a destination, which is made if there is none. Costs nothing and may be repeated.
pub(super) async fn voice_uri(api: &Api, destination: &str) -> Result<Value, Fault> {
    let uri = format!("{{E164}}@{destination}");
    if let Some(id) = existing(api, &uri).await? {
        return Ok(id);
    }
    let body = json!({ "voiceUri": { "voiceUriProtocol": "SIP", "uri": uri, "description": "Strowger" } });
    let made = api.send(Method::PUT, "configuration/voiceuri", &body, Repeat::Allowed).await;
    match made {
        Ok(answer) => {
            let id = answer.pointer("/voiceUri/voiceUriId").cloned();
            id.ok_or_else(|| Fault::Lost("Voxbone made a voice URI without an id".to_owned()))
        }
        Err(fault @ (Fault::Lost(_) | Fault::Refused { code: Some(DUPLICATE), .. })) => {
            existing(api, &uri).await?.ok_or(fault)
        }
        Err(fault) => Err(fault),
    }
}

async fn existing(api: &Api, uri: &str) -> Result<Option<Value>, Fault> {
    let query = [("uri", uri.to_owned())];
    let rows = api.pages("configuration/voiceuri", &query, "voiceUris").await?;
    let field = |row: &Value, name: &str| row.get(name).and_then(text).unwrap_or_default();
    Ok(rows
        .iter()
        .find(|row| field(row, "uri") == uri && field(row, "voiceUriProtocol") == "SIP")
        .and_then(|row| row.get("voiceUriId").cloned()))
}

/// Sends the calls for numbers to a voice URI. Failures are only warned of: the numbers were paid for.
pub(super) async fn apply(session: &Session<'_>, api: &Api, dids: &[Did], voice_uri: &Value) {
    for dids in dids.chunks(AT_ONCE) {
        let ids: Vec<&Value> = dids.iter().map(|did| &did.id).collect();
        let body = json!({ "didIds": ids, "voiceUriId": voice_uri });
        let path = match api.generation() {
            Generation::Rest => "configuration/configuration",
            Generation::Global => "configuration/bulk",
        };
        let mut result = api.send(Method::POST, path, &body, Repeat::Allowed).await;
        if let Err(Fault::Lost(_) | Fault::NotSent(_)) = result {
            result = api.send(Method::POST, path, &body, Repeat::Allowed).await;
        }
        let failed = match &result {
            Err(fault) => Some(fault.words().to_owned()),
            Ok(answer) => match api.generation() {
                Generation::Rest => too_few(answer, dids.len()),
                Generation::Global => failures(answer),
            },
        };
        if let Some(why) = failed {
            let numbers: Vec<&str> = dids.iter().map(|did| did.written.as_str()).collect();
            session.warn(&format!("bought and perhaps not routed: {}: {why}", numbers.join(" ")));
        }
    }
}

/// REST v3 tells how many numbers it has changed.
fn too_few(answer: &Value, wanted: usize) -> Option<String> {
    let messages = answer.get("messages").and_then(Value::as_array);
    let updated = messages.into_iter().flatten().find_map(|message| {
        let option = message.get("configOption").and_then(text)?;
        (option == "VOICE_URI").then(|| message.get("numberUpdated")?.as_u64())?
    });
    let updated = updated.unwrap_or(0);
    (updated < wanted as u64).then(|| format!("Voxbone changed {updated} of {wanted}"))
}

/// Global v1 tells the status of each number, in a list that may stand below any name.
fn failures(answer: &Value) -> Option<String> {
    let list = match answer {
        Value::Array(list) => Some(list),
        Value::Object(fields) => fields.values().find_map(Value::as_array),
        _ => None,
    };
    let failed = list.into_iter().flatten().filter_map(|row| {
        let status = row.get("status").and_then(text)?;
        let id = row.get("didId").and_then(text).unwrap_or_default();
        (status != "SUCCESS").then(|| format!("{id} {status}"))
    });
    let failed: Vec<String> = failed.collect();
    (!failed.is_empty()).then(|| failed.join(", "))
}
