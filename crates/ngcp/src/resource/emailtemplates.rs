//! Templates of mails.
//!
//! Beyond storing: the name is unique for the reseller; a template that a living customer has chosen is neither removed
//! nor moved to another reseller.
//!
//! Decided here: the templates without a reseller come with the installation. Administrators see them and change their
//! texts; they keep their names and are not removed. Customers name templates of their own reseller only. Placeholders are
//! kept as they are: no mail is sent yet.

use registry::Error;
use registry::template::EmailTemplate;
use registry::template::email::ALL;

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static EMAILTEMPLATES: Resource = Resource {
    name: "emailtemplates",
    singular: "emailtemplate",
    title: "Email templates",
    doc: "Texts of mails, with placeholders such as [% url %], which are kept as they are. Those without a reseller come with \
          the installation: administrators alone see them, and may change their texts. A template that customers have \
          chosen is not removed.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[Filter::exact("reseller_id", "reseller_id"), Filter::wildcard("name", "name")],
    links: &[Link::to("resellers", "/api/resellers/{reseller_id}")],
    created: Created::Representation,
    links_itself: true,
    source: Some(&ALL),
    example: r#"{"reseller_id": 1, "name": "welcome", "from_email": "service@example.org", "subject": "Welcome",
    "body": "Your account [% subscriber %] is ready: [% url %]", "attachment_name": null}"#,
    behaviour: &Records::<EmailTemplate>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field {
        of_reseller: true,
        ..Field::new("reseller_id", Kind::PosInt)
            .label("Reseller")
            .doc("The reseller it belongs to, which administrators send; null where it comes with the installation.")
    },
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique for the reseller."),
    Field::new("from_email", Kind::Email).required().doc("From whom the mail is."),
    Field::new("subject", Kind::Text(1, 255)).required().doc("The subject, with placeholders."),
    Field::new("body", Kind::Text(1, 65_535)).required().doc("The text, with placeholders."),
    Field::new("attachment_name", Kind::Text(0, 255)).doc("What an attached document is called, with placeholders."),
];

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { value, .. } => Some(Refusal::invalid_field("name", value, "This name already exists")),
        _ => None,
    }
}
