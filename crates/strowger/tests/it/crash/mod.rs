//! The server and the plugin are killed at every step of an order; whatever happens, each number that the vendor sold is on
//! the books exactly once.

mod dummy;
mod trade;

use std::future::Future;

use tokio::task::{JoinSet, LocalSet};

/// Where the plugin is killed.
const PLUGIN: [Option<&str>; 6] = [
    None,
    Some("plugin.started"),
    Some("plugin.before-sale"),
    Some("plugin.after-sale"),
    Some("plugin.after-first-line"),
    Some("plugin.after-lines"),
];

/// The environment of a server with these faults.
fn faults(server: Option<&'static str>, plugin: Option<&'static str>) -> Vec<(&'static str, &'static str)> {
    let server = server.map(|name| ("STROWGER_FAULT", name));
    let plugin = plugin.map(|name| ("STROWGER_PLUGIN_FAULT", name));
    server.into_iter().chain(plugin).collect()
}

/// Runs scenarios at the same time, for most of what they do is wait; each that fails is named.
async fn all_at_once(scenarios: Vec<(String, impl Future<Output = ()> + 'static)>) {
    let run = async {
        let mut running = JoinSet::new();
        for (name, scenario) in scenarios {
            running.spawn_local(async move { (name, tokio::task::spawn_local(scenario).await.is_ok()) });
        }
        running.join_all().await
    };
    let ended = LocalSet::new().run_until(run).await;
    let failed: Vec<String> = ended.into_iter().filter(|(_, done)| !done).map(|(name, _)| name).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
