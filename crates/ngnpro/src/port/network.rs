//! NetworkPort: the machines of the platform and what they do. There is no source for it until a proxy is connected: the
//! answers are empty and of the right shape.

use crate::operation::{Cx, Outcome, port};

port! {
    /// The machines of the platform and what they do.
    NETWORK = "Network" {
        /// What they do, as JSON: by address.
        read getStatistics() -> String = statistics;
        /// What they are, as JSON: by id.
        read getStatus() -> String = status;
    }
}

async fn statistics(cx: &mut Cx<'_>) -> Outcome<String> {
    cx.caller.must_be_admin("look at the network")?;
    Ok(r#"{"summary":{}}"#.to_owned())
}

async fn status(cx: &mut Cx<'_>) -> Outcome<String> {
    cx.caller.must_be_admin("look at the network")?;
    Ok("{}".to_owned())
}
