//! Orders: one call to one vendor each, written down before the vendor is called.
//!
//! The row's state is the lock: an order goes from `planned` to `sent` once, in a transaction that is durable before
//! the call leaves. An order that is found `sent` without an outcome is `in_doubt`, and is settled by the vendor's own
//! listing or by a person, never by calling again. Whatever a vendor delivers, however late, is recorded.

mod outcome;
mod shown;
mod supply;

use serde::Serialize;
use store::{Row, Tx, args};

pub use outcome::{Delivered, Delivery, Ended, Line, LineOutcome, lines, record, resolve};
pub(crate) use shown::SOURCES;
pub use shown::{ORDERS, load};
pub use supply::{Supply, doubtful_links, next_grace_end, spent, supply};

use crate::caller::{Caller, Scope};
use crate::id::{AccountId, ClassId, LinkId, OrderId, PoolId, RefillId, VendorId};
use crate::journal::{self, Change, Operation};
use crate::page::Page;
use crate::pool::Pool;
use crate::vendor_link::Link;
use crate::{Error, Money, Result, charge, job};

pub(crate) fn statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    STATEMENTS.iter().chain(outcome::STATEMENTS).chain(supply::STATEMENTS)
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Written down, the vendor not called.
    Planned,
    /// The vendor is being called.
    Sent,
    /// The vendor said yes; nothing delivered yet.
    Accepted,
    /// Delivered in part, the vendor will deliver the rest.
    BackOrdered,
    /// Delivered whole.
    Fulfilled,
    /// Delivered in part, and that was all.
    PartlyFulfilled,
    /// The vendor said no, or was provably never called.
    Refused,
    /// Not known whether the vendor took it.
    InDoubt,
    /// Was in doubt, and has been settled.
    Resolved,
    /// Given up before the vendor was called, or by the operator.
    Cancelled,
}

crate::text_enum!(State, "state", {
    Planned => "planned", Sent => "sent", Accepted => "accepted", BackOrdered => "back_ordered",
    Fulfilled => "fulfilled", PartlyFulfilled => "partly_fulfilled", Refused => "refused", InDoubt => "in_doubt",
    Resolved => "resolved", Cancelled => "cancelled",
});

impl State {
    /// Whether nothing more is expected of the order.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, State::Fulfilled | State::PartlyFulfilled | State::Refused | State::Resolved | State::Cancelled)
    }

    /// From where to where an order may go.
    #[must_use]
    pub fn may_become(self, to: State) -> bool {
        use State::{
            Accepted, BackOrdered, Cancelled, Fulfilled, InDoubt, PartlyFulfilled, Planned, Refused, Resolved, Sent,
        };
        match self {
            Planned => matches!(to, Sent | Refused | Cancelled),
            Sent => matches!(to, Accepted | BackOrdered | Fulfilled | PartlyFulfilled | Refused | InDoubt),
            Accepted | BackOrdered => {
                matches!(to, Accepted | BackOrdered | Fulfilled | PartlyFulfilled | InDoubt | Resolved | Cancelled)
            }
            InDoubt => {
                matches!(to, InDoubt | Accepted | BackOrdered | Fulfilled | PartlyFulfilled | Refused | Resolved)
            }
            Fulfilled | PartlyFulfilled | Refused | Resolved | Cancelled => false,
        }
    }
}

/// An order.
#[derive(Clone, Debug, Serialize)]
pub struct Order {
    /// The id.
    pub id: OrderId,
    /// What the vendor is told; unique and not to be guessed.
    pub reference: String,
    /// The refill it belongs to.
    pub refill_id: Option<RefillId>,
    /// The pool that gets the numbers.
    pub pool_id: PoolId,
    /// The vendor.
    pub vendor_id: VendorId,
    /// The link it was placed by.
    pub link_id: Option<LinkId>,
    /// The vendor's group.
    pub group_id: String,
    /// The class that the numbers get.
    pub class_id: ClassId,
    /// How many numbers.
    pub quantity: u32,
    /// A particular number.
    pub digits: Option<String>,
    /// For whom that one is bought.
    pub account_id: Option<AccountId>,
    /// Where it stands.
    pub state: State,
    /// How many numbers have come.
    pub delivered: u32,
    /// How many the vendor says are still to come.
    pub pending: u32,
    /// What one number costs, once.
    pub setup_cost: Option<Money>,
    /// What one number costs each month.
    pub monthly_cost: Option<Money>,
    /// Currency of the costs.
    pub currency: String,
    /// Fencing token of the worker that sent it.
    pub token: i64,
    /// When the vendor was called.
    pub sent_at: Option<i64>,
    /// Until then, an order in doubt counts as supply on the way.
    pub grace_until: Option<i64>,
    /// What the vendor said, or what went wrong.
    pub message: String,
    /// Who placed it.
    pub made_by: String,
    /// When it was written down.
    pub created_at: i64,
    /// When it last changed.
    pub modified_at: i64,
}

macro_rules! columns {
    () => {
        "id, reference, refill_id, pool_id, vendor_id, link_id, group_id, class_id, quantity, digits, account_id, state, \
         delivered, pending, setup_cost, monthly_cost, currency, token, sent_at, grace_until, message, made_by, \
         created_at, modified_at"
    };
}

use columns;

crate::statement::statements! {
    INSERT = "INSERT INTO orders (reference, refill_id, pool_id, vendor_id, link_id, group_id, class_id, quantity, digits, \
        account_id, reseller_id, state, delivered, pending, setup_cost, monthly_cost, currency, token, message, made_by, \
        created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
        (SELECT reseller_id FROM accounts WHERE id = $10), 'planned', 0, 0, $11, $12, $13, 0, '', $14, $15, $15) \
        RETURNING id, reseller_id";
    BY_ID = concat!("SELECT ", columns!(), " FROM orders WHERE id = $1");
    LOCK = concat!("SELECT ", columns!(), " FROM orders WHERE id = $1 {wait}");
    BY_REFERENCE = concat!("SELECT ", columns!(), " FROM orders WHERE reference = $1");
    LIST = concat!("SELECT ", columns!(), " FROM orders WHERE id > $1 ORDER BY id LIMIT $2");
    OF_ACCOUNT = concat!("SELECT ", columns!(), " FROM orders WHERE id > $1 AND account_id IN \
        (SELECT account_id FROM account_ancestors WHERE ancestor_id = $2) ORDER BY id LIMIT $3");
    IN_STATE = concat!("SELECT ", columns!(), " FROM orders WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3");
    OF_POOL = concat!("SELECT ", columns!(), " FROM orders WHERE pool_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    OPEN_FOR = "SELECT id, account_id FROM orders WHERE digits = $1 \
        AND state IN ('planned', 'sent', 'accepted', 'back_ordered', 'in_doubt') LIMIT 1";
    REFER = "UPDATE orders SET buyer_reference = $1 WHERE id = $2";
    OPEN_BY_REFERENCE = "SELECT id FROM orders WHERE account_id = $1 AND buyer_reference = $2 \
        AND buyer_reference IS NOT NULL AND state IN ('planned', 'sent', 'accepted', 'back_ordered', 'in_doubt') ORDER BY id LIMIT 1";
    REFERENCE = "SELECT buyer_reference FROM orders WHERE id = $1";
    SAVE = "UPDATE orders SET state = $1, delivered = $2, pending = $3, token = $4, sent_at = $5, grace_until = $6, \
        message = $7, modified_at = $8 WHERE id = $9";
    BY_STATE = "SELECT state, COUNT(*) FROM (SELECT state FROM orders WHERE state IN ('planned', 'sent', 'accepted', \
        'back_ordered', 'in_doubt') LIMIT 100000) o GROUP BY state";
}

fn order(row: &Row) -> Result<Order> {
    Ok(Order {
        id: row.get("id")?,
        reference: row.get("reference")?,
        refill_id: row.get("refill_id")?,
        pool_id: row.get("pool_id")?,
        vendor_id: row.get("vendor_id")?,
        link_id: row.get("link_id")?,
        group_id: row.get("group_id")?,
        class_id: row.get("class_id")?,
        quantity: row.get("quantity")?,
        digits: row.get("digits")?,
        account_id: row.get("account_id")?,
        state: row.get("state")?,
        delivered: row.get("delivered")?,
        pending: row.get("pending")?,
        setup_cost: row.get("setup_cost")?,
        monthly_cost: row.get("monthly_cost")?,
        currency: row.get("currency")?,
        token: row.get("token")?,
        sent_at: row.get("sent_at")?,
        grace_until: row.get("grace_until")?,
        message: row.get("message")?,
        made_by: row.get("made_by")?,
        created_at: row.get("created_at")?,
        modified_at: row.get("modified_at")?,
    })
}

async fn lock(tx: &mut Tx, id: OrderId) -> Result<Order> {
    let row = tx.query_opt(LOCK, args![id]).await?;
    row.as_ref().map(order).transpose()?.ok_or_else(|| Error::not_found("order", id))
}

async fn save(tx: &mut Tx, caller: &Caller, now: i64, before: &Order, after: &mut Order) -> Result<()> {
    if before.state != after.state && !before.state.may_become(after.state) {
        return Err(Error::Conflict(format!("order {} can't go from {} to {}", after.id, before.state, after.state)));
    }
    after.modified_at = now;
    let o = &*after;
    let values = args![o.state, o.delivered, o.pending, o.token, o.sent_at, o.grace_until, &o.message, now, o.id];
    tx.execute(SAVE, values).await?;
    write(tx, caller, now, Operation::Update, Some(before), after).await
}

async fn write(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    operation: Operation,
    before: Option<&Order>,
    after: &Order,
) -> Result<()> {
    let change = Change {
        kind: "orders",
        record_id: after.id.0,
        account: after.account_id,
        operation,
        before: before.map(|b| b as _),
        after: Some(after),
    };
    journal::write(tx, caller, now, change).await
}

/// A particular number that is bought for an account.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The number.
    pub digits: &'a str,
    /// The buyer.
    pub buyer: AccountId,
}

/// The open order by which that buyer is buying that number already, if there is one.
///
/// # Errors
/// Only those of the database.
pub async fn open_for(tx: &mut Tx, digits: &str, buyer: AccountId) -> Result<Option<OrderId>> {
    let Some(row) = tx.query_opt(OPEN_FOR, args![digits]).await? else { return Ok(None) };
    Ok((row.get::<Option<AccountId>>("account_id")? == Some(buyer)).then_some(row.get("id")?))
}

/// Writes an order down, and the job that will send it. For a particular number the buyer's money is held.
///
/// # Errors
/// [`Error::NoCredit`]; [`Error::Conflict`] where the number is being bought already.
#[expect(clippy::too_many_arguments, reason = "each of them is a column of the order")]
pub async fn plan(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    pool: &Pool,
    link: &Link,
    refill: Option<RefillId>,
    quantity: u32,
    wanted: Option<Wanted<'_>>,
) -> Result<Order> {
    let bought_already = |digits: &str| Error::Conflict(format!("number {digits} is being bought already"));
    if let Some(wanted) = wanted
        && tx.query_opt(OPEN_FOR, args![wanted.digits]).await?.is_some()
    {
        return Err(bought_already(wanted.digits));
    }
    let reference = format!("strowger-{:016x}", rand::random::<u64>());
    let values = args![
        &reference,
        refill,
        pool.id,
        link.vendor_id,
        link.id,
        &link.group_id,
        link.class_id,
        quantity,
        wanted.map(|w| w.digits),
        wanted.map(|w| w.buyer),
        link.setup_cost,
        link.monthly_cost,
        &link.currency,
        &caller.name,
        now
    ];
    let (id, reseller) = match (tx.query_one(INSERT, values).await, wanted) {
        // Another buyer's order came in between.
        (Err(store::Error::Unique(_)), Some(wanted)) => return Err(bought_already(wanted.digits)),
        (inserted, _) => {
            let row = inserted?;
            (row.at(0)?, row.at(1)?)
        }
    };
    if let Some(wanted) = wanted {
        charge::hold(tx, caller, now, wanted.buyer, pool, wanted.digits, id).await?;
    }
    let planned = lock(tx, id).await?;
    shown::count(tx, &planned, reseller);
    write(tx, caller, now, Operation::Create, None, &planned).await?;
    job::enqueue(tx, job::Kind::Order, id.0, 0).await?;
    Ok(planned)
}

/// Keeps the buyer's own reference for the number that the order is to bring, so that the purchase may be repeated.
///
/// # Errors
/// Only those of the database.
pub async fn refer(tx: &mut Tx, id: OrderId, reference: &str) -> Result<()> {
    tx.execute(REFER, args![reference, id]).await?;
    Ok(())
}

/// The order that is still open by which an account buys under that reference of its own, if there is one.
///
/// # Errors
/// [`Error::NotFound`] where the caller may not see the account.
pub async fn open_by_reference(
    tx: &mut Tx,
    caller: &Caller,
    account: AccountId,
    reference: &str,
) -> Result<Option<OrderId>> {
    caller.must_see(tx, account).await?;
    Ok(tx.query_opt(OPEN_BY_REFERENCE, args![account, reference]).await?.map(|row| row.at(0)).transpose()?)
}

/// The buyer's own reference, where it gave one.
pub(crate) async fn buyer_reference(tx: &mut Tx, id: OrderId) -> Result<Option<String>> {
    Ok(tx.query_one(REFERENCE, args![id]).await?.at(0)?)
}

/// What a worker may do with an order that it has taken.
#[derive(Clone, Debug)]
pub enum Sending {
    /// Call the vendor: the order is marked sent, for this worker alone.
    Call(Order),
    /// It was sent before and nobody recorded an outcome: it is in doubt now.
    InDoubt(Order),
    /// Look the order up at the vendor.
    Follow(Order),
    /// There is nothing to do.
    Nothing(Order),
}

/// Marks an order as sent, before the call leaves. The caller commits this before it calls the vendor.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn send(tx: &mut Tx, caller: &Caller, now: i64, id: OrderId, grace: i64) -> Result<Sending> {
    let before = lock(tx, id).await?;
    let mut after = before.clone();
    match before.state {
        State::Planned => {
            after.state = State::Sent;
            after.token += 1;
            after.sent_at = Some(now);
            after.grace_until = Some(now.saturating_add(grace));
            save(tx, caller, now, &before, &mut after).await?;
            Ok(Sending::Call(after))
        }
        State::Sent => {
            let why = "the server that called the vendor ended before it had an answer";
            let doubt = Delivery { lines: Vec::new(), pending: 0, ended: Ended::InDoubt, message: why.to_owned() };
            Ok(Sending::InDoubt(record(tx, caller, now, id, &doubt).await?))
        }
        State::Accepted | State::BackOrdered | State::InDoubt => Ok(Sending::Follow(before)),
        _ => Ok(Sending::Nothing(before)),
    }
}

/// Gives up an order whose vendor has not been called, or that the operator knows will bring nothing more.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::NotFound`], [`Error::Conflict`] where it is too late.
pub async fn cancel(tx: &mut Tx, caller: &Caller, now: i64, id: OrderId, why: &str) -> Result<Order> {
    caller.must_be_admin("cancel orders")?;
    let before = lock(tx, id).await?;
    let mut after = before.clone();
    after.state = State::Cancelled;
    after.pending = 0;
    after.message = why.to_owned();
    save(tx, caller, now, &before, &mut after).await?;
    charge::let_go(tx, caller, now, id).await?;
    job::demand(tx, job::Kind::Refill, after.pool_id.0).await?;
    Ok(after)
}

/// An order, if the caller may see it: those of its own purchases, and all of them for whoever runs the installation.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(tx: &mut Tx, caller: &Caller, id: OrderId) -> Result<Order> {
    let row = tx.query_opt(BY_ID, args![id]).await?;
    let found = row.as_ref().map(order).transpose()?.ok_or_else(|| Error::not_found("order", id))?;
    let visible = match (caller.scope, found.account_id) {
        (Scope::All, _) => true,
        (Scope::Subtree(_), Some(account)) => caller.sees(tx, account).await?,
        (Scope::Subtree(_), None) | (Scope::Subscriber(_), _) => false,
    };
    if visible { Ok(found) } else { Err(Error::not_found("order", id)) }
}

/// The order of that id or reference.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx, caller: &Caller, text: &str) -> Result<Order> {
    match text.parse() {
        Ok(id) => get(tx, caller, OrderId(id)).await,
        Err(_) => {
            let row = tx.query_opt(BY_REFERENCE, args![text]).await?;
            let id: OrderId = row.ok_or_else(|| Error::not_found("order", text))?.get("id")?;
            get(tx, caller, id).await
        }
    }
}

/// Which orders are wanted.
#[derive(Clone, Copy, Debug)]
pub enum Filter {
    /// All that the caller may see.
    All,
    /// Those in a state.
    State(State),
    /// Those of a pool.
    Pool(PoolId),
}

/// Orders by id.
///
/// # Errors
/// [`Error::NotAllowed`] where others' orders are asked for.
pub async fn list(tx: &mut Tx, caller: &Caller, filter: Filter, page: Page) -> Result<Vec<Order>> {
    let (after, limit) = (page.after, page.limit());
    let rows = match (caller.scope, filter) {
        (Scope::All, Filter::All) => tx.query(LIST, args![after, limit]).await?,
        (Scope::All, Filter::State(state)) => tx.query(IN_STATE, args![state, after, limit]).await?,
        (Scope::All, Filter::Pool(pool)) => tx.query(OF_POOL, args![pool, after, limit]).await?,
        (Scope::Subtree(root), Filter::All) => tx.query(OF_ACCOUNT, args![after, root, limit]).await?,
        (Scope::Subtree(_) | Scope::Subscriber(_), _) => {
            return Err(Error::NotAllowed("only an administrator may filter orders".to_owned()));
        }
    };
    rows.iter().map(order).collect()
}

/// How many orders are open in each state, counted up to a hundred thousand.
///
/// # Errors
/// Only those of the database.
pub async fn open_by_state(tx: &mut Tx) -> Result<Vec<(State, i64)>> {
    tx.query(BY_STATE, args![]).await?.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
}

#[cfg(test)]
mod tests;
