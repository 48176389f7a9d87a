//! `strowger journal`: every change.

use registry::{clock, journal};

use crate::cli::JournalArgs;
use crate::context::Context;

pub(super) async fn run(context: &Context, args: &JournalArgs) -> anyhow::Result<()> {
    let mut tx = context.db.reader();
    let caller = &context.caller;
    let entries = match (&args.kind, args.id) {
        (Some(kind), Some(id)) => journal::of_record(&mut tx, caller, kind, id, args.paging.into()).await?,
        _ if args.newest => journal::newest(&mut tx, caller, args.paging.limit).await?,
        _ => journal::list(&mut tx, caller, args.paging.into()).await?,
    };
    context.output.list(["id", "at", "who", "operation", "record", "change"], &entries, |e| {
        [
            e.id.to_string(),
            clock::rfc3339(e.at),
            e.who.clone(),
            e.operation.to_string(),
            format!("{} {}", e.kind, e.record_id),
            change(e),
        ]
    })
}

/// The fields that differ, as `name: before → after`.
fn change(entry: &journal::Entry) -> String {
    let empty = serde_json::Map::new();
    let fields = |record: &Option<serde_json::Value>| match record {
        Some(serde_json::Value::Object(fields)) => fields.clone(),
        _ => empty.clone(),
    };
    let (before, after) = (fields(&entry.before), fields(&entry.after));
    let names = if after.is_empty() { before.keys() } else { after.keys() };
    let null = serde_json::Value::Null;
    let changes: Vec<String> = names
        .filter(|name| name.as_str() != "modified_at")
        .filter_map(|name| {
            let (b, a) = (before.get(name).unwrap_or(&null), after.get(name).unwrap_or(&null));
            match (entry.before.is_some(), entry.after.is_some()) {
                (true, true) if a != b => Some(format!("{name}: {b} → {a}")),
                (false, true) if !a.is_null() => Some(format!("{name}: {a}")),
                (true, false) if !b.is_null() => Some(format!("{name}: {b}")),
                _ => None,
            }
        })
        .collect();
    changes.join(", ")
}
