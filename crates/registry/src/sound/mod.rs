//! Sounds: sets of prompts of a reseller or of one of its customers, and the recordings in them.
//!
//! A set may have a parent, whose recordings are heard where its own file says so. A reseller's set that is exposed is
//! seen, and can be used, by its customers; a customer keeps sets of its own.

pub mod file;
pub mod handle;
pub mod recording;
pub mod set;

pub use file::SoundFile;
pub use handle::{Group, Handle};
pub use recording::{Format, Recording};
pub use set::SoundSet;

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [file::STATEMENTS, set::STATEMENTS].into_iter().flatten()
}

/// The lists of this module.
pub(crate) const SOURCES: &[&crate::listing::Source] = &[&set::ALL, &file::ALL];
