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
