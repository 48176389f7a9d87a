//! VoicemailPort: the mailboxes of SIP accounts.

use registry::Error;
use registry::sip_account::voicemail::{self, NOUN, Wanted};

use super::sip::SipId;
use crate::operation::{Cx, Outcome, port};
use crate::soap::wire;

wire! {
    /// What becomes of messages.
    VoicemailOptions {
        /// Whether a message is deleted once it has been mailed.
        delete as "delete": bool,
    }
}

wire! {
    /// A mailbox.
    VoicemailAccount {
        /// The SIP account.
        sip_id as "sipId": SipId,
        /// What the applications know the mailbox by; kept by the server.
        mailbox as "mailbox": String,
        /// What the mailbox asks for: 4 to 31 digits; empty: what it has, or what the server makes up.
        password as "password": String,
        /// Whose it is: the name of the SIP account.
        name as "name": String,
        /// Where messages are mailed.
        email as "email": Option<String>,
        /// Nothing.
        info as "info": String,
        /// What becomes of messages.
        options as "options": Option<VoicemailOptions>,
    }
}

port! {
    /// The mailboxes of SIP accounts.
    VOICEMAIL = "Voicemail" {
        /// Gives a SIP account a mailbox.
        write addAccount(account as "account": VoicemailAccount) -> VoicemailAccount = add;
        /// Changes a mailbox; what is not given stays.
        write updateAccount(account as "account": VoicemailAccount) = update;
        /// Removes a mailbox.
        write deleteAccount(id as "sipId": SipId) = delete;
        /// The mailbox of a SIP account.
        read getAccount(id as "sipId": SipId) -> VoicemailAccount = get;
        /// Sets what callers hear before they leave a message: a recording in Base64; empty: nothing of its own.
        write setAnnouncement(id as "sipId": SipId, message as "message": String) = set_announcement;
    }
}

fn wanted(given: &VoicemailAccount, email: Option<String>, delete: bool) -> Wanted {
    Wanted {
        pin: Some(given.password.clone()).filter(|pin| !pin.is_empty()),
        email: given.email.clone().or(email),
        delete: given.options.as_ref().map_or(delete, |options| options.delete),
    }
}

/// The error in the words of whoever knows accounts by their addresses.
fn told(id: &SipId) -> impl Fn(Error) -> Error {
    let (username, domain) = id.address();
    move |error| match error {
        Error::NotFound { kind: NOUN, .. } => Error::not_found(NOUN, format!("{username}@{domain}")),
        Error::Taken { kind: NOUN, .. } => Error::taken(NOUN, "sipId", format!("{username}@{domain}")),
        other => other,
    }
}

async fn add(cx: &mut Cx<'_>, given: VoicemailAccount) -> Outcome<VoicemailAccount> {
    let found = given.sip_id.found(cx).await?;
    let new = wanted(&given, None, false);
    voicemail::create(cx.tx, cx.caller, cx.now, cx.sealer, found, &new).await.map_err(told(&given.sip_id))?;
    get(cx, given.sip_id).await
}

async fn update(cx: &mut Cx<'_>, given: VoicemailAccount) -> Outcome<()> {
    let found = given.sip_id.found(cx).await?;
    let before = voicemail::get(cx.tx, cx.caller, cx.sealer, found).await.map_err(told(&given.sip_id))?.settings;
    let after = wanted(&given, before.email, before.delete);
    voicemail::update(cx.tx, cx.caller, cx.now, cx.sealer, found, &after).await
}

async fn delete(cx: &mut Cx<'_>, id: SipId) -> Outcome<()> {
    let found = id.found(cx).await?;
    voicemail::delete(cx.tx, cx.caller, cx.now, cx.sealer, found).await.map_err(told(&id))
}

async fn get(cx: &mut Cx<'_>, id: SipId) -> Outcome<VoicemailAccount> {
    let found = id.found(cx).await?;
    let account = voicemail::get(cx.tx, cx.caller, cx.sealer, found).await.map_err(told(&id))?;
    Ok(VoicemailAccount {
        sip_id: id,
        mailbox: account.mailbox,
        password: account.settings.pin,
        name: account.name,
        email: Some(account.settings.email.unwrap_or_default()),
        info: String::new(),
        options: Some(VoicemailOptions { delete: account.settings.delete }),
    })
}

async fn set_announcement(cx: &mut Cx<'_>, id: SipId, message: String) -> Outcome<()> {
    let found = id.found(cx).await?;
    let set = voicemail::set_announcement(cx.tx, cx.caller, cx.now, cx.sealer, found, &message).await;
    set.map_err(told(&id))
}
