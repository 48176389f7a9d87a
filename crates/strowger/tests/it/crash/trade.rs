//! The plugin that buys from a wholesaler is killed at each of its steps; the two registries agree afterwards.

use store::testing::{Engine, TestDb};

use super::{PLUGIN, all_at_once, faults};
use crate::enswitch::Trade;
use crate::patience::until;

async fn scenario(engine: Engine, server: Option<&'static str>, plugin: Option<&'static str>) {
    let trade = Trade::new(TestDb::new(engine).await, 20).await;
    let retailer = &trade.retailer;
    retailer.ok("pool add london").await;
    retailer.ok("pool link london wholesale 1").await;
    retailer.configure("[carrier.wholesale]\ndeadline = \"10s\"\n");
    retailer.ok("pool set london --minimum 3").await;
    let faulty = retailer.serve_with(&faults(server, plugin)).await;
    if server.is_some() {
        faulty.dies().await;
    } else {
        retailer.order_in("in_doubt").await;
        faulty.stop().await;
    }
    let healthy = retailer.serve().await;
    until("the pool has what it wants", async || {
        (retailer.is_quiet().await && retailer.free("london").await == 3).then_some(())
    })
    .await;
    assert_eq!(trade.agree().await.len(), 3);
    healthy.stop().await;
}

async fn every_plugin_fault(engine: Engine) {
    let mut scenarios = Vec::new();
    for plugin in PLUGIN {
        // Where nothing ails the plugin it is the server that dies.
        let server = plugin.is_none().then_some("order.answered");
        scenarios.push((format!("server {server:?}, plugin {plugin:?}"), scenario(engine, server, plugin)));
    }
    all_at_once(scenarios).await;
}

#[tokio::test]
async fn sqlite() {
    every_plugin_fault(Engine::Sqlite).await;
}

#[tokio::test]
async fn postgres() {
    every_plugin_fault(Engine::Postgres).await;
}
