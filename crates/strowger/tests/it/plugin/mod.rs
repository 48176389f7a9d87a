//! The plugin protocol, from the plugin's first line to what the operator sees.

mod limits;
mod protocol;
