//! Recordings as they are given out: the bytes that were sent, never another format.

use axum::http::{HeaderName, header};
use registry::sound::{Format, Recording};

use crate::kernel::{Params, Refusal, Reply};

/// The parameter that says which format is wanted, with what it does.
pub(super) const FORMAT: (&str, &str) =
    ("format", "Of a recording: wav, mp3 or ogg; another than the stored one is refused, as nothing is transcoded.");

/// The answer with the recording of the thing of that id.
///
/// # Errors
/// 422 where another format is wanted than the stored one.
pub(super) fn reply(params: &Params, recording: Recording, id: i64) -> Result<Reply, Refusal> {
    let format = recording.format;
    if let Some(wanted) = params.get("format") {
        let wanted: Option<Format> = wanted.parse().ok();
        let wanted = wanted.ok_or_else(|| Refusal::new(422, "Invalid 'format', must be one of wav, mp3, ogg."))?;
        if wanted != format {
            let message = format!("The recording is stored as {format}, and this server does not transcode.");
            return Err(Refusal::new(422, message));
        }
    }
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = match recording.filename {
        Some(name) => name.chars().map(safe).collect(),
        None => format!("recording-{id}.{format}"),
    };
    Ok(Reply::status(200)
        .header(header::CONTENT_TYPE, format.media_type())
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
        .header(HeaderName::from_static("x-content-type-options"), "nosniff")
        .body(recording.data))
}
