//! A server's sign of life, and its files read again when the operator asks for it.

use std::sync::Arc;
use std::time::Duration;

use ordering::Ordering;
use registry::{server, setting, transaction};
use tokio::sync::{Notify, watch};
use web::TlsReload;

use super::certificates;
use crate::config::Config;
use crate::vendors::{self, Loaded};

/// How often a server says that it is up and looks whether the vendors' file is to be read again.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Tells the other servers and the command line that this one is up, and reads files again when asked to.
pub(super) struct Presence {
    pub(super) config: Config,
    pub(super) ordering: Ordering,
    /// Where a new certificate goes.
    pub(super) tls: [TlsReload; 2],
    /// Told of each SIGHUP.
    pub(super) reload: Arc<Notify>,
}

impl Presence {
    /// Goes on until `stop`; `message` is what was wrong with the vendors' file at the start.
    pub(super) async fn keep(self, mut stop: watch::Receiver<bool>, mut message: String) {
        let db = self.ordering.db().clone();
        let host = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = format!("{host}:{}", std::process::id());
        let mut generation = setting::vendors_generation(&mut db.reader()).await.unwrap_or(0);
        let mut id = None;
        while !*stop.borrow() {
            let result = match id {
                None => {
                    transaction!(db, |tx| server::join(tx, &name, generation, &message).await).map(|new| id = Some(new))
                }
                Some(id) => transaction!(db, |tx| server::seen(tx, id, generation, &message).await),
            };
            if let Err(error) = result {
                tracing::warn!(%error, "presence not recorded");
            }
            tokio::select! {
                () = self.reload.notified() => {
                    self.renew_certificate();
                    message = reload_vendors(&self.config, &self.ordering).await;
                }
                () = tokio::time::sleep(HEARTBEAT) => {
                    let asked = setting::vendors_generation(&mut db.reader()).await.unwrap_or(generation);
                    if asked > generation {
                        message = reload_vendors(&self.config, &self.ordering).await;
                        generation = asked;
                    }
                }
                _ = stop.changed() => {}
            }
        }
        if let Some(id) = id {
            let left = transaction!(db, |tx| server::leave(tx, id).await);
            if let Err(error) = left {
                tracing::warn!(%error, "presence not ended");
            }
        }
    }

    fn renew_certificate(&self) {
        match certificates(&self.config, self.ordering.clock().now()) {
            Ok(renewed) => {
                for (door, certificate) in self.tls.iter().zip(renewed) {
                    door.replace(certificate);
                }
                tracing::info!("TLS certificate read");
            }
            Err(error) => tracing::error!(%error, "TLS certificate not read, the one before stays"),
        }
    }
}

/// Reads the vendors' file at the start; returns what is wrong with it. Its good lines are used all the same.
pub(super) async fn first_vendors(config: &Config, ordering: &Ordering) -> String {
    let Some(loaded) = load(config, ordering).await else { return UNKNOWN.to_owned() };
    let (count, problems) = (loaded.entries.len(), loaded.problems.join("; "));
    let used = if problems.is_empty() {
        ordering.install(loaded.entries).await
    } else {
        ordering.introduce(loaded.entries).await
    };
    settle(used, count, problems)
}

/// Reads the vendors' file again; returns what is wrong with it. A file with any mistake changes nothing: it may be half
/// written, and who is missing from it would no longer be asked.
async fn reload_vendors(config: &Config, ordering: &Ordering) -> String {
    let Some(loaded) = load(config, ordering).await else { return UNKNOWN.to_owned() };
    if !loaded.problems.is_empty() {
        tracing::warn!(vendors = ordering.vendors().count(), "the vendors stay as they were");
        return loaded.problems.join("; ");
    }
    let count = loaded.entries.len();
    settle(ordering.install(loaded.entries).await, count, String::new())
}

/// What is said of a file that could not be held against the registry.
const UNKNOWN: &str = "the vendors' file was not read: the database can't be reached";

async fn load(config: &Config, ordering: &Ordering) -> Option<Loaded> {
    let loaded = vendors::load_to_install(config, ordering.db())
        .await
        .inspect_err(|error| tracing::error!(%error, "vendors' file not read"))
        .ok()?;
    for problem in loaded.problems.iter().chain(&loaded.remarks) {
        tracing::warn!(problem, "vendors' file");
    }
    Some(loaded)
}

fn settle(used: registry::Result<()>, count: usize, problems: String) -> String {
    match used {
        Ok(()) => {
            tracing::info!(vendors = count, "vendors' file read");
            problems
        }
        Err(error) => {
            tracing::error!(%error, "vendors not installed");
            format!("vendors not installed: {error}")
        }
    }
}
