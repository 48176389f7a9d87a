//! Balance intervals: the money of accounts over time.
//!
//! What an account has is `accounts.balance`, and nothing else. Its intervals say how it came about: what there was when
//! one began, and what was given, topped up, taken and lost since. [`catch_up`] is the pure function that ends intervals
//! and begins others; here it is run in every transaction that moves money, and by [`catch_up_due`] for those whose time has
//! come and for those whose package says something else.
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

use std::collections::HashSet;

use store::{Db, Tx, args};

use super::mapping::{self, Assignment};
use super::package::{self, Package};
use crate::caller::Caller;
use crate::id::{AccountId, PackageId};
use crate::record::Stored;
use crate::statement::statements;
use crate::{Error, Money, Result, record};

pub use calendar::{Calendar, StartMode, Unit};
pub use catch_up::{CaughtUp, MOST, Underrun, catch_up, first, realign, top_up};
pub(crate) use ledger::touch;
pub(crate) use locks::{in_force as lock_in_force, level as lock_level};
pub use terms::{CarryOver, Interval, Offer, Terms};
pub use view::{Shown, current, history, one};

/// Accounts that are looked for at a time.
const BATCH: i64 = 500;
/// Most changes of a package that are kept until its accounts have been caught up with.
const MOST_CHANGES: i64 = 100;

statements! {
    SET_PACKAGE = "UPDATE accounts SET profile_package_id = $1 WHERE id = $2";
    DUE = "SELECT account_id, due_at FROM balance_intervals WHERE due_at IS NOT NULL AND due_at <= $1 AND due_at >= $2 \
        AND (due_at > $2 OR account_id > $3) ORDER BY due_at, account_id LIMIT $4";
    CHANGED = "INSERT INTO profile_package_changes (package_id, changed_at, package, after_account_id) \
        VALUES ($1, $2, $3, -1)";
    FORGET = "DELETE FROM profile_package_changes WHERE package_id = $1 AND id < (SELECT id FROM profile_package_changes \
        WHERE package_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";
    // Whoever has been caught up with after the last change of a package has been after those before it. One that was made
    // after the time of the sweep is for the next.
    LAST_CHANGE = "SELECT id, package_id, after_account_id FROM profile_package_changes WHERE id < $1 AND changed_at <= $2 \
        ORDER BY id DESC LIMIT 1";
    OF_PACKAGE = "SELECT id FROM accounts WHERE profile_package_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    COME_TO = "UPDATE profile_package_changes SET after_account_id = $1 WHERE id = $2";
    DONE = "DELETE FROM profile_package_changes WHERE package_id = $1 AND id <= $2";
}

/// The statements of these modules.
pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, ledger::STATEMENTS, locks::STATEMENTS, row::STATEMENTS].into_iter().flatten()
}

/// Catches up with the accounts whose intervals have ended or lapsed, and with all those of packages that have changed,
/// each by itself: one that fails is logged, and the others go on. Tells how many were.
///
/// # Errors
/// Only that the database can't be reached or read.
pub async fn catch_up_due(db: &Db, now: i64) -> Result<usize> {
    let mut count = 0;
    let (mut from, mut after) = (i64::MIN, AccountId(-1));
    loop {
        let due = db.reader().query(DUE, args![now, from, after, BATCH]).await?;
        for row in &due {
            (after, from) = (row.at(0)?, row.at(1)?);
            count += usize::from(catch_up_with(db, now, after).await?);
        }
        if due.is_empty() {
            return Ok(count + follow_changes(db, now).await?);
        }
    }
}

/// Catches up with one account; false where that fails.
async fn catch_up_with(db: &Db, now: i64, account: AccountId) -> Result<bool> {
    let caller = Caller::system("balance intervals");
    match crate::transaction!(db, |tx| touch(tx, &caller, now, account, false).await.map(drop)) {
        Ok(()) => Ok(true),
        Err(error @ Error::Store(store::Error::Unavailable(_))) => Err(error),
        Err(error) => {
            tracing::error!(%error, %account, "intervals of an account did not end");
            Ok(false)
        }
    }
}

/// Notes what a package has said until now: what has ended before goes by it, and whatever its accounts wait for comes at
/// another time from now on. Of many changes before all accounts are caught up with, the first are forgotten.
pub(crate) async fn package_changed(tx: &mut Tx, now: i64, before: &Package) -> Result<()> {
    tx.execute(CHANGED, args![before.id, now, Stored(before.clone())]).await?;
    tx.execute(FORGET, args![before.id, MOST_CHANGES - 1]).await?;
    Ok(())
}

/// Catches up with the accounts of packages that have changed. Each is held while it is looked at, so that nobody writes
/// down afterwards what followed from the package as it was.
async fn follow_changes(db: &Db, now: i64) -> Result<usize> {
    let (mut count, mut below) = (0, i64::MAX);
    let mut failed = HashSet::new();
    while let Some(change) = db.reader().query_opt(LAST_CHANGE, args![below, now]).await? {
        let (id, package): (i64, PackageId) = (change.at(0)?, change.at(1)?);
        below = id;
        if failed.contains(&package.0) {
            continue;
        }
        match follow(db, now, id, package, change.at(2)?).await? {
            Some(followed) => count += followed,
            None => {
                failed.insert(package.0);
            }
        }
    }
    Ok(count)
}

/// Catches up with the accounts of a package after the one up to which a change of it has been followed, and forgets the
/// change and those before it. None where that fails for one of them, which still needs the package as it was.
async fn follow(db: &Db, now: i64, id: i64, package: PackageId, mut after: AccountId) -> Result<Option<usize>> {
    let mut count = Some(0);
    loop {
        let accounts = db.reader().query(OF_PACKAGE, args![package, after, BATCH]).await?;
        for row in &accounts {
            after = row.at(0)?;
            let caught_up = catch_up_with(db, now, after).await?;
            count = count.filter(|_| caught_up).map(|count| count + 1);
        }
        if count.is_some() {
            crate::transaction!(db, |tx| {
                match accounts.is_empty() {
                    true => tx.execute(DONE, args![package, id]).await?,
                    false => tx.execute(COME_TO, args![after, id]).await?,
                };
                Ok::<_, Error>(())
            })?;
        }
        if accounts.is_empty() {
            return Ok(count);
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
        set_package(tx, account, id).await?;
        let cash = package.map_or(0, |package| package.initial_balance.saturating_mul(Money::CENT));
        return ledger::begin(tx, caller, now, account, cash).await;
    }
    let before = facts::of(tx, account).await?.terms;
    if before.package_id == id && id.is_some() {
        return Ok(());
    }
    let other = before.package_id != id;
    let ledger = touch(tx, caller, now, account, other).await?;
    mapping::assign(tx, caller, now, account, assignment, false).await?;
    set_package(tx, account, id).await?;
    match ledger {
        Some(ledger) => ledger.realign(tx, caller, now).await,
        None => touch(tx, caller, now, account, false).await.map(drop),
    }
}

/// Gives an account another package, or none.
pub(crate) async fn set_package(tx: &mut Tx, account: AccountId, id: Option<PackageId>) -> Result<()> {
    package::count_customer(tx, account, id).await?;
    tx.execute(SET_PACKAGE, args![id, account]).await?;
    Ok(())
}

/// The package of that id, if it is one of the account's reseller; it is not terminated before the transaction ends.
pub(crate) async fn suiting(tx: &mut Tx, caller: &Caller, account: AccountId, id: PackageId) -> Result<Package> {
    let package = record::keep_named_by::<Package>(tx, caller, "profile_package_id", id.0).await?;
    if facts::of(tx, account).await?.reseller_id != package.reseller_id {
        let message = "The reseller of the contact doesn't match the reseller of the profile package.";
        return Err(Error::invalid("profile_package_id", message));
    }
    Ok(package)
}
