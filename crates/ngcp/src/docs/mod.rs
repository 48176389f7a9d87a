//! The documentation of the API, written from the declarations of its resources: a page for people, an OpenAPI document
//! and an overview for programs.

mod components;
mod guide;
mod openapi;
mod overview;
mod page;
mod schema;
#[cfg(test)]
mod tests;
mod words;
mod yaml;

use axum::http::{HeaderName, header};
use registry::Caller;

use crate::kernel::{Call, Params, Reply};

/// Where the OpenAPI document is.
const DESCRIPTION: &str = "/api/?openapi=json";
/// The page needs nothing from anywhere, and is to be shown in no frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The answer to `GET /api/`.
pub(crate) fn answer(call: &Call, caller: &Caller, params: &Params) -> Reply {
    let reply = Reply::status(200)
        .header(
            header::LINK,
            format!("<{DESCRIPTION}>; rel=\"service-desc\"; type=\"application/vnd.oai.openapi+json\""),
        )
        .header(header::VARY, "accept, authorization");
    match params.get("openapi").or(params.get("swagger")) {
        Some("yml" | "yaml") => reply.header(header::CONTENT_TYPE, "application/yaml").body(openapi::yaml()),
        Some(_) => reply.header(header::CONTENT_TYPE, "application/json").body(openapi::json()),
        None if call.wants_plain_json() && !params.is_true("oldapidoc") => {
            reply.header(header::CONTENT_TYPE, "application/json").body(format!("{}\n", overview::of(caller.role)))
        }
        None => {
            let host = call.header("host").unwrap_or("localhost:1443");
            reply
                .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
                .header(HeaderName::from_static("content-security-policy"), POLICY)
                .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
                .body(page::of(caller.role, host))
        }
    }
}
