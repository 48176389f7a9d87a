//! A notice to a secondary that a zone has changed (NOTIFY, RFC 1996), and its answer.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use domain::base::iana::{Class, Opcode, Rcode, TsigRcode};
use domain::base::message_builder::PushError;
use domain::base::{Message, MessageBuilder, Rtype};
use domain::rdata::tsig::{Time48, Tsig};
use domain::tsig::{ClientTransaction, Key};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::Name;

/// How long an answer is waited for before the notice is sent again, and how often it is sent.
pub(super) const PATIENCE: &[Duration] = &[Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];
/// The same for who has not answered before.
pub(super) const IMPATIENCE: &[Duration] = &[Duration::from_millis(200)];

/// What a secondary says to a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The response code.
    pub(super) rcode: Rcode,
    /// What is wrong with the signature of the notice, if that is it.
    pub(super) error: Option<TsigRcode>,
}

/// What a signature record says that is wrong.
fn error_of(message: &Message<Vec<u8>>) -> Option<TsigRcode> {
    let record = message.additional().ok()?.limit_to::<Tsig<_, _>>().next()?.ok()?;
    Some(record.data().error()).filter(|error| *error != TsigRcode::NOERROR)
}

/// A notice that can be sent, with what its answer is checked by.
pub(super) struct Notice {
    message: Vec<u8>,
    id: u16,
    signature: Option<ClientTransaction<Arc<Key>>>,
}

impl Notice {
    /// That a zone has changed.
    ///
    /// # Errors
    /// Where the message can't be made.
    pub(super) fn new(zone: &Name, key: Option<&Arc<Key>>, id: u16, now: Time48) -> Result<Notice, PushError> {
        let mut builder = MessageBuilder::new_vec().question();
        builder.header_mut().set_id(id);
        builder.header_mut().set_opcode(Opcode::NOTIFY);
        builder.header_mut().set_aa(true);
        builder.push((zone, Rtype::SOA, Class::IN))?;
        let mut builder = builder.additional();
        let signature = key.map(|key| ClientTransaction::request(key.clone(), &mut builder, now)).transpose()?;
        Ok(Notice { message: builder.finish(), id, signature })
    }

    /// What an answer to it says; none where it is none, or not signed as it must be.
    pub(super) fn answered(&self, bytes: &[u8], now: Time48) -> Option<Answer> {
        let mut message = Message::from_octets(bytes.to_vec()).ok()?;
        let header = message.header();
        if header.id() != self.id || !header.qr() || header.opcode() != Opcode::NOTIFY {
            return None;
        }
        let error = error_of(&message);
        match &self.signature {
            // Who doesn't know the key can't sign, and says so; it is there all the same.
            Some(signature) if header.rcode() != Rcode::NOTAUTH => signature.answer(&mut message, now).ok()?,
            _ => {}
        }
        Some(Answer { rcode: header.rcode(), error })
    }

    /// Sends it until it is answered, from that address, waiting so long each time; none where it isn't.
    ///
    /// # Errors
    /// Those of the socket.
    pub(super) async fn send(&self, from: IpAddr, to: SocketAddr, patience: &[Duration]) -> io::Result<Option<Answer>> {
        let socket = UdpSocket::bind(SocketAddr::new(from, 0)).await?;
        socket.connect(to).await?;
        let mut buffer = [0; 4_096];
        for patience in patience {
            let until = Instant::now() + *patience;
            // That nobody listens may come back from an attempt before.
            socket.send(&self.message).await.ok();
            while let Ok(received) = timeout_at(until, socket.recv(&mut buffer)).await {
                match received {
                    Ok(length) => {
                        if let Some(answer) = self.answered(&buffer[..length], Time48::now()) {
                            return Ok(Some(answer));
                        }
                    }
                    Err(_) => {
                        tokio::time::sleep_until(until).await;
                        break;
                    }
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::setting::Keys;
    use domain::tsig::ServerTransaction;

    const NOW: u64 = 1_780_000_000;

    fn now() -> Time48 {
        Time48::from_u64(NOW)
    }

    fn key(secret: &str) -> Arc<Key> {
        let keys = Keys::read(&format!("k:{secret}")).expect("a key");
        keys.get(&"k".parse().expect("a name")).expect("the key").clone()
    }

    fn said(rcode: Rcode) -> Option<Answer> {
        Some(Answer { rcode, error: None })
    }

    fn answer(notice: &Notice, rcode: Rcode, signed: Option<&Arc<Key>>) -> Vec<u8> {
        let mut request = Message::from_octets(notice.message.clone()).expect("a message");
        let signer = signed.and_then(|key| ServerTransaction::request(key, &mut request, now()).expect("signed"));
        let mut builder = MessageBuilder::new_vec().start_answer(&request, rcode).expect("an answer").additional();
        if let Some(signer) = signer {
            signer.answer(&mut builder, now()).expect("signed");
        }
        builder.finish()
    }

    #[test]
    fn a_notice_is_what_the_standard_says() {
        let zone: Name = "example.com.".parse().expect("a name");
        let notice = Notice::new(&zone, None, 4711, now()).expect("a notice");
        let message = Message::from_octets(notice.message.clone()).expect("a message");
        let question = message.sole_question().expect("one question");
        assert_eq!((question.qname().to_string().as_str(), question.qtype()), ("example.com", Rtype::SOA));
        let header = message.header();
        assert_eq!((header.id(), header.opcode(), header.aa(), header.qr()), (4711, Opcode::NOTIFY, true, false));
        let mut other = answer(&notice, Rcode::NOERROR, None);
        assert_eq!(notice.answered(&other, now()), said(Rcode::NOERROR));
        other[0] ^= 1;
        assert_eq!(notice.answered(&other, now()), None, "another id");
        assert_eq!(notice.answered(&notice.message, now()), None, "the notice itself");
        assert_eq!(notice.answered(b"", now()), None);
        assert_eq!(notice.answered(&answer(&notice, Rcode::NOTAUTH, None), now()), said(Rcode::NOTAUTH));
    }

    #[test]
    fn the_answer_to_a_signed_notice_is_signed() {
        let (zone, key) = ("example.com.".parse::<Name>().expect("a name"), key("MDEyMzQ1Njc4OWFiY2RlZg=="));
        let notice = Notice::new(&zone, Some(&key), 1, now()).expect("a notice");
        assert_eq!(notice.answered(&answer(&notice, Rcode::NOERROR, Some(&key)), now()), said(Rcode::NOERROR));
        assert_eq!(notice.answered(&answer(&notice, Rcode::NOERROR, None), now()), None, "anybody can say that");
        assert_eq!(notice.answered(&answer(&notice, Rcode::NOTAUTH, None), now()), said(Rcode::NOTAUTH));
    }
}
