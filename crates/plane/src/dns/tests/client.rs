//! A client that asks as secondaries do, and checks every signature.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::base::iana::{Class, Rcode, TsigRcode};
use domain::base::message_builder::AdditionalBuilder;
use domain::base::{Message, MessageBuilder, Rtype, Serial, Ttl};
use domain::rdata::tsig::{Time48, Tsig};
use domain::rdata::{AllRecordData, Soa};
use domain::tsig::{ClientSequence, Key};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::dns::Name;

const PATIENCE: Duration = Duration::from_secs(20);

/// What is asked.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) zone: &'static str,
    pub(super) rtype: Rtype,
    pub(super) since: Option<u32>,
    pub(super) edns: Option<u8>,
    pub(super) key: Option<Arc<Key>>,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) rcode: Rcode,
    /// Of a signature.
    pub(super) error: Option<TsigRcode>,
    pub(super) authoritative: bool,
    pub(super) truncated: bool,
    /// Each as `name type data`.
    pub(super) records: Vec<String>,
    /// Bytes of each message.
    pub(super) lengths: Vec<usize>,
    /// The version of EDNS of the first message.
    pub(super) edns: Option<u8>,
}

pub(super) fn ask(zone: &'static str, rtype: Rtype) -> Question {
    Question { zone, rtype, since: None, edns: None, key: None }
}

impl Question {
    pub(super) fn signed(self, key: &Arc<Key>) -> Question {
        Question { key: Some(key.clone()), ..self }
    }

    fn message(&self) -> (Vec<u8>, Option<ClientSequence<Arc<Key>>>) {
        let zone: Name = format!("{}.", self.zone).parse().expect("a name");
        let mut builder = MessageBuilder::new_vec().question();
        builder.header_mut().set_id(0x4711);
        builder.push((&zone, self.rtype)).expect("a question");
        let mut builder = builder.authority();
        if let Some(since) = self.since {
            let root: Name = ".".parse().expect("a name");
            let times = [Ttl::from_secs(1); 4];
            let soa = Soa::new(root.clone(), root, Serial(since), times[0], times[1], times[2], times[3]);
            builder.push((&zone, Class::IN, 0, soa)).expect("a record");
        }
        let mut builder: AdditionalBuilder<Vec<u8>> = builder.additional();
        if let Some(version) = self.edns {
            builder
                .opt(|opt| {
                    opt.set_version(version);
                    opt.set_udp_payload_size(1232);
                    Ok(())
                })
                .expect("an option");
        }
        let key = self.key.clone();
        let sequence = key.map(|key| ClientSequence::request(key, &mut builder, Time48::now()).expect("signed"));
        (builder.finish(), sequence)
    }

    pub(super) async fn over_udp(&self, to: SocketAddr) -> Answered {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let (message, mut sequence) = self.message();
        socket.send_to(&message, to).await.expect("sent");
        let mut buffer = vec![0; 65_536];
        let length = timeout(PATIENCE, socket.recv(&mut buffer)).await.expect("an answer").expect("received");
        let mut answered = Answered::new();
        answered.add(&buffer[..length], sequence.as_mut());
        answered
    }

    pub(super) async fn over_tcp(&self, to: SocketAddr) -> Answered {
        self.send(to).await.rest().await
    }

    /// Asks, and reads nothing yet.
    pub(super) async fn send(&self, to: SocketAddr) -> Asked {
        let mut stream = TcpStream::connect(to).await.expect("a connection");
        let (message, sequence) = self.message();
        stream.write_u16(message.len() as u16).await.expect("sent");
        stream.write_all(&message).await.expect("sent");
        let is_transfer = matches!(self.rtype, Rtype::AXFR | Rtype::IXFR);
        Asked { stream, sequence, is_transfer, so_far: Answered::new() }
    }
}

/// A question whose answer is being read.
pub(super) struct Asked {
    stream: TcpStream,
    sequence: Option<ClientSequence<Arc<Key>>>,
    is_transfer: bool,
    so_far: Answered,
}

impl Asked {
    /// Reads a message; false where it was the last.
    pub(super) async fn message(&mut self) -> bool {
        let length = timeout(PATIENCE, self.stream.read_u16()).await.expect("in time").expect("an answer");
        let mut bytes = vec![0; usize::from(length)];
        timeout(PATIENCE, self.stream.read_exact(&mut bytes)).await.expect("in time").expect("an answer");
        self.so_far.add(&bytes, self.sequence.as_mut());
        let soas = self.so_far.records.iter().filter(|line| line.contains(" SOA ")).count();
        // A lone SOA record says that there is nothing new; a zone goes on after it.
        let more = self.so_far.records.len() >= 2 && soas < 2;
        self.is_transfer && self.so_far.rcode == Rcode::NOERROR && more
    }

    /// Reads the rest of the answer.
    pub(super) async fn rest(mut self) -> Answered {
        while self.message().await {}
        if let Some(sequence) = self.sequence.take()
            && self.so_far.error.is_none_or(|error| error == TsigRcode::NOERROR)
        {
            sequence.done().expect("signed to the end");
        }
        self.so_far
    }
}

impl Answered {
    fn new() -> Answered {
        Answered {
            rcode: Rcode::NOERROR,
            error: None,
            authoritative: false,
            truncated: false,
            records: Vec::new(),
            lengths: Vec::new(),
            edns: None,
        }
    }

    fn add(&mut self, bytes: &[u8], sequence: Option<&mut ClientSequence<Arc<Key>>>) {
        let mut message = Message::from_octets(bytes.to_vec()).expect("a message");
        let header = message.header();
        assert!(header.qr() && header.id() == 0x4711, "{header:?}");
        let of_signature = message.additional().expect("a section").limit_to::<Tsig<_, _>>().next();
        self.error = of_signature.map(|record| record.expect("a signature").data().error());
        if let Some(sequence) = sequence
            && self.error.is_none_or(|error| error == TsigRcode::NOERROR)
        {
            sequence.answer(&mut message, Time48::now()).expect("rightly signed");
        }
        let (first, header) = (self.lengths.is_empty(), message.header());
        assert_eq!(message.question().count(), usize::from(first), "the question is repeated once");
        (self.rcode, self.authoritative, self.truncated) = (header.rcode(), header.aa(), header.tc());
        if first {
            self.edns = message.opt().map(|opt| opt.version());
        }
        self.lengths.push(bytes.len());
        for record in message.answer().expect("a section").limit_to::<AllRecordData<_, _>>() {
            let record = record.expect("a record");
            let data = record.data().to_string();
            self.records.push(format!("{} {} {data}", record.owner(), record.rtype()));
        }
    }
}
