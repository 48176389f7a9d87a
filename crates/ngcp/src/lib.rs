//! The NGCP face: the REST API under `/api/`, as NGCP's own clients expect it.
//!
//! A resource is declared in one file of `resource`: fields, verbs and roles, filters, links, and what it does in the
//! registry. The `kernel` walks these declarations: requests are read and checked, pages cut, items dressed in HAL, and
//! the documentation and the OpenAPI document written from them. **The face translates; rules live in the registry, and
//! errors take their shape in `kernel::error` and in a resource's own `refusal`.**

mod auth;
mod docs;
mod kernel;
mod resource;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

pub use auth::Realm;
use tower::ServiceExt as _;

/// How relations with one member are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalShape {
    /// As an array, as servers since 2023 do.
    Modern,
    /// As a bare object, as clients written until 2017 expect.
    Legacy,
}

/// What the face stands on. Cheap to clone.
#[derive(Clone)]
pub struct Ngcp {
    /// The registry and the vendors.
    pub ordering: ordering::Ordering,
    /// Finds out who is calling.
    pub authenticator: web::Authenticator,
    /// Seals passwords that must be shown again.
    pub sealer: Arc<registry::seal::Sealer>,
    /// How relations with one member are written.
    pub hal_shape: HalShape,
    /// Whether a request may say what time it is, as test programs of the dialect do.
    pub client_time: bool,
    /// Where subscribers are registered.
    pub locations: Arc<plane::location::Locations>,
}

/// The API on one of its two doors. It takes every path, as clients write paths with doubled slashes.
pub fn router(state: Ngcp, realm: Realm) -> Router {
    let all = Router::new().fallback(move |state, request| kernel::serve(state, realm, request)).with_state(state);
    let limits = web::Limits { body: kernel::LARGEST_TABLE, ..web::Limits::default() };
    let of_flow = web::Limits { body: kernel::flow::LARGEST, request: kernel::flow::LONGEST, ..limits };
    let flowing = web::limited(all.clone(), of_flow, refusal);
    let usual = web::limited(all, limits, refusal);
    Router::new().fallback(move |request: Request| {
        let router = if kernel::flow::is_one(&request) { &flowing } else { &usual };
        router.clone().oneshot(request)
    })
}

/// What the edge refuses, in the API's own form.
fn refusal(status: StatusCode, words: &'static str) -> Response {
    kernel::Refusal::new(status.as_u16(), words).into_response()
}
