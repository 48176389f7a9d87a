//! Rows of the rules that rewrite numbers and headers.

use serde_json::json;

use super::people::House;
use super::rows::{Owner, Row};
use crate::ngcp::world::Reseller;

/// Those of a reseller.
pub(super) async fn of_reseller(reseller: &Reseller, owner: Owner, rows: &mut Vec<Row>) {
    let door = &reseller.door;
    let set = door.create("rewriterulesets", &json!({ "name": format!("of {}", reseller.name) })).await;
    let rule = json!({
        "set_id": set, "match_pattern": "^00(.+)$", "replace_pattern": "\\1", "description": "x", "direction": "in",
        "field": "callee",
    });
    let rule = door.create("rewriterules", &rule).await;
    let headers = door.create("headerrulesets", &json!({ "name": "headers" })).await;
    let header = door.create("headerrules", &json!({ "set_id": headers, "name": "x", "direction": "peer" })).await;
    let condition = json!({
        "rule_id": header, "match_type": "header", "match_part": "full", "match_name": "From", "expression": "is",
        "value_type": "input", "values": ["x"],
    });
    let condition = door.create("headerruleconditions", &condition).await;
    let action = json!({
        "rule_id": header, "header": "From", "header_part": "full", "action_type": "remove", "value_part": "full",
    });
    let action = door.create("headerruleactions", &action).await;
    for (resource, id) in [
        ("rewriterulesets", set),
        ("rewriterules", rule),
        ("headerrulesets", headers),
        ("headerrules", header),
        ("headerruleconditions", condition),
        ("headerruleactions", action),
    ] {
        rows.push(Row { resource, id, owner });
    }
}

/// Those of a house's subscribers, which only its reseller keeps.
pub(super) async fn of_house(house: &House, owner: Owner, rows: &mut Vec<Row>) {
    let body = json!({ "subscriber_id": house.clerk.id, "new_cli": "4311", "upn_rewrite_sources": [] });
    let id = house.reseller.door.create("upnrewritesets", &body).await;
    rows.push(Row { resource: "upnrewritesets", id, owner });
}
