//! The Enswitch face: the JSON API under `/api/json/`, as Enswitch 3.13 and later document it.
//!
//! Functions stand in the tables of `category`, one file for each category: who may call a function, its parameters with
//! their documentation, its handler. From these tables requests are checked and the [`reference()`] is written. Errors take
//! their shape in `error` and nowhere else. **The face translates; what is allowed and what follows is decided below
//! it, and it never calls a vendor itself.**

mod answer;
mod call;
mod category;
mod dial;
mod dispatch;
mod error;
mod function;
mod listing;
mod parameters;
mod reference;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::any;

pub use answer::refusal;
pub use reference::reference;

/// What the face stands on. Cheap to clone.
#[derive(Clone)]
pub struct Enswitch {
    /// The registry and the vendors.
    pub ordering: ordering::Ordering,
    /// Finds out who is calling.
    pub authenticator: web::Authenticator,
    /// How numbers are written in requests and answers that don't ask for E.164.
    pub dial_plan: e164::DialPlan,
}

/// The functions of the API, to be nested at `/api/json`. Requests are bounded in size and time, and what the bounds
/// refuse is said in the API's own form.
pub fn router(state: Enswitch) -> Router {
    let functions =
        Router::new().route("/", any(dispatch::serve)).route("/{*function}", any(dispatch::serve)).with_state(state);
    web::limited(functions, web::Limits::default(), refusal)
}
