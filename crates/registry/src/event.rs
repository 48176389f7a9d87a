//! Events of subscribers: that a service began, changed or ended for one of them, and when.
//!
//! Told here: the subscriber profile that a subscriber gets, changes and loses, and the hunt group that it is, by the
//! order in which it rings. Events stay when the subscriber is terminated, and are never changed.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::Result;
use crate::id::{AccountId, SubscriberEventId, SubscriberId};
use crate::listing::{Column, Reach, Source};
use crate::record::record;
use crate::statement::statements;
use crate::subscriber::Subscriber;

/// What happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// It got a subscriber profile.
    #[default]
    StartProfile,
    /// It got another subscriber profile.
    UpdateProfile,
    /// It has no subscriber profile any more.
    EndProfile,
    /// It became a hunt group.
    StartHuntgroup,
    /// It rings its members in another order.
    UpdateHuntgroup,
    /// It is no hunt group any more.
    EndHuntgroup,
}

crate::text_enum!(EventType, "type", {
    StartProfile => "start_profile", UpdateProfile => "update_profile", EndProfile => "end_profile",
    StartHuntgroup => "start_huntgroup", UpdateHuntgroup => "update_huntgroup", EndHuntgroup => "end_huntgroup",
});

record! {
    /// An event.
    SubscriberEvent(SubscriberEventId) in "subscriber_events" called "event" {
        /// Whose.
        subscriber_id: SubscriberId,
        /// The account of the subscriber at that time.
        account_id: AccountId,
        /// The reseller of that account.
        reseller_id: AccountId,
        /// What happened.
        event_type: EventType,
        /// What was before: the id of a subscriber profile, or in which order a group rang.
        old_status: String,
        /// What is now.
        new_status: String,
        /// When.
        at: i64,
    }
}

statements! {
    INSERT = "INSERT INTO subscriber_events (subscriber_id, account_id, reseller_id, event_type, old_status, new_status, at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
}

/// The events of all subscribers.
pub static ALL: Source = Source {
    name: "subscriber events",
    from: "subscriber_events t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("subscriber_id", "t.subscriber_id"),
        Column::int("customer_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("type", "t.event_type"),
        Column::int("timestamp", "t.at"),
    ],
    tallies: &["reseller_id", "subscriber_id"],
};

/// The profile of a subscriber, and in which order it rings where it is a group.
fn services(subscriber: &Subscriber) -> [Option<String>; 2] {
    let pbx = &subscriber.details.pbx;
    let policy = || pbx.pbx_hunt_policy.map_or_else(|| "none".to_owned(), |policy| policy.to_string());
    [subscriber.details.profile_id.map(|id| id.to_string()), pbx.is_pbx_group.then(policy)]
}

/// Writes down what a change of a subscriber means for its services. None before: it is new; none after: it has ended.
pub(crate) async fn note(tx: &mut Tx, now: i64, before: Option<&Subscriber>, after: Option<&Subscriber>) -> Result<()> {
    const TYPES: [[EventType; 3]; 2] = [
        [EventType::StartProfile, EventType::UpdateProfile, EventType::EndProfile],
        [EventType::StartHuntgroup, EventType::UpdateHuntgroup, EventType::EndHuntgroup],
    ];
    let Some(subscriber) = after.or(before) else { return Ok(()) };
    let of = |side: Option<&Subscriber>| side.map(services).unwrap_or_default();
    for ((old, new), [start, update, end]) in of(before).into_iter().zip(of(after)).zip(TYPES) {
        let event_type = match (&old, &new) {
            (None, None) => continue,
            (None, Some(_)) => start,
            (Some(_), None) => end,
            (Some(old), Some(new)) if old != new => update,
            (Some(_), Some(_)) => continue,
        };
        let (subscriber_id, reseller_id) = (subscriber.id, subscriber.reseller_id);
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        let values = args![subscriber_id, subscriber.account_id, reseller_id, event_type, old, new, now];
        let id: i64 = tx.query_one(INSERT, values).await?.at(0)?;
        ALL.count(tx, id, &[("reseller_id", reseller_id.0), ("subscriber_id", subscriber_id.0)], 1);
    }
    Ok(())
}
