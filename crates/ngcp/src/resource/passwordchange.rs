//! A new password for the caller itself, who has just shown the old one (or a token).
//!
//! Beyond storing: tokens of the old password end. Administrators need 8 characters at least.

use axum::http::Method;
use registry::id::SubscriberId;
use registry::subscriber;
use registry::{Caller, Error, auth_token, login};
use serde_json::Value;

use super::userinfo::ANYBODY;
use crate::kernel::{Behaviour, Call, Cx, Field, Item, Kind, Outcome, Refusal, Reply, Resource, Verb, json as bodies};

pub(super) static PASSWORDCHANGE: Resource = Resource {
    name: "passwordchange",
    singular: "passwordchange",
    title: "Own password",
    doc: "POST sets a new password for the caller, and answers 204. Tokens that were issued for the old one end.",
    fields: &[Field::new("new_password", Kind::Secret(1, 128)).required().write_only().doc("The new password.")],
    verbs: &[(Verb::Create, ANYBODY)],
    single: true,
    example: r#"{"new_password": "a long password"}"#,
    behaviour: &PasswordChange,
    ..Resource::DEFAULT
};

struct PasswordChange;

/// The body of a request as an object.
pub(super) fn form(call: &Call) -> Outcome<Item> {
    match bodies::parse(&call.body)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Refusal::new(400, "The request must contain a JSON object.").into()),
    }
}

/// A text that must be there.
pub(super) fn wanted<'a>(form: &'a Item, name: &str, label: &str) -> Outcome<&'a str> {
    match form.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) {
        Some(text) => Ok(text),
        None => Err(Refusal::invalid_field(name, "", &format!("{label} field is required")).into()),
    }
}

/// The subscriber that calls, whose name is `user@domain`.
pub(super) async fn calling(cx: &mut Cx<'_>) -> Outcome<subscriber::Candidate> {
    let (user, domain) = cx.caller.name.rsplit_once('@').unwrap_or((&cx.caller.name, ""));
    Ok(subscriber::candidate(cx.tx, user, domain).await?)
}

/// Whom a token that the caller asks for stands for.
pub(super) async fn holder(cx: &mut Cx<'_>) -> Outcome<auth_token::Holder> {
    match cx.caller.login {
        Some(id) => {
            let own = login::load(cx.tx, &[id.0]).await?.pop();
            Ok(auth_token::Holder::login(&own.ok_or(Error::NotAuthenticated)?))
        }
        None => Ok(auth_token::Holder::subscriber(&calling(cx).await?)),
    }
}

/// Sets the web password of a subscriber.
pub(super) async fn set_web_password(
    cx: &mut Cx<'_>,
    caller: &Caller,
    id: SubscriberId,
    password: &str,
) -> Outcome<()> {
    let web = cx.verifiers.web(password)?;
    Ok(subscriber::set_web_password(cx.tx, caller, cx.now, id, &web).await?)
}

#[async_trait::async_trait]
impl Behaviour for PasswordChange {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::POST {
            return Ok(None);
        }
        let form = form(call)?;
        let password = wanted(&form, "new_password", "New password")?;
        match cx.caller.login {
            Some(id) => {
                let own = login::load(cx.tx, &[id.0]).await?.pop().ok_or(Error::NotAuthenticated)?;
                let credentials = cx.verifiers.login(&own.username, password)?;
                login::set_password(cx.tx, cx.caller, cx.now, &credentials).await?;
            }
            None => {
                let own = calling(cx).await?;
                set_web_password(cx, cx.caller, own.subscriber_id, password).await?;
            }
        }
        Ok(Some(Reply::status(204)))
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        refusal(error)
    }
}

/// Clients take the reason from between the last two quotes of the message.
pub(super) fn refusal(error: &Error) -> Option<Refusal> {
    match error {
        Error::Invalid { field: "password" | "webpassword", message } => {
            Some(Refusal::invalid_field("password", "*****", message))
        }
        _ => None,
    }
}
