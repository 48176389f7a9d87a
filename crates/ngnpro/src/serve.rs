//! From an HTTP request to an operation and back.
//!
//! Clients keep no more than what these answers give: the status is 200 or 500, the type `text/xml`, and the length is
//! known before the body.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, OriginalUri, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::any;
use tokio::sync::Semaphore;
use tracing::Instrument as _;
use web::Peer;

use crate::operation::{Call, Operation, Port};
use crate::soap::envelope::{self, Request};
use crate::soap::{Document, Fault};
use crate::{Ngnpro, Scheme};
use crate::{auth, port, wsdl};

/// How many operations a fault names that might have been meant.
const SHOWN: usize = 60;

/// Everything that is served.
pub(crate) fn routes(service: Ngnpro, scheme: Scheme) -> Router {
    let large = Arc::new(Semaphore::new(LARGE_AT_A_TIME));
    Router::new().fallback(any(serve)).with_state(Door { service, scheme, large })
}

/// Bytes of a request that is small.
const SMALL: usize = 64 << 10;
/// How many larger ones are read and worked on at a time: a tree of many elements is a multiple of its text.
const LARGE_AT_A_TIME: usize = 8;

/// What requests come to.
#[derive(Clone)]
struct Door {
    service: Ngnpro,
    scheme: Scheme,
    large: Arc<Semaphore>,
}

async fn serve(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match method {
        Method::POST => {
            let answered = match body {
                Ok(body) => call(&door, &peer, &body).await,
                Err(_) => Err(Fault::malformed("the body could not be read, or is too large")),
            };
            answered.map_or_else(|fault| refused(&fault), |body| xml(StatusCode::OK, body))
        }
        Method::GET | Method::HEAD => described(door.scheme, &uri, &headers),
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD, POST")]).into_response(),
    }
}

async fn call(door: &Door, peer: &Peer, body: &[u8]) -> Result<Vec<u8>, Fault> {
    let state = &door.service;
    let _turn = match body.len() > SMALL {
        true => Some(door.large.acquire().await.map_err(|_| Fault::internal())?),
        false => None,
    };
    let document = Document::read(body).map_err(|unreadable| Fault::malformed(unreadable.0))?;
    let request = Request::of(&document)?;
    let caller = auth::caller(state, &request.auth()?, peer.address.ip()).await?;
    let (port, operation) = named(&request)?;
    let call = Call { state, caller, node: request.operation, now: state.clock.now() };
    let span = tracing::error_span!("ngnpro", port = port.name, operation = operation.name);
    (operation.run)(&call).instrument(span).await
}

/// The operation that is asked for. Three ports have operations of the same name: the namespace decides.
fn named(request: &Request<'_>) -> Result<(&'static Port, &'static Operation), Fault> {
    let (namespace, name) = (request.operation.namespace().unwrap_or_default(), request.operation.name());
    let shown = |text: &str| text.chars().take(SHOWN).collect::<String>();
    let port = port::ALL.iter().find(|port| port.namespace == namespace);
    let port =
        port.ok_or_else(|| Fault::no_operation(format!("there is no port with the namespace `{}`", shown(namespace))))?;
    let operation = port.operations.iter().find(|operation| operation.name == name);
    let missing = || Fault::no_operation(format!("{}Port has no operation `{}`", port.name, shown(name)));
    Ok((port, operation.ok_or_else(missing)?))
}

/// What a `GET` finds: the descriptions, whatever the path is that the service is known under.
fn described(scheme: Scheme, uri: &Uri, headers: &HeaderMap) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let path = uri.path();
    let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
    let asked_wsdl = last == "wsdl" || uri.query().is_some_and(|query| query.eq_ignore_ascii_case("wsdl"));
    let found = match (last, before.strip_suffix("/wsdl")) {
        ("soap-encoding.xsd", _) => Ok(wsdl::ENCODING_SCHEMA.as_bytes().to_vec()),
        (name, Some(root)) => match port::ALL.iter().find(|port| port.name.eq_ignore_ascii_case(name)) {
            Some(port) => wsdl::describe(&[port], &wsdl::Place::of(scheme, host, root)),
            None => return StatusCode::NOT_FOUND.into_response(),
        },
        _ if asked_wsdl => {
            let root = if last == "wsdl" { before } else { path.trim_end_matches('/') };
            wsdl::describe(port::ALL, &wsdl::Place::of(scheme, host, root))
        }
        ("", None) => return Html(wsdl::overview(port::ALL)).into_response(),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match found {
        Ok(body) => xml(StatusCode::OK, body),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn xml(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(CONTENT_TYPE, "text/xml; charset=utf-8")], body).into_response()
}

/// Clients read a fault with this status and with no other one that says so.
fn refused(fault: &Fault) -> Response {
    envelope::fault(fault).map_or_else(
        |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |body| xml(StatusCode::INTERNAL_SERVER_ERROR, body),
    )
}

/// How the service says what the edge refuses.
pub fn refusal(status: StatusCode, words: &'static str) -> Response {
    let fault = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Fault::malformed(words),
        StatusCode::SERVICE_UNAVAILABLE => Fault::unavailable(words),
        _ => Fault::internal(),
    };
    refused(&fault)
}
