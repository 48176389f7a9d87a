//! The API as a caller sees it, through HTTP, on both engines.

mod admin;
mod auth;
mod door;
mod groups;
mod lists;
mod numbers;
mod protocol;
mod realtime;
mod reference;
mod vendor;
