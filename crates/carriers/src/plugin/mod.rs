//! Number vendors' plugins: any executable that speaks the protocol of the Enswitch number vendors.

mod answer;
mod arguments;
mod carrier;
mod method;
mod output;
mod parse;
pub mod reaper;
mod run;
#[cfg(test)]
mod tests;

pub use carrier::{PluginCarrier, PluginSettings};
pub use method::{Resolved, check_executable, own_program};
pub use output::Ended;
pub use parse::parse_order;
