//! Where calls are forwarded to: a number, a SIP URI, or an application of the platform that has a keyword.
//!
//! What is stored is always a SIP URI. The application behind a keyword is told from the URI's host again.

use serde::{Deserialize, Serialize};

use super::{Owner, Trigger};
use crate::sound::handle::is_announcement;
use crate::{Error, Result};

/// One destination of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The SIP URI; as input also a keyword, a number or a user part.
    pub destination: String,
    /// How long it rings, in seconds.
    pub timeout: i64,
    /// The least is tried first.
    pub priority: i64,
    /// The announcement that is played, of the destination `customhours` only: the id of one of the custom sound handles.
    pub announcement_id: Option<i64>,
}

/// The keywords with the user part (`%`: the subscriber's number) and the host of their URI.
const KEYWORDS: [(&str, &str, &str); 9] = [
    ("voicebox", "vmu%", "voicebox.local"),
    ("fax2mail", "fax=%", "fax2mail.local"),
    ("conference", "conf=%", "conference.local"),
    ("callingcard", "callingcard", "app.local"),
    ("callthrough", "callthrough", "app.local"),
    ("autoattendant", "auto-attendant", "app.local"),
    ("officehours", "office-hours", "app.local"),
    ("customhours", "custom-hours", "app.local"),
    ("managersecretary", "%", "managersecretary.local"),
];

/// User and host of a SIP URI.
fn parts(uri: &str) -> (&str, &str) {
    let rest = uri.strip_prefix("sips:").or_else(|| uri.strip_prefix("sip:")).unwrap_or(uri);
    rest.split_once('@').unwrap_or((rest, ""))
}

/// The keyword of the application that a URI leads to.
#[must_use]
pub fn keyword(uri: &str) -> Option<&'static str> {
    let (user, host) = parts(uri);
    let found = KEYWORDS.iter().find(|(_, pattern, of)| *of == host && (pattern.contains('%') || *pattern == user));
    found.map(|(word, ..)| *word)
}

/// What a person would call a destination: the user part alone where the host is the subscriber's own domain. None for
/// the applications, which have a keyword.
#[must_use]
pub fn simple(uri: &str, domain: &str) -> Option<String> {
    if keyword(uri).is_some() {
        return None;
    }
    let (user, host) = parts(uri);
    Some(if host == domain { user.to_owned() } else { format!("{user}@{host}") })
}

/// The URI that a text stands for, of a forward with that trigger.
fn uri(text: &str, owner: &Owner, trigger: Option<Trigger>) -> String {
    if let Some((_, pattern, host)) = KEYWORDS.iter().find(|(word, ..)| *word == text) {
        let user = match (*pattern, trigger) {
            ("vmu%", Some(Trigger::Cfb)) => "vmb%",
            (pattern, _) => pattern,
        };
        return format!("sip:{}@{host}", user.replace('%', &owner.mailbox()));
    }
    at(text, &owner.domain)
}

/// The URI with the owner's number as it is now, where it leads to an application that goes by the number.
pub(super) fn renumbered(uri: &str, owner: &Owner) -> Option<String> {
    let word = keyword(uri)?;
    let (_, pattern, host) = KEYWORDS.iter().find(|(of, ..)| *of == word)?;
    let before = pattern.strip_suffix('%')?;
    let before = if parts(uri).0.starts_with("vmb") { "vmb" } else { before };
    let now = format!("sip:{before}{}@{host}", owner.mailbox());
    (now != uri).then_some(now)
}

/// The SIP URI that a number, a user part or a URI stands for, without keywords.
pub(crate) fn address(text: &str, domain: &str) -> Result<String> {
    let text = text.trim();
    checked(text)?;
    Ok(at(text, domain))
}

fn at(text: &str, domain: &str) -> String {
    let (user, host) = parts(text);
    format!("sip:{user}@{}", if host.is_empty() { domain } else { host })
}

/// Refuses what leads nowhere.
fn checked(text: &str) -> Result<()> {
    let (user, host) = parts(text);
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c);
    if user.is_empty() || text.ends_with('@') || text.len() > 1023 || text.contains(odd) {
        return Err(Error::invalid("destination", format!("`{text}` is neither a number nor a SIP URI")));
    }
    if host.contains('@') {
        return Err(Error::invalid("destination", format!("`{text}` has two hosts")));
    }
    Ok(())
}

impl Destination {
    /// As it is stored.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what leads nowhere and for times that are none, [`Error::Dangling`] for an announcement.
    pub(super) fn resolved(&self, owner: &Owner, trigger: Option<Trigger>) -> Result<Destination> {
        let text = self.destination.trim();
        checked(text)?;
        if self.timeout < 1 {
            return Err(Error::invalid("timeout", format!("{} is not a number of seconds", self.timeout)));
        }
        if self.priority < 0 {
            return Err(Error::invalid("priority", format!("{} is not a priority", self.priority)));
        }
        let destination = uri(text, owner, trigger);
        let plays = keyword(&destination) == Some("customhours");
        match self.announcement_id {
            Some(id) if !plays || !is_announcement(id) => Err(Error::dangling("announcement_id", id)),
            _ => Ok(Destination { destination, ..self.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_sip_uris() {
        for (given, stored) in [
            ("4312345", "sip:4312345@example.org"),
            ("sip:ada", "sip:ada@example.org"),
            ("sips:ada", "sip:ada@example.org"),
            (" ada@elsewhere.example ", "sip:ada@elsewhere.example"),
            ("sip:ada@elsewhere.example", "sip:ada@elsewhere.example"),
        ] {
            assert_eq!(address(given, "example.org").expect(given), stored);
        }
        for wrong in ["", "sip:", "@example.org", "a@", "a@b@c", "a b", "a\r\nb@c", "sip:a@b>", "<sip:a@b", "a\"@b"] {
            assert!(address(wrong, "example.org").is_err(), "{wrong:?}");
        }
        assert!(address(&"1".repeat(1024), "example.org").is_err());
    }
}
