//! Voicemail accounts: the voicemail settings of subscribers. There is an account once they have been set.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::{Tx, args};

use super::must_act;
use super::read::must_be_seen;
use crate::call_forward;
use crate::caller::Caller;
use crate::id::{GreetingId, SubscriberId};
use crate::record;
use crate::seal::Sealer;
use crate::service::{self, Service, Voicemail};
use crate::statement::statements;
use crate::voicemail_greeting::{self, Greeting};
use crate::{Error, Result};

/// What a voicemail account is called in an error.
pub const NOUN: &str = "voicemail account";

/// A voicemail account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoicemailAccount {
    /// What the applications know the mailbox by.
    pub mailbox: String,
    /// Whose it is: the display name of the subscriber.
    pub name: String,
    /// What is set for it.
    pub settings: Voicemail,
}

/// A voicemail account as it is to be.
#[derive(Clone)]
pub struct Wanted {
    /// What the mailbox asks for; none: it stays, or the server makes one up.
    pub pin: Option<String>,
    /// Where messages are sent.
    pub email: Option<String>,
    /// Whether a message is deleted once it has been mailed.
    pub delete: bool,
}

impl std::fmt::Debug for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wanted").field("email", &self.email).field("delete", &self.delete).finish_non_exhaustive()
    }
}

statements! {
    NAME = "SELECT display_name FROM subscribers WHERE id = $1";
    GREETING = "SELECT id FROM voicemail_greetings WHERE subscriber_id = $1 AND dir = 'unavail'";
}

/// The voicemail account of a SIP account; without its PIN for callers that passwords are not shown to.
///
/// # Errors
/// [`Error::NotFound`] for the SIP account, and for the voicemail account where there is none.
pub async fn get(tx: &mut Tx, caller: &Caller, sealer: &Sealer, id: SubscriberId) -> Result<VoicemailAccount> {
    must_be_seen(tx, caller, id).await?;
    let mut settings = read(tx, sealer, id).await?.ok_or_else(|| Error::not_found(NOUN, id))?;
    if !caller.rights.show_passwords {
        settings.pin.clear();
    }
    let owner = call_forward::owner(tx, &caller.elevated(), id).await?;
    let row = tx.query_opt(NAME, args![id]).await?;
    let name: Option<String> = row.map(|row| row.at(0)).transpose()?.flatten();
    Ok(VoicemailAccount { mailbox: owner.mailbox(), name: name.unwrap_or_default(), settings })
}

async fn read(tx: &mut Tx, sealer: &Sealer, id: SubscriberId) -> Result<Option<Voicemail>> {
    Ok(Voicemail::read(tx, sealer, &[id.0]).await?.remove(&id.0))
}

/// Makes the voicemail account of a SIP account.
///
/// # Errors
/// [`Error::NotFound`] for the SIP account; [`Error::NotAllowed`]; [`Error::Taken`] where there is one; [`Error::Invalid`]
/// for `pin` and `email`.
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
    wanted: &Wanted,
) -> Result<()> {
    put(tx, caller, now, sealer, id, wanted, true).await
}

/// Changes the voicemail account of a SIP account.
///
/// # Errors
/// [`Error::NotFound`] for the SIP account and the voicemail account; [`Error::NotAllowed`]; [`Error::Invalid`] as
/// [`create`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
    wanted: &Wanted,
) -> Result<()> {
    put(tx, caller, now, sealer, id, wanted, false).await
}

async fn put(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
    wanted: &Wanted,
    new: bool,
) -> Result<()> {
    must_act(caller)?;
    must_be_seen(tx, caller, id).await?;
    let owner = call_forward::locked(tx, &caller.elevated(), id).await?;
    let mut settings = match (read(tx, sealer, id).await?, new) {
        (Some(_), true) => return Err(Error::taken(NOUN, "sip_account", id)),
        (None, false) => return Err(Error::not_found(NOUN, id)),
        (Some(settings), false) => settings,
        (None, true) => Voicemail::initial(sealer, &owner.uuid),
    };
    if let Some(pin) = wanted.pin.as_ref().filter(|pin| !pin.is_empty()) {
        settings.pin.clone_from(pin);
    }
    settings.email = wanted.email.clone().filter(|email| !email.is_empty());
    settings.delete = wanted.delete;
    // What is deleted must have been mailed whole.
    settings.attach |= wanted.delete;
    service::replace(tx, &caller.elevated(), now, sealer, id, settings).await
}

/// Removes the voicemail account of a SIP account: its settings are the first ones again.
///
/// # Errors
/// [`Error::NotFound`] for the SIP account and the voicemail account; [`Error::NotAllowed`].
pub async fn delete(tx: &mut Tx, caller: &Caller, now: i64, sealer: &Sealer, id: SubscriberId) -> Result<()> {
    must_act(caller)?;
    must_be_seen(tx, caller, id).await?;
    call_forward::locked(tx, &caller.elevated(), id).await?;
    if read(tx, sealer, id).await?.is_none() {
        return Err(Error::not_found(NOUN, id));
    }
    service::reset::<Voicemail>(tx, &caller.elevated(), now, sealer, id).await
}

/// Sets what callers hear before they leave a message: the greeting of a subscriber that does not answer. The recording comes
/// in Base64 (RFC 4648, 4); nothing takes it away.
///
/// # Errors
/// [`Error::NotFound`] for the SIP account and the voicemail account; [`Error::NotAllowed`]; [`Error::Invalid`] for
/// `message`, and for `greetingfile` where it is no recording.
pub async fn set_announcement(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
    message: &str,
) -> Result<()> {
    must_act(caller)?;
    must_be_seen(tx, caller, id).await?;
    call_forward::locked(tx, &caller.elevated(), id).await?;
    if read(tx, sealer, id).await?.is_none() {
        return Err(Error::not_found(NOUN, id));
    }
    let operator = &caller.elevated();
    let there: Option<i64> = tx.query_opt(GREETING, args![id]).await?.map(|row| row.at(0)).transpose()?;
    let encoded: String = message.split_ascii_whitespace().collect();
    if encoded.is_empty() {
        if let Some(there) = there {
            record::delete::<Greeting>(tx, operator, now, there).await?;
        }
        return Ok(());
    }
    let data = STANDARD.decode(encoded).map_err(|_| Error::invalid("message", "is not a recording in Base64"))?;
    let greeting = Greeting { subscriber_id: id, ..Greeting::default() };
    match there {
        Some(there) => {
            let greeting = Greeting { id: GreetingId(there), ..greeting };
            voicemail_greeting::update(tx, operator, now, greeting, Some(&data)).await
        }
        None => voicemail_greeting::create(tx, operator, now, greeting, Some(&data)).await,
    }
    .map(|_| ())
}
