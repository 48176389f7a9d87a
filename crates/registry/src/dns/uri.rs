//! What a URI may look like (RFC 3986): its characters and its scheme.

/// The longest URI, in bytes.
const LONGEST: usize = 2_000;

/// The scheme in lower case, where the text begins with one.
pub(crate) fn scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once(':')?;
    let fits = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (fits && scheme.starts_with(|c: char| c.is_ascii_alphabetic())).then(|| scheme.to_ascii_lowercase())
}

/// Whether the text has a scheme, something behind it, and no character that a URI can't have.
pub(crate) fn is_uri(text: &str) -> bool {
    let Some(scheme) = scheme(text) else { return false };
    let rest = text[scheme.len() + 1..].trim_start_matches('/');
    text.len() <= LONGEST && !rest.is_empty() && has_only_uri_characters(text)
}

fn has_only_uri_characters(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default();
    let is_escape = |part: &str| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    first.chars().all(fits) && parts.all(|part| part.chars().all(fits) && is_escape(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_uri() {
        for text in [
            "sip:alice@example.com",
            "tel:+31201234567",
            "http://example.com/a%20b?c=d#e",
            "mailto:a@b.c",
            "sips:[2001:db8::1]:5061;transport=tls",
        ] {
            assert!(is_uri(text), "{text}");
        }
        for text in [
            "",
            "alice",
            "alice@example.com",
            "sip:",
            "http://",
            ":a",
            "1a:b",
            "sip:a b",
            "sip:a\"b",
            "sip:a\\b",
            "sip:é",
            "http://a/%2",
            "http://a/%zz",
            "sip:<a>",
        ] {
            assert!(!is_uri(text), "{text}");
        }
        assert!(!is_uri(&format!("sip:{}", "a".repeat(LONGEST))));
        assert_eq!(scheme("SIP:a").as_deref(), Some("sip"));
    }
}
