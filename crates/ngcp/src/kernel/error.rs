//! Refusals in the dialect's shape, and the one place where errors of the registry take it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use registry::Error;
use serde_json::json;

use super::verifier::Secret;

/// The result of a step of a request.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// In the dialect's words.
    Refused(Refusal),
    /// By the registry.
    Registry(Error),
    /// It needs the verifier of a password, which is to be made first, outside the transaction.
    Later(Secret),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Registry(error)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Failure {
        Failure::Registry(Error::Store(error))
    }
}

impl store::Retryable for Failure {
    fn is_retryable(&self) -> bool {
        matches!(self, Failure::Registry(error) if store::Retryable::is_retryable(error))
    }
}

/// A refusal: `{"code":…,"message":"…"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What clients match on.
    pub(crate) message: String,
    /// The field that did not pass, where what was sent for it is yet to be put into the message.
    asks_for: Option<String>,
}

/// Stands in a message where the value of a field belongs.
const NO_INPUT: &str = "input=''";

impl Refusal {
    /// With that status and text.
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into(), asks_for: None }
    }

    /// A path or a method that there is not.
    pub(crate) fn no_path() -> Refusal {
        Refusal::new(404, "Path not found")
    }

    /// An item that there is not, or not for the caller.
    pub(crate) fn no_entity(name: &str) -> Refusal {
        Refusal::new(404, format!("Entity '{name}' not found."))
    }

    /// The caller's role has nothing to do here.
    pub(crate) fn invalid_user() -> Refusal {
        Refusal::new(403, "Invalid user")
    }

    /// One field that did not pass the checks of a form.
    pub(crate) fn invalid_field(field: &str, input: &str, error: &str) -> Refusal {
        Refusal::new(422, format!("Validation failed. field='{field}', input='{input}', errors='{error}'"))
    }

    /// One field that did not pass; its value is taken from the body of the request ([`Refusal::told`]). A name may be that
    /// of a member, such as `times_0_start`.
    pub(crate) fn wrong(field: impl Into<String>, error: &str) -> Refusal {
        let field = field.into();
        Refusal { asks_for: Some(field.clone()), ..Refusal::invalid_field(&field, "", error) }
    }

    /// The refusal with the value that was sent for its field, as `sent` tells it.
    pub(crate) fn told(mut self, sent: impl FnOnce(&str) -> String) -> Refusal {
        if let Some(field) = self.asks_for.take() {
            self.message = self.message.replacen(NO_INPUT, &format!("input='{}'", sent(&field)), 1);
        }
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return status.into_response();
        }
        let body = format!("{}\n", json!({ "code": self.status, "message": self.message }));
        (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}

/// An error of the registry where the resource has no words of its own for it; `sent` is the value of its field.
pub(crate) fn general(error: &Error, singular: &str, sent: &str) -> Refusal {
    match error {
        Error::NotFound { .. } => Refusal::no_entity(singular),
        Error::NotAuthenticated => Refusal::invalid_user(),
        Error::NotAllowed(message) => Refusal::new(403, message.clone()),
        Error::Invalid { field, message } => Refusal::invalid_field(field, sent, message),
        Error::Taken { field, value, .. } => {
            Refusal::new(422, format!("'{field}' with value '{value}' already exists"))
        }
        Error::Dangling { field, .. } => Refusal::new(422, format!("Invalid '{field}'")),
        Error::InUse { kind, .. } => Refusal::new(423, format!("{} is still in use.", capital(kind))),
        Error::Quota { kind: "subscribers", .. } => {
            Refusal::new(403, "Maximum number of customer subscribers reached.")
        }
        Error::Quota { .. } => Refusal::new(403, error.to_string()),
        Error::Terminated { kind, .. } => {
            Refusal::new(422, format!("{} is already terminated and cannot be changed.", capital(kind)))
        }
        Error::Conflict(_) | Error::IllegalMove { .. } | Error::NoCredit { .. } | Error::VendorRefused(_) => {
            Refusal::new(422, error.public_message())
        }
        Error::Unavailable(_) | Error::Store(store::Error::Unavailable(_) | store::Error::TimedOut(_)) => {
            Refusal::new(503, "")
        }
        Error::Store(_) | Error::Internal(_) => Refusal::new(500, "Internal Server Error"),
    }
}

/// A label as messages have it: the first letter upper case, underscores as spaces.
pub(crate) fn capital(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + &characters.as_str().replace('_', " ")
}
