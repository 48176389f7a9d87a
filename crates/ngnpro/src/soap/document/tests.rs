//! What is read and what is refused.

use super::Document;

fn text_at(document: &Document, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(document.root(), |node, name| node.child(name))?;
    Some(found.text().to_owned())
}

#[test]
fn text_is_what_was_meant() {
    for (sent, said) in [
        ("<r><a>one</a></r>", "one"),
        ("<r><a>&lt;b&gt; &amp; &quot;c&quot; &apos;</a></r>", "<b> & \"c\" '"),
        ("<r><a>Zo&#xEB; &#8364;</a></r>", "Zoë €"),
        ("<r><a><![CDATA[<voice-mailbox>]]></a></r>", "<voice-mailbox>"),
        ("<r><a>one<!-- not this --> two</a></r>", "one two"),
        ("<r><a>line\r\nline</a></r>", "line\nline"),
        ("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<r>\n  <x:a xmlns:x=\"urn:x\">1</x:a>\n</r>\n", "1"),
        ("<r><a href=\"#b\"/><c id=\"b\">there</c></r>", "there"),
    ] {
        let document = Document::read(sent.as_bytes()).unwrap();
        assert_eq!(text_at(&document, &["a"]).as_deref(), Some(said), "{sent}");
    }
}

#[test]
fn nothing_is_absent_empty_or_nil() {
    let sent =
        "<r xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"><a/><b></b><c i:nil=\"true\">x</c><d>x</d></r>";
    let document = Document::read(sent.as_bytes()).unwrap();
    let empty: Vec<bool> = document.root().children().map(|child| child.is_empty()).collect();
    assert_eq!(empty, [true, true, true, false]);
}

#[test]
fn what_is_no_document_is_refused() {
    let deep = "<a>".repeat(1_000);
    let many = format!("<r>{}</r>", "<a/>".repeat(300_000));
    let wide = format!("<r {}/>", (0..2_000).map(|n| format!("a{n}=\"1\" ")).collect::<String>());
    let namespaces = format!("<r {}/>", (0..5_000).map(|n| format!("xmlns:a{n}=\"u\" ")).collect::<String>());
    for (sent, why) in [
        (&b"<r><a></r>"[..], "well formed"),
        (b"", "ends before"),
        (b"hello", "outside"),
        (b"<r/><r/>", "more than one root"),
        (b"<r>\xff</r>", "not UTF-8"),
        (b"<r>&lol;</r>", "entity `lol`"),
        (b"<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><r>&b;</r>", "document type"),
        (b"<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><r/>", "document type"),
        (deep.as_bytes(), "deeper"),
        (many.as_bytes(), "elements"),
        (wide.as_bytes(), "tag"),
        (namespaces.as_bytes(), ""),
    ] {
        let error = Document::read(sent).unwrap_err();
        assert!(error.0.contains(why), "{}: {error:?}", String::from_utf8_lossy(&sent[..sent.len().min(60)]));
    }
}

#[test]
fn references_to_references_do_not_multiply() {
    // Each array has ten references to the one below it: followed without limit, ten to the power of six.
    let level = |n: usize| format!("<l id=\"l{n}\">{}</l>", format!("<item href=\"#l{}\"/>", n + 1).repeat(10));
    let sent = format!("<r>{}<l id=\"l7\"/></r>", (0..7).map(level).collect::<String>());
    let document = Document::read(sent.as_bytes()).unwrap();
    fn count(node: super::Node<'_>) -> usize {
        1 + node.children().map(count).sum::<usize>()
    }
    assert!(count(document.root()) < 3_000_000);
}
