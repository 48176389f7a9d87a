//! The types of records and what each may have for a value.
//!
//! NAPTR and quoted TXT are read by `domain` of NLnet Labs, the one crate that reads zone files and also has the transfer
//! and the signatures of the protocol.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use domain::base::Name;
use domain::rdata::ZoneRecordData;
use domain::zonefile::inplace::{Entry, ScannedRecordData, Zonefile};
use serde::{Deserialize, Serialize};

use super::loc::Loc;
use super::name;
use crate::{Error, Result};

/// The type of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RrType {
    /// An IPv4 address.
    #[default]
    A,
    /// An IPv6 address.
    Aaaa,
    /// Another name for the same.
    Cname,
    /// A mail server.
    Mx,
    /// A server of a service.
    Srv,
    /// A name server of what is below.
    Ns,
    /// A rule of DDDS (RFC 3403).
    Naptr,
    /// The name of an address.
    Ptr,
    /// Text.
    Txt,
    /// A place.
    Loc,
}

crate::text_enum!(RrType, "type", {
    A => "A", Aaaa => "AAAA", Cname => "CNAME", Mx => "MX", Srv => "SRV", Ns => "NS", Naptr => "NAPTR", Ptr => "PTR",
    Txt => "TXT", Loc => "LOC",
});

/// The longest value, in bytes.
pub const LONGEST_VALUE: usize = 2_000;

/// A value that is right for its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rdata {
    /// As it is shown.
    pub(crate) value: String,
    /// As a zone file has it, without the priority of MX and SRV; names end with a dot.
    pub(crate) rdata: String,
    /// Of MX and SRV; of NAPTR its preference.
    pub(crate) priority: Option<i64>,
}

/// Reads the value of a record.
///
/// The value of SRV is weight, port and target, that of NAPTR order, preference, flags, service, regexp and replacement;
/// a priority stands in the place of the preference.
///
/// # Errors
/// [`Error::Invalid`] for `value` or `priority`.
pub(crate) fn read(rr_type: RrType, value: &str, priority: Option<i64>) -> Result<Rdata> {
    let value = value.trim();
    let wrong = |what: &str| Error::invalid("value", format!("`{value}` is not {what}"));
    if value.len() > LONGEST_VALUE {
        return Err(Error::invalid("value", format!("a value has at most {LONGEST_VALUE} bytes")));
    }
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(Error::invalid("value", "a value has at least one character and none that can't be printed"));
    }
    if priority.is_some_and(|priority| u16::try_from(priority).is_err()) {
        return Err(Error::invalid("priority", "a priority is a number from 0 to 65535"));
    }
    let same = |value: String| Rdata { rdata: value.clone(), value, priority: None };
    Ok(match rr_type {
        RrType::A => same(value.parse::<Ipv4Addr>().map_err(|_| wrong("an IPv4 address"))?.to_string()),
        RrType::Aaaa => same(value.parse::<Ipv6Addr>().map_err(|_| wrong("an IPv6 address"))?.to_string()),
        RrType::Cname => to_host(name::record("value", value)?),
        RrType::Ns | RrType::Ptr => to_host(name::host("value", value)?),
        RrType::Mx => Rdata { priority: Some(priority.unwrap_or(0)), ..to_host(target(value)?) },
        RrType::Srv => {
            let [weight, port, at] = value.split_ascii_whitespace().collect::<Vec<_>>()[..] else {
                return Err(wrong("a weight, a port and a target"));
            };
            let (weight, port) = match (weight.parse::<u16>(), port.parse::<u16>()) {
                (Ok(weight), Ok(port)) => (weight, port),
                _ => return Err(wrong("a weight, a port and a target")),
            };
            let at = target(at)?;
            Rdata {
                value: format!("{weight} {port} {at}"),
                rdata: format!("{weight} {port} {}", absolute(&at)),
                priority: Some(priority.unwrap_or(0)),
            }
        }
        RrType::Naptr => naptr(value, priority)
            .ok_or_else(|| wrong("an order, a preference, \"flags\", a \"service\", a \"regexp\" and a replacement"))?,
        RrType::Txt if value.starts_with('"') => {
            let Some(ZoneRecordData::Txt(text)) = parse("TXT", value) else { return Err(wrong("text in quotes")) };
            let strings: Vec<String> = text.iter_charstrs().map(|string| quoted(string.as_ref())).collect();
            Rdata { value: value.to_owned(), rdata: strings.join(" "), priority: None }
        }
        RrType::Txt => {
            // A string has at most 255 bytes (RFC 1035, 3.3).
            let strings: Vec<String> = value.as_bytes().chunks(255).map(quoted).collect();
            Rdata { value: value.to_owned(), rdata: strings.join(" "), priority: None }
        }
        RrType::Loc => same(Loc::parse(value).ok_or_else(|| wrong("a place"))?.to_string()),
    })
}

fn to_host(host: String) -> Rdata {
    Rdata { rdata: absolute(&host), value: host, priority: None }
}

/// A host, or a dot alone: the service is not there (RFC 2782, RFC 7505).
fn target(text: &str) -> Result<String> {
    if text == "." { Ok(text.to_owned()) } else { name::host("value", text) }
}

fn absolute(host: &str) -> String {
    format!("{}.", host.trim_end_matches('.'))
}

fn naptr(value: &str, priority: Option<i64>) -> Option<Rdata> {
    // Without its dot, the replacement that stands for none is not there any more.
    let whole = if value.ends_with('"') { format!("{value} .") } else { value.to_owned() };
    let Some(ZoneRecordData::Naptr(data)) = parse("NAPTR", &whole) else { return None };
    let preference = priority.unwrap_or(i64::from(data.preference()));
    let strings = [data.flags(), data.services(), data.regexp()].map(|string| quoted(string.as_ref()));
    let shown = data.replacement().to_string().trim_end_matches('.').to_ascii_lowercase();
    let replacement = if shown.is_empty() { ".".to_owned() } else { name::record("value", &shown).ok()? };
    let rest = format!("{} {preference} {}", data.order(), strings.join(" "));
    Some(Rdata {
        value: format!("{rest} {replacement}"),
        rdata: format!("{rest} {}", absolute(&replacement)),
        priority: Some(preference),
    })
}

/// The data of a record of that type as a zone file has it, on one line.
fn parse(rr_type: &str, rdata: &str) -> Option<ScannedRecordData> {
    if goes_on(rdata) {
        return None;
    }
    let line = format!("record. 1 IN {rr_type} {rdata}\n");
    let mut file = Zonefile::from(line.as_bytes());
    file.set_origin(Name::root_bytes());
    let Ok(Some(Entry::Record(record))) = file.next_entry() else { return None };
    matches!(file.next_entry(), Ok(None)).then(|| record.into_data())
}

/// Whether something other than data stands outside of quotes: a parenthesis, at which a record would go on over lines (and
/// the crate's reader stops with a panic where it doesn't), or a remark.
fn goes_on(rdata: &str) -> bool {
    let (mut within, mut escaped) = (false, false);
    rdata.bytes().any(|byte| {
        if escaped {
            escaped = false;
            return false;
        }
        match byte {
            b'\\' => escaped = true,
            b'"' => within = !within,
            b'(' | b')' | b';' => return !within,
            _ => {}
        }
        false
    })
}

/// A string of characters as a zone file has it.
pub(crate) fn quoted(string: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in string {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            other => write!(text, "\\{other:03}").unwrap_or_default(),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rr_type: RrType, value: &str, priority: Option<i64>) -> Option<(String, String, Option<i64>)> {
        read(rr_type, value, priority).ok().map(|read| (read.value, read.rdata, read.priority))
    }

    #[test]
    fn every_type_has_its_values() {
        for (rr_type, value, priority, expected) in [
            (RrType::A, "192.0.2.1", None, Some(("192.0.2.1", "192.0.2.1", None))),
            (RrType::A, "192.0.2.256", None, None),
            (RrType::A, "2001:db8::1", None, None),
            (RrType::Aaaa, "2001:DB8:0::1", None, Some(("2001:db8::1", "2001:db8::1", None))),
            (RrType::Aaaa, "192.0.2.1", None, None),
            (RrType::Cname, "Www.Example.com.", Some(5), Some(("www.example.com", "www.example.com.", None))),
            (RrType::Cname, "_a.example.com", None, Some(("_a.example.com", "_a.example.com.", None))),
            (RrType::Cname, "a b", None, None),
            (RrType::Ns, "ns1.example.net", None, Some(("ns1.example.net", "ns1.example.net.", None))),
            (RrType::Ns, "192.0.2.1/24", None, None),
            (RrType::Ptr, "host.example.com", None, Some(("host.example.com", "host.example.com.", None))),
            (RrType::Mx, "mail.example.com", Some(10), Some(("mail.example.com", "mail.example.com.", Some(10)))),
            (RrType::Mx, ".", None, Some((".", ".", Some(0)))),
            (RrType::Mx, "mail.example.com", Some(65_536), None),
            (RrType::Mx, "10 mail.example.com", None, None),
            (
                RrType::Srv,
                "0 5060 sip.example.com",
                Some(10),
                Some(("0 5060 sip.example.com", "0 5060 sip.example.com.", Some(10))),
            ),
            (RrType::Srv, "5060 sip.example.com", None, None),
            (RrType::Srv, "0 99999 sip.example.com", None, None),
            (RrType::Txt, "v=spf1 a -all", None, Some(("v=spf1 a -all", "\"v=spf1 a -all\"", None))),
            (RrType::Txt, "say \"no\" \\ é", None, Some(("say \"no\" \\ é", r#""say \"no\" \\ \195\169""#, None))),
            (RrType::Txt, "\"one\"  \"two\"", None, Some(("\"one\"  \"two\"", "\"one\" \"two\"", None))),
            (RrType::Txt, "\"one", None, None),
            (RrType::Txt, "\"\"(", None, None),
            (RrType::Txt, "\"a;b(\"", None, Some(("\"a;b(\"", "\"a;b(\"", None))),
            (RrType::Txt, "one\ntwo", None, None),
            (RrType::Txt, "", None, None),
            (
                RrType::Loc,
                "52 N 4 E 0m",
                None,
                Some((
                    "52 0 0.000 N 4 0 0.000 E 0.00m 1.00m 10000.00m 10.00m",
                    "52 0 0.000 N 4 0 0.000 E 0.00m 1.00m 10000.00m 10.00m",
                    None,
                )),
            ),
            (RrType::Loc, "52 N", None, None),
        ] {
            let expected = expected
                .map(|(value, rdata, priority): (&str, &str, _)| (value.to_owned(), rdata.to_owned(), priority));
            assert_eq!(shown(rr_type, value, priority), expected, "{rr_type} {value}");
        }
    }

    #[test]
    fn rules_are_read_as_zone_files_have_them() {
        for (value, priority, expected) in [
            (
                r#"100 50 "s" "SIP+D2U" "" _sip._udp.Example.com."#,
                None,
                Some((
                    r#"100 50 "s" "SIP+D2U" "" _sip._udp.example.com"#,
                    r#"100 50 "s" "SIP+D2U" "" _sip._udp.example.com."#,
                )),
            ),
            (
                r#"100 50 s SIP+D2U "" _sip._udp.example.com"#,
                Some(7),
                Some((
                    r#"100 7 "s" "SIP+D2U" "" _sip._udp.example.com"#,
                    r#"100 7 "s" "SIP+D2U" "" _sip._udp.example.com."#,
                )),
            ),
            (
                r#"100 10 "u" "E2U+sip" "!^\\+31(.*)$!sip:\\1@a!" ."#,
                None,
                Some((
                    r#"100 10 "u" "E2U+sip" "!^\\+31(.*)$!sip:\\1@a!" ."#,
                    r#"100 10 "u" "E2U+sip" "!^\\+31(.*)$!sip:\\1@a!" ."#,
                )),
            ),
            (
                r#"100 10 "u" "E2U+sip" "!^.*$!sip:a!" "#,
                Some(5),
                Some((r#"100 5 "u" "E2U+sip" "!^.*$!sip:a!" ."#, r#"100 5 "u" "E2U+sip" "!^.*$!sip:a!" ."#)),
            ),
            ("100 10 u", None, None),
            (r#"100 10 "u" "E2U+sip" "!^.*$!sip:a!" . ("#, None, None),
            (r#"70000 10 "u" "E2U+sip" "!^.*$!sip:a!" ."#, None, None),
        ] {
            let read = shown(RrType::Naptr, value, priority).map(|(value, rdata, _)| (value, rdata));
            assert_eq!(read, expected.map(|(value, rdata)| (value.to_owned(), rdata.to_owned())), "{value}");
        }
    }

    #[test]
    fn long_text_is_cut_into_strings() {
        let read = read(RrType::Txt, &"x".repeat(600), None).expect("text");
        let lengths: Vec<usize> = read.rdata.split(' ').map(str::len).collect();
        assert_eq!(lengths, [257, 257, 92]);
        assert!(super::read(RrType::Txt, &"x".repeat(LONGEST_VALUE + 1), None).is_err());
    }

    #[test]
    fn whatever_is_accepted_is_read_the_same_again() {
        let strategy = (0..RrType::ALL.len(), "[ -~]{0,60}|[0-9]{1,3} [0-9]{1,3} [a-z.\"\\\\ !]{0,30}");
        let test = |(at, value): (usize, String)| {
            if let Ok(first) = read(RrType::ALL[at], &value, None) {
                let again = read(RrType::ALL[at], &first.value, first.priority);
                proptest::prop_assert_eq!(again.ok(), Some(first));
            }
            Ok(())
        };
        crate::tests::cases(4_000).run(&strategy, test).expect("holds");
    }
}
