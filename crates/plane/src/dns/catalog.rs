//! The records of a catalog zone (RFC 9432, version 2). Pure.
//!
//! A member is named by its zone's id, which is never given again: of a zone that is removed and made anew secondaries see
//! that it is another.

use registry::dns::served::{ResourceRecord, Zone};

/// Seconds: refresh, retry, expire, minimum of the catalog's SOA record.
const TIMES: &str = "3600 600 2419200 3600";

/// What a catalog begins with: its SOA record, and what every catalog has.
pub(super) fn head(catalog: &str, serial: i64) -> Vec<ResourceRecord> {
    let of = |name: String, rr_type: &str, rdata: String| ResourceRecord {
        name,
        rr_type: rr_type.to_owned(),
        ttl: 0,
        rdata,
    };
    vec![
        of(catalog.to_owned(), "SOA", format!("invalid. invalid. {serial} {TIMES}")),
        of(catalog.to_owned(), "NS", "invalid.".to_owned()),
        of(format!("version.{catalog}"), "TXT", "\"2\"".to_owned()),
    ]
}

/// A zone's entry.
pub(super) fn member(catalog: &str, zone: &Zone) -> ResourceRecord {
    ResourceRecord {
        name: format!("z{}.zones.{catalog}", zone.id),
        rr_type: "PTR".to_owned(),
        ttl: 0,
        rdata: format!("{}.", zone.name),
    }
}
