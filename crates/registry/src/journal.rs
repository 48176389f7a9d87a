//! The journal: who changed what, when, from what to what; written in the transaction of the change.

use serde::Serialize;
use serde_json::Value;
use store::{Tx, Val, args};

use crate::caller::Caller;
use crate::id::AccountId;
use crate::page::Page;
use crate::statement::statements;
use crate::{Error, Result};

/// What was done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// It was made.
    Create,
    /// It was changed.
    Update,
    /// It was removed.
    Delete,
}

crate::text_enum!(Operation, "operation", { Create => "create", Update => "update", Delete => "delete" });

/// One change.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Where it stands in the journal.
    pub id: i64,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// Who.
    pub who: String,
    /// What was done.
    pub operation: Operation,
    /// Which kind of record, by its table's name.
    pub kind: String,
    /// Which record.
    pub record_id: i64,
    /// The record before, without secrets.
    pub before: Option<Value>,
    /// The record after, without secrets.
    pub after: Option<Value>,
}

statements! {
    WRITE = "INSERT INTO journal (at, who, login_id, account_id, operation, kind, record_id, before, after) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    OF_RECORD = "SELECT id, at, who, operation, kind, record_id, before, after FROM journal \
        WHERE kind = $1 AND record_id = $2 AND id > $3 ORDER BY id LIMIT $4";
    ALL = "SELECT id, at, who, operation, kind, record_id, before, after FROM journal \
        WHERE id > $1 ORDER BY id LIMIT $2";
    NEWEST = "SELECT id, at, who, operation, kind, record_id, before, after FROM journal \
        ORDER BY id DESC LIMIT $1";
}

/// Fields that no journal may hold, whatever record they come from.
const SECRETS: [&str; 4] = ["password", "password_verifier", "md5_verifier", "sha1_verifier"];

/// A change to be written down.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) kind: &'static str,
    pub(crate) record_id: i64,
    pub(crate) account: Option<AccountId>,
    pub(crate) operation: Operation,
    pub(crate) before: Option<&'a (dyn erased::Json + Sync)>,
    pub(crate) after: Option<&'a (dyn erased::Json + Sync)>,
}

/// Anything that can be shown as JSON, behind a pointer.
pub(crate) mod erased {
    pub(crate) trait Json: std::fmt::Debug {
        fn json(&self) -> serde_json::Result<serde_json::Value>;
    }
    impl<T: serde::Serialize + std::fmt::Debug> Json for T {
        fn json(&self) -> serde_json::Result<serde_json::Value> {
            serde_json::to_value(self)
        }
    }
}

/// Writes a change down.
pub(crate) async fn write(tx: &mut Tx, caller: &Caller, now: i64, change: Change<'_>) -> Result<()> {
    let json = |record: Option<&(dyn erased::Json + Sync)>| -> Result<Option<Value>> {
        record.map(|r| r.json().map(redact)).transpose().map_err(|e| Error::Internal(e.to_string()))
    };
    let (before, after) = (json(change.before)?, json(change.after)?);
    tx.execute(
        WRITE,
        args![
            now,
            &caller.name,
            caller.login,
            change.account,
            change.operation,
            change.kind,
            change.record_id,
            before.map_or(Val::Null, Val::Json),
            after.map_or(Val::Null, Val::Json)
        ],
    )
    .await?;
    Ok(())
}

fn redact(mut record: Value) -> Value {
    if let Value::Object(fields) = &mut record {
        for secret in SECRETS {
            if let Some(value) = fields.get_mut(secret) {
                *value = Value::from("***");
            }
        }
    }
    record
}

fn entry(row: &store::Row) -> Result<Entry> {
    Ok(Entry {
        id: row.get("id")?,
        at: row.get("at")?,
        who: row.get("who")?,
        operation: row.get("operation")?,
        kind: row.get("kind")?,
        record_id: row.get("record_id")?,
        before: row.get("before")?,
        after: row.get("after")?,
    })
}

/// The changes of one record, oldest first.
///
/// # Errors
/// [`Error::NotAllowed`] for whoever does not run the installation.
pub async fn of_record(tx: &mut Tx, caller: &Caller, kind: &str, record_id: i64, page: Page) -> Result<Vec<Entry>> {
    caller.must_be_admin("read the journal")?;
    tx.query(OF_RECORD, args![kind, record_id, page.after, page.limit()]).await?.iter().map(entry).collect()
}

/// All changes, oldest first.
///
/// # Errors
/// As [`of_record`].
pub async fn list(tx: &mut Tx, caller: &Caller, page: Page) -> Result<Vec<Entry>> {
    caller.must_be_admin("read the journal")?;
    tx.query(ALL, args![page.after, page.limit()]).await?.iter().map(entry).collect()
}

/// The newest changes, newest first.
///
/// # Errors
/// As [`of_record`].
pub async fn newest(tx: &mut Tx, caller: &Caller, limit: u32) -> Result<Vec<Entry>> {
    caller.must_be_admin("read the journal")?;
    tx.query(NEWEST, args![Page::first(limit).limit()]).await?.iter().map(entry).collect()
}
