//! Recordings: sound in one of the formats that are known by their first bytes, kept as it was sent.

use serde::{Deserialize, Serialize};

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

/// Most bytes of a recording.
pub const LARGEST: usize = 10 << 20;

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

/// The format and the bytes of a recording that was sent in that field.
///
/// # Errors
/// [`Error::Invalid`] for the field where it is too large or none of the formats.
pub(crate) fn accept(field: &'static str, data: &[u8]) -> Result<(Format, i64)> {
    if data.len() > LARGEST {
        return Err(Error::invalid(field, format!("a recording has at most {LARGEST} bytes")));
    }
    let format = Format::of(data).ok_or_else(|| Error::invalid(field, "it is neither WAV nor MP3 nor Ogg"))?;
    Ok((format, i64::try_from(data.len()).unwrap_or(i64::MAX)))
}
