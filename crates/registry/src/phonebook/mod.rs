//! Phonebooks: names and numbers of a reseller, of a customer, of a subscriber.
//!
//! A number is there once in each book. Whoever is served by a reseller reads its book; a subscriber that administers its
//! customer keeps the customer's, and each subscriber its own.

mod batch;
mod book;

pub use batch::{MOST, Row, replace_all, take_in};
pub(crate) use batch::{STATEMENTS, forget};
pub use book::{CUSTOMERS, CustomerEntry, Entry, RESELLERS, ResellerEntry, SUBSCRIBERS, SubscriberEntry};

/// The lists of these modules.
pub(crate) const SOURCES: &[&crate::listing::Source] = &[&RESELLERS, &CUSTOMERS, &SUBSCRIBERS];
