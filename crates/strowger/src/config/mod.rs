//! The configuration: one typed value from the built-in defaults, a TOML file, the environment and the command line.
//!
//! Later sources win: defaults, then the file, then `STROWGER_*` variables, then flags. [`KEYS`] and [`CARRIER_KEYS`]
//! are the one list of what can be set; reading, checking and the written reference all walk it. Every mistake in every
//! source is reported, not only the first.

mod amount;
mod carrier;
mod dns;
mod error;
mod field;
mod file;
mod load;
mod near;
mod reference;
mod secret;
mod table;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use e164::DialPlan;
use rust_decimal::Decimal;

pub use dns::Dns;
pub use error::{ConfigError, Origin};
pub use field::{Choice, Field, Key, Place};
pub use load::{Sources, environment, read_text};
pub use reference::reference;
pub use secret::Secret;
pub use table::{CARRIER_KEYS, KEYS};

/// Everything that can be set, checked and complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Folder of the database, the keys and the certificate.
    pub data_dir: PathBuf,
    /// Empty for SQLite in the data folder, else a `postgres://` URL (which may hold a password).
    pub database_url: Secret,
    /// Password of `administrator`, used at the first start only; empty: one is generated.
    pub admin_password: Secret,
    /// Where operators' HTTPS listens.
    pub admin_listen: SocketAddr,
    /// Where subscribers' HTTPS listens.
    pub subscriber_listen: SocketAddr,
    /// Where NGNPro's SOAP over plain HTTP listens.
    pub ngnpro_listen: SocketAddr,
    /// Where Crossbar over plain HTTP listens.
    pub crossbar_listen: SocketAddr,
    /// How a HAL collection with one member looks.
    pub ngcp_hal_shape: HalShape,
    /// Whether a request to the NGCP interface may say what time it is.
    pub ngcp_fake_clienttime: bool,
    /// Whether and when numbers are ordered from vendors.
    pub number_vendors: NumberVendors,
    /// The vendors' file in Enswitch format.
    pub numbervendors_conf: PathBuf,
    /// The file with the shipped plugins' own settings; absent if none was named and the data folder has none.
    pub numbervendors_toml: Option<PathBuf>,
    /// The form in which numbers travel to and from plugins.
    pub system_dial_plan: DialPlan,
    /// Searching vendors while a caller waits.
    pub realtime: Realtime,
    /// Buying a vendor's number.
    pub purchase: Purchase,
    /// Keeping pools full.
    pub refill: Refill,
    /// The job workers of this process.
    pub worker: Worker,
    /// Connections and memory of the database.
    pub database: Database,
    /// The registrar that subscribers register with.
    pub registrar: Registrar,
    /// Limits on how many records there may be.
    pub quota: Quota,
    /// Name servers that get zones from here.
    pub dns: Dns,
    /// The certificate of the HTTPS listeners.
    pub tls: Tls,
    /// What is logged and how.
    pub log: Log,
    /// The file of the sealing and token keys, one set for all servers on a database.
    pub keys_file: PathBuf,
    /// Settings of single carriers by name; a carrier that is not here has [`CarrierSettings::default`].
    pub carriers: BTreeMap<String, CarrierSettings>,
}

/// Searching vendors while a caller waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Realtime {
    /// Most time that the search of all vendors together may take.
    pub deadline: Duration,
}

/// Buying a vendor's number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purchase {
    /// How long a buyer is kept waiting before the answer says that the order is open.
    pub wait: Duration,
}

/// Keeping pools full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refill {
    /// Pause before a pool that could not be filled is tried again.
    pub retry_after: Duration,
}

/// The job workers of this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worker {
    /// How long a claimed job stays ours without a renewal.
    pub lease: Duration,
    /// How often the queue is looked at without being woken.
    pub poll: Duration,
    /// Most jobs at a time.
    pub concurrency: u32,
}

/// Connections and memory of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// Most PostgreSQL connections.
    pub pool: u32,
    /// SQLite's page cache in MiB, all connections together.
    pub cache_mib: u32,
}

/// The registrar that subscribers register with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registrar {
    /// The database with its location table: a `postgres://` URL (which may hold a password) or a SQLite file; empty:
    /// there is none.
    pub database_url: Secret,
}

/// Limits on how many records there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// What it means that a reseller or customer has no limit.
    pub when_absent: QuotaWhenAbsent,
}

/// The certificate of the HTTPS listeners: both files, or none for a self-signed one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// PEM file of the certificate chain.
    pub certificate: Option<PathBuf>,
    /// PEM file of the private key.
    pub key: Option<PathBuf>,
}

/// What is logged and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// Lines for people or JSON for machines.
    pub format: LogFormat,
    /// Filter directives, such as `info,ordering=debug`.
    pub filter: String,
}

/// Settings of one carrier, `[carrier.NAME]`.
#[derive(Clone, Debug, PartialEq)]
pub struct CarrierSettings {
    /// What happens at the vendor when a number leaves its last customer.
    pub release: Release,
    /// Where the vendor shall send calls; absent: as the vendors' file says.
    pub destination: Option<String>,
    /// Most time for one plugin run.
    pub deadline: Duration,
    /// Most plugin runs at a time.
    pub concurrency: u32,
    /// Most plugin runs a second; 0: no limit.
    pub rate: f64,
    /// How long an order in doubt counts as supply on the way.
    pub grace: Duration,
    /// Most numbers that may be in doubt before nothing more is ordered instead of them.
    pub exposure_cap: u32,
    /// Most numbers in one order; 0: no limit.
    pub max_per_order: u32,
    /// Most numbers bought a day.
    pub numbers_per_day: Option<u32>,
    /// Most numbers bought a month.
    pub numbers_per_month: Option<u32>,
    /// Most money spent a day.
    pub money_per_day: Option<Decimal>,
    /// Most money spent a month.
    pub money_per_month: Option<Decimal>,
    /// Whether the plugin can find an order again by its reference.
    pub lookup: bool,
    /// Failures in a row after which the vendor is left alone.
    pub breaker_failures: u32,
    /// How long it is left alone.
    pub breaker_pause: Duration,
}

impl Config {
    /// The settings in effect as (key, value), in the order of the reference; secrets read `***`.
    pub fn entries(&self) -> Vec<(String, String)> {
        let mut copy = self.clone();
        let mut entries: Vec<_> = KEYS.iter().map(|key| (key.name.to_owned(), key.field.show(&mut copy))).collect();
        for (name, settings) in &mut copy.carriers {
            entries.extend(
                CARRIER_KEYS.iter().map(|key| (format!("carrier.{name}.{}", key.name), key.field.show(settings))),
            );
        }
        entries
    }

    /// The settings of the carrier `name`, or those of a carrier that has none of its own.
    pub fn carrier(&self, name: &str) -> CarrierSettings {
        self.carriers.get(name).cloned().unwrap_or_default()
    }
}

/// Makes an enum of words that a setting chooses from.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// The words of the configuration, in the order of the variants.
            pub const WORDS: &[&str] = &[$($word),+];

            /// The word of the configuration.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

choice! {
    /// How a HAL collection with one member looks.
    HalShape {
        /// Always an array.
        #[default]
        Modern = "modern",
        /// One member as a bare object.
        Legacy = "legacy",
    }
}
choice! {
    /// Whether and when numbers are ordered from vendors.
    NumberVendors {
        /// Never.
        Off = "off",
        /// Pools are refilled after numbers are used.
        #[default]
        Pool = "pool",
        /// Vendors are also asked while a caller looks for a number.
        Realtime = "realtime",
    }
}
choice! {
    /// What it means that a reseller or customer has no limit.
    QuotaWhenAbsent {
        /// There is no limit.
        #[default]
        None = "none",
        /// The limit is 0.
        Zero = "0",
    }
}
choice! {
    /// The form of the log.
    LogFormat {
        /// Lines for people.
        #[default]
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}
choice! {
    /// What happens at the vendor when a number leaves its last customer.
    Release {
        /// It stays ours.
        #[default]
        Keep = "keep",
        /// It is given back.
        Disconnect = "disconnect",
    }
}

#[cfg(test)]
mod tests;
