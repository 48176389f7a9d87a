//! Locks that nobody sets by hand, of all subscribers of an account: for fraud, and where there is too little money.
//!
//! What an underrun locks, a top-up unlocks; what fraud or people have locked stays as it is until people change it. So each
//! subscriber that an underrun has locked keeps the level that it would have without (`lock_without_underrun`).

use store::{Tx, args};

use super::load;
use crate::Result;
use crate::caller::Caller;
use crate::id::{AccountId, SubscriberId};
use crate::journal;
use crate::statement::statements;

/// Subscribers that are looked at at a time.
const BATCH: i64 = 100;

statements! {
    OF_ACCOUNT = "SELECT id, lock_level, lock_without_underrun FROM subscribers WHERE account_id = $1 \
        AND status = 'active' AND id > $2 ORDER BY id LIMIT $3 {wait}";
    SET = "UPDATE subscribers SET lock_level = $1, lock_without_underrun = $2, modified_at = $3 WHERE id = $4";
    NOTE = "UPDATE subscribers SET lock_without_underrun = $1 WHERE id = $2";
}

/// Why subscribers are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// They have cost too much: a lesser lock is raised, for good.
    Fraud,
    /// There is too little money: a lesser lock is raised until there is a top-up.
    Underrun,
    /// There was a top-up: the level takes the place of an underrun's; 0 leaves what else is locked.
    TopUp,
}

/// How a subscriber is locked; 0 stands for not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lock {
    level: i64,
    /// The level without an underrun, where one has raised it.
    without: Option<i64>,
}

impl Lock {
    fn of(level: i64, without: i64) -> Lock {
        let level = level.max(without);
        Lock { level, without: (level > without).then_some(without) }
    }

    fn then(self, why: Why, level: i64) -> Lock {
        let without = self.without.unwrap_or(self.level);
        match why {
            Why::Fraud => Lock::of(self.level, without.max(level)),
            Why::Underrun => Lock::of(self.level.max(level), without),
            Why::TopUp => Lock::of(level, without),
        }
    }
}

/// Locks every active subscriber of an account as far as that may. Those whose status is locked stay as they are.
pub(crate) async fn lock_all(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    account: AccountId,
    why: Why,
    level: i64,
) -> Result<()> {
    let mut after = SubscriberId(-1);
    loop {
        let rows = tx.query(OF_ACCOUNT, args![account, after, BATCH]).await?;
        let mut changes = Vec::new();
        for row in &rows {
            after = row.at(0)?;
            let was = Lock { level: row.at::<Option<i64>>(1)?.unwrap_or_default(), without: row.at(2)? };
            let is = was.then(why, level);
            if is != was {
                changes.push((after.0, is));
            }
        }
        let ids: Vec<i64> = changes.iter().map(|(id, _)| *id).collect();
        let before = load(tx, &ids).await?;
        for (id, lock) in changes {
            let level = Some(lock.level).filter(|level| *level > 0);
            tx.execute(SET, args![level, lock.without, now, id]).await?;
        }
        let changed = load(tx, &ids).await?;
        // They are held, so that the same are there.
        for (before, after) in before.iter().zip(&changed) {
            if before.details.lock_level != after.details.lock_level {
                journal::record(tx, caller, now, Some(before), Some(after)).await?;
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

/// Notes that it is an underrun that locks a new subscriber, which would have that level without.
pub(super) async fn note_underrun(tx: &mut Tx, id: SubscriberId, without: i64) -> Result<()> {
    tx.execute(NOTE, args![without, id]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_sets_and_lifts_its_own_locks_only() {
        use Why::{Fraud, TopUp, Underrun};
        for (from, steps, wanted) in [
            (0, &[(Underrun, 3), (TopUp, 0)][..], 0),
            (4, &[(Underrun, 1)], 4),
            (4, &[(Underrun, 1), (TopUp, 0)], 4),
            (1, &[(Underrun, 4), (Underrun, 2)], 4),
            (1, &[(Underrun, 4), (TopUp, 0)], 1),
            (1, &[(Underrun, 4), (TopUp, 2)], 2),
            (0, &[(TopUp, 2), (TopUp, 0)], 0),
            (0, &[(Underrun, 4), (Fraud, 2)], 4),
            (0, &[(Underrun, 4), (Fraud, 2), (TopUp, 0)], 2),
            (0, &[(Underrun, 2), (Fraud, 4), (TopUp, 1)], 4),
            (5, &[(Fraud, 2)], 5),
        ] {
            let begun = Lock { level: from, without: None };
            let lock = steps.iter().fold(begun, |lock, (why, level)| lock.then(*why, *level));
            assert_eq!(lock.level, wanted, "{from} {steps:?}");
        }
    }
}
