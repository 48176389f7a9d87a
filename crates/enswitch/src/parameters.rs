//! Parameters of a request: from the query, from a form, from a JSON object, within bounds.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::error::Refusal;

/// Most parameters of one request.
const MOST: usize = 64;
/// Longest name or value, in bytes.
const LONGEST: usize = 10_000;

/// What came with a request, by name. Where a name comes twice the last one counts, and the body counts over the query.
#[derive(Clone, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl fmt::Debug for Parameters {
    /// Names only: values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Parameters {
    /// The value, which may be empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value, if it is there and not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.given(name).filter(|value| !value.is_empty())
    }

    /// Takes a value out, so that nothing sees it any more.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn add(&mut self, name: String, value: String) -> Result<(), Refusal> {
        if name.len() > LONGEST || value.len() > LONGEST {
            let key: String = name.chars().take(100).collect();
            return Err(Refusal::wrong(&key, format!("is longer than {LONGEST} bytes")));
        }
        if value.contains('\0') {
            return Err(Refusal::wrong(&name, "has a zero byte"));
        }
        self.0.insert(name, value);
        Ok(())
    }
}

/// Reads the query, whose parameters are separated by `&` or `;`, and the body.
///
/// # Errors
/// What breaks the bounds or can't be read.
pub(crate) fn read(query: &str, content_type: &str, body: &[u8]) -> Result<Parameters, Refusal> {
    let mut parameters = Parameters::default();
    let mut count = 0;
    form(&mut parameters, &mut count, query, &['&', ';'])?;
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        _ if body.is_empty() => {}
        "application/json" => object(&mut parameters, &mut count, body)?,
        "" | "application/x-www-form-urlencoded" => {
            let text = std::str::from_utf8(body).map_err(|_| Refusal::wrong("", "the body is not UTF-8"))?;
            form(&mut parameters, &mut count, text, &['&'])?;
        }
        _ => return Err(Refusal::wrong("", "the body must be a form (application/x-www-form-urlencoded) or JSON")),
    }
    Ok(parameters)
}

fn counted(count: &mut usize) -> Result<(), Refusal> {
    *count += 1;
    if *count > MOST { Err(Refusal::wrong("", format!("there are more than {MOST} parameters"))) } else { Ok(()) }
}

fn form(parameters: &mut Parameters, count: &mut usize, text: &str, separators: &[char]) -> Result<(), Refusal> {
    for pair in text.split(separators).filter(|pair| !pair.is_empty()) {
        counted(count)?;
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name).ok_or_else(|| Refusal::wrong("", "the name of a parameter is not UTF-8"))?;
        let value = decode(value).ok_or_else(|| Refusal::wrong(&name, "is not UTF-8"))?;
        parameters.add(name, value)?;
    }
    Ok(())
}

/// Undoes the encoding of forms. A percent sign without two hexadecimal digits stands for itself.
fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = escaped.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        match (byte, escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(value)) => {
                decoded.push(value);
                at += 2;
            }
            (b'+', _) => decoded.push(b' '),
            (other, _) => decoded.push(*other),
        }
        at += 1;
    }
    String::from_utf8(decoded).ok()
}

fn object(parameters: &mut Parameters, count: &mut usize, body: &[u8]) -> Result<(), Refusal> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err(Refusal::wrong("", "the body is not a JSON object"));
    };
    for (name, value) in members {
        counted(count)?;
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => u8::from(flag).to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => {
                return Err(Refusal::wrong(&name, "must be a string, a number, true or false"));
            }
        };
        parameters.add(name, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

    fn values(parameters: &Parameters) -> Vec<(&str, &str)> {
        parameters.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn the_query_has_two_separators() {
        let read = read("a=1;b=x+y&c=%2B44%3B%zz;;d", "", b"").unwrap();
        assert_eq!(values(&read), [("a", "1"), ("b", "x y"), ("c", "+44;%zz"), ("d", "")]);
    }

    #[test]
    fn the_body_counts_over_the_query() {
        let form = read("a=1&b=2", FORM, b"b=3;4&c=%C3%A9").unwrap();
        assert_eq!(values(&form), [("a", "1"), ("b", "3;4"), ("c", "é")]);
        let json = read("a=1", "Application/JSON", br#"{"a":442071234567,"b":true,"c":null,"d":"x"}"#).unwrap();
        assert_eq!(values(&json), [("a", "442071234567"), ("b", "1"), ("d", "x")]);
    }

    #[test]
    fn what_can_not_be_read_is_refused() {
        let refused = |query: &str, kind: &str, body: &[u8]| {
            let refusal = read(query, kind, body).unwrap_err();
            assert_eq!(refusal.code, "400");
            (refusal.key, refusal.message)
        };
        assert_eq!(refused("a=%FF", "", b"").0, "a");
        assert_eq!(refused("a=%00", "", b""), ("a".to_owned(), "has a zero byte".to_owned()));
        assert_eq!(refused("", "application/json", b"[1]").1, "the body is not a JSON object");
        assert_eq!(refused("", "application/json", br#"{"a":[1]}"#).0, "a");
        assert_eq!(refused("", "text/xml", b"<a/>").0, "");
        let long = format!("a={}", "x".repeat(LONGEST + 1));
        assert_eq!(refused("", FORM, long.as_bytes()).0, "a");
        let many = (0..=MOST).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(refused(&many, "", b"").1, "there are more than 64 parameters");
        assert!(read(many.rsplit_once('&').unwrap().0, "", b"").is_ok());
    }

    #[test]
    fn values_are_not_shown_by_debug() {
        let read = read("auth_password=secret", "", b"").unwrap();
        assert_eq!(format!("{read:?}"), r#"{"auth_password"}"#);
    }
}
