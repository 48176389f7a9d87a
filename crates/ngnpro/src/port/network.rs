//! NetworkPort: the machines of the platform and what they do. The servers of this program are known; proxies and relays are
//! not until one is connected.

use registry::server;
use serde_json::{Map, Value, json};

use crate::operation::{Cx, Outcome, port};

port! {
    /// The machines of the platform and what they do.
    NETWORK = "Network" {
        /// What they do, as JSON: by address.
        read getStatistics() -> String = statistics;
        /// What they are, as JSON: by id. The version is that of the server that answers.
        read getStatus() -> String = status;
    }
}

/// There are figures of nothing but proxies: none.
async fn statistics(cx: &mut Cx<'_>) -> Outcome<String> {
    server::shown(cx.tx, cx.caller).await?;
    Ok(json!({"summary": {}}).to_string())
}

async fn status(cx: &mut Cx<'_>) -> Outcome<String> {
    let shown = |server: server::Server| {
        let host = server.name.rsplit_once(':').map_or(&*server.name, |(host, _)| host);
        let about = json!({"ip": host, "version": env!("CARGO_PKG_VERSION"), "roles": ["provisioning_server"]});
        (server.id.0.to_string(), about)
    };
    let servers: Map<String, Value> = server::shown(cx.tx, cx.caller).await?.into_iter().map(shown).collect();
    Ok(Value::Object(servers).to_string())
}
