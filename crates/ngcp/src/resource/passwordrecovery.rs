//! Setting a new password with a token that the operator has handed over: without logging in.
//!
//! Beyond storing: the token is good once, for a day, and until the password changes in another way; 403 tells nothing of
//! why one is not.

use axum::http::Method;
use registry::auth_token::{self, Owner};
use registry::{Error, login, subscriber};

use super::passwordchange::{form, refusal, set_web_password, wanted};
use super::passwordreset::success;
use super::userinfo::ANYBODY;
use crate::kernel::{Behaviour, Call, Cx, Field, Kind, Outcome, Refusal, Reply, Resource, Verb};

pub(super) static PASSWORDRECOVERY: Resource = Resource {
    name: "passwordrecovery",
    singular: "passwordrecovery",
    title: "New password",
    doc: "POST sets a new password with a token for that purpose, which is used up. It needs no login.",
    fields: &[
        Field::new("new_password", Kind::Secret(1, 128)).required().write_only().doc("The new password."),
        Field::new("token", Kind::Secret(1, 128)).required().write_only().doc("The token."),
    ],
    verbs: &[(Verb::Create, ANYBODY)],
    single: true,
    public: true,
    example: r#"{"new_password": "a long password", "token": "0123456789abcdef0123456789abcdef"}"#,
    behaviour: &PasswordRecovery,
    ..Resource::DEFAULT
};

struct PasswordRecovery;

#[async_trait::async_trait]
impl Behaviour for PasswordRecovery {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::POST {
            return Ok(None);
        }
        let form = form(call)?;
        let password = wanted(&form, "new_password", "New password")?;
        let token = wanted(&form, "token", "Token")?;
        let holder = auth_token::redeem(cx.tx, cx.now, token, true).await?;
        match holder.owner {
            Owner::Login(id) => {
                let own = login::by_token(cx.tx, id, holder.credential_version).await?;
                let credentials = cx.verifiers.login(&own.username, password)?;
                let mut caller = own.caller();
                // Whoever may only read has a password all the same.
                caller.rights.read_only = false;
                login::set_password(cx.tx, &caller, cx.now, &credentials).await?;
            }
            Owner::Subscriber(uuid) => {
                let own = subscriber::by_uuid(cx.tx, &uuid, holder.credential_version).await?;
                set_web_password(cx, &own.caller(), own.subscriber_id, password).await?;
            }
        }
        Ok(Some(success("Password reset successfully completed.")))
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::NotAuthenticated => Some(Refusal::new(403, "Forbidden")),
            other => refusal(other),
        }
    }
}
