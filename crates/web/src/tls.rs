//! HTTPS: handshakes beside the accept loop, optional client certificates, certificates replaced without a restart.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::plain;

/// Most time for one handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Most handshakes at a time; further connections wait in the system's queue.
const PENDING: usize = 512;
/// Most finished connections that wait for the server.
const FINISHED: usize = 64;

/// Listens for TLS connections.
///
/// Each handshake runs on its own, so that a slow client keeps nobody else waiting. Dropping the listener closes the
/// port and ends unfinished handshakes.
pub struct TlsListener {
    address: SocketAddr,
    finished: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    config: watch::Sender<Arc<ServerConfig>>,
    accepting: AbortHandle,
}

/// Replaces the certificate of a [`TlsListener`] while it runs.
#[derive(Clone)]
pub struct TlsReload(watch::Sender<Arc<ServerConfig>>);

impl TlsReload {
    /// From now on handshakes use this configuration; connections that are open stay.
    pub fn replace(&self, config: Arc<ServerConfig>) {
        self.0.send_replace(config);
    }
}

impl TlsListener {
    /// Binds the address.
    ///
    /// # Errors
    /// The address can't be bound.
    pub async fn bind(address: SocketAddr, config: Arc<ServerConfig>) -> io::Result<Self> {
        Self::start(TcpListener::bind(address).await?, config, HANDSHAKE, PENDING)
    }

    fn start(tcp: TcpListener, config: Arc<ServerConfig>, limit: Duration, pending: usize) -> io::Result<Self> {
        let address = tcp.local_addr()?;
        let (sender, finished) = mpsc::channel(FINISHED);
        let (config, current) = watch::channel(config);
        let accepting = tokio::spawn(accept(tcp, current, sender, limit, pending)).abort_handle();
        Ok(Self { address, finished, config, accepting })
    }

    /// A handle for replacing the certificate.
    pub fn reload(&self) -> TlsReload {
        TlsReload(self.config.clone())
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.finished.recv().await {
            Some(connection) => connection,
            // The accept loop only ends with the runtime.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}

async fn accept(
    mut tcp: TcpListener,
    config: watch::Receiver<Arc<ServerConfig>>,
    finished: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
    limit: Duration,
    most: usize,
) {
    // Ends its tasks when it is dropped.
    let mut pending = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = pending.join_next(), if !pending.is_empty() => {}
            (stream, peer) = Listener::accept(&mut tcp), if pending.len() < most => {
                let acceptor = TlsAcceptor::from(Arc::clone(&config.borrow()));
                let finished = finished.clone();
                pending.spawn(async move {
                    let _ = stream.set_nodelay(true);
                    let handshake = async {
                        if plain::is_spoken(&stream).await? {
                            plain::answer(stream).await?;
                            return Err(io::Error::other("plain HTTP"));
                        }
                        acceptor.accept(stream).await
                    };
                    match tokio::time::timeout(limit, handshake).await {
                        Ok(Ok(stream)) => {
                            let _ = finished.send((stream, peer)).await;
                        }
                        Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
                        Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
                    }
                });
            }
        }
    }
}

/// Accepts any client certificate, or none; the handshake proves that the client holds its key.
///
/// Whose certificate it is, is decided by its digest, which the registry knows: no authority is asked.
#[derive(Debug)]
pub(crate) struct AnyCertificate(WebPkiSupportedAlgorithms);

impl AnyCertificate {
    pub(crate) fn new(algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self(algorithms)
    }
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
