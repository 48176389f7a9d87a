//! Makes the vendors of the vendors' file callable, each with its policy of the configuration.

use std::sync::Arc;
use std::time::Duration;

use carriers::{PluginCarrier, PluginSettings, VendorLine, read_vendors};
use ordering::{Entry, Policy};
use registry::Money;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::config::{CarrierSettings, Config, Release};

/// The vendors that the file names, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) entries: Vec<Entry>,
    pub(crate) lines: Vec<VendorLine>,
    /// What is wrong with the file: it may not say all that it should, so nobody is retired because of it.
    pub(crate) problems: Vec<String>,
    /// What is odd about the configuration beside it.
    pub(crate) remarks: Vec<String>,
}

/// Most bytes of a vendors' file.
const MOST: u64 = 1 << 20;

/// Reads the vendors' file. A line that is wrong is left out and reported; the others are good.
pub(crate) fn load(config: &Config) -> Loaded {
    let path = &config.numbervendors_conf;
    let mut loaded = Loaded::default();
    let text = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Ok(meta) if meta.len() > MOST => {
            loaded.problems.push(format!("{}: more than {MOST} bytes", path.display()));
            String::new()
        }
        _ => match std::fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => {
                loaded.problems.push(format!("{}: {error}", path.display()));
                String::new()
            }
        },
    };
    let (lines, errors) = read_vendors(&text);
    let name = path.display();
    loaded.problems.extend(errors.iter().map(|error| format!("{name}:{}: {}", error.line, error.message)));
    for line in lines {
        match entry(config, &line) {
            Ok(entry) => {
                loaded.entries.push(entry);
                loaded.lines.push(line);
            }
            Err(message) => loaded.problems.push(format!("{name}:{}: {message}", line.line)),
        }
    }
    for carrier in config.carriers.keys() {
        if !loaded.lines.iter().any(|line| line.key == *carrier) {
            loaded.remarks.push(format!("[carrier.{carrier}]: {name} names no such vendor"));
        }
    }
    loaded
}

/// As [`load`], for whoever makes the vendors those of the file: that a file is gone whose vendors are in use is a problem
/// too. One that is there and empty says that no vendor is left.
pub(crate) async fn load_to_install(config: &Config, db: &store::Db) -> registry::Result<Loaded> {
    let path = &config.numbervendors_conf;
    let mut loaded = load(config);
    if !path.exists() && loaded.problems.is_empty() {
        let in_use = registry::vendor::list(&mut db.reader()).await?.iter().filter(|vendor| vendor.active).count();
        if in_use > 0 {
            loaded.problems.push(format!(
                "{}: not there any more, but {in_use} vendors are in use (an empty file takes them all out of use)",
                path.display()
            ));
        }
    }
    Ok(loaded)
}

fn entry(config: &Config, line: &VendorLine) -> Result<Entry, String> {
    let settings = config.carrier(&line.key);
    let mut line = line.clone();
    if let Some(destination) = &settings.destination {
        line.destination.clone_from(destination);
    }
    let plugin = PluginSettings {
        deadline: settings.deadline,
        dial_plan: config.system_dial_plan.clone(),
        lookup: settings.lookup,
        // A plugin runs in another folder.
        plugins_toml: config.numbervendors_toml.as_ref().and_then(|path| std::path::absolute(path).ok()),
        ..PluginSettings::default()
    };
    let carrier = PluginCarrier::new(line.clone(), plugin).map_err(|error| error.message)?;
    let policy = policy(&settings);
    if policy.release == ordering::Release::Disconnect && !carriers::Carrier::capabilities(&carrier).release {
        let message =
            "release = disconnect needs a plugin that can give numbers back (a shipped one, or lookup = true)";
        return Err(format!("[carrier.{}]: {message}", line.key));
    }
    Ok(Entry {
        name: line.key.clone(),
        display_name: line.name.clone(),
        method: line.method.clone(),
        carrier: Arc::new(carrier),
        policy,
    })
}

fn policy(settings: &CarrierSettings) -> Policy {
    let s = settings;
    Policy {
        release: match s.release {
            Release::Keep => ordering::Release::Keep,
            Release::Disconnect => ordering::Release::Disconnect,
        },
        deadline: s.deadline,
        concurrency: s.concurrency,
        interval: if s.rate > 0.0 { Duration::from_secs_f64((1.0 / s.rate).min(86_400.0)) } else { Duration::ZERO },
        grace: s.grace,
        exposure_cap: s.exposure_cap,
        max_per_order: s.max_per_order,
        numbers_per_day: s.numbers_per_day,
        numbers_per_month: s.numbers_per_month,
        money_per_day: s.money_per_day.and_then(money),
        money_per_month: s.money_per_month.and_then(money),
        breaker_failures: s.breaker_failures,
        breaker_pause: s.breaker_pause,
    }
}

fn money(amount: Decimal) -> Option<Money> {
    (amount * Decimal::from(1_000_000)).trunc().to_i64().map(Money)
}
