//! Rows of where subscribers are registered, and of the directories of PBXs.

use serde_json::json;
use store::testing::TestDb;

use super::people::People;
use super::rows::{Owner, Row};
use crate::ngcp::world::{Customer, World};
use crate::registrar::registers;

/// Registers the telephones of all subscribers, and makes a PBX for each reseller.
pub(super) async fn make(world: &World, people: &People, registrar: &TestDb, rows: &mut Vec<Row>) {
    let mut known = Vec::new();
    for house in &people.houses {
        let reseller = &house.reseller;
        for subscriber in [&house.chief, &house.clerk] {
            let item = reseller.door.item(&format!("/api/subscribers/{}", subscriber.id)).await;
            let id = 900_000 + subscriber.id;
            registers(registrar, &id.to_string(), item["username"].as_str().unwrap(), &reseller.domain).await;
            let owner = Owner {
                reseller: Some(reseller.id),
                customer: Some(house.customer.id),
                subscriber: Some(subscriber.id),
                ..Owner::default()
            };
            rows.push(Row { resource: "subscriberregistrations", id, owner });
        }
        if known.contains(&reseller.id) {
            continue;
        }
        known.push(reseller.id);
        let contact_id = reseller.door.create("customercontacts", &json!({ "email": "pbx@example.org" })).await;
        let body = json!({
            "status": "active", "contact_id": contact_id, "billing_profile_id": reseller.profile_id, "type": "pbxaccount",
        });
        let customer = Customer { id: reseller.door.create("customers", &body).await, contact_id };
        let pilot = json!({ "is_pbx_pilot": true, "display_name": "Front desk" });
        let pilot = world.subscriber(reseller, &customer, &pilot).await;
        let owner = Owner { reseller: Some(reseller.id), customer: Some(customer.id), ..Owner::default() };
        rows.push(Row { resource: "pbxusers", id: pilot.id, owner });
    }
}
