//! Asking for a new password, by whoever has forgotten the old one: without logging in.
//!
//! Beyond answering: nothing is mailed from here. That somebody asked is noted in the journal and in the server's log, at
//! most once an hour for each; whoever runs the installation makes a token and hands it over, which
//! [`passwordrecovery`](super::passwordrecovery) takes. The answer is the same for names that do not exist, and for
//! administrators who may not have their password reset.

use axum::http::{Method, header};
use registry::auth_token::{self, Holder};
use registry::{Error, login, subscriber};
use serde_json::{Value, json};

use super::passwordchange::{form, wanted};
use super::userinfo::ANYBODY;
use crate::auth::Realm;
use crate::kernel::{Behaviour, Call, Cx, Field, Kind, Outcome, Refusal, Reply, Resource, Verb};

pub(super) static PASSWORDRESET: Resource = Resource {
    name: "passwordreset",
    singular: "passwordreset",
    title: "Forgotten password",
    doc: "POST asks for a new password. It needs no login, and its answer does not tell whether there is such a user. The \
          operator hears of it, and hands over a token for /api/passwordrecovery/.",
    fields: &[
        Field::new("username", Kind::Text(1, 255)).required().doc("The user name."),
        Field::new("domain", Kind::Text(0, 255)).doc("The domain of a subscriber."),
        Field::new("type", Kind::Enum(&["administrator", "subscriber"])).doc("Left out: what the port is for."),
    ],
    verbs: &[(Verb::Create, ANYBODY)],
    single: true,
    public: true,
    example: r#"{"username": "ada.lovelace", "type": "administrator"}"#,
    behaviour: &PasswordReset,
    ..Resource::DEFAULT
};

struct PasswordReset;

/// The answer that tells nothing.
pub(super) fn success(message: &str) -> Reply {
    Reply::status(200)
        .header(header::CONTENT_TYPE, "application/json")
        .body(format!("{}\n", json!({ "success": 1, "message": message })))
}

#[async_trait::async_trait]
impl Behaviour for PasswordReset {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::POST {
            return Ok(None);
        }
        let form = form(call)?;
        let text = |name: &str| form.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let username = wanted(&form, "username", "Username")?;
        let of_subscriber = match text("type") {
            Some("subscriber") => true,
            Some("administrator") => false,
            None => call.realm == Realm::Subscriber,
            Some(other) => {
                let error = format!("'{other}' is not a valid value");
                return Err(Refusal::invalid_field("type", other, &error).into());
            }
        };
        let can_be = |name: &str| !name.chars().any(char::is_control);
        let holder = if !can_be(username) || !text("domain").is_none_or(can_be) {
            None
        } else if of_subscriber {
            let (user, domain) = match text("domain") {
                Some(domain) => (username, domain),
                None => username.rsplit_once('@').unwrap_or((username, "")),
            };
            match subscriber::candidate(cx.tx, user, domain).await {
                Ok(found) => Some(Holder::subscriber(&found)),
                Err(Error::NotAuthenticated) => None,
                Err(error) => return Err(error.into()),
            }
        } else {
            let found = login::claimed(cx.tx, username).await?.map(|candidate| candidate.login);
            found.filter(|login| login.flags.can_reset_password).map(|login| Holder::login(&login))
        };
        if let Some(holder) = holder {
            auth_token::ask(cx.tx, cx.now, &holder).await?;
        }
        Ok(Some(success("Please check your email for password reset instructions.")))
    }
}
