//! What fuzz targets and benchmarks call: the reading of a request and the writing of an answer, without a server.

use crate::port::CustomerAccount;
use crate::soap::envelope::{self, Request};
use crate::soap::{Document, Wire as _};

/// Reads a request as far as the operation, and every element of it. Tells why it can't be read.
///
/// # Errors
/// What a client would be told.
pub fn read(request: &[u8]) -> Result<(), String> {
    let document = Document::read(request).map_err(|unreadable| unreadable.0.into_owned())?;
    let request = Request::of(&document).map_err(|fault| fault.message)?;
    request.auth().map_err(|fault| fault.message)?;
    CustomerAccount::of(request.operation, "account").map_err(|wrong| wrong.why)?;
    Ok(())
}

/// Reads the customer's account of a request, and writes it as the answer of an operation; in which it is read the same.
///
/// # Errors
/// As [`read`].
pub fn account(request: &[u8]) -> Result<Vec<u8>, String> {
    let document = Document::read(request).map_err(|unreadable| unreadable.0.into_owned())?;
    let request = Request::of(&document).map_err(|fault| fault.message)?;
    let account = CustomerAccount::of(request.operation, "account").map_err(|wrong| wrong.why)?;
    envelope::answer("urn:AGProjects:NGNPro:Customer", "getAccount", Some(&account)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    const BEGIN: &str = "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header><auth/></e:Header>\
        <e:Body><updateAccount>";
    const END: &str = "</updateAccount></e:Body></e:Envelope>";

    /// The account of the request and that of the answer's text, which a client sends back.
    fn there_and_back(request: &str) -> (String, String) {
        let answer = super::account(request.as_bytes()).map(String::from_utf8).expect("read").expect("UTF-8");
        let again = answer.replace("<result ", "<account ").replace("</result>", "</account>");
        let second = super::account(again.as_bytes()).map(String::from_utf8).expect("read again").expect("UTF-8");
        (answer, second)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_the_same(name in "\\PC{0,40}", address in "[ -~\r\n]{0,60}", id in any::<i64>(), cents in -100_000_000i64..100_000_000) {
            let text = |text: &str| quick_xml::escape::escape(text.to_owned()).into_owned();
            let request = format!(
                "{BEGIN}<account><id>{id}</id><firstName>{}</firstName><billingAddress>{}</billingAddress>\
                 <balance>{}.{:02}</balance><properties><item><name>{}</name></item></properties></account>{END}",
                text(&name), text(&address), cents / 100, cents.abs() % 100, text(&name)
            );
            let (answer, second) = there_and_back(&request);
            prop_assert_eq!(answer, second);
        }

        #[test]
        fn nothing_that_is_posted_is_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), words in "(<[a-z:]{1,4}( [a-z:]{1,6}=\"[a-z#]{0,4}\")?/?>|</[a-z:]{1,4}>|[a-z]{0,3}|&[a-z#0-9]{0,5};){0,40}") {
            let _ = super::read(&bytes);
            let _ = super::read(format!("{BEGIN}{words}{END}").as_bytes());
            if super::account(format!("{BEGIN}<account>{words}</account>{END}").as_bytes()).is_ok() {
                let (answer, second) = there_and_back(&format!("{BEGIN}<account>{words}</account>{END}"));
                prop_assert_eq!(answer, second);
            }
        }
    }
}
