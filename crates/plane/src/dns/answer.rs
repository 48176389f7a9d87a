//! Answers: one message, or as many as a zone needs. Pure.

use domain::base::iana::{OptRcode, Rcode};
use domain::base::message_builder::{AdditionalBuilder, AnswerBuilder, HashCompressor, PushError};
use domain::base::{Message, MessageBuilder};
use domain::rdata::tsig::Time48;

use super::request::{MOST_UDP_SIZE, Request};
use super::rr::Record;
use super::signature::Signer;

/// Longest message of a transfer, in bytes: half of what there may be, as names far into a message can't be referred to.
pub(super) const LONGEST: usize = 32_768;
/// Longest message over TCP.
const MOST: usize = u16::MAX as usize;
/// An OPT record without options.
const OPT: usize = 11;

type Target = HashCompressor<Vec<u8>>;

/// The messages that answer a request for records of a zone.
pub(super) struct Answer {
    request: Message<Vec<u8>>,
    signer: Option<Signer>,
    edns: bool,
    /// What a signature needs, and room for it with everything else.
    reserved: usize,
    most: usize,
    now: Time48,
    message: AnswerBuilder<Target>,
    empty: bool,
    /// Whether a message has been given back already: those after it don't repeat the question.
    sent: bool,
}

/// A record that does not fit into a message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record does not fit into a message")]
pub(super) struct TooLong;

impl Answer {
    /// An answer without records so far, in messages of at most so many bytes.
    pub(super) fn new(request: Request, most: usize, now: Time48) -> Result<Answer, PushError> {
        let edns = request.edns.is_some();
        let signature = request.key().map_or(0, |key| usize::from(key.compose_len()));
        let (message, most) = (start(&request.message, true)?, most.min(MOST));
        let reserved = signature + if edns { OPT } else { 0 };
        let Request { message: request, signer, .. } = request;
        let mut answer = Answer { request, signer, edns, reserved, most, now, message, empty: true, sent: false };
        answer.limit();
        Ok(answer)
    }

    /// The same for the only message.
    pub(super) fn short(request: Request, now: Time48) -> Result<Answer, PushError> {
        Answer::new(request, MOST, now)
    }

    /// What is signed from now on is signed at that time.
    pub(super) fn at(&mut self, now: Time48) {
        self.now = now;
    }

    fn limit(&mut self) {
        self.message.set_push_limit(self.most.saturating_sub(self.reserved));
    }

    /// Adds a record; gives a message back where it was full.
    ///
    /// # Errors
    /// [`TooLong`].
    pub(super) fn push(&mut self, record: &Record) -> Result<Option<Vec<u8>>, TooLong> {
        if self.message.push(record.clone()).is_ok() {
            self.empty = false;
            return Ok(None);
        }
        if self.empty {
            return Err(TooLong);
        }
        let next = start(&self.request, false).map_err(|_| TooLong)?;
        let full = std::mem::replace(&mut self.message, next);
        let full = self.close(full).map_err(|_| TooLong)?;
        (self.edns, self.empty, self.sent) = (false, true, true);
        self.limit();
        self.message.push(record.clone()).map_err(|_| TooLong)?;
        self.empty = false;
        Ok(Some(full))
    }

    /// The last message.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, PushError> {
        let next = start(&self.request, false)?;
        let last = std::mem::replace(&mut self.message, next);
        self.close(last)
    }

    /// The last message, which says that nothing more comes, and why; records that are not sent yet are left out.
    pub(super) fn fail(mut self, rcode: Rcode) -> Result<Vec<u8>, PushError> {
        let mut last = start(&self.request, !self.sent)?;
        last.header_mut().set_rcode(rcode);
        last.header_mut().set_aa(false);
        self.empty = true;
        self.close(last)
    }

    /// Ends a message, which is signed then.
    fn close(&mut self, message: AnswerBuilder<Target>) -> Result<Vec<u8>, PushError> {
        let mut message = message.additional();
        message.clear_push_limit();
        if self.edns {
            let rcode = OptRcode::from_rcode(message.header().rcode());
            opt(&mut message, rcode)?;
        }
        if let Some(signer) = &mut self.signer {
            signer.answer(&mut message, self.now)?;
        }
        Ok(message.finish().into_target())
    }
}

/// The only message of an answer: a record, or a response code.
///
/// # Errors
/// Only where the request's question can't be repeated.
pub(super) fn one(request: Request, outcome: Result<&Record, Rcode>, now: Time48) -> Result<Vec<u8>, PushError> {
    if request.edns.is_some_and(|version| version > 0) {
        return bad_version(request, now);
    }
    let mut answer = Answer::short(request, now)?;
    match outcome {
        Ok(record) => match answer.push(record) {
            Ok(_) => answer.finish(),
            Err(TooLong) => answer.fail(Rcode::SERVFAIL),
        },
        Err(rcode) => answer.fail(rcode),
    }
}

/// As [`one`], over UDP: what is too long is left out, which the flag TC says.
pub(super) fn datagram(request: Request, outcome: Result<&Record, Rcode>, now: Time48) -> Result<Vec<u8>, PushError> {
    let most = request.udp_size;
    let (message, signer) = (request.message.clone(), request.signer.clone());
    let (edns, udp_size) = (request.edns, request.udp_size);
    let whole = one(request, outcome, now)?;
    if whole.len() <= most {
        return Ok(whole);
    }
    let mut answer = Answer::short(Request { message, signer, udp_size, edns }, now)?;
    answer.message.header_mut().set_tc(true);
    answer.finish()
}

/// That the version of EDNS isn't known (RFC 6891, 6.1.3).
fn bad_version(request: Request, now: Time48) -> Result<Vec<u8>, PushError> {
    let mut message = start(&request.message, true)?.additional();
    message.header_mut().set_aa(false);
    opt(&mut message, OptRcode::BADVERS)?;
    if let Some(mut signer) = request.signer {
        signer.answer(&mut message, now)?;
    }
    Ok(message.finish().into_target())
}

/// Begins a message; the question is repeated only in the first (RFC 5936, 2.2.1).
fn start(request: &Message<Vec<u8>>, first: bool) -> Result<AnswerBuilder<Target>, PushError> {
    let mut builder = MessageBuilder::from_target(HashCompressor::new(Vec::new()))
        .map_err(|_| PushError::ShortBuf)?
        .start_answer(request, Rcode::NOERROR)?;
    if !first {
        let mut question = builder.question();
        question.rewind();
        builder = question.answer();
    }
    builder.header_mut().set_aa(true);
    Ok(builder)
}

/// Adds an OPT record; the response code is written anew, as a part of it stands there.
fn opt(message: &mut AdditionalBuilder<Target>, rcode: OptRcode) -> Result<(), PushError> {
    message.opt(|opt| {
        opt.set_udp_payload_size(MOST_UDP_SIZE);
        opt.set_rcode(rcode);
        Ok(())
    })
}
