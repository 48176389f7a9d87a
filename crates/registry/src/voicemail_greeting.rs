//! Greetings of voice boxes: what callers of a subscriber hear who is busy, or not there. Recordings are kept apart, as
//! they were sent.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::caller::{Caller, Role};
use crate::id::{AccountId, GreetingId, SubscriberId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::sound::recording::{self, Format, Recording};
use crate::statement::statements;
use crate::subscriber;
use crate::{Error, Result};

/// When a greeting is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dir {
    /// The subscriber does not answer, or can't be reached.
    #[default]
    Unavail,
    /// The subscriber is in a call.
    Busy,
}

crate::text_enum!(Dir, "dir", { Unavail => "unavail", Busy => "busy" });

record! {
    /// A greeting.
    Greeting(GreetingId) in "voicemail_greetings" called "voicemail greeting" {
        /// Whose voice box it is.
        subscriber_id: SubscriberId,
        /// The subscriber's account.
        account_id: AccountId,
        /// The subscriber's reseller.
        reseller_id: AccountId,
        /// When it is heard, once for a subscriber.
        dir: Dir,
        /// How the recording is stored.
        format: Format = Format::Wav,
        /// Bytes of the recording.
        size: i64,
    }
}

/// The greetings of all subscribers.
pub static ALL: Source = Source {
    name: "voicemail greetings",
    from: "voicemail_greetings t",
    fixed: "",
    reach: Reach::SUBSCRIBER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("subscriber_id", "t.subscriber_id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("dir", "t.dir"),
    ],
    tallies: &["reseller_id", "account_id", "subscriber_id"],
};

/// The field that a recording comes in.
const FIELD: &str = "greetingfile";

statements! {
    PUT = "INSERT INTO voicemail_greeting_recordings (greeting_id, data) VALUES ($1, $2) \
        ON CONFLICT (greeting_id) DO UPDATE SET data = excluded.data";
    REMOVE = "DELETE FROM voicemail_greeting_recordings WHERE greeting_id = $1";
    DATA = "SELECT data FROM voicemail_greeting_recordings WHERE greeting_id = $1";
    OF_SUBSCRIBER = "SELECT id FROM voicemail_greetings WHERE subscriber_id = $1 ORDER BY id";
}

async fn put(tx: &mut Tx, greeting: &Greeting, data: &[u8]) -> Result<()> {
    tx.execute(PUT, args![greeting.id, data.to_vec()]).await?;
    Ok(())
}

/// Makes a greeting of a recording.
///
/// # Errors
/// [`Error::Invalid`] for `greetingfile`, [`Error::Dangling`] for `subscriber_id`, [`Error::Taken`] for `dir`.
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    mut greeting: Greeting,
    data: Option<&[u8]>,
) -> Result<Greeting> {
    let data = data.ok_or_else(|| Error::invalid(FIELD, "Greetingfile field is required"))?;
    (greeting.format, greeting.size) = recording::accept(FIELD, data)?;
    let made = record::create(tx, caller, now, greeting).await?;
    put(tx, &made, data).await?;
    Ok(made)
}

/// Changes whose a greeting is and when it is heard, and its recording where there is a new one.
///
/// # Errors
/// [`Error::NotFound`]; as [`create`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    mut greeting: Greeting,
    data: Option<&[u8]>,
) -> Result<Greeting> {
    (greeting.format, greeting.size) = match data {
        Some(data) => recording::accept(FIELD, data)?,
        None => {
            let before: Greeting = record::hold_part(tx, caller, greeting.id.0).await?;
            (before.format, before.size)
        }
    };
    let after = record::update(tx, caller, now, greeting).await?;
    if let Some(data) = data {
        put(tx, &after, data).await?;
    }
    Ok(after)
}

/// The recording of a greeting.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn recording(tx: &mut Tx, caller: &Caller, id: GreetingId) -> Result<Recording> {
    let greeting: Greeting = record::get(tx, caller, id.0).await?;
    let row = tx.query_opt(DATA, args![id]).await?.ok_or_else(|| Error::not_found("recording", id))?;
    let filename = Some(format!("greeting-{}.{}", greeting.dir, greeting.format));
    Ok(Recording { filename, format: greeting.format, data: row.at(0)? })
}

/// Removes the greetings of a subscriber that ends.
pub(crate) async fn forget(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    record::delete_all::<Greeting>(tx, &Caller::system(&caller.name), now, OF_SUBSCRIBER, id.0).await
}

#[async_trait::async_trait]
impl Kept for Greeting {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "dir";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("subscribers", "subscriber_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        match caller.role {
            Role::Intercept => Err(Error::NotAllowed("this login has nothing to do with voice boxes".to_owned())),
            _ => caller.must_write(),
        }
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        let owner = subscriber::hold_named_by(tx, caller, "subscriber_id", self.subscriber_id).await?;
        (self.account_id, self.reseller_id) = (owner.account_id, owner.reseller_id);
        Ok(())
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        tx.execute(REMOVE, args![self.id]).await?;
        Ok(())
    }
}
