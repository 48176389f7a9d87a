//! Values of preferences in JSON, and the dialect's words for those that an attribute does not take.

use registry::Role;
use registry::preference::attribute::{self, Attribute, Kind as Type};
use registry::preference::value::{self, BYTES, Blob, MOST_MEMBERS};
use registry::preference::{Fault, Level, Value, Values};
use serde_json::Value as Json;

use crate::kernel::{Item, Refusal};

/// What a body sets on a level; `stored` is what is set already. Attributes that are not of the level or not shown to
/// the role are passed over.
///
/// # Errors
/// 422 for the first value that its attribute does not take.
pub(super) fn read(level: Level, role: Role, body: &Item, stored: &Values) -> Result<Values, Refusal> {
    let mut values = Values::new();
    for (name, given) in body {
        let known = attribute::find(name).filter(|known| known.is_on(level) && known.is_shown_to(role));
        let Some(attribute) = known else { continue };
        if let Some(value) = one(attribute, given, stored.get(name))? {
            let value = value::accept(attribute, level, value).map_err(|fault| wording(attribute, fault))?;
            values.set(attribute, value);
        }
    }
    Ok(values)
}

/// The value that JSON stands for; none where nothing was sent.
fn one(attribute: &Attribute, given: &Json, stored: Option<&Value>) -> Result<Option<Value>, Refusal> {
    match given {
        Json::Null => Ok(None),
        // 0 is no lock.
        Json::Number(_) | Json::String(_) if attribute.name == "lock" && (*given == 0 || *given == "0") => Ok(None),
        Json::Array(members) if attribute.list => {
            let members = members.iter().filter(|member| !member.is_null()).map(|member| match member {
                Json::Array(_) | Json::Object(_) => Err(element(attribute)),
                member => Ok(scalar(attribute, member)),
            });
            members.collect::<Result<_, _>>().map(|members| Some(Value::List(members)))
        }
        Json::Object(document) if attribute.kind == Type::Blob => blob(attribute, document, stored).map(Some),
        _ if attribute.list => {
            let got = if given.is_object() { "HASH" } else { "" };
            Err(unprocessable(format!("Invalid data type '{got}' for preference '{}', expected ARRAY", attribute.name)))
        }
        Json::Array(_) | Json::Object(_) => {
            let got = if given.is_array() { "ARRAY" } else { "HASH" };
            let message = format!("Invalid data type '{got}' for preference '{}', expected flat value", attribute.name);
            Err(unprocessable(message))
        }
        given => Ok(Some(scalar(attribute, given))),
    }
}

/// One value; what does not fit the attribute becomes text, and is refused as such.
fn scalar(attribute: &Attribute, given: &Json) -> Value {
    let text = match given {
        Json::String(text) => text.clone(),
        Json::Bool(flag) => i64::from(*flag).to_string(),
        other => other.to_string(),
    };
    match attribute.kind {
        Type::Flag => match (given, text.as_str()) {
            (Json::Bool(flag), _) => Value::Flag(*flag),
            (_, "1") => Value::Flag(true),
            (_, "0") => Value::Flag(false),
            _ => Value::Text(text),
        },
        Type::Int if !attribute.named => match (given, text.parse()) {
            (Json::String(_) | Json::Number(_), Ok(int)) => Value::Int(int),
            _ => Value::Text(text),
        },
        _ => Value::Text(text),
    }
}

/// A document, or the one that is stored where its bytes come as they are shown.
fn blob(attribute: &Attribute, document: &Item, stored: Option<&Value>) -> Result<Value, Refusal> {
    let text = |name: &str| document.get(name).and_then(Json::as_str);
    let (content_type, data) = (text("content_type").unwrap_or("application/octet-stream"), text("data"));
    match (data, stored) {
        (Some(BYTES), Some(Value::Blob(stored))) => {
            Ok(Value::Blob(Blob { content_type: content_type.to_owned(), data: stored.data.clone() }))
        }
        (Some(data), _) => {
            Blob::from_base64(content_type, data).map(Value::Blob).ok_or_else(|| wording(attribute, Fault::NotBlob))
        }
        (None, _) => Err(wording(attribute, Fault::NotBlob)),
    }
}

fn unprocessable(message: String) -> Refusal {
    Refusal::new(422, message)
}

fn element(attribute: &Attribute) -> Refusal {
    let expected = match attribute.kind {
        Type::Flag => "boolean",
        Type::Int if !attribute.named => "int",
        Type::Int | Type::Text | Type::Choice | Type::Blob => "string",
    };
    let name = attribute.name;
    unprocessable(format!("Invalid data type for element in preference '{name}', expected '{expected}'"))
}

/// The dialect's words for a value that an attribute does not take.
fn wording(attribute: &Attribute, fault: Fault) -> Refusal {
    let name = attribute.name;
    unprocessable(match fault {
        Fault::NotInt | Fault::NotFlag | Fault::NotText => return element(attribute),
        Fault::NotOne => format!("Invalid data type 'ARRAY' for preference '{name}', expected flat value"),
        Fault::NotList => format!("Invalid data type '' for preference '{name}', expected ARRAY"),
        Fault::NotBlob => format!("Invalid data for preference '{name}', expected content_type and data in Base64"),
        Fault::NotChoice => format!("Invalid enum value in preference '{name}'"),
        Fault::TooLong if attribute.kind == Type::Blob => format!("Preference '{name}' is too large"),
        Fault::TooLong if attribute.list => {
            format!("Element in preference '{name}' exceeds maximum length of 128 characters")
        }
        Fault::TooLong => format!("Preference '{name}' exceeds maximum length of 128 characters"),
        Fault::TooMany => format!("Preference '{name}' has more than {MOST_MEMBERS} elements"),
        Fault::NotNet(text) => format!("Invalid IP address or network '{text}' in preference '{name}'"),
        Fault::Twice(text) => format!("Duplicate {name} value: {text}"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(text: Json) -> Item {
        text.as_object().cloned().expect("an object")
    }

    fn shown(values: &Values) -> Json {
        values.iter().map(|(attribute, value)| (attribute.name.to_owned(), value.to_json())).collect()
    }

    #[test]
    fn values_that_are_taken() {
        let given = json!({
            "block_out_mode": "1", "block_in_clir": false, "lock": 2, "concurrent_max": "3", "rerouting_codes": [486, "404"],
            "cli": 4311001, "block_in_list": ["4366412345", "431*"], "dnd": null, "prepaid_library": "libinewrate",
            "account_id": 7, "no_such_thing": {"a": 1}, "AMR_bitrate": "",
        });
        let values = read(Level::Subscriber, Role::Admin, &body(given), &Values::new()).expect("taken");
        let wanted = json!({
            "block_out_mode": true, "block_in_clir": false, "lock": "2", "concurrent_max": 3, "rerouting_codes": [486, 404],
            "cli": "4311001", "block_in_list": ["4366412345", "431*"], "AMR_bitrate": "",
        });
        assert_eq!(shown(&values), wanted);
        let own = json!({ "dnd": true, "cli": ["not even looked at"], "adm_block_in_mode": true });
        let values = read(Level::Subscriber, Role::Subscriber, &body(own), &Values::new()).expect("taken");
        assert_eq!(shown(&values), json!({ "dnd": true }));
    }

    #[test]
    fn no_lock_is_zero_or_null() {
        for lock in [json!(0), json!("0"), Json::Null] {
            let given = body(json!({ "lock": lock }));
            let values = read(Level::Subscriber, Role::Admin, &given, &Values::new()).expect("taken");
            assert_eq!(shown(&values), json!({}));
        }
    }

    #[test]
    fn values_that_are_refused() {
        let long = "1".repeat(129);
        let cases = [
            (json!({ "dnd": [true] }), "Invalid data type 'ARRAY' for preference 'dnd', expected flat value"),
            (json!({ "cli": {} }), "Invalid data type 'HASH' for preference 'cli', expected flat value"),
            (json!({ "block_in_list": "1" }), "Invalid data type '' for preference 'block_in_list', expected ARRAY"),
            (json!({ "dnd": "yes" }), "Invalid data type for element in preference 'dnd', expected 'boolean'"),
            (
                json!({ "concurrent_max": "x" }),
                "Invalid data type for element in preference 'concurrent_max', expected 'int'",
            ),
            (
                json!({ "concurrent_max": 1.5 }),
                "Invalid data type for element in preference 'concurrent_max', expected 'int'",
            ),
            (
                json!({ "concurrent_max": true }),
                "Invalid data type for element in preference 'concurrent_max', expected 'int'",
            ),
            (
                json!({ "rerouting_codes": ["x"] }),
                "Invalid data type for element in preference 'rerouting_codes', expected 'int'",
            ),
            (json!({ "sst_enable": "maybe" }), "Invalid enum value in preference 'sst_enable'"),
            (json!({ "gpp0": long }), "Preference 'gpp0' exceeds maximum length of 128 characters"),
            (
                json!({ "block_in_list": [long] }),
                "Element in preference 'block_in_list' exceeds maximum length of 128 characters",
            ),
            (json!({ "allowed_clis": ["431", 431] }), "Duplicate allowed_clis value: 431"),
            (json!({ "allowed_ips": ["1.2.3"] }), "Invalid IP address or network '1.2.3' in preference 'allowed_ips'"),
        ];
        for (given, message) in cases {
            let refused = read(Level::Subscriber, Role::Admin, &body(given), &Values::new()).expect_err(message);
            assert_eq!(refused, Refusal::new(422, message));
        }
    }

    #[test]
    fn a_document_keeps_its_bytes() {
        let name = "emergency_location_object";
        let sent = body(json!({ name: { "content_type": "text/xml", "data": "PGEvPg==" } }));
        let stored = read(Level::Subscriber, Role::Admin, &sent, &Values::new()).expect("taken");
        let as_shown = body(shown(&stored));
        assert_eq!(as_shown[name], json!({ "content_type": "text/xml", "data": "#blob" }));
        let again = read(Level::Subscriber, Role::Admin, &as_shown, &stored).expect("taken");
        assert_eq!(again, stored);
        assert!(read(Level::Subscriber, Role::Admin, &as_shown, &Values::new()).is_err(), "there is nothing to keep");
    }
}
