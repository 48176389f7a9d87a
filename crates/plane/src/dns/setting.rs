//! What is set about name servers, as it is written: keys, secondaries, who else may transfer zones.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::tsig::{self, Algorithm, KeyName};
use ipnet::IpNet;

use super::Name;

/// The port of DNS.
const PORT: u16 = 53;
/// Fewest bytes of a secret (RFC 8945, 8, wants as many as the hash has; what is around has half of that).
const LEAST_SECRET: usize = 16;

/// What is wrong with a setting; never quotes a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Mistake(String);

impl Mistake {
    fn new(text: impl Into<String>) -> Mistake {
        Mistake(text.into())
    }
}

/// Keys that messages are signed with.
#[derive(Clone, Default)]
pub struct Keys {
    known: HashMap<(KeyName, Algorithm), Arc<tsig::Key>>,
    secrets: HashMap<KeyName, Vec<u8>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.known.keys().map(|(name, algorithm)| format!("{algorithm}:{name}"))).finish()
    }
}

impl Keys {
    /// Reads keys as `dig -y` has them, `algorithm:name:secret` with the secret in base64 and `hmac-sha256` where no
    /// algorithm is named, separated by spaces or line ends; what follows `#` on a line is a remark.
    ///
    /// # Errors
    /// Which entry is wrong, by its name or place.
    pub fn read(text: &str) -> Result<Keys, Mistake> {
        let mut keys = Keys::default();
        for (at, entry) in (1..).zip(entries(text)) {
            let parts: Vec<&str> = entry.split(':').collect();
            let (algorithm, name, secret) = match parts[..] {
                [name, secret] => ("hmac-sha256", name, secret),
                [algorithm, name, secret] => (algorithm, name, secret),
                _ => return Err(Mistake::new(format!("key {at} is not written algorithm:name:secret"))),
            };
            let name =
                key_name(name).ok_or_else(|| Mistake::new(format!("the name of key {at} is not a domain name")))?;
            let algorithm = match algorithm.to_ascii_lowercase().parse() {
                Ok(algorithm) if algorithm != Algorithm::Sha1 => algorithm,
                _ => {
                    let known = "hmac-sha256, hmac-sha384 or hmac-sha512";
                    return Err(Mistake::new(format!("the algorithm of the key {name} is not {known}")));
                }
            };
            let secret = STANDARD.decode(secret).unwrap_or_default();
            if secret.len() < LEAST_SECRET {
                let wanted = format!("{LEAST_SECRET} bytes or more in base64");
                return Err(Mistake::new(format!("the secret of the key {name} is not {wanted}")));
            }
            let key = tsig::Key::new(algorithm, &secret, name.clone(), None, None)
                .map_err(|error| Mistake::new(format!("key {name}: {error}")))?;
            if keys.get(&name).is_some() {
                return Err(Mistake::new(format!("the key {name} is there twice")));
            }
            keys.secrets.insert(name.clone(), secret);
            keys.known.insert((name, algorithm), Arc::new(key));
        }
        Ok(keys)
    }

    /// These keys and others; a name that both have is a mistake.
    ///
    /// # Errors
    /// The name.
    pub fn and(mut self, others: Keys) -> Result<Keys, Mistake> {
        if let Some(name) = others.secrets.keys().find(|name| self.secrets.contains_key(*name)) {
            return Err(Mistake::new(format!("the key {name} is there twice")));
        }
        self.known.extend(others.known);
        self.secrets.extend(others.secrets);
        Ok(self)
    }

    /// The key of that name.
    pub(super) fn get(&self, name: &KeyName) -> Option<&Arc<tsig::Key>> {
        self.known.iter().find(|((known, _), _)| known == name).map(|(_, key)| key)
    }

    /// Its secret.
    pub(super) fn secret(&self, name: &KeyName) -> Option<&[u8]> {
        self.secrets.get(name).map(Vec::as_slice)
    }

    /// As `domain` looks keys up.
    pub(super) fn store(&self) -> &HashMap<(KeyName, Algorithm), Arc<tsig::Key>> {
        &self.known
    }
}

/// A name server that gets zones from here and is told of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secondary {
    /// Where it is told.
    pub address: SocketAddr,
    /// The name of the key that messages between the two are signed with.
    pub key: Option<KeyName>,
}

impl fmt::Display for Secondary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        self.key.iter().try_for_each(|key| write!(f, "#{key}"))
    }
}

/// Who may transfer zones: from which addresses, with which key. What is not said may be any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// From where.
    pub from: Option<IpNet>,
    /// The name of the key that the request is signed with.
    pub key: Option<KeyName>,
}

/// Reads secondaries, written `address[:port][#key]`, an IPv6 address with a port in brackets, separated by spaces.
///
/// # Errors
/// The entry that is wrong.
pub fn secondaries(text: &str) -> Result<Vec<Secondary>, Mistake> {
    entries_of_a_line(text)
        .map(|entry| {
            let wrong = || Mistake::new(format!("`{entry}` is not written address[:port][#key]"));
            let (address, key) = with_key(entry).ok_or_else(wrong)?;
            let alone = || address.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, PORT));
            let address =
                address.parse().ok().or_else(alone).filter(|address| address.port() != 0).ok_or_else(wrong)?;
            Ok(Secondary { address, key })
        })
        .collect()
}

/// Reads rules, written `address[/bits][#key]`, or `#key` for any address, separated by spaces.
///
/// # Errors
/// The entry that is wrong.
pub fn rules(text: &str) -> Result<Vec<Rule>, Mistake> {
    entries_of_a_line(text)
        .map(|entry| {
            let wrong = || Mistake::new(format!("`{entry}` is not written address[/bits][#key] or #key"));
            let (network, key) = with_key(entry).ok_or_else(wrong)?;
            if network.is_empty() {
                return Ok(Rule { from: None, key: Some(key.ok_or_else(wrong)?) });
            }
            let alone = || network.parse::<IpAddr>().ok().map(IpNet::from);
            let from = network.parse().ok().or_else(alone).ok_or_else(wrong)?;
            Ok(Rule { from: Some(from), key })
        })
        .collect()
}

/// Reads the name of a zone: as it is compared, in lower case without a dot at the end; empty: none.
///
/// # Errors
/// That it is none.
pub fn zone_name(text: &str) -> Result<String, Mistake> {
    let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !name.is_empty() && (!name.chars().all(fits) || format!("{name}.").parse::<Name>().is_err()) {
        return Err(Mistake::new(format!("`{text}` is not the name of a zone")));
    }
    Ok(name)
}

/// What the name servers' side of this program works by.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where secondaries ask.
    pub listen: Option<SocketAddr>,
    /// The catalog zone's name, as [`zone_name`] reads it; empty: there is none.
    pub catalog: String,
    /// The keys.
    pub keys: Keys,
    /// Who is told of changes, and may transfer zones.
    pub secondaries: Vec<Secondary>,
    /// Who else may transfer zones.
    pub rules: Vec<Rule>,
    /// Most transfers at a time; each holds a connection to the database.
    pub transfers: usize,
}

impl Settings {
    /// Refuses keys that are named and not there.
    ///
    /// # Errors
    /// The key.
    pub fn check(&self) -> Result<(), Mistake> {
        let named = self.secondaries.iter().map(|s| &s.key).chain(self.rules.iter().map(|rule| &rule.key));
        match named.flatten().find(|name| self.keys.get(name).is_none()) {
            Some(name) => Err(Mistake::new(format!("there is no key {name}"))),
            None => Ok(()),
        }
    }
}

fn key_name(text: &str) -> Option<KeyName> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if text.is_empty() || !text.chars().all(fits) {
        return None;
    }
    text.to_ascii_lowercase().parse().ok()
}

/// What stands before the sign of a key, and the key's name.
fn with_key(entry: &str) -> Option<(&str, Option<KeyName>)> {
    match entry.split_once('#') {
        Some((rest, name)) => Some((rest, Some(key_name(name)?))),
        None => Some((entry, None)),
    }
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| entries_of_a_line(line.split('#').next().unwrap_or_default()))
}

fn entries_of_a_line(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii_whitespace() || c == ',').filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZg==";

    #[test]
    fn keys_are_written_as_programs_show_them() {
        let text = format!(
            "hmac-sha256:one.example:{SECRET} HMAC-SHA512:Two:{SECRET}\n# a remark\n three:{SECRET} # another, of: colons\n"
        );
        let keys = Keys::read(&text).expect("keys");
        for (name, algorithm) in
            [("one.example", Algorithm::Sha256), ("two.", Algorithm::Sha512), ("three", Algorithm::Sha256)]
        {
            let key = keys.get(&name.parse().expect("a name")).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(key.algorithm(), algorithm, "{name}");
        }
        let shown = format!("{keys:?}");
        assert!(shown.contains("hmac-sha512:two") && !shown.contains("MDEy"), "{shown}");
        assert!(keys.clone().and(Keys::read(&format!("TWO:{SECRET}")).expect("a key")).is_err());
        assert!(keys.and(Keys::read(&format!("four:{SECRET}")).expect("a key")).is_ok());
        assert!(Keys::read("").expect("none").store().is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_key_is_said_without_its_secret() {
        for (text, expected) in [
            (SECRET.to_owned(), "key 1 is not written algorithm:name:secret"),
            (format!("a:{SECRET} hmac-md5:b:{SECRET}"), "the algorithm of the key b is not hmac-sha256"),
            (format!("hmac-sha1:b:{SECRET}"), "the algorithm of the key b is not hmac-sha256"),
            ("a:MDEyMzQ1Njc4OWFi".to_owned(), "the secret of the key a is not 16 bytes"),
            ("a:MDEyMzQ1Njc4OWFiY2RlZg=!".to_owned(), "the secret of the key a is not 16 bytes"),
            (format!("a b:{SECRET}"), "key 1 is not written"),
            (format!("ä:{SECRET}"), "the name of key 1 is not"),
            (format!("a:{SECRET} hmac-sha512:A.:{SECRET}"), "the key a is there twice"),
        ] {
            let said = Keys::read(&text).expect_err(&text).to_string();
            assert!(said.starts_with(expected) && !said.contains("MDEy"), "{text}: {said}");
        }
    }

    #[test]
    fn secondaries_are_addresses_with_keys() {
        let shown = |text: &str| secondaries(text).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(
            shown("192.0.2.1, 192.0.2.2:5300#K.example. 2001:db8::1#k [2001:db8::1]:54").expect("secondaries"),
            ["192.0.2.1:53", "192.0.2.2:5300#k.example", "[2001:db8::1]:53#k", "[2001:db8::1]:54"]
        );
        assert_eq!(shown(""), Ok(Vec::new()));
        for text in ["ns.example.com", "192.0.2.1:0", "192.0.2.1#", "192.0.2.1:53:53", "#k", "192.0.2.0/24"] {
            assert!(shown(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rules_are_networks_and_keys() {
        let found = rules("192.0.2.0/24#k 2001:db8::1 #K").expect("rules");
        let net = |text: &str| Some(text.parse::<IpNet>().expect("a network"));
        let key = || Some("k".parse::<KeyName>().expect("a name"));
        assert_eq!(
            found,
            [
                Rule { from: net("192.0.2.0/24"), key: key() },
                Rule { from: net("2001:db8::1/128"), key: None },
                Rule { from: None, key: key() },
            ]
        );
        for text in ["any", "#", "192.0.2.0/33", "192.0.2.1:53"] {
            assert!(rules(text).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_that_are_named_are_there() {
        let settings = |secondary: &str, rule: &str| Settings {
            keys: Keys::read(&format!("k:{SECRET}")).expect("a key"),
            secondaries: secondaries(secondary).expect("secondaries"),
            rules: rules(rule).expect("rules"),
            ..Settings::default()
        };
        assert_eq!(settings("192.0.2.1#K", "#k").check(), Ok(()));
        for wrong in [settings("192.0.2.1#x", ""), settings("192.0.2.1#k", "#x")] {
            assert_eq!(wrong.check().expect_err("a mistake").to_string(), "there is no key x");
        }
    }

    #[test]
    fn the_catalog_is_a_zone() {
        assert_eq!(zone_name("Catalog.Strowger.").as_deref(), Ok("catalog.strowger"));
        assert_eq!(zone_name("").as_deref(), Ok(""));
        for text in ["a..b", "a b", "ä.example", &"a".repeat(64)] {
            assert!(zone_name(text).is_err(), "{text}");
        }
    }
}
