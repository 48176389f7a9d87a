//! Who may ask: by address and by key. Pure.

use std::net::IpAddr;

use domain::tsig::KeyName;
use ipnet::IpNet;

use super::setting::{Rule, Settings};

/// Who may ask.
#[derive(Debug)]
pub(super) struct Access(Vec<Rule>);

impl Access {
    /// The secondaries, and whoever else may.
    pub(super) fn of(settings: &Settings) -> Access {
        let secondaries = settings.secondaries.iter().map(|secondary| Rule {
            from: Some(IpNet::from(secondary.address.ip().to_canonical())),
            key: secondary.key.clone(),
        });
        Access(secondaries.chain(settings.rules.iter().cloned()).collect())
    }

    /// Whether a request from there, signed with that key, may be answered.
    pub(super) fn allows(&self, from: IpAddr, key: Option<&KeyName>) -> bool {
        self.of_address(from).any(|rule| rule.key.is_none() || rule.key.as_ref() == key)
    }

    /// Whether a request from there may be answered if it is signed with the right key.
    pub(super) fn knows(&self, from: IpAddr) -> bool {
        self.of_address(from).next().is_some()
    }

    fn of_address(&self, from: IpAddr) -> impl Iterator<Item = &Rule> {
        let from = from.to_canonical();
        self.0.iter().filter(move |rule| rule.from.is_none_or(|network| network.contains(&from)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::setting::{rules, secondaries};

    #[test]
    fn addresses_and_keys_go_together() {
        let access = Access::of(&Settings {
            secondaries: secondaries("192.0.2.1 192.0.2.2:5300#one").expect("secondaries"),
            rules: rules("198.51.100.0/24#two 2001:db8::/32 #three").expect("rules"),
            ..Settings::default()
        });
        for (from, key, allowed) in [
            ("192.0.2.1", None, true),
            ("192.0.2.1", Some("two"), true),
            ("::ffff:192.0.2.1", None, true),
            ("192.0.2.2", None, false),
            ("192.0.2.2", Some("two"), false),
            ("192.0.2.2", Some("one"), true),
            ("192.0.2.3", Some("one"), false),
            ("192.0.2.3", Some("three"), true),
            ("192.0.2.3", None, false),
            ("198.51.100.7", Some("two"), true),
            ("198.51.100.7", None, false),
            ("2001:db8::5", None, true),
        ] {
            let key = key.map(|name| name.parse().expect("a name"));
            assert_eq!(access.allows(from.parse().expect("an address"), key.as_ref()), allowed, "{from} {key:?}");
        }
        let by_address = Access::of(&Settings {
            secondaries: secondaries("192.0.2.1#one").expect("secondaries"),
            ..Settings::default()
        });
        for (from, known) in [("192.0.2.1", true), ("192.0.2.2", false)] {
            assert_eq!(by_address.knows(from.parse().expect("an address")), known, "{from}");
        }
        assert!(!Access::of(&Settings::default()).knows("127.0.0.1".parse().expect("an address")));
    }
}
