//! What holds for every resource: paths, the order of checks, messages, patches, pages, filters, HAL, journals.

mod bodies;
mod documentation;
mod journal;
mod lists;
mod patch;
mod paths;
mod shape;
mod validation;

use serde_json::json;

use super::world::World;

/// Makes a contact of the default reseller and tells its path.
async fn contact(world: &World, email: &str) -> String {
    let id = world.admin.create("customercontacts", &json!({ "email": email, "reseller_id": 1 })).await;
    format!("/api/customercontacts/{id}")
}
