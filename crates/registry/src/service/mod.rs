//! Services of subscribers: what each has set for its voicemail, its faxes, its speed dials and the like.
//!
//! A subscriber has one document for each service; who has set nothing has the service's defaults. It is seen and
//! changed by whoever may see the subscriber, and goes with it.

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
use crate::statement::statements;
use crate::{Error, Result, listing};

pub use cc_map::{CcMap, CcMapping};
pub use fax::{FaxDestination, FaxSettings, FileType, MailToFax, Notified, Renewal, Sender};
pub use secretary::Secretary;
pub use speed_dial::{SpeedDial, SpeedDials};
pub use voicemail::{DELETE_NEEDS_ATTACH, Voicemail};

statements! {
    SET = "INSERT INTO subscriber_services (subscriber_id, service, settings) VALUES ($1, $2, $3) \
        ON CONFLICT (subscriber_id, service) DO UPDATE SET settings = excluded.settings";
    FORGET = "DELETE FROM subscriber_services WHERE subscriber_id = $1 AND service = $2";
    FORGET_ALL = "DELETE FROM subscriber_services WHERE subscriber_id = $1";
}

/// For several subscribers at a time; the service is one of our own words.
const MANY: &str = "SELECT subscriber_id, settings FROM subscriber_services WHERE service = '{service}' \
    AND subscriber_id IN ({ids})";
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

    /// What a subscriber has that has set nothing. The uuid is random and known only to those who see the subscriber.
    fn initial(_uuid: &str) -> Self {
        Self::default()
    }

    /// Refuses what must not be stored, and completes what follows from the subscriber and from what was there.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    #[doc(hidden)]
    fn settle(&mut self, owner: &Whose<'_>, before: &Self, now: i64) -> Result<()>;

    /// Without what is nobody's business but the subscriber's, for the journal.
    fn discreet(&self) -> Self {
        self.clone()
    }

    /// What those subscribers have set.
    #[doc(hidden)]
    async fn read(tx: &mut Tx, ids: &[i64]) -> Result<HashMap<i64, Self>> {
        let rows = listing::for_ids(tx, &MANY.replace("{service}", Self::KIND), ids).await?;
        let row = |row: &store::Row| Ok((row.at(0)?, row.at::<Stored<Self>>(1)?.0));
        rows.iter().map(row).collect()
    }

    /// Writes what a subscriber has set.
    #[doc(hidden)]
    async fn write(&self, tx: &mut Tx, id: SubscriberId) -> Result<()> {
        let settings = Val::from(Stored(self.clone()));
        tx.execute(SET, &[id.into(), Self::KIND.into(), settings]).await?;
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

/// The settings of those subscribers, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load<S: Service>(tx: &mut Tx, ids: &[i64]) -> Result<Vec<(i64, S)>> {
    let mut set = S::read(tx, ids).await?;
    let rows = listing::for_ids(tx, UUIDS, ids).await?;
    let uuids = rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect::<Result<Vec<(i64, String)>>>()?;
    let settings = |(id, uuid): (i64, String)| (id, set.remove(&id).unwrap_or_else(|| S::initial(&uuid)));
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
    id: SubscriberId,
    mut settings: S,
) -> Result<()> {
    let owner = locked(tx, caller, id).await?;
    let before = S::read(tx, &[id.0]).await?.remove(&id.0);
    settings.settle(&Whose(&owner), before.as_ref().unwrap_or(&S::initial(&owner.uuid)), now)?;
    settings.write(tx, id).await?;
    write(tx, caller, now, &owner, before.as_ref(), Some(&settings)).await
}

/// Gives a subscriber the service's defaults again.
///
/// # Errors
/// [`Error::NotFound`] for the subscriber, [`Error::NotAllowed`].
pub async fn reset<S: Service>(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    let owner = locked(tx, caller, id).await?;
    let before = S::read(tx, &[id.0]).await?.remove(&id.0);
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
        let json = serde_json::to_value(settings.discreet()).map_err(|error| Error::Internal(error.to_string()))?;
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
