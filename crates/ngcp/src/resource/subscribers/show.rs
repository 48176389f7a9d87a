//! A subscriber as the dialect shows it.

use registry::subscriber::{Held, Subscriber};
use serde_json::{Value, json};

use crate::kernel::{Item, time};

/// All fields but the password.
pub(super) fn fields(subscriber: &Subscriber) -> Item {
    let details = &subscriber.details;
    let item = json!({
        "id": subscriber.id,
        "uuid": uuid(&subscriber.uuid),
        "customer_id": subscriber.account_id,
        "domain": subscriber.domain,
        "domain_id": subscriber.domain_id,
        "username": subscriber.username,
        "webusername": details.webusername,
        "administrative": details.administrative,
        "status": details.status,
        "lock": details.lock_level.map(|level| level.to_string()),
        "display_name": details.display_name,
        "email": details.email,
        "timezone": details.timezone,
        "external_id": details.external_id,
        "profile_id": details.profile_id,
        "profile_set_id": details.profile_set_id,
        "primary_number": subscriber.primary_number.as_ref().map(number),
        "alias_numbers": subscriber.alias_numbers.iter().map(alias).collect::<Vec<_>>(),
        "create_timestamp": timestamp(subscriber.created_at),
        "modify_timestamp": timestamp(subscriber.modified_at),
    });
    let mut item = item.as_object().cloned().unwrap_or_default();
    if subscriber.of_pbx {
        add_pbx(&mut item, subscriber);
    }
    item
}

fn add_pbx(item: &mut Item, subscriber: &Subscriber) {
    let pbx = &subscriber.details.pbx;
    let mut add = |name: &str, value: Value| item.insert(name.to_owned(), value);
    add("is_pbx_pilot", pbx.is_pbx_pilot.into());
    add("is_pbx_group", pbx.is_pbx_group.into());
    add("pbx_extension", json!(pbx.pbx_extension));
    add("pbx_group_ids", json!(pbx.pbx_group_ids));
    if pbx.is_pbx_group {
        add("pbx_groupmember_ids", json!(pbx.pbx_groupmember_ids));
        for prefix in ["", "cloud_"] {
            add(&format!("{prefix}pbx_hunt_policy"), json!(pbx.pbx_hunt_policy));
            add(&format!("{prefix}pbx_hunt_timeout"), json!(pbx.pbx_hunt_timeout));
            add(&format!("{prefix}pbx_hunt_cancel_mode"), json!(pbx.pbx_hunt_cancel_mode));
        }
    }
}

fn number(held: &Held) -> Value {
    json!({
        "cc": super::country_code(&held.split),
        "ac": held.split.ac,
        "sn": held.split.sn,
        "number_id": held.number_id,
    })
}

fn alias(held: &Held) -> Value {
    let mut alias = number(held);
    alias["is_devid"] = held.is_devid.into();
    alias
}

/// With dashes, as the dialect writes it.
fn uuid(digits: &str) -> String {
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| digits.get(part).unwrap_or_default()).join("-")
}

/// `YYYY-MM-DDTHH:MM:SS+00:00`.
fn timestamp(at: i64) -> String {
    format!("{}+00:00", time::show(at).replace(' ', "T"))
}
