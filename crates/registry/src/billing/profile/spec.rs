//! What a billing profile says, which of it is right, and how it is kept.

use serde::Serialize;
use store::{Row, Val, args};

use super::Profile;
use crate::billing::Rate;
use crate::billing::package::rules::MOST_CENTS;
use crate::billing::peak::Peaks;
use crate::contact::is_email;
use crate::{Error, Result};

const LIBRARY: &str = "libswrate";
/// Most free seconds of an interval.
const MOST_FREE_TIME: i64 = 1_000_000_000_000;

/// Several profiles with everything but their peak times.
pub(super) const MANY: &str = "SELECT id, reseller_id, status, handle, name, prepaid, prepaid_library, advice_of_charge, \
    ignore_domain, fraud_use_reseller_rates, interval_charge, interval_free_cash, interval_free_time, \
    fraud_interval_limit, fraud_interval_lock, fraud_interval_notify, fraud_daily_limit, fraud_daily_lock, \
    fraud_daily_notify, currency FROM billing_profiles WHERE id IN ({ids})";

/// What happens to an account whose calls cost more than a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fraud {
    /// The limit, in the unit of the rates.
    pub limit: Option<i64>,
    /// Which calls are locked then: 0 none, 1 to foreign numbers, 2 outgoing, 3 in and out, 4 all services, 5 ported.
    pub lock: Option<i64>,
    /// E-mail addresses, parted by commas, that are told.
    pub notify: Option<String>,
}

/// What a profile says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// For programs: letters, digits and underscores.
    pub handle: String,
    /// For people.
    pub name: String,
    /// Calls are paid before they are made.
    pub prepaid: bool,
    /// What rates prepaid calls; there is one: `libswrate`.
    pub prepaid_library: String,
    /// The cost of a call is told while it lasts.
    pub advice_of_charge: bool,
    /// Fees match numbers without their domain.
    pub ignore_domain: bool,
    /// Fraud limits go by what the reseller pays instead of by what the customer pays.
    pub fraud_use_reseller_rates: bool,
    /// Charged every interval.
    pub interval_charge: Rate,
    /// Free every interval.
    pub interval_free_cash: Rate,
    /// Free every interval, in seconds.
    pub interval_free_time: i64,
    /// For the cost of an interval.
    pub fraud_interval: Fraud,
    /// For the cost of a day.
    pub fraud_daily: Fraud,
    /// Name of the currency.
    pub currency: Option<String>,
    /// When the peak rates hold.
    #[serde(flatten)]
    pub peaks: Peaks,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec {
            handle: String::new(),
            name: String::new(),
            prepaid: false,
            prepaid_library: LIBRARY.to_owned(),
            advice_of_charge: false,
            ignore_domain: false,
            fraud_use_reseller_rates: false,
            interval_charge: Rate::default(),
            interval_free_cash: Rate::default(),
            interval_free_time: 0,
            fraud_interval: Fraud::default(),
            fraud_daily: Fraud::default(),
            currency: None,
            peaks: Peaks::default(),
        }
    }
}

/// A row of [`MANY`].
pub(super) fn profile(row: &Row) -> Result<Profile> {
    Ok(Profile {
        id: row.get("id")?,
        reseller_id: row.get("reseller_id")?,
        status: row.get("status")?,
        spec: Spec {
            handle: row.get("handle")?,
            name: row.get("name")?,
            prepaid: row.get("prepaid")?,
            prepaid_library: row.get("prepaid_library")?,
            advice_of_charge: row.get("advice_of_charge")?,
            ignore_domain: row.get("ignore_domain")?,
            fraud_use_reseller_rates: row.get("fraud_use_reseller_rates")?,
            interval_charge: row.get("interval_charge")?,
            interval_free_cash: row.get("interval_free_cash")?,
            interval_free_time: row.get("interval_free_time")?,
            fraud_interval: Fraud {
                limit: row.get("fraud_interval_limit")?,
                lock: row.get("fraud_interval_lock")?,
                notify: row.get("fraud_interval_notify")?,
            },
            fraud_daily: Fraud {
                limit: row.get("fraud_daily_limit")?,
                lock: row.get("fraud_daily_lock")?,
                notify: row.get("fraud_daily_notify")?,
            },
            currency: row.get("currency")?,
            peaks: Peaks::default(),
        },
    })
}

/// The columns after the times, in the order of the statements.
pub(super) fn values(spec: &Spec) -> Vec<Val> {
    let mut values = args![
        &spec.handle,
        &spec.name,
        spec.prepaid,
        &spec.prepaid_library,
        spec.advice_of_charge,
        spec.ignore_domain,
        spec.fraud_use_reseller_rates,
        spec.interval_charge,
        spec.interval_free_cash,
        spec.interval_free_time
    ]
    .to_vec();
    for fraud in [&spec.fraud_interval, &spec.fraud_daily] {
        values.extend_from_slice(args![fraud.limit, fraud.lock, fraud.notify.as_deref()]);
    }
    values.push(spec.currency.as_deref().into());
    values
}

/// Refuses what is too long, out of range or not of the form that it should have.
pub(super) fn check(spec: &Spec) -> Result<()> {
    let long = |text: &str, most: usize| text.is_empty() || text.chars().count() > most;
    if long(&spec.name, 31) {
        return Err(Error::invalid("name", "a name has 1 to 31 characters"));
    }
    let word = spec.handle.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if long(&spec.handle, 63) || !word {
        return Err(Error::invalid("handle", "a handle has 1 to 63 letters, digits and underscores"));
    }
    if spec.prepaid_library != LIBRARY {
        return Err(Error::invalid("prepaid_library", format!("`{}` is not `{LIBRARY}`", spec.prepaid_library)));
    }
    if spec.currency.as_deref().is_some_and(|currency| long(currency, 31)) {
        return Err(Error::invalid("currency", "a currency has 1 to 31 characters"));
    }
    if !(0..=MOST_FREE_TIME).contains(&spec.interval_free_time) {
        return Err(Error::invalid("interval_free_time", format!("it is between 0 and {MOST_FREE_TIME} seconds")));
    }
    if spec.interval_free_cash < Rate::default() || spec.interval_free_cash.is_beyond(MOST_CENTS) {
        return Err(Error::invalid("interval_free_cash", format!("it is between 0 and {MOST_CENTS} cents")));
    }
    check_fraud(&spec.fraud_interval, &spec.fraud_daily)?;
    spec.peaks.check()
}

/// Refuses limits below zero, unknown locks and addresses that are none.
pub(crate) fn check_fraud(interval: &Fraud, daily: &Fraud) -> Result<()> {
    let long = |text: &str, most: usize| text.is_empty() || text.chars().count() > most;
    let names = [
        ("fraud_interval_limit", "fraud_interval_lock", "fraud_interval_notify"),
        ("fraud_daily_limit", "fraud_daily_lock", "fraud_daily_notify"),
    ];
    for ((limit, lock, notify), fraud) in names.into_iter().zip([interval, daily]) {
        if fraud.limit.is_some_and(|limit| limit < 0) {
            return Err(Error::invalid(limit, "a limit is not below zero"));
        }
        if fraud.lock.is_some_and(|lock| !(0..=5).contains(&lock)) {
            return Err(Error::invalid(lock, "a lock is between 0 and 5"));
        }
        let wrong = |list: &String| long(list, 255) || !list.split(',').all(|address| is_email(address.trim()));
        if fraud.notify.as_ref().is_some_and(wrong) {
            return Err(Error::invalid(notify, "it is not a list of e-mail addresses, parted by commas"));
        }
    }
    Ok(())
}
