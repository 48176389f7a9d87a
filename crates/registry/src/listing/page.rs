//! Pages of a source, within the scope of a caller.

use store::{Tx, Val, args};

use super::{Condition, Listing, MOST_VALUES, Query, Reach, Shared, Source, Where, column_list};
use crate::account::Kind;
use crate::caller::{Caller, Role, Scope};
use crate::id::AccountId;
use crate::statement::statements;
use crate::{Result, tally};

statements! {
    RESELLER_OF = "SELECT reseller_id FROM accounts WHERE id = $1";
    RESELLERS = "SELECT x.account_id FROM account_ancestors x JOIN accounts a ON a.id = x.account_id \
        WHERE x.ancestor_id = $1 AND a.kind = 'reseller' LIMIT 2";
    KIND_OF = "SELECT kind FROM accounts WHERE id = $1";
}

/// What the caller's scope comes to in a source.
enum Scoped {
    Everything,
    Equal(&'static str, i64),
    Below(&'static str, AccountId),
    /// What the reseller exposes by a column, and the account's own.
    Exposed {
        reseller: (&'static str, AccountId),
        by: &'static str,
        own: Option<(&'static str, AccountId)>,
    },
    /// What an account and those below it have by the one column, or own by the other.
    Owned {
        account: &'static str,
        owner: &'static str,
        root: AccountId,
    },
    Nothing,
}

/// The role that says what of a subtree the caller sees: an administrator who acts for an account sees what that sees.
pub(crate) async fn acting(tx: &mut Tx, caller: &Caller) -> Result<Role> {
    let (Role::Admin, Scope::Subtree(root)) = (caller.role, caller.scope) else { return Ok(caller.role) };
    let kind: Option<Kind> = tx.query_opt(KIND_OF, args![root]).await?.map(|row| row.at(0)).transpose()?;
    Ok(match kind {
        Some(Kind::Operator) => Role::Admin,
        Some(Kind::Reseller) => Role::Reseller,
        _ => Role::Customer,
    })
}

async fn scoped(tx: &mut Tx, caller: &Caller, reach: Reach) -> Result<Scoped> {
    if reach.only.is_some_and(|roles| !roles.contains(&caller.role)) {
        return Ok(Scoped::Nothing);
    }
    let role = acting(tx, caller).await?;
    let served = matches!(role, Role::Customer | Role::SubscriberAdmin | Role::Subscriber);
    if let (Shared::Exposed(by), Some(column), true) = (reach.shared, reach.reseller, served) {
        let row = tx.query_opt(RESELLER_OF, args![caller.account]).await?;
        let Some(reseller) = row.map(|row| row.at(0)).transpose()? else { return Ok(Scoped::Nothing) };
        let own = reach.account.map(|column| (column, caller.account));
        return Ok(Scoped::Exposed { reseller: (column, reseller), by, own });
    }
    Ok(match caller.scope {
        _ if reach.shared == Shared::WithAll => Scoped::Everything,
        Scope::All => Scoped::Everything,
        Scope::Subtree(root) if root == AccountId::OPERATOR => Scoped::Everything,
        Scope::Subscriber(id) => match (reach.subscriber, reach.account) {
            (_, Some(column)) if reach.shared == Shared::WithAccount => Scoped::Equal(column, caller.account.0),
            (Some(column), _) => Scoped::Equal(column, id.0),
            _ => Scoped::Nothing,
        },
        Scope::Subtree(root) => match (role, reach) {
            (Role::Reseller | Role::CareAdmin | Role::Care, Reach { reseller: Some(column), .. }) => {
                // A reseller without resellers below has its rows under one value.
                match tx.query(RESELLERS, args![root]).await?.len() {
                    0 | 1 => Scoped::Equal(column, root.0),
                    _ => Scoped::Below(column, root),
                }
            }
            (Role::Customer, Reach { account: Some(account), shared: Shared::WithOwner(owner), .. }) => {
                Scoped::Owned { account, owner, root }
            }
            (Role::Customer | Role::SubscriberAdmin, Reach { account: Some(column), .. }) => {
                Scoped::Below(column, root)
            }
            _ => Scoped::Nothing,
        },
    })
}

/// A page of what the caller may see of a source.
///
/// # Errors
/// Only those of the database.
pub async fn page(tx: &mut Tx, caller: &Caller, source: &Source, query: &Query) -> Result<Listing> {
    let mut conditions = query.conditions.clone();
    let beside = match scoped(tx, caller, source.reach).await? {
        Scoped::Everything => None,
        Scoped::Equal(column, id) => {
            let own = Condition::Is(column, id.into());
            if !conditions.contains(&own) {
                conditions.insert(0, own);
            }
            None
        }
        within @ (Scoped::Below(..) | Scoped::Exposed { .. } | Scoped::Owned { .. }) => Some(within),
        Scoped::Nothing => {
            return Ok(Listing { ids: Vec::new(), total: query.count.then_some(0), more: false });
        }
    };
    let by_id = query.order.is_none_or(|name| name == "id");
    match (tallied(source, &conditions), beside) {
        (Some((list, key)), None) if by_id => counted(tx, source, &conditions, query, list, key).await,
        (tallied, beside) => {
            let total = match tallied {
                Some((list, key)) if query.count && beside.is_none() => Some(tally::total(tx, list, key).await?),
                _ => None,
            };
            plain(tx, source, &conditions, beside, query, total).await
        }
    }
}

/// The tally of exactly these conditions.
fn tallied(source: &Source, conditions: &[Condition]) -> Option<(&'static str, i64)> {
    match conditions {
        [] => Some((source.name, 0)),
        [Condition::Is(name, Val::Int(value))] => {
            let column = source.tallies.iter().find(|column| *column == name)?;
            Some((column_list(source, column), *value))
        }
        _ => None,
    }
}

async fn counted(
    tx: &mut Tx,
    source: &Source,
    conditions: &[Condition],
    query: &Query,
    list: &str,
    key: i64,
) -> Result<Listing> {
    let total = tally::total(tx, list, key).await?;
    let rows = query.limit.min(total.saturating_sub(query.offset)).max(0);
    let listing = |ids| Listing { ids, total: query.count.then_some(total), more: query.offset + rows < total };
    if rows == 0 {
        return Ok(listing(Vec::new()));
    }
    // The same rows stand as far from the end when the order is turned round.
    let first = if query.descending { total - query.offset - rows } else { query.offset };
    let (from, skip) = if first == 0 { (i64::MIN, 0) } else { tally::seek(tx, list, key, first).await? };
    let mut filter = Where { sql: String::new(), values: Vec::new() };
    source.conditions(&mut filter, conditions)?;
    if from > i64::MIN {
        filter.and("t.id >= ?", from);
    }
    let n = filter.values.len();
    let sql =
        format!("SELECT t.id FROM {}{} ORDER BY t.id LIMIT ${} OFFSET ${}", source.from, filter.sql, n + 1, n + 2);
    filter.values.extend([Val::Int(rows), Val::Int(skip)]);
    let mut ids = ids(tx, &sql, &filter.values).await?;
    if query.descending {
        ids.reverse();
    }
    Ok(listing(ids))
}

/// Adds what a scope comes to that is more than an equality.
fn within(filter: &mut Where, source: &Source, scoped: &Scoped) -> Result<()> {
    match *scoped {
        Scoped::Below(column, root) => {
            let column = source.sql(column)?;
            filter.and(&format!("{column} IN (SELECT account_id FROM account_ancestors WHERE ancestor_id = ?)"), root);
        }
        Scoped::Exposed { reseller: (column, reseller), by, own } => {
            filter.values.push(reseller.into());
            let exposed = format!("{} = ${} AND {}", source.sql(column)?, filter.values.len(), source.sql(by)?);
            match own {
                Some((column, account)) => {
                    filter.and(&format!("(({exposed}) OR {} = ?)", source.sql(column)?), account);
                }
                None => filter.raw(&exposed),
            }
        }
        Scoped::Owned { account, owner, root } => {
            // Each half by its index.
            let table = source.from.split_whitespace().next().unwrap_or_default();
            let fixed = match source.fixed {
                "" => String::new(),
                fixed => format!(" AND {}", fixed.replace("t.", "o.")),
            };
            let half = |name| {
                let column = source.column_of_row(name).unwrap_or(name);
                format!(
                    "SELECT o.id FROM account_ancestors b JOIN {table} o ON o.{column} = b.account_id \
                     WHERE b.ancestor_id = ?{fixed}"
                )
            };
            filter.and(&format!("t.id IN ({} UNION {})", half(account), half(owner)), root);
        }
        Scoped::Everything | Scoped::Equal(..) | Scoped::Nothing => {}
    }
    Ok(())
}

/// The statement of what a customer sees of a list of which its reseller exposes rows, or in which it owns some; none for
/// other lists.
#[cfg(test)]
pub(crate) fn exposed(source: &Source) -> Option<String> {
    let scoped = match source.reach.shared {
        Shared::Exposed(by) => Scoped::Exposed {
            reseller: (source.reach.reseller?, AccountId::DEFAULT_RESELLER),
            by,
            own: source.reach.account.map(|column| (column, AccountId::OPERATOR)),
        },
        Shared::WithOwner(owner) => Scoped::Owned { account: source.reach.account?, owner, root: AccountId::OPERATOR },
        _ => return None,
    };
    let mut filter = Where { sql: String::new(), values: Vec::new() };
    source.conditions(&mut filter, &[]).ok()?;
    within(&mut filter, source, &scoped).ok()?;
    Some(format!("SELECT t.id FROM {}{} ORDER BY t.id LIMIT 11", source.from, filter.sql))
}

async fn plain(
    tx: &mut Tx,
    source: &Source,
    conditions: &[Condition],
    beside: Option<Scoped>,
    query: &Query,
    total: Option<i64>,
) -> Result<Listing> {
    let mut filter = Where { sql: String::new(), values: Vec::new() };
    source.conditions(&mut filter, conditions)?;
    if let Some(beside) = beside {
        within(&mut filter, source, &beside)?;
    }
    let total = match total {
        None if query.count => {
            let sql = format!("SELECT COUNT(*) AS n FROM {}{}", source.from, filter.sql);
            Some(tx.query_one(&sql, &filter.values).await?.at(0)?)
        }
        known => known,
    };
    let n = filter.values.len();
    let order = source.order(query.order, query.descending)?;
    let sql = format!("SELECT t.id FROM {}{}{order} LIMIT ${} OFFSET ${}", source.from, filter.sql, n + 1, n + 2);
    // One row more than the page holds tells whether there is another page.
    filter.values.extend([Val::Int(query.limit.saturating_add(1)), Val::Int(query.offset)]);
    let mut ids = ids(tx, &sql, &filter.values).await?;
    let more = ids.len() as i64 > query.limit;
    ids.truncate(usize::try_from(query.limit).unwrap_or(0));
    Ok(Listing { ids, total, more })
}

async fn ids(tx: &mut Tx, sql: &str, values: &[Val]) -> Result<Vec<i64>> {
    tx.query(sql, values).await?.iter().map(|row| Ok(row.at(0)?)).collect()
}

/// Whether the caller may see that row of a source.
///
/// # Errors
/// Only those of the database.
pub async fn shows(tx: &mut Tx, caller: &Caller, source: &Source, id: i64) -> Result<bool> {
    let query = Query { conditions: vec![Condition::Is("id", id.into())], limit: 1, ..Query::default() };
    Ok(!page(tx, caller, source, &query).await?.ids.is_empty())
}

/// Those of some rows of a source that the caller may see; in no particular order.
///
/// # Errors
/// Only those of the database.
pub async fn seen(tx: &mut Tx, caller: &Caller, source: &Source, ids: &[i64]) -> Result<Vec<i64>> {
    let mut seen = Vec::new();
    for some in ids.chunks(MOST_VALUES) {
        let conditions = vec![Condition::Among("id", some.iter().map(|id| Val::Int(*id)).collect())];
        let query = Query { conditions, limit: some.len() as i64, ..Query::default() };
        seen.extend(page(tx, caller, source, &query).await?.ids);
    }
    Ok(seen)
}

/// Waits for others who change that row, and holds it until the transaction ends: for whoever reads it, changes what it
/// has read and writes it back.
///
/// # Errors
/// Only those of the database.
pub async fn hold(tx: &mut Tx, source: &Source, id: i64) -> Result<()> {
    let table = source.from.split_whitespace().next().unwrap_or_default();
    tx.query_opt(&format!("SELECT id FROM {table} WHERE id = $1 {{wait}}"), args![id]).await?;
    Ok(())
}
