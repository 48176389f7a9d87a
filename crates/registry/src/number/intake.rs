//! How numbers come to us: bought from a vendor, entered as a range.

use store::{Tx, args};

use super::{Number, State, number, write};
use crate::caller::Caller;
use crate::id::{AccountId, ClassId, OrderId, PoolId, VendorId};
use crate::journal::{self, Change, Operation};
use crate::{Error, Result, pool};

/// Most numbers in one range.
const MOST_IN_RANGE: i64 = 1_000_000;

crate::statement::statements! {
    INSERT = concat!("INSERT INTO numbers (digits, state, pool_id, class_id, vendor_id, vendor_group, order_id, \
        blocked_reason, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) \
        ON CONFLICT (digits) DO UPDATE SET state = excluded.state, pool_id = excluded.pool_id, \
        class_id = excluded.class_id, vendor_id = excluded.vendor_id, vendor_group = excluded.vendor_group, \
        order_id = excluded.order_id, blocked_reason = excluded.blocked_reason, account_id = NULL, reseller_id = NULL, \
        destination = NULL, until = NULL, reference = NULL, alias = NULL, region = NULL, description = NULL, \
        vendor_data = NULL, modified_at = excluded.modified_at \
        WHERE numbers.state IN ('deleted', 'discovery') RETURNING ", super::columns!());
    INSERT_PLAIN = "INSERT INTO numbers (digits, state, pool_id, class_id, alias, region, created_at, modified_at) \
        VALUES ($1, 'available', $2, $3, $4, $5, $6, $6) ON CONFLICT (digits) DO UPDATE SET state = excluded.state, \
        pool_id = excluded.pool_id, class_id = excluded.class_id, alias = excluded.alias, region = excluded.region, \
        vendor_id = NULL, vendor_group = NULL, vendor_data = NULL, order_id = NULL, blocked_reason = NULL, \
        account_id = NULL, reseller_id = NULL, destination = NULL, until = NULL, reference = NULL, description = NULL, \
        modified_at = excluded.modified_at WHERE numbers.state IN ('deleted', 'discovery')";
}

/// Where numbers come from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The pool they are sold from.
    pub pool: PoolId,
    /// Their class.
    pub class: ClassId,
    /// The vendor.
    pub vendor: VendorId,
    /// The vendor's group.
    pub group: String,
    /// The order.
    pub order: OrderId,
}

/// What became of a number that a vendor delivered.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "it is looked at once and dropped")]
pub enum Intake {
    /// It is ours now.
    Added(Number),
    /// It was ours before.
    Owned,
}

/// Takes a number in that a vendor has been paid for: free, or blocked with a reason.
///
/// # Errors
/// Only those of the database.
pub async fn take_in(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    digits: &str,
    origin: &Origin,
    blocked: Option<&str>,
) -> Result<Intake> {
    let o = origin;
    let values = args![digits, State::Available, o.pool, o.class, o.vendor, o.group.as_str(), o.order, blocked, now];
    match tx.query_opt(INSERT, values).await? {
        None => Ok(Intake::Owned),
        Some(row) => {
            let added = number(&row)?;
            write(tx, caller, now, Operation::Create, None, &added).await?;
            Ok(Intake::Added(added))
        }
    }
}

/// What a range of numbers gets beside its digits.
#[derive(Clone, Debug, Default)]
pub struct Range {
    /// First number, digits of E.164.
    pub start: String,
    /// Last number, of the same length.
    pub end: String,
    /// The digits that the carrier sends, for a single number.
    pub alias: Option<String>,
    /// Free text.
    pub region: Option<String>,
    /// Who gets them at once; nobody: they are free.
    pub account: Option<AccountId>,
}

/// Most numbers of a range that are entered in one transaction.
pub const MOST_AT_ONCE: i64 = 10_000;

impl Range {
    /// The first and the last number.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field that makes it no range of one to a million numbers of one length.
    pub fn bounds(&self) -> Result<(i64, i64)> {
        let start = super::digits(&self.start)?;
        let end = if self.end.is_empty() { start.clone() } else { super::digits(&self.end)? };
        let bound = |field, text: &str| {
            text.parse::<i64>().map_err(|_| Error::invalid(field, format!("`{text}` is not a number")))
        };
        let (first, last) = (bound("start", &start)?, bound("end", &end)?);
        if start.len() != end.len() || first > last || last - first >= MOST_IN_RANGE {
            let message = format!("{start} to {end} is not a range of 1 to {MOST_IN_RANGE} numbers of one length");
            return Err(Error::invalid("end", message));
        }
        if self.alias.is_some() && first != last {
            return Err(Error::invalid("alias", "an alias belongs to a single number"));
        }
        Ok((first, last))
    }
}

/// Enters a range of at most [`MOST_AT_ONCE`] numbers of our own and returns how many; all of them or none.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::Invalid`] where the range is not one or too long; [`Error::Conflict`] naming a number
/// that is there already.
pub async fn add_range(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    pool_id: PoolId,
    class: Option<ClassId>,
    range: &Range,
) -> Result<u64> {
    caller.must_be_admin("enter numbers")?;
    let pool = pool::get(tx, pool_id).await?;
    let class = class.unwrap_or(pool.class_id);
    let (first, last) = range.bounds()?;
    if last - first >= MOST_AT_ONCE {
        return Err(Error::invalid("end", format!("a transaction enters at most {MOST_AT_ONCE} numbers")));
    }
    for n in first..=last {
        let digits = n.to_string();
        let (alias, region) = (range.alias.as_deref(), range.region.as_deref());
        if tx.execute(INSERT_PLAIN, args![&digits, pool_id, class, alias, region, now]).await? == 0 {
            return Err(Error::Conflict(format!("number {digits} is there already")));
        }
        if let Some(account) = range.account {
            super::sell(tx, caller, now, &digits, account, None).await?;
        }
    }
    let summary = serde_json::json!({ "start": first, "end": last, "class_id": class, "account_id": range.account });
    let change = Change {
        kind: "number_ranges",
        record_id: pool_id.0,
        account: range.account,
        operation: Operation::Create,
        before: None,
        after: Some(&summary),
    };
    journal::write(tx, caller, now, change).await?;
    u64::try_from(last - first + 1).map_err(|_| Error::Internal("range".to_owned()))
}
