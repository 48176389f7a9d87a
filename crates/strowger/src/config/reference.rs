//! The written reference, made from the list of settings.

use std::fmt::Write as _;

use super::{CARRIER_KEYS, KEYS};

/// The reference of all settings as Markdown tables.
pub fn reference() -> String {
    let mut text = String::from("| key | environment | kind | default | meaning |\n| --- | --- | --- | --- | --- |\n");
    for key in KEYS {
        let (kind, default) = (key.field.describe(), shown_default(key.default));
        let _ = writeln!(text, "| `{}` | `{}` | {kind} | {default} | {} |", key.name, key.environment, key.doc);
    }
    text.push_str("\nIn a table `[carrier.NAME]`, where NAME is the carrier's name in the vendors' file:\n\n");
    text.push_str("| key | kind | default | meaning |\n| --- | --- | --- | --- |\n");
    for key in CARRIER_KEYS {
        let (kind, default) = (key.field.describe(), shown_default(key.default));
        let _ = writeln!(text, "| `{}` | {kind} | {default} | {} |", key.name, key.doc);
    }
    text
}

fn shown_default(default: &str) -> String {
    if default.is_empty() { String::new() } else { format!("`{default}`") }
}
