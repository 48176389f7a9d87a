//! The Enswitch door: a retailer buys from a wholesaler through the shipped plugin, and sells on over the same interface.

mod dial_plan;
mod realtime;
mod trade;

use std::collections::BTreeMap;

use serde_json::Value;
use store::testing::TestDb;

use crate::api::Api;
use crate::patience::until;
use crate::server::Server;
use crate::site::{Site, text};

/// The path of Enswitch's own plugin, which is not there: the shipped one takes its place.
const METHOD: &str = "/opt/enswitch/current/sbin/numbervendors/enswitch";

/// A running wholesaler, and a retailer whose first vendor it is; the retailer's server is not started yet.
pub(crate) struct Trade {
    pub(crate) wholesaler: Site,
    pub(crate) seller: Server,
    pub(crate) retailer: Site,
    line: String,
}

impl Trade {
    /// A wholesaler with `stock` London numbers from +442079460000 on, in its pool `london`.
    pub(crate) async fn new(database: TestDb, stock: u64) -> Trade {
        Trade::with_plan(database, stock, "").await
    }

    /// The same, where the wholesaler's own dial plan is given as TOML.
    pub(crate) async fn with_plan(database: TestDb, stock: u64, plan: &str) -> Trade {
        let retailer = Site::ready(database).await;
        let wholesaler = retailer.another().await;
        wholesaler.ok("pool add london --area-code 20 --setup-price 0.1 --monthly-price 0.5").await;
        wholesaler.ok(&format!("number add london 442079460000 {}", 442_079_460_000 + stock - 1)).await;
        wholesaler.customer("retail").await;
        wholesaler.configure(plan);
        let mut seller = wholesaler.serve().await;
        let url = seller.url().await;
        let line =
            format!("wholesale = The Wholesaler, {METHOD}, {url}, retail, retail password, sip.retail.example:5060\n");
        retailer.vendors(&line);
        let certificate = wholesaler.data("tls-certificate.pem");
        retailer.write(
            "data/numbervendors.toml",
            &format!("[vendor.wholesale]\nca_file = \"{}\"\n", certificate.display()),
        );
        Trade { wholesaler, seller, retailer, line }
    }

    /// Writes the vendors' file with the wholesaler and others.
    pub(crate) fn vendors(&self, others: &str) {
        self.retailer.vendors(&format!("{}{others}", self.line));
    }

    /// What the wholesaler has sold to the retailer, by number.
    pub(crate) async fn sold(&self) -> BTreeMap<String, Value> {
        let rows = self.wholesaler.list("number list --account retail --limit 1000").await;
        rows.into_iter().map(|row| (text(&row, "digits"), row)).collect()
    }

    /// Waits until no order of the retailer waits for anything, then compares the two registries: every number that the
    /// wholesaler has sold is on the retailer's books once, and is routed; the retailer has no other.
    pub(crate) async fn agree(&self) -> Vec<String> {
        until("all orders have ended", async || self.retailer.is_quiet().await.then_some(())).await;
        let sold = self.sold().await;
        let rows = self.retailer.list("number list --limit 1000").await;
        let vendor = self.retailer.list("vendor list").await[0]["id"].clone();
        let mut bought: Vec<String> =
            rows.iter().filter(|row| row["vendor_id"] == vendor).map(|row| text(row, "digits")).collect();
        bought.sort();
        assert_eq!(bought, sold.keys().cloned().collect::<Vec<_>>());
        let orders = self.retailer.list("order list --limit 1000").await;
        for row in sold.values() {
            let reference = row["reference"].as_str().unwrap();
            let order = orders.iter().find(|order| order["reference"] == reference).unwrap();
            assert_eq!(order["vendor_id"], vendor);
            let destination = row["destination"].as_str().unwrap_or_else(|| panic!("{row} is not routed"));
            assert!(destination.ends_with("@sip.retail.example:5060"), "{row}");
        }
        bought
    }
}

/// Numbers of an answer.
fn numbers(data: &Value) -> Vec<String> {
    data.as_array().unwrap().iter().map(|number| number.as_str().unwrap().to_owned()).collect()
}

/// What can be bought of a group.
async fn available(api: &Api, count: u32) -> Vec<String> {
    numbers(&api.ok("numbers/available/list", &[("ingroup", "1"), ("count", &count.to_string())]).await)
}
