//! The primary's sockets: what secondaries ask over UDP and TCP, and what they get.
//!
//! At any time there are at most so many connections, transfers and datagrams being answered; each connection has one
//! request at a time. Whoever isn't known by its address is not listened to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use domain::base::iana::Rcode;
use domain::base::message_builder::PushError;
use domain::rdata::tsig::Time48;
use registry::Result;
use store::Db;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::access::Access;
use super::answer::{self, Answer, LONGEST, TooLong};
use super::request::{Question, Request, Wanted};
use super::rr::Record;
use super::setting::Settings;
use super::source::{self, Source};

/// Most connections at a time.
const CONNECTIONS: usize = 128;
/// Most datagrams that are being answered at a time; others are dropped, and asked again.
const DATAGRAMS: usize = 64;
/// Longest request, in bytes.
const LONGEST_REQUEST: usize = 4_096;
/// How long a connection may wait for the next request, or take for it.
const IDLE: Duration = Duration::from_secs(10);
/// How long a message may take to be sent.
const STALLED: Duration = Duration::from_secs(20);
/// How long a transfer waits for its turn: shorter than secondaries wait.
const TURN: Duration = Duration::from_secs(4);
/// How long a transfer may take.
const TRANSFER: Duration = Duration::from_secs(600);
/// How long transfers may go on when the server is to stop.
const DRAIN: Duration = Duration::from_secs(5);
/// Pause after an error of the listening socket, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// A primary name server that listens.
#[derive(Debug)]
pub struct Primary {
    desk: Arc<Desk>,
    udp: Arc<UdpSocket>,
    tcp: TcpListener,
}

/// What every request is answered with.
#[derive(Debug)]
struct Desk {
    db: Db,
    catalog: String,
    settings: Arc<Settings>,
    access: Access,
    transfers: Semaphore,
}

impl Primary {
    /// Listens where the settings say, with UDP and TCP; none where they don't say it.
    ///
    /// # Errors
    /// Those of the sockets.
    pub async fn bind(db: Db, settings: Arc<Settings>) -> io::Result<Option<Primary>> {
        let Some(wanted) = settings.listen else { return Ok(None) };
        let tcp = TcpListener::bind(wanted).await?;
        let udp = Arc::new(UdpSocket::bind(tcp.local_addr()?).await?);
        let (catalog, access) = (settings.catalog.clone(), Access::of(&settings));
        let transfers = Semaphore::new(settings.transfers.max(1));
        Ok(Some(Primary { desk: Arc::new(Desk { db, catalog, settings, access, transfers }), udp, tcp }))
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Answers until `stop` is true; transfers that are under way have a little longer.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let Primary { desk, udp, tcp } = self;
        tokio::join!(datagrams(desk.clone(), udp, stop.clone()), connections(desk, tcp, stop));
    }
}

async fn told(stop: &mut watch::Receiver<bool>) {
    stop.wait_for(|stop| *stop).await.ok();
}

async fn datagrams(desk: Arc<Desk>, socket: Arc<UdpSocket>, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(DATAGRAMS));
    let mut buffer = vec![0; LONGEST_REQUEST];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = told(&mut stop) => return,
        };
        let (length, from) = match received {
            Ok(received) => received,
            Err(error) => {
                tracing::debug!(%error, "DNS datagram not received");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = room.clone().try_acquire_owned() else { continue };
        if !desk.access.knows(from.ip()) {
            continue;
        }
        let (desk, socket, bytes) = (desk.clone(), socket.clone(), buffer[..length].to_vec());
        tokio::spawn(async move {
            if let Some(answer) = desk.datagram(bytes, from.ip()).await {
                let sent = timeout(STALLED, socket.send_to(&answer, from)).await;
                if let Ok(Err(error)) = sent {
                    tracing::debug!(%error, %from, "DNS answer not sent");
                }
            }
            drop(place);
        });
    }
}

async fn connections(desk: Arc<Desk>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = told(&mut stop) => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "DNS connection not accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        if !desk.access.knows(from.ip()) {
            tracing::debug!(%from, "DNS connection refused");
            continue;
        }
        let Ok(place) = room.clone().try_acquire_owned() else {
            tracing::warn!(%from, most = CONNECTIONS, "DNS connection refused: there are too many");
            continue;
        };
        let (desk, stop) = (desk.clone(), stop.clone());
        open.spawn(async move {
            if let Err(error) = desk.connection(stream, from.ip(), stop).await {
                tracing::debug!(%error, %from, "DNS connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    let ended = timeout(DRAIN, async { while open.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!("DNS transfers were cut off");
    }
}

/// What a request comes to.
enum Outcome {
    Nothing,
    Message(Vec<u8>),
    Transfer(Box<Request>, Question),
}

impl Desk {
    async fn datagram(&self, bytes: Vec<u8>, from: IpAddr) -> Option<Vec<u8>> {
        let now = Time48::now();
        let request = match Request::read(bytes, &self.settings.keys, now) {
            Ok(request) => request?,
            Err(unsound) => {
                tracing::debug!(%from, why = %unsound.why, "DNS datagram whose signature is not right");
                return unsound.answer;
            }
        };
        let outcome = match self.permitted(&request, from) {
            // Whoever wants changes, or a zone, is told by the SOA record to come back over TCP (RFC 1995, 2).
            Ok(Question { wanted: Wanted::Whole, .. }) => Err(Rcode::REFUSED),
            Ok(question) => self.soa(&question).await,
            Err(rcode) => Err(rcode),
        };
        answer::datagram(request, outcome.as_ref().map_err(|rcode| *rcode), now).ok()
    }

    /// What is asked for, where whoever asks may.
    fn permitted(&self, request: &Request, from: IpAddr) -> std::result::Result<Question, Rcode> {
        let question = request.question()?;
        if self.access.allows(from, request.key().map(|key| key.name())) {
            return Ok(question);
        }
        let key = request.key().map(ToString::to_string).unwrap_or_default();
        tracing::debug!(%from, zone = question.zone, key, "DNS request refused");
        Err(Rcode::REFUSED)
    }

    async fn soa(&self, question: &Question) -> std::result::Result<Record, Rcode> {
        match source::soa(&self.db, &self.catalog, &question.zone).await {
            Ok(found) => found.ok_or(Rcode::NOTAUTH),
            Err(error) => {
                tracing::error!(%error, zone = question.zone, "DNS zone not read");
                Err(Rcode::SERVFAIL)
            }
        }
    }

    /// Requests of a connection, one after the other.
    async fn connection(&self, mut stream: TcpStream, from: IpAddr, mut stop: watch::Receiver<bool>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        loop {
            let bytes = tokio::select! {
                read = timeout(IDLE, read(&mut stream)) => read??,
                () = told(&mut stop) => return Ok(()),
            };
            let Some(bytes) = bytes else { return Ok(()) };
            match self.message(bytes, from).await {
                Outcome::Nothing => return Ok(()),
                Outcome::Message(message) => write(&mut stream, &message).await?,
                Outcome::Transfer(request, question) => {
                    timeout(TRANSFER, self.transfer(&mut stream, *request, &question)).await??;
                }
            }
        }
    }

    async fn message(&self, bytes: Vec<u8>, from: IpAddr) -> Outcome {
        let now = Time48::now();
        let request = match Request::read(bytes, &self.settings.keys, now) {
            Ok(Some(request)) => request,
            Ok(None) => return Outcome::Nothing,
            Err(unsound) => {
                tracing::debug!(%from, why = %unsound.why, "DNS request whose signature is not right");
                return unsound.answer.map_or(Outcome::Nothing, Outcome::Message);
            }
        };
        let outcome = match self.permitted(&request, from) {
            Ok(question) if question.wanted != Wanted::Soa && request.edns.is_none_or(|version| version == 0) => {
                return Outcome::Transfer(Box::new(request), question);
            }
            Ok(question) => self.soa(&question).await,
            Err(rcode) => {
                tracing::debug!(%from, %rcode, "DNS request refused");
                Err(rcode)
            }
        };
        let message = answer::one(request, outcome.as_ref().map_err(|rcode| *rcode), now);
        message.map_or(Outcome::Nothing, Outcome::Message)
    }

    /// Sends a zone. Where that fails half-way, the last message says so.
    async fn transfer(&self, stream: &mut TcpStream, request: Request, question: &Question) -> io::Result<()> {
        let mut answer = Answer::new(request, LONGEST, Time48::now()).map_err(of_message)?;
        let rcode = match timeout(TURN, self.transfers.acquire()).await {
            Ok(_turn) => match self.send(stream, &mut answer, question).await? {
                Ok(None) => {
                    answer.at(Time48::now());
                    return write(stream, &answer.finish().map_err(of_message)?).await;
                }
                Ok(Some(rcode)) => rcode,
                Err(error) => {
                    tracing::error!(%error, zone = question.zone, "DNS zone not sent");
                    Rcode::SERVFAIL
                }
            },
            Err(_) => {
                tracing::warn!(zone = question.zone, "DNS zone not sent: there are too many transfers");
                Rcode::SERVFAIL
            }
        };
        answer.at(Time48::now());
        write(stream, &answer.fail(rcode).map_err(of_message)?).await
    }

    /// Puts a zone into the answer, and sends what is full; gives the response code back where there is something else
    /// to be said.
    async fn send(
        &self,
        stream: &mut TcpStream,
        answer: &mut Answer,
        question: &Question,
    ) -> io::Result<Result<Option<Rcode>>> {
        let mut source = match Source::open(&self.db, &self.catalog, &question.zone).await {
            Ok(Some(source)) => source,
            Ok(None) => return Ok(Ok(Some(Rcode::NOTAUTH))),
            Err(error) => return Ok(Err(error)),
        };
        let (mut soa, mut sent) = (None, 0_u64);
        loop {
            let page = match source.page().await {
                Ok(Some(page)) => page,
                Ok(None) => break,
                Err(error) => return Ok(Err(error)),
            };
            for record in page {
                if soa.is_none() && !matches!(record.data(), domain::rdata::ZoneRecordData::Soa(_)) {
                    tracing::error!(zone = question.zone, "DNS zone not sent: its SOA record can't be");
                    return Ok(Ok(Some(Rcode::SERVFAIL)));
                }
                if push(stream, answer, &record).await?.is_err() {
                    return Ok(Ok(Some(Rcode::SERVFAIL)));
                }
                sent += 1;
                if soa.is_none() {
                    if is_known(&record, &question.wanted) {
                        return Ok(source.close().await.map(|()| None));
                    }
                    soa = Some(record);
                }
            }
        }
        if let Err(error) = source.close().await {
            return Ok(Err(error));
        }
        let Some(soa) = soa else { return Ok(Ok(Some(Rcode::SERVFAIL))) };
        if push(stream, answer, &soa).await?.is_err() {
            return Ok(Ok(Some(Rcode::SERVFAIL)));
        }
        tracing::debug!(zone = question.zone, records = sent, "DNS zone sent");
        Ok(Ok(None))
    }
}

/// Adds a record, and sends a message that is full.
async fn push(
    stream: &mut TcpStream,
    answer: &mut Answer,
    record: &Record,
) -> io::Result<std::result::Result<(), TooLong>> {
    // A transfer may take longer than clocks may differ.
    answer.at(Time48::now());
    match answer.push(record) {
        Ok(None) => Ok(Ok(())),
        Ok(Some(full)) => write(stream, &full).await.map(Ok),
        Err(error) => {
            tracing::error!(name = %record.owner(), "a DNS record is too long to be sent");
            Ok(Err(error))
        }
    }
}

/// Whether whoever wants changes has this SOA record's zone already.
fn is_known(soa: &Record, wanted: &Wanted) -> bool {
    match (wanted, soa.data()) {
        (Wanted::Since(known), domain::rdata::ZoneRecordData::Soa(soa)) => *known >= soa.serial(),
        _ => false,
    }
}

/// The next message; none where the connection was closed.
async fn read(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let length = match stream.read_u16().await {
        Ok(length) => usize::from(length),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    if length > LONGEST_REQUEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the request is too long"));
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(Some(bytes))
}

async fn write(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let whole = [&length.to_be_bytes(), message].concat();
    timeout(STALLED, stream.write_all(&whole)).await?
}

fn of_message(error: PushError) -> io::Error {
    io::Error::other(error.to_string())
}
