//! Rows of sounds, templates and brandings.

use serde_json::json;

use super::people::House;
use super::rows::{Owner, Row};
use crate::ngcp::client::id_of;
use crate::ngcp::form::{FORM, PNG, form, wav};
use crate::ngcp::world::Reseller;

async fn set(reseller: &Reseller, body: serde_json::Value, owner: Owner, rows: &mut Vec<Row>) {
    let door = &reseller.door;
    let set = door.create("soundsets", &body).await;
    let file = json!({ "set_id": set, "handle": "music_on_hold" });
    let body = form(&file, "soundfile", "music.wav", &wav());
    let file = door.send("POST", "/api/soundfiles/", &[FORM], body).await.is(201).id();
    for (resource, id) in [("soundsets", set), ("soundfiles", file), ("soundfilerecordings", file)] {
        rows.push(Row { resource, id, owner });
    }
}

pub(super) async fn of_reseller(reseller: &Reseller, owner: Owner, rows: &mut Vec<Row>) {
    let served = Owner { served: true, ..owner };
    set(reseller, json!({ "name": "hidden" }), owner, rows).await;
    set(reseller, json!({ "name": "exposed", "expose_to_customer": true }), served, rows).await;
    // Whoever tried its verbs has made one of nothing.
    let branding = reseller.door.list("resellerbrandings/").await;
    let branding = branding.first().map(id_of).expect("a branding");
    let logo = form(&json!({}), "logo", "logo.png", PNG);
    reseller.door.send("PUT", &format!("/api/resellerbrandings/{branding}"), &[FORM], logo).await.is(204);
    for resource in ["resellerbrandings", "resellerbrandinglogos"] {
        rows.push(Row { resource, id: branding, owner: served });
    }
    let email = json!({ "name": "mail", "from_email": "a@example.org", "subject": "x", "body": "x" });
    let invoice = json!({ "name": "invoice", "type": "html", "data": "<html/>" });
    for (resource, body) in [("emailtemplates", email), ("invoicetemplates", invoice)] {
        rows.push(Row { resource, id: reseller.door.create(resource, &body).await, owner });
    }
    // What it has begun with.
    for item in reseller.door.list("emailtemplates/?name=*_default_email").await {
        rows.push(Row { resource: "emailtemplates", id: id_of(&item), owner });
    }
}

pub(super) async fn of_house(house: &House, owner: Owner, rows: &mut Vec<Row>) {
    set(&house.reseller, json!({ "name": "own", "customer_id": house.customer.id }), owner, rows).await;
    for subscriber in [&house.chief, &house.clerk] {
        let owner = Owner { subscriber: Some(subscriber.id), ..owner };
        rows.push(Row { resource: "autoattendants", id: subscriber.id, owner });
    }
}
