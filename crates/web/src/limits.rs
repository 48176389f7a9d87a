//! The limits of every request: size, time, and that a panic is an answer and not a dead connection.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;

/// How much a listener puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest request body in bytes.
    pub body: usize,
    /// Most time until a request is answered.
    pub request: Duration,
    /// Most connections at a time; further ones wait.
    pub connections: usize,
    /// Longest silence on a connection that is kept open.
    pub idle: Duration,
    /// How long a stop waits for running requests.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            request: Duration::from_secs(60),
            connections: 1_024,
            idle: Duration::from_secs(75),
            drain: Duration::from_secs(10),
        }
    }
}

/// How a face says that the edge refused a request or that its handler panicked: the status and words for the caller.
pub type Refusal = fn(StatusCode, &'static str) -> Response;

/// The words as plain text.
pub fn plain_refusal(status: StatusCode, words: &'static str) -> Response {
    (status, format!("{words}\n")).into_response()
}

/// Puts the limits around all routes that the router has so far.
///
/// A body that is too large is 413; one whose size was not announced fails while the handler reads it. A request that
/// takes too long is 503, and its handler is dropped. A panic is 500.
pub fn limited(router: Router, limits: Limits, refuse: Refusal) -> Router {
    let Limits { body, request, .. } = limits;
    router
        .layer(DefaultBodyLimit::max(body))
        .layer(RequestBodyLimitLayer::new(body))
        .layer(from_fn(move |asked: Request, next: Next| async move {
            let announced = asked.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
            if announced.is_some_and(|length: u64| length > body as u64) {
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large");
            }
            match tokio::time::timeout(request, next.run(asked)).await {
                Ok(response) => response,
                Err(_) => refuse(StatusCode::SERVICE_UNAVAILABLE, "the request took too long"),
            }
        }))
        .layer(CatchPanicLayer::custom(move |panic: Box<dyn Any + Send>| {
            let words = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref().map(String::as_str));
            tracing::error!(panic = words.unwrap_or("no words"), "a request handler panicked");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
        }))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes, to_bytes};
    use axum::routing::{get, post};
    use tower::ServiceExt as _;

    use super::*;

    async fn broken() {
        panic!("the handler is broken");
    }

    async fn ask(request: axum::http::request::Builder, body: Body) -> (StatusCode, String) {
        let limits = Limits { body: 10, request: Duration::from_secs(5), ..Limits::default() };
        let router = Router::new()
            .route("/echo", post(|body: Bytes| async move { body }))
            .route(
                "/raw",
                post(|body: Body| async move { to_bytes(body, usize::MAX).await.map_err(|_| StatusCode::IM_A_TEAPOT) }),
            )
            .route("/panic", get(broken))
            .route("/slow", get(std::future::pending::<StatusCode>));
        let response = limited(router, limits, plain_refusal).oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn bodies_up_to_the_limit() {
        assert_eq!(
            ask(Request::post("/echo").header(CONTENT_LENGTH, 10), "0123456789".into()).await,
            (StatusCode::OK, "0123456789".into())
        );
        assert_eq!(ask(Request::post("/echo"), "0123456789".into()).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn larger_bodies_are_refused() {
        let (status, words) = ask(Request::post("/echo").header(CONTENT_LENGTH, 11), "0123456789a".into()).await;
        assert_eq!((status, words.as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "the request is too large\n"));
        assert_eq!(ask(Request::post("/echo"), "0123456789a".into()).await.0, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(ask(Request::post("/raw"), "0123456789a".into()).await.0, StatusCode::IM_A_TEAPOT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_request_is_answered_in_time() {
        let (status, words) = ask(Request::get("/slow"), Body::empty()).await;
        assert_eq!((status, words.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "the request took too long\n"));
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_does_not_tell() {
        let (status, words) = ask(Request::get("/panic"), Body::empty()).await;
        assert_eq!((status, words.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n"));
    }
}
