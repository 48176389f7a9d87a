//! The NAPTR records of ENUM (RFC 6116): which services there are, where a number stands in DNS, and what its mappings
//! become there. Pure.

use crate::dns::rdata::quoted;
use crate::dns::uri;
use crate::{Error, Result, contact};

/// What a mapping is for.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// What stands behind `E2U+`.
    pub written: &'static str,
    /// How its URIs may begin; the first is put before what begins otherwise.
    pub schemes: &'static [&'static str],
}

macro_rules! services {
    ($($name:literal $(as $written:literal)? => [$($scheme:literal),+];)*) => {
        /// The services: those that NGNPro knows, under the names of 2003 that it writes.
        pub const SERVICES: &[Service] = &[$(Service {
            name: $name,
            written: services!(@ $name $(as $written)?),
            schemes: &[$($scheme),+],
        }),*];
    };
    (@ $name:literal as $written:literal) => { $written };
    (@ $name:literal) => { $name };
}

services! {
    "sip" => ["sip:", "sips:"];
    "mailto" => ["mailto:"];
    "web:http" => ["http://"];
    "web:https" => ["https://"];
    "x-skype:callto" => ["callto:"];
    "h323" => ["h323:"];
    "iax" => ["iax:"];
    "iax2" => ["iax2:"];
    "mms" => ["tel:", "mailto:"];
    "sms" => ["tel:", "mailto:"];
    "ems" => ["tel:", "mailto:"];
    "im" => ["im:"];
    "npd:tel" as "npd+tel" => ["tel:"];
    "voice" => ["voice:", "tel:"];
    "tel" => ["tel:"];
    "fax:tel" => ["tel:"];
    "ifax:mailto" => ["mailto:"];
    "pres" => ["pres:"];
    "ft:ftp" => ["ftp://"];
    "loc:http" => ["http://"];
    "key:http" => ["http://"];
    "key:https" => ["https://"];
    "void:mailto" => ["mailto:"];
    "void:http" => ["http://"];
    "void:https" => ["https://"];
}

/// What the replacement of a number that stands for many may have of the number that is asked for.
const ASKED_FOR: &str = "\\1";

/// Among the NAPTR records of a name all come at once; the preference tells them apart.
const ORDER: u16 = 100;

/// The longest string of characters of a record (RFC 1035, 3.3).
const LONGEST_STRING: usize = 255;

impl Service {
    /// The service of that name.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `type`.
    pub fn named(name: &str) -> Result<&'static Service> {
        let name = name.trim().to_ascii_lowercase();
        SERVICES.iter().find(|service| service.name == name).ok_or_else(|| {
            let all: Vec<_> = SERVICES.iter().map(|service| service.name).collect();
            Error::invalid("type", format!("`{name}` is not one of {}", all.join(", ")))
        })
    }

    /// The URI of a mapping, with a scheme of the service: one of another service, or none, gives way to the first.
    /// `wild`: the number stands for many, and `\1` in the URI for the one that is asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `mapto`.
    pub fn uri(&self, text: &str, wild: bool) -> Result<String> {
        let text = text.trim();
        let begins = |scheme: &&&str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        let uri = match self.schemes.iter().find(begins) {
            Some(scheme) => format!("{scheme}{}", &text[scheme.len()..]),
            None => {
                // The longest first: iax2: before iax:, and so on.
                let known = SERVICES.iter().flat_map(|service| service.schemes).filter(begins).max_by_key(|s| s.len());
                format!("{}{}", self.schemes[0], &text[known.map_or(0, |scheme| scheme.len())..])
            }
        };
        let whole = if wild { uri.replace(ASKED_FOR, "+1") } else { uri.clone() };
        if !uri::is_uri(&whole) || !suits_its_scheme(&whole) {
            return Err(Error::invalid("mapto", format!("`{text}` is not a URI of {}", self.name)));
        }
        Ok(uri)
    }
}

/// Whether the rest of a URI is what its scheme asks for, where that is a number or an e-mail address.
fn suits_its_scheme(uri: &str) -> bool {
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    let end = rest.find([';', '?']).unwrap_or(rest.len());
    match scheme {
        "tel" => {
            let number = rest[..end].strip_prefix('+').unwrap_or(&rest[..end]);
            number.contains(|c: char| c.is_ascii_digit())
                && number.chars().all(|c| c.is_ascii_hexdigit() || "-.()*#".contains(c))
        }
        "mailto" => contact::is_email(&rest[..end]),
        _ => true,
    }
}

/// The name in DNS of a number, or of a prefix: its digits in reverse order, one a label, and then the domain. An asterisk
/// behind the digits becomes the first label.
#[must_use]
pub fn dns_name(number: &str, tld: &str) -> String {
    number.chars().rev().flat_map(|digit| [digit, '.']).chain(tld.chars()).collect()
}

/// A NAPTR record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naptr {
    /// The name that it is found by.
    pub owner: String,
    /// The lowest comes first.
    pub order: u16,
    /// Among those of an order the lowest comes first.
    pub preference: u16,
    /// `u`: what comes out is a URI.
    pub flags: &'static str,
    /// What it is for.
    pub service: String,
    /// What makes the URI of the number.
    pub regexp: String,
}

impl Naptr {
    /// What a mapping of a number to a URI of a service becomes.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `mapto` where the URI is too long for a record, for `priority` where it is none.
    pub fn of(number: &str, tld: &str, service: &Service, uri: &str, priority: i64) -> Result<Naptr> {
        let preference = u16::try_from(priority)
            .map_err(|_| Error::invalid("priority", format!("{priority} is not a number from 0 to 65535")))?;
        // Only what is in brackets can be put in again.
        let pattern = if uri.contains(ASKED_FOR) { "^(.*)$" } else { "^.*$" };
        let regexp = format!("!{pattern}!{}!", uri.replace('!', "\\!"));
        if regexp.len() > LONGEST_STRING {
            return Err(Error::invalid(
                "mapto",
                format!("a URI of {} bytes is too long for a NAPTR record", uri.len()),
            ));
        }
        let service = format!("E2U+{}", service.written);
        Ok(Naptr { owner: dns_name(number, tld), order: ORDER, preference, flags: "u", service, regexp })
    }

    /// Its data as a zone file has it.
    #[must_use]
    pub fn rdata(&self) -> String {
        let strings = [self.flags, &self.service, &self.regexp].map(|string| quoted(string.as_bytes()));
        format!("{} {} {} .", self.order, self.preference, strings.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::rdata::{self, RrType};

    #[test]
    fn every_service_has_its_record() {
        for (name, text, uri, written) in [
            ("sip", "alice@example.com", "sip:alice@example.com", "sip"),
            ("SIP", "SIPS:alice@example.com", "sips:alice@example.com", "sip"),
            ("sip", "mailto:alice@example.com", "sip:alice@example.com", "sip"),
            ("mailto", "alice@example.com", "mailto:alice@example.com", "mailto"),
            ("web:http", "example.com/a?b=c", "http://example.com/a?b=c", "web:http"),
            ("web:http", "https://example.com", "http://example.com", "web:http"),
            ("web:https", "http://example.com", "https://example.com", "web:https"),
            ("x-skype:callto", "alice", "callto:alice", "x-skype:callto"),
            ("h323", "alice@example.com", "h323:alice@example.com", "h323"),
            ("iax", "iax2:example.com/1", "iax:example.com/1", "iax"),
            ("iax2", "iax:example.com/1", "iax2:example.com/1", "iax2"),
            ("mms", "+31201234567", "tel:+31201234567", "mms"),
            ("sms", "mailto:alice@example.com", "mailto:alice@example.com", "sms"),
            ("ems", "tel:+31201234567", "tel:+31201234567", "ems"),
            ("im", "alice@example.com", "im:alice@example.com", "im"),
            ("npd:tel", "+31201234567;npdi", "tel:+31201234567;npdi", "npd+tel"),
            ("voice", "+31201234567", "voice:+31201234567", "voice"),
            ("voice", "tel:+31201234567", "tel:+31201234567", "voice"),
            ("tel", "+31-20-1234567", "tel:+31-20-1234567", "tel"),
            ("fax:tel", "+31201234567", "tel:+31201234567", "fax:tel"),
            ("ifax:mailto", "fax@example.com", "mailto:fax@example.com", "ifax:mailto"),
            ("pres", "alice@example.com", "pres:alice@example.com", "pres"),
            ("ft:ftp", "example.com", "ftp://example.com", "ft:ftp"),
            ("loc:http", "example.com", "http://example.com", "loc:http"),
            ("key:http", "example.com", "http://example.com", "key:http"),
            ("key:https", "example.com", "https://example.com", "key:https"),
            ("void:mailto", "a@example.com", "mailto:a@example.com", "void:mailto"),
            ("void:http", "example.com", "http://example.com", "void:http"),
            ("void:https", "example.com", "https://example.com", "void:https"),
        ] {
            let service = Service::named(name).expect("a service");
            let found = service.uri(text, false).unwrap_or_else(|error| panic!("{name} {text}: {error}"));
            assert_eq!(found, uri, "{name} {text}");
            let naptr = Naptr::of("31201234567", "e164.arpa", service, &found, 5).expect("a record");
            assert_eq!(naptr.owner, "7.6.5.4.3.2.1.0.2.1.3.e164.arpa");
            assert_eq!(naptr.rdata(), format!("100 5 \"u\" \"E2U+{written}\" \"!^.*$!{uri}!\" ."));
        }
        assert_eq!(SERVICES.len(), 25);
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        for (name, text) in [
            ("sip", ""),
            ("sip", "sip:"),
            ("sip", "alice smith@example.com"),
            ("sip", "<sip:alice@example.com>"),
            ("sip", "sip:\\1@example.com"),
            ("tel", "alice"),
            ("tel", "tel:"),
            ("mailto", "alice"),
            ("web:http", "http://"),
        ] {
            assert!(Service::named(name).expect("a service").uri(text, false).is_err(), "{name} {text}");
        }
        assert!(Service::named("telepathy").is_err());
    }

    #[test]
    fn what_ends_an_expression_is_escaped() {
        let sip = Service::named("sip").expect("a service");
        let naptr = Naptr::of("31", "e164.arpa", sip, "sip:wow!@example.com", 7).expect("a record");
        assert_eq!(naptr.regexp, "!^.*$!sip:wow\\!@example.com!");
        assert_eq!(naptr.rdata(), "100 7 \"u\" \"E2U+sip\" \"!^.*$!sip:wow\\\\!@example.com!\" .");
    }

    #[test]
    fn a_number_that_stands_for_many_may_hand_on_what_was_asked_for() {
        let sip = Service::named("sip").expect("a service");
        let uri = sip.uri("sip:\\1@example.com", true).expect("a URI");
        let naptr = Naptr::of("3120*", "e164.arpa", sip, &uri, 5).expect("a record");
        assert_eq!(naptr.owner, "*.0.2.1.3.e164.arpa");
        assert_eq!(naptr.rdata(), "100 5 \"u\" \"E2U+sip\" \"!^(.*)$!sip:\\\\1@example.com!\" .");
    }

    #[test]
    fn a_record_has_room_for_so_much() {
        let sip = Service::named("sip").expect("a service");
        let most = LONGEST_STRING - "!^.*$!!".len();
        for (length, fits) in [(most, true), (most + 1, false)] {
            let uri = format!("sip:{}", "a".repeat(length - 4));
            assert_eq!(Naptr::of("31", "e164.arpa", sip, &uri, 5).is_ok(), fits, "{length}");
        }
        assert!(Naptr::of("31", "e164.arpa", sip, "sip:a", 65_536).is_err());
    }

    /// What is written here is what others read.
    #[test]
    fn a_zone_file_reader_reads_what_was_written() {
        let test = |(text, service): (String, usize)| {
            let service = &SERVICES[service];
            if let Ok(uri) = service.uri(&text, false)
                && let Ok(naptr) = Naptr::of("31201234567", "e164.arpa", service, &uri, 5)
            {
                let read = rdata::read(RrType::Naptr, &naptr.rdata(), None);
                proptest::prop_assert_eq!(read.ok().map(|read| read.rdata), Some(naptr.rdata()));
            }
            Ok(())
        };
        crate::tests::cases(2_000).run(&("[!-~]{1,40}@example.com", 0..SERVICES.len()), test).expect("holds");
    }
}
