//! Rows of what has to do with calls and what they cost: credit that is held, fraud limits, events.

use serde_json::json;

use super::people::House;
use super::rows::{Owner, Row};
use crate::ngcp::client::id_of;

/// Makes those of a customer and its subscribers.
pub(super) async fn of_house(house: &House, owner: Owner, rows: &mut Vec<Row>) {
    let (door, customer) = (&house.reseller.door, house.customer.id);
    let hold = json!({ "customer_id": customer, "amount": 1, "reference": "scope" });
    let hold = door.create("creditholds", &hold).await;
    let limits = format!("/api/customerfraudpreferences/{customer}");
    door.put(&limits, &json!({ "fraud_daily_limit": 0 })).await.is(204);
    let captured = json!([{ "op": "replace", "path": "/status", "value": "captured" }]);
    door.patch(&format!("/api/creditholds/{hold}"), &captured).await.is(204);
    let events = door.list(&format!("customerfraudevents/?contract_id={customer}")).await;
    assert_eq!(events.len(), 1, "{events:?}");

    let of_clerk = format!("/api/subscribers/{}", house.clerk.id);
    let set = json!({ "name": format!("set of {customer}"), "description": "x" });
    let set = door.create("subscriberprofilesets", &set).await;
    let profile = json!({ "profile_set_id": set, "name": "x", "description": "x", "attributes": [] });
    let profile = door.create("subscriberprofiles", &profile).await;
    for (set, profile) in [(json!(set), json!(profile)), (json!(null), json!(null))] {
        let change = json!([
            { "op": "replace", "path": "/profile_set_id", "value": set },
            { "op": "replace", "path": "/profile_id", "value": profile },
        ]);
        door.patch(&of_clerk, &change).await.is(204);
    }
    let services = door.list(&format!("events/?subscriber_id={}", house.clerk.id)).await;
    assert_eq!(services.len(), 2, "{services:?}");
    for (resource, id) in [
        ("creditholds", hold),
        ("customerfraudpreferences", customer),
        ("customerfraudevents", id_of(&events[0])),
        ("events", id_of(&services[0])),
    ] {
        rows.push(Row { resource, id, owner });
    }
}
