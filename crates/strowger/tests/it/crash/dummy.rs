//! Every fault of the server with every fault of the test vendor's plugin, compared with the vendor's own ledger.

use serde_json::Value;
use store::testing::{Engine, TestDb};

use super::{PLUGIN, all_at_once, faults};
use crate::patience::until;
use crate::site::{Site, text};
use crate::stock::Stock;

/// How many numbers the pool wants.
const WANTED: i64 = 4;

/// Who finds out what became of an order in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    /// The plugin, by our reference.
    ByLookup,
    /// A person, who reads the vendor's ledger.
    ByPerson,
}

/// Runs a refill whose server and plugin are killed there, starts again without the faults, and compares the books.
async fn scenario(engine: Engine, server: Option<&'static str>, plugin: Option<&'static str>, settled: Settled) {
    let site = Site::ready(TestDb::new(engine).await).await;
    let stock = Stock::new(&site, "stock", "1", 442_079_460_000, 30);
    site.vendors(&stock.line("one"));
    let deadline = if settled == Settled::ByLookup { "3s" } else { "50s" };
    site.configure(&format!("[carrier.one]\ndeadline = \"{deadline}\"\n"));
    site.ok("pool add london").await;
    site.ok("pool link london one 1").await;
    site.ok(&format!("pool set london --minimum {WANTED}")).await;

    let faulty = site.serve_with(&faults(server, plugin)).await;
    if server.is_some() {
        faulty.dies().await;
    } else {
        until("the order has an outcome", async || {
            let orders = site.orders().await;
            orders.first().filter(|(state, ..)| state != "planned" && state != "sent").map(drop)
        })
        .await;
        faulty.stop().await;
    }
    let sold = stock.sold();
    assert!(sold.is_empty() || sold.len() == 4, "{sold:?}");

    let healthy = site.serve().await;
    until("the pool has what it wants", async || {
        if settled == Settled::ByPerson {
            for order in site.list("order list --state in_doubt").await {
                resolve(&site, &stock, &order).await;
            }
        }
        (site.is_quiet().await && site.free("london").await == WANTED).then_some(())
    })
    .await;
    healthy.stop().await;

    // Nothing was bought that is not on the books, nothing is on the books that was not bought, and nothing was bought twice:
    // what was in doubt was known before anything else was ordered.
    assert_eq!(site.digits("--state available").await, stock.sold());
    assert_eq!(stock.sold().len(), 4);
    for order in site.list("order list").await {
        assert_eq!(
            order["delivered"].as_u64().unwrap() as usize,
            stock.sold_under(&text(&order, "reference")).len(),
            "{order}"
        );
    }
    assert_eq!(site.alerts().await, []);
}

async fn resolve(site: &Site, stock: &Stock, order: &Value) {
    let reference = text(order, "reference");
    let numbers = stock.sold_under(&reference);
    let mut words = vec!["order", "resolve", reference.as_str()];
    match numbers.is_empty() {
        true => words.push("--nothing"),
        false => words.extend(numbers.iter().map(String::as_str)),
    }
    site.ok(words).await;
}

/// Kills the server there and the plugin at each of its steps, all at the same time.
async fn every_plugin_fault(engine: Engine, server: Option<&'static str>) {
    let mut scenarios = Vec::new();
    for plugin in PLUGIN {
        for settled in [Settled::ByLookup, Settled::ByPerson] {
            let name = format!("server {server:?}, plugin {plugin:?}, {settled:?}");
            scenarios.push((name, scenario(engine, server, plugin, settled)));
        }
    }
    all_at_once(scenarios).await;
}

macro_rules! killed {
    ($($name:ident: $server:expr;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                every_plugin_fault(Engine::Sqlite, $server).await;
            }

            #[tokio::test]
            async fn postgres() {
                every_plugin_fault(Engine::Postgres, $server).await;
            }
        }
    )*};
}

killed! {
    nowhere: None;
    before_it_marks_the_order_sent: Some("order.before-send");
    before_it_calls_the_vendor: Some("order.sent");
    when_the_vendor_has_answered: Some("order.answered");
    when_the_answer_is_recorded: Some("order.recorded");
}
