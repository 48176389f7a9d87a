//! Sound files: which recording a set has for a handle. Recordings are kept apart, as they were sent.

use std::collections::HashSet;

use store::{Tx, args};

use super::handle;
use super::recording::{self, Format, Recording};
use super::set::{self, MOST_PARENTS, SoundSet};
use crate::caller::Caller;
use crate::id::{AccountId, SoundFileId, SoundSetId};
use crate::listing::{self, Column, Reach, Shared, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result, account};

record! {
    /// What a set plays for a handle.
    SoundFile(SoundFileId) in "sound_files" called "sound file" {
        /// The set.
        set_id: SoundSetId,
        /// The reseller of the set.
        reseller_id: AccountId,
        /// The customer of the set.
        account_id: Option<AccountId>,
        /// Whether the set is exposed to the reseller's customers.
        exposed: bool,
        /// The name of the handle, once in a set.
        handle: String,
        /// What the recording was called.
        filename: Option<String>,
        /// How the recording is stored; none: there is no recording.
        format: Option<Format>,
        /// Bytes of the recording.
        size: i64,
        /// It is played again and again.
        loopplay: bool,
        /// What the set behind this one has is played.
        use_parent: bool,
    }
}

/// The files of all sets.
pub static ALL: Source = Source {
    name: "sound files",
    from: "sound_files t",
    fixed: "",
    reach: Reach { shared: Shared::Exposed("exposed"), ..Reach::ACCOUNT },
    columns: &[
        Column::int("id", "t.id"),
        Column::int("set_id", "t.set_id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("account_id", "t.account_id"),
        Column::text("handle", "t.handle"),
        Column::text("filename", "t.filename"),
        Column::bool("loopplay", "t.loopplay"),
        Column::bool("use_parent", "t.use_parent"),
        Column::bool("exposed", "t.exposed"),
    ],
    tallies: &["reseller_id"],
};

/// Most bytes of all recordings of a customer.
pub const MOST_BYTES: i64 = 200_000_000;
/// Most bytes of all recordings of a reseller's own, those of its customers not among them.
pub const MOST_BYTES_OF_RESELLER: i64 = 1_000_000_000;

statements! {
    PUT = "INSERT INTO sound_recordings (file_id, data) VALUES ($1, $2) \
        ON CONFLICT (file_id) DO UPDATE SET data = excluded.data";
    REMOVE = "DELETE FROM sound_recordings WHERE file_id = $1";
    BYTES = "SELECT CAST(COALESCE(SUM(f.size), 0) AS BIGINT) AS n FROM sound_sets s \
        JOIN sound_files f ON f.set_id = s.id WHERE s.account_id = $1 AND f.id <> $2";
    BYTES_OF_RESELLER = "SELECT CAST(COALESCE(SUM(f.size), 0) AS BIGINT) AS n FROM sound_sets s \
        JOIN sound_files f ON f.set_id = s.id WHERE s.reseller_id = $1 AND s.account_id IS NULL AND f.id <> $2";
    DATA = "SELECT data FROM sound_recordings WHERE file_id = $1";
    BEHIND = "SELECT s.parent_id, f.id, f.filename, f.format, f.use_parent FROM sound_sets s \
        LEFT JOIN sound_files f ON f.set_id = s.parent_id AND f.handle = $1 WHERE s.id = $2";
}

/// Those of several files for which something is played: one has its own recording, or some set behind its set has one,
/// and none in between says that it has no more to say.
const HEARD: &str = "WITH RECURSIVE behind (file_id, handle, set_id, parents) AS ( \
    SELECT f.id, f.handle, f.set_id, 0 FROM sound_files f WHERE f.use_parent AND f.id IN ({ids}) \
    UNION ALL SELECT b.file_id, b.handle, s.parent_id, b.parents + 1 FROM behind b \
        JOIN sound_sets s ON s.id = b.set_id \
        LEFT JOIN sound_files f ON f.set_id = s.parent_id AND f.handle = b.handle \
        WHERE s.parent_id IS NOT NULL AND (f.id IS NULL OR f.use_parent) AND b.parents < {most}) \
    SELECT b.file_id FROM behind b JOIN sound_sets s ON s.id = b.set_id \
    JOIN sound_files f ON f.set_id = s.parent_id AND f.handle = b.handle \
    WHERE NOT f.use_parent AND f.format IS NOT NULL";
const OWN: &str = "SELECT id FROM sound_files WHERE id IN ({ids}) AND NOT use_parent AND format IS NOT NULL";

impl SoundFile {
    /// Refuses a recording that is too much beside the others of its owner.
    async fn check_room(&self, tx: &mut Tx) -> Result<()> {
        let (statement, owner, most, who) = match self.account_id {
            Some(customer) => (BYTES, customer, MOST_BYTES, "customer"),
            None => (BYTES_OF_RESELLER, self.reseller_id, MOST_BYTES_OF_RESELLER, "reseller"),
        };
        account::hold(tx, owner).await?;
        let others: i64 = tx.query_one(statement, args![owner, self.id]).await?.at(0)?;
        if others.saturating_add(self.size) > most {
            let message = format!("the recordings of a {who} have at most {most} bytes, {others} are there");
            return Err(Error::invalid("soundfile", message));
        }
        Ok(())
    }
}

/// Takes down what a new recording is.
fn describe(file: &mut SoundFile, data: &[u8]) -> Result<()> {
    (file.format, file.size) = recording::accept("soundfile", data).map(|(format, size)| (Some(format), size))?;
    Ok(())
}

async fn put(tx: &mut Tx, file: &SoundFile, recording: Option<&[u8]>) -> Result<()> {
    if let Some(recording) = recording {
        tx.execute(PUT, args![file.id, recording.to_vec()]).await?;
    }
    Ok(())
}

/// Makes a file with its recording, or without one where that of the set's parent is played.
///
/// # Errors
/// [`Error::Dangling`] for `set_id` and `handle`, [`Error::Taken`] for `handle`, [`Error::Invalid`] for `soundfile`,
/// [`Error::NotAllowed`].
pub async fn create(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    mut file: SoundFile,
    recording: Option<&[u8]>,
) -> Result<SoundFile> {
    (file.format, file.size) = (None, 0);
    if let Some(recording) = recording {
        describe(&mut file, recording)?;
    }
    let made = record::create(tx, caller, now, file).await?;
    put(tx, &made, recording).await?;
    Ok(made)
}

/// Changes a file, and its recording where there is a new one.
///
/// # Errors
/// [`Error::NotFound`]; as [`create`].
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    mut file: SoundFile,
    recording: Option<&[u8]>,
) -> Result<SoundFile> {
    match recording {
        Some(recording) => describe(&mut file, recording)?,
        None => {
            let before: SoundFile = record::hold_part(tx, caller, file.id.0).await?;
            (file.format, file.size) = (before.format, before.size);
        }
    }
    let after = record::update(tx, caller, now, file).await?;
    put(tx, &after, recording).await?;
    Ok(after)
}

/// The recording that is played for a file: its own, or that of a set behind its set.
///
/// # Errors
/// [`Error::NotFound`] for the file, or for a recording where nothing is played.
pub async fn recording(tx: &mut Tx, caller: &Caller, id: SoundFileId) -> Result<Recording> {
    let file: SoundFile = record::get(tx, caller, id.0).await?;
    let none = || Error::not_found("recording", id);
    let (mut of, mut filename, mut format) = (file.id, file.filename, file.format);
    let (mut set, mut use_parent) = (file.set_id, file.use_parent);
    for _ in 0..=MOST_PARENTS {
        if !use_parent {
            break;
        }
        let row = tx.query_opt(BEHIND, args![&file.handle, set]).await?.ok_or_else(none)?;
        set = row.get::<Option<SoundSetId>>("parent_id")?.ok_or_else(none)?;
        match row.get::<Option<SoundFileId>>("id")? {
            Some(id) => {
                (of, filename, format) = (id, row.get("filename")?, row.get("format")?);
                use_parent = row.get("use_parent")?;
            }
            // The set has nothing to say to this handle, so that the one behind it is asked.
            None => format = None,
        }
    }
    let format = format.filter(|_| !use_parent).ok_or_else(none)?;
    let row = tx.query_opt(DATA, args![of]).await?.ok_or_else(none)?;
    Ok(Recording { filename, format, data: row.at(0)? })
}

/// Those of the files for which [`recording()`] finds one; for ids that a [`listing`] has given.
///
/// # Errors
/// Only those of the database.
pub async fn heard(tx: &mut Tx, ids: &[i64]) -> Result<HashSet<i64>> {
    let mut rows = listing::for_ids(tx, OWN, ids).await?;
    rows.extend(listing::for_ids(tx, &HEARD.replace("{most}", &MOST_PARENTS.to_string()), ids).await?);
    rows.iter().map(|row| Ok(row.at(0)?)).collect()
}

#[async_trait::async_trait]
impl Kept for SoundFile {
    const LIST: &'static Source = &ALL;
    const UNIQUE: &'static str = "handle";
    const PART_OF: Option<(&'static str, &'static str)> = Some(("sound_sets", "set_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        set::must_keep(caller)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if let Some(before) = before.filter(|before| before.set_id != self.set_id) {
            set::to_change(tx, caller, before.set_id).await?;
        }
        let set: SoundSet = set::to_change(tx, caller, self.set_id).await?;
        (self.reseller_id, self.account_id, self.exposed) = (set.reseller_id, set.account_id, set.expose_to_customer);
        if handle::find(&self.handle).is_none() {
            return Err(Error::dangling("handle", &self.handle));
        }
        if self.format.is_none() && !self.use_parent {
            return Err(Error::invalid("soundfile", "Soundfile field is required"));
        }
        let owner = |file: &Self| (file.reseller_id, file.account_id);
        let grows = before.is_none_or(|before| self.size > before.size || owner(self) != owner(before));
        if grows { self.check_room(tx).await } else { Ok(()) }
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, _now: i64) -> Result<()> {
        set::to_change(tx, caller, self.set_id).await?;
        tx.execute(REMOVE, args![self.id]).await?;
        Ok(())
    }
}
