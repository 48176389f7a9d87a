//! The plane: what routes calls outside of this program and must match the registry.
//!
//! Nothing here is called within a transaction of the registry, and whatever is asked has a deadline. **The plane knows no
//! dialect and no vendor.**

pub mod location;
