//! Definitions of preferences: for each level one document with all attributes that may be set there.
//!
//! Subscribers and subscriberadmins see only the attributes that are meant for them, and a subscriber with a profile
//! only those of its profile. Attributes that an installation has added to those of devices are `dynamic`. Labels and
//! descriptions are in English, whatever `lang` says.

use registry::preference::attribute::{Attribute, Kind as Type};
use registry::preference::{self, CustomAttribute, DataType, Level};
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
        let shown = preference::shown(cx.tx, cx.caller, self.level).await?;
        let mut fields: Item = shown.iter().map(|of| (of.name.to_owned(), definition(of, self.level))).collect();
        let added = preference::custom_on(cx.tx, cx.caller, self.level).await?;
        fields.extend(added.iter().map(|of| (of.attribute.clone(), added_definition(of))));
        Ok(Some(hal::single(call, self.resource, fields)))
    }
}

/// The definition of an attribute that was added.
fn added_definition(attribute: &CustomAttribute) -> Value {
    let flags = json!({
        "dev_pref": i64::from(attribute.dev_pref),
        "devprof_pref": i64::from(attribute.devprof_pref),
        "fielddev_pref": i64::from(attribute.fielddev_pref),
    });
    let with_flags = |mut value: Value| {
        if let (Some(fields), Some(flags)) = (value.as_object_mut(), flags.as_object()) {
            fields.extend(flags.clone());
        }
        value
    };
    let mut definition = with_flags(json!({
        "data_type": attribute.data_type.as_str(),
        "description": attribute.description,
        "dynamic": 1,
        "label": attribute.label,
        "max_occur": attribute.max_occur,
        "preference_group": "CPBX Device Administration",
        "read_only": false,
    }));
    if attribute.data_type == DataType::Enum {
        let choices = attribute.choices.0.iter().map(|choice| {
            with_flags(json!({
                "default_val": choice.default_val,
                "label": choice.label,
                "value": choice.value,
            }))
        });
        definition["enum_values"] = choices.collect();
    }
    definition
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
