//! The NGNPro face: SOAP 1.1 as AG Projects' provisioning server speaks it, for CDRTool and whoever generates a client from
//! the WSDL.
//!
//! All ports are at one URL; which one is meant says the namespace of the body's first element. Types are declared in
//! `types`, operations in `port`, each once: requests, answers and the WSDL come from there. Errors take their shape in
//! `soap::fault` and nowhere else. **The face translates; what is allowed and what follows is decided in the registry.**

mod auth;
mod operation;
mod port;
pub mod probe;
mod query;
mod serve;
mod shown;
mod soap;
mod wsdl;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use plane::location::Locations;
use registry::Clock;
use registry::seal::Sealer;
use store::Db;

pub use serve::refusal;

/// How clients reach the service: what descriptions give for its place begins so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

/// What the face stands on. Cheap to clone.
#[derive(Clone)]
pub struct Ngnpro {
    /// The registry.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Finds out who is calling.
    pub authenticator: web::Authenticator,
    /// Seals and opens passwords.
    pub sealer: Arc<Sealer>,
    /// Where phones are registered.
    pub locations: Arc<Locations>,
}

impl fmt::Debug for Ngnpro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ngnpro")
    }
}

/// Largest request, in bytes.
const LARGEST: usize = 4 << 20;

/// The service: operations by POST, descriptions by GET. Requests are bounded in size and time, and what the bounds refuse
/// is a fault.
pub fn router(state: Ngnpro, scheme: Scheme) -> Router {
    let limits = web::Limits { body: LARGEST, ..web::Limits::default() };
    web::limited(serve::routes(state, scheme), limits, refusal)
}
