//! Numbers as whoever calls the registry sees them.

mod entered;
mod free;
mod life;
mod market;
mod scope;
