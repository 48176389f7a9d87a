//! One request: what was asked, who asks, and what is answered.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use registry::Caller;
use store::Tx;

use super::multipart::Upload;
use super::verifier::Verifiers;
use crate::Ngcp;
use crate::auth::Realm;

/// What the work of a request stands on: one transaction.
pub(crate) struct Cx<'a> {
    /// The transaction; a reader for requests that change nothing.
    pub(crate) tx: &'a mut Tx,
    /// Who asks.
    pub(crate) caller: &'a Caller,
    /// The time, in microseconds since 1970 UTC.
    pub(crate) now: i64,
    /// The query's parameters.
    pub(crate) params: &'a Params,
    /// What the face stands on.
    pub(crate) state: &'a Ngcp,
    /// The verifiers of new passwords.
    pub(crate) verifiers: &'a Verifiers,
    /// The file that came with the request.
    pub(crate) upload: Option<&'a Upload>,
}

impl<'a> Cx<'a> {
    /// The bytes of the file that came with the request.
    pub(crate) fn file(&self) -> Option<&'a [u8]> {
        self.upload.map(|upload| &upload.data[..])
    }
}

/// A request as it came in.
#[derive(Debug)]
pub(crate) struct Call {
    /// The method, after an override.
    pub(crate) method: Method,
    /// The id in the path; none: the collection.
    pub(crate) id: Option<String>,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
    /// On which door it came.
    pub(crate) realm: Realm,
    /// The file beside the body, of a request of several parts.
    pub(crate) upload: Option<Upload>,
}

impl Call {
    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type of the body, without parameters and in lower case.
    pub(crate) fn media_type(&self) -> Option<String> {
        let text = self.header("content-type")?;
        Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// The media type that `Accept` names first; empty where it names none.
    pub(crate) fn preferred(&self) -> String {
        named_first(&self.headers, &header::ACCEPT)
    }

    /// Whether the answer of a change is to show the item.
    pub(crate) fn wants_representation(&self) -> bool {
        self.prefers("return=representation")
    }

    /// Whether the answer is not to wait until all is done.
    pub(crate) fn wants_no_wait(&self) -> bool {
        self.prefers("respond-async")
    }

    /// Whether `Prefer` (RFC 7240) says that.
    fn prefers(&self, what: &str) -> bool {
        self.header("prefer").is_some_and(|value| value.split(',').any(|part| part.trim() == what))
    }

    /// Whether `Accept` asks for plain JSON and nothing else.
    pub(crate) fn wants_plain_json(&self) -> bool {
        self.header("accept") == Some("application/json")
    }
}

/// The media type that a header names first, without parameters and in lower case; empty where it names none.
pub(crate) fn named_first(headers: &HeaderMap, name: &HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split([',', ';']).next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The parameters of a query, in their order.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    raw: String,
}

impl Params {
    /// Reads a query string.
    pub(crate) fn parse(query: &str) -> Params {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Params { pairs, raw: query.to_owned() }
    }

    /// The last value under that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the parameter is there and says yes.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !matches!(value, "" | "0" | "false"))
    }

    /// All of them, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The query as it came, without `page` and `rows`.
    pub(crate) fn others(&self) -> String {
        let kept = self.raw.split('&').filter(|part| {
            let name = part.split('=').next().unwrap_or_default();
            !part.is_empty() && name != "page" && name != "rows"
        });
        kept.map(|part| format!("&{part}")).collect()
    }
}

/// An answer.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// A body that comes piece by piece instead.
    pub(crate) stream: Option<Body>,
}

impl Reply {
    /// With that status and no body.
    pub(crate) fn status(status: u16) -> Reply {
        Reply { status, ..Reply::default() }
    }

    /// One more header.
    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// That body, which comes piece by piece.
    pub(crate) fn stream(mut self, body: Body) -> Reply {
        self.stream = Some(body);
        self
    }

    /// That body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Reply {
        self.body = body.into();
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.stream.unwrap_or_else(|| Body::from(self.body)));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}
