//! What stands between a listener and the server: how many connections there may be, how long one may be silent, and
//! who is at the other end.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tokio_rustls::server::TlsStream;

use crate::Limits;

/// Who sent a request: take it with `ConnectInfo<Peer>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The other end's address.
    pub address: SocketAddr,
    /// The client's own certificate in DER, whose key it has proven to hold.
    pub certificate: Option<Vec<u8>>,
}

/// A connection that may have brought a client certificate.
pub trait PeerCertificate {
    /// The client's own certificate in DER.
    fn peer_certificate(&self) -> Option<Vec<u8>>;
}

impl PeerCertificate for TlsStream<TcpStream> {
    fn peer_certificate(&self) -> Option<Vec<u8>> {
        self.get_ref().1.peer_certificates().and_then(|chain| chain.first()).map(|der| der.to_vec())
    }
}

/// Without TLS there are no certificates.
impl PeerCertificate for TcpStream {
    fn peer_certificate(&self) -> Option<Vec<u8>> {
        None
    }
}

impl<L> Connected<IncomingStream<'_, Limited<L>>> for Peer
where
    L: Listener<Addr = SocketAddr>,
    L::Io: PeerCertificate,
{
    fn connect_info(stream: IncomingStream<'_, Limited<L>>) -> Self {
        Self { address: *stream.remote_addr(), certificate: stream.io().io.peer_certificate() }
    }
}

/// A listener with a bounded number of connections, each with bounded silence.
pub struct Limited<L> {
    listener: L,
    places: Arc<Semaphore>,
    patience: Patience,
}

impl<L: Listener> Limited<L> {
    pub(crate) fn new(listener: L, limits: Limits) -> Self {
        let places = limits.connections.clamp(1, Semaphore::MAX_PERMITS);
        let patience = Patience { idle: limits.idle, answer: limits.request + limits.idle };
        Self { listener, places: Arc::new(Semaphore::new(places)), patience }
    }
}

impl<L: Listener> Listener for Limited<L> {
    type Io = Connection<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // The semaphore is never closed, so there always comes a place.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (io, peer) = self.listener.accept().await;
        (Connection::new(io, place, self.patience), peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// How long a connection may go without an answer of ours.
#[derive(Clone, Copy)]
struct Patience {
    /// After an answer, until something comes again.
    idle: Duration,
    /// From the first byte after an answer until the next answer, and again with each [`STREAM`] that comes: a request has
    /// its own time limit, so only a client that sends its request drop by drop, or does not read its answer, reaches
    /// this one.
    answer: Duration,
}

/// So many bytes are more than drops: a long upload that goes on is not cut.
const STREAM: usize = 64 << 10;

/// An open connection; dropping it frees its place.
pub struct Connection<Io> {
    io: Io,
    _place: Option<OwnedSemaphorePermit>,
    patience: Patience,
    /// Whether the next byte read begins something new.
    quiet: bool,
    /// Bytes that have come since the due time was set.
    heard: usize,
    due: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl<Io> Connection<Io> {
    fn new(io: Io, place: Option<OwnedSemaphorePermit>, patience: Patience) -> Self {
        let due = Instant::now() + patience.idle;
        Self { io, _place: place, patience, quiet: true, heard: 0, due, alarm: Box::pin(tokio::time::sleep_until(due)) }
    }

    fn heard(&mut self, bytes: usize) {
        self.heard += bytes;
        if self.quiet || self.heard >= STREAM {
            self.quiet = false;
            self.heard = 0;
            self.due = Instant::now() + self.patience.answer;
        }
    }

    fn said(&mut self) {
        self.quiet = true;
        self.due = Instant::now() + self.patience.idle;
    }

    /// Pending, or the error when the time is over.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        while self.alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= self.due {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            let due = self.due;
            self.alarm.as_mut().reset(due);
        }
        // The alarm may be set later than a due time that has moved nearer.
        if self.due < self.alarm.deadline() {
            let due = self.due;
            self.alarm.as_mut().reset(due);
            return self.wait(cx);
        }
        Poll::Pending
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Connection<Io> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.io).poll_read(cx, buf) {
            Poll::Pending => self.wait(cx),
            ready => {
                let came = buf.filled().len() - before;
                if came > 0 {
                    self.heard(came);
                }
                ready
            }
        }
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Connection<Io> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.io).poll_write(cx, bytes) {
            Poll::Pending => self.wait(cx),
            ready => {
                self.said();
                ready
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.io).poll_write_vectored(cx, slices) {
            Poll::Pending => self.wait(cx),
            ready => {
                self.said();
                ready
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_flush(cx) {
            Poll::Pending => self.wait(cx),
            ready => ready,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_shutdown(cx) {
            Poll::Pending => self.wait(cx),
            ready => ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    const PATIENCE: Patience = Patience { idle: Duration::from_secs(30), answer: Duration::from_secs(90) };

    fn pair() -> (Connection<DuplexStream>, DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(16);
        (Connection::new(ours, None, PATIENCE), theirs)
    }

    /// Seconds until reading fails for lack of time.
    async fn patience_of(connection: &mut Connection<DuplexStream>) -> u64 {
        let start = Instant::now();
        let error = connection.read(&mut [0; 16]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_cut() {
        let (mut connection, _theirs) = pair();
        assert_eq!(patience_of(&mut connection).await, 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_has_time_for_its_answer_and_then_the_silence_counts_again() {
        let (mut connection, mut theirs) = pair();
        tokio::time::advance(Duration::from_secs(29)).await;
        theirs.write_all(b"GET").await.unwrap();
        connection.read_exact(&mut [0; 3]).await.unwrap();
        tokio::time::advance(Duration::from_secs(80)).await;
        connection.write_all(b"200").await.unwrap();
        assert_eq!(patience_of(&mut connection).await, 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_drop_by_drop_is_cut() {
        let (mut connection, mut theirs) = pair();
        let start = Instant::now();
        let dripping = tokio::spawn(async move {
            while theirs.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(7)).await;
            }
        });
        let error = loop {
            if let Err(error) = connection.read(&mut [0; 16]).await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), 90);
        drop(connection);
        dripping.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_goes_on_is_not_cut() {
        let (ours, mut theirs) = tokio::io::duplex(STREAM);
        let mut connection = Connection::new(ours, None, PATIENCE);
        for _ in 0..5 {
            theirs.write_all(&[0; STREAM]).await.unwrap();
            connection.read_exact(&mut [0; STREAM]).await.unwrap();
            tokio::time::advance(Duration::from_secs(80)).await;
        }
        assert_eq!(patience_of(&mut connection).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_reads_is_cut() {
        let (mut connection, _theirs) = pair();
        let error = connection.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
