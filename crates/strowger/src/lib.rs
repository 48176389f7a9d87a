//! The `strowger` program: command line, configuration, wiring.
//!
//! Started under the name of a shipped plugin (`enswitch`, `voxbone`, `dummy`), it is that plugin and knows nothing of
//! the server.

mod cli;
mod command;
pub mod config;
mod context;
mod output;
mod vendors;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

/// Runs the program with these arguments, the first being the name it was started under.
#[must_use]
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    if std::env::var("STROWGER_PLUGIN").is_ok_and(|name| name == carriers::plugin::reaper::NAME) {
        return carriers::plugin::reaper::run();
    }
    if let Some(plugin) = plugin_name(arguments.first()) {
        return carriers::shipped::run(plugin, arguments.into_iter().skip(1).collect());
    }
    let cli = cli::Cli::parse_from(arguments);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(cli.threads()).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(&anyhow::anyhow!("runtime: {error}")),
    };
    match runtime.block_on(command::run(cli)) {
        Ok(code) => code,
        Err(error) => output::failed(&error),
    }
}

/// The shipped plugin that the program was started as: by its name, or by the name its starter set for it.
fn plugin_name(own_name: Option<&OsString>) -> Option<&'static str> {
    let known = |name: &str| carriers::shipped::NAMES.into_iter().find(|plugin| *plugin == name);
    let file_name = own_name.and_then(|name| Path::new(name).file_name()).and_then(|name| name.to_str());
    file_name.and_then(known).or_else(|| std::env::var("STROWGER_PLUGIN").ok().as_deref().and_then(known))
}
