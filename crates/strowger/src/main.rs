//! The `strowger` program; also the shipped plugins, when it is started under one of their names.

use std::process::ExitCode;

fn main() -> ExitCode {
    strowger::run(std::env::args_os().collect())
}
