//! How an account's subscribers are locked while there is too little money.

use store::{Tx, args};

use super::ledger;
use crate::Result;
use crate::caller::Caller;
use crate::id::AccountId;
use crate::statement::statements;

statements! {
    LIMITED = "SELECT 1 FROM accounts a JOIN profile_packages p ON p.id = a.profile_package_id WHERE a.id = $1 \
        AND p.underrun_lock_threshold IS NOT NULL";
    LEVEL = "SELECT lock_level FROM subscribers WHERE account_id = $1 AND status <> 'terminated' ORDER BY id LIMIT 1";
}

/// How a subscriber that is made for an account now is locked: as the others are while it has less than its package wants.
pub(crate) async fn in_force(tx: &mut Tx, caller: &Caller, now: i64, account: AccountId) -> Result<Option<i64>> {
    if tx.query_opt(LIMITED, args![account]).await?.is_none() {
        return Ok(None);
    }
    let ledger = ledger::touch(tx, caller, now, account, false).await?;
    Ok(ledger.and_then(|ledger| ledger.underrun_lock()))
}

/// The level of an account's first subscriber; 0: not locked; none: there is none.
pub(crate) async fn level(tx: &mut Tx, account: AccountId) -> Result<Option<i64>> {
    let row = tx.query_opt(LEVEL, args![account]).await?;
    Ok(row.map(|row| row.at::<Option<i64>>(0)).transpose()?.map(Option::unwrap_or_default))
}
