//! Greetings of voice boxes: what callers hear of a subscriber who is busy or does not answer.
//!
//! Beyond storing: one for each subscriber and `dir`; a recording is WAV, MP3 or Ogg by its first bytes and has at most
//! 10 MiB; a greeting goes with its subscriber.
//!
//! Decided here: recordings are kept and given back as they came, in the type that they are stored in whichever type of
//! sound is asked for; a `PUT` without a recording keeps the one that is there.

use axum::http::Method;
use registry::Error;
use registry::id::GreetingId;
use registry::voicemail_greeting::{self as greeting, ALL, Greeting};

use super::recording;
use crate::kernel::record::read;
use crate::kernel::{
    Behaviour, Call, Created, Cx, EVERYONE, Field, Filter, Item, Kind, Link, Outcome, Records, Refusal, Reply,
    Resource, Verb,
};

pub(super) static VOICEMAILGREETINGS: Resource = Resource {
    name: "voicemailgreetings",
    singular: "voicemailgreeting",
    title: "Voice mail greetings",
    doc: "What callers of a voice box hear of a subscriber who is busy or does not answer, one greeting for each. POST and PUT \
          take multipart/form-data with the part json (these fields) and the part greetingfile (WAV, MP3 or Ogg, at most 10 \
          MiB), which PUT may leave out to keep the recording. GET of an item with Accept: audio/x-wav, or with format, \
          gives the recording, in the bytes that were uploaded. There is no part yet that plays it.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, EVERYONE),
        (Verb::Get, EVERYONE),
        (Verb::Create, EVERYONE),
        (Verb::Replace, EVERYONE),
        (Verb::Delete, EVERYONE),
    ],
    filters: &[
        Filter::exact("subscriber_id", "subscriber_id"),
        Filter::exact("type", "dir").doc("Only greetings with that dir."),
    ],
    parameters: &[recording::FORMAT],
    links: &[Link::to("subscribers", "/api/subscribers/{subscriber_id}")],
    created: Created::Representation,
    gives: &[(Verb::Get, "audio/*")],
    upload: Some("greetingfile"),
    source: Some(&ALL),
    example: r#"{"subscriber_id": 1, "dir": "busy"}"#,
    behaviour: &Greetings,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("subscriber_id", Kind::PosInt).required().label("Subscriber").doc("Whose voice box it is."),
    Field::new("dir", Kind::Enum(&["unavail", "busy"]))
        .required()
        .doc("When it is heard: busy, when the subscriber is in a call; unavail, when nobody answers. Once for a subscriber."),
    Field::new("format", Kind::Enum(&["wav", "mp3", "ogg"])).read_only().doc("How the recording is stored."),
    Field::new("size", Kind::Int).read_only().doc("Bytes of the recording."),
];

static RECORDS: Records<Greeting> = Records::of(FIELDS);

/// Whether a recording is asked for, rather than what is known of it.
fn wants_sound(cx: &Cx<'_>, call: &Call) -> bool {
    call.preferred().starts_with("audio/") || cx.params.get("format").is_some()
}

struct Greetings;

#[async_trait::async_trait]
impl Behaviour for Greetings {
    fn rest(&self) -> Option<&dyn Behaviour> {
        Some(&RECORDS)
    }

    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        match &call.id {
            Some(id) if call.method == Method::GET && wants_sound(cx, call) => {
                let id = id.parse().map_err(|_| Refusal::new(400, "Invalid id in request URI"))?;
                let found = greeting::recording(cx.tx, cx.caller, GreetingId(id)).await?;
                Ok(Some(recording::reply(cx.params, found, id)?))
            }
            _ => Ok(None),
        }
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let recording = cx.file();
        Ok(greeting::create(cx.tx, cx.caller, cx.now, read(FIELDS, input)?, recording).await?.id.0)
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let after = Greeting { id: GreetingId(id), ..read(FIELDS, new)? };
        let recording = cx.file();
        greeting::update(cx.tx, cx.caller, cx.now, after, recording).await?;
        Ok(())
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Taken { value, .. } => {
                Some(Refusal::new(422, format!("The subscriber already has a greeting for '{value}'.")))
            }
            Error::Dangling { field: "subscriber_id", .. } => {
                Some(Refusal::new(422, "Invalid 'subscriber_id', does not exist."))
            }
            _ => None,
        }
    }
}
