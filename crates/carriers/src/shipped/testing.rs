//! Runs a shipped plugin inside the test's own process.

use std::ffi::OsString;
use std::time::Duration;

use super::{Environment, act};

/// What a plugin printed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Printed {
    pub(super) out: String,
    pub(super) err: String,
    pub(super) code: u8,
}

/// One call of a plugin.
pub(super) struct Plugin {
    name: &'static str,
    arguments: Vec<String>,
    reference: Option<String>,
    settings: String,
    deadline: Duration,
}

impl Plugin {
    /// A call as vendor `test`, user `testuser` and password `testpassword`; `arguments` holds the rest, separated by spaces.
    pub(super) fn new(name: &'static str, host: &str, arguments: &str) -> Self {
        let common = format!("-v|test|-n|Test Vendor|-h|{host}|-u|testuser|-p|testpassword");
        let arguments = common.split('|').chain(arguments.split_whitespace()).map(str::to_owned);
        Self {
            name,
            arguments: arguments.collect(),
            reference: None,
            settings: String::new(),
            deadline: Duration::from_secs(50),
        }
    }

    pub(super) fn password(mut self, password: &str) -> Self {
        let place = self.arguments.iter().position(|word| word == "-p").unwrap();
        self.arguments[place + 1] = password.to_owned();
        self
    }

    pub(super) fn reference(mut self, reference: &str) -> Self {
        self.reference = Some(reference.to_owned());
        self
    }

    /// The text of `numbervendors.toml`.
    pub(super) fn settings(mut self, text: &str) -> Self {
        self.settings = text.to_owned();
        self
    }

    pub(super) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    pub(super) async fn run(self) -> Printed {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbervendors.toml");
        std::fs::write(&path, &self.settings).unwrap();
        let environment = Environment {
            reference: self.reference.map(OsString::from),
            settings: Some(path.into()),
            dial_plan: None,
            deadline: self.deadline,
        };
        let words = self.arguments.into_iter().map(OsString::from).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = act(self.name, words, environment, &mut out, &mut err).await;
        Printed { out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap(), code }
    }
}
