//! The domain: accounts, numbers, pools, vendors, orders, money, journal, jobs.
//!
//! One module per idea, each with its types, its rules and its statements. Every public function takes who is asking
//! (or is named as the system's own) and a transaction. **The registry does not know HTTP, XML, the JSON of any
//! dialect, or how a vendor is called.**

pub mod account;
pub mod alert;
pub mod auth_token;
pub mod auto_attendant;
pub mod ban;
pub mod billing;
pub mod branding;
pub mod call_forward;
pub mod caller;
pub mod charge;
pub mod client_certificate;
pub mod clock;
pub mod contact;
pub mod country;
pub mod credit_hold;
pub mod customer;
pub mod dns;
pub mod emergency;
pub mod enum_;
mod error;
pub mod event;
pub mod fraud;
pub mod header_rule;
pub mod id;
pub mod import;
pub mod interception;
pub mod ip_block;
pub mod job;
pub mod journal;
pub mod listing;
pub mod lnp;
pub mod location;
pub mod location_mapping;
pub mod login;
pub mod money;
pub mod ncos;
pub mod number;
pub mod offer;
pub mod order;
pub mod otp;
pub mod page;
mod pattern;
pub mod pbx_directory;
pub mod peering;
pub mod phonebook;
pub mod pool;
pub mod preference;
pub mod property;
pub mod provisioning_template;
pub mod pstn;
pub mod quota;
pub mod rating_profile;
pub mod record;
pub mod refill;
pub mod reminder;
pub mod reservation;
pub mod rewrite;
mod schema;
pub mod seal;
pub mod server;
pub mod service;
pub mod setting;
pub mod sip_account;
pub mod sip_alias;
pub mod sip_domain;
pub mod sound;
mod statement;
pub mod subscriber;
pub mod subscriber_profile;
mod tally;
pub mod template;
#[cfg(test)]
mod tests;
mod text_enum;
pub mod time_set;
pub mod trusted_peer;
pub mod trusted_source;
mod turn;
pub mod upn_rewrite;
pub mod vendor;
pub mod vendor_link;
pub mod voicemail_greeting;

pub use caller::{Caller, Role};
pub use clock::Clock;
pub use error::{Error, Result};
pub use money::Money;
pub use schema::{MIGRATIONS, bootstrap, is_empty, sources, statements};
pub(crate) use text_enum::text_enum;

/// A transaction of the registry: `transaction!(db, |tx| { … Ok(value) })` is a [`Result`].
#[macro_export]
macro_rules! transaction {
    ($db:expr, |$tx:ident| $body:expr) => {
        ::store::transaction!($db, $crate::Error, |$tx| $body)
    };
}
