//! Any records are packed into messages that fit, in their order, and every message is rightly signed.

use domain::base::iana::{Class, Rcode};
use domain::base::{Message, MessageBuilder, Rtype};
use domain::rdata::AllRecordData;
use domain::rdata::tsig::Time48;
use domain::tsig::ClientSequence;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use registry::dns::served::ResourceRecord;

use super::{SECRET, key};
use crate::dns::Name;
use crate::dns::answer::{self, Answer};
use crate::dns::request::Request;
use crate::dns::rr;
use crate::dns::setting::Keys;

const KEY: &str = "hmac-sha256:transfer.example";

fn now() -> Time48 {
    Time48::from_u64(1_780_000_000)
}

#[test]
fn records_are_packed_in_their_order() {
    let name = "[a-z0-9_*]{1,20}(\\.[a-z0-9]{1,30}){0,3}";
    let text = (name, "[ !#-\\[\\]-~]{0,200}", 0_i64..100_000);
    let strategy = (prop::collection::vec(text, 1..120), 600_usize..5_000, any::<bool>(), any::<bool>());
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&strategy, |(records, most, signed, edns)| {
        let mut builder = MessageBuilder::new_vec().question();
        builder.push((&"example.com.".parse::<Name>().expect("a name"), Rtype::AXFR, Class::IN)).expect("a question");
        let mut builder = builder.additional();
        if edns {
            builder.opt(|_| Ok(())).expect("an option");
        }
        let key = key(&format!("{KEY}:{SECRET}"));
        let mut sequence = signed.then(|| ClientSequence::request(key, &mut builder, now()).expect("signed"));
        let keys = Keys::read(&format!("{KEY}:{SECRET}")).expect("keys");
        let request = Request::read(builder.finish(), &keys, now()).expect("sound").expect("a request");
        let mut answer = Answer::new(request, most, now()).expect("an answer");
        let (mut messages, mut expected) = (Vec::new(), Vec::new());
        for (name, text, ttl) in records {
            let from = ResourceRecord {
                name: format!("{name}.example.com"),
                rr_type: "TXT".to_owned(),
                ttl,
                rdata: format!("\"{text}\""),
            };
            expected.push(format!("{} {ttl} \"{text}\"", from.name));
            let record = rr::record(&from).expect("a record");
            messages.extend(answer.push(&record).expect("it fits"));
        }
        messages.push(answer.finish().expect("a message"));
        let mut found = Vec::new();
        for (at, bytes) in messages.iter().enumerate() {
            prop_assert!(bytes.len() <= most, "{} of {most}", bytes.len());
            let mut message = Message::from_octets(bytes.clone()).expect("a message");
            if let Some(sequence) = &mut sequence {
                prop_assert!(sequence.answer(&mut message, now()).is_ok(), "message {at} is wrongly signed");
            }
            prop_assert_eq!(message.opt().is_some(), edns && at == 0);
            for record in message.answer().expect("a section").limit_to::<AllRecordData<_, _>>() {
                let record = record.expect("a record");
                found.push(format!("{} {} {}", record.owner(), record.ttl().as_secs(), record.data()));
            }
        }
        prop_assert_eq!(found, expected);
        Ok(())
    });
    outcome.expect("holds");
}

#[test]
fn whatever_comes_in_is_answered_or_left() {
    let keys = Keys::read(&format!("{KEY}:{SECRET}")).expect("keys");
    let head = |flags: [u8; 2], counts: [u8; 4]| {
        [&[0x47, 0x11][..], &flags, &counts.iter().flat_map(|count| [0, *count]).collect::<Vec<_>>()].concat()
    };
    let counts = prop::array::uniform4(0_u8..3);
    let strategy = (any::<[u8; 2]>(), counts, prop::collection::vec(any::<u8>(), 0..300));
    let mut runner = TestRunner::new(Config { cases: 20_000, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&strategy, |(flags, counts, rest)| {
        let bytes = [head(flags, counts), rest].concat();
        if let Ok(Some(request)) = Request::read(bytes, &keys, now()) {
            let rcode = request.question().err().unwrap_or(Rcode::REFUSED);
            let length = answer::datagram(request, Err(rcode), now()).map(|answer| answer.len());
            prop_assert!(length.as_ref().is_ok_and(|length| *length <= 1_232), "{length:?}");
        }
        Ok(())
    });
    outcome.expect("holds");
}
