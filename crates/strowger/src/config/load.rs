//! Bringing the sources together, and the checks that look at more than one setting.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, Mistakes, Origin};
use super::field::{Field, Key, Raw};
use super::near::hint;
use super::{Config, KEYS, carrier, file};

/// Largest file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// What our environment variables start with.
const PREFIX: &str = "STROWGER_";
/// The variable that names the file.
const FILE_VARIABLE: &str = "STROWGER_CONFIG";
/// Variables that start so belong to plugins and tests, not to the configuration.
const OTHERS: [&str; 4] = ["STROWGER_FAULT", "STROWGER_PLUGIN", "STROWGER_ORDER", "STROWGER_TEST"];

/// Where the configuration comes from, beside the defaults.
#[derive(Clone, Default)]
pub struct Sources {
    /// The TOML file; absent: the one that `STROWGER_CONFIG` names, if it names one.
    pub file: Option<PathBuf>,
    /// The environment; only `STROWGER_*` is looked at.
    pub env: BTreeMap<String, String>,
    /// Flags as (key, value); a key may be written `data_dir` or `--data-dir`.
    pub flags: Vec<(String, String)>,
}

/// The `STROWGER_*` variables of this process.
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
}

impl Config {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// Every mistake of every source, in the order file, environment, flags, then what does not fit together.
    pub fn load(sources: Sources) -> Result<Self, Vec<ConfigError>> {
        let mut loading = Loading::defaults();
        let named = sources.env.get(FILE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        if let Some(path) = sources.file.or(named) {
            match read_file(&path) {
                Ok(text) => file::read(&path, &text, &mut loading),
                Err(message) => loading.mistakes.in_file(&path, 0, "", message),
            }
        }
        loading.environment(&sources.env);
        loading.flags(&sources.flags);
        loading.finish()
    }
}

/// Reads the text of a configuration file on top of the defaults, with no other source.
///
/// # Errors
/// As [`Config::load`].
pub fn read_text(text: &str) -> Result<Config, Vec<ConfigError>> {
    let mut loading = Loading::defaults();
    file::read(Path::new("strowger.toml"), text, &mut loading);
    loading.finish()
}

fn read_file(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err("is larger than 1 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())
}

/// The configuration while it is put together.
pub(super) struct Loading {
    pub(super) config: Config,
    pub(super) mistakes: Mistakes,
    origins: HashMap<&'static str, Origin>,
}

impl Loading {
    fn defaults() -> Self {
        let mut loading = Self { config: Config::unset(), mistakes: Mistakes::default(), origins: HashMap::default() };
        for key in KEYS {
            loading.set(key, &Raw::Outside(key.default), Origin::Default);
        }
        loading
    }

    pub(super) fn set(&mut self, key: &'static Key<Config>, raw: &Raw<'_>, origin: Origin) {
        match key.field.set(&mut self.config, raw) {
            Ok(()) => {
                self.origins.insert(key.name, origin);
            }
            // The variable's name says which key it is.
            Err(message) if matches!(origin, Origin::Environment(_)) => self.mistakes.add(origin, "", message),
            Err(message) => self.mistakes.add(origin, key.name, message),
        }
    }

    fn environment(&mut self, variables: &BTreeMap<String, String>) {
        let ours = variables.iter().filter(|(name, _)| {
            name.starts_with(PREFIX) && *name != FILE_VARIABLE && !OTHERS.iter().any(|other| name.starts_with(other))
        });
        for (name, value) in ours {
            let origin = Origin::Environment(name.clone());
            match KEYS.iter().find(|key| key.environment == name) {
                Some(key) if value.is_empty() && !key.field.may_be_empty() => {}
                Some(key) => self.set(key, &Raw::Outside(value), origin),
                None if name.starts_with(carrier::VARIABLES.trim_end_matches('_')) => {
                    self.carrier_variable(name, value)
                }
                None => {
                    let names = KEYS.iter().map(|key| key.environment).chain([FILE_VARIABLE]);
                    self.mistakes.add(origin, "", format!("is not a setting{}", hint(name, names)));
                }
            }
        }
    }

    fn flags(&mut self, flags: &[(String, String)]) {
        for (name, value) in flags {
            let wanted = match name.strip_prefix("--") {
                Some(flag) => flag.replace('-', "_"),
                None => name.clone(),
            };
            match KEYS.iter().find(|key| key.name == wanted) {
                Some(key) => self.set(key, &Raw::Outside(value), Origin::Flag),
                None if wanted.starts_with(carrier::FLAGS) => self.carrier_flag(&wanted, value),
                None => {
                    let names = KEYS.iter().map(|key| key.name);
                    self.mistakes.add(Origin::Flag, &wanted, format!("is not a setting{}", hint(&wanted, names)));
                }
            }
        }
    }

    fn finish(mut self) -> Result<Config, Vec<ConfigError>> {
        let data_dir = self.config.data_dir.clone();
        for key in KEYS {
            if let Field::DataFile(place, name) = key.field {
                let path = place(&mut self.config);
                if path.as_os_str().is_empty() {
                    *path = data_dir.join(name);
                }
            }
        }
        let plugins = data_dir.join("numbervendors.toml");
        if self.config.numbervendors_toml.is_none() && plugins.is_file() {
            self.config.numbervendors_toml = Some(plugins);
        }
        if let Err(error) = self.config.system_dial_plan.validate() {
            self.conflict(
                "system_dial_plan",
                &[
                    "system_dial_plan.country_code",
                    "system_dial_plan.national_prefix",
                    "system_dial_plan.international_prefix",
                ],
                error.to_string(),
            );
        }
        match (&self.config.tls.certificate, &self.config.tls.key) {
            (Some(_), None) => self.conflict("tls.certificate", &["tls.certificate"], "needs tls.key beside it"),
            (None, Some(_)) => self.conflict("tls.key", &["tls.key"], "needs tls.certificate beside it"),
            _ => {}
        }
        self.check_addresses();
        self.check_dns();
        self.mistakes.into_result(self.config)
    }

    fn check_addresses(&mut self) {
        let mut seen: Vec<(&'static str, std::net::SocketAddr)> = Vec::new();
        for key in KEYS {
            let address = match key.field {
                Field::Listen(place) => Some(*place(&mut self.config)),
                Field::OptionalListen(place) => *place(&mut self.config),
                _ => None,
            };
            if let Some(address) = address {
                let other = seen.iter().find(|(_, taken)| *taken == address && address.port() != 0);
                if let Some((other, _)) = other.copied() {
                    self.conflict(key.name, &[other, key.name], format!("{address} is also that of {other}"));
                }
                seen.push((key.name, address));
            }
        }
    }

    /// Reports settings that do not fit together, at the place of the last of them that was set.
    pub(super) fn conflict(&mut self, name: &str, keys: &[&'static str], message: impl Into<String>) {
        let rank = |origin: &Origin| match origin {
            Origin::Default => (0, 0),
            Origin::File(_, line) => (1, *line),
            Origin::Environment(_) => (2, 0),
            Origin::Flag => (3, 0),
        };
        let last = keys.iter().filter_map(|key| self.origins.get(key)).max_by_key(|origin| rank(origin));
        let origin = last.cloned().unwrap_or(Origin::Default);
        self.mistakes.add(origin, name, message);
    }
}
