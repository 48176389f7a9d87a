//! Imports of ported numbers: staged in short transactions as a generation of their own, then published by a job that can
//! be resumed.
//!
//! Where the numbers take the place of all others, publishing is one step, whatever their count; whoever looks a number
//! up sees the old ones or the new ones. Else they join the others in short steps. Nothing is seen before every row is
//! known to be good. There is one import at a time; one whose stager has not been seen for a while is given up.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use store::{Tx, Val, args};

use super::carrier::{self, Named};
use super::{number, publication};
use crate::caller::Caller;
use crate::clock::SECOND;
use crate::id::{LnpCarrierId, LnpImportId};
use crate::journal::{self, Change, Operation};
use crate::listing::{Column, Reach, Source};
use crate::record::{Kept, Record as _, record};
use crate::statement::statements;
use crate::{Error, Result, job, tally};

/// Rows that are staged, published or removed in one transaction.
pub const BATCH: usize = 5_000;
/// An import whose stager has not been seen for so long is given up, in microseconds.
pub const PATIENCE: i64 = 60 * SECOND;

/// Where an import stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Rows are coming in; nothing is visible.
    #[default]
    Staging,
    /// All rows are good and are joining the others.
    Publishing,
    /// All rows hold.
    Done,
    /// Nothing was published.
    Failed,
}

crate::text_enum!(State, "state", {
    Staging => "staging", Publishing => "publishing", Done => "done", Failed => "failed"
});

record! {
    /// An import.
    LnpImport(LnpImportId) in "lnp_imports" called "lnp import" {
        /// Where it stands.
        state: State,
        /// Whether its numbers take the place of all others.
        purge_existing: bool,
        /// Rows staged.
        staged: i64,
        /// Rows published.
        published: i64,
        /// Why it failed.
        message: String,
        /// Who made it.
        made_by: String,
        /// When it began, in microseconds since 1970 UTC.
        created_at: i64,
        /// When anything was done for it last.
        modified_at: i64,
    }
}

/// All imports.
pub static ALL: Source = Source {
    name: "lnp imports",
    from: "lnp_imports t",
    fixed: "",
    reach: Reach::NOBODY,
    columns: &[Column::int("id", "t.id"), Column::text("state", "t.state")],
    tallies: &[],
};

/// A row that is staged.
#[derive(Clone, Debug)]
pub struct StagedRow {
    /// The line in the file.
    pub line: u64,
    /// The carrier.
    pub carrier_id: LnpCarrierId,
    /// The digits.
    pub number: String,
    /// The number that calls are to be sent to instead.
    pub routing_number: Option<String>,
    /// Which kind of number or porting it is.
    pub kind: Option<String>,
    /// Since when.
    pub start_at: Option<i64>,
    /// The first moment at which it does not hold any more.
    pub end_at: Option<i64>,
}

/// The columns of an import and what only its steps look at.
macro_rules! columns {
    () => {
        "id, state, purge_existing, staged, published, message, made_by, created_at, modified_at, clears, position"
    };
}

statements! {
    BEGIN = "INSERT INTO lnp_imports (state, purge_existing, staged, published, message, made_by, created_at, modified_at, \
        slot, seen_at, position) VALUES ('staging', $1, 0, 0, '', $2, $3, $3, 1, {now}, 0) RETURNING id";
    LOCK = concat!("SELECT ", columns!(), " FROM lnp_imports WHERE id = $1 {wait}");
    LONELY = "SELECT id FROM lnp_imports WHERE slot = 1 AND state = 'staging' AND seen_at < {now} - $1";
    COUNT_STAGED = "UPDATE lnp_imports SET staged = staged + $1, modified_at = $2, seen_at = {now} \
        WHERE id = $3 AND state = 'staging'";
    COMMIT = "UPDATE lnp_imports SET state = 'publishing', modified_at = $1 WHERE id = $2";
}

#[async_trait::async_trait]
impl Kept for LnpImport {
    const LIST: &'static Source = &ALL;

    fn must_keep(_caller: &Caller) -> Result<()> {
        Err(Error::NotAllowed("imports are made by sending a file".to_owned()))
    }

    fn taken(&self) -> Error {
        Error::Conflict("another import of ported numbers is going on".to_owned())
    }
}

/// An import as its steps see it.
pub(super) struct Held {
    pub(super) import: LnpImport,
    /// The generation whose rows are to be removed.
    pub(super) clears: Option<i64>,
    /// Up to which row the step that is being done has come.
    pub(super) position: i64,
}

pub(super) async fn hold(tx: &mut Tx, id: LnpImportId) -> Result<Held> {
    let row = tx.query_opt(LOCK, args![id]).await?.ok_or_else(|| Error::not_found("lnp import", id))?;
    Ok(Held { import: LnpImport::read(&row)?, clears: row.get("clears")?, position: row.get("position")? })
}

/// Begins an import; with `purge` its numbers take the place of all others.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::Conflict`] where another one is going on.
pub async fn begin(tx: &mut Tx, caller: &Caller, now: i64, purge: bool) -> Result<LnpImportId> {
    caller.must_be_admin("import ported numbers")?;
    caller.must_write()?;
    give_up_abandoned(tx, now).await?;
    let begun = tx.query_one(BEGIN, args![purge, &caller.name, now]).await;
    let id = begun.map_err(|error| match error {
        store::Error::Unique(_) => LnpImport::default().taken(),
        other => other.into(),
    })?;
    let id: LnpImportId = id.at(0)?;
    ALL.count(tx, id.0, &[], 1);
    Ok(id)
}

/// Finds or makes the carrier that a row names, for a number that is going to be staged.
///
/// # Errors
/// [`Error::Invalid`] where the carrier of that name is another; [`Error::Conflict`] where the import takes no more rows.
pub async fn stage_carrier(tx: &mut Tx, now: i64, id: LnpImportId, named: &Named) -> Result<LnpCarrierId> {
    touch(tx, now, id).await?;
    carrier::staged(tx, id, named).await
}

/// Says that whoever stages is still there.
///
/// # Errors
/// [`Error::Conflict`] where the import takes no more rows.
pub async fn touch(tx: &mut Tx, now: i64, id: LnpImportId) -> Result<()> {
    count_staged(tx, now, id, 0).await
}

async fn count_staged(tx: &mut Tx, now: i64, id: LnpImportId, rows: i64) -> Result<()> {
    match tx.execute(COUNT_STAGED, args![rows, now, id]).await? {
        0 => Err(Error::Conflict(format!("import {id} takes no more rows"))),
        _ => Ok(()),
    }
}

/// Stages at most [`BATCH`] rows and returns the lines whose number, carrier and start have been staged before.
///
/// # Errors
/// [`Error::Conflict`] where the import takes no more rows.
pub async fn stage(tx: &mut Tx, now: i64, id: LnpImportId, rows: &[StagedRow]) -> Result<Vec<u64>> {
    touch(tx, now, id).await?;
    let mut twice = Vec::new();
    for chunk in rows.chunks(number::AT_ONCE) {
        let (fresh, repeated) = told_apart(tx, id, chunk).await?;
        twice.extend(repeated);
        if fresh.is_empty() {
            continue;
        }
        let (sql, values) = insertion(id, &fresh);
        let inserted = tx.query(&sql, &values).await.map_err(|error| match error {
            store::Error::ForeignKey(_) => Error::Conflict("a carrier has been removed meanwhile".to_owned()),
            other => other.into(),
        })?;
        for row in &inserted {
            tally::add(tx, number::ALL.name, id.0, row.at(0)?, 1);
        }
    }
    let staged = i64::try_from(rows.len() - twice.len()).unwrap_or(i64::MAX);
    count_staged(tx, now, id, staged).await?;
    Ok(twice)
}

fn insertion(id: LnpImportId, rows: &[&StagedRow]) -> (String, Vec<Val>) {
    const HEAD: &str =
        "INSERT INTO lnp_numbers (generation, carrier_id, number, routing_number, kind, start_at, end_at) VALUES ";
    let mut values: Vec<Val> = Vec::with_capacity(1 + rows.len() * 6);
    values.push(id.into());
    let mut sql = HEAD.to_owned();
    for (i, row) in rows.iter().enumerate() {
        let n = values.len();
        let comma = if i == 0 { "" } else { ", " };
        sql.push_str(&format!("{comma}($1, ${}, ${}, ${}, ${}, ${}, ${})", n + 1, n + 2, n + 3, n + 4, n + 5, n + 6));
        values.extend([
            row.carrier_id.into(),
            row.number.as_str().into(),
            row.routing_number.as_deref().into(),
            row.kind.as_deref().into(),
            row.start_at.into(),
            row.end_at.into(),
        ]);
    }
    sql.push_str(" RETURNING id");
    (sql, values)
}

/// The rows of a chunk that say something new, and the lines of those that say again what the import has.
async fn told_apart<'a>(
    tx: &mut Tx,
    id: LnpImportId,
    chunk: &'a [StagedRow],
) -> Result<(Vec<&'a StagedRow>, Vec<u64>)> {
    let numbers: Vec<&str> = chunk.iter().map(|row| row.number.as_str()).collect();
    let known = number::known(tx, id.0, &numbers).await?;
    let mut seen: HashSet<_> =
        known.iter().map(|known| (known.number.as_str(), known.carrier_id, known.start_at)).collect();
    let (mut fresh, mut twice) = (Vec::with_capacity(chunk.len()), Vec::new());
    for row in chunk {
        if seen.insert((row.number.as_str(), row.carrier_id, row.start_at)) {
            fresh.push(row);
        } else {
            twice.push(row.line);
        }
    }
    Ok((fresh, twice))
}

/// Gives an import up: none of its rows will be published. They are removed by [`super::step`].
///
/// # Errors
/// [`Error::Conflict`] where it is not being staged.
pub async fn fail(tx: &mut Tx, now: i64, id: LnpImportId, message: &str) -> Result<()> {
    let held = hold(tx, id).await?;
    if held.import.state != State::Staging {
        return Err(Error::Conflict(format!("import {id} is {}", held.import.state)));
    }
    publication::forget_counts(tx, id).await?;
    publication::end(tx, now, id, State::Failed, message, Some(id.0), 0).await?;
    job::enqueue(tx, job::Kind::LnpImport, id.0, 0).await
}

/// Gives up an import whose stager has not been seen for a while.
///
/// # Errors
/// Only those of the database.
pub async fn give_up_abandoned(tx: &mut Tx, now: i64) -> Result<()> {
    for row in tx.query(LONELY, args![PATIENCE]).await? {
        fail(tx, now, row.at(0)?, "abandoned while it was staged").await?;
    }
    Ok(())
}

/// Hands an import whose rows are all good over to the job that publishes it.
///
/// # Errors
/// [`Error::Conflict`] where it is not being staged; [`Error::Taken`] where a carrier that it brings along has been made
/// meanwhile.
pub async fn commit(tx: &mut Tx, caller: &Caller, now: i64, id: LnpImportId) -> Result<()> {
    let held = hold(tx, id).await?;
    if held.import.state != State::Staging {
        return Err(Error::Conflict(format!("import {id} is {}", held.import.state)));
    }
    carrier::publish(tx, id).await?;
    tx.execute(COMMIT, args![now, id]).await?;
    let after = LnpImport { state: State::Publishing, modified_at: now, ..held.import };
    let change = Change {
        kind: LnpImport::TABLE,
        record_id: id.0,
        account: None,
        operation: Operation::Create,
        before: None,
        after: Some(&after),
    };
    journal::write(tx, caller, now, change).await?;
    job::enqueue(tx, job::Kind::LnpImport, id.0, 0).await
}
