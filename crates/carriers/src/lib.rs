//! The carrier contract, the plugin runner and the shipped plugins.
//!
//! A carrier is whoever numbers are bought from. Whatever a carrier says is distrusted: an outcome keeps everything that may have been paid
//! for, and is "in doubt" wherever it can't be proven that nothing was.

pub mod conf;
pub mod contract;
pub mod fault;
pub mod plugin;
pub mod secret;
pub mod shipped;

pub use conf::{ConfError, VendorLine, read_vendors};
pub use contract::{
    Capabilities, Carrier, CarrierError, ErrorClass, Group, Line, LineFault, Lookup, OrderOutcome, OrderRequest,
    Report, Run,
};
pub use plugin::{PluginCarrier, PluginSettings, Resolved, check_executable};
pub use secret::Secret;
