//! Takes a file of ported numbers in, piece by piece: reads its lines, stages the good ones in short transactions, keeps
//! what is to be said about the others, and hands the import over when it is all there.

use std::collections::HashMap;

use store::Db;

use super::carrier::Named;
use super::file::{Line, Reader, Unreadable};
use super::import::{self, BATCH, StagedRow};
use crate::caller::Caller;
use crate::clock::Clock;
use crate::id::{LnpCarrierId, LnpImportId};
use crate::{Error, Result, transaction};

/// Most complaints that are kept; the others are only counted.
const MOST_COMPLAINTS: usize = 1_000;
/// Most different carriers, with all that rows say of them, in one file.
const MOST_CARRIERS: usize = 10_000;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl From<Unreadable> for Complaint {
    fn from(Unreadable { line, message }: Unreadable) -> Complaint {
        Complaint { line, message }
    }
}

/// A file on its way in. Let go without [`Intake::finish`] or [`Intake::give_up`], its import is given up after a while.
#[derive(Debug)]
pub struct Intake {
    db: Db,
    clock: Clock,
    caller: Caller,
    id: LnpImportId,
    reader: Reader,
    /// Whether the rest of the file is to be left unread.
    unreadable: bool,
    carriers: HashMap<Named, LnpCarrierId>,
    batch: Vec<StagedRow>,
    rows: u64,
    bad: u64,
    complaints: Vec<Complaint>,
}

impl Intake {
    /// Begins; with `purge` the numbers of the file take the place of all others.
    ///
    /// # Errors
    /// As [`import::begin`].
    pub async fn begin(db: &Db, clock: &Clock, caller: &Caller, purge: bool) -> Result<Intake> {
        let now = clock.now();
        let id = transaction!(db, |tx| import::begin(tx, caller, now, purge).await)?;
        Ok(Intake {
            db: db.clone(),
            clock: clock.clone(),
            caller: caller.clone(),
            id,
            reader: Reader::default(),
            unreadable: false,
            carriers: HashMap::new(),
            batch: Vec::with_capacity(BATCH),
            rows: 0,
            bad: 0,
            complaints: Vec::new(),
        })
    }

    /// The import.
    #[must_use]
    pub fn id(&self) -> LnpImportId {
        self.id
    }

    /// Rows that have been read.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that were not good.
    #[must_use]
    pub fn bad(&self) -> u64 {
        self.bad
    }

    /// What is wrong with lines that have been read since the last call.
    pub fn complaints(&mut self) -> Vec<Complaint> {
        std::mem::take(&mut self.complaints)
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the import has been given up; those of the database.
    pub async fn feed(&mut self, mut piece: &[u8]) -> Result<()> {
        while !self.unreadable {
            match self.reader.next(&mut piece) {
                Ok(Some(line)) => self.take(line).await?,
                Ok(None) => break,
                Err(unreadable) => self.stop(unreadable),
            }
        }
        Ok(())
    }

    /// Says that there is more to come, while it does not.
    ///
    /// # Errors
    /// As [`Intake::feed`].
    pub async fn wait(&self) -> Result<()> {
        let (now, id) = (self.clock.now(), self.id);
        transaction!(self.db, |tx| import::touch(tx, now, id).await)
    }

    /// Ends the file: true where all rows are good. Then either [`Intake::publish`] or [`Intake::give_up`] follows.
    ///
    /// # Errors
    /// As [`Intake::feed`].
    pub async fn finish(&mut self) -> Result<bool> {
        if !self.unreadable {
            match self.reader.last() {
                Ok(Some(line)) => self.take(line).await?,
                Ok(None) => {}
                Err(unreadable) => self.stop(unreadable),
            }
        }
        self.stage().await?;
        if self.rows == 0 && !self.unreadable {
            self.complain(1, "there is no row in the file".to_owned());
        }
        Ok(self.bad == 0)
    }

    /// Hands the import over to the job that publishes it.
    ///
    /// # Errors
    /// As [`import::commit`]; the import has then been given up.
    pub async fn publish(self) -> Result<LnpImportId> {
        let (now, id, caller) = (self.clock.now(), self.id, &self.caller);
        let committed = transaction!(self.db, |tx| import::commit(tx, caller, now, id).await);
        match committed {
            Ok(()) => Ok(id),
            Err(error) => {
                // Where this fails too, the import is given up after a while.
                self.give_up(&error.public_message()).await.ok();
                Err(error)
            }
        }
    }

    /// Gives the import up.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn give_up(self, why: &str) -> Result<()> {
        let (now, id) = (self.clock.now(), self.id);
        match transaction!(self.db, |tx| import::fail(tx, now, id, why).await) {
            // It has been given up already.
            Err(Error::Conflict(_)) => Ok(()),
            given_up => given_up,
        }
    }

    fn complain(&mut self, line: u64, message: String) {
        self.bad += 1;
        if self.complaints.len() < MOST_COMPLAINTS {
            self.complaints.push(Complaint { line, message });
        }
    }

    fn stop(&mut self, unreadable: Unreadable) {
        self.unreadable = true;
        self.complain(unreadable.line, unreadable.message);
    }

    async fn take(&mut self, line: Line) -> Result<()> {
        self.rows += 1;
        let row = match line.row {
            Ok(row) => row,
            Err(message) => {
                self.complain(line.number, message);
                return Ok(());
            }
        };
        let carrier_id = match self.carriers.get(&row.carrier) {
            Some(id) => *id,
            None => match self.carrier(row.carrier).await? {
                Ok(id) => id,
                Err(message) => {
                    self.complain(line.number, message);
                    return Ok(());
                }
            },
        };
        self.batch.push(StagedRow {
            line: line.number,
            carrier_id,
            number: row.number,
            routing_number: row.routing_number,
            kind: row.kind,
            start_at: row.start_at,
            end_at: row.end_at,
        });
        if self.batch.len() == BATCH { self.stage().await } else { Ok(()) }
    }

    async fn carrier(&mut self, named: Named) -> Result<std::result::Result<LnpCarrierId, String>> {
        if self.carriers.len() >= MOST_CARRIERS {
            return Ok(Err(format!("there are more than {MOST_CARRIERS} carriers")));
        }
        let (now, id) = (self.clock.now(), self.id);
        match transaction!(self.db, |tx| import::stage_carrier(tx, now, id, &named).await) {
            Ok(carrier) => {
                self.carriers.insert(named, carrier);
                Ok(Ok(carrier))
            }
            Err(Error::Invalid { message, .. }) => Ok(Err(message)),
            Err(error) => Err(error),
        }
    }

    async fn stage(&mut self) -> Result<()> {
        let (now, id, rows) = (self.clock.now(), self.id, std::mem::take(&mut self.batch));
        let twice = transaction!(self.db, |tx| import::stage(tx, now, id, &rows).await)?;
        for line in twice {
            self.complain(line, "the number, its carrier and its start are in the file twice".to_owned());
        }
        self.batch = rows;
        self.batch.clear();
        Ok(())
    }
}
