//! The API's own paths: what there is, for programs and for people.

use axum::http::{HeaderName, Method, header};
use registry::Caller;
use serde_json::json;

use super::call::{Call, Params, Reply};
use super::error::Outcome;
use super::hal::REL;
use crate::Ngcp;

/// The answer to `OPTIONS` with these methods, and what may be sent.
pub(super) fn allow(methods: &[&str], accept: Option<(&'static str, String)>) -> Reply {
    let mut reply = Reply::status(200)
        .header(header::ALLOW, methods.join(", "))
        .header(header::CONTENT_TYPE, "application/json")
        .body(methods_body(methods));
    if let Some((name, value)) = accept {
        reply = reply.header(HeaderName::from_static(name), value);
    }
    reply
}

/// The answer to a request of `/api/`.
pub(super) fn answer(_state: &Ngcp, call: &Call, caller: &Caller, params: &Params) -> Outcome<Reply> {
    if call.method == Method::OPTIONS {
        let visible = crate::resource::ALL.iter().filter(|resource| resource.is_for(caller.role));
        return Ok(visible.fold(allow(&["GET", "OPTIONS", "HEAD"], None), |reply, resource| {
            let name = resource.name;
            reply.header(header::LINK, format!("</api/{name}/>; rel=\"collection {REL}{name}\""))
        }));
    }
    Ok(crate::docs::answer(call, caller, params))
}

/// The body of `OPTIONS`.
fn methods_body(methods: &[&str]) -> String {
    format!("{}\n", json!({ "methods": methods }))
}
