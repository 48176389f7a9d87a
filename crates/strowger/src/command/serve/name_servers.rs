//! The door for name servers: zones are transferred there, and secondaries are told of changes.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use plane::dns::{Notifier, Primary};
use store::Db;
use tokio::sync::watch;

use crate::config::Config;
use crate::output;

/// What this server does for name servers; nothing where nothing is configured.
pub(super) struct NameServers {
    primary: Option<Primary>,
    notifier: Option<Notifier>,
}

impl NameServers {
    /// Listens where the configuration says, and tells where that is.
    pub(super) async fn bind(config: &Config, db: &Db) -> anyhow::Result<NameServers> {
        let settings = Arc::new(config.dns_settings().map_err(|mistake| anyhow!(mistake))?);
        // A transfer holds a connection for as long as it takes.
        if settings.listen.is_some() && config.database.pool < 2 {
            return Err(anyhow!(
                "dns.listen: transfers need a connection beside the others: database.pool is at least 2"
            ));
        }
        let bound = Primary::bind(db.clone(), settings.clone()).await;
        let primary = bound.with_context(|| match settings.listen {
            Some(address) => format!("dns.listen {address}"),
            None => "dns.listen".to_owned(),
        })?;
        if let Some(primary) = &primary {
            output::note(&format!("name servers find it on {}", primary.address()?));
        }
        Ok(NameServers { primary, notifier: Notifier::new(db.clone(), settings) })
    }

    /// Goes on until `stop`.
    pub(super) async fn run(self, stop: watch::Receiver<bool>) {
        let primary = async {
            if let Some(primary) = self.primary {
                primary.run(stop.clone()).await;
            }
        };
        let notifier = async {
            if let Some(notifier) = self.notifier {
                notifier.run(stop.clone()).await;
            }
        };
        tokio::join!(primary, notifier);
    }
}
