//! The journal: who changed what, when, from what to what; written in the transaction of the change.

use serde::Serialize;
use serde_json::Value;
use store::{Tx, Val, args};

use crate::caller::{Caller, Role, Scope};
use crate::id::{AccountId, LoginId};
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
    /// The login that did it, where there was one.
    pub login_id: Option<LoginId>,
    /// What that login is for, if it is still there.
    pub role: Option<Role>,
    /// The nearest reseller at or above that login's account, if it is still there.
    pub reseller_id: Option<AccountId>,
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

/// The columns of an [`Entry`]; the rank of who did it is looked up as it is now.
macro_rules! columns {
    () => {
        "id, at, who, login_id, operation, kind, record_id, before, after, \
         (SELECT l.role FROM logins l WHERE l.id = journal.login_id) AS role, \
         (SELECT a.reseller_id FROM logins l JOIN accounts a ON a.id = l.account_id WHERE l.id = journal.login_id) \
         AS reseller_id"
    };
}

statements! {
    WRITE = "INSERT INTO journal (at, who, login_id, account_id, operation, kind, record_id, before, after) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    OF_RECORD = concat!("SELECT ", columns!(), " FROM journal \
        WHERE kind = $1 AND record_id = $2 AND id > $3 ORDER BY id LIMIT $4");
    ALL = concat!("SELECT ", columns!(), " FROM journal \
        WHERE id > $1 ORDER BY id LIMIT $2");
    NEWEST_OF_RECORD = concat!("SELECT ", columns!(), ", account_id FROM journal \
        WHERE kind = $1 AND record_id = $2 ORDER BY id DESC LIMIT 1");
    ONE_OF_RECORD = concat!("SELECT ", columns!(), ", account_id FROM journal \
        WHERE kind = $1 AND record_id = $2 AND id = $3");
    NEWEST = concat!("SELECT ", columns!(), " FROM journal \
        ORDER BY id DESC LIMIT $1");
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
///
/// Every change passes here, so it is here that whoever may only read is refused.
pub(crate) async fn write(tx: &mut Tx, caller: &Caller, now: i64, change: Change<'_>) -> Result<()> {
    caller.must_write()?;
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

/// A kind of record whose changes are written down whole.
pub(crate) trait Recorded: Serialize + std::fmt::Debug + Sync {
    /// The table's name.
    const KIND: &'static str;

    /// Which row.
    fn record_id(&self) -> i64;

    /// Whose it is.
    fn account(&self) -> Option<AccountId>;
}

/// Writes down that a record was made (nothing before), changed, or removed (nothing after).
pub(crate) async fn record<T: Recorded>(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    before: Option<&T>,
    after: Option<&T>,
) -> Result<()> {
    let Some(record) = after.or(before) else { return Ok(()) };
    let change = Change {
        kind: T::KIND,
        record_id: record.record_id(),
        account: record.account(),
        operation: match (before, after) {
            (None, _) => Operation::Create,
            (Some(_), Some(_)) => Operation::Update,
            (Some(_), None) => Operation::Delete,
        },
        before: before.map(|b| b as _),
        after: after.map(|a| a as _),
    };
    write(tx, caller, now, change).await
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
        login_id: row.get("login_id")?,
        role: row.get("role")?,
        reseller_id: row.get("reseller_id")?,
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

/// Which entries of a record are wanted.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    /// `create`, `update` or `delete`.
    pub operation: Option<String>,
    /// Who made the change.
    pub who: Option<String>,
    /// Not before, in microseconds since 1970 UTC.
    pub from: Option<i64>,
    /// Not after.
    pub to: Option<i64>,
}

/// A page of a record's journal.
#[derive(Clone, Debug)]
pub struct RecordPage {
    /// The entries, oldest first.
    pub entries: Vec<Entry>,
    /// How many there are on all pages.
    pub total: i64,
}

/// Whether the caller may see an entry: that of an account it sees; those of no account are the administrators'.
async fn may_see(tx: &mut Tx, caller: &Caller, row: &store::Row) -> Result<bool> {
    caller.must_care("read the journal").or_else(|error| if caller.rights.read_only { Ok(()) } else { Err(error) })?;
    match row.get::<Option<AccountId>>("account_id")? {
        Some(account) => caller.sees(tx, account).await,
        None => Ok(matches!(caller.scope, Scope::All)),
    }
}

/// The newest change of a record, if the caller may see it; also of one that is gone.
///
/// # Errors
/// [`Error::NotAllowed`] for whoever has no part in the care for customers.
pub async fn newest_of_record(tx: &mut Tx, caller: &Caller, kind: &str, record_id: i64) -> Result<Option<Entry>> {
    match tx.query_opt(NEWEST_OF_RECORD, args![kind, record_id]).await? {
        Some(row) if may_see(tx, caller, &row).await? => Ok(Some(entry(&row)?)),
        _ => Ok(None),
    }
}

/// One change of a record, if the caller may see it.
///
/// # Errors
/// As [`newest_of_record`].
pub async fn entry_of_record(
    tx: &mut Tx,
    caller: &Caller,
    kind: &str,
    record_id: i64,
    id: i64,
) -> Result<Option<Entry>> {
    match tx.query_opt(ONE_OF_RECORD, args![kind, record_id, id]).await? {
        Some(row) if may_see(tx, caller, &row).await? => Ok(Some(entry(&row)?)),
        _ => Ok(None),
    }
}

/// A page of the changes of a record, if the caller may see its newest one; also of one that is gone.
///
/// # Errors
/// As [`newest_of_record`].
pub async fn page_of_record(
    tx: &mut Tx,
    caller: &Caller,
    kind: &str,
    record_id: i64,
    filter: &RecordFilter,
    offset: i64,
    limit: i64,
) -> Result<RecordPage> {
    if newest_of_record(tx, caller, kind, record_id).await?.is_none() {
        return Ok(RecordPage { entries: Vec::new(), total: 0 });
    }
    let mut condition = "FROM journal WHERE kind = $1 AND record_id = $2".to_owned();
    let mut values = vec![Val::from(kind), Val::from(record_id)];
    let mut and = |sql: &str, value: Option<Val>| {
        if let Some(value) = value {
            values.push(value);
            condition.push_str(&sql.replace('?', &format!("${}", values.len())));
        }
    };
    and(" AND operation = ?", filter.operation.as_deref().map(Val::from));
    and(" AND who = ?", filter.who.as_deref().map(Val::from));
    and(" AND at >= ?", filter.from.map(Val::from));
    and(" AND at <= ?", filter.to.map(Val::from));
    // What a record was while it belonged to somebody else is not for those who have it now.
    let below = " AND account_id IN (SELECT account_id FROM account_ancestors WHERE ancestor_id = ?)";
    and(below, (!matches!(caller.scope, Scope::All)).then(|| caller.account.into()));
    let total = tx.query_one(&format!("SELECT COUNT(*) AS n {condition}"), &values).await?.at(0)?;
    let n = values.len();
    let sql = format!("SELECT {} {condition} ORDER BY id LIMIT ${} OFFSET ${}", columns!(), n + 1, n + 2);
    values.extend([Val::from(limit), Val::from(offset)]);
    let entries = tx.query(&sql, &values).await?.iter().map(entry).collect::<Result<_>>()?;
    Ok(RecordPage { entries, total })
}
