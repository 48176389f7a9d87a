//! The NGCP doors: the API as its own clients use it, from shell and Perl programs to web front ends.

mod access;
pub(crate) mod client;
mod clients;
mod concurrent;
mod form;
mod kernel;
mod rules;
mod samples;
mod schemathesis;
mod scope;
mod seed;
mod world;
