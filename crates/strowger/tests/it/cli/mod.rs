//! The command line: what each family of commands does, prints and refuses.

mod account;
mod backup;
mod export;
mod import;
mod journal;
mod lnp;
mod number;
mod order;
mod pool;
mod reservations;
mod terminal;
mod user;
mod vendor;
