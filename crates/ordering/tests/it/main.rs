//! The ordering against scripted vendors, on both engines.

mod caps;
mod doubt;
mod faults;
mod house;
mod late;
mod limits;
mod parallel;
mod plan;
mod purchase;
mod range;
mod refill;
mod release;
mod search;
mod vendor;
