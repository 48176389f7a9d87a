//! Templates of invoices.
//!
//! Beyond storing: the name is unique for the reseller; a template that a living customer has chosen is neither removed
//! nor moved to another reseller. Decided here: the template is text in the JSON, of at most 500,000 characters.

use registry::Error;
use registry::template::InvoiceTemplate;
use registry::template::invoice::ALL;

use crate::kernel::{Created, Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

pub(super) static INVOICETEMPLATES: Resource = Resource {
    name: "invoicetemplates",
    singular: "invoicetemplate",
    title: "Invoice templates",
    doc: "What invoices look like, as SVG or HTML with placeholders, which are kept as they are: no invoice is made yet. A \
          template that customers have chosen is not removed.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, SELLERS),
        (Verb::Get, SELLERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[
        Filter::exact("reseller_id", "reseller_id"),
        Filter::wildcard("name", "name"),
        Filter::exact("type", "type"),
        Filter::exact("category", "category"),
    ],
    links: &[Link::to("resellers", "/api/resellers/{reseller_id}")],
    created: Created::Representation,
    links_itself: true,
    source: Some(&ALL),
    example: r#"{"reseller_id": 1, "name": "plain", "type": "svg", "category": "customer", "data": "<svg/>"}"#,
    behaviour: &Records::<InvoiceTemplate>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique for the reseller."),
    Field::new("type", Kind::Enum(&["svg", "html"])).required().doc("What it is written in."),
    Field::new("category", Kind::Enum(&["customer", "peer", "reseller", "did"]))
        .doc("Whose invoices are made of it; left out: customers'."),
    Field::new("call_direction", Kind::Enum(&["in", "out", "in_out"]))
        .doc("Which calls are on them; left out: outgoing ones."),
    Field::new("data", Kind::Text(0, 500_000)).doc("The template itself."),
];

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { value, .. } => Some(Refusal::invalid_field("name", value, "This name already exists")),
        _ => None,
    }
}
