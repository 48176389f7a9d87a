//! Reminders: calls that wake a subscriber or remind it of something, one for each subscriber.

use crate::caller::Caller;
use crate::id::{AccountId, ReminderId, SubscriberId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result, subscriber};
use store::{Tx, args};

/// When a reminder comes again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recurrence {
    /// Not at all.
    #[default]
    Never,
    /// From Monday to Friday.
    Weekdays,
    /// Every day.
    Always,
}

crate::text_enum!(Recurrence, "recur", { Never => "never", Weekdays => "weekdays", Always => "always" });

record! {
    /// A reminder.
    Reminder(ReminderId) in "reminders" called "reminder" {
        /// Whom it calls.
        subscriber_id: SubscriberId,
        /// The subscriber's account.
        account_id: AccountId,
        /// The subscriber's reseller.
        reseller_id: AccountId,
        /// `HH:MM:SS` in the subscriber's time zone; seconds may be left out as input.
        time: String,
        /// When it comes again.
        recur: Recurrence,
        /// Whether it calls at all.
        active: bool = true,
    }
}

/// The reminders of all subscribers.
pub static ALL: Source = Source {
    name: "reminders",
    from: "reminders t",
    fixed: "",
    reach: Reach::SUBSCRIBER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("subscriber_id", "t.subscriber_id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("time", "t.time"),
        Column::text("recur", "t.recur"),
        Column::bool("active", "t.active"),
    ],
    tallies: &["reseller_id", "account_id"],
};

statements! {
    OF_SUBSCRIBER = "SELECT id FROM reminders WHERE subscriber_id = $1";
}

/// Removes the reminder of a subscriber; for its termination.
pub(crate) async fn forget(tx: &mut Tx, caller: &Caller, now: i64, id: SubscriberId) -> Result<()> {
    if let Some(row) = tx.query_opt(OF_SUBSCRIBER, args![id]).await? {
        record::delete::<Reminder>(tx, &Caller::system(&caller.name), now, row.at(0)?).await?;
    }
    Ok(())
}

/// A time of day with seconds.
fn time_of_day(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    let part = |index: usize, end: u32| {
        let digits = parts.get(index).copied().unwrap_or("00");
        let fits = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u32>().ok().filter(|n| fits && *n < end)
    };
    let whole = matches!(parts.len(), 2 | 3);
    whole.then_some(()).and_then(|()| Some(format!("{:02}:{:02}:{:02}", part(0, 24)?, part(1, 60)?, part(2, 60)?)))
}

#[async_trait::async_trait]
impl Kept for Reminder {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "subscriber_id";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("subscribers", "subscriber_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_write()
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        let time = time_of_day(&self.time);
        self.time = time.ok_or_else(|| Error::invalid("time", format!("`{}` is not a time of day", self.time)))?;
        let owner = subscriber::hold_named_by(tx, caller, "subscriber_id", self.subscriber_id).await?;
        (self.account_id, self.reseller_id) = (owner.account_id, owner.reseller_id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::time_of_day;

    #[test]
    fn a_time_of_day_has_two_digits_a_part() {
        let table = [
            ("07:30", Some("07:30:00")),
            ("23:59:59", Some("23:59:59")),
            ("24:00", None),
            ("7:30", None),
            ("07:60", None),
            ("07:30:", None),
            ("07", None),
            ("", None),
            ("+7:30", None),
            ("07:30:00:00", None),
        ];
        for (text, time) in table {
            assert_eq!(time_of_day(text).as_deref(), time, "{text}");
        }
    }
}
