//! Plugins as small shell scripts, and what becomes of an order that is given to them.

mod actions;
mod limits;
mod order;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use e164::{DialPlan, E164};
use tempfile::TempDir;

use crate::conf::read_vendors;
use crate::contract::{Carrier as _, OrderOutcome, OrderRequest, Run};
use crate::plugin::{PluginCarrier, PluginSettings};

/// A vendor whose plugin is a script in a folder of its own.
struct Vendor {
    folder: TempDir,
    settings: PluginSettings,
    host: &'static str,
}

impl Vendor {
    fn new() -> Self {
        let dial_plan = DialPlan::new("44", "0", "00").unwrap();
        let settings = PluginSettings { dial_plan, deadline: Duration::from_secs(30), ..PluginSettings::default() };
        Self { folder: tempfile::tempdir().unwrap(), settings, host: "api.example.com" }
    }

    fn with(change: impl FnOnce(&mut PluginSettings)) -> Self {
        let mut vendor = Self::new();
        change(&mut vendor.settings);
        vendor
    }

    /// Long enough for a script to print its lines on a busy machine.
    fn with_short_deadline() -> Self {
        Self::with(|settings| settings.deadline = Duration::from_secs(2))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The plugin is `content` as a file, started as it is.
    fn file(&self, content: &str, mode: u32) -> PluginCarrier {
        let path = self.path("plugin");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        self.carrier()
    }

    /// The plugin is a shell script that finds its folder in `$dir`.
    fn script(&self, body: &str) -> PluginCarrier {
        self.file(&format!("#!/bin/sh\ndir='{}'\n{body}\n", self.folder.path().display()), 0o755)
    }

    fn carrier(&self) -> PluginCarrier {
        let line = format!(
            "test = Test Vendor, {}, {}, user, hunter22, sip.example.com:5060",
            self.path("plugin").display(),
            self.host
        );
        let (mut vendors, errors) = read_vendors(&line);
        assert_eq!(errors, []);
        PluginCarrier::new(vendors.remove(0), self.settings.clone()).unwrap()
    }

    async fn order(&self, body: &str, quantity: u32) -> Run {
        self.script(body).order(&request(quantity)).await
    }
}

fn request(quantity: u32) -> OrderRequest {
    OrderRequest { reference: "strowger-00000012".into(), group: "123".into(), quantity, number: None }
}

fn number(digits: &str) -> E164 {
    E164::parse(digits).unwrap()
}

/// The outcome in a few words.
fn shown(run: &Run) -> String {
    let list = |lines: &[crate::contract::Line]| {
        let lines = lines.iter().map(|line| match &line.number {
            Ok(number) => number.to_string(),
            Err(fault) => format!("{:?} ({fault})", line.text),
        });
        lines.collect::<Vec<_>>().join(" ")
    };
    match &run.outcome {
        OrderOutcome::Refused { reason, class } => format!("refused {class}: {reason}"),
        OrderOutcome::Delivered { lines, pending, note } => {
            format!("delivered [{}] pending {pending} note {note:?}", list(lines))
        }
        OrderOutcome::InDoubt { lines, reason } => format!("in doubt [{}]: {reason}", list(lines)),
    }
}
