//! The envelope around every answer.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::Refusal;

/// What a function answers when it did what it was asked.
#[derive(Debug)]
pub(crate) enum Answer {
    /// 200, with data.
    Data(Value),
    /// 204.
    Done,
    /// 201: everything was right, nothing was changed.
    Validated,
    /// 202: it is under way; the data says where to look.
    Open { message: String, data: Value },
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let (code, message, data) = match self {
            Answer::Data(data) => ("200", "OK".to_owned(), Some(data)),
            Answer::Done => ("204", "OK".to_owned(), None),
            Answer::Validated => ("201", "OK: nothing was changed".to_owned(), None),
            Answer::Open { message, data } => ("202", message, Some(data)),
        };
        envelope(&[Refusal { code, key: String::new(), message }], data)
    }
}

/// An answer that says why not, one response for each reason.
pub(crate) fn refused(reasons: &[Refusal]) -> Response {
    let mut response = envelope(reasons, None);
    if reasons.iter().any(Refusal::is_incident) {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}

fn envelope(responses: &[Refusal], data: Option<Value>) -> Response {
    let responses: Vec<Value> =
        responses.iter().map(|r| json!({ "code": r.code, "key": r.key, "message": r.message })).collect();
    let mut body = json!({ "responses": responses });
    if let Some(data) = data {
        body["data"] = data;
    }
    Json(body).into_response()
}

/// How this face says that the edge refused a request, or that its handler panicked.
pub fn refusal(status: StatusCode, words: &'static str) -> Response {
    let code = match status {
        StatusCode::INTERNAL_SERVER_ERROR => "500",
        StatusCode::SERVICE_UNAVAILABLE => "503",
        _ => "400",
    };
    refused(&[Refusal { code, key: String::new(), message: words.to_owned() }])
}
