//! Signed requests (TSIG, RFC 8945): who has signed, and what is answered where the signature isn't right. Pure.
//!
//! An answer that says that the clocks differ too much is signed, but not by `domain` 0.12 as the standard has it: who asks
//! takes it for a wrong signature.

use std::sync::Arc;

use domain::base::iana::{Class, Rcode, TsigRcode};
use domain::base::message_builder::PushError;
use domain::base::{Message, MessageBuilder};
use domain::rdata::tsig::{Time48, Tsig};
use domain::tsig::{Key, ServerSequence};

use super::setting::Keys;

/// What signs the answers to a request.
pub(super) type Signer = ServerSequence<Arc<Key>>;

/// A request whose signature is not right.
#[derive(Debug)]
pub(super) struct Unsound {
    /// Why.
    pub(super) why: TsigRcode,
    /// What is to be answered, if anything.
    pub(super) answer: Option<Vec<u8>>,
}

/// Takes the signature from a request, with what signs the answers; none where the request is not signed.
///
/// # Errors
/// [`Unsound`].
pub(super) fn verify(keys: &Keys, request: &mut Message<Vec<u8>>, now: Time48) -> Result<Option<Signer>, Unsound> {
    let error = match ServerSequence::request(keys.store(), request, now) {
        Ok(signer) => return Ok(signer),
        Err(error) => error,
    };
    let why = error.error();
    let built = error.build_message(request, MessageBuilder::new_vec());
    let answer = built.map(|builder| builder.finish()).ok();
    // The crate says of a wrong signature that the format is wrong.
    let not_authorised =
        answer.as_ref().and_then(|answer| Message::from_slice(answer).ok()).map(|m| m.header().rcode());
    if why == TsigRcode::FORMERR && not_authorised == Some(Rcode::NOTAUTH) {
        return Err(Unsound { why: TsigRcode::BADSIG, answer: wrong_signature(request).ok().flatten() });
    }
    Err(Unsound { why, answer })
}

/// That a signature is wrong (RFC 8945, 5.2.2), which is not signed itself.
fn wrong_signature(request: &Message<Vec<u8>>) -> Result<Option<Vec<u8>>, PushError> {
    let signatures = request.additional().ok().map(|section| section.limit_to::<Tsig<_, _>>());
    let Some(Ok(record)) = signatures.and_then(|mut records| records.next()) else { return Ok(None) };
    let (signed, id) = (record.data(), request.header().id());
    let (algorithm, time, fudge) = (signed.algorithm(), signed.time_signed(), signed.fudge());
    let Ok(error) = Tsig::new(algorithm, time, fudge, b"", id, TsigRcode::BADSIG, b"") else { return Ok(None) };
    let mut builder = MessageBuilder::new_vec().start_answer(request, Rcode::NOTAUTH)?.additional();
    builder.push((record.owner(), Class::ANY, 0, error))?;
    Ok(Some(builder.finish()))
}
