//! Fraud events: periods in which a customer cost more than its limit. One for each period of a customer.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use crate::account;
use crate::caller::Caller;
use crate::id::{AccountId, FraudEventId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Money, Result};

/// Of what length a period is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A day.
    #[default]
    Day,
    /// A month.
    Month,
}

crate::text_enum!(Period, "interval", { Day => "day", Month => "month" });

/// Whose limit it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitOf {
    /// The billing profile's.
    #[default]
    ProfileLimit,
    /// The customer's own.
    AccountLimit,
}

crate::text_enum!(LimitOf, "type", { ProfileLimit => "profile_limit", AccountLimit => "account_limit" });

/// Whether people have been told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyStatus {
    /// Not yet.
    #[default]
    New,
    /// They have.
    Notified,
}

crate::text_enum!(NotifyStatus, "notify_status", { New => "new", Notified => "notified" });

record! {
    /// An event.
    FraudEvent(FraudEventId) in "fraud_events" called "fraud event" {
        /// The customer.
        account_id: AccountId,
        /// Its reseller.
        reseller_id: AccountId,
        /// Of what length the period is.
        period: Period,
        /// The first day of the period where the customer is, YYYY-MM-DD.
        period_date: String,
        /// Whose limit it was.
        limit_of: LimitOf,
        /// What the period has cost.
        interval_cost: Money,
        /// The limit, in cents.
        interval_limit: i64,
        /// The lock of that limit.
        interval_lock: Option<i64>,
        /// Who is to be told: e-mail addresses, parted by commas.
        interval_notify: Option<String>,
        /// Whether the limit goes by what the reseller pays, as the profile says; it is the customer's cost all the same.
        use_reseller_rates: bool,
        /// Whether people have been told.
        notify_status: NotifyStatus,
        /// When they were.
        notified_at: Option<i64>,
        /// When the limit was passed.
        created_at: i64,
    }
}

statements! {
    OF_PERIOD = "SELECT id FROM fraud_events WHERE account_id = $1 AND period = $2 AND period_date = $3";
    SET_COST = "UPDATE fraud_events SET interval_cost = $1 WHERE id = $2";
}

/// The events of all customers.
pub static ALL: Source = Source {
    name: "fraud events",
    from: "fraud_events t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("contract_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("interval", "t.period"),
        Column::text("notify_status", "t.notify_status"),
        Column::int("created_at", "t.created_at"),
    ],
    tallies: &["reseller_id", "contract_id"],
};

#[async_trait::async_trait]
impl Kept for FraudEvent {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "period_date";

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("deal with fraud events")?;
        caller.must_write()
    }

    /// Only what is known of the notice can be changed.
    async fn settle(&mut self, _tx: &mut Tx, _caller: &Caller, now: i64, before: Option<&Self>) -> Result<()> {
        let Some(before) = before else { return Ok(()) };
        let (status, at) = (self.notify_status, self.notified_at);
        *self = before.clone();
        self.notify_status = status;
        self.notified_at = match status {
            NotifyStatus::New => None,
            NotifyStatus::Notified => at.or(before.notified_at).or(Some(now)),
        };
        Ok(())
    }
}

/// Makes the event of a period, or counts the cost to the one that there is; true: it is new.
pub(super) async fn raise(tx: &mut Tx, caller: &Caller, now: i64, event: FraudEvent) -> Result<bool> {
    let key = args![event.account_id, event.period, &event.period_date];
    // The row of the account is locked by whoever takes its money.
    if let Some(row) = tx.query_opt(OF_PERIOD, key).await? {
        tx.execute(SET_COST, args![event.interval_cost, row.at::<FraudEventId>(0)?]).await?;
        return Ok(false);
    }
    let system = Caller { name: caller.name.clone(), login: caller.login, ..Caller::system("fraud") };
    let reseller_id = account::get(tx, &system, event.account_id).await?.reseller_id;
    record::create(tx, &system, now, FraudEvent { reseller_id, ..event }).await?;
    Ok(true)
}
