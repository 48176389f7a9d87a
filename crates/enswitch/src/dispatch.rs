//! From a request to the handler of its function and back.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use registry::{Error, Role};

use crate::Enswitch;
use crate::answer::{self, Answer};
use crate::call::{Call, Identity};
use crate::category;
use crate::error::{Failure, Refusal, refusal};
use crate::function::{Function, Who};
use crate::parameters::{self, Parameters};

/// Answers one request.
pub(crate) async fn serve(
    State(state): State<Enswitch>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match (&method, body) {
        (&Method::GET | &Method::HEAD, _) => Bytes::new(),
        (&Method::POST, Ok(body)) => body,
        (&Method::POST, Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return answer::refusal(rejection.status(), "the request is too large");
        }
        (&Method::POST, Err(_)) => return answer::refused(&[Refusal::wrong("", "the body could not be read")]),
        _ => return answer::refused(&[Refusal::wrong("", "a function is called with GET or POST")]),
    };
    let path = uri.path().trim_matches('/');
    let Some(function) = category::find(path) else {
        let shown: String = path.chars().take(100).collect();
        let message = format!("there is no function `{shown}`");
        return answer::refused(&[Refusal { code: "404", key: String::new(), message }]);
    };
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match parameters::read(uri.query().unwrap_or_default(), content_type, &body) {
        Ok(parameters) => call(state, function, parameters).await,
        Err(refusal) => answer::refused(&[refusal]),
    }
}

async fn call(state: Enswitch, function: &'static Function, mut parameters: Parameters) -> Response {
    let identity = match authenticate(&state, &mut parameters).await {
        Ok(identity) => identity,
        Err(error) => return refused(function, None, Failure::Registry(error)),
    };
    let call = Call { state, function, parameters, identity };
    match allowed(&call).and_then(|()| checked(&call)) {
        Ok(()) => {}
        Err(failure) => return refused(function, Some(&call), failure),
    }
    match (function.run)(&call).await {
        Ok(answer) => answer.into_response(),
        Err(failure) => refused(function, Some(&call), failure),
    }
}

/// Who is calling; nobody, where the request brings no credentials. Wrong ones are refused by every function.
async fn authenticate(state: &Enswitch, parameters: &mut Parameters) -> Result<Option<Identity>, Error> {
    let (username, password) = (parameters.take("auth_username"), parameters.take("auth_password"));
    let token = parameters.take("auth_token").filter(|token| !token.is_empty());
    let door = &state.authenticator;
    let (login, by_password) = match (username, password, token) {
        (None, None, None) => return Ok(None),
        (None, None, Some(token)) => (door.token(&token).await?, false),
        (username, password, _) => {
            (door.password(&username.unwrap_or_default(), &password.unwrap_or_default()).await?, true)
        }
    };
    Ok(Some(Identity { caller: login.caller(), login, by_password }))
}

fn allowed(call: &Call) -> Result<(), Failure> {
    match (call.function.who, call.anyone()) {
        (Who::Anyone, _) | (Who::LoggedIn, Some(_)) => Ok(()),
        (_, None) => Err(Failure::Registry(Error::NotAuthenticated)),
        (Who::System, Some(caller)) if caller.role == Role::Admin => Ok(()),
        (Who::System, Some(_)) => {
            Err(Failure::Registry(Error::NotAllowed(format!("{} is for administrators", call.function.path))))
        }
    }
}

fn checked(call: &Call) -> Result<(), Failure> {
    let faults = call.faults();
    if faults.is_empty() { Ok(()) } else { Err(Failure::Refused(faults)) }
}

fn refused(function: &Function, call: Option<&Call>, failure: Failure) -> Response {
    match failure {
        Failure::Validated => Answer::Validated.into_response(),
        Failure::Refused(reasons) => answer::refused(&reasons),
        Failure::Registry(error) => {
            if error.is_incident() {
                tracing::error!(function = function.path, %error, "a function of the Enswitch API failed");
            }
            let mut reason = refusal(&error, function);
            if let Some(call) = call {
                reason.message = call.in_request_form(&reason.message);
            }
            answer::refused(&[reason])
        }
    }
}
