//! The program as its users meet it: real servers, real plugins, real databases. The tree mirrors the doors.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that can't go on fails, and says why")]

mod api;
mod cli;
mod crash;
mod dns;
mod enswitch;
mod house;
mod lease;
mod ngcp;
mod ngnpro;
mod patience;
mod plugin;
mod registrar;
mod script;
mod server;
mod site;
mod start;
mod stock;
mod tool;
