//! NCOS levels: which calls a subscriber may make.
//!
//! Our decisions: a level that a preference names can't be removed; it remains its reseller's; the call that a level admits
//! is decided by the registry's `ncos` module.

use registry::ncos::{LEVELS, Level};
use registry::{Error, Role};

use crate::kernel::{Field, Filter, Kind, Link, Records, Refusal, Resource, SELLERS, Verb};

/// Those who keep levels, and those who choose among what is exposed to them.
const READERS: &[Role] = &[Role::Admin, Role::Reseller, Role::SubscriberAdmin];

pub(super) static NCOSLEVELS: Resource = Resource {
    name: "ncoslevels",
    singular: "ncoslevel",
    title: "NCOS levels",
    doc: "A level admits only the calls that it names (`whitelist`) or refuses them (`blacklist`): calls to numbers that \
          one of its ncospatterns matches, or that are ported to one of its ncoslnpcarriers. The preferences ncos, adm_ncos and \
          adm_cf_ncos name it by `level`; while one does, DELETE is refused with 423. It is removed with its patterns and \
          carriers. Administrators of customers see the levels that are exposed, and choose among them.",
    fields: FIELDS,
    verbs: &[
        (Verb::List, READERS),
        (Verb::Get, READERS),
        (Verb::Create, SELLERS),
        (Verb::Replace, SELLERS),
        (Verb::Modify, SELLERS),
        (Verb::Delete, SELLERS),
    ],
    filters: &[
        Filter::exact("reseller_id", "reseller_id"),
        Filter::wildcard("level", "level"),
        Filter::boolean("expose_to_customer", "expose_to_customer"),
    ],
    links: &[
        Link::to("resellers", "/api/resellers/{reseller_id}").seen_by(SELLERS),
        Link::to("ncospatterns", "/api/ncospatterns/?ncos_level_id={id}").seen_by(SELLERS),
        Link::to("ncoslnpcarriers", "/api/ncoslnpcarriers/?ncos_level_id={id}").seen_by(SELLERS),
        Link::to("timesets", "/api/timesets/{time_set_id}").seen_by(SELLERS),
    ],
    source: Some(&LEVELS),
    example: r#"{"reseller_id": 1, "level": "national", "mode": "whitelist", "description": "Calls within the country"}"#,
    behaviour: &Records::<Level>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::RESELLER,
    Field::new("level", Kind::Text(1, 31))
        .required()
        .label("Level Name")
        .doc("Its name, unique for the reseller. Preferences follow where it is renamed."),
    Field::new("mode", Kind::Enum(&["whitelist", "blacklist"]))
        .required()
        .doc("Whether the calls that it names are the only ones that are admitted, or those that are refused."),
    Field::new("description", Kind::Text(0, 255)).doc("What it is for."),
    Field::new("local_ac", Kind::Bool).doc("Whether it names the calls within the caller's own area code."),
    Field::new("intra_pbx", Kind::Bool).doc("Whether it names the calls within the caller's own PBX."),
    Field::new("expose_to_customer", Kind::Bool).doc("Whether administrators of customers see and choose it."),
    Field::new("time_set_id", Kind::PosInt).doc("When it holds: a time set of the reseller. Null: always."),
    Field::new("time_set_invert", Kind::Bool).doc("Whether it holds outside the time set instead."),
];

fn words(error: &Error) -> Option<Refusal> {
    let message = match error {
        Error::Taken { .. } => "NCOS level already exists for this reseller",
        Error::Dangling { field: "time_set_id", .. } => "Invalid 'time_set_id'",
        Error::Invalid { field: "reseller_id", .. } => "Changing the reseller ID is not allowed.",
        _ => return None,
    };
    Some(Refusal::new(422, message))
}
