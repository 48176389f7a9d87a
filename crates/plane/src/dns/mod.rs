//! DNS: a primary name server that hides behind others, which it tells of changes and which get whole zones from it.
//!
//! [`Primary`] answers what secondaries ask of a primary: SOA queries, and transfers of zones (AXFR, RFC 5936; IXFR, RFC
//! 1995, is answered with the whole zone). One of the zones is a catalog of all others (RFC 9432), by which secondaries
//! find out which zones there are. [`Notifier`] tells them of changes (NOTIFY, RFC 1996). Messages may be signed (TSIG, RFC
//! 8945).
//!
//! Messages, signatures and record data are read and written by `domain` of NLnet Labs. Its server (0.12) isn't used: while
//! a client does not take its answer it spins, it goes on producing an answer whose client is gone, it sets no limit to
//! requests at a time, and it says of a wrong signature that the format is wrong.

mod access;
mod answer;
mod catalog;
mod notice;
mod notifier;
mod primary;
mod request;
mod rr;
mod setting;
mod signature;
mod source;
#[cfg(test)]
mod tests;

pub use notifier::Notifier;
pub use primary::Primary;
pub use setting::{Keys, Mistake, Rule, Secondary, Settings, rules, secondaries, zone_name};

/// A whole name.
type Name = domain::base::Name<Vec<u8>>;
