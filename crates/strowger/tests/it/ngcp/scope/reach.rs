//! Rows of others are not in lists, not in counts, not found by their id, and can't be changed or removed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::people::{People, Viewer};
use super::rows::Row;
use super::table::{ITEM, Rows, Rule, TABLE};

pub(super) async fn nobody_reaches_what_is_not_theirs(people: &People, rows: &[Row], complaints: &mut Vec<String>) {
    let with_rows: BTreeSet<&str> = rows.iter().map(|row| row.resource).collect();
    for rule in TABLE.iter().filter(|rule| is_somebodys(rule)) {
        assert!(with_rows.contains(rule.name), "no row of {}: make some, so that it is known who sees them", rule.name);
    }
    let before = all(people, rows).await;
    for viewer in &people.viewers {
        for rule in TABLE.iter().filter(|rule| is_somebodys(rule)) {
            let of: Vec<&Row> = rows.iter().filter(|row| row.resource == rule.name).collect();
            if rule.rows == Rows::Owned {
                listed(viewer, rule, &of, complaints).await;
            }
            for row in of {
                fetched(viewer, rule, row, complaints).await;
            }
        }
    }
    for (path, item) in all(people, rows).await {
        if before[&path] != item {
            complaints.push(format!("{path} was changed by somebody who was refused: {item}"));
        }
    }
}

/// Whether its rows belong to somebody.
fn is_somebodys(rule: &Rule) -> bool {
    matches!(rule.rows, Rows::Owned | Rows::Apart)
}

/// The id of an item, or of that which it is a member of.
fn first_id(item: &Value) -> i64 {
    let href = item["_links"]["self"]["href"].as_str().unwrap_or_else(|| panic!("no self in {item}"));
    href.split('/').nth(3).and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no id in {href}"))
}

/// All rows as the administrator sees them.
async fn all(people: &People, rows: &[Row]) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for row in rows {
        let path = format!("/api/{}/{}", row.resource, row.id);
        found.insert(path.clone(), people.admin.item(&path).await);
    }
    found
}

async fn listed(viewer: &Viewer, rule: &Rule, rows: &[&Row], complaints: &mut Vec<String>) {
    if !rule.collection[0].contains(viewer.role) {
        return;
    }
    let answer = viewer.door.get(&format!("/api/{}/?rows=1000", rule.name)).await;
    if answer.status != 200 {
        complaints.push(format!("{}: list of {}: {} {}", viewer.name, rule.name, answer.status, answer.text));
        return;
    }
    let ids: Vec<i64> = answer.embedded().iter().map(first_id).collect();
    if answer.json["total_count"] != json!(ids.len()) {
        let count = &answer.json["total_count"];
        complaints.push(format!("{}: {} {} in the list, {count} counted", viewer.name, ids.len(), rule.name));
    }
    for row in rows {
        if ids.contains(&row.id) != row.is_seen_by(viewer) {
            complaints.push(format!("{}: the list of {} is wrong about {row:?}", viewer.name, rule.name));
        }
    }
}

async fn fetched(viewer: &Viewer, rule: &Rule, row: &Row, complaints: &mut Vec<String>) {
    let path = format!("/api/{}/{}", rule.name, row.id);
    let may = |method: usize| rule.item[method].contains(viewer.role) && (method == 0 || !viewer.read_only);
    if row.is_seen_by(viewer) {
        if may(0) {
            let answer = viewer.door.get(&path).await;
            if answer.status != 200 {
                complaints.push(format!("{}: {path} is not shown: {} {}", viewer.name, answer.status, answer.text));
            }
        }
        return;
    }
    for (n, method) in ITEM.into_iter().enumerate().filter(|(n, _)| may(*n)) {
        let answer = match method {
            "PUT" => viewer.door.put(&path, &json!({})).await,
            "PATCH" => viewer.door.patch(&path, &json!([])).await,
            method => viewer.door.send(method, &path, &[], "").await,
        };
        let message = answer.message();
        let not_found = answer.status == 404 && message.starts_with("Entity '") && message.ends_with("' not found.");
        // Whoever administers a customer is told that another is not its own.
        let other_customer = n == 0 && viewer.role == 'M' && (answer.status, message) == (403, "Invalid customer id");
        if !(not_found || rule.name == "customers" && other_customer) {
            complaints.push(format!("{}: {method} {path}: {} {}", viewer.name, answer.status, answer.text));
        }
    }
}
