//! DNS: zones with their records, and what name servers are given of them and of ENUM ranges.
//!
//! Zones, and ENUM ranges, which are zones too, are served in two ways: PowerDNS reads the views `domains` and `records`
//! of the database, and [`served`] reads the same for whoever sends zones on. What has changed is in [`change`], and
//! whether zones have come or gone in [`catalog`]. Name servers below a zone need address records of their own there: none
//! are made, as their addresses are not known here.

pub mod catalog;
pub mod change;
pub mod defaults;
pub mod fancy;
pub mod loc;
pub mod name;
pub mod rdata;
pub mod record;
pub(crate) mod root;
pub mod served;
pub(crate) mod uri;
pub mod zone;

pub use fancy::{FancyKind, FancyRecord};
pub use rdata::RrType;
pub use record::DnsRecord;
pub use root::{Kind, MOST_NAMESERVERS, TTL};
pub use zone::DnsZone;

/// The lists of these modules.
pub(crate) const SOURCES: &[&crate::listing::Source] = &[&zone::ALL, &record::ALL, &fancy::ALL];

/// The statements of these modules.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [
        catalog::STATEMENTS,
        change::STATEMENTS,
        defaults::STATEMENTS,
        fancy::STATEMENTS,
        record::STATEMENTS,
        root::STATEMENTS,
        served::STATEMENTS,
        zone::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}
