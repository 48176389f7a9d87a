//! The plane: what lies outside of this program and must match the registry: what routes calls, name servers.
//!
//! Nothing here is called within a transaction of the registry, and whatever is asked has a deadline. **The plane knows no
//! dialect and no vendor.**

pub mod dns;
pub mod location;
