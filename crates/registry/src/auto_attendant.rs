//! Auto attendants: where the keys lead that a caller of a subscriber presses.
//!
//! A subscriber has one; where nothing has been set it has no slots. What is stored is always a SIP URI.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::call_forward::destination::address;
use crate::caller::{Caller, Role};
use crate::id::{AccountId, SubscriberId};
use crate::journal;
use crate::record::Stored;
use crate::statement::statements;
use crate::{Error, Result, listing, subscriber};

/// The keys, and what a caller gets who presses none.
pub const SLOTS: [&str; 11] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "default"];

/// Where one key leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// One of [`SLOTS`].
    pub slot: String,
    /// A SIP URI; as input also a number or a user part.
    pub destination: String,
}

/// The auto attendant of a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AutoAttendant {
    /// Whose it is.
    pub subscriber_id: SubscriberId,
    /// Where keys lead, in the order of [`SLOTS`].
    pub slots: Vec<Slot>,
    #[serde(skip)]
    account_id: AccountId,
}

statements! {
    PUT = "INSERT INTO auto_attendants (subscriber_id, slots) VALUES ($1, $2) \
        ON CONFLICT (subscriber_id) DO UPDATE SET slots = excluded.slots";
    REMOVE = "DELETE FROM auto_attendants WHERE subscriber_id = $1";
}

/// Statement for several subscribers at a time.
const MANY: &str = "SELECT subscriber_id, slots FROM auto_attendants WHERE subscriber_id IN ({ids})";

/// The auto attendants of these subscribers, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, subscribers: &[i64]) -> Result<Vec<AutoAttendant>> {
    let mut found: HashMap<i64, Vec<Slot>> = HashMap::new();
    for row in listing::for_ids(tx, MANY, subscribers).await? {
        let Stored(slots) = row.get::<Stored<Vec<Slot>>>("slots")?;
        found.insert(row.get("subscriber_id")?, slots);
    }
    let of = |id: &i64| AutoAttendant {
        subscriber_id: SubscriberId(*id),
        slots: found.remove(id).unwrap_or_default(),
        account_id: AccountId::default(),
    };
    Ok(subscribers.iter().map(of).collect())
}

/// Replaces where the keys of a subscriber lead.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`], [`Error::Invalid`] for `slot` and `destination`, [`Error::Taken`] for a
/// slot that is there twice.
pub async fn replace(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    id: SubscriberId,
    slots: &[Slot],
) -> Result<AutoAttendant> {
    if matches!(caller.role, Role::CareAdmin | Role::Care | Role::Intercept) {
        return Err(Error::NotAllowed("this role has nothing to do with auto attendants".to_owned()));
    }
    listing::hold(tx, &subscriber::SUBSCRIBERS, id.0).await?;
    let owner = subscriber::get(tx, caller, id).await?;
    let mut seen = HashSet::new();
    let mut kept = Vec::with_capacity(slots.len());
    for Slot { slot, destination } in slots {
        let Some(position) = SLOTS.iter().position(|known| known == slot) else {
            return Err(Error::invalid("slot", format!("`{slot}` is not a valid value")));
        };
        if !seen.insert(position) {
            return Err(Error::taken("auto attendant", "slot", slot));
        }
        kept.push((position, Slot { slot: slot.clone(), destination: address(destination, &owner.domain)? }));
    }
    kept.sort_by_key(|(position, _)| *position);
    let before = load(tx, &[id.0]).await?.pop();
    let slots: Vec<Slot> = kept.into_iter().map(|(_, slot)| slot).collect();
    let after = AutoAttendant { subscriber_id: id, slots, account_id: owner.account_id };
    if after.slots.is_empty() {
        tx.execute(REMOVE, args![id]).await?;
    } else {
        tx.execute(PUT, args![id, Stored(after.slots.clone())]).await?;
    }
    journal::record(tx, caller, now, before.as_ref(), Some(&after)).await?;
    Ok(after)
}

/// Forgets where the keys of a subscriber lead that ends.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn forget(tx: &mut Tx, id: SubscriberId) -> Result<()> {
    tx.execute(REMOVE, args![id]).await?;
    Ok(())
}

impl journal::Recorded for AutoAttendant {
    const KIND: &'static str = "auto_attendants";

    fn record_id(&self) -> i64 {
        self.subscriber_id.0
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}
