//! The envelope: who calls, what is called, and the answer around its result.

use std::io;

use super::document::{Document, Node};
use super::namespace::{ENCODING, ENVELOPE, INSTANCE, SCHEMA, TYPES};
use super::wire::{Wire, wire};
use super::write::Writer;
use super::{Fault, Wrong};

wire! {
    /// Who calls: stands in the header.
    Auth {
        /// An administrator's login, or a customer's user name.
        username as "username": String,
        /// Its password.
        password as "password": String,
        /// Whether it is an administrator's.
        admin as "admin": bool,
        /// The customer or reseller that an administrator acts for; 0 for all.
        impersonate as "impersonate": i64,
    }
}

/// What of a request is looked at before the operation.
#[derive(Debug)]
pub(crate) struct Request<'d> {
    /// The header's `auth`, whatever its namespace is.
    pub(crate) auth: Option<Node<'d>>,
    /// The first element in the body.
    pub(crate) operation: Node<'d>,
}

impl<'d> Request<'d> {
    /// Finds the parts of a document that is an envelope.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn of(document: &'d Document) -> Result<Request<'d>, Fault> {
        let root = document.root();
        if root.name() != "Envelope" {
            return Err(Fault::malformed("the document is not a SOAP envelope"));
        }
        match root.namespace() {
            Some(ENVELOPE) => {}
            other => {
                let other = other.unwrap_or("no namespace");
                return Err(Fault::version(format!("an envelope of SOAP 1.1 is in {ENVELOPE}, this one in {other}")));
            }
        }
        let within =
            |name: &str| root.children().find(|part| part.name() == name && part.namespace() == Some(ENVELOPE));
        let body = within("Body").ok_or_else(|| Fault::malformed("the envelope has no body"))?;
        let operation = body.children().next().ok_or_else(|| Fault::malformed("the body has no operation"))?;
        let auth = within("Header").and_then(|header| header.child("auth"));
        Ok(Request { auth, operation })
    }

    /// Who calls, by what the header says.
    ///
    /// # Errors
    /// Where there is no `auth`, or it says something else.
    pub(crate) fn auth(&self) -> Result<Auth, Fault> {
        let node = self.auth.ok_or_else(|| Fault::not_authenticated("the header has no auth element"))?;
        Auth::read(node).map_err(|Wrong { path, why }| Fault::invalid(format!("auth.{path}: {why}")))
    }
}

/// An envelope around what `inner` writes into the body.
fn envelope(inner: impl FnOnce(&mut Writer) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new();
    writer.begin()?;
    let namespaces = [
        ("xmlns:SOAP-ENV", ENVELOPE),
        ("xmlns:SOAP-ENC", ENCODING),
        ("xmlns:xsi", INSTANCE),
        ("xmlns:xsd", SCHEMA),
        ("xmlns:ngnpro", TYPES),
    ];
    writer.element("SOAP-ENV:Envelope", &namespaces, |writer| writer.element("SOAP-ENV:Body", &[], inner))?;
    Ok(writer.into_bytes())
}

/// The answer of an operation; what has no result answers with nothing in it.
pub(crate) fn answer<T: Wire>(namespace: &str, operation: &str, result: Option<&T>) -> io::Result<Vec<u8>> {
    let name = format!("answer:{operation}Response");
    let attributes = [("xmlns:answer", namespace), ("SOAP-ENV:encodingStyle", ENCODING)];
    envelope(|writer| {
        writer.element(&name, &attributes, |writer| match result {
            Some(result) => result.write(writer, "result"),
            None => Ok(()),
        })
    })
}

/// The answer that says why there is none.
pub(crate) fn fault(fault: &Fault) -> io::Result<Vec<u8>> {
    let part = |writer: &mut Writer, name: &str, text: &str| writer.element(name, &[], |writer| writer.text(text));
    envelope(|writer| {
        writer.element("SOAP-ENV:Fault", &[], |writer| {
            part(writer, "faultcode", fault.side.code())?;
            part(writer, "faultstring", fault.side.words())?;
            writer.element("detail", &[], |writer| {
                writer.element("exception", &[], |writer| {
                    writer.scalar("errorcode", "int", &fault.code.to_string())?;
                    writer.scalar("errorstring", "string", &fault.message)
                })
            })
        })
    })
}
