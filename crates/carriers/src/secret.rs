//! A text that must not be shown: a vendor's password or key.

use std::fmt;

/// A password or key that prints as `***` everywhere but through [`Secret::reveal`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// A shorter password is in too many words to be taken out of a text without spoiling it.
const SHORTEST: usize = 4;

/// A text that was cut off may end within the secret; from this many characters on, what is left of it is hidden too.
const TELLING_PREFIX: usize = 3;

impl Secret {
    /// Keeps `text` from being shown.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that must pass it on.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Replaces each occurrence of the secret in `text`, also one that the end of the text cuts off.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        if self.0.len() < SHORTEST {
            return text.to_owned();
        }
        let mut redacted = text.replace(&self.0, HIDDEN);
        let cuts = self.0.char_indices().map(|(at, _)| at).skip(TELLING_PREFIX);
        if let Some(prefix) = cuts.map(|at| &self.0[..at]).filter(|prefix| redacted.ends_with(prefix)).last() {
            redacted.truncate(redacted.len() - prefix.len());
            redacted.push_str(HIDDEN);
        }
        redacted
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints() {
        let secret = Secret::new("hunter22");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(secret.reveal(), "hunter22");
    }

    #[test]
    fn is_taken_out_of_texts() {
        let secret = Secret::new("hunter22");
        assert_eq!(secret.redact("login hunter22 failed: hunter22"), "login *** failed: ***");
        assert_eq!(secret.redact("cut off: hunte"), "cut off: ***");
        assert_eq!(secret.redact("a hut"), "a hut");
        assert_eq!(Secret::default().redact("nothing to hide"), "nothing to hide");
    }
}
