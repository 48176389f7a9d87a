//! Signed requests (TSIG, RFC 8945): who has signed, and what is answered where the signature isn't right. Pure.
//!
//! Two of these answers are made here, as `domain` 0.12 does not make them as the standard has them: of a wrong signature it
//! says that the format is wrong, and of clocks that differ too much it says so with a signature that nobody else gets.

use std::sync::Arc;

use domain::base::iana::{Class, Rcode, TsigRcode};
use domain::base::message_builder::{AdditionalBuilder, PushError};
use domain::base::name::{Label, ToLabelIter as _};
use domain::base::{Message, MessageBuilder, ToName as _};
use domain::rdata::tsig::{Time48, Tsig};
use domain::tsig::{Algorithm, Key, KeyName, ServerSequence};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, Sha384, Sha512};

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
    let built = error.build_message(request, MessageBuilder::new_vec()).map(|builder| builder.finish());
    let answer = built.ok();
    let rcode =
        answer.as_ref().and_then(|answer| Message::from_slice(answer).ok()).map(|answer| answer.header().rcode());
    let why = match (why, rcode) {
        (TsigRcode::FORMERR, Some(Rcode::NOTAUTH)) => TsigRcode::BADSIG,
        _ => why,
    };
    match why {
        TsigRcode::BADSIG => Err(Unsound { why, answer: wrong_signature(request) }),
        TsigRcode::BADTIME => Err(Unsound { why, answer: wrong_time(keys, request, now) }),
        _ => Err(Unsound { why, answer }),
    }
}

/// The signature of a request.
macro_rules! signature_of {
    ($request:expr) => {
        $request.additional().ok()?.limit_to::<Tsig<_, _>>().next()?.ok()?
    };
}

/// That a signature is wrong (RFC 8945, 5.2.2), which is not signed itself.
fn wrong_signature(request: &Message<Vec<u8>>) -> Option<Vec<u8>> {
    let record = signature_of!(request);
    let signed = record.data();
    let (algorithm, time, fudge) = (signed.algorithm(), signed.time_signed(), signed.fudge());
    let error = Tsig::new(algorithm, time, fudge, b"", request.header().id(), TsigRcode::BADSIG, b"").ok()?;
    let mut builder = answer(request).ok()?;
    builder.push((record.owner(), Class::ANY, 0, error)).ok()?;
    Some(builder.finish())
}

/// That the clocks differ too much, with the time here (RFC 8945, 5.2.3); signed, as the key is right.
fn wrong_time(keys: &Keys, request: &Message<Vec<u8>>, now: Time48) -> Option<Vec<u8>> {
    let record = signature_of!(request);
    let signed = record.data();
    let name: KeyName = record.owner().try_to_name().ok()?;
    let algorithm = Algorithm::from_name(signed.algorithm())?;
    let (time, fudge, here) = (signed.time_signed(), signed.fudge(), now.into_octets());
    let mut builder = answer(request).ok()?;
    let mut digested = Vec::new();
    digested.extend(u16::try_from(signed.mac_slice().len()).ok()?.to_be_bytes());
    digested.extend(signed.mac_slice());
    digested.extend(builder.as_slice());
    for label in name.iter_labels().map(Label::to_canonical) {
        digested.extend(label.as_wire_slice());
    }
    digested.extend(Class::ANY.to_int().to_be_bytes());
    digested.extend(0_u32.to_be_bytes());
    digested.extend(algorithm.to_name().as_octets().iter());
    digested.extend(time.into_octets());
    digested.extend(fudge.to_be_bytes());
    digested.extend(TsigRcode::BADTIME.to_int().to_be_bytes());
    digested.extend(u16::try_from(here.len()).ok()?.to_be_bytes());
    digested.extend(here);
    let mac = mac(algorithm, keys.secret(&name)?, &digested)?;
    let id = request.header().id();
    let error = Tsig::new(algorithm.to_name(), time, fudge, mac, id, TsigRcode::BADTIME, here.to_vec()).ok()?;
    builder.push((name, Class::ANY, 0, error)).ok()?;
    Some(builder.finish())
}

fn answer(request: &Message<Vec<u8>>) -> Result<AdditionalBuilder<Vec<u8>>, PushError> {
    Ok(MessageBuilder::new_vec().start_answer(request, Rcode::NOTAUTH)?.additional())
}

fn mac(algorithm: Algorithm, secret: &[u8], digested: &[u8]) -> Option<Vec<u8>> {
    macro_rules! of {
        ($hash:ty) => {
            Hmac::<$hash>::new_from_slice(secret).ok()?.chain_update(digested).finalize().into_bytes().to_vec()
        };
    }
    Some(match algorithm {
        Algorithm::Sha256 => of!(Sha256),
        Algorithm::Sha384 => of!(Sha384),
        Algorithm::Sha512 => of!(Sha512),
        Algorithm::Sha1 => return None,
    })
}

#[cfg(test)]
mod tests {
    use domain::base::Rtype;
    use domain::tsig::ClientTransaction;

    use super::*;
    use crate::dns::Name;

    const NOW: u64 = 1_780_000_000;

    /// What is said of a request that was signed so many seconds from now with a secret.
    fn said(seconds: i64, secret: &str) -> Result<(), Unsound> {
        let keys = |secret: &str| Keys::read(&format!("hmac-sha512:k.example:{secret}")).expect("a key");
        let signing = keys(secret).get(&"k.example".parse().expect("a name")).expect("the key").clone();
        let mut builder = MessageBuilder::new_vec().question();
        builder.header_mut().set_id(4711);
        builder.push((&"example.com.".parse::<Name>().expect("a name"), Rtype::SOA)).expect("a question");
        let mut builder = builder.additional();
        let then = Time48::from_u64(NOW.saturating_add_signed(seconds));
        ClientTransaction::request(signing, &mut builder, then).expect("signed");
        let mut request = Message::from_octets(builder.finish()).expect("a message");
        verify(&keys("MDEyMzQ1Njc4OWFiY2RlZg=="), &mut request, Time48::from_u64(NOW))
            .map(|signer| assert!(signer.is_some()))
    }

    #[test]
    fn clocks_may_differ_by_five_minutes() {
        let right = "MDEyMzQ1Njc4OWFiY2RlZg==";
        for seconds in [-300, 0, 300] {
            assert!(said(seconds, right).is_ok(), "{seconds}");
        }
        for seconds in [-301, 301] {
            let unsound = said(seconds, right).expect_err("too far");
            assert_eq!(unsound.why, TsigRcode::BADTIME, "{seconds}");
            let answer = Message::from_octets(unsound.answer.expect("an answer")).expect("a message");
            assert_eq!((answer.header().rcode(), answer.header().id()), (Rcode::NOTAUTH, 4711));
            let record = answer.additional().expect("a section").limit_to::<Tsig<_, _>>().next();
            let record = record.expect("a signature").expect("a signature");
            let signature = record.data();
            assert_eq!(signature.other_time(), Some(Time48::from_u64(NOW)));
            assert_eq!(u64::from(signature.time_signed()), NOW.saturating_add_signed(seconds));
            assert_eq!((signature.mac_slice().len(), signature.error()), (64, TsigRcode::BADTIME));
        }
        // Who doesn't have the secret is not told the time.
        let unsound = said(301, "ZmVkY2JhOTg3NjU0MzIxMA==").expect_err("wrong");
        assert_eq!(unsound.why, TsigRcode::BADSIG);
    }
}
