//! Rows of billing networks, profile packages, vouchers, top-ups and balances.

use serde_json::json;

use super::people::House;
use super::rows::{Owner, Row};
use crate::ngcp::client::id_of;
use crate::ngcp::world::Reseller;

/// Those of a reseller.
pub(super) async fn of_reseller(reseller: &Reseller, owner: Owner, rows: &mut Vec<Row>) {
    let door = &reseller.door;
    let network = json!({ "name": "office", "description": "x", "blocks": [{ "ip": "192.0.2.0", "mask": 24 }] });
    let package = json!({
        "name": "prepaid", "description": "x", "balance_interval_value": 1, "balance_interval_unit": "month",
        "balance_interval_start_mode": "1st", "carry_over_mode": "carry_over",
        "initial_profiles": [{ "profile_id": reseller.profile_id }],
    });
    let voucher = json!({ "code": "4711", "amount": 100, "valid_until": "2099-01-01 00:00:00" });
    for (resource, body) in [("billingnetworks", network), ("profilepackages", package), ("vouchers", voucher)] {
        rows.push(Row { resource, id: door.create(resource, &body).await, owner });
    }
}

/// Those of a house.
pub(super) async fn of_house(house: &House, of_reseller: Owner, rows: &mut Vec<Row>) {
    let owner = Owner { customer: Some(house.customer.id), ..of_reseller };
    for resource in ["customerbalances", "balanceintervals"] {
        rows.push(Row { resource, id: house.customer.id, owner });
    }
    let door = &house.reseller.door;
    let cash = json!({ "subscriber_id": house.chief.id, "amount": 100 });
    door.post("/api/topupcash/", &cash).await.is(204);
    for entry in door.list(&format!("topuplogs/?subscriber_id={}", house.chief.id)).await {
        rows.push(Row { resource: "topuplogs", id: id_of(&entry), owner: of_reseller });
    }
}
