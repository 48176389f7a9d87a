//! Locks of an account's subscribers that its money sets and lifts.

use store::{Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, SubscriberId};
use crate::statement::statements;
use crate::{Error, Result, journal, subscriber};

/// Subscribers that are looked at at a time.
const BATCH: i64 = 100;

statements! {
    OTHERS = "SELECT id FROM subscribers WHERE account_id = $1 AND id > $2 AND status = 'active' \
        AND COALESCE(lock_level, 0) <> $3 ORDER BY id LIMIT $4 {wait}";
    SET = "UPDATE subscribers SET lock_level = $1, modified_at = $2 WHERE id = $3";
    LEVEL = "SELECT lock_level FROM subscribers WHERE account_id = $1 AND status <> 'terminated' ORDER BY id LIMIT 1";
}

/// Gives every active subscriber of an account that level; 0 unlocks them. Those whose status is locked stay as they are.
pub(crate) async fn lock(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId, level: i64) -> Result<()> {
    let system = Caller::system(&caller.name);
    let mut after = -1_i64;
    loop {
        let rows = tx.query(OTHERS, args![account, after, level, BATCH]).await?;
        for row in &rows {
            let id: SubscriberId = row.at(0)?;
            after = id.0;
            let before = match subscriber::get(tx, &system, id).await {
                Err(Error::NotFound { .. }) => continue,
                found => found?,
            };
            tx.execute(SET, args![Some(level).filter(|level| *level > 0), now, id]).await?;
            let changed = subscriber::get(tx, &system, id).await?;
            journal::record(tx, caller, now, Some(&before), Some(&changed)).await?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

/// The level of an account's first subscriber; 0: not locked; none: there is none.
pub(crate) async fn level(tx: &mut Tx, account: AccountId) -> Result<Option<i64>> {
    let row = tx.query_opt(LEVEL, args![account]).await?;
    Ok(row.map(|row| row.at::<Option<i64>>(0)).transpose()?.map(Option::unwrap_or_default))
}
