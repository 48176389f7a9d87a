//! The secret of the caller's second factor, for the program that is to make the codes.
//!
//! Beyond storing: it is given out until the first right code has been shown, and never again. For this one request the
//! password is enough.

use axum::http::{Method, header};
use registry::login;
use registry::otp::{self, Owner};
use registry::{Error, transaction};

use super::passwordchange::calling;
use super::userinfo::ANYBODY;
use crate::kernel::{Behaviour, Call, Cx, Outcome, Refusal, Reply, Resource, Verb};

pub(super) static OTPSECRET: Resource = Resource {
    name: "otpsecret",
    singular: "otpsecret",
    title: "Second factor",
    doc: "The secret from which a program makes the codes of the second factor (TOTP, RFC 6238: six digits, 30 seconds, \
          SHA-1): as a QR code where Accept asks for image/png, else as text in base32. It is there for callers that have \
          enable_2fa set, until they have shown a right code once: in the header X-OTP, or as otp in POST /login_jwt. \
          After that it is 400. Before, it is another one after ten minutes, and after a new password. A code is good once: \
          Basic with X-OTP is one request for each, more go with a token (POST /login_jwt). The password alone is enough \
          for this request.",
    verbs: &[(Verb::List, ANYBODY)],
    single: true,
    enrols: true,
    gives: &[(Verb::List, "text/plain"), (Verb::List, "image/png")],
    behaviour: &OtpSecret,
    ..Resource::DEFAULT
};

struct OtpSecret;

/// Whose second factor the caller's is, and under what name; none where it has none switched on.
async fn owner(cx: &mut Cx<'_>) -> Outcome<Option<(Owner, String)>> {
    match cx.caller.login {
        Some(id) => {
            let own = login::load(cx.tx, &[id.0]).await?.pop().ok_or(Error::NotAuthenticated)?;
            Ok(own.flags.enable_2fa.then_some((Owner::Login(id), own.username)))
        }
        None => {
            let own = calling(cx).await?;
            Ok(own.second_factor.then_some((Owner::Subscriber(own.subscriber_id), own.name)))
        }
    }
}

#[async_trait::async_trait]
impl Behaviour for OtpSecret {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        if call.method != Method::GET || call.id.is_some() {
            return Ok(None);
        }
        let Some((owner, name)) = owner(cx).await? else {
            return Err(Refusal::new(400, "No second factor is switched on for this user.").into());
        };
        let (db, sealer) = (cx.state.ordering.db(), &cx.state.sealer);
        // Not the request's own idea of the time.
        let now = cx.state.ordering.clock().now();
        let offer = transaction!(db, |tx| otp::offer(tx, sealer, now, owner, &name).await)?;
        let Some(offer) = offer else {
            return Err(Refusal::new(400, "The second factor is set up already.").into());
        };
        let wants = |kind: &str| call.header("accept").is_some_and(|accept| accept.contains(kind));
        let reply = Reply::status(200).header(header::CACHE_CONTROL, "no-store");
        Ok(Some(if wants("image/png") {
            reply.header(header::CONTENT_TYPE, "image/png").body(offer.png()?)
        } else {
            reply.header(header::CONTENT_TYPE, "text/plain; charset=utf-8").body(offer.secret())
        }))
    }
}
