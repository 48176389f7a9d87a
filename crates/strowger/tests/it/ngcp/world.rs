//! A server with resellers, their customers and subscribers, all of it made through the API.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use store::testing::TestDb;

use super::client::Door;
use crate::server::Server;
use crate::site::{SECRET, Site};

/// The password of whoever is made here: long, and of every kind of character.
pub(crate) const PASSWORD: &str = "Step.by.step-1891!";

/// A running server.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) site: Site,
    pub(crate) server: Server,
    /// The door of administrators and resellers, without credentials.
    pub(crate) door: Door,
    /// The door of subscribers, without credentials.
    pub(crate) self_care: Door,
    /// The administrator.
    pub(crate) admin: Door,
    count: AtomicU64,
}

/// A reseller with a login, a billing profile and a domain.
#[derive(Clone, Debug)]
pub(crate) struct Reseller {
    pub(crate) name: String,
    pub(crate) id: i64,
    pub(crate) system_contact_id: i64,
    pub(crate) contract_id: i64,
    pub(crate) admin_id: i64,
    pub(crate) profile_id: i64,
    pub(crate) domain: String,
    pub(crate) domain_id: i64,
    /// Its own login.
    pub(crate) door: Door,
}

/// A customer of a reseller.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) id: i64,
    pub(crate) contact_id: i64,
}

/// A subscriber of a customer.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub(crate) id: i64,
    /// Its own login at the door of subscribers.
    pub(crate) door: Door,
}

impl World {
    /// A server whose HAL shape is the modern one.
    pub(crate) async fn new(database: TestDb) -> World {
        World::with(database, &[]).await
    }

    /// A server as clients written until 2017 expect it.
    pub(crate) async fn legacy(database: TestDb) -> World {
        World::with(database, &[("STROWGER_NGCP_HAL_SHAPE", "legacy")]).await
    }

    /// A server with more in its environment.
    pub(crate) async fn with(database: TestDb, environment: &[(&str, &str)]) -> World {
        World::of(Site::new(database), environment).await
    }

    /// A server of a place that has been prepared.
    pub(crate) async fn of(site: Site, environment: &[(&str, &str)]) -> World {
        let mut server = site.serve_with(environment).await;
        let certificate = site.data("tls-certificate.pem");
        let door = Door::new(&server.url().await, &certificate);
        let self_care = Door::new(&server.subscriber_url().await, &certificate);
        let admin = door.login("administrator", SECRET);
        World { site, server, door, self_care, admin, count: AtomicU64::new(10_000) }
    }

    /// A number that no other call has got.
    pub(crate) fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes a reseller by whatever it takes: a system contact, a contract, the reseller, a login, a profile, a domain.
    pub(crate) async fn reseller(&self, name: &str) -> Reseller {
        let admin = &self.admin;
        let system_contact_id =
            admin.create("systemcontacts", &json!({ "email": format!("{name}@example.org") })).await;
        let contract = json!({
            "contact_id": system_contact_id, "type": "reseller", "status": "active", "billing_profile_id": 1,
        });
        let contract_id = admin.create("contracts", &contract).await;
        let reseller = json!({ "contract_id": contract_id, "name": name, "status": "active" });
        let id = admin.create("resellers", &reseller).await;
        let admin_id = self.staff(&format!("{name}_login"), "reseller", id, &json!({ "is_master": true })).await;
        let door = self.door.login(&format!("{name}_login"), PASSWORD);
        let profile = json!({ "name": format!("{name} profile"), "handle": format!("{name}_profile") });
        let profile_id = door.create("billingprofiles", &profile).await;
        let domain = format!("{name}.example.net");
        let domain_id = door.create("domains", &json!({ "domain": domain })).await;
        let name = name.to_owned();
        Reseller { name, id, system_contact_id, contract_id, admin_id, profile_id, domain, domain_id, door }
    }

    /// Makes a login of a role and tells its id.
    pub(crate) async fn staff(&self, login: &str, role: &str, reseller: i64, more: &Value) -> i64 {
        let mut body = json!({
            "login": login, "password": PASSWORD, "role": role, "reseller_id": reseller, "is_active": true,
            "email": format!("{login}@example.org"), "show_passwords": true, "call_data": true, "billing_data": true,
        });
        if role == "lintercept" {
            for field in ["show_passwords", "call_data", "billing_data"] {
                body.as_object_mut().unwrap().remove(field);
            }
        }
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.admin.create("admins", &body).await
    }

    /// Makes a customer of a reseller.
    pub(crate) async fn customer(&self, reseller: &Reseller) -> Customer {
        let email = format!("customer-{}@example.org", self.next());
        let contact_id = reseller.door.create("customercontacts", &json!({ "email": email })).await;
        let body = json!({
            "status": "active", "contact_id": contact_id, "billing_profile_id": reseller.profile_id, "type": "sipaccount",
        });
        Customer { id: reseller.door.create("customers", &body).await, contact_id }
    }

    /// A subscriber that can be made: a name and a number that nobody has.
    pub(crate) fn plan(&self, reseller: &Reseller, customer: &Customer) -> Value {
        let number = self.next();
        json!({
            "customer_id": customer.id, "domain": reseller.domain, "username": format!("user{number}"),
            "password": PASSWORD, "webusername": format!("web{number}"), "status": "active",
            "primary_number": { "cc": 43, "ac": 1, "sn": number },
        })
    }

    /// Makes a subscriber with a web password; `more` goes over what is planned.
    pub(crate) async fn subscriber(&self, reseller: &Reseller, customer: &Customer, more: &Value) -> Subscriber {
        let mut body = self.plan(reseller, customer);
        body["webpassword"] = json!(PASSWORD);
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let id = reseller.door.create("subscribers", &body).await;
        let username = format!("{}@{}", body["webusername"].as_str().unwrap(), reseller.domain);
        Subscriber { id, door: self.self_care.login(&username, PASSWORD) }
    }
}
