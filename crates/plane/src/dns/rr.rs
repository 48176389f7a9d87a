//! Resource records as they are sent, from the registry's, which are as zone files have them. Pure.

use std::fmt::Write as _;

use domain::zonefile::inplace::{Entry, ScannedRecord, Zonefile};
use registry::dns::loc::Loc;
use registry::dns::served::ResourceRecord;

/// A resource record as it is sent.
pub(super) type Record = ScannedRecord;

/// Makes the record ready to be sent; none where it can't be read.
pub(super) fn record(from: &ResourceRecord) -> Option<Record> {
    let mut line = format!("{}. {} IN {} ", from.name, from.ttl, from.rr_type);
    match from.rr_type.as_str() {
        // The reader doesn't know the type: as bytes (RFC 3597).
        "LOC" => {
            let wire = Loc::parse(&from.rdata)?.wire();
            write!(line, "\\# {} ", wire.len()).ok()?;
            wire.iter().try_for_each(|byte| write!(line, "{byte:02x}")).ok()?;
        }
        _ => line.push_str(&from.rdata),
    }
    line.push('\n');
    match Zonefile::from(line.as_bytes()).next_entry() {
        Ok(Some(Entry::Record(record))) => Some(record),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::base::Rtype;

    use super::*;

    fn of(rr_type: &str, rdata: &str) -> ResourceRecord {
        let (name, rr_type, rdata) = ("a.example.com".to_owned(), rr_type.to_owned(), rdata.to_owned());
        ResourceRecord { name, rr_type, ttl: 300, rdata }
    }

    #[test]
    fn every_type_is_sent() {
        for (rr_type, code, rdata) in [
            ("A", 1, "192.0.2.1"),
            ("AAAA", 28, "2001:db8::1"),
            ("CNAME", 5, "b.example.com."),
            ("MX", 15, "10 mail.example.com."),
            ("MX", 15, "0 ."),
            ("SRV", 33, "10 0 5060 sip.example.com."),
            ("NS", 2, "ns.example.com."),
            ("NAPTR", 35, r#"100 10 "u" "E2U+sip" "!^\\+31(.*)$!sip:\\1@a!" ."#),
            ("PTR", 12, "host.example.com."),
            ("TXT", 16, r#""say \"no\" \\ \195\169" "two""#),
            ("SOA", 6, r"ns.example.com. john\.doe.example.net. 4294967295 14400 3600 2419200 3600"),
        ] {
            let made = record(&of(rr_type, rdata)).unwrap_or_else(|| panic!("{rr_type} {rdata}"));
            assert_eq!((made.rtype(), made.ttl().as_secs()), (Rtype::from_int(code), 300), "{rr_type}");
            assert_eq!(made.owner().to_string(), "a.example.com");
        }
        assert!(record(&of("A", "192.0.2.300")).is_none());
        assert!(record(&of("LOC", "nowhere")).is_none());
    }

    #[test]
    fn a_place_is_sent_as_it_is() {
        use domain::base::rdata::ComposeRecordData as _;
        let place = "52 0 0.000 N 4 0 0.000 E 0.00m 1.00m 10000.00m 10.00m";
        let made = record(&of("LOC", place)).expect("a record");
        let mut sent = Vec::new();
        made.data().compose_rdata(&mut sent).expect("data");
        assert_eq!(sent, Loc::parse(place).expect("a place").wire());
        assert_eq!(made.rtype(), Rtype::from_int(29));
    }
}
