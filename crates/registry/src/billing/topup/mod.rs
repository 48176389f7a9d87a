//! Top-ups: money that is added to a customer's balance in cash or with a voucher, and balances that are set.
//!
//! A top-up in cash may bring a package along, one with a voucher brings that of the voucher; the package's service charge
//! is kept of the amount, its topup profiles hold from then on and its lock level takes the place of an underrun's. A
//! request that has a token and has been done is not done again: it is answered as it was then, and one that asks for
//! something else with the same token is refused. What a request can be refused for is looked at before anything is written
//! ([`check`]), so that the entry that says so can be; what goes wrong later is rolled back.

pub mod log;

use store::{Tx, args};

use super::code::Code;
use super::package::rules::MOST_CENTS;
use super::package::{Package, ProfileRef};
use super::voucher::{self, Voucher};
use super::{interval, mapping};
use crate::account::{self, Status, credit};
use crate::caller::{Caller, Role};
use crate::id::{AccountId, PackageId, SubscriberId};
use crate::statement::statements;
use crate::subscriber::{self, Why};
use crate::{Error, Money, Result, record};

pub use log::TopupLog;

statements! {
    DONE = "SELECT id FROM topup_logs WHERE account_id = $1 AND request_token = $2 AND outcome = 'ok'";
    PACKAGE = "SELECT profile_package_id FROM accounts WHERE id = $1";
}

/// What a balance is topped up with.
#[derive(Clone, Debug)]
pub enum Means {
    /// So many cents, and a package with them.
    Cash {
        /// Cents.
        amount: i64,
        /// The package.
        package_id: Option<PackageId>,
    },
    /// The voucher of that code.
    Voucher(Code),
}

impl Means {
    /// The package that the request names itself.
    fn package_id(&self) -> Option<PackageId> {
        match self {
            Means::Cash { package_id, .. } => *package_id,
            Means::Voucher(_) => None,
        }
    }
}

/// A request to top up.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose customer's balance.
    pub subscriber_id: SubscriberId,
    /// With what.
    pub means: Means,
    /// What the client calls the request.
    pub token: Option<String>,
}

/// A request that nothing is wrong with.
#[derive(Debug)]
pub enum Checked {
    /// It was done before.
    Done(TopupLog),
    /// It is to be done: see [`carry_out`].
    Sound(Sound),
}

/// What is to be done for a request.
#[derive(Debug)]
pub struct Sound {
    account: AccountId,
    cents: i64,
    brought: Option<Package>,
    voucher: Option<Voucher>,
}

/// Tops up the balance of a subscriber's customer: [`check`] and [`carry_out`].
///
/// # Errors
/// As those.
pub async fn top_up(tx: &mut Tx, caller: &Caller, now: i64, request: &Request) -> Result<TopupLog> {
    let checked = check(tx, caller, now, request).await?;
    carry_out(tx, caller, now, request, checked).await
}

/// Looks at a request and holds what it takes. Where it is refused, nothing has been written: write the refusal down
/// with [`failed`] and commit.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::Dangling`] for `subscriber_id` and `package_id`; [`Error::Invalid`] for `amount`,
/// `code` and `subscriber_id`, and for `request_token` where something else has been done with it.
pub async fn check(tx: &mut Tx, caller: &Caller, now: i64, request: &Request) -> Result<Checked> {
    caller.must_be_reseller("top up")?;
    caller.must_write()?;
    let account = customer(tx, caller, request.subscriber_id).await?;
    credit::lock(tx, account).await?;
    if let Some(token) = &request.token
        && let Some(row) = tx.query_opt(DONE, args![account, token]).await?
    {
        let done = record::load::<TopupLog>(tx, &[row.at(0)?]).await?.pop();
        let done = done.ok_or_else(|| Error::not_found("topup log", token))?;
        return match is_done_by(tx, request, &done).await? {
            true => Ok(Checked::Done(done)),
            false => Err(Error::invalid("request_token", "another top-up of the customer has been done with it")),
        };
    }
    if account::get(tx, caller, account).await?.status != Status::Active {
        return Err(Error::invalid("subscriber_id", "The customer contract is not active."));
    }
    let (cents, brought, voucher) = match &request.means {
        Means::Cash { amount, .. } if !(0..=MOST_CENTS).contains(amount) => {
            return Err(Error::invalid("amount", "the amount is below zero or too large"));
        }
        Means::Cash { amount, package_id: Some(id) } => {
            let suiting = interval::suiting(tx, caller, account, *id).await;
            let package = suiting.map_err(|error| match error {
                Error::Dangling { .. } | Error::Invalid { .. } => Error::dangling("package_id", id),
                other => other,
            })?;
            (*amount, Some(package), None)
        }
        Means::Cash { amount, package_id: None } => (*amount, None, None),
        Means::Voucher(code) => {
            let voucher = voucher::to_use(tx, caller, now, account, code.as_str()).await?;
            let package = match voucher.package_id {
                Some(id) => record::load::<Package>(tx, &[id.0]).await?.pop(),
                None => None,
            };
            (voucher.amount, package, Some(voucher))
        }
    };
    Ok(Checked::Sound(Sound { account, cents, brought, voucher }))
}

/// Whether what a request asks for is what has been done.
async fn is_done_by(tx: &mut Tx, request: &Request, done: &TopupLog) -> Result<bool> {
    if done.kind != kind(&request.means) || done.subscriber_id != Some(request.subscriber_id) {
        return Ok(false);
    }
    match &request.means {
        Means::Cash { amount, package_id } => {
            let amount = Money(amount.saturating_mul(Money::CENT));
            Ok(done.amount == Some(amount) && done.requested_package_id == *package_id)
        }
        Means::Voucher(code) => {
            let ids: Vec<i64> = done.voucher_id.iter().map(|id| id.0).collect();
            Ok(record::load::<Voucher>(tx, &ids).await?.iter().any(|voucher| voucher.code == *code))
        }
    }
}

/// The customer of a subscriber that the caller sees.
async fn customer(tx: &mut Tx, caller: &Caller, id: SubscriberId) -> Result<AccountId> {
    Ok(subscriber::named_by(tx, caller, "subscriber_id", id).await?.account_id)
}

/// Does what a request asks for, in the transaction in which it was looked at.
///
/// # Errors
/// Whatever comes between, [`Error::Invalid`] for `code` where the voucher has been used: the transaction is not to be
/// committed.
pub async fn carry_out(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    request: &Request,
    checked: Checked,
) -> Result<TopupLog> {
    let Sound { account, cents, brought, voucher } = match checked {
        Checked::Done(entry) => return Ok(entry),
        Checked::Sound(sound) => sound,
    };
    let mut entry = begun(tx, caller, now, account, kind(&request.means)).await?;
    entry.subscriber_id = Some(request.subscriber_id);
    entry.request_token.clone_from(&request.token);
    entry.requested_package_id = request.means.package_id();
    entry.voucher_id = voucher.as_ref().map(|voucher| voucher.id);
    entry.amount = Some(Money(cents.saturating_mul(Money::CENT)));
    let ledger = interval::touch(tx, caller, now, account, true).await?.ok_or_else(gone)?;
    entry.cash_balance_before = Some(Money(ledger.open.cash()));
    let package = match (brought, ledger.terms().package_id) {
        (Some(package), _) => {
            interval::set_package(tx, account, Some(package.id)).await?;
            Some(package)
        }
        (None, Some(id)) => record::load::<Package>(tx, &[id.0]).await?.pop(),
        (None, None) => None,
    };
    let no_profiles: &[ProfileRef] = &[];
    let profiles = package.as_ref().map_or(no_profiles, |package| &package.topup_profiles.0);
    mapping::begin(tx, caller, now, account, profiles).await?;
    let charge = package.as_ref().map_or(0, |package| package.service_charge);
    let ledger = ledger.top_up(tx, caller, now, (cents - charge).saturating_mul(Money::CENT)).await?;
    if let Some(level) = package.as_ref().and_then(|package| package.topup_lock_level) {
        subscriber::lock_all(tx, caller, now, account, Why::TopUp, level).await?;
    }
    if let Some(voucher) = &voucher {
        voucher::use_up(tx, caller, now, voucher, request.subscriber_id).await?;
    }
    entry.cash_balance_after = Some(Money(ledger.open.cash()));
    ended(tx, caller, now, account, entry).await
}

/// Sets the balance of a customer in micro-units, where that is given, and its free seconds. Cash that is the same stays
/// what it is: free cash of the interval, or the customer's own.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`]; [`Error::Invalid`] for `cash_balance` where it is more than moves at once,
/// and for `free_time_balance` below zero.
pub async fn set_balance(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account: AccountId,
    cash: Option<Money>,
    free_time: i64,
) -> Result<TopupLog> {
    cash.map(|cash| cash.movable("cash_balance")).transpose()?;
    if free_time < 0 {
        return Err(Error::invalid("free_time_balance", "free time is not below zero"));
    }
    caller.must_be_reseller("set balances")?;
    caller.must_write()?;
    let found = account::get(tx, caller, account).await?;
    if caller.role == Role::Reseller && caller.account == account {
        return Err(Error::NotAllowed("only an administrator may set that balance".to_owned()));
    }
    if found.status == Status::Terminated {
        return Err(Error::Terminated { kind: "customer", key: account.to_string() });
    }
    let mut entry = begun(tx, caller, now, account, "set_balance").await?;
    let ledger = interval::touch(tx, caller, now, account, true).await?.ok_or_else(gone)?;
    let before = Money(ledger.open.cash());
    let after = cash.unwrap_or(before);
    ledger.set(tx, caller, now, after.0, free_time).await?;
    entry.amount = Some(after).filter(|after| *after != before);
    (entry.cash_balance_before, entry.cash_balance_after) = (Some(before), Some(after));
    ended(tx, caller, now, account, entry).await
}

fn kind(means: &Means) -> &'static str {
    match means {
        Means::Cash { .. } => "cash",
        Means::Voucher(_) => "voucher",
    }
}

fn gone() -> Error {
    Error::Internal("an account whose money moves has no interval".to_owned())
}

/// The entry of what is about to be done.
async fn begun(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId, kind: &str) -> Result<TopupLog> {
    let found = account::get(tx, caller, account).await?;
    let (package, profile) = terms(tx, now, account).await?;
    Ok(TopupLog {
        reseller_id: Some(found.reseller_id),
        account_id: Some(account),
        username: caller.name.clone(),
        timestamp: now,
        kind: kind.to_owned(),
        outcome: "ok".to_owned(),
        lock_level_before: interval::lock_level(tx, account).await?,
        package_before_id: package,
        profile_before_id: profile,
        ..TopupLog::default()
    })
}

/// The package of an account, and the profile that holds.
async fn terms(tx: &mut Tx, now: i64, account: AccountId) -> Result<(Option<PackageId>, Option<crate::id::ProfileId>)> {
    let row = tx.query_opt(PACKAGE, args![account]).await?;
    let package = row.map(|row| row.at(0)).transpose()?.flatten();
    Ok((package, mapping::current(tx, &[account.0], now).await?.remove(&account.0)))
}

/// Writes the entry of what has been done.
async fn ended(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId, entry: TopupLog) -> Result<TopupLog> {
    let (package, profile) = terms(tx, now, account).await?;
    let entry = TopupLog {
        lock_level_after: interval::lock_level(tx, account).await?,
        package_after_id: package,
        profile_after_id: profile,
        ..entry
    };
    log::write(tx, caller, now, entry).await
}

/// Writes down that a top-up was refused.
///
/// # Errors
/// Only those of the database.
pub async fn failed(tx: &mut Tx, caller: &Caller, now: i64, request: &Request, message: &str) -> Result<TopupLog> {
    let account = match customer(tx, caller, request.subscriber_id).await {
        Ok(account) => Some(account),
        Err(Error::Dangling { .. }) => None,
        Err(error) => return Err(error),
    };
    let reseller = match account {
        Some(account) => Some(account::get(tx, caller, account).await?.reseller_id),
        None => Some(caller.account).filter(|_| caller.role == Role::Reseller),
    };
    let amount = match &request.means {
        Means::Cash { amount, .. } => Some(Money(amount.saturating_mul(Money::CENT))),
        Means::Voucher(_) => None,
    };
    let entry = TopupLog {
        reseller_id: reseller,
        account_id: account,
        subscriber_id: Some(request.subscriber_id),
        username: caller.name.clone(),
        timestamp: now,
        kind: kind(&request.means).to_owned(),
        outcome: "failed".to_owned(),
        message: Some(message.to_owned()),
        amount,
        request_token: request.token.clone(),
        requested_package_id: request.means.package_id(),
        ..TopupLog::default()
    };
    log::write(tx, caller, now, entry).await
}
