//! What is shown of orders: the list, and its rows.

use store::Tx;

use super::{Order, columns, order};
use crate::Result;
use crate::listing::{self, Column, Reach, Source};

/// All orders; those of a buyer are also its reseller's and its own.
pub static ORDERS: Source = Source {
    name: "orders",
    from: "orders t",
    fixed: "",
    reach: Reach::ACCOUNT,
    columns: &[
        Column::int("id", "t.id"),
        Column::text("reference", "t.reference"),
        Column::int("pool_id", "t.pool_id"),
        Column::int("vendor_id", "t.vendor_id"),
        Column::int("account_id", "t.account_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::text("digits", "t.digits"),
        Column::text("state", "t.state"),
        Column::int("quantity", "t.quantity"),
        Column::int("delivered", "t.delivered"),
        Column::int("created_at", "t.created_at"),
        Column::int("modified_at", "t.modified_at"),
    ],
    tallies: &["reseller_id", "account_id", "pool_id"],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&ORDERS];

/// A statement for several orders at a time.
const MANY: &str = concat!("SELECT ", columns!(), " FROM orders WHERE id IN ({ids})");

/// Counts an order that was written down.
pub(super) fn count(tx: &mut Tx, order: &Order, reseller: Option<i64>) {
    let mut values = vec![("pool_id", order.pool_id.0)];
    values.extend(reseller.map(|reseller| ("reseller_id", reseller)));
    values.extend(order.account_id.map(|account| ("account_id", account.0)));
    ORDERS.count(tx, order.id.0, &values, 1);
}

/// The orders of those ids, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Order>> {
    let rows = listing::for_ids(tx, MANY, ids).await?.iter().map(order).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, rows, |order| order.id.0))
}
