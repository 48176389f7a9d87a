//! Peerings: groups of servers of other carriers, the rules by which calls leave to them, and those by which calls that
//! come from them are told apart.
//!
//! A group belongs to the account of a peering. What is in a group goes with it, and groups go with their account.
//! [`route`] and [`inbound`] are the choices themselves, without a database.

mod choice;
mod group;
mod pattern;
mod rule;
mod server;
#[cfg(test)]
mod tests;

pub use choice::{Inbound, Offer, Request, inbound, offers, route};
pub(crate) use group::delete_of_account;
pub use group::{GROUPS, Group};
pub use pattern::compiled;
pub use rule::{FIELDS, INBOUND_RULES, InboundRule, RULES, Rule};
pub use server::{SERVERS, Server};

use crate::listing::Source;

/// Every statement of the module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [choice::STATEMENTS, group::STATEMENTS, rule::STATEMENTS, server::STATEMENTS].into_iter().flatten()
}

/// The lists of the module.
pub(crate) const SOURCES: &[&Source] = &[&GROUPS, &SERVERS, &RULES, &INBOUND_RULES];
