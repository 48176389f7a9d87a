//! Writing: every scalar says its type, every array says what is in it, and nothing is nil.

use std::borrow::Cow;
use std::io;

use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use super::shape::Shape;

/// Writes elements into a buffer.
pub(crate) struct Writer(quick_xml::Writer<Vec<u8>>);

impl Writer {
    /// An empty document.
    pub(crate) fn new() -> Writer {
        Writer(quick_xml::Writer::new(Vec::with_capacity(4_096)))
    }

    /// What has been written.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner()
    }

    /// The declaration that begins a document.
    pub(crate) fn begin(&mut self) -> io::Result<()> {
        self.0.write_event(Event::Decl(quick_xml::events::BytesDecl::new("1.0", Some("UTF-8"), None)))
    }

    /// An element with attributes and what stands in it.
    pub(crate) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        inner: impl FnOnce(&mut Writer) -> io::Result<()>,
    ) -> io::Result<()> {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.0.write_event(Event::Start(start))?;
        inner(self)?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element with attributes and nothing in it.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.0.write_event(Event::Empty(BytesStart::new(name).with_attributes(attributes.iter().copied())))
    }

    /// Text.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.0.write_event(Event::Text(BytesText::new(&allowed(text))))
    }

    /// A scalar with its type.
    pub(crate) fn scalar(&mut self, name: &str, xsd: &str, text: &str) -> io::Result<()> {
        let mut kind = String::with_capacity(24);
        kind.push_str("xsd:");
        kind.push_str(xsd);
        self.element(name, &[("xsi:type", &kind)], |writer| writer.text(text))
    }

    /// A structure with its type.
    pub(crate) fn structure(
        &mut self,
        name: &str,
        shape: &Shape,
        inner: impl FnOnce(&mut Writer) -> io::Result<()>,
    ) -> io::Result<()> {
        self.element(name, &[("xsi:type", &shape.qualified())], inner)
    }

    /// An array of so many of a type. Clients need the general type first and what it is of next.
    pub(crate) fn array(
        &mut self,
        name: &str,
        of: &Shape,
        length: usize,
        inner: impl FnOnce(&mut Writer) -> io::Result<()>,
    ) -> io::Result<()> {
        let of = format!("{}[{length}]", of.qualified());
        self.element(name, &[("xsi:type", "SOAP-ENC:Array"), ("SOAP-ENC:arrayType", &of)], inner)
    }
}

/// Text without the characters that XML 1.0 has no way to say (section 2.2).
fn allowed(text: &str) -> Cow<'_, str> {
    let forbidden =
        |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "\u{fffd}").into() } else { text.into() }
}
