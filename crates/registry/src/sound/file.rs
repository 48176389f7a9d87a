//! Sound files: which recording a set has for a handle. Recordings are kept apart, as they were sent.

use serde::{Deserialize, Serialize};
use store::{Tx, args};

use super::handle;
use super::set::{self, MOST_PARENTS, SoundSet};
use crate::caller::Caller;
use crate::id::{AccountId, SoundFileId, SoundSetId};
use crate::listing::{Column, Reach, Shared, Source};
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

/// How a recording is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RIFF WAVE.
    Wav,
    /// MPEG audio, layer 3.
    Mp3,
    /// Ogg, whatever is in it.
    Ogg,
}

crate::text_enum!(Format, "format", { Wav => "wav", Mp3 => "mp3", Ogg => "ogg" });

impl Format {
    /// What those bytes are, by their beginning.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Format> {
        use infer::audio::{is_mp3, is_ogg, is_wav};
        let known = [(Format::Wav, is_wav(data)), (Format::Mp3, is_mp3(data)), (Format::Ogg, is_ogg(data))];
        known.into_iter().find(|(_, is_it)| *is_it).map(|(format, _)| format)
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Wav => "audio/x-wav",
            Format::Mp3 => "audio/mpeg",
            Format::Ogg => "audio/ogg",
        }
    }
}

record! {
    /// What a set plays for a handle.
    SoundFile(SoundFileId) in "sound_files" called "sound file" {
        /// The set.
        set_id: SoundSetId,
        /// The reseller of the set.
        reseller_id: AccountId,
        /// The customer of the set.
        account_id: Option<AccountId>,
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
    from: "sound_files t JOIN sound_sets s ON s.id = t.set_id",
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
        Column::bool("exposed", "s.expose_to_customer"),
    ],
    tallies: &["reseller_id"],
};

/// Most bytes of a recording.
pub const LARGEST: usize = 10 << 20;
/// Most bytes of all recordings of a customer.
pub const MOST_BYTES: i64 = 200_000_000;

statements! {
    PUT = "INSERT INTO sound_recordings (file_id, data) VALUES ($1, $2) \
        ON CONFLICT (file_id) DO UPDATE SET data = excluded.data";
    REMOVE = "DELETE FROM sound_recordings WHERE file_id = $1";
    BYTES = "SELECT CAST(COALESCE(SUM(f.size), 0) AS BIGINT) AS n FROM sound_sets s \
        JOIN sound_files f ON f.set_id = s.id WHERE s.account_id = $1 AND f.id <> $2";
    DATA = "SELECT data FROM sound_recordings WHERE file_id = $1";
    BEHIND = "SELECT s.parent_id, f.id, f.filename, f.format, f.use_parent FROM sound_sets s \
        LEFT JOIN sound_files f ON f.set_id = s.parent_id AND f.handle = $1 WHERE s.id = $2";
}

/// A recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// What it was called.
    pub filename: Option<String>,
    /// How it is stored.
    pub format: Format,
    /// The bytes.
    pub data: Vec<u8>,
}

impl SoundFile {
    /// Refuses a recording that is too much beside the others of its customer.
    async fn check_room(&self, tx: &mut Tx, customer: AccountId) -> Result<()> {
        set::hold_account(tx, customer).await?;
        let others: i64 = tx.query_one(BYTES, args![customer, self.id]).await?.at(0)?;
        if others.saturating_add(self.size) > MOST_BYTES {
            let message = format!("the recordings of a customer have at most {MOST_BYTES} bytes, {others} are there");
            return Err(Error::invalid("soundfile", message));
        }
        Ok(())
    }
}

/// Takes down what a new recording is.
fn describe(file: &mut SoundFile, recording: &[u8]) -> Result<()> {
    if recording.len() > LARGEST {
        return Err(Error::invalid("soundfile", format!("a recording has at most {LARGEST} bytes")));
    }
    let format =
        Format::of(recording).ok_or_else(|| Error::invalid("soundfile", "it is neither WAV nor MP3 nor Ogg"))?;
    file.format = Some(format);
    file.size = i64::try_from(recording.len()).unwrap_or(i64::MAX);
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
            let before: SoundFile = record::hold(tx, caller, file.id.0).await?;
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

#[async_trait::async_trait]
impl Kept for SoundFile {
    fn source() -> &'static Source {
        &ALL
    }

    fn must_keep(caller: &Caller) -> Result<()> {
        set::must_keep(caller)
    }

    fn account(&self) -> Option<AccountId> {
        Some(self.account_id.unwrap_or(self.reseller_id))
    }

    fn tallied(&self) -> Vec<(&'static str, i64)> {
        vec![("reseller_id", self.reseller_id.0)]
    }

    fn taken(&self) -> Error {
        Error::taken("sound file", "handle", &self.handle)
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if let Some(before) = before.filter(|before| before.set_id != self.set_id) {
            set::to_change(tx, caller, before.set_id).await?;
        }
        let set: SoundSet = set::to_change(tx, caller, self.set_id).await?;
        (self.reseller_id, self.account_id) = (set.reseller_id, set.account_id);
        if handle::find(&self.handle).is_none() {
            return Err(Error::dangling("handle", &self.handle));
        }
        if self.format.is_none() && !self.use_parent {
            return Err(Error::invalid("soundfile", "Soundfile field is required"));
        }
        let grows = before.is_none_or(|before| self.size > before.size || self.account_id != before.account_id);
        match self.account_id {
            Some(customer) if grows => self.check_room(tx, customer).await,
            _ => Ok(()),
        }
    }

    async fn going(&self, tx: &mut Tx, caller: &Caller, _now: i64) -> Result<()> {
        set::to_change(tx, caller, self.set_id).await?;
        tx.execute(REMOVE, args![self.id]).await?;
        Ok(())
    }
}
