//! Phonebooks: names and numbers of a reseller, of a customer, of a subscriber.
//!
//! A number is there once in each book, and a book has at most [`MOST`] entries. Each book is seen by whom it belongs to,
//! and by those above: a reseller's by sellers, a customer's also by those of its subscribers that administer it, who keep
//! it too, and a subscriber's by itself and those.

mod batch;
mod book;

pub use batch::{MOST, Row, replace_all, take_in};
pub(crate) use batch::{forget, statements};
pub use book::{CUSTOMERS, CustomerEntry, Entry, RESELLERS, ResellerEntry, SUBSCRIBERS, SubscriberEntry};

/// The lists of these modules.
pub(crate) const SOURCES: &[&crate::listing::Source] = &[&RESELLERS, &CUSTOMERS, &SUBSCRIBERS];
