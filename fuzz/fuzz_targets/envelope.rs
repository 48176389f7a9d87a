//! Whatever is posted to the NGNPro service: reading it never panics, takes what is bounded, and what was read of an account
//! is read the same from what is written of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ngnpro::probe;

const ENVELOPE: &str = "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header><auth/></e:Header>\
    <e:Body><updateAccount>";
const END: &str = "</updateAccount></e:Body></e:Envelope>";

fuzz_target!(|input: (bool, &[u8])| {
    let (whole, bytes) = input;
    let document = if whole { bytes.to_vec() } else { [ENVELOPE.as_bytes(), bytes, END.as_bytes()].concat() };
    let _ = probe::read(&document);
    let Ok(answer) = probe::account(&document) else { return };
    let text = String::from_utf8(answer).expect("answers are UTF-8");
    // The result of an answer stands where the account of a request does.
    let again = text.replace("<result ", "<account ").replace("</result>", "</account>");
    let second = probe::account(again.as_bytes()).expect("what is written can be read");
    assert_eq!(text, String::from_utf8(second).expect("answers are UTF-8"));
});
