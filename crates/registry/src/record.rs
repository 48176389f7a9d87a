//! Records that are one row of one table: made, changed and removed by the same few lines for every kind.
//!
//! `record!` declares a kind with its columns; [`Kept`] says who sees it, who may change it and what must hold before
//! it is stored. What a caller's list of the kind does not show is not there for that caller. Every change counts in the
//! list, is written to the journal and is refused where another record has the same unique key.

mod several;

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{FromVal, Row, Tx, Val, args};

pub(crate) use several::{delete_all, insert_all, remove_where};

use crate::account::{self, Kind};
use crate::caller::Caller;
use crate::id::AccountId;
use crate::journal;
use crate::listing::{self, Source};
use crate::{Error, Result};

/// A kind of record and its columns. Write it with `record!`.
pub trait Record: Serialize + DeserializeOwned + std::fmt::Debug + Clone + Default + Send + Sync + 'static {
    /// The table, which is also the kind of record in the journal.
    const TABLE: &'static str;
    /// What one is called in an error.
    const NOUN: &'static str;
    /// The columns beside the id, in the order of [`Record::values`].
    const COLUMNS: &'static [&'static str];

    /// The id.
    fn id(&self) -> i64;
    /// Gives it the id that the database has made.
    fn set_id(&mut self, id: i64);
    /// Reads a row with the id and all columns.
    ///
    /// # Errors
    /// Where a column holds something else.
    fn read(row: &Row) -> Result<Self>;
    /// The values of the columns.
    fn values(&self) -> Vec<Val>;
    /// The value of the id or of a column; NULL where there is no such column.
    fn value(&self, column: &str) -> Val;
}

/// How records of a kind are kept: the rules beside the columns.
#[async_trait::async_trait]
pub trait Kept: Record {
    /// The list that shows them: who sees what.
    const LIST: &'static Source;
    /// The column that tells one from the others beside it.
    const UNIQUE: &'static str = "name";
    /// The table of what it is a part of, and its column that names that: whoever changes a part holds the whole first, as
    /// whoever removes the whole does.
    const PART_OF: Option<(&'static str, &'static str)> = None;

    /// Refuses those who may not change records of this kind at all. Whoever may only read is refused for every kind.
    ///
    /// # Errors
    /// [`Error::NotAllowed`].
    fn must_keep(caller: &Caller) -> Result<()>;

    /// Whose it is, for the journal: the account's that it names, or the reseller's; none: the operator's.
    fn account(&self) -> Option<AccountId> {
        ["account_id", "reseller_id"].into_iter().find_map(|column| match self.value(column) {
            Val::Int(id) => Some(AccountId(id)),
            _ => None,
        })
    }

    /// Whether the list shows it.
    fn is_listed(&self) -> bool {
        true
    }

    /// The error where another record has the same unique key.
    fn taken(&self) -> Error {
        Error::taken(Self::NOUN, Self::UNIQUE, self.value(Self::UNIQUE))
    }

    /// Refuses what must not be stored, and completes what follows from the rest. `before` is what was there.
    ///
    /// # Errors
    /// Whatever is wrong with it.
    async fn settle(&mut self, _tx: &mut Tx, _caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        Ok(())
    }

    /// What else changes once the row is stored.
    ///
    /// # Errors
    /// Whatever is wrong with that.
    async fn stored(&self, _tx: &mut Tx, _caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        Ok(())
    }

    /// What must hold or change before the row goes.
    ///
    /// # Errors
    /// Whatever is wrong with that.
    async fn going(&self, _tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        Ok(())
    }
}

/// Declares a kind of record: the struct with its id and its fields, each a column of the same name. A field may have a
/// default (`enabled: bool = true`); the others begin empty.
macro_rules! record {
    ($(#[$meta:meta])* $name:ident($id:ident) in $table:literal called $noun:literal {
        $($(#[$of:meta])* $field:ident: $type:ty $(= $default:expr)?),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            /// The id.
            pub id: $id,
            $($(#[$of])* pub $field: $type),*
        }

        impl Default for $name {
            fn default() -> $name {
                $name { id: $id(0), $($field: $crate::record::record!(@default $($default)?)),* }
            }
        }

        impl $crate::record::Record for $name {
            const TABLE: &'static str = $table;
            const NOUN: &'static str = $noun;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn id(&self) -> i64 {
                self.id.0
            }
            fn set_id(&mut self, id: i64) {
                self.id = $id(id);
            }
            fn read(row: &store::Row) -> $crate::Result<$name> {
                Ok($name { id: row.get("id")?, $($field: row.get(stringify!($field))?),* })
            }
            fn values(&self) -> Vec<store::Val> {
                vec![$(store::Val::from(self.$field.clone())),*]
            }
            fn value(&self, column: &str) -> store::Val {
                match column {
                    "id" => self.id.0.into(),
                    $(stringify!($field) => self.$field.clone().into(),)*
                    _ => store::Val::Null,
                }
            }
        }
    };
    (@default $default:expr) => { $default };
    (@default) => { Default::default() };
}

pub(crate) use record;

/// A value that is kept as JSON in a `{json}` column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Stored<T>(pub T);

impl<T: Serialize> From<Stored<T>> for Val {
    fn from(stored: Stored<T>) -> Val {
        serde_json::to_value(&stored.0).map_or(Val::Null, Val::Json)
    }
}

impl<T: DeserializeOwned> FromVal for Stored<T> {
    const WANTED: &'static str = "json of the kind that is kept here";
    fn from_val(value: &Val) -> Option<Self> {
        serde_json::from_value(serde_json::Value::from_val(value)?).ok().map(Stored)
    }
}

/// As [`statements`], of records that no rules are for.
#[cfg(test)]
pub(crate) fn statements_of_rows<R: Record>() -> Vec<String> {
    vec![
        insert_sql::<R>(),
        update_sql::<R>(),
        delete_sql::<R>(),
        lock_sql(R::TABLE),
        keep_sql::<R>(),
        many_sql::<R>().replace("{ids}", "$1"),
    ]
}

/// The statements of a kind of record, for the test that prepares each on both engines.
#[cfg(test)]
pub(crate) fn statements<R: Kept>() -> Vec<String> {
    let mut all = statements_of_rows::<R>();
    if let Some((whole, column)) = R::PART_OF {
        assert!(R::COLUMNS.contains(&column), "{} has no {column}", R::TABLE);
        all.push(lock_sql(whole));
    }
    all
}

fn insert_sql<R: Record>() -> String {
    let places: Vec<String> = (1..=R::COLUMNS.len()).map(|n| format!("${n}")).collect();
    format!("INSERT INTO {} ({}) VALUES ({}) RETURNING id", R::TABLE, R::COLUMNS.join(", "), places.join(", "))
}

fn update_sql<R: Record>() -> String {
    let set: Vec<String> = R::COLUMNS.iter().zip(1..).map(|(column, n)| format!("{column} = ${n}")).collect();
    format!("UPDATE {} SET {} WHERE id = ${}", R::TABLE, set.join(", "), R::COLUMNS.len() + 1)
}

fn delete_sql<R: Record>() -> String {
    format!("DELETE FROM {} WHERE id = $1", R::TABLE)
}

fn lock_sql(table: &str) -> String {
    format!("SELECT id FROM {table} WHERE id = $1 {{wait}}")
}

fn keep_sql<R: Record>() -> String {
    format!("SELECT id FROM {} WHERE id = $1 {{share}}", R::TABLE)
}

fn many_sql<R: Record>() -> String {
    format!("SELECT id, {} FROM {} WHERE id IN ({{ids}})", R::COLUMNS.join(", "), R::TABLE)
}

/// The records of those ids that are there, in their order; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn load<R: Record>(tx: &mut Tx, ids: &[i64]) -> Result<Vec<R>> {
    let rows = listing::for_ids(tx, &many_sql::<R>(), ids).await?;
    let records = rows.iter().map(R::read).collect::<Result<Vec<_>>>()?;
    Ok(listing::in_order(ids, records, Record::id))
}

/// The record of that id, if the caller may see it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get<R: Kept>(tx: &mut Tx, caller: &Caller, id: i64) -> Result<R> {
    let not_found = || Error::not_found(R::NOUN, id);
    if !listing::shows(tx, caller, R::LIST, id).await? {
        return Err(not_found());
    }
    load::<R>(tx, &[id]).await?.pop().ok_or_else(not_found)
}

/// As [`get`], held until the transaction ends.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn hold<R: Kept>(tx: &mut Tx, caller: &Caller, id: i64) -> Result<R> {
    tx.query_opt(&lock_sql(R::TABLE), args![id]).await?;
    get(tx, caller, id).await
}

/// As [`hold`], with what it is a part of held before it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn hold_part<R: Kept>(tx: &mut Tx, caller: &Caller, id: i64) -> Result<R> {
    hold_wholes::<R>(tx, id, None).await?;
    hold(tx, caller, id).await
}

/// Holds what the record of that id is a part of, and what it becomes a part of; whoever moves a part the other way holds
/// them in the same order.
async fn hold_wholes<R: Kept>(tx: &mut Tx, id: i64, becomes: Option<&R>) -> Result<()> {
    let Some((table, column)) = R::PART_OF else { return Ok(()) };
    let is = load::<R>(tx, &[id]).await?;
    let wholes = is.iter().chain(becomes).filter_map(|part| match part.value(column) {
        Val::Int(whole) => Some(whole),
        _ => None,
    });
    for whole in wholes.collect::<BTreeSet<i64>>() {
        tx.query_opt(&lock_sql(table), args![whole]).await?;
    }
    Ok(())
}

/// As [`get`], for a field that names the record.
///
/// # Errors
/// [`Error::Dangling`] for the field.
pub async fn named_by<R: Kept>(tx: &mut Tx, caller: &Caller, field: &'static str, id: i64) -> Result<R> {
    get(tx, caller, id).await.map_err(|error| error.or_dangling(field, id))
}

/// As [`named_by`], kept as it is until the transaction ends; others may name it meanwhile.
///
/// # Errors
/// [`Error::Dangling`] for the field.
pub async fn keep_named_by<R: Kept>(tx: &mut Tx, caller: &Caller, field: &'static str, id: i64) -> Result<R> {
    tx.query_opt(&keep_sql::<R>(), args![id]).await?;
    named_by(tx, caller, field, id).await
}

/// As [`named_by`], held until the transaction ends.
///
/// # Errors
/// [`Error::Dangling`] for the field.
pub async fn hold_named_by<R: Kept>(tx: &mut Tx, caller: &Caller, field: &'static str, id: i64) -> Result<R> {
    hold(tx, caller, id).await.map_err(|error| error.or_dangling(field, id))
}

/// Makes a record and gives it its id.
///
/// # Errors
/// [`Error::NotAllowed`], [`Error::Taken`], and those of the kind's own rules.
pub async fn create<R: Kept>(tx: &mut Tx, caller: &Caller, now: i64, mut record: R) -> Result<R> {
    R::must_keep(caller)?;
    caller.must_write()?;
    record.settle(tx, caller, now, None).await?;
    let record = insert(tx, record).await?;
    record.stored(tx, caller, now, None).await?;
    if record.is_listed() && !listing::shows(tx, caller, R::LIST, record.id()).await? {
        return Err(Error::NotAllowed(format!("the {} would be somebody else's", R::NOUN)));
    }
    journal::record(tx, caller, now, None, Some(&record)).await?;
    Ok(record)
}

/// Writes the row of a record that is settled, and counts it.
pub(crate) async fn insert<R: Kept>(tx: &mut Tx, mut record: R) -> Result<R> {
    let inserted = tx.query_one(&insert_sql::<R>(), &record.values()).await;
    record.set_id(inserted.map_err(|error| refused(error, &record))?.at(0)?);
    count(tx, &record, 1);
    Ok(record)
}

/// Puts the record in the place of the one with its id.
///
/// # Errors
/// [`Error::NotFound`]; as [`create`].
pub async fn update<R: Kept>(tx: &mut Tx, caller: &Caller, now: i64, mut record: R) -> Result<R> {
    R::must_keep(caller)?;
    caller.must_write()?;
    hold_wholes(tx, record.id(), Some(&record)).await?;
    let before = hold::<R>(tx, caller, record.id()).await?;
    record.settle(tx, caller, now, Some(&before)).await?;
    let mut values = record.values();
    values.push(record.id().into());
    tx.execute(&update_sql::<R>(), &values).await.map_err(|error| refused(error, &record))?;
    count(tx, &before, -1);
    count(tx, &record, 1);
    record.stored(tx, caller, now, Some(&before)).await?;
    if record.is_listed() && !listing::shows(tx, caller, R::LIST, record.id()).await? {
        return Err(Error::NotAllowed(format!("the {} would be somebody else's", R::NOUN)));
    }
    journal::record(tx, caller, now, Some(&before), Some(&record)).await?;
    Ok(record)
}

/// Removes a record.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`], [`Error::InUse`] where others refer to it.
pub async fn delete<R: Kept>(tx: &mut Tx, caller: &Caller, now: i64, id: i64) -> Result<R> {
    R::must_keep(caller)?;
    caller.must_write()?;
    let before = hold_part::<R>(tx, caller, id).await?;
    before.going(tx, caller, now).await?;
    remove(tx, &before).await?;
    journal::record(tx, caller, now, Some(&before), None).await?;
    Ok(before)
}

/// Removes the row of a record, and counts it.
pub(crate) async fn remove<R: Kept>(tx: &mut Tx, record: &R) -> Result<()> {
    tx.execute(&delete_sql::<R>(), args![record.id()]).await.map_err(|error| match error {
        store::Error::ForeignKey(_) => Error::InUse { kind: R::NOUN, key: record.id().to_string() },
        other => other.into(),
    })?;
    count(tx, record, -1);
    Ok(())
}

/// Counts the record in (1) or out (-1), with the columns that its list keeps tallies of.
pub(crate) fn count<R: Kept>(tx: &mut Tx, record: &R, amount: i64) {
    if !record.is_listed() {
        return;
    }
    let tallied = R::LIST.tallies.iter().filter_map(|name| match record.value(R::LIST.column_of_row(name)?) {
        Val::Int(value) => Some((*name, value)),
        _ => None,
    });
    R::LIST.count(tx, record.id(), &tallied.collect::<Vec<_>>(), amount);
}

fn refused<R: Kept>(error: store::Error, record: &R) -> Error {
    match error {
        store::Error::Unique(_) => record.taken(),
        other => other.into(),
    }
}

/// Refuses a reseller that there is not, that is terminated or that the caller does not see.
///
/// # Errors
/// [`Error::Dangling`] for `reseller_id`.
pub async fn check_reseller(tx: &mut Tx, caller: &Caller, id: AccountId) -> Result<()> {
    account::named_by(tx, caller, Kind::Reseller, "reseller_id", id).await.map(|_| ())
}

impl<R: Kept> journal::Recorded for R {
    const KIND: &'static str = R::TABLE;

    fn record_id(&self) -> i64 {
        self.id()
    }

    fn account(&self) -> Option<AccountId> {
        Kept::account(self)
    }
}
