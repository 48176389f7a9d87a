//! The certificate of the HTTPS door: checked, shown, renewed without a restart.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::Signal;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, RootCertStore, SignatureScheme, StreamOwned};
use store::testing::{Engine, TestDb};

use crate::api::Api;
use crate::site::Site;

const CERTIFICATE: &str = "tls-certificate.pem";
const KEY: &str = "tls-key.pem";

/// An installation that has made its own certificate.
async fn started() -> Site {
    let site = Site::new(TestDb::new(Engine::Sqlite).await);
    site.serve().await.stop().await;
    site
}

fn put(from: &Site, file: &str, to: &Site) {
    std::fs::copy(from.data(file), to.path(file)).unwrap();
}

#[tokio::test]
async fn sighup_reads_the_certificate_again_and_a_wrong_pair_changes_nothing() {
    let (site, one, two) = (started().await, started().await, started().await);
    put(&one, CERTIFICATE, &site);
    put(&one, KEY, &site);
    let (certificate, key) = (site.path(CERTIFICATE), site.path(KEY));
    site.configure(&format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n"));
    let mut server = site.serve().await;
    let url = server.url().await;
    assert_eq!(Api::new(url.clone(), &one.data(CERTIFICATE)).get("/healthz").await.0, 200);

    put(&two, CERTIFICATE, &site);
    server.signal(Signal::SIGHUP);
    server.says("TLS certificate not read, the one before stays").await;
    assert_eq!(Api::new(url.clone(), &one.data(CERTIFICATE)).get("/healthz").await.0, 200);

    put(&two, KEY, &site);
    server.signal(Signal::SIGHUP);
    server.says("TLS certificate read").await;
    assert_eq!(Api::new(url, &two.data(CERTIFICATE)).get("/healthz").await.0, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_self_signed_pair_that_is_there_is_checked() {
    let (site, other) = (started().await, started().await);
    assert!(site.ok("check").await.contains("ok     certificate: self-signed, in the data folder\n"));
    std::fs::copy(other.data(KEY), site.data(KEY)).unwrap();
    let said = site.run("check").await;
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.contains("WRONG  certificate: the certificate and key can't be used"), "{}", said.stdout);
    std::fs::write(site.data(CERTIFICATE), "nothing").unwrap();
    let said = site.run("check").await;
    assert!(said.stdout.contains("tls-certificate.pem: no certificate in PEM form"), "{}", said.stdout);
    std::fs::remove_file(site.data(KEY)).unwrap();
    std::fs::remove_file(site.data(CERTIFICATE)).unwrap();
    assert!(site.ok("check").await.contains("in the data folder: made at the next start\n"));
    assert!(!site.data(KEY).exists());
}

/// Remembers whether a certificate was asked for.
#[derive(Debug, Default)]
struct Asked(AtomicBool);

impl ResolvesClientCert for Asked {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn programs_are_asked_for_a_certificate_and_browsers_are_not() {
    let site = started().await;
    let mut server = site.serve().await;
    let staff = server.url().await.replace("https://", "");
    server.says("subscribers find it on https://").await;
    let log = server.log();
    let (_, rest) = log.split_once("subscribers find it on https://").unwrap();
    let subscribers = rest.lines().next().unwrap().to_owned();
    assert!(asks_for_a_certificate(&site, staff).await);
    assert!(!asks_for_a_certificate(&site, subscribers).await);
    server.stop().await;
}

/// Whether a door asks; it opens without one all the same.
async fn asks_for_a_certificate(site: &Site, address: String) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(site.data(CERTIFICATE)).unwrap()).unwrap();
    let asked = Arc::new(Asked::default());
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_cert_resolver(asked.clone());
    let talk = move || {
        let connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
        let mut stream = StreamOwned::new(connection, std::net::TcpStream::connect(address).unwrap());
        stream.write_all(b"GET /api/platforminfo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = tokio::task::spawn_blocking(talk).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    asked.0.load(Ordering::Relaxed)
}
