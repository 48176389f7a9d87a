//! What a message asks for. Pure.

use domain::base::iana::{Class, Opcode, Rcode};
use domain::base::{Message, Rtype, Serial, ToName as _};
use domain::rdata::Soa;
use domain::rdata::tsig::Time48;
use domain::tsig::Key;

use super::setting::Keys;
use super::signature::{self, Signer, Unsound};

/// A request with its signature taken from it.
pub(super) struct Request {
    pub(super) message: Message<Vec<u8>>,
    pub(super) signer: Option<Signer>,
    /// How long an answer over UDP may be.
    pub(super) udp_size: usize,
    /// The version of EDNS (RFC 6891), if it is used.
    pub(super) edns: Option<u8>,
}

/// Longest answer over UDP to who doesn't say more (RFC 1035, 2.3.4), and to anybody.
const UDP_SIZE: usize = 512;
pub(super) const MOST_UDP_SIZE: u16 = 1232;

/// What is wanted of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Its SOA record.
    Soa,
    /// All of it.
    Whole,
    /// What has changed since that serial number.
    Since(Serial),
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// The zone's name, in lower case without a dot at the end.
    pub(super) zone: String,
    pub(super) wanted: Wanted,
}

impl Request {
    /// Reads a message; none where it is none that could be answered.
    ///
    /// # Errors
    /// [`Unsound`].
    pub(super) fn read(bytes: Vec<u8>, keys: &Keys, now: Time48) -> Result<Option<Request>, Unsound> {
        let Ok(mut message) = Message::from_octets(bytes) else { return Ok(None) };
        if message.header().qr() {
            return Ok(None);
        }
        let signer = signature::verify(keys, &mut message, now)?;
        let (udp_size, edns) = match message.opt() {
            Some(opt) => (opt.udp_payload_size().clamp(UDP_SIZE as u16, MOST_UDP_SIZE).into(), Some(opt.version())),
            None => (UDP_SIZE, None),
        };
        Ok(Some(Request { message, signer, udp_size, edns }))
    }

    /// The key that it is signed with.
    pub(super) fn key(&self) -> Option<&Key> {
        self.signer.as_ref().map(Signer::key)
    }

    /// What it asks for.
    ///
    /// # Errors
    /// What is to be answered where it asks for anything else than a primary gives to its secondaries.
    pub(super) fn question(&self) -> Result<Question, Rcode> {
        if self.message.header().opcode() != Opcode::QUERY {
            return Err(Rcode::NOTIMP);
        }
        let question = self.message.sole_question().map_err(|_| Rcode::FORMERR)?;
        if question.qclass() != Class::IN {
            return Err(Rcode::REFUSED);
        }
        let zone = question.qname().to_vec().to_string().to_ascii_lowercase();
        let wanted = match question.qtype() {
            Rtype::SOA => Wanted::Soa,
            Rtype::AXFR => Wanted::Whole,
            Rtype::IXFR => {
                let records = self.message.authority().map_err(|_| Rcode::FORMERR)?;
                let soa = records.limit_to::<Soa<_>>().next().and_then(Result::ok).ok_or(Rcode::FORMERR)?;
                Wanted::Since(soa.data().serial())
            }
            _ => return Err(Rcode::REFUSED),
        };
        Ok(Question { zone, wanted })
    }
}
