//! Writes JSON values as YAML 1.2 in block style. Texts are quoted as in JSON, which YAML reads alike.

use serde_json::Value;

/// The value as a YAML document.
pub(super) fn written(value: &Value) -> String {
    let mut text = String::new();
    block(&mut text, value, 0);
    text
}

fn block(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                text.push_str(&format!("{indent}{}:", Value::from(key.as_str())));
                below(text, value, depth);
            }
        }
        Value::Array(members) if !members.is_empty() => {
            for member in members {
                text.push_str(&format!("{indent}-"));
                below(text, member, depth);
            }
        }
        plain => text.push_str(&format!("{indent}{plain}\n")),
    }
}

/// A value on the same line, or on the lines below where it has parts.
fn below(text: &mut String, value: &Value, depth: usize) {
    let has_parts = match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(members) => !members.is_empty(),
        _ => false,
    };
    if has_parts {
        text.push('\n');
        block(text, value, depth + 1);
    } else {
        text.push_str(&format!(" {value}\n"));
    }
}
