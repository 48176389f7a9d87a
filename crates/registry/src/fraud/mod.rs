//! Fraud limits: what a customer may cost in a day and in a month, and what happens when it costs more.
//!
//! A customer's own limits go before those of its billing profile, each field by itself. What it costs is what was
//! captured from its [credit holds](crate::credit_hold), by the day and month of its time zone. The first time that a
//! period costs more than its limit is an [event](FraudEvent), and the lock of that limit is set on every subscriber of
//! the customer that is active and has none or a lesser one; nobody takes it off but people, no top-up either. E-mails
//! are not sent: whoever watches the events tells people, and marks them as notified.

mod event;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use store::{Row, Tx, args};

use crate::account::{self, Kind, credit};
use crate::billing::lookup::zone_of;
use crate::billing::mapping;
use crate::billing::profile::{self, Fraud, Profile};
use crate::caller::Caller;
use crate::id::AccountId;
use crate::journal;
use crate::listing;
use crate::statement::statements;
use crate::subscriber::{self, Why};
use crate::{Error, Money, Result};

pub use event::{ALL, FraudEvent, LimitOf, NotifyStatus, Period};

/// The limits that a customer has of its own. What is none is that of its billing profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// The customer.
    pub account_id: AccountId,
    /// For the cost of a month.
    pub interval: Fraud,
    /// For the cost of a day.
    pub daily: Fraud,
}

statements! {
    SET = "INSERT INTO customer_fraud_preferences (account_id, fraud_interval_limit, fraud_interval_lock, \
        fraud_interval_notify, fraud_daily_limit, fraud_daily_lock, fraud_daily_notify) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id) DO UPDATE SET \
        fraud_interval_limit = excluded.fraud_interval_limit, fraud_interval_lock = excluded.fraud_interval_lock, \
        fraud_interval_notify = excluded.fraud_interval_notify, fraud_daily_limit = excluded.fraud_daily_limit, \
        fraud_daily_lock = excluded.fraud_daily_lock, fraud_daily_notify = excluded.fraud_daily_notify";
    CLEAR = "DELETE FROM customer_fraud_preferences WHERE account_id = $1";
    ADD_COST = "INSERT INTO period_costs (account_id, period, period_date, cost) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (account_id, period, period_date) DO UPDATE SET cost = CASE \
        WHEN period_costs.cost < 1152921504606846976 THEN period_costs.cost + excluded.cost ELSE period_costs.cost END \
        RETURNING cost";
}

const MANY: &str = "SELECT account_id AS id, account_id, fraud_interval_limit, fraud_interval_lock, fraud_interval_notify, \
    fraud_daily_limit, fraud_daily_lock, fraud_daily_notify FROM customer_fraud_preferences WHERE account_id IN ({ids})";

/// The statements of these modules.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, event::STATEMENTS].into_iter().flatten()
}

fn limits(row: &Row) -> Result<Limits> {
    Ok(Limits {
        account_id: row.get("account_id")?,
        interval: Fraud {
            limit: row.get("fraud_interval_limit")?,
            lock: row.get("fraud_interval_lock")?,
            notify: row.get("fraud_interval_notify")?,
        },
        daily: Fraud {
            limit: row.get("fraud_daily_limit")?,
            lock: row.get("fraud_daily_lock")?,
            notify: row.get("fraud_daily_notify")?,
        },
    })
}

/// The limits of those customers, in their order; who has none of its own has them empty. For ids that a [`listing`] of
/// customers has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Limits>> {
    let rows = listing::for_ids(tx, MANY, ids).await?;
    let own: BTreeMap<i64, Limits> =
        rows.iter().map(|row| Ok((row.get("id")?, limits(row)?))).collect::<Result<_>>()?;
    let of = |id: &i64| own.get(id).cloned().unwrap_or(Limits { account_id: AccountId(*id), ..Limits::default() });
    Ok(ids.iter().map(of).collect())
}

/// The profiles that hold now for those of the customers that have one.
///
/// # Errors
/// Only those of the database.
pub async fn profiles(tx: &mut Tx, ids: &[i64], now: i64) -> Result<BTreeMap<i64, Profile>> {
    let current = mapping::current(tx, ids, now).await?;
    let wanted: Vec<i64> = current.values().map(|profile| profile.0).collect();
    let loaded = profile::load(tx, &wanted).await?;
    let by_id: BTreeMap<i64, Profile> = loaded.into_iter().map(|profile| (profile.id.0, profile)).collect();
    Ok(current.into_iter().filter_map(|(id, profile)| Some((id, by_id.get(&profile.0)?.clone()))).collect())
}

async fn to_change(tx: &mut Tx, caller: &Caller, id: AccountId) -> Result<Limits> {
    caller.must_care("set fraud limits")?;
    credit::lock(tx, id).await?;
    let found = account::get(tx, caller, id).await?;
    if found.kind != Kind::Customer {
        return Err(Error::not_found("customer", id));
    }
    if found.status == account::Status::Terminated {
        return Err(Error::Terminated { kind: "customer", key: id.to_string() });
    }
    load(tx, &[id.0]).await?.pop().ok_or_else(|| Error::not_found("customer", id))
}

/// Gives a customer limits of its own.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Terminated`], [`Error::Invalid`] naming the field as a profile does,
/// [`Error::NotAllowed`].
pub async fn set(tx: &mut Tx, caller: &Caller, now: i64, after: &Limits) -> Result<()> {
    let before = to_change(tx, caller, after.account_id).await?;
    profile::check_fraud(&after.interval, &after.daily)?;
    let Limits { account_id, interval, daily } = after;
    let mut values = args![*account_id].to_vec();
    for fraud in [interval, daily] {
        values.extend_from_slice(args![fraud.limit, fraud.lock, fraud.notify.as_deref()]);
    }
    tx.execute(SET, &values).await?;
    journal::record(tx, caller, now, Some(&before), Some(after)).await
}

/// Takes a customer's own limits from it.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Terminated`], [`Error::NotAllowed`].
pub async fn clear(tx: &mut Tx, caller: &Caller, now: i64, id: AccountId) -> Result<()> {
    let before = to_change(tx, caller, id).await?;
    tx.execute(CLEAR, args![id]).await?;
    journal::record(tx, caller, now, Some(&before), None).await
}

/// Counts what was taken from a customer to its day and its month, and acts where that is more than it may cost.
pub(crate) async fn note_cost(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId, amount: Money) -> Result<()> {
    let zone = TimeZone::get(&zone_of(tx, account).await?).unwrap_or(TimeZone::UTC);
    let today = Timestamp::from_microsecond(now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone).date();
    let mut costs = Vec::new();
    for (period, first) in [(Period::Month, today.first_of_month()), (Period::Day, today)] {
        let date = first.to_string();
        let cost: Money = tx.query_one(ADD_COST, args![account, period, &date, amount]).await?.at(0)?;
        costs.push((period, date, cost));
    }
    let Some(own) = load(tx, &[account.0]).await?.pop() else { return Ok(()) };
    let profile = profiles(tx, &[account.0], now).await?.remove(&account.0);
    let general = profile.map(|profile| profile.spec).unwrap_or_default();
    for (period, date, cost) in costs {
        let (own, of_profile) = match period {
            Period::Month => (&own.interval, &general.fraud_interval),
            Period::Day => (&own.daily, &general.fraud_daily),
        };
        let Some(limit) = own.limit.or(of_profile.limit) else { continue };
        if cost.0 <= limit.saturating_mul(Money::CENT) {
            continue;
        }
        let seen = FraudEvent {
            account_id: account,
            period,
            period_date: date,
            limit_of: if own.limit.is_some() { LimitOf::AccountLimit } else { LimitOf::ProfileLimit },
            interval_cost: cost,
            interval_limit: limit,
            interval_lock: own.lock.or(of_profile.lock),
            interval_notify: own.notify.clone().or_else(|| of_profile.notify.clone()),
            use_reseller_rates: general.fraud_use_reseller_rates,
            created_at: now,
            ..FraudEvent::default()
        };
        let lock = seen.interval_lock.filter(|level| *level > 0);
        if event::raise(tx, caller, now, seen).await?
            && let Some(level) = lock
        {
            subscriber::lock_all(tx, caller, now, account, Why::Fraud, level).await?;
        }
    }
    Ok(())
}

impl journal::Recorded for Limits {
    const KIND: &'static str = "customer_fraud_preferences";

    fn record_id(&self) -> i64 {
        self.account_id.0
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.account_id)
    }
}
