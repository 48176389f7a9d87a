//! What a call costs: whose profile it is billed by, which fee, whether it is off-peak, and for how much.

use std::net::IpAddr;

use jiff::tz::TimeZone;
use store::{Tx, args};

use super::{Priced, find};
use crate::account::{self, Kind};
use crate::billing::fee::Direction;
use crate::billing::rating::{self, Calendar, Cost};
use crate::billing::{interval, mapping, profile};
use crate::caller::Caller;
use crate::clock::SECOND;
use crate::id::{AccountId, ProfileId, SubscriberId};
use crate::statement::statements;
use crate::{Error, Result, listing, subscriber};

statements! {
    OF_SUBSCRIBER = "SELECT account_id FROM subscribers WHERE id = $1";
    ZONE = "SELECT COALESCE(c.timezone, r.timezone) AS zone FROM accounts a LEFT JOIN contacts c ON c.id = a.contact_id \
        LEFT JOIN accounts p ON p.id = a.reseller_id LEFT JOIN contacts r ON r.id = p.contact_id WHERE a.id = $1";
}

/// What [`answer`] calls a profile that a customer does not have.
pub const NO_PROFILE: &str = "billing profile of customer";
/// What [`answer`] calls a fee that no profile has, with the destination as its key.
pub const NO_FEE: &str = "billing fee for";

/// Whose profile a call is billed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The profile itself, terminated ones not.
    Profile(ProfileId),
    /// The profile that a customer has at the time of the call.
    Customer(AccountId),
    /// The profile that the customer of a subscriber has at the time of the call.
    Subscriber(SubscriberId),
}

/// A call that is to be priced.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Whose profile.
    pub of: Of,
    /// The calling number or URI.
    pub source: &'a str,
    /// The called number or URI.
    pub destination: &'a str,
    /// Whether the call is made or received.
    pub direction: Direction,
    /// When it begins.
    pub at: i64,
    /// The address that it comes from, for profiles of networks.
    pub ip: Option<IpAddr>,
    /// Its length in microseconds, where its cost is asked for.
    pub duration: Option<i64>,
    /// The free time that is left, in microseconds; none: what the customer has now, and nothing where no customer is asked
    /// for.
    pub free_time: Option<i64>,
}

/// How a call is priced.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The profile.
    pub billing_profile_id: ProfileId,
    /// The customer, where one was asked for.
    pub customer_id: Option<AccountId>,
    /// The fee and its zone.
    pub priced: Priced,
    /// Whether the off-peak rates hold when the call begins.
    pub is_off_peak: bool,
    /// The time zone of the profile's weekly times: that of the customer's contact, or else of the reseller's contact, or
    /// else UTC.
    pub time_zone: String,
    /// What it costs, where a length was given.
    pub cost: Option<Cost>,
}

/// Prices a call; nothing is changed.
///
/// # Errors
/// [`Error::Dangling`] for `billing_profile_id`, `customer_id` and `subscriber_id`; [`Error::NotFound`] of
/// [`NO_PROFILE`] and [`NO_FEE`]; [`Error::Conflict`] as [`find`], [`Error::Invalid`] for a length that can't be reckoned,
/// [`Error::NotAllowed`].
pub async fn answer(tx: &mut Tx, caller: &Caller, now: i64, question: &Question<'_>) -> Result<Answer> {
    caller.must_be_reseller("look up fees")?;
    let customer = match question.of {
        Of::Profile(_) => None,
        Of::Customer(id) => Some(customer(tx, caller, id).await?),
        Of::Subscriber(id) => {
            if !listing::shows(tx, caller, &subscriber::SUBSCRIBERS, id.0).await? {
                return Err(Error::dangling("subscriber_id", id));
            }
            let row = tx.query_opt(OF_SUBSCRIBER, args![id]).await?;
            Some(row.ok_or_else(|| Error::dangling("subscriber_id", id))?.at(0)?)
        }
    };
    let profile_id = match (question.of, customer) {
        (Of::Profile(id), _) => id,
        (_, Some(account)) => {
            let holding = mapping::holding(tx, account, question.ip, question.at).await?;
            holding.ok_or_else(|| Error::not_found(NO_PROFILE, account))?
        }
        (_, None) => return Err(Error::Internal("a call is nobody's".to_owned())),
    };
    let profile = match customer {
        None => {
            let profile = profile::get(tx, caller, profile_id).await;
            profile.map_err(|error| error.or_dangling("billing_profile_id", profile_id))?
        }
        // It may have been terminated since the call.
        Some(_) => profile::load(tx, &[profile_id.0])
            .await?
            .pop()
            .ok_or_else(|| Error::Internal(format!("billing profile {profile_id} is mapped and not there")))?,
    };
    let part = |number| local(number, profile.spec.ignore_domain);
    let (source, destination) = (part(question.source), part(question.destination));
    let found = find(tx, profile_id, question.direction, source, destination).await?;
    let priced = found.ok_or_else(|| Error::not_found(NO_FEE, destination))?;
    let time_zone = zone_of(tx, customer.unwrap_or(profile.reseller_id)).await?;
    let calendar = Calendar::new(&profile.spec.peaks, TimeZone::get(&time_zone).unwrap_or(TimeZone::UTC));
    let cost = match question.duration {
        None => None,
        Some(duration) => {
            let (peak, off_peak) = (&priced.fee.spec.onpeak, &priced.fee.spec.offpeak);
            let free_time = match (question.free_time, customer) {
                (Some(free_time), _) => free_time,
                (None, Some(account)) if peak.use_free_time || off_peak.use_free_time => {
                    free_time_of(tx, account, now).await?
                }
                (None, _) => 0,
            };
            Some(rating::cost(peak, off_peak, &calendar, question.at, duration, free_time)?)
        }
    };
    Ok(Answer {
        billing_profile_id: profile_id,
        customer_id: customer,
        is_off_peak: calendar.is_off_peak(question.at),
        priced,
        time_zone,
        cost,
    })
}

/// The free time that an account has now, in microseconds.
async fn free_time_of(tx: &mut Tx, account: AccountId, now: i64) -> Result<i64> {
    let shown = interval::current(tx, &[account.0], now).await?.remove(&account.0);
    Ok(shown.map_or(0, |shown| shown.interval.free_time.saturating_mul(SECOND)))
}

/// A number without its domain, where that is ignored.
fn local(number: &str, ignore_domain: bool) -> &str {
    match number.split_once('@') {
        Some((user, _)) if ignore_domain => user,
        _ => number,
    }
}

async fn customer(tx: &mut Tx, caller: &Caller, id: AccountId) -> Result<AccountId> {
    match account::get(tx, caller, id).await {
        Ok(found) if found.kind == Kind::Customer => Ok(id),
        Ok(_) => Err(Error::dangling("customer_id", id)),
        Err(error) => Err(error.or_dangling("customer_id", id)),
    }
}

/// The time zone that an account's bills go by.
pub(crate) async fn zone_of(tx: &mut Tx, account: AccountId) -> Result<String> {
    let row = tx.query_opt(ZONE, args![account]).await?;
    let zone: Option<String> = row.map(|row| row.at(0)).transpose()?.flatten();
    Ok(zone.unwrap_or_else(|| "UTC".to_owned()))
}
