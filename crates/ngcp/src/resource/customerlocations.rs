//! Customer locations: places of a customer, told by the addresses of its phones.
//!
//! Beyond storing: the name is unique for the customer; blocks are kept in order with the bits behind their masks cleared,
//! and do not overlap within a location. Our decisions: a mask of all bits is shown as none; locations of one customer may
//! lie within each other, the smallest block holds; administrators and resellers keep them.

use registry::Error;
use registry::ip_block;
use registry::listing::Condition;
use registry::location::{self, Location};

use crate::kernel::{
    Behaviour, Created, Field, Filter, Kind, Link, PatchOps, Records, Refusal, Resource, SELLERS, Verb,
};

pub(super) static CUSTOMERLOCATIONS: Resource = Resource {
    name: "customerlocations",
    singular: "customerlocation",
    title: "Customer locations",
    doc: "Places of a customer, told by the addresses of its phones. Names are unique for the customer; the blocks of a \
          location don't overlap. Of several locations with an address the one with the smallest block holds.",
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
        Filter::exact("contract_id", "contract_id"),
        Filter::exact("customer_id", "contract_id"),
        Filter::exact("reseller_id", "reseller_id"),
        Filter::wildcard("name", "name"),
        Filter::wildcard("description", "description"),
    ],
    parameters: &[("ip", "Locations with a block that has this address.")],
    links: &[Link::to("customers", "/api/customers/{contract_id}")],
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&location::ALL),
    example: r#"{"contract_id": 2, "name": "Vienna", "description": "head office",
    "blocks": [{"ip": "192.0.2.0", "mask": 24}, {"ip": "2001:db8::", "mask": 48}]}"#,
    behaviour: &Locations(Records::of(FIELDS).words(words)),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("contract_id", Kind::PosInt).required().label("Contract").doc("The customer."),
    Field::new("name", Kind::Text(1, 127)).required().doc("Its name, unique for the customer."),
    Field::new("description", Kind::Text(1, 255)).required().doc("Whatever there is to say of it."),
    Field::new("blocks", Kind::List(&Kind::Object(BLOCK))).required().doc("The addresses there, at most 1000 blocks."),
];

const BLOCK: &[Field] = &[
    Field::new("ip", Kind::Text(1, 46)).required().doc("An address of IPv4 or IPv6; bits behind the mask are cleared."),
    Field::new("mask", Kind::IntRange(0, 128))
        .doc("How many bits its addresses have in common; none: it is one address."),
];

/// As records, and found by an address.
struct Locations(Records<Location>);

#[async_trait::async_trait]
impl Behaviour for Locations {
    fn rest(&self) -> Option<&dyn Behaviour> {
        Some(&self.0)
    }

    fn condition(&self, name: &str, value: &str) -> Option<Condition> {
        let address = || value.trim().parse().map(ip_block::key);
        (name == "ip").then(|| address().map_or(Condition::Never, |text| Condition::Is("address", text.into())))
    }
}

fn words(error: &Error) -> Option<Refusal> {
    match error {
        Error::Taken { value, .. } => {
            Some(Refusal::new(422, format!("Location with name '{value}' already exists for this customer")))
        }
        _ => None,
    }
}
