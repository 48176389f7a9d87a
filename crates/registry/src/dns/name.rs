//! Names of hosts, zones and records, as they are stored: in lower case, without a dot at the end.

use domain::base::Name;

use crate::{Error, Result};

/// Longest name, in characters without the dot at the end (RFC 1035, 2.3.4).
const LONGEST: usize = 253;

/// What may stand in a label beside letters, digits and hyphens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Labels {
    /// Nothing: names of hosts (RFC 1123, 2.1).
    OfHost,
    /// Underscores: names of records (RFC 8552).
    OfRecord,
}

/// The name of a host.
///
/// # Errors
/// [`Error::Invalid`] for the field.
pub fn host(field: &'static str, text: &str) -> Result<String> {
    checked(field, text, Labels::OfHost)
}

/// The name of a record of any type; the leftmost label may be an asterisk.
pub(crate) fn record(field: &'static str, text: &str) -> Result<String> {
    let Some(rest) = text.trim().strip_prefix("*.") else { return checked(field, text, Labels::OfRecord) };
    Ok(format!("*.{}", checked(field, rest, Labels::OfRecord)?))
}

/// The name of a zone: two labels at least, and not digits alone.
///
/// # Errors
/// [`Error::Invalid`] for the field.
pub fn zone(field: &'static str, text: &str) -> Result<String> {
    let name = checked(field, text, Labels::OfRecord)?;
    if !name.contains('.') {
        return Err(Error::invalid(field, format!("`{name}` has no dot: a zone is a domain such as example.com")));
    }
    if name.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Err(Error::invalid(field, format!("`{name}` is a number, not the name of a zone")));
    }
    Ok(name)
}

/// The whole name of what a zone has under a name: nothing (or `@`) is the zone itself, and what does not end with the
/// zone is taken as relative to it, unless it ends with a dot.
///
/// # Errors
/// [`Error::Invalid`] for `name`.
pub fn within(zone: &str, text: &str) -> Result<String> {
    let text = text.trim().to_ascii_lowercase();
    if text.is_empty() || text == "@" {
        return Ok(zone.to_owned());
    }
    let whole = text.strip_suffix('.').unwrap_or(&text);
    if whole == zone || is_below(whole, zone) {
        return record("name", whole);
    }
    if text.ends_with('.') {
        return Err(Error::invalid("name", format!("`{text}` is not in the zone {zone}")));
    }
    record("name", &if text == "*" { format!("*.{zone}") } else { format!("{text}.{zone}") })
}

/// Whether a name in a zone file's form can be sent: each label and the whole of it are short enough (RFC 1035, 2.3.4).
pub(crate) fn is_sendable(name: &str) -> bool {
    name.parse::<Name<Vec<u8>>>().is_ok()
}

/// Whether a name stands somewhere below another one.
pub(crate) fn is_below(name: &str, above: &str) -> bool {
    name.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
}

/// The names above a name, the nearest first.
pub(crate) fn above(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(name.split_once('.').map(|(_, rest)| rest), |rest| rest.split_once('.').map(|(_, rest)| rest))
}

fn checked(field: &'static str, text: &str, labels: Labels) -> Result<String> {
    let text = text.trim();
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' && labels == Labels::OfRecord;
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.chars().all(fits) && !label.starts_with('-') && !label.ends_with('-')
    };
    if name.len() > LONGEST || !name.split('.').all(is_label) {
        let what = if labels == Labels::OfHost { "a host" } else { "a domain" };
        return Err(Error::invalid(field, format!("`{text}` is not the name of {what}")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_or_relative_to_their_zone() {
        for (text, expected) in [
            ("", Some("example.com")),
            ("@", Some("example.com")),
            ("Example.COM.", Some("example.com")),
            ("www", Some("www.example.com")),
            ("www.example.com", Some("www.example.com")),
            ("_sip._udp", Some("_sip._udp.example.com")),
            ("notexample.com", Some("notexample.com.example.com")),
            ("*", Some("*.example.com")),
            ("*.tel", Some("*.tel.example.com")),
            ("www.example.net.", None),
            ("a..b", None),
            ("-a", None),
            ("a b", None),
            ("a.*.b", None),
            ("bücher", None),
        ] {
            assert_eq!(within("example.com", text).ok().as_deref(), expected, "{text}");
        }
        assert!(within("example.com", &"a".repeat(64)).is_err());
        assert!(within("example.com", &"a.".repeat(122)).is_err());
    }

    #[test]
    fn zones_are_domains() {
        assert_eq!(zone("name", "Example.Com.").ok().as_deref(), Some("example.com"));
        assert_eq!(zone("name", "1.3.e164.arpa").ok().as_deref(), Some("1.3.e164.arpa"));
        for text in ["", ".", "com", "123", "1.2.3", "exa mple.com", "*.example.com"] {
            assert!(zone("name", text).is_err(), "{text}");
        }
        assert!(host("value", "_sip.example.com").is_err());
        assert_eq!(host("value", "Mail.Example.com.").ok().as_deref(), Some("mail.example.com"));
    }

    #[test]
    fn what_stands_above() {
        assert_eq!(above("a.b.example.com").collect::<Vec<_>>(), ["b.example.com", "example.com", "com"]);
        assert!(is_below("a.b.example.com", "example.com") && is_below("b.example.com", "example.com"));
        assert!(!is_below("example.com", "example.com") && !is_below("notexample.com", "example.com"));
    }
}
