//! Finding numbers: free ones, an account's, all of them; always a bounded page.

use store::{Tx, Val, args};

use super::{Number, State, columns, number};
use crate::caller::{Caller, Scope};
use crate::id::{AccountId, ClassId, OrderId, PoolId};
use crate::page::{MOST, Page};
use crate::{Error, Result, order};

crate::statement::statements! {
    FREE = concat!("SELECT ", columns!(), " FROM numbers WHERE pool_id = $1 AND state = 'available' \
        AND blocked_reason IS NULL AND digits >= $2 AND digits < $3 AND digits > $4 ORDER BY digits LIMIT $5");
    FREE_OF_CLASS = concat!("SELECT ", columns!(), " FROM numbers WHERE pool_id = $1 AND class_id = $2 \
        AND state = 'available' AND blocked_reason IS NULL AND digits >= $3 AND digits < $4 AND digits > $5 \
        ORDER BY digits LIMIT $6");
    // The order makes SQLite take the index of free numbers instead of reading a pool's sold ones.
    COUNT_UP_TO = "SELECT COUNT(*) FROM (SELECT digits FROM numbers WHERE pool_id = $1 AND state = 'available' \
        AND blocked_reason IS NULL ORDER BY digits LIMIT $2) free";
    COUNT_FREE = "SELECT COUNT(*) FROM numbers WHERE pool_id = $1 AND state = 'available' AND blocked_reason IS NULL";
    PREVIOUSLY_OWNED = concat!("SELECT ", columns!(), " FROM numbers WHERE pool_id = $1 AND previous_account_id = $2 \
        AND state = 'aging' AND blocked_reason IS NULL AND digits >= $3 AND digits < $4 \
        AND ($5 = 0 OR class_id = $5) ORDER BY digits LIMIT $6");
    BY_REFERENCE = concat!("SELECT ", columns!(), " FROM numbers WHERE account_id = $1 AND reference = $2 \
        ORDER BY digits LIMIT 1000");
}

/// The first text after every text that begins with the prefix.
fn after_prefix(prefix: &str) -> String {
    match prefix.as_bytes().last() {
        // Digits only: the character after '9' is ':'.
        Some(last) => format!("{}{}", &prefix[..prefix.len() - 1], char::from(last + 1)),
        None => ":".to_owned(),
    }
}

fn check_prefix(prefix: &str) -> Result<()> {
    if prefix.bytes().all(|b| b.is_ascii_digit()) && prefix.len() <= 32 {
        Ok(())
    } else {
        Err(Error::invalid("prefix", format!("`{prefix}` is not digits")))
    }
}

/// Free numbers of a pool in the order of their digits, those after `after` that begin with `prefix`.
///
/// # Errors
/// [`Error::Invalid`] where the prefix is not digits.
pub async fn free(
    tx: &mut Tx,
    pool: PoolId,
    class: Option<ClassId>,
    prefix: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<Number>> {
    check_prefix(prefix)?;
    let end = after_prefix(prefix);
    let limit = i64::from(limit.min(MOST));
    let rows = match class {
        None => tx.query(FREE, args![pool, prefix, end, after, limit]).await?,
        Some(class) => tx.query(FREE_OF_CLASS, args![pool, class, prefix, end, after, limit]).await?,
    };
    rows.iter().map(number).collect()
}

/// How many numbers of a pool are free, counted no further than `most`.
///
/// # Errors
/// Only those of the database.
pub async fn count_free_up_to(tx: &mut Tx, pool: PoolId, most: u32) -> Result<u32> {
    Ok(tx.query_one(COUNT_UP_TO, args![pool, most]).await?.at(0)?)
}

/// How many numbers of a pool are free, all counted: for people who ask, not for work that repeats.
///
/// # Errors
/// Only those of the database.
pub async fn count_free(tx: &mut Tx, pool: PoolId) -> Result<i64> {
    Ok(tx.query_one(COUNT_FREE, args![pool]).await?.at(0)?)
}

/// Numbers of a pool in quarantine that the account had before, those that begin with `prefix`.
///
/// # Errors
/// [`Error::Invalid`] where the prefix is not digits.
pub async fn previously_owned(
    tx: &mut Tx,
    pool: PoolId,
    account: AccountId,
    class: Option<ClassId>,
    prefix: &str,
    limit: u32,
) -> Result<Vec<Number>> {
    check_prefix(prefix)?;
    let class = class.map_or(0, |class| class.0);
    let limit = i64::from(limit.min(MOST));
    let rows = tx.query(PREVIOUSLY_OWNED, args![pool, account, prefix, after_prefix(prefix), class, limit]).await?;
    rows.iter().map(number).collect()
}

/// An account's numbers that were bought under that reference.
///
/// # Errors
/// [`Error::NotFound`] where the caller may not see the account; [`Error::Unavailable`] while a purchase under the
/// reference is still open.
pub async fn by_reference(tx: &mut Tx, caller: &Caller, account: AccountId, reference: &str) -> Result<Vec<Number>> {
    if let Some(open) = order::open_by_reference(tx, caller, account, reference).await? {
        // "None" would be taken as proof that nothing was bought.
        return Err(Error::Unavailable(format!("order {open} under this reference is open: ask again")));
    }
    tx.query(BY_REFERENCE, args![account, reference]).await?.iter().map(number).collect()
}

/// Which numbers are wanted; what is not set does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this pool.
    pub pool: Option<PoolId>,
    /// In this state.
    pub state: Option<State>,
    /// From this order.
    pub order: Option<OrderId>,
    /// Blocked ones only.
    pub blocked: bool,
    /// Beginning with these digits.
    pub prefix: String,
}

/// Numbers that the caller may see, by id.
///
/// # Errors
/// [`Error::NotFound`] where the caller may not see the account asked for; [`Error::Invalid`] where the prefix is not
/// digits.
pub async fn list(tx: &mut Tx, caller: &Caller, filter: &Filter, page: Page) -> Result<Vec<Number>> {
    check_prefix(&filter.prefix)?;
    if let Some(account) = filter.account {
        caller.must_see(tx, account).await?;
    }
    let (sql, values) = filtered(filter, caller.scope, page);
    tx.query(&sql, &values).await?.iter().map(number).collect()
}

/// The statement of [`list`] and its parameters.
pub(super) fn filtered(filter: &Filter, scope: Scope, page: Page) -> (String, Vec<Val>) {
    let mut sql = concat!("SELECT ", columns!(), " FROM numbers WHERE id > $1").to_owned();
    let mut values: Vec<Val> = vec![page.after.into()];
    let mut and = |condition: &str, value: Val| {
        values.push(value);
        sql.push_str(&condition.replace('?', &format!("${}", values.len())));
    };
    match (filter.account, scope) {
        (Some(account), _) => and(" AND account_id = ?", account.into()),
        (None, Scope::All) => {}
        (None, Scope::Subtree(root)) => {
            and(" AND account_id IN (SELECT account_id FROM account_ancestors WHERE ancestor_id = ?)", root.into());
        }
        (None, Scope::Subscriber(id)) => and(" AND subscriber_id = ?", id.into()),
    }
    if let Some(pool) = filter.pool {
        and(" AND pool_id = ?", pool.into());
    }
    if let Some(order) = filter.order {
        and(" AND order_id = ?", order.into());
    }
    if let Some(state) = filter.state {
        and(" AND state = ?", state.into());
    }
    if !filter.prefix.is_empty() {
        and(" AND digits >= ?", filter.prefix.as_str().into());
        and(" AND digits < ?", after_prefix(&filter.prefix).into());
    }
    if filter.blocked {
        and(" AND blocked_reason IS NOT NULL ORDER BY id LIMIT ?", page.limit().into());
    } else {
        and(" ORDER BY id LIMIT ?", page.limit().into());
    }
    (sql, values)
}

/// The number if it is there, whoever has it; for the system's own work.
///
/// # Errors
/// Only those of the database.
pub async fn find(tx: &mut Tx, digits: &str) -> Result<Option<Number>> {
    tx.query_opt(super::BY_DIGITS, args![digits]).await?.as_ref().map(number).transpose()
}
