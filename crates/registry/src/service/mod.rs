//! Services of subscribers: what each has set for its voicemail, its faxes, its speed dials and the like.
//!
//! A subscriber has one document for each service; who has set nothing has the service's defaults. It is seen and
//! changed by whoever may see the subscriber, and goes with it. What of it is secret is sealed.

mod cc_map;
mod fax;
mod secretary;
mod speed_dial;
mod voicemail;

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Tx, Val, args};

use crate::call_forward::{Owner, locked};
use crate::caller::Caller;
use crate::id::SubscriberId;
use crate::journal::{self, Change, Operation};
use crate::record::Stored;
use crate::seal::{Sealed, Sealer};
use crate::statement::statements;
use crate::{Error, Result, listing};

pub use cc_map::{CcMap, CcMapping};
pub use fax::{FaxDestination, FaxSettings, FileType, MailToFax, Notified, Renewal, Sender};
pub use secretary::Secretary;
pub use speed_dial::{SpeedDial, SpeedDials};
pub use voicemail::{DELETE_NEEDS_ATTACH, Voicemail};

statements! {
    SET = "INSERT INTO subscriber_services (subscriber_id, service, settings, secrets) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (subscriber_id, service) DO UPDATE SET settings = excluded.settings, secrets = excluded.secrets";
    FORGET = "DELETE FROM subscriber_services WHERE subscriber_id = $1 AND service = $2";
    FORGET_ALL = "DELETE FROM subscriber_services WHERE subscriber_id = $1";
}

/// For several subscribers at a time; the service is one of our own words.
const MANY: &str = "SELECT v.subscriber_id, v.settings, v.secrets, s.uuid FROM subscriber_services v \
    JOIN subscribers s ON s.id = v.subscriber_id WHERE v.service = '{service}' AND v.subscriber_id IN ({ids})";
/// What the defaults may follow from.
const UUIDS: &str = "SELECT id, uuid FROM subscribers WHERE id IN ({ids}) AND status <> 'terminated'";

/// Every statement of these modules.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, speed_dial::STATEMENTS].into_iter().flatten()
}

/// A service: its settings, their defaults and rules.
#[async_trait::async_trait]
pub trait Service: Serialize + DeserializeOwned + std::fmt::Debug + Clone + Default + PartialEq + Send + Sync {
    /// Its name in the database and in the journal.
    const KIND: &'static str;

    /// What a subscriber has that has set nothing.
    fn initial(_sealer: &Sealer, _uuid: &str) -> Self {
        Self::default()
    }

    /// Refuses what must not be stored, and completes what follows from the subscriber and from what was there.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    #[doc(hidden)]
    fn settle(&mut self, owner: &Whose<'_>, before: &Self, now: i64) -> Result<()>;

    /// What of the settings is secret, in their order: it is kept sealed, apart from the rest, and is not in the journal.
    fn secrets(&mut self) -> Vec<&mut String> {
        Vec::new()
    }

    /// What those subscribers have set.
    #[doc(hidden)]
    async fn read(tx: &mut Tx, sealer: &Sealer, ids: &[i64]) -> Result<HashMap<i64, Self>> {
        let rows = listing::for_ids(tx, &MANY.replace("{service}", Self::KIND), ids).await?;
        let row = |row: &store::Row| {
            let (mut settings, sealed): (Self, Sealed) = (row.at::<Stored<Self>>(1)?.0, row.at(2)?);
            open(&mut settings, sealer, &sealed, &row.at::<String>(3)?)?;
            Ok((row.at(0)?, settings))
        };
        rows.iter().map(row).collect()
    }

    /// Writes what a subscriber has set.
    #[doc(hidden)]
    async fn write(&self, tx: &mut Tx, sealer: &Sealer, owner: &Whose<'_>) -> Result<()> {
        let mut settings = self.clone();
        let sealed = seal(&mut settings, sealer, &owner.0.uuid)?;
        let values = args![owner.0.id, Self::KIND, Val::from(Stored(settings)), Val::from(sealed)];
        tx.execute(SET, values).await?;
        Ok(())
    }

    /// Forgets what a subscriber has set.
    #[doc(hidden)]
    async fn forget(tx: &mut Tx, id: SubscriberId) -> Result<()> {
        tx.execute(FORGET, args![id, Self::KIND]).await?;
        Ok(())
    }
}

/// The subscriber whose settings are written.
#[derive(Debug)]
pub struct Whose<'a>(&'a Owner);

/// What the secrets of a service are sealed for.
fn sealing_context<S: Service>(uuid: &str) -> String {
    format!("{} of subscriber {uuid}", S::KIND)
}

/// Takes the secrets out of settings, and seals them.
fn seal<S: Service>(settings: &mut S, sealer: &Sealer, uuid: &str) -> Result<Sealed> {
    let secrets: Vec<String> = settings.secrets().into_iter().map(std::mem::take).collect();
    let text = (!secrets.is_empty()).then(|| serde_json::Value::from(secrets).to_string());
    Sealed::new(sealer, &sealing_context::<S>(uuid), text.as_deref())
}

/// Puts sealed secrets back into their settings.
fn open<S: Service>(settings: &mut S, sealer: &Sealer, sealed: &Sealed, uuid: &str) -> Result<()> {
    let context = sealing_context::<S>(uuid);
    let Some(text) = sealed.open(sealer, &context)? else { return Ok(()) };
    let unfit = || Error::Internal(format!("{context}: the secrets are not those of the settings"));
    let secrets: Vec<String> = serde_json::from_str(&text).map_err(|_| unfit())?;
    let places = settings.secrets();
    if places.len() != secrets.len() {
        return Err(unfit());
    }
    for (place, secret) in places.into_iter().zip(secrets) {
        *place = secret;
    }
    Ok(())
}

/// The settings of those subscribers, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database, and [`Error::Internal`] where secrets were sealed with another key.
pub async fn load<S: Service>(tx: &mut Tx, sealer: &Sealer, ids: &[i64]) -> Result<Vec<(i64, S)>> {
    let mut set = S::read(tx, sealer, ids).await?;
    let rows = listing::for_ids(tx, UUIDS, ids).await?;
    let uuids = rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect::<Result<Vec<(i64, String)>>>()?;
    let settings = |(id, uuid): (i64, String)| (id, set.remove(&id).unwrap_or_else(|| S::initial(sealer, &uuid)));
    Ok(listing::in_order(ids, uuids, |(id, _)| *id).into_iter().map(settings).collect())
}

/// Puts settings in the place of those that a subscriber has.
///
/// # Errors
/// [`Error::NotFound`] for the subscriber, [`Error::NotAllowed`], [`Error::Invalid`].
pub async fn replace<S: Service>(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
    mut settings: S,
) -> Result<()> {
    let owner = locked(tx, caller, id).await?;
    let before = S::read(tx, sealer, &[id.0]).await?.remove(&id.0);
    settings.settle(&Whose(&owner), before.as_ref().unwrap_or(&S::initial(sealer, &owner.uuid)), now)?;
    settings.write(tx, sealer, &Whose(&owner)).await?;
    write(tx, caller, now, &owner, before.as_ref(), Some(&settings)).await
}

/// Gives a subscriber the service's defaults again.
///
/// # Errors
/// [`Error::NotFound`] for the subscriber, [`Error::NotAllowed`].
pub async fn reset<S: Service>(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    sealer: &Sealer,
    id: SubscriberId,
) -> Result<()> {
    let owner = locked(tx, caller, id).await?;
    let before = S::read(tx, sealer, &[id.0]).await?.remove(&id.0);
    S::forget(tx, id).await?;
    write(tx, caller, now, &owner, before.as_ref(), None).await
}

async fn write<S: Service>(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    owner: &Owner,
    before: Option<&S>,
    after: Option<&S>,
) -> Result<()> {
    let record = |settings: &S| -> Result<serde_json::Value> {
        let mut settings = settings.clone();
        settings.secrets().into_iter().for_each(|secret| "***".clone_into(secret));
        let json = serde_json::to_value(settings).map_err(|error| Error::Internal(error.to_string()))?;
        let mut record = serde_json::json!({ "id": owner.id, "subscriber_id": owner.id });
        if let (Some(record), serde_json::Value::Object(fields)) = (record.as_object_mut(), json) {
            record.extend(fields);
        }
        Ok(record)
    };
    let (before, after) = (before.map(record).transpose()?, after.map(record).transpose()?);
    let change = Change {
        kind: S::KIND,
        record_id: owner.id.0,
        account: Some(owner.account_id),
        // Who has set nothing has the defaults, so that there was something to change.
        operation: if after.is_some() { Operation::Update } else { Operation::Delete },
        before: before.as_ref().map(|before| before as _),
        after: after.as_ref().map(|after| after as _),
    };
    journal::write(tx, caller, now, change).await
}

/// Removes all that a subscriber has set for its services; for its termination.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn forget_all(tx: &mut Tx, id: SubscriberId) -> Result<()> {
    tx.execute(FORGET_ALL, args![id]).await?;
    SpeedDials::forget(tx, id).await
}
