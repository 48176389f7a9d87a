//! Reminders: calls that wake a subscriber or remind it of something.
//!
//! Beyond storing: one for each subscriber; times of day are checked and shown with seconds.

use registry::Error;
use registry::reminder::{self, Reminder};

use crate::kernel::{EVERYONE, Field, Filter, Kind, Link, Records, Refusal, Resource, Verb};

pub(super) static REMINDERS: Resource = Resource {
    name: "reminders",
    singular: "reminder",
    title: "Reminders",
    doc: "A call that wakes a subscriber or reminds it of something; each has at most one. Times are in the subscriber's \
          time zone. There is no part yet that makes the calls.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, EVERYONE),
        (Verb::Get, EVERYONE),
        (Verb::Create, EVERYONE),
        (Verb::Replace, EVERYONE),
        (Verb::Modify, EVERYONE),
        (Verb::Delete, EVERYONE),
    ],
    filters: &[
        Filter::exact("subscriber_id", "subscriber_id"),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::boolean("active", "active"),
    ],
    links: &[Link::to("subscribers", "/api/subscribers/{subscriber_id}")],
    journal: Some("reminders"),
    source: Some(&reminder::ALL),
    example: r#"{"subscriber_id": 1, "time": "07:30", "recur": "weekdays", "active": true}"#,
    behaviour: &Records::<Reminder>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("subscriber_id", Kind::PosInt).required().label("Subscriber").doc("Whom it calls."),
    Field::new("time", Kind::Text(1, 8)).required().doc("HH:MM or HH:MM:SS; shown with seconds."),
    Field::new("recur", Kind::Enum(&["never", "weekdays", "always"])).required().doc("When it comes again."),
    Field::new("active", Kind::Bool).doc("Whether it calls at all; true if left out."),
];

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { .. } => Some(Refusal::new(422, "Reminder already exists for this subscriber")),
        Error::Dangling { field: "subscriber_id", .. } => {
            Some(Refusal::new(422, "Invalid 'subscriber_id', does not exist."))
        }
        Error::Invalid { field: "time", .. } => {
            Some(Refusal::wrong("time", "Invalid time format, must be HH:MM or HH:MM:SS"))
        }
        _ => None,
    }
}
