//! JSON Patch (RFC 6902) with the dialect's extensions and errors.
//!
//! `add` may have a `mode` of `append`, and `remove` the `value` that is to be taken out of an array, with an `index`
//! that counts matches from the end. Such operations run after all others of the request.

use json_patch::jsonptr::PointerBuf;
use serde_json::Value;

use super::error::Refusal;
use super::resource::PatchOps;

/// Most operations in one patch.
const MOST: usize = 1_000;
/// Most that a patch may copy, in bytes of JSON.
const MOST_COPIED: usize = 1 << 20;
/// Most comparisons of a removal by value.
const MOST_COMPARED: usize = 1 << 20;
/// How deep a document may be.
const DEEPEST: usize = 128;

/// Checks the form of a patch.
///
/// # Errors
/// 400 saying what is wrong with it.
pub(crate) fn check(patch: &Value, allowed: PatchOps) -> Result<(), Refusal> {
    let wrong = |message: String| Err(Refusal::new(400, message));
    let Value::Array(elements) = patch else { return wrong("Body for PATCH must be an array.".to_owned()) };
    if elements.len() > MOST {
        return wrong(format!("Body for PATCH must not have more than {MOST} elements."));
    }
    let ops: &[&str] = match allowed {
        PatchOps::ReplaceCopy => &["copy", "replace"],
        PatchOps::All => &["add", "copy", "remove", "replace"],
    };
    for element in elements {
        let Value::Object(element) = element else {
            return wrong("Array in body of PATCH must only contain hashes.".to_owned());
        };
        let Some(op) = element.get("op") else {
            return wrong("PATCH element must have an 'op' field.".to_owned());
        };
        let op = op.as_str().map_or_else(|| op.to_string(), str::to_owned);
        if !ops.contains(&op.as_str()) {
            let list: Vec<String> = ops.iter().map(|op| format!("'{op}'")).collect();
            return wrong(format!("Invalid PATCH op '{op}', must be one of {}", list.join(", ")));
        }
        let (needed, optional): (&[&str], &[&str]) = match (op.as_str(), allowed) {
            ("copy", _) => (&["from", "op", "path"], &[]),
            ("remove", _) => (&["op", "path"], &["index", "value"]),
            ("add", _) => (&["op", "path", "value"], &["mode"]),
            _ => (&["op", "path", "value"], &[]),
        };
        if let Some(key) =
            element.keys().find(|key| !needed.contains(&key.as_str()) && !optional.contains(&key.as_str()))
        {
            let all: Vec<&str> = needed.iter().chain(optional).copied().collect();
            return wrong(format!("Invalid PATCH key '{key}' for op '{op}', must be one of {}", all.join(", ")));
        }
        let missing: Vec<String> =
            needed.iter().filter(|key| !element.contains_key(**key)).map(|key| format!("'{key}'")).collect();
        if !missing.is_empty() {
            return wrong(format!("Missing PATCH keys {} for op '{op}'", missing.join(", ")));
        }
    }
    Ok(())
}

/// Applies a checked patch.
///
/// # Errors
/// 422 where a pointer leads nowhere.
pub(crate) fn apply(document: &mut Value, patch: &Value) -> Result<(), Refusal> {
    let elements = patch.as_array().map(Vec::as_slice).unwrap_or_default();
    let extended =
        |element: &&Value| element.get("mode").is_some() || element["op"] == "remove" && element.get("value").is_some();
    let mut copied = 0;
    for element in elements {
        let levels = path(&element["path"]).matches('/').count();
        if levels + element.get("value").map_or(0, depth) > DEEPEST {
            return Err(unprocessable("The document would be too deep"));
        }
    }
    for element in elements.iter().filter(|element| !extended(element)) {
        if element["op"] == "copy" {
            let (from, to) = (path(&element["from"]), path(&element["path"]));
            let value = document.pointer(&from).ok_or_else(|| nowhere(&from))?;
            copied += value.to_string().len();
            if copied > MOST_COPIED || to.matches('/').count() + depth(value) > DEEPEST {
                return Err(unprocessable("The document would be too large"));
            }
        }
        plain(document, element)?;
    }
    for element in elements.iter().filter(extended) {
        let path = path(&element["path"]);
        if element["op"] == "add" {
            append(document, &path, &element["value"])?;
        } else {
            take_out(document, &path, element)?;
        }
    }
    Ok(())
}

/// How deep a value is.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(members) => 1 + members.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// A pointer, with the escapes of a URI undone.
fn path(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    form_urlencoded::parse(format!("p={}", text.replace('&', "%26").replace('+', "%2B")).as_bytes())
        .next()
        .map_or_else(|| text.to_owned(), |(_, path)| path.into_owned())
}

fn unprocessable(why: &str) -> Refusal {
    Refusal::new(422, format!("The entity could not be processed: {why}"))
}

fn nowhere(pointer: &str) -> Refusal {
    unprocessable(&format!("A pointer that references a non-existent value (pointer: {pointer})"))
}

fn plain(document: &mut Value, element: &Value) -> Result<(), Refusal> {
    let text = path(&element["path"]);
    let pointer = PointerBuf::parse(text.clone()).map_err(|_| unprocessable(&format!("Invalid pointer '{text}'")))?;
    let operation = match element["op"].as_str().unwrap_or_default() {
        "add" => {
            json_patch::PatchOperation::Add(json_patch::AddOperation { path: pointer, value: element["value"].clone() })
        }
        "replace" => {
            if document.pointer(&text).is_none() {
                return Err(nowhere(&text));
            }
            json_patch::PatchOperation::Replace(json_patch::ReplaceOperation {
                path: pointer,
                value: element["value"].clone(),
            })
        }
        "remove" => json_patch::PatchOperation::Remove(json_patch::RemoveOperation { path: pointer }),
        _ => {
            let from = path(&element["from"]);
            if document.pointer(&from).is_none() {
                return Err(nowhere(&from));
            }
            let from = PointerBuf::parse(from).map_err(|_| unprocessable("Invalid pointer"))?;
            json_patch::PatchOperation::Copy(json_patch::CopyOperation { from, path: pointer })
        }
    };
    json_patch::patch(document, &[operation]).map_err(|_| nowhere(&text))
}

/// Appends a value, or each member of an array, to an array that is made if it is not there.
fn append(document: &mut Value, path: &str, value: &Value) -> Result<(), Refusal> {
    let more = match value {
        Value::Array(members) => members.clone(),
        one => vec![one.clone()],
    };
    match document.pointer_mut(path) {
        Some(Value::Array(members)) => members.extend(more),
        Some(place @ Value::Null) => *place = Value::Array(more),
        Some(_) => return Err(unprocessable(&format!("The target is not an array (pointer: {path})"))),
        None => {
            let pointer = PointerBuf::parse(path.to_owned()).map_err(|_| nowhere(path))?;
            let add = json_patch::AddOperation { path: pointer, value: Value::Array(more) };
            json_patch::patch(document, &[json_patch::PatchOperation::Add(add)]).map_err(|_| nowhere(path))?;
        }
    }
    Ok(())
}

/// Takes members that are like the value, or like one of several values, out of an array.
fn take_out(document: &mut Value, path: &str, element: &Value) -> Result<(), Refusal> {
    let Some(Value::Array(members)) = document.pointer_mut(path) else { return Err(nowhere(path)) };
    let candidates = match &element["value"] {
        Value::Array(candidates) => candidates.clone(),
        one => vec![one.clone()],
    };
    if candidates.len().saturating_mul(members.len()) > MOST_COMPARED {
        return Err(unprocessable("Too many values to remove at once"));
    }
    let matches: Vec<usize> = members
        .iter()
        .enumerate()
        .filter(|(_, member)| candidates.iter().any(|wanted| is_like(member, wanted)))
        .map(|(n, _)| n)
        .collect();
    match element.get("index").filter(|index| !index.is_null()) {
        None => members.retain(|member| !candidates.iter().any(|wanted| is_like(member, wanted))),
        Some(index) => {
            let from_end = index.as_u64().and_then(|n| usize::try_from(n).ok());
            let found = from_end.and_then(|n| matches.iter().rev().nth(n));
            let Some(found) = found else {
                return Err(unprocessable(&format!("delete index {index} out of bounds")));
            };
            members.remove(*found);
        }
    }
    Ok(())
}

/// Whether a member has all that is wanted; numbers and their texts are alike.
fn is_like(member: &Value, wanted: &Value) -> bool {
    match (member, wanted) {
        (Value::Object(member), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| member.get(key).is_some_and(|have| is_like(have, value)))
        }
        (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) => {
            number.to_string() == *text
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(mut document: Value, patch: Value) -> Result<Value, Refusal> {
        check(&patch, PatchOps::All)?;
        apply(&mut document, &patch).map(|()| document)
    }

    #[test]
    fn the_form_is_checked_in_order() {
        let table = [
            (json!({}), "Body for PATCH must be an array."),
            (json!([1]), "Array in body of PATCH must only contain hashes."),
            (json!([{}]), "PATCH element must have an 'op' field."),
            (json!([{"op": "bogus"}]), "Invalid PATCH op 'bogus', must be one of 'copy', 'replace'"),
            (
                json!([{"op": "add", "path": "/a", "value": 1}]),
                "Invalid PATCH op 'add', must be one of 'copy', 'replace'",
            ),
            (
                json!([{"op": "replace", "path": "/a", "value": 1, "k": 2}]),
                "Invalid PATCH key 'k' for op 'replace', must be one of op, path, value",
            ),
            (json!([{"op": "replace"}]), "Missing PATCH keys 'path', 'value' for op 'replace'"),
        ];
        for (patch, message) in table {
            assert_eq!(check(&patch, PatchOps::ReplaceCopy), Err(Refusal::new(400, message)), "{patch}");
        }
    }

    #[test]
    fn operations_do_what_they_say() {
        let document =
            json!({"a": 1, "list": [1, 2, 1], "none": null, "o": [{"cc": 43, "ac": "1"}, {"cc": 43, "ac": "2"}]});
        let table = [
            (json!([{"op": "replace", "path": "/a", "value": null}]), "/a", json!(null)),
            (json!([{"op": "copy", "from": "/a", "path": "/none"}]), "/none", json!(1)),
            (json!([{"op": "add", "path": "/list/-", "value": 3}]), "/list", json!([1, 2, 1, 3])),
            (json!([{"op": "add", "path": "/list", "value": 3, "mode": "append"}]), "/list", json!([1, 2, 1, 3])),
            (
                json!([{"op": "add", "path": "/list", "value": [3, 4], "mode": "append"}]),
                "/list",
                json!([1, 2, 1, 3, 4]),
            ),
            (json!([{"op": "add", "path": "/new", "value": 3, "mode": "append"}]), "/new", json!([3])),
            (json!([{"op": "remove", "path": "/list", "value": 1}]), "/list", json!([2])),
            (json!([{"op": "remove", "path": "/list", "value": [1, 2]}]), "/list", json!([])),
            (json!([{"op": "remove", "path": "/list", "value": 1, "index": 0}]), "/list", json!([1, 2])),
            (json!([{"op": "remove", "path": "/list", "value": 1, "index": 1}]), "/list", json!([2, 1])),
            (json!([{"op": "remove", "path": "/o", "value": {"ac": 2}}]), "/o", json!([{"cc": 43, "ac": "1"}])),
            (
                json!([{"op": "remove", "path": "/list", "value": 9}, {"op": "replace", "path": "/list", "value": [9, 8]}]),
                "/list",
                json!([8]),
            ),
        ];
        for (patch, pointer, expected) in table {
            let after = patched(document.clone(), patch.clone()).unwrap();
            assert_eq!(after.pointer(pointer), Some(&expected), "{patch}");
        }
    }

    #[test]
    fn a_patch_makes_no_more_of_a_document_than_it_may() {
        let mut doubling = vec![json!({"op": "replace", "path": "/a", "value": ["0123456789"]})];
        doubling.extend((0..40).map(|_| json!({"op": "copy", "from": "/a", "path": "/a/0"})));
        let refusal = patched(json!({"a": null}), Value::Array(doubling)).unwrap_err();
        assert_eq!((refusal.status, refusal.message.ends_with("too large")), (422, true), "{}", refusal.message);

        let mut path = String::new();
        let mut deeper = Vec::new();
        for _ in 0..500 {
            path.push_str("/a");
            deeper.push(json!({"op": "add", "path": path, "value": {}}));
        }
        let refusal = patched(json!({}), Value::Array(deeper)).unwrap_err();
        assert_eq!((refusal.status, refusal.message.ends_with("too deep")), (422, true), "{}", refusal.message);
    }

    #[test]
    fn pointers_that_lead_nowhere_are_named() {
        for patch in [
            json!([{"op": "replace", "path": "/nosuch", "value": 1}]),
            json!([{"op": "remove", "path": "/nosuch"}]),
            json!([{"op": "copy", "from": "/nosuch", "path": "/a"}]),
            json!([{"op": "remove", "path": "/nosuch", "value": 1}]),
        ] {
            let refusal = patched(json!({"a": 1}), patch.clone()).unwrap_err();
            let message =
                "The entity could not be processed: A pointer that references a non-existent value (pointer: /nosuch)";
            assert_eq!(refusal, Refusal::new(422, message), "{patch}");
        }
        let far = json!([{"op": "remove", "path": "/list", "value": 1, "index": 5}]);
        assert!(patched(json!({"list": [1]}), far).unwrap_err().message.ends_with("delete index 5 out of bounds"));
    }
}
