//! ENUM (RFC 6116): ranges of numbers, numbers, and what they are mapped to. A range is served as a zone; see
//! [`crate::dns`].

pub mod mapping;
pub mod naptr;
pub mod number;
pub mod range;

pub use mapping::Mapping;
pub use naptr::{Naptr, SERVICES, Service};
pub use number::{EnumEntry, EnumNumber};
pub use range::EnumRange;

/// The lists of these modules.
pub(crate) const SOURCES: &[&crate::listing::Source] = &[&range::ALL, &number::ALL];

/// The statements of these modules.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [mapping::STATEMENTS, number::STATEMENTS, range::STATEMENTS].into_iter().flatten()
}
