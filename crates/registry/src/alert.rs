//! Alerts: what a person should look at. One open alert for each kind and subject.

use serde::Serialize;
use store::{Tx, args};

use crate::caller::Caller;
use crate::journal::{self, Change, Operation};
use crate::page::Page;
use crate::statement::statements;
use crate::{Error, Result};

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A pool is below its minimum and no vendor could fill it.
    LowStock,
    /// It is not known whether a vendor took an order.
    InDoubt,
    /// A spend cap stopped an order.
    SpendCap,
    /// A vendor delivered something that can't be sold.
    UnusableNumber,
    /// A vendor is not asked for now.
    VendorDown,
    /// A vendor said yes and delivered nothing.
    EmptyDelivery,
    /// A number could not be given back to its vendor.
    ReleaseFailed,
}

crate::text_enum!(Kind, "kind", {
    LowStock => "low_stock", InDoubt => "in_doubt", SpendCap => "spend_cap", UnusableNumber => "unusable_number",
    VendorDown => "vendor_down", EmptyDelivery => "empty_delivery", ReleaseFailed => "release_failed",
});

/// An open alert.
#[derive(Clone, Debug, Serialize)]
pub struct Alert {
    /// The id.
    pub id: i64,
    /// What kind of trouble.
    pub kind: Kind,
    /// What it is about, such as `order:12`.
    pub subject: String,
    /// For a person to read.
    pub message: String,
    /// Since when.
    pub created_at: i64,
}

statements! {
    RAISE = "INSERT INTO alerts (kind, subject, message, open, created_at, modified_at) VALUES ($1, $2, $3, true, $4, $4) \
        ON CONFLICT (kind, subject) WHERE open DO UPDATE SET message = excluded.message, modified_at = excluded.modified_at";
    CLEAR = "UPDATE alerts SET open = false, modified_at = $1 WHERE kind = $2 AND subject = $3 AND open";
    CLOSE = "UPDATE alerts SET open = false, modified_at = $1 WHERE id = $2 AND open";
    BY_KIND = "SELECT kind, COUNT(*) FROM (SELECT kind FROM alerts WHERE open LIMIT 100000) a GROUP BY kind";
    OPEN = "SELECT id, kind, subject, message, created_at FROM alerts WHERE open AND id > $1 ORDER BY id LIMIT $2";
}

/// Raises an alert, or renews the message of the one that is open; for the system's own work.
///
/// # Errors
/// Only those of the database.
pub async fn raise(tx: &mut Tx, now: i64, kind: Kind, subject: &str, message: &str) -> Result<()> {
    tracing::warn!(alert = kind.as_str(), subject, message, "alert");
    tx.execute(RAISE, args![kind, subject, message, now]).await?;
    Ok(())
}

/// Takes an alert back whose cause is gone; for the system's own work.
///
/// # Errors
/// Only those of the database.
pub async fn clear(tx: &mut Tx, now: i64, kind: Kind, subject: &str) -> Result<()> {
    tx.execute(CLEAR, args![now, kind, subject]).await?;
    Ok(())
}

/// The open alerts.
///
/// # Errors
/// [`Error::NotAllowed`] for whoever does not run the installation.
pub async fn list(tx: &mut Tx, caller: &Caller, page: Page) -> Result<Vec<Alert>> {
    caller.must_be_admin("read alerts")?;
    let rows = tx.query(OPEN, args![page.after, page.limit()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Alert {
                id: row.get("id")?,
                kind: row.get("kind")?,
                subject: row.get("subject")?,
                message: row.get("message")?,
                created_at: row.get("created_at")?,
            })
        })
        .collect()
}

/// How many alerts of each kind are open, counted up to a hundred thousand.
///
/// # Errors
/// Only those of the database.
pub async fn open_by_kind(tx: &mut Tx) -> Result<Vec<(Kind, i64)>> {
    tx.query(BY_KIND, args![]).await?.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
}

/// Closes an alert that a person has seen to.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::NotFound`].
pub async fn close(tx: &mut Tx, caller: &Caller, now: i64, id: i64) -> Result<()> {
    caller.must_be_admin("close alerts")?;
    if tx.execute(CLOSE, args![now, id]).await? == 0 {
        return Err(Error::not_found("alert", id));
    }
    let (open, closed) = (serde_json::json!({ "open": true }), serde_json::json!({ "open": false }));
    let change = Change {
        kind: "alerts",
        record_id: id,
        account: None,
        operation: Operation::Update,
        before: Some(&open),
        after: Some(&closed),
    };
    journal::write(tx, caller, now, change).await
}
