//! SOAP 1.1, rpc/encoded: reading requests with lenience and bounds, writing answers strictly.
//!
//! A type of the dialect is declared once with [`wire!`](wire): from that declaration it is read, written and described in
//! the WSDL.

pub(crate) mod document;
pub(crate) mod envelope;
pub(crate) mod fault;
pub(crate) mod shape;
pub(crate) mod wire;
pub(crate) mod write;

pub(crate) use document::{Document, Node};
pub(crate) use fault::Fault;
pub(crate) use shape::{Member, Shape};
pub(crate) use wire::{Double, Wire, Wrong, wire};
pub(crate) use write::Writer;

/// Namespaces of the envelope (SOAP 1.1, section 3), of its encoding (section 5), and of the types that it uses.
pub(crate) mod namespace {
    pub(crate) const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
    pub(crate) const ENCODING: &str = "http://schemas.xmlsoap.org/soap/encoding/";
    pub(crate) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
    pub(crate) const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
    pub(crate) const TYPES: &str = "urn:AGProjects:NGNPro";
}
