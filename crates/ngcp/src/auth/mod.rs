//! Who is calling: by client certificate, token or password, on either door.
//!
//! On the administrators' door a client certificate decides first: one that the client shows must be good. Then comes a
//! bearer token, then Basic, whose password wants the code of `X-OTP` beside it where there is a second factor.

mod basic;
mod token;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use registry::Caller;
use registry::ban::{self, Attempt};
use registry::login::Login;
use registry::subscriber;
use web::{Denied, Factor};

pub(crate) use token::login_jwt;

use crate::Ngcp;
use crate::kernel::{Refusal, error};
use basic::Basic;

/// The common name of the client certificates that are issued here.
pub(crate) const CERTIFICATE_NAME: &str = "Sipwise NGCP API client certificate";

/// The header with the code of a second factor.
const OTP: &str = "x-otp";
/// What is said where a code is wrong or missing.
const INVALID_OTP: &str = "Invalid OTP";

/// The door that a request came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Realm {
    /// For administrators and resellers.
    Admin,
    /// For subscribers.
    Subscriber,
}

impl Realm {
    fn name(self) -> &'static str {
        match self {
            Realm::Admin => "api_admin_http",
            Realm::Subscriber => "api_subscriber_http",
        }
    }
}

/// Why a caller is not let in.
#[derive(Debug)]
pub(crate) enum Denial {
    /// There are no credentials, or wrong ones.
    Password(Realm),
    /// The token is not good. Browsers are not told to ask for a password.
    Token(Realm),
    /// Anything else.
    Refused(Refusal),
}

impl Denial {
    /// Why the authenticator did not let somebody in who sent a password.
    fn of(denied: Denied, realm: Realm) -> Denial {
        match denied {
            Denied::Unknown => Denial::Password(realm),
            Denied::Banned => Denial::refused(403, "Banned"),
            Denied::Barred => Denial::refused(403, "Forbidden"),
            Denied::Code => Denial::refused(403, INVALID_OTP),
            Denied::Failed(error) => Denial::failed(&error),
        }
    }

    fn refused(status: u16, message: &str) -> Denial {
        Denial::Refused(Refusal::new(status, message))
    }

    fn failed(error: &registry::Error) -> Denial {
        if error.is_incident() {
            tracing::error!(%error, "it could not be found out who is calling");
        }
        Denial::Refused(error::general(error, "user", ""))
    }
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        let challenge = match self {
            Denial::Password(realm) => format!("Basic realm=\"{}\"", realm.name()),
            Denial::Token(realm) => format!("Bearer realm=\"{}\", error=\"invalid_token\"", realm.name()),
            Denial::Refused(refusal) => return refusal.into_response(),
        };
        let headers = [(header::WWW_AUTHENTICATE, challenge), (header::CONTENT_TYPE, "text/plain".to_owned())];
        (StatusCode::UNAUTHORIZED, headers, "Authorization required.").into_response()
    }
}

/// The caller that a request's credentials are of. `enrols`: it asks for the secret of its second factor, so that it can't
/// have a code yet.
pub(crate) async fn authenticate(
    state: &Ngcp,
    realm: Realm,
    peer: Option<&web::Peer>,
    headers: &HeaderMap,
    enrols: bool,
) -> Result<Caller, Denial> {
    let certificate = peer.and_then(|peer| peer.certificate.as_deref()).filter(|_| realm == Realm::Admin);
    if let Some(der) = certificate {
        return by_certificate(state, der).await;
    }
    let credentials = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Some(token) = after_scheme(credentials, "bearer") {
        return token::caller(state, realm, token).await;
    }
    let Some(basic) = after_scheme(credentials, "basic").and_then(Basic::read) else {
        return Err(Denial::Password(realm));
    };
    let code = headers.get(OTP).and_then(|value| value.to_str().ok());
    let factor = if enrols { Factor::Later } else { Factor::Code { sealer: &state.sealer, code } };
    by_password(state, realm, peer, headers, &basic, factor)
        .await
        .map_err(|denied| Denial::of(denied, realm))
        .map(Known::caller)
}

/// What stands after that scheme, in whatever case it is written.
fn after_scheme<'a>(credentials: &'a str, scheme: &str) -> Option<&'a str> {
    let (named, rest) = credentials.trim().split_once(' ')?;
    named.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

async fn by_certificate(state: &Ngcp, der: &[u8]) -> Result<Caller, Denial> {
    match state.authenticator.certificate(der).await {
        Ok(login) => Ok(login.caller()),
        Err(Denied::Failed(error)) => Err(Denial::failed(&error)),
        Err(Denied::Unknown | Denied::Banned | Denied::Barred | Denied::Code) => {
            let subject = web::certificate_subject(der);
            if subject == format!("CN={CERTIFICATE_NAME}") {
                Err(Denial::Refused(Refusal::invalid_user()))
            } else {
                Err(Denial::Refused(Refusal::new(403, format!("Invalid client certificate DN '{subject}'"))))
            }
        }
    }
}

/// Somebody whose credentials were found right.
pub(crate) enum Known {
    /// On the administrators' door.
    Login(Box<Login>),
    /// On the subscribers' door.
    Subscriber(Box<subscriber::Candidate>),
}

impl Known {
    fn caller(self) -> Caller {
        match self {
            Known::Login(login) => login.caller(),
            Known::Subscriber(found) => found.caller(),
        }
    }
}

/// Whoever has that user name and password on that door. A subscriber's user name without a domain is one of the domain
/// that the request was sent to.
pub(crate) async fn by_password(
    state: &Ngcp,
    realm: Realm,
    peer: Option<&web::Peer>,
    headers: &HeaderMap,
    basic: &Basic,
    factor: Factor<'_>,
) -> Result<Known, Denied> {
    let address = peer.map_or(std::net::Ipv4Addr::LOCALHOST.into(), |peer| peer.address.ip());
    match realm {
        Realm::Admin => {
            let attempt = Attempt { realm: ban::Realm::Admin, username: &basic.username, address };
            let login = state.authenticator.login(&attempt, &basic.password, factor).await?;
            Ok(Known::Login(Box::new(login)))
        }
        Realm::Subscriber => {
            let host = host(headers);
            let (user, domain) = basic.username.rsplit_once('@').unwrap_or((&basic.username, host));
            // As the domain is looked for: failures are counted together, however it is written.
            let name = format!("{user}@{}", domain.to_ascii_lowercase());
            let attempt = Attempt { realm: ban::Realm::Subscriber, username: &name, address };
            let found = state.authenticator.subscriber(&attempt, user, domain, &basic.password, factor).await?;
            Ok(Known::Subscriber(Box::new(found)))
        }
    }
}

/// The host that a request was sent to, without the port.
fn host(headers: &HeaderMap) -> &str {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests;
