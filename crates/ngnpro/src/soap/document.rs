//! A document as a tree: read in one pass, at a cost that is bounded whatever was sent.
//!
//! There is no document type, so that there are no entities but the five of XML itself; depth, number of elements and the
//! size of a tag have limits. Namespaces are resolved where they decide something: of the envelope, its parts and the
//! operation. An element that refers to another (`href`, SOAP 1.1, section 5.4.1) is read as that one; how often that
//! happens has a limit too, so that references to references don't multiply.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// Elements within elements.
const DEEPEST: usize = 24;
/// Elements of a document.
const MOST_ELEMENTS: usize = 200_000;
/// Bytes of a start tag.
const LARGEST_TAG: usize = 8_192;
/// Elements that are looked at through references.
const MOST_REFERRED: usize = 200_000;
/// So far from the root namespaces decide something: envelope, header or body, operation.
const NAMED: usize = 3;

/// Why a document can't be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) Cow<'static, str>);

impl Unreadable {
    fn because(why: impl Into<Cow<'static, str>>) -> Unreadable {
        Unreadable(why.into())
    }
}

/// A document that has been read.
#[derive(Debug)]
pub(crate) struct Document {
    elements: Vec<Kept>,
    referred: HashMap<String, usize>,
    /// What may still be looked at through references.
    left: AtomicUsize,
    /// A reference was not followed: what was read is not all that was said.
    lost: AtomicBool,
}

#[derive(Debug, Default)]
struct Kept {
    name: String,
    namespace: Option<String>,
    text: String,
    nil: bool,
    /// It says that it is an array.
    array: bool,
    reference: Option<String>,
    children: Vec<usize>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// Where it is not well formed, not UTF-8, has a document type, or is beyond the limits.
    pub(crate) fn read(bytes: &[u8]) -> Result<Document, Unreadable> {
        let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::because("the document is not UTF-8"))?;
        let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut document =
            Document { elements: Vec::new(), referred: HashMap::new(), left: MOST_REFERRED.into(), lost: false.into() };
        let mut open: Vec<usize> = Vec::new();
        loop {
            let malformed =
                |error: quick_xml::Error| Unreadable(format!("the document is not well formed: {error}").into());
            let event = reader.read_event().map_err(malformed)?;
            match event {
                Event::Start(ref start) | Event::Empty(ref start) => {
                    let namespace = (open.len() < NAMED).then(|| resolved(&reader, start)).flatten();
                    let at = document.open(&open, start, namespace)?;
                    if matches!(event, Event::Start(_)) {
                        open.push(at);
                    }
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Text(text) => document.say(&open, &text.xml10_content())?,
                Event::CData(text) => document.say(&open, &text.xml10_content())?,
                Event::GeneralRef(entity) => {
                    let said = match entity.resolve_char_ref() {
                        Ok(Some(c)) => Cow::Owned(c.to_string()),
                        Ok(None) => predefined(&entity.xml10_content())?,
                        Err(error) => return Err(malformed(error)),
                    };
                    document.say(&open, &said)?;
                }
                Event::DocType(_) => return Err(Unreadable::because("a document type is not accepted")),
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof if open.is_empty() && !document.elements.is_empty() => return Ok(document),
                Event::Eof => return Err(Unreadable::because("the document ends before its root element does")),
            }
        }
    }

    fn open(&mut self, open: &[usize], start: &BytesStart<'_>, namespace: Option<String>) -> Result<usize, Unreadable> {
        if open.len() >= DEEPEST {
            return Err(Unreadable(format!("elements are nested deeper than {DEEPEST}").into()));
        }
        if self.elements.len() >= MOST_ELEMENTS {
            return Err(Unreadable(format!("there are more than {MOST_ELEMENTS} elements").into()));
        }
        if start.len() > LARGEST_TAG {
            return Err(Unreadable(format!("a tag is longer than {LARGEST_TAG} bytes").into()));
        }
        let at = self.elements.len();
        match open.last() {
            Some(parent) => self.elements.get_mut(*parent).into_iter().for_each(|parent| parent.children.push(at)),
            None if at > 0 => return Err(Unreadable::because("there is more than one root element")),
            None => {}
        }
        let mut kept = Kept { name: start.local_name().as_ref().to_owned(), namespace, ..Kept::default() };
        for attribute in start.attributes().with_checks(false) {
            let wrong =
                |error: &dyn std::fmt::Display| Unreadable(format!("an attribute is malformed: {error}").into());
            let attribute = attribute.map_err(|error| wrong(&error))?;
            let value = || attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| wrong(&error));
            match attribute.key.as_ref() {
                "href" => kept.reference = value()?.strip_prefix('#').map(str::to_owned),
                "id" => {
                    self.referred.insert(value()?.into_owned(), at);
                }
                _ if attribute.key.local_name().as_ref() == "arrayType" => kept.array = true,
                _ if attribute.key.local_name().as_ref() == "nil" => kept.nil = matches!(&*value()?, "true" | "1"),
                _ => {}
            }
        }
        self.elements.push(kept);
        Ok(at)
    }

    fn say(&mut self, open: &[usize], text: &str) -> Result<(), Unreadable> {
        match open.last().and_then(|at| self.elements.get_mut(*at)) {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(Unreadable::because("there is text outside of the root element")),
        }
        Ok(())
    }

    /// Whether a reference that was looked at leads nowhere, on to another one, or is one too many.
    pub(crate) fn has_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// The root element.
    pub(crate) fn root(&self) -> Node<'_> {
        Node { document: self, at: 0 }
    }
}

fn resolved(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Option<String> {
    match reader.resolver().resolve_element(start.name()).0 {
        ResolveResult::Bound(namespace) => Some(namespace.0.to_owned()),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => None,
    }
}

/// The entities that need no declaration (XML 1.0, section 4.6).
fn predefined(name: &str) -> Result<Cow<'static, str>, Unreadable> {
    match quick_xml::escape::resolve_xml_entity(name) {
        Some(text) => Ok(Cow::Borrowed(text)),
        None => {
            Err(Unreadable(format!("the entity `{}` is not known", name.chars().take(40).collect::<String>()).into()))
        }
    }
}

/// An element of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'d> {
    document: &'d Document,
    at: usize,
}

impl<'d> Node<'d> {
    fn kept(self) -> &'d Kept {
        const NONE: &Kept = &Kept {
            name: String::new(),
            namespace: None,
            text: String::new(),
            nil: true,
            array: false,
            reference: None,
            children: Vec::new(),
        };
        self.document.elements.get(self.at).unwrap_or(NONE)
    }

    /// The name without its prefix.
    pub(crate) fn name(self) -> &'d str {
        &self.kept().name
    }

    /// The namespace, near the root.
    pub(crate) fn namespace(self) -> Option<&'d str> {
        self.kept().namespace.as_deref()
    }

    /// What stands between the tags, without what stands between those of its children.
    pub(crate) fn text(self) -> &'d str {
        &self.referred().kept().text
    }

    /// The document that it is in.
    pub(crate) fn document(self) -> &'d Document {
        self.document
    }

    /// Whether it says that it is nothing.
    pub(crate) fn is_nil(self) -> bool {
        self.referred().kept().nil
    }

    /// Whether it is an array with nothing in it, and says that it is one: what is `null` in PHP, and lists that zeep has
    /// not understood, come as elements that say nothing at all.
    pub(crate) fn is_empty_array(self) -> bool {
        let kept = self.referred().kept();
        kept.array && !kept.nil && kept.children.is_empty()
    }

    /// Whether it says nothing: it is nil, or there are but blanks between its tags.
    pub(crate) fn is_empty(self) -> bool {
        let kept = self.referred().kept();
        kept.nil || (kept.children.is_empty() && kept.text.trim().is_empty())
    }

    /// The elements in it.
    pub(crate) fn children(self) -> impl Iterator<Item = Node<'d>> {
        let document = self.document;
        let kept = self.referred().kept();
        let children = if kept.nil { &[][..] } else { &kept.children[..] };
        children.iter().map(move |at| Node { document, at: *at })
    }

    /// The first element in it with that name.
    pub(crate) fn child(self, name: &str) -> Option<Node<'d>> {
        self.children().find(|child| child.name() == name)
    }

    /// The element that it refers to, or itself.
    fn referred(self) -> Node<'d> {
        let Some(reference) = &self.kept().reference else { return self };
        let lost = || {
            self.document.lost.store(true, Ordering::Relaxed);
            self
        };
        let Some(at) = self.document.referred.get(reference) else { return lost() };
        let found = Node { document: self.document, at: *at };
        let cost = 1 + found.kept().children.len();
        let spend = |left: usize| left.checked_sub(cost);
        match self.document.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend) {
            // One that refers on is not followed: nobody writes that.
            Ok(_) if found.kept().reference.is_none() => found,
            _ => lost(),
        }
    }
}

#[cfg(test)]
mod tests;
