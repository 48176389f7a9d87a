//! What a client of an HTTPS listener sees.

use std::path::Path;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, sign};
use sha2::Digest as _;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::*;
use crate::{Identity, Limits, Peer, hex, serve};

const LOOPBACK: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

struct Server {
    folder: TempDir,
    address: SocketAddr,
    reload: TlsReload,
    _stop: watch::Sender<bool>,
}

/// The real time, by which clients judge the certificate.
#[expect(clippy::disallowed_methods, reason = "TLS clients go by the real clock")]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

fn config(folder: &Path, client_certificates: bool) -> Arc<ServerConfig> {
    let _ = ring::default_provider().install_default();
    Identity::self_signed_in(folder, now()).unwrap().server_config(client_certificates).unwrap()
}

/// A server that answers with the digest of the client's certificate, or `none`.
async fn server(client_certificates: bool, limit: Duration) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let tcp = TcpListener::bind(SocketAddr::from(LOOPBACK)).await.unwrap();
    let listener = TlsListener::start(tcp, config(folder.path(), client_certificates), limit, 8).unwrap();
    let (address, reload) = (listener.local_addr().unwrap(), listener.reload());
    let (stop, stopped) = watch::channel(false);
    let router = Router::new().route(
        "/",
        get(|ConnectInfo(peer): ConnectInfo<Peer>| async move {
            assert!(peer.address.ip().is_loopback());
            peer.certificate.map_or_else(|| "none".to_owned(), |der| hex::encode(&sha2::Sha256::digest(der)))
        }),
    );
    tokio::spawn(serve(listener, router, Limits::default(), stopped));
    Server { folder, address, reload, _stop: stop }
}

/// A client that trusts the certificate of the folder and nothing else.
fn client(folder: &Path) -> reqwest::ClientBuilder {
    let pem = std::fs::read(folder.join("tls-certificate.pem")).unwrap();
    let trusted = reqwest::Certificate::from_pem(&pem).unwrap();
    reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).timeout(Duration::from_secs(10))
}

async fn ask(client: reqwest::ClientBuilder, address: SocketAddr) -> Result<String, reqwest::Error> {
    client.build()?.get(format!("https://{address}/")).send().await?.text().await
}

fn client_certificate() -> CertifiedKey<KeyPair> {
    let signing_key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(vec!["api-admin".to_owned()]).unwrap().self_signed(&signing_key).unwrap();
    CertifiedKey { cert, signing_key }
}

#[tokio::test]
async fn a_client_without_a_certificate_is_served() {
    for asks_for_one in [true, false] {
        let server = server(asks_for_one, HANDSHAKE).await;
        assert_eq!(ask(client(server.folder.path()), server.address).await.unwrap(), "none");
    }
}

#[tokio::test]
async fn the_certificate_of_a_client_is_known_to_the_handler() {
    let server = server(true, HANDSHAKE).await;
    let CertifiedKey { cert, signing_key } = client_certificate();
    let identity = reqwest::Identity::from_pem((cert.pem() + &signing_key.serialize_pem()).as_bytes()).unwrap();
    let digest = hex::encode(&sha2::Sha256::digest(cert.der()));
    assert_eq!(ask(client(server.folder.path()).identity(identity), server.address).await.unwrap(), digest);
}

/// Presents a certificate and signs with a key that need not be its own.
#[derive(Debug)]
struct Claimant(Arc<sign::CertifiedKey>);

impl Claimant {
    fn new(certificate: &CertifiedKey<KeyPair>, signing_key: &KeyPair) -> Self {
        let key = PrivateKeyDer::from_pem_slice(signing_key.serialize_pem().as_bytes()).unwrap();
        let key = ring::sign::any_supported_type(&key).unwrap();
        Self(Arc::new(sign::CertifiedKey::new(vec![certificate.cert.der().clone()], key)))
    }
}

impl ResolvesClientCert for Claimant {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn only_the_holder_of_its_key_can_show_a_certificate() {
    let server = server(true, HANDSHAKE).await;
    let (certificate, other) = (client_certificate(), client_certificate());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.folder.path().join("tls-certificate.pem")).unwrap()).unwrap();
    for (version, key, accepted) in [
        (&rustls::version::TLS12, &certificate.signing_key, true),
        (&rustls::version::TLS12, &other.signing_key, false),
        (&rustls::version::TLS13, &certificate.signing_key, true),
        (&rustls::version::TLS13, &other.signing_key, false),
    ] {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_client_cert_resolver(Arc::new(Claimant::new(&certificate, key)));
        let talk = async {
            let tcp = TcpStream::connect(server.address).await?;
            let name = ServerName::try_from("localhost").unwrap();
            let mut tls = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
            tls.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
            let mut answer = String::new();
            tls.read_to_string(&mut answer).await.map(|_| answer)
        };
        let answer: io::Result<String> = timeout(Duration::from_secs(10), talk).await.unwrap();
        let served = answer.as_ref().is_ok_and(|text| text.starts_with("HTTP/1.1 200"));
        assert_eq!(served, accepted, "{answer:?}");
    }
}

#[tokio::test]
async fn silent_clients_keep_nobody_waiting() {
    let server = server(false, HANDSHAKE).await;
    let mut silent = Vec::new();
    for _ in 0..7 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    assert_eq!(ask(client(server.folder.path()), server.address).await.unwrap(), "none");
}

#[tokio::test]
async fn more_silent_clients_than_places_are_put_off_after_their_time() {
    let server = server(false, Duration::from_millis(100)).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    assert_eq!(ask(client(server.folder.path()), server.address).await.unwrap(), "none");
    for mut stream in silent {
        let end = timeout(Duration::from_secs(10), stream.read(&mut [0; 16])).await.unwrap();
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
}

#[tokio::test]
async fn the_certificate_is_replaced_while_the_server_runs() {
    let server = server(false, HANDSHAKE).await;
    let other = tempfile::tempdir().unwrap();
    let new = config(other.path(), false);
    assert!(ask(client(other.path()), server.address).await.is_err());
    server.reload.replace(new);
    assert_eq!(ask(client(other.path()), server.address).await.unwrap(), "none");
    assert!(ask(client(server.folder.path()), server.address).await.is_err());
}

#[tokio::test]
async fn a_dropped_listener_frees_its_port() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TlsListener::bind(SocketAddr::from(LOOPBACK), config(folder.path(), false)).await.unwrap();
    let address = listener.local_addr().unwrap();
    assert!(TlsListener::bind(address, config(folder.path(), false)).await.is_err());
    drop(listener);
    let again = async {
        while TlsListener::bind(address, config(folder.path(), false)).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), again).await.unwrap();
}
