//! What is wrong with a setting, and where it was written.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A line, from 1, of the file; 0 when the file could not be read at all.
    File(PathBuf, usize),
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag,
}

/// One mistake in the configuration.
///
/// It never quotes the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct ConfigError {
    /// Where the mistake is.
    pub origin: Origin,
    /// The dotted key; empty where no key is concerned (a syntax error).
    pub key: String,
    /// What is wrong, in words for the operator.
    pub message: String,
}

impl ConfigError {
    fn text(&self) -> String {
        let place = self.origin.to_string();
        [place.as_str(), self.key.as_str(), self.message.as_str()]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(": ")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("built-in default"),
            Self::File(path, 0) => path.display().fmt(f),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// Most mistakes that are listed; a file with more is not a configuration.
const MOST: usize = 100;

/// The mistakes found so far.
#[derive(Default)]
pub(super) struct Mistakes(Vec<ConfigError>);

impl Mistakes {
    pub(super) fn add(&mut self, origin: Origin, key: &str, message: impl Into<String>) {
        if !self.full() {
            self.0.push(ConfigError { origin, key: key.to_owned(), message: message.into() });
        }
    }

    pub(super) fn in_file(&mut self, path: &Path, line: usize, key: &str, message: impl Into<String>) {
        self.add(Origin::File(path.to_owned(), line), key, message);
    }

    /// Puts the mistakes that were found in the file into the order of its lines.
    pub(super) fn sort_by_line(&mut self) {
        self.0.sort_by_key(|mistake| match mistake.origin {
            Origin::File(_, line) => line,
            _ => 0,
        });
    }

    pub(super) fn full(&self) -> bool {
        self.0.len() >= MOST
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Vec<ConfigError>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}
