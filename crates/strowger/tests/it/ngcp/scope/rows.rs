//! Rows of every resource, each with whom it belongs to.

use serde_json::json;
use store::testing::TestDb;

use super::people::{House, People, Viewer};
use crate::ngcp::client::id_of;
use crate::ngcp::world::World;

/// Whom a row belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Owner {
    pub(super) login: Option<i64>,
    pub(super) reseller: Option<i64>,
    pub(super) customer: Option<i64>,
    pub(super) subscriber: Option<i64>,
    /// Whether all customers and subscribers of the reseller see it too.
    pub(super) served: bool,
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) resource: &'static str,
    pub(super) id: i64,
    pub(super) owner: Owner,
}

impl Row {
    /// Whether somebody sees it, where its role may look at such rows at all.
    pub(super) fn is_seen_by(&self, viewer: &Viewer) -> bool {
        let owner = self.owner;
        if let (Some(login), false) = (owner.login, viewer.master) {
            return viewer.login == Some(login);
        }
        let fits = |own: Option<i64>, of: Option<i64>| own.is_none() || own == of;
        fits(viewer.reseller, owner.reseller)
            && (owner.served || (fits(viewer.customer, owner.customer) && fits(viewer.subscriber, owner.subscriber)))
    }
}

/// Makes what is not there yet, and lists all of it.
pub(super) async fn make(world: &World, people: &People, registrar: &TestDb) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut known = Vec::new();
    super::orders::make(world, people, &mut rows).await;
    super::telephones::make(world, people, registrar, &mut rows).await;
    world.site.ok("pool add scope --area-code 20").await;
    world.site.ok("number add scope 442079469000 442079469009").await;
    for (n, house) in people.houses.iter().enumerate() {
        let reseller = &house.reseller;
        let of_reseller = Owner { reseller: Some(reseller.id), ..Owner::default() };
        if !known.contains(&reseller.id) {
            known.push(reseller.id);
            let zone = json!({ "billing_profile_id": reseller.profile_id, "zone": "Zone", "detail": "All" });
            let zone = reseller.door.create("billingzones", &zone).await;
            let fee = json!({
                "billing_profile_id": reseller.profile_id, "billing_zone_id": zone, "destination": "^43",
                "direction": "out", "onpeak_init_interval": 60, "onpeak_follow_interval": 60,
                "offpeak_init_interval": 60, "offpeak_follow_interval": 60,
            });
            let fee = reseller.door.create("billingfees", &fee).await;
            let times = reseller.door.create("timesets", &json!({ "name": "times", "times": [] })).await;
            let container = reseller.door.create("emergencymappingcontainers", &json!({ "name": "here" })).await;
            let mapping = json!({ "emergency_container_id": container, "code": "144", "prefix": "0431" });
            let template = json!({
                "name": "home", "description": "a home", "lang": "js", "yaml": "fields: []\nsubscriber: {}\n",
            });
            for (resource, id) in [
                ("emergencymappings", reseller.door.create("emergencymappings", &mapping).await),
                ("emergencymappingcontainers", container),
                ("provisioningtemplates", reseller.door.create("provisioningtemplates", &template).await),
                ("timesets", times),
                ("billingprofiles", reseller.profile_id),
                ("billingzones", zone),
                ("billingfees", fee),
                ("domains", reseller.domain_id),
                ("domainpreferences", reseller.domain_id),
                ("resellers", reseller.id),
                ("resellerpreferences", reseller.id),
                ("contracts", reseller.contract_id),
                ("systemcontacts", reseller.system_contact_id),
            ] {
                rows.push(Row { resource, id, owner: of_reseller });
            }
            let entry = json!({ "name": "Support", "number": "43123" });
            let id = reseller.door.create("resellerphonebookentries", &entry).await;
            rows.push(Row { resource: "resellerphonebookentries", id, owner: of_reseller });
            super::rewrites::of_reseller(reseller, of_reseller, &mut rows).await;
            super::sounds::of_reseller(reseller, of_reseller, &mut rows).await;
            super::money::of_reseller(reseller, of_reseller, &mut rows).await;
            super::profiles::of_reseller(world, reseller, of_reseller, &mut rows).await;
            for resource in ["admins", "admincerts"] {
                let owner = Owner { login: Some(reseller.admin_id), ..of_reseller };
                rows.push(Row { resource, id: reseller.admin_id, owner });
            }
        }
        let owner = Owner { customer: Some(house.customer.id), ..of_reseller };
        let reserved = json!({
            "number": format!("44207946900{n}"), "customer_id": house.customer.id, "until": "2099-01-01 00:00:00",
        });
        let place = json!({ "contract_id": house.customer.id, "name": "x", "description": "x", "blocks": [] });
        for (resource, id) in [
            ("numberreservations", world.admin.create("numberreservations", &reserved).await),
            ("customerlocations", reseller.door.create("customerlocations", &place).await),
            ("customercontacts", house.customer.contact_id),
            ("customers", house.customer.id),
            ("customerpreferences", house.customer.id),
        ] {
            rows.push(Row { resource, id, owner });
        }
        let entry = json!({ "customer_id": house.customer.id, "name": "Desk", "number": "43124" });
        let id = reseller.door.create("customerphonebookentries", &entry).await;
        rows.push(Row { resource: "customerphonebookentries", id, owner });
        super::rewrites::of_house(house, of_reseller, &mut rows).await;
        super::sounds::of_house(house, owner, &mut rows).await;
        super::money::of_house(house, of_reseller, &mut rows).await;
        super::calls::of_house(house, owner, &mut rows).await;
        of_subscribers(world, house, owner, n, &mut rows).await;
    }
    for viewer in people.viewers.iter().filter(|viewer| viewer.role != 'R') {
        let Some(login) = viewer.login else { continue };
        // Logins that act for all resellers are none of a reseller's, whichever they are shown with.
        let owner = Owner { login: Some(login), reseller: viewer.reseller, ..Owner::default() };
        rows.push(Row { resource: "admins", id: login, owner });
    }
    rows
}

async fn of_subscribers(world: &World, house: &House, owner: Owner, n: usize, rows: &mut Vec<Row>) {
    for subscriber in [&house.chief, &house.clerk] {
        let owner = Owner { subscriber: Some(subscriber.id), ..owner };
        rows.push(Row { resource: "activesubscriberpreferences", id: subscriber.id, owner });
        super::services::of_subscriber(&house.reseller, subscriber.id, owner, rows).await;
        for resource in ["subscribers", "subscriberpreferences", "callforwards", "cfmappings"] {
            rows.push(Row { resource, id: subscriber.id, owner });
        }
        let door = &house.reseller.door;
        for (resource, more) in [
            ("cfdestinationsets", json!({ "destinations": [{ "destination": "4312345", "timeout": 30 }] })),
            ("cftimesets", json!({ "times": [{ "hour": "8-17" }] })),
            ("cfsourcesets", json!({ "mode": "whitelist", "sources": [{ "source": "43*" }] })),
            ("cfbnumbersets", json!({ "mode": "whitelist", "bnumbers": [{ "bnumber": "43*" }] })),
        ] {
            let mut body = more;
            body["name"] = json!(format!("set {n}"));
            body["subscriber_id"] = json!(subscriber.id);
            rows.push(Row { resource, id: door.create(resource, &body).await, owner });
        }
        for (resource, more) in [
            ("trustedsources", json!({ "src_ip": "192.0.2.1", "protocol": "ANY" })),
            ("subscriberlocationmappings", json!({ "location": "sip:a@192.0.2.1" })),
        ] {
            let mut body = more;
            body["subscriber_id"] = json!(subscriber.id);
            rows.push(Row { resource, id: door.create(resource, &body).await, owner });
        }
        let numbers = world.admin.list(&format!("numbers/?subscriber_id={}", subscriber.id)).await;
        assert_eq!(numbers.len(), 1, "{numbers:?}");
        rows.push(Row { resource: "numbers", id: id_of(&numbers[0]), owner });
    }
}
