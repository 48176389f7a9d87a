//! Sound files: which recording a sound set has for a handle; and those recordings, as they were sent.
//!
//! Beyond storing: one file for a handle in a set, of a handle that there is, in a set that the caller may change; a
//! recording is WAV, MP3 or Ogg by its first bytes, has at most 10 MiB, and must be there unless that of the set's parent
//! is played.
//!
//! Decided here: recordings are kept and given back as they came. Another format than the stored one is refused, as
//! nothing is transcoded.

use registry::Error;
use registry::id::SoundFileId;
use registry::sound::SoundFile;
use registry::sound::file::{self, ALL};
use serde_json::Value;

use super::recording;
use super::soundsets::KEEPERS;
use crate::kernel::record::read;
use crate::kernel::{
    Behaviour, Call, Created, Cx, Field, Filter, Item, Kind, Link, Outcome, Records, Refusal, Reply, Resource, Verb,
};

pub(super) static SOUNDFILES: Resource = Resource {
    name: "soundfiles",
    singular: "soundfile",
    title: "Sound files",
    doc: "The recordings of sound sets, one for each handle. POST and PUT take multipart/form-data with the part json (these \
          fields) and the part soundfile (WAV, MP3 or Ogg, at most 10 MiB), which PUT may leave out to keep the recording. \
          With use_parent no recording is needed. The recording itself is at soundfilerecordings.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, KEEPERS),
        (Verb::Get, KEEPERS),
        (Verb::Create, KEEPERS),
        (Verb::Replace, KEEPERS),
        (Verb::Modify, KEEPERS),
        (Verb::Delete, KEEPERS),
    ],
    filters: &[
        Filter::exact("set_id", "set_id"),
        Filter::wildcard("handle", "handle"),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::exact("customer_id", "account_id"),
    ],
    links: &[
        Link::to("soundsets", "/api/soundsets/{set_id}"),
        Link::to("soundfilerecordings", "/api/soundfilerecordings/{id}").when("has_recording"),
    ],
    created: Created::Representation,
    links_itself: true,
    upload: Some("soundfile"),
    source: Some(&ALL),
    example: r#"{"set_id": 1, "handle": "music_on_hold", "loopplay": true, "use_parent": true}"#,
    behaviour: &Files,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("set_id", Kind::PosInt).required().doc("The sound set."),
    Field::new("handle", Kind::Text(1, 63)).required().doc("The name of a sound handle, once in a set."),
    Field::new("filename", Kind::Text(0, 255))
        .doc("What the recording is called; left out: as it is called in the upload."),
    Field::new("loopplay", Kind::Bool).doc("It is played again and again."),
    Field::new("use_parent", Kind::Bool).doc("The recording of the set's parent is played in the place of this one."),
    Field::new("format", Kind::Enum(&["wav", "mp3", "ogg"]))
        .read_only()
        .doc("How the recording is stored; null: there is none."),
    Field::new("size", Kind::Int).read_only().doc("Bytes of the recording."),
    Field::new("has_recording", Kind::Bool)
        .read_only()
        .doc("Whether soundfilerecordings has what is played for it: its own, or with use_parent that of a set behind its set."),
];

static RECORDS: Records<SoundFile> = Records::of(FIELDS);

struct Files;

/// The last part of a path, without what a header can't hold.
fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(255).collect()
}

impl Files {
    /// The file that a checked body says. A new recording brings its name, unless the body gives another.
    fn file(cx: &Cx<'_>, input: Item, old: Option<&Item>) -> Outcome<SoundFile> {
        let mut file: SoundFile = read(FIELDS, input)?;
        let before = old.and_then(|old| old.get("filename")).and_then(Value::as_str);
        if let Some(upload) = cx.upload
            && file.filename.as_deref() == before
        {
            file.filename = upload.filename.as_deref().map(plain).filter(|name| !name.is_empty());
        }
        Ok(file)
    }
}

#[async_trait::async_trait]
impl Behaviour for Files {
    fn rest(&self) -> Option<&dyn Behaviour> {
        Some(&RECORDS)
    }

    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let heard = file::heard(cx.tx, ids).await?;
        let mut items = RECORDS.load(cx, ids).await?;
        for (id, item) in &mut items {
            item.insert("has_recording".to_owned(), heard.contains(id).into());
        }
        Ok(items)
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let made = Files::file(cx, input, None)?;
        let recording = cx.file();
        Ok(file::create(cx.tx, cx.caller, cx.now, made, recording).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        let after = SoundFile { id: SoundFileId(id), ..Files::file(cx, new, Some(old))? };
        let recording = cx.file();
        file::update(cx.tx, cx.caller, cx.now, after, recording).await?;
        Ok(())
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Taken { value, .. } => {
                Some(Refusal::new(422, format!("The sound set already has a file for handle '{value}'.")))
            }
            Error::Dangling { field: "handle", value } => {
                Some(Refusal::new(422, format!("Invalid handle '{value}', does not exist.")))
            }
            _ => None,
        }
    }
}

pub(super) static SOUNDFILERECORDINGS: Resource = Resource {
    name: "soundfilerecordings",
    singular: "soundfilerecording",
    title: "Recordings of sound files",
    doc: "What is played for a sound file, in the bytes that were uploaded: its own recording, or with use_parent that of the \
          nearest set behind its set. The id is that of the sound file.",
    fields: &[Field::ID],
    verbs: &[(Verb::Get, KEEPERS)],
    parameters: &[recording::FORMAT],
    gives: &[(Verb::Get, "audio/*")],
    source: Some(&ALL),
    behaviour: &Recordings,
    ..Resource::DEFAULT
};

struct Recordings;

#[async_trait::async_trait]
impl Behaviour for Recordings {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        let id = call.id.as_deref().unwrap_or_default();
        let id = id.parse().map_err(|_| Refusal::new(400, "Invalid id in request URI"))?;
        let found = file::recording(cx.tx, cx.caller, SoundFileId(id)).await?;
        Ok(Some(recording::reply(cx.params, found, id)?))
    }
}
