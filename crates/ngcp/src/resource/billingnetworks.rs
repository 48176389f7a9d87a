//! Billing networks: blocks of addresses that a billing profile can hold for.
//!
//! Beyond storing: blocks are kept in order with the bits behind their masks cleared, and do not overlap; a network stays
//! with its reseller; one that contracts are mapped with or that profile packages name can't be terminated. Our decision:
//! a mask of all bits is shown as none, an address of IPv4 inside IPv6 is taken for the former when it is looked for, and
//! names are unique among the networks of a reseller that are not terminated.

use registry::Error;
use registry::billing::network::{self, Network};
use registry::id::NetworkId;
use registry::ip_block;
use registry::listing::Condition;

use crate::kernel::{
    Behaviour, Created, Cx, Field, Filter, Kind, Link, Outcome, PatchOps, Records, Refusal, Resource, SELLERS, Verb,
};

pub(super) static BILLINGNETWORKS: Resource = Resource {
    name: "billingnetworks",
    singular: "billingnetwork",
    title: "Billing networks",
    doc: "Blocks of addresses that callers come from. A customer's billing profile can be mapped with a network: then it \
          goes before the others for calls from there. Blocks of a network do not overlap. It is removed by being \
          terminated, which is refused while contracts or profile packages use it.",
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
    parameters: &[("ip", "Networks that have this address in one of their blocks.")],
    links: &[Link::to("resellers", "/api/resellers/{reseller_id}")],
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&network::ALL),
    example: r#"{"reseller_id": 1, "name": "office", "description": "The office", "blocks": [{"ip": "192.0.2.0",
        "mask": 24}]}"#,
    behaviour: &Networks,
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique for the reseller."),
    Field::new("description", Kind::Text(0, 255)).required().doc("What it is."),
    Field::new("blocks", Kind::List(&Kind::Object(BLOCK))).required().doc("Its blocks, at least one."),
];

const BLOCK: &[Field] = &[
    Field::new("ip", Kind::Text(1, 45)).required().doc("An address of IPv4 or IPv6."),
    Field::new("mask", Kind::IntRange(0, 128)).doc("How many bits its addresses have in common; null: all."),
];

const RECORDS: Records<Network> = Records::of(FIELDS);

struct Networks;

#[async_trait::async_trait]
impl Behaviour for Networks {
    fn rest(&self) -> Option<&dyn Behaviour> {
        Some(&RECORDS)
    }

    fn condition(&self, name: &str, value: &str) -> Option<Condition> {
        let ip = || value.trim().parse().map_or(Condition::Never, |ip| Condition::Is("ip", ip_block::key(ip).into()));
        (name == "ip").then(ip)
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        Ok(network::terminate(cx.tx, cx.caller, cx.now, NetworkId(id)).await?)
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        match error {
            Error::Taken { value, .. } => Some(Refusal::new(422, format!("Billing network '{value}' already exists."))),
            Error::Invalid { field: "reseller_id", message } => Some(Refusal::new(422, message.clone())),
            Error::InUse { .. } => Some(Refusal::new(
                423,
                "Cannot terminate a billing network that is still used by contracts or profile packages.",
            )),
            _ => None,
        }
    }
}
