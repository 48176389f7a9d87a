//! Rows of subscriber profiles, NCOS levels and added attributes.

use serde_json::json;

use super::rows::{Owner, Row};
use crate::ngcp::world::{Reseller, World};

/// Those of a reseller.
pub(super) async fn of_reseller(world: &World, reseller: &Reseller, owner: Owner, rows: &mut Vec<Row>) {
    let door = &reseller.door;
    let set = door.create("subscriberprofilesets", &json!({ "name": "phones", "description": "x" })).await;
    let profile = json!({ "profile_set_id": set, "name": "phone", "description": "x", "attributes": ["dnd"] });
    let profile = door.create("subscriberprofiles", &profile).await;
    let level = door.create("ncoslevels", &json!({ "level": "hidden", "mode": "whitelist" })).await;
    let shown = json!({ "level": "shown", "mode": "whitelist", "expose_to_customer": true });
    let shown = door.create("ncoslevels", &shown).await;
    let pattern = door.create("ncospatterns", &json!({ "ncos_level_id": level, "pattern": "^43" })).await;
    let carrier = json!({ "name": format!("of {}", reseller.name), "prefix": format!("D{}", reseller.id) });
    let carrier = world.admin.create("lnpcarriers", &carrier).await;
    let carrier = json!({ "ncos_level_id": level, "carrier_id": carrier });
    let carrier = door.create("ncoslnpcarriers", &carrier).await;
    let of_carrier = door.create("ncoslnppatterns", &json!({ "ncos_lnp_id": carrier, "pattern": "^43" })).await;
    let attribute = json!({
        "attribute": format!("of_{}", reseller.name), "label": "x", "description": "x", "data_type": "int",
        "max_occur": 1, "fielddev_pref": true,
    });
    let attribute = door.create("preferencesmetaentries", &attribute).await;
    for (resource, id, served) in [
        ("subscriberprofilesets", set, false),
        ("subscriberprofiles", profile, true),
        ("profilepreferences", profile, false),
        ("ncoslevels", level, false),
        ("ncoslevels", shown, true),
        ("ncospatterns", pattern, false),
        ("ncoslnpcarriers", carrier, false),
        ("ncoslnppatterns", of_carrier, false),
        ("preferencesmetaentries", attribute, false),
    ] {
        rows.push(Row { resource, id, owner: Owner { served, ..owner } });
    }
}
