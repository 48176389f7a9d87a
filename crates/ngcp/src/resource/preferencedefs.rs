//! Definitions of preferences: for each level one document with all attributes that may be set there.
//!
//! Subscribers and subscriberadmins see only the attributes that are meant for them. Labels and descriptions are in
//! English, whatever `lang` says.

use registry::preference::Level;
use registry::preference::attribute::{self, Attribute, Kind as Type};
use serde_json::{Value, json};

use super::preferences::CUSTOMERS;
use crate::kernel::{ADMIN, Behaviour, Call, Cx, EVERYONE, Item, Outcome, Reply, Resource, SELLERS, Verb, hal};

const SHAPE: Resource = Resource {
    singular: "preferencedefs",
    doc: "One document: for each attribute of the level its data_type, max_occur (0: a list), read_only, label, \
          description and preference_group, and for enums the enum_values that are legal on this level.",
    parameters: &[("lang", "Taken and left aside: labels are in English.")],
    single: true,
    shows_id: false,
    ..Resource::DEFAULT
};

/// Declares the document of each level.
macro_rules! definitions {
    ($($resource:ident = $name:literal, $title:literal, $level:ident, $roles:expr;)*) => {$(
        pub(super) static $resource: Resource = Resource {
            name: $name,
            title: $title,
            verbs: &[(Verb::List, $roles)],
            behaviour: &Definitions { level: Level::$level, resource: &$resource },
            ..SHAPE
        };
    )*};
}

definitions! {
    SUBSCRIBER = "subscriberpreferencedefs", "Subscriber preference definitions", Subscriber, EVERYONE;
    CUSTOMER = "customerpreferencedefs", "Customer preference definitions", Customer, CUSTOMERS;
    DOMAIN = "domainpreferencedefs", "Domain preference definitions", Domain, SELLERS;
    PROFILE = "profilepreferencedefs", "Subscriber profile preference definitions", Profile, SELLERS;
    RESELLER = "resellerpreferencedefs", "Reseller preference definitions", Reseller, ADMIN;
    PEER = "peeringserverpreferencedefs", "Peering server preference definitions", Peer, ADMIN;
    DEVICE_MODEL = "pbxdevicepreferencedefs", "Device model preference definitions", DeviceModel, SELLERS;
    DEVICE_PROFILE = "pbxdeviceprofilepreferencedefs", "Device profile preference definitions", DeviceProfile, SELLERS;
    FIELD_DEVICE = "pbxfielddevicepreferencedefs", "Field device preference definitions", FieldDevice, CUSTOMERS;
}

/// The document of a level.
struct Definitions {
    level: Level,
    resource: &'static Resource,
}

#[async_trait::async_trait]
impl Behaviour for Definitions {
    async fn special(&self, cx: &mut Cx<'_>, call: &Call) -> Outcome<Option<Reply>> {
        let shown = attribute::shown(self.level, cx.caller.role);
        let fields: Item = shown.map(|of| (of.name.to_owned(), definition(of, self.level))).collect();
        Ok(Some(hal::single(call, self.resource, fields)))
    }
}

fn definition(attribute: &Attribute, level: Level) -> Value {
    let on = |level| i64::from(attribute.is_on(level));
    let devices = [on(Level::DeviceModel), on(Level::DeviceProfile), on(Level::FieldDevice)];
    let [model, profile, field] = devices;
    let data_type = match attribute.kind {
        Type::Flag => "boolean",
        Type::Int if !attribute.named => "int",
        Type::Int | Type::Text => "string",
        Type::Choice => "enum",
        Type::Blob => "blob",
    };
    let mut definition = json!({
        "data_type": data_type,
        "description": attribute.description,
        "dev_pref": model,
        "devprof_pref": profile,
        "dynamic": 0,
        "fielddev_pref": field,
        "label": attribute.label,
        "max_occur": i64::from(!attribute.list),
        "preference_group": attribute.group,
        "read_only": attribute.read_only,
    });
    if attribute.kind == Type::Choice {
        let choices = attribute.choices(level).iter().map(|choice| {
            json!({
                "default_val": choice.default,
                "dev_pref": model,
                "devprof_pref": profile,
                "fielddev_pref": field,
                "label": choice.label,
                "value": choice.value,
            })
        });
        definition["enum_values"] = choices.collect();
    }
    definition
}
