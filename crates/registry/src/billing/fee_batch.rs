//! Many fees at a time: files of them are taken in as a whole or not at all, and fees of a profile or zone go together.
//!
//! What was done is one row in the journal, under the profile. An error names the line that it was found on.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use store::{Row, Tx, args};

use super::fee::{self, INSERT_INTO, Spec, ZoneRef};
use super::zone::{self, Zone};
use crate::caller::Caller;
use crate::id::{AccountId, FeeId, ProfileId, ZoneId};
use crate::journal::{self, Change, Operation};
use crate::statement::statements;
use crate::{Error, Result};

/// The most fees of one file.
pub const MOST: u64 = 250_000;

/// Fees that are written by one statement.
const ROWS: usize = 40;

/// A fee and where it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The line of the file, from 1.
    pub line: u64,
    /// The zone that it is to be in.
    pub zone: ZoneRef,
    /// What it says.
    pub spec: Spec,
}

/// A file of fees on its way into a profile.
#[derive(Debug)]
pub struct Loader {
    profile: ProfileId,
    reseller: AccountId,
    zones: HashMap<ZoneRef, ZoneId>,
    waiting: Vec<(u64, ZoneId, Spec)>,
    added: u64,
    removed: u64,
}

#[derive(Debug, Serialize)]
struct Done {
    billing_profile_id: ProfileId,
    added: u64,
    removed: u64,
}

statements! {
    CLEAR_PROFILE = "DELETE FROM billing_fees WHERE profile_id = $1 RETURNING id, profile_id, zone_id, reseller_id";
    CLEAR_ZONE = "DELETE FROM billing_fees WHERE zone_id = $1 RETURNING id, profile_id, zone_id, reseller_id";
}

impl Loader {
    /// Begins with a profile; `purge` removes its fees first.
    ///
    /// # Errors
    /// [`Error::Dangling`] for `billing_profile_id`, [`Error::NotAllowed`].
    pub async fn begin(tx: &mut Tx, caller: &Caller, profile: ProfileId, purge: bool) -> Result<Loader> {
        caller.must_be_reseller("keep billing fees")?;
        caller.must_write()?;
        let reseller = zone::profile_of(tx, caller, profile).await?;
        let removed = if purge { count_out(tx, CLEAR_PROFILE, profile.0).await? } else { 0 };
        Ok(Loader { profile, reseller, zones: HashMap::new(), waiting: Vec::with_capacity(ROWS), added: 0, removed })
    }

    /// Adds a fee.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `fees`, naming the line, where the fee is wrong, is there already or is one too many.
    pub async fn add(&mut self, tx: &mut Tx, caller: &Caller, now: i64, entry: Entry) -> Result<()> {
        let Entry { line, zone, spec } = entry;
        if self.added + self.waiting.len() as u64 >= MOST {
            return Err(at_line(line, Error::invalid("fees", format!("there are more than {MOST} fees"))));
        }
        fee::check(&spec).map_err(|error| at_line(line, error))?;
        let zone = match self.zones.get(&zone) {
            Some(id) => *id,
            None => {
                let found = fee::zone_of(tx, caller, now, self.profile, self.reseller, &zone).await;
                let id = found.map_err(|error| at_line(line, error))?;
                self.zones.insert(zone, id);
                id
            }
        };
        self.waiting.push((line, zone, spec));
        if self.waiting.len() == ROWS { self.flush(tx).await } else { Ok(()) }
    }

    /// Ends with the number of fees that were added.
    ///
    /// # Errors
    /// As [`Loader::add`].
    pub async fn finish(mut self, tx: &mut Tx, caller: &Caller, now: i64) -> Result<u64> {
        self.flush(tx).await?;
        let done = Done { billing_profile_id: self.profile, added: self.added, removed: self.removed };
        write(tx, caller, now, self.reseller, &done).await?;
        Ok(self.added)
    }

    async fn flush(&mut self, tx: &mut Tx) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut values = Vec::new();
        let mut places = Vec::new();
        for (_, zone, spec) in &self.waiting {
            let of_one = fee::values(self.profile, *zone, self.reseller, spec);
            let first = values.len() + 1;
            let list: Vec<String> = (first..first + of_one.len()).map(|n| format!("${n}")).collect();
            places.push(format!("({})", list.join(", ")));
            values.extend(of_one);
        }
        let sql = format!(
            "{INSERT_INTO}{} ON CONFLICT (profile_id, destination, source, direction, match_mode) DO NOTHING \
             RETURNING id, zone_id, destination, source, direction, match_mode",
            places.join(", ")
        );
        let rows = tx.query(&sql, &values).await?;
        if rows.len() < self.waiting.len() {
            return Err(self.repeated(&rows)?);
        }
        for row in &rows {
            fee::count(tx, row.at(0)?, self.reseller, self.profile, row.at(1)?, 1);
        }
        self.added += rows.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// The first fee that waited and was not written, given what was.
    fn repeated(&self, written: &[Row]) -> Result<Error> {
        let key = |row: &Row| -> Result<[String; 4]> { Ok([row.at(2)?, row.at(3)?, row.at(4)?, row.at(5)?]) };
        let mut written = written.iter().map(key).collect::<Result<HashSet<_>>>()?;
        let lost = self.waiting.iter().find(|(_, _, spec)| {
            let (direction, mode) = (spec.direction.to_string(), spec.match_mode.to_string());
            !written.remove(&[spec.destination.clone(), spec.source.clone(), direction, mode])
        });
        Ok(match lost {
            Some((line, _, spec)) => at_line(*line, fee::taken(self.profile, spec)),
            None => Error::Internal("fees were lost".to_owned()),
        })
    }
}

/// The same error, saying where it was found.
fn at_line(line: u64, error: Error) -> Error {
    match error {
        Error::Invalid { field: "fees", message } => Error::invalid("fees", format!("line {line}: {message}")),
        Error::Invalid { .. } | Error::Dangling { .. } | Error::Taken { .. } => {
            Error::invalid("fees", format!("line {line}: {error}"))
        }
        other => other,
    }
}

/// Removes the fees of a profile.
///
/// # Errors
/// [`Error::Dangling`] for `billing_profile_id`, [`Error::NotAllowed`].
pub async fn purge(tx: &mut Tx, caller: &Caller, now: i64, profile: ProfileId) -> Result<()> {
    Loader::begin(tx, caller, profile, true).await?.finish(tx, caller, now).await?;
    Ok(())
}

/// Removes the fees of a zone that is going.
pub(super) async fn clear_zone(tx: &mut Tx, caller: &Caller, now: i64, zone: &Zone) -> Result<()> {
    let removed = count_out(tx, CLEAR_ZONE, zone.id.0).await?;
    if removed == 0 {
        return Ok(());
    }
    let done = Done { billing_profile_id: zone.billing_profile_id, added: 0, removed };
    write(tx, caller, now, zone.reseller_id, &done).await
}

/// Runs a statement that removes fees, and counts them out of their lists.
async fn count_out(tx: &mut Tx, sql: &str, of: i64) -> Result<u64> {
    let rows = tx.query(sql, args![of]).await?;
    for row in &rows {
        fee::count(tx, row.at::<FeeId>(0)?, row.at(3)?, row.at(1)?, row.at(2)?, -1);
    }
    Ok(rows.len() as u64)
}

async fn write(tx: &mut Tx, caller: &Caller, now: i64, reseller: AccountId, done: &Done) -> Result<()> {
    let change = Change {
        kind: "billing_fee_batches",
        record_id: done.billing_profile_id.0,
        account: Some(reseller),
        operation: Operation::Update,
        before: None,
        after: Some(done),
    };
    journal::write(tx, caller, now, change).await
}
