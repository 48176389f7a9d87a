//! Subscriber profiles: which preferences their subscribers see and set for themselves.
//!
//! Our decisions: a profile in use can't be removed; a set with profiles always has one default, so that the first profile
//! is one and an explicit `false` on the default changes nothing; a profile remains in its set; internal attributes may be
//! named too, as they stand for call forwards and the like, and have no effect here.

use registry::subscriber_profile::{PROFILES, Profile};
use registry::{Error, Role};

use crate::kernel::{Created, Field, Filter, Kind, Link, PatchOps, Records, Refusal, Resource, SELLERS, STAFF, Verb};

/// Those who keep profiles, and those who are bound by them.
const READERS: &[Role] = &[Role::Admin, Role::Reseller, Role::SubscriberAdmin, Role::Subscriber];

pub(super) static SUBSCRIBERPROFILES: Resource = Resource {
    name: "subscriberprofiles",
    singular: "subscriberprofile",
    title: "Subscriber profiles",
    doc: "A profile names preferences. Who has one sees and sets, of the subscriber preferences that are meant for \
          subscribers at all, only those of the profile; another one is refused. The same holds for who administers the \
          customer. Staff is not bound, and neither are services with resources of their own, such as call forwards and \
          voicemail. What is set for the profile itself is in profilepreferences. While a subscriber has \
          the profile, DELETE is refused with 423; the next profile of the set becomes the default where the default goes. \
          Subscribers see the profiles of their reseller.",
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
        Filter::exact("profile_set_id", "profile_set_id"),
        Filter::wildcard("name", "name"),
        Filter::wildcard("description", "description"),
    ],
    links: &[
        Link::to("subscriberprofilesets", "/api/subscriberprofilesets/{profile_set_id}").seen_by(STAFF),
        Link::to("profilepreferences", "/api/profilepreferences/{id}").seen_by(STAFF),
    ],
    journal: Some("subscriber_profiles"),
    patch: PatchOps::All,
    created: Created::Representation,
    links_itself: true,
    source: Some(&PROFILES),
    example: r#"{"profile_set_id": 1, "name": "guest room", "description": "A telephone for guests",
 "attributes": ["dnd", "language"]}"#,
    behaviour: &Records::<Profile>::of(FIELDS).words(words),
    ..Resource::DEFAULT
};

const FIELDS: &[Field] = &[
    Field::ID,
    Field::new("profile_set_id", Kind::PosInt).required().label("Subscriber profile set").doc("The set that it is of."),
    Field::new("name", Kind::Text(1, 255)).required().doc("Its name, unique in the set."),
    Field::new("description", Kind::Text(1, 255)).required().doc("What it is for."),
    Field::new("set_default", Kind::Bool).doc(
        "Whether a subscriber that is given the set, and no profile, gets this one. `true` takes it from the one that had \
         it; one profile of a set always has it.",
    ),
    Field::new("attributes", Kind::List(&Kind::Text(1, 128)))
        .doc("Names of preferences of the subscriber level, as subscriberpreferencedefs lists them, or internal ones."),
];

fn words(error: &Error) -> Option<Refusal> {
    let message = match error {
        Error::Taken { value, .. } => format!("Subscriber profile '{value}' already exists for this profile set"),
        Error::Dangling { field: "profile_set_id", .. } => "Invalid 'profile_set_id', doesn't exist".to_owned(),
        Error::Invalid { field: "profile_set_id", .. } => "Changing the profile set ID is not allowed.".to_owned(),
        Error::Dangling { field: "attributes", value } => format!("Invalid attribute '{value}'. Unknown attribute."),
        _ => return None,
    };
    Some(Refusal::new(422, message))
}
