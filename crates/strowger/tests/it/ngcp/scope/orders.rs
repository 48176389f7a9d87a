//! Orders to a vendor, one for each customer: only those above it see it.

use serde_json::json;
use store::testing::TestDb;

use super::people::People;
use super::rows::{Owner, Row};
use crate::api::Api;
use crate::ngcp::world::World;
use crate::patience::until;
use crate::site::{SECRET, Site};
use crate::stock::Stock;

const FIRST: u64 = 442_079_468_000;

/// A server with a registrar, and with a vendor that is asked while somebody searches.
pub(super) async fn world(database: TestDb, registrar: &str) -> World {
    let site = Site::new(database);
    let stock = Stock::new(&site, "stock", "7", FIRST, 10);
    site.vendors(&stock.line("own"));
    let settings = [("STROWGER_NUMBER_VENDORS", "realtime"), ("STROWGER_REGISTRAR_DATABASE_URL", registrar)];
    World::of(site, &settings).await
}

/// Buys a number for each customer, and waits until its order has come to its end.
pub(super) async fn make(world: &World, people: &People, rows: &mut Vec<Row>) {
    world.site.ok("pool add market --minimum 10").await;
    world.site.ok("pool link market own 7").await;
    let pool = world.site.json("pool show market").await["id"].to_string();
    let api = Api::new(world.door.url().to_owned(), &world.site.data("tls-certificate.pem"));
    let api = api.login("administrator", SECRET);
    let found = api.ok("numbers/available/list", &[("ingroup", &pool), ("detail", "1"), ("count", "10")]).await;
    assert!(found.as_array().is_some_and(|found| found.len() == 10), "{found}");
    for (n, house) in (0..).zip(&people.houses) {
        let wanted = json!({ "customer_id": house.customer.id, "number": (FIRST + n).to_string() });
        let id = world.admin.post("/api/numberorders/", &wanted).await.is(201).id();
        let path = format!("/api/numberorders/{id}");
        until("the order has come to its end", async || {
            let order = world.admin.item(&path).await;
            (order["final"] == json!(true)).then_some(order)
        })
        .await;
        let owner = Owner { reseller: Some(house.reseller.id), customer: Some(house.customer.id), ..Owner::default() };
        rows.push(Row { resource: "numberorders", id, owner });
    }
}
