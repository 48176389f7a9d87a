//! Balance intervals: the money of accounts over time.
//!
//! What an account has is `accounts.balance`, and nothing else. Its intervals say how it came about: what there was when
//! one began, and what was given, topped up, taken and lost since. [`catch_up`] is the pure function that ends intervals
//! and begins others; here it is run in every transaction that moves money, and by [`catch_up_due`] for those whose time has come.
//! Whoever only looks is shown what it would come to (`view`). An account without a package has the months of UTC, in
//! which its profile gives what it gives; one that has never had any money has no rows.

mod calendar;
mod catch_up;
mod facts;
mod ledger;
mod locks;
mod row;
mod terms;
mod view;

use store::{Db, Tx, args};

use super::mapping::{self, Assignment};
use super::package::Package;
use crate::caller::Caller;
use crate::id::{AccountId, PackageId};
use crate::statement::statements;
use crate::{Error, Result, record};

pub use calendar::{Calendar, StartMode, Unit};
pub use catch_up::{CaughtUp, MOST, Underrun, catch_up, first, realign, top_up};
pub(crate) use ledger::touch;
pub(crate) use locks::{level as lock_level, lock};
pub use terms::{CarryOver, Interval, Offer, Terms};
pub use view::{Shown, current, history, one};

/// Accounts that are looked for at a time.
const BATCH: i64 = 500;

statements! {
    SET_PACKAGE = "UPDATE accounts SET profile_package_id = $1 WHERE id = $2";
    DUE = "SELECT account_id, due_at FROM balance_intervals WHERE due_at IS NOT NULL AND due_at <= $1 AND due_at >= $2 \
        AND (due_at > $2 OR account_id > $3) ORDER BY due_at, account_id LIMIT $4";
    DUE_OF_PACKAGE = "SELECT i.account_id FROM accounts a JOIN balance_intervals i ON i.account_id = a.id AND NOT i.closed \
        WHERE a.profile_package_id = $1 AND i.due_at <= $2 AND a.id > $3 ORDER BY a.id LIMIT $4";
}

/// The statements of these modules.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, ledger::STATEMENTS, locks::STATEMENTS, row::STATEMENTS].into_iter().flatten()
}

/// Catches up with the accounts whose intervals have ended or lapsed, each by itself: one that fails is logged, and the
/// others go on. Tells how many were.
///
/// # Errors
/// Only that the database can't be reached or read.
pub async fn catch_up_due(db: &Db, now: i64) -> Result<usize> {
    let caller = Caller::system("balance intervals");
    let (mut from, mut after, mut count) = (i64::MIN, AccountId(-1), 0);
    loop {
        let due = db.reader().query(DUE, args![now, from, after, BATCH]).await?;
        for row in &due {
            (after, from) = (row.at(0)?, row.at(1)?);
            match crate::transaction!(db, |tx| touch(tx, &caller, now, after, false).await.map(drop)) {
                Ok(()) => count += 1,
                Err(error @ Error::Store(store::Error::Unavailable(_))) => return Err(error),
                Err(error) => tracing::error!(%error, account = %after, "intervals of an account did not end"),
            }
        }
        if due.is_empty() {
            return Ok(count);
        }
    }
}

/// Catches up with the accounts of a package whose intervals have ended or lapsed: they went by its terms as they were.
pub(crate) async fn catch_up_package(tx: &mut Tx, caller: &Caller, now: i64, id: PackageId) -> Result<()> {
    let system = Caller::system(&caller.name);
    let mut after = AccountId(-1);
    loop {
        let due = tx.query(DUE_OF_PACKAGE, args![id, now, after, BATCH]).await?;
        for row in &due {
            after = row.at(0)?;
            touch(tx, &system, now, after, false).await?;
        }
        if due.is_empty() {
            return Ok(());
        }
    }
}

/// Agrees with an account on what it is billed by, and lets its intervals follow from that. The caller may change the
/// account, which is for its caller to see to.
///
/// # Errors
/// As [`mapping::assign`]; [`Error::Dangling`] for `profile_package_id`, [`Error::Invalid`] for it where the account is
/// of another reseller.
pub(crate) async fn agree(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account: AccountId,
    assignment: &Assignment,
    creating: bool,
) -> Result<()> {
    let package = match assignment {
        Assignment::Package(id) => Some(suiting(tx, caller, account, *id).await?),
        Assignment::Profile(_) | Assignment::Schedule(_) => None,
    };
    let id = package.as_ref().map(|package| package.id);
    if creating {
        mapping::assign(tx, caller, now, account, assignment, true).await?;
        tx.execute(SET_PACKAGE, args![id, account]).await?;
        let cash = package.map_or(0, |package| package.initial_balance.saturating_mul(ledger::CENT));
        return ledger::begin(tx, caller, now, account, cash).await;
    }
    let before = facts::of(tx, account).await?.terms;
    if before.package_id == id && id.is_some() {
        return Ok(());
    }
    let other = before.package_id != id;
    let ledger = touch(tx, caller, now, account, other).await?;
    mapping::assign(tx, caller, now, account, assignment, false).await?;
    tx.execute(SET_PACKAGE, args![id, account]).await?;
    match ledger {
        Some(ledger) if other => ledger.realign(tx, caller, now).await,
        Some(_) => Ok(()),
        None => touch(tx, caller, now, account, false).await.map(drop),
    }
}

/// Changes the package with a top-up that brings another one along.
pub(crate) async fn set_package(tx: &mut Tx, account: AccountId, id: PackageId) -> Result<()> {
    tx.execute(SET_PACKAGE, args![id, account]).await?;
    Ok(())
}

/// The package of that id, if it is one of the account's reseller.
pub(crate) async fn suiting(tx: &mut Tx, caller: &Caller, account: AccountId, id: PackageId) -> Result<Package> {
    let package = record::named_by::<Package>(tx, caller, "profile_package_id", id.0).await?;
    if facts::of(tx, account).await?.reseller_id != package.reseller_id {
        let message = "The reseller of the contact doesn't match the reseller of the profile package.";
        return Err(Error::invalid("profile_package_id", message));
    }
    Ok(package)
}
