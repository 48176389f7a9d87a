//! System contacts: the persons and companies that resellers and peerings are.
//!
//! Beyond storing: as contacts of customers, but they belong to no reseller and only administrators keep them.

use registry::contact;

use super::customercontacts::{self, Contacts};
use crate::kernel::{ADMIN, Field, Filter, Resource, Verb};

pub(super) static SYSTEMCONTACTS: Resource = Resource {
    name: "systemcontacts",
    singular: "systemcontact",
    title: "System contacts",
    doc: "Who resellers and peerings are: names, addresses, numbers, bank accounts. A contract needs a system contact. \
          One that is in use is not removed (423).",
    fields: FIELDS,
    verbs: &[
        (Verb::List, ADMIN),
        (Verb::Get, ADMIN),
        (Verb::Create, ADMIN),
        (Verb::Replace, ADMIN),
        (Verb::Modify, ADMIN),
        (Verb::Delete, ADMIN),
    ],
    filters: &[Filter::wildcard("email", "email")],
    journal: Some("contacts"),
    source: Some(&contact::OF_SYSTEM),
    example: r#"{"company": "Example Telecom", "email": "office@example.org"}"#,
    behaviour: &Contacts,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = match customercontacts::FIELDS.split_first() {
    Some((_reseller, rest)) => rest,
    None => &[],
};
