//! What is set about name servers.

use std::net::SocketAddr;
use std::path::PathBuf;

use plane::dns::{Keys, Settings, rules, secondaries, zone_name};

use super::load::Loading;
use super::{Config, Secret};

/// Largest file of keys that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// Name servers that get zones from here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dns {
    /// Where they ask; absent: nowhere.
    pub listen: Option<SocketAddr>,
    /// The zone that lists all others; empty: there is none.
    pub catalog: String,
    /// Who is told of changes, and may transfer zones.
    pub secondaries: String,
    /// Who else may transfer zones.
    pub allow_transfer: String,
    /// Keys that requests and notices are signed with.
    pub keys: Secret,
    /// A file with more of them.
    pub keys_file: Option<PathBuf>,
}

impl Config {
    /// The settings about name servers, with the file of keys read.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn dns_settings(&self) -> Result<Settings, String> {
        let dns = &self.dns;
        let of_file = match &dns.keys_file {
            Some(path) => read(path).map_err(|error| format!("dns.keys_file {}: {error}", path.display()))?,
            None => Keys::default(),
        };
        let named = |name: &str, error: plane::dns::Mistake| format!("{name}: {error}");
        let settings = Settings {
            listen: dns.listen,
            catalog: zone_name(&dns.catalog).map_err(|error| named("dns.catalog", error))?,
            keys: Keys::read(dns.keys.reveal())
                .and_then(|keys| keys.and(of_file))
                .map_err(|error| named("dns.keys", error))?,
            secondaries: secondaries(&dns.secondaries).map_err(|error| named("dns.secondaries", error))?,
            rules: rules(&dns.allow_transfer).map_err(|error| named("dns.allow_transfer", error))?,
            // Each holds a connection to the database while it goes on.
            transfers: (self.database.pool as usize / 4).clamp(1, 8),
        };
        settings.check().map_err(|error| named("dns.keys", error))?;
        Ok(settings)
    }
}

fn read(path: &std::path::Path) -> Result<Keys, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > LARGEST_FILE {
        return Err("is larger than 1 MiB".to_owned());
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Keys::read(&text).map_err(|error| error.to_string())
}

impl Loading {
    /// Reports what is wrong with each setting, and what does not fit together; files are read later.
    pub(super) fn check_dns(&mut self) {
        let dns = self.config.dns.clone();
        let found = [
            ("dns.catalog", zone_name(&dns.catalog).err()),
            ("dns.secondaries", secondaries(&dns.secondaries).err()),
            ("dns.allow_transfer", rules(&dns.allow_transfer).err()),
            ("dns.keys", Keys::read(dns.keys.reveal()).err()),
        ];
        let mut wrong = false;
        for (name, mistake) in found {
            if let Some(mistake) = mistake {
                wrong = true;
                self.conflict(name, &[name], mistake.to_string());
            }
        }
        if wrong {
            return;
        }
        if dns.listen.is_none() && !dns.secondaries.trim().is_empty() {
            self.conflict("dns.secondaries", &["dns.secondaries"], "needs dns.listen: they ask there");
        }
        if dns.keys_file.is_none()
            && let Err(mistake) = self.config.dns_settings()
        {
            let keys = ["dns.keys", "dns.secondaries", "dns.allow_transfer"];
            self.conflict("dns.keys", &keys, mistake.trim_start_matches("dns.keys: "));
        }
    }
}
