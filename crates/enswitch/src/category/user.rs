//! `user/…`: logging in.

use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::error::Failure;
use crate::function::{Function, Kind, Outcome, Who, optional};

pub(super) const FUNCTIONS: &[Function] = &[Function::new(
    "user/login",
    Who::LoggedIn,
    "Checks the credentials, and issues a token that other functions take in their place. It ends after a day, and when the \
     password is changed; a 401 then says to log in again.",
    "`{id, username, customer, role}`; with `token=1` also `auth_token`, `auth_token_expiry` (seconds) and \
     `auth_token_expires` (Unix time). `role` is `admin`, `reseller` or `customer`.",
    |call| Box::pin(login(call)),
)
.parameters(&[optional("token", Kind::Flag, "1: issue a token. Only a password brings a token, not another token.")])];

async fn login(call: &Call) -> Outcome {
    let Some(identity) = &call.identity else { return Err(registry::Error::NotAuthenticated.into()) };
    let login = &identity.login;
    let mut data = json!({
        "id": login.id,
        "username": login.username,
        "customer": login.account_id,
        "role": login.role.as_str(),
    });
    if call.flag("token") {
        if !identity.by_password {
            return Err(Failure::wrong("token", "a token is issued for a password, not for another token"));
        }
        let (token, expires) = call.state.authenticator.issue(login)?;
        data["auth_token"] = json!(token);
        data["auth_token_expiry"] = json!(web::TOKEN_LIFE);
        data["auth_token_expires"] = json!(expires);
    }
    Ok(Answer::Data(data))
}
