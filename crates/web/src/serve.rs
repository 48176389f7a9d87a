//! Running a router on a listener until it is told to stop.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::HOST;
use axum::middleware::map_request;
use axum::serve::Listener;
use tokio::sync::watch;

use crate::{Limited, Limits, Peer, PeerCertificate};

/// Serves until `shutdown` turns true (or its sender is gone), then accepts nothing more and waits for the running
/// requests, at most [`Limits::drain`].
///
/// Says whether all of them were answered. Only the connection limits are applied here; those of requests are put
/// around the router with [`limited`](crate::limited).
pub async fn serve<L>(listener: L, router: Router, limits: Limits, shutdown: watch::Receiver<bool>) -> bool
where
    L: Listener<Addr = SocketAddr>,
    L::Io: PeerCertificate,
{
    let address = listener.local_addr().ok();
    let service = router.layer(map_request(with_host)).into_make_service_with_connect_info::<Peer>();
    let serving =
        axum::serve(Limited::new(listener, limits), service).with_graceful_shutdown(stopped(shutdown.clone()));
    let patience = async {
        stopped(shutdown).await;
        tokio::time::sleep(limits.drain).await;
    };
    tokio::select! {
        _ = serving => true,
        () = patience => {
            tracing::warn!(?address, "stopped although some requests were not answered yet");
            false
        }
    }
}

/// HTTP/2 says in the target what HTTP/1.1 says in `Host`; handlers find it in one place.
async fn with_host(mut request: Request) -> Request {
    let authority = request.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(authority) = authority {
        request.headers_mut().entry(HOST).or_insert(authority);
    }
    request
}

async fn stopped(mut shutdown: watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests;
