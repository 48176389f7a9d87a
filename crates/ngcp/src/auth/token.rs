//! JSON web tokens: issued at `/login_jwt` for a password, for a token of `authtokens`, or for a token that still holds.
//!
//! Their payload is what NGCP's clients read, and the credential version beside it: a new password ends them.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use registry::Caller;
use registry::auth_token::{self, Owner};
use registry::id::LoginId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use web::{Denied, Factor, TokenClaims};

use super::{Basic, Denial, INVALID_OTP, Known, Realm, by_password};
use crate::Ngcp;
use crate::kernel::Refusal;

/// What an administrator's token says.
#[derive(Debug, Serialize, Deserialize)]
struct AdminClaims {
    id: i64,
    username: String,
    exp: i64,
    cv: i64,
}

/// What a subscriber's token says; its uuid is in the form of RFC 9562.
#[derive(Debug, Serialize, Deserialize)]
struct SubscriberClaims {
    subscriber_uuid: String,
    username: String,
    exp: i64,
    cv: i64,
}

impl TokenClaims for AdminClaims {
    fn expires(&self) -> i64 {
        self.exp
    }
}

impl TokenClaims for SubscriberClaims {
    fn expires(&self) -> i64 {
        self.exp
    }
}

/// Whoever a token was issued to.
async fn known(state: &Ngcp, realm: Realm, token: &str) -> Result<Known, Denied> {
    match realm {
        Realm::Admin => {
            let claims: AdminClaims = state.authenticator.read(token)?;
            let login = state.authenticator.login_of(LoginId(claims.id), claims.cv).await?;
            Ok(Known::Login(Box::new(login)))
        }
        Realm::Subscriber => {
            let claims: SubscriberClaims = state.authenticator.read(token)?;
            let found = state.authenticator.subscriber_of(&claims.subscriber_uuid.replace('-', ""), claims.cv).await?;
            Ok(Known::Subscriber(Box::new(found)))
        }
    }
}

/// The caller that a bearer token is of.
pub(super) async fn caller(state: &Ngcp, realm: Realm, token: &str) -> Result<Caller, Denial> {
    match known(state, realm, token).await {
        Ok(known) => Ok(known.caller()),
        Err(Denied::Failed(error)) => Err(Denial::failed(&error)),
        Err(Denied::Unknown | Denied::Banned | Denied::Barred | Denied::Code) => Err(Denial::Token(realm)),
    }
}

/// Answers `POST /login_jwt`.
pub(crate) async fn login_jwt(
    state: &Ngcp,
    realm: Realm,
    peer: Option<&web::Peer>,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let answer = match who(state, realm, peer, headers, body).await {
        Ok(known) => issue(state, &known),
        Err(refusal) => Err(refusal),
    };
    match answer {
        Ok(body) => {
            let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
            (StatusCode::OK, headers, format!("{body}\n")).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Whoever the body of a login is of.
async fn who(
    state: &Ngcp,
    realm: Realm,
    peer: Option<&web::Peer>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Known, Refusal> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let field = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let found = if let Some(token) = field("jwt") {
        known(state, realm, token).await
    } else if let Some(token) = field("token") {
        by_token(state, realm, token).await
    } else {
        let (Some(username), Some(password)) = (field("username"), field("password")) else {
            return Err(Refusal::new(422, "No username or password given"));
        };
        if password.chars().any(char::is_control) {
            return Err(Refusal::new(422, "'password' contains invalid characters"));
        }
        // Clients send the code as text or as a number, which has lost the zeros at its beginning.
        let number = body.get("otp").and_then(Value::as_u64).map(|code| format!("{code:06}"));
        let code = field("otp").map(str::to_owned).or(number);
        let factor = Factor::Code { sealer: &state.sealer, code: code.as_deref() };
        match Basic::new(username, password) {
            Some(basic) => by_password(state, realm, peer, headers, &basic, factor).await,
            None => Err(Denied::Unknown),
        }
    };
    found.map_err(|denied| match denied {
        Denied::Unknown => Refusal::new(403, "User not found"),
        Denied::Banned => Refusal::new(403, "Banned"),
        Denied::Barred => Refusal::new(403, "Forbidden!"),
        Denied::Code => Refusal::new(403, INVALID_OTP),
        Denied::Failed(error) => match Denial::failed(&error) {
            Denial::Refused(refusal) => refusal,
            Denial::Password(_) | Denial::Token(_) => Refusal::invalid_user(),
        },
    })
}

/// Whoever a token of `authtokens` stands for; one for a single use is used up.
async fn by_token(state: &Ngcp, realm: Realm, token: &str) -> Result<Known, Denied> {
    let (db, now) = (state.ordering.db(), state.ordering.clock().now());
    let holder = registry::transaction!(db, |tx| auth_token::redeem(tx, now, token, false).await)?;
    match (holder.owner, realm) {
        (Owner::Login(id), Realm::Admin) => {
            let login = state.authenticator.login_of(id, holder.credential_version).await?;
            Ok(Known::Login(Box::new(login)))
        }
        (Owner::Subscriber(uuid), Realm::Subscriber) => {
            let found = state.authenticator.subscriber_of(&uuid, holder.credential_version).await?;
            Ok(Known::Subscriber(Box::new(found)))
        }
        _ => Err(Denied::Unknown),
    }
}

/// 32 hexadecimal digits as 8-4-4-4-12.
fn hyphenated(digits: &str) -> String {
    let mut text = digits.to_owned();
    for place in [20, 16, 12, 8] {
        if text.is_char_boundary(place) && place < text.len() {
            text.insert(place, '-');
        }
    }
    text
}

fn issue(state: &Ngcp, known: &Known) -> Result<Value, Refusal> {
    let exp = state.authenticator.expiry();
    let signed = match known {
        Known::Login(login) => {
            if login.acl_role.is_none() {
                return Err(Refusal::new(403, "Forbidden!"));
            }
            let claims =
                AdminClaims { id: login.id.0, username: login.username.clone(), exp, cv: login.credential_version };
            let jwt = state.authenticator.sign(&claims);
            jwt.map(|jwt| json!({ "jwt": jwt, "id": login.id, "expires": exp }))
        }
        Known::Subscriber(found) => {
            let claims = SubscriberClaims {
                subscriber_uuid: hyphenated(&found.uuid),
                username: found.name.clone(),
                exp,
                cv: found.credential_version,
            };
            let jwt = state.authenticator.sign(&claims);
            jwt.map(|jwt| json!({ "jwt": jwt, "subscriber_id": found.subscriber_id, "expires": exp }))
        }
    };
    signed.map_err(|_| Refusal::new(500, "No JWT key has been configured"))
}
