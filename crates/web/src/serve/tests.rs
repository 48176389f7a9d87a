//! Stopping and crowding, as clients see them.

use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(10);

struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    /// One permit lets one `/held` request finish.
    gate: Arc<Semaphore>,
    /// Has a permit for each `/held` request that began.
    begun: Arc<Semaphore>,
    running: JoinHandle<bool>,
}

async fn server(limits: Limits) -> Server {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (stop, stopped) = watch::channel(false);
    let (held, started) = (Arc::clone(&gate), Arc::clone(&begun));
    let wait = move || {
        let (held, started) = (Arc::clone(&held), Arc::clone(&started));
        async move {
            started.add_permits(1);
            held.acquire().await.unwrap().forget();
            "answered"
        }
    };
    let router = Router::new().route("/held", get(wait)).route("/", get(|| async { "quick" }));
    let running = tokio::spawn(serve(listener, router, limits, stopped));
    Server { address, stop, gate, begun, running }
}

async fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_stop_answers_what_runs_and_accepts_nothing_more() {
    let server = server(Limits::default()).await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    let request = tokio::spawn(ask(server.address, "/held"));
    timeout(SOON, server.begun.acquire()).await.unwrap().unwrap().forget();
    server.stop.send(true).unwrap();
    let refused = async { while TcpStream::connect(server.address).await.is_ok() {} };
    timeout(SOON, refused).await.unwrap();
    assert!(!server.running.is_finished());
    server.gate.add_permits(1);
    assert!(request.await.unwrap().unwrap().ends_with("answered"));
    assert!(timeout(SOON, server.running).await.unwrap().unwrap());
    drop(idle);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let server = server(Limits { drain: Duration::from_millis(50), ..Limits::default() }).await;
    let _request = tokio::spawn(ask(server.address, "/held"));
    timeout(SOON, server.begun.acquire()).await.unwrap().unwrap().forget();
    server.stop.send(true).unwrap();
    assert!(!timeout(SOON, server.running).await.unwrap().unwrap());
}

#[tokio::test]
async fn a_server_whose_owner_is_gone_stops() {
    let server = server(Limits::default()).await;
    drop(server.stop);
    assert!(timeout(SOON, server.running).await.unwrap().unwrap());
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_their_turn() {
    let server = server(Limits { connections: 1, ..Limits::default() }).await;
    let first = tokio::spawn(ask(server.address, "/held"));
    timeout(SOON, server.begun.acquire()).await.unwrap().unwrap().forget();
    let mut second = tokio::spawn(ask(server.address, "/"));
    assert!(timeout(Duration::from_millis(100), &mut second).await.is_err(), "the only place is taken");
    server.gate.add_permits(1);
    assert!(timeout(SOON, first).await.unwrap().unwrap().unwrap().ends_with("answered"));
    assert!(timeout(SOON, second).await.unwrap().unwrap().unwrap().ends_with("quick"));
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = server(Limits { idle: Duration::from_millis(50), ..Limits::default() }).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let end = timeout(SOON, silent.read(&mut [0; 16])).await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}

#[tokio::test]
async fn the_host_is_in_its_header() {
    for (target, header, host) in [
        ("https://example.org:1444/x", None, Some("example.org:1444")),
        ("https://example.org/x", Some("example.net"), Some("example.net")),
        ("/x", Some("example.net"), Some("example.net")),
        ("/x", None, None),
    ] {
        let mut request = Request::get(target);
        if let Some(header) = header {
            request = request.header(HOST, header);
        }
        let request = with_host(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(request.headers().get(HOST).map(|value| value.to_str().unwrap()), host, "{target}");
    }
}
