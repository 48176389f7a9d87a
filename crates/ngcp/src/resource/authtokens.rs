//! Tokens that stand for a password at `POST /login_jwt`.
//!
//! Beyond storing: only a digest of the token is kept; one of type `onetime` is used up when it is taken, one of type
//! `expires` is good until its end, and a new password of the caller ends both. A token stands for whoever made it and
//! lives thirty days at most.

use axum::http::{Method, header};
use registry::auth_token;
use serde_json::{Value, json};

use super::passwordchange::{form, holder, wanted};
use crate::kernel::{Behaviour, Call, Cx, EVERYONE, Field, Kind, Outcome, Refusal, Reply, Resource, Verb};

pub(super) static AUTHTOKENS: Resource = Resource {
    name: "authtokens",
    singular: "authtoken",
    title: "Tokens to log in with",
    doc: "POST makes a token that POST /login_jwt takes in the place of user name and password: once (onetime), or until it \
          ends (expires).",
    fields: &[
        Field::new("type", Kind::Enum(&["onetime", "expires"])).required().doc("How often it may be used."),
        Field::new("expires", Kind::PosInt).doc("Its life in seconds; left out: five minutes. At most thirty days."),
    ],
    verbs: &[(Verb::Create, EVERYONE)],
    single: true,
    example: r#"{"type": "onetime", "expires": 300}"#,
    behaviour: &AuthTokens,
    ..Resource::DEFAULT
};

struct AuthTokens;

#[async_trait::async_trait]
impl Behaviour for AuthTokens {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::POST {
            return Ok(None);
        }
        let form = form(call)?;
        let once = match wanted(&form, "type", "Type")? {
            "onetime" => true,
            "expires" => false,
            other => {
                let error = format!("'{other}' is not a valid value");
                return Err(Refusal::invalid_field("type", other, &error).into());
            }
        };
        let life = match form.get("expires") {
            None | Some(Value::Null) => auth_token::SHORT,
            Some(value) => match value.as_i64().or_else(|| value.as_str()?.parse().ok()).filter(|life| *life > 0) {
                Some(life) => life,
                None => {
                    let error = "Value must be a positive integer";
                    return Err(Refusal::invalid_field("expires", &value.to_string(), error).into());
                }
            },
        };
        let holder = holder(cx).await?;
        let token = auth_token::issue(cx.tx, cx.caller, cx.now, &holder, once, life).await?;
        let reply = Reply::status(201)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CACHE_CONTROL, "no-store")
            .body(format!("{}\n", json!({ "token": token })));
        Ok(Some(reply))
    }
}
