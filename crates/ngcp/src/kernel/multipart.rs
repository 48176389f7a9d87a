//! Bodies of several parts (RFC 7578): one with the item's JSON, and one with a file.
//!
//! The JSON takes the place of the body, so that all that follows is as with a plain one.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use multer::{Constraints, Multipart, SizeLimit, parse_boundary};

use super::call::Call;
use super::error::Refusal;

/// Largest body with a file, in bytes.
pub(crate) const LARGEST: usize = 12 << 20;
/// Largest part with JSON.
const LARGEST_JSON: u64 = 1 << 20;
/// The part with the JSON.
const JSON: &str = "json";

/// A file that came with a request.
#[derive(Debug)]
pub(crate) struct Upload {
    /// What the sender calls it.
    pub(crate) filename: Option<String>,
    /// The bytes.
    pub(crate) data: Bytes,
}

/// Whether the body has several parts.
pub(super) fn is_one(call: &Call) -> bool {
    call.media_type().as_deref() == Some("multipart/form-data")
}

/// The request with the JSON as its body, and the file from the part of that name. Parts of other names are passed over.
///
/// # Errors
/// 400 where the body is not what its type says or a part is there twice, 413 where a part is too large.
pub(super) async fn taken_apart(mut call: Call, file: &'static str) -> Result<Call, Refusal> {
    let broken = |error: multer::Error| match error {
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
            Refusal::new(413, "A part of the body is too large.")
        }
        other => Refusal::new(400, format!("The entity is not a well-formed 'multipart/form-data' document. {other}")),
    };
    let boundary = parse_boundary(call.header("content-type").unwrap_or_default()).map_err(broken)?;
    let limits = SizeLimit::new().whole_stream(LARGEST as u64).for_field(JSON, LARGEST_JSON);
    let body = std::mem::take(&mut call.body);
    let stream = Body::from(body).into_data_stream();
    let mut parts = Multipart::with_constraints(stream, boundary, Constraints::new().size_limit(limits));
    let mut json = None;
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let twice = || Refusal::new(400, "The body has a part twice.");
        match part.name() {
            Some(JSON) if json.is_some() => return Err(twice()),
            Some(JSON) => json = Some(part.bytes().await.map_err(broken)?),
            Some(name) if name == file && call.upload.is_some() => return Err(twice()),
            Some(name) if name == file => {
                let filename = part.file_name().map(str::to_owned);
                let data = part.bytes().await.map_err(broken)?;
                // Forms send a field without a file as one of no bytes.
                call.upload = (!data.is_empty()).then_some(Upload { filename, data });
            }
            _ => {}
        }
    }
    call.body = json.unwrap_or_else(|| Bytes::from_static(b"{}"));
    call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(call)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method};

    use super::*;
    use crate::auth::Realm;

    fn call(body: &str) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=X"));
        let body = Bytes::from(body.replace('\n', "\r\n"));
        Call { method: Method::POST, id: None, headers, body, realm: Realm::Admin, upload: None }
    }

    fn part(name: &str, more: &str, content: &str) -> String {
        format!("--X\nContent-Disposition: form-data; name=\"{name}\"{more}\n\n{content}\n")
    }

    async fn read(parts: &[String]) -> Result<Call, Refusal> {
        taken_apart(call(&format!("{}--X--\n", parts.concat())), "soundfile").await
    }

    #[tokio::test]
    async fn the_json_becomes_the_body_and_the_file_stands_beside_it() {
        let file = part("soundfile", "; filename=\"a.wav\"", "RIFF");
        let json = part("json", "", "{\"set_id\": 1}");
        let read_as = read(&[file.clone(), part("else", "", "x"), json.clone()]).await.expect("both");
        assert_eq!(&read_as.body[..], b"{\"set_id\": 1}");
        assert_eq!(read_as.media_type().as_deref(), Some("application/json"));
        let upload = read_as.upload.expect("a file");
        assert_eq!((upload.filename.as_deref(), &upload.data[..]), (Some("a.wav"), &b"RIFF"[..]));

        let only = read(&[file]).await.expect("a file alone");
        assert_eq!((&only.body[..], only.upload.is_some()), (&b"{}"[..], true));
        let empty = read(&[json, part("soundfile", "; filename=\"\"", "")]).await.expect("no file");
        assert!(empty.upload.is_none());
    }

    #[tokio::test]
    async fn what_is_broken_twice_or_too_large_is_refused() {
        let (json, file) = (part("json", "", "{}"), part("soundfile", "; filename=\"a\"", "RIFF"));
        for (parts, status) in [
            (vec![json.clone(), json.clone()], 400),
            (vec![file.clone(), file], 400),
            (vec![part("json", "", &" ".repeat(2 << 20))], 413),
        ] {
            let refusal = read(&parts).await.expect_err("refused");
            assert_eq!(refusal.status, status, "{refusal:?}");
        }
        for body in ["", "--X\n", "no parts at all", "--X\nContent-Disposition: form-data; name=\"json\"\n\n{}"] {
            let refusal = taken_apart(call(body), "soundfile").await.expect_err("refused");
            assert_eq!(refusal.status, 400, "{body:?}");
        }
        let mut without = call("--X--\n");
        without.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("multipart/form-data"));
        assert_eq!(taken_apart(without, "soundfile").await.expect_err("no boundary").status, 400);
    }
}
