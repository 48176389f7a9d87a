//! The open interval of an account, caught up with and held until the transaction ends, for whatever moves its money.

use serde_json::json;
use store::{Tx, args};

use super::catch_up::{self, Underrun};
use super::facts::{self, Facts};
use super::row::{self, Open};
use super::terms::{Interval, Terms};
use crate::account::credit;
use crate::billing::mapping;
use crate::caller::Caller;
use crate::id::AccountId;
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::subscriber::{self, Why};
use crate::{Error, Money, Result};

statements! {
    SET_BALANCE = "UPDATE accounts SET balance = $1, modified_at = $2 WHERE id = $3";
}

/// An account's money, held.
#[derive(Debug)]
pub(crate) struct Ledger {
    account: AccountId,
    facts: Facts,
    /// The interval that is open now.
    pub(crate) open: Interval,
    /// What its row has, if there is one.
    kept: Option<Open>,
}

/// Holds an account's money and catches up with its intervals. None where the account has no money and nothing that would
/// bring any, unless its money `moves` now.
pub(crate) async fn touch(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account: AccountId,
    moves: bool,
) -> Result<Option<Ledger>> {
    credit::lock(tx, account).await?;
    let mut facts = facts::of(tx, account).await?;
    if facts.open.is_none() && !moves && !facts.terms.are_about_money() {
        return Ok(None);
    }
    let (before, caught) = (facts.balance, facts.caught_up(now));
    let mut ledger = Ledger { account, kept: facts.open.take(), facts, open: caught.open };
    ledger.write(tx, &caught.closed).await?;
    ledger.settle(tx, caller, now, before).await?;
    ledger.fall(tx, caller, now, caught.underrun).await?;
    Ok(Some(ledger))
}

/// Gives a new account its first interval, where it has money or something that brings any.
pub(super) async fn begin(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId, cash: i64) -> Result<()> {
    let facts = facts::of(tx, account).await?;
    if cash == 0 && !facts.terms.are_about_money() {
        return Ok(());
    }
    let before = facts.balance;
    let open = catch_up::first(&facts.terms, before.saturating_add(cash));
    let mut ledger = Ledger { account, facts, open, kept: None };
    ledger.write(tx, &[]).await?;
    ledger.settle(tx, caller, now, before).await?;
    let underrun = Underrun::first(&ledger.facts.terms, ledger.open.cash());
    ledger.fall(tx, caller, now, underrun).await
}

impl Ledger {
    /// What the account's money goes by.
    pub(crate) fn terms(&self) -> &Terms {
        &self.facts.terms
    }

    /// How a new subscriber of the account is locked, as there is less than the package wants.
    pub(super) fn underrun_lock(&self) -> Option<i64> {
        let level = self.facts.package.as_ref()?.underrun_lock_level?;
        let lock = Underrun::first(&self.facts.terms, self.open.cash()).lock;
        Some(level).filter(|level| lock && *level > 0)
    }

    /// Refuses what would be more than an account may have or owe, or than an interval can say.
    fn check(&self) -> Result<()> {
        let most = Money::MOST_KEPT.0;
        if (-most..=most).contains(&self.open.cash()) && self.open.is_whole() {
            return Ok(());
        }
        Err(Error::invalid("amount", "it is too much with what the account has and what has moved in the interval"))
    }

    /// Writes what the row does not have yet.
    async fn write(&mut self, tx: &mut Tx, closed: &[Interval]) -> Result<()> {
        let due_at = row::due(&self.open, &self.facts.terms, self.facts.terminated);
        let open = Open { interval: self.open.clone(), due_at };
        row::write(tx, self.account, self.kept.as_ref(), closed, &open).await?;
        self.kept = Some(open);
        Ok(())
    }

    /// Brings the account's balance to what the open interval says.
    async fn settle(&self, tx: &mut Tx, caller: &Caller, now: i64, before: i64) -> Result<()> {
        let after = self.open.cash();
        if after == before {
            return Ok(());
        }
        tx.execute(SET_BALANCE, args![after, now, self.account]).await?;
        let record = |balance: i64| json!({ "balance": crate::Money(balance), "interval": self.open.ordinal });
        let change = Change {
            kind: "balance_intervals",
            record_id: self.account.0,
            account: Some(self.account),
            operation: Operation::Update,
            before: Some(&record(before)),
            after: Some(&record(after)),
        };
        journal::write(tx, caller, now, change).await
    }

    /// Does what follows from a lack of money.
    async fn fall(&mut self, tx: &mut Tx, caller: &Caller, now: i64, underrun: Underrun) -> Result<()> {
        let Some(package) = self.facts.package.clone().filter(|_| underrun != Underrun::default()) else {
            return Ok(());
        };
        if underrun.lock {
            self.open.underrun_lock_at = Some(now);
            let level = package.underrun_lock_level.unwrap_or_default();
            subscriber::lock_all(tx, caller, now, self.account, Why::Underrun, level).await?;
        }
        if underrun.profiles {
            self.open.underrun_profiles_at = Some(now);
            mapping::begin(tx, caller, now, self.account, &package.underrun_profiles.0).await?;
            self.facts.terms = facts::of(tx, self.account).await?.terms;
        }
        self.write(tx, &[]).await
    }

    /// Notes what has been taken from the account's balance.
    pub(crate) async fn debited(mut self, tx: &mut Tx, caller: &Caller, now: i64, amount: i64) -> Result<()> {
        let before = self.open.cash();
        self.open.debited = self.open.debited.saturating_add(amount);
        self.check()?;
        self.write(tx, &[]).await?;
        let underrun = Underrun::of(&self.facts.terms, before, self.open.cash());
        self.fall(tx, caller, now, underrun).await
    }

    /// Notes what has been paid into the account's balance beside top-ups.
    pub(crate) async fn paid(mut self, tx: &mut Tx, amount: i64) -> Result<()> {
        self.open.topped_up = self.open.topped_up.saturating_add(amount);
        self.check()?;
        self.write(tx, &[]).await
    }

    /// Sets what the account has, and its free seconds.
    pub(crate) async fn set(mut self, tx: &mut Tx, caller: &Caller, now: i64, cash: i64, free_time: i64) -> Result<()> {
        let before = self.open.cash();
        self.open.set(cash, free_time);
        self.check()?;
        self.write(tx, &[]).await?;
        self.settle(tx, caller, now, before).await?;
        let underrun = Underrun::of(&self.facts.terms, before, cash);
        self.fall(tx, caller, now, underrun).await
    }

    /// Adds a top-up. What the account goes by may have become another with it, which has been stored.
    pub(crate) async fn top_up(mut self, tx: &mut Tx, caller: &Caller, now: i64, amount: i64) -> Result<Ledger> {
        let before = self.open.cash();
        let old = std::mem::replace(&mut self.facts, facts::of(tx, self.account).await?);
        let (closed, open) = catch_up::top_up(self.open, &old.terms, &self.facts.terms, now, amount);
        self.open = open;
        self.check()?;
        self.write(tx, closed.as_slice()).await?;
        self.settle(tx, caller, now, before).await?;
        let underrun = Underrun::between(&old.terms, before, &self.facts.terms, self.open.cash());
        self.fall(tx, caller, now, underrun).await?;
        Ok(self)
    }

    /// Lets the open interval follow from what the account goes by now, which has been stored.
    pub(super) async fn realign(mut self, tx: &mut Tx, caller: &Caller, now: i64) -> Result<()> {
        let before = self.open.cash();
        let old = std::mem::replace(&mut self.facts, facts::of(tx, self.account).await?);
        catch_up::realign(&mut self.open, &old.terms, &self.facts.terms, now);
        self.write(tx, &[]).await?;
        self.settle(tx, caller, now, before).await?;
        let underrun = Underrun::between(&old.terms, before, &self.facts.terms, self.open.cash());
        self.fall(tx, caller, now, underrun).await
    }
}
