//! `strowger vendor`: how vendors do, what they have, and reading their file again.

use std::time::{Duration, Instant};

use anyhow::bail;
use registry::server::{self, Server};
use registry::{clock, setting, transaction, vendor};

use super::pool::groups;
use crate::cli::VendorCommand;
use crate::context::Context;
use crate::output;

/// How long a reload waits for the running servers.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) async fn run(context: &Context, command: VendorCommand) -> anyhow::Result<()> {
    let out = context.output;
    match command {
        VendorCommand::List => {
            context.ordering().await?;
            let vendors = vendor::list(&mut context.db.reader()).await?;
            let now = context.now();
            out.list(["id", "key", "name", "plugin", "state"], &vendors, |v| {
                let state = if !v.active {
                    "not in the vendors' file".to_owned()
                } else if v.open_until > now {
                    format!("left alone until {} after {} failures", clock::rfc3339(v.open_until), v.failures)
                } else {
                    "asked".to_owned()
                };
                [v.id.to_string(), v.name.clone(), v.display_name.clone(), v.method.clone(), state]
            })
        }
        VendorCommand::Groups { vendor } => {
            let groups = groups(&context.ordering().await?, &vendor).await?;
            out.list(["group", "name"], &groups, |g| [g.id.clone(), g.name.clone()])
        }
        VendorCommand::Reload => reload(context).await,
    }
}

async fn reload(context: &Context) -> anyhow::Result<()> {
    let loaded = crate::vendors::load_to_install(&context.config, &context.db).await?;
    if !loaded.problems.is_empty() {
        bail!("the vendors' file is not good, the servers keep what they have:\n  {}", loaded.problems.join("\n  "));
    }
    for remark in &loaded.remarks {
        output::note(&format!("warning: {remark}"));
    }
    let asked = transaction!(context.db, |tx| setting::reload_vendors(tx).await)?;
    let servers = output::during("waiting for the servers", followers(context, asked)).await?;
    if servers.is_empty() {
        let count = loaded.entries.len();
        context.ordering_alone().install(loaded.entries).await?;
        let sentence = format!("no server is running; the next one starts with the file's {count} vendors");
        return context.output.done(&servers, &sentence);
    }
    let refusals: Vec<String> =
        servers.iter().filter(|s| !s.message.is_empty()).map(|s| format!("{}: {}", s.name, s.message)).collect();
    if !refusals.is_empty() {
        bail!(
            "{} of {} server(s) keep the vendors that they had:\n  {}",
            refusals.len(),
            servers.len(),
            refusals.join("\n  ")
        );
    }
    let active = vendor::list(&mut context.db.reader()).await?.iter().filter(|v| v.active).count();
    context.output.done(&servers, &format!("{} server(s) have read {active} vendors", servers.len()))
}

/// The servers that are up, once all of them have followed the request.
async fn followers(context: &Context, asked: i64) -> anyhow::Result<Vec<Server>> {
    let started = Instant::now();
    loop {
        let servers = server::list(&mut context.db.reader()).await?;
        if servers.iter().all(|s| s.vendors_generation >= asked) {
            return Ok(servers);
        }
        if started.elapsed() > PATIENCE {
            let late: Vec<&str> =
                servers.iter().filter(|s| s.vendors_generation < asked).map(|s| s.name.as_str()).collect();
            bail!("not all servers have read the file after {} s: {}", PATIENCE.as_secs(), late.join(", "));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
