//! `strowger dns`: what the installation gives to zones, which zones are served, and telling name servers again.

use anyhow::anyhow;
use registry::dns::defaults::{self, Target};
use registry::dns::{FancyKind, RrType, change, served};
use registry::transaction;
use serde::Serialize;

use crate::cli::DnsCommand;
use crate::context::Context;

/// A zone of the list.
#[derive(Serialize)]
struct Zone {
    name: String,
    kind: String,
    serial: i64,
}

/// A server behind the hosts of fancy records.
#[derive(Serialize)]
struct Server {
    #[serde(rename = "type")]
    rr_type: String,
    value: String,
    priority: i64,
}

pub(super) async fn run(context: &Context, command: DnsCommand) -> anyhow::Result<()> {
    let (caller, out) = (&context.caller, context.output);
    match command {
        DnsCommand::Zones { limit, after } => {
            let after = after.trim_end_matches('.').to_ascii_lowercase();
            let limit = i64::from(limit.clamp(1, 1_000));
            let zones = served::zones(&mut context.db.reader(), &after, limit).await?;
            let zones: Vec<Zone> = zones
                .into_iter()
                .map(|zone| Zone { name: zone.name, kind: zone.kind.to_string(), serial: zone.serial })
                .collect();
            out.list(["name", "kind", "serial"], &zones, |z| [z.name.clone(), z.kind.clone(), z.serial.to_string()])
        }
        DnsCommand::Nameservers { hosts } if hosts.is_empty() => {
            let hosts = defaults::nameservers(&mut context.db.reader()).await?;
            out.list(["name server"], &hosts, |host| [host.clone()])
        }
        DnsCommand::Nameservers { hosts } => {
            let set = transaction!(context.db, |tx| defaults::set_nameservers(tx, caller, &hosts).await)?;
            let sentence = if set { "name servers set; the zones that have them have changed" } else { SAME };
            out.done(&hosts, sentence)
        }
        DnsCommand::Targets { kind, values, none } => targets(context, &kind, &values, none).await,
        DnsCommand::Notify { zones, all } => {
            transaction!(context.db, |tx| {
                if all {
                    change::tell_again(tx, caller, None).await?;
                }
                for zone in &zones {
                    change::tell_again(tx, caller, Some(zone)).await?;
                }
                Ok(())
            })?;
            out.done(&zones, "the servers tell the name servers")
        }
    }
}

const SAME: &str = "they were set already";

async fn targets(context: &Context, kind: &str, values: &[String], none: bool) -> anyhow::Result<()> {
    let (caller, out) = (&context.caller, context.output);
    let kind: FancyKind = kind.to_ascii_uppercase().parse()?;
    if values.is_empty() && !none {
        let targets = defaults::targets(&mut context.db.reader(), kind).await?;
        let servers: Vec<Server> = targets.into_iter().map(Server::from).collect();
        return out.list(["type", "value", "priority"], &servers, |s| {
            [s.rr_type.clone(), s.value.clone(), s.priority.to_string()]
        });
    }
    let wanted = values.iter().map(|value| target(kind, value)).collect::<anyhow::Result<Vec<_>>>()?;
    let set = transaction!(context.db, |tx| defaults::set_targets(tx, caller, kind, &wanted).await)?;
    let sentence = if set { "set; the zones that have such records have changed" } else { SAME };
    out.done(&wanted.into_iter().map(Server::from).collect::<Vec<_>>(), sentence)
}

/// A server as it is written.
fn target(kind: FancyKind, text: &str) -> anyhow::Result<Target> {
    let of = |rr_type, value: &str, priority| Target { rr_type, value: value.to_owned(), priority };
    Ok(match kind {
        FancyKind::Url if text.contains(':') => of(RrType::Aaaa, text, 0),
        FancyKind::Url => of(RrType::A, text, 0),
        FancyKind::Mboxfw => match text.split_once(':') {
            Some((priority, host)) => {
                let priority = priority.parse().map_err(|_| anyhow!("`{text}` is not written [priority:]host"))?;
                of(RrType::Mx, host, priority)
            }
            None => of(RrType::Mx, text, 0),
        },
    })
}

impl From<Target> for Server {
    fn from(target: Target) -> Server {
        Server { rr_type: target.rr_type.to_string(), value: target.value, priority: target.priority }
    }
}
