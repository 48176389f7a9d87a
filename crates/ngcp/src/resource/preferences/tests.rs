//! Preferences at the door: what clients send and see.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ordering::{Ordering, Settings};
use registry::account::{self, Kind, NewAccount};
use registry::id::{AccountId, DomainId};
use registry::login::Credentials;
use registry::seal::Sealer;
use registry::{Caller, Clock, MIGRATIONS, sip_domain};
use serde_json::{Value, json};
use store::args;
use store::testing::TestDb;
use tower::ServiceExt as _;
use web::{Authenticator, KeySet, Tokens, VerifiedCache};

use crate::{HalShape, Ngcp, Realm};

const NOW: i64 = 1_780_000_000_000_000;
const PASSWORD: &str = "correct horse";
const ADD_SUBSCRIBER: &str = "INSERT INTO subscribers (uuid, account_id, reseller_id, domain_id, username, status, \
    administrative, is_pbx_pilot, is_pbx_group, credential_version, created_at, modified_at) \
    VALUES ('u1', $1, 1, $2, 'alice', 'active', FALSE, FALSE, FALSE, 1, 0, 0) RETURNING id";

/// A server with a customer, a domain and a subscriber.
struct House {
    router: Router,
    customer: AccountId,
    domain: DomainId,
    subscriber: i64,
}

impl House {
    async fn new(test: &TestDb) -> House {
        store::migrate(&test.db, MIGRATIONS, NOW).await.unwrap();
        registry::bootstrap(&test.db, NOW, &Credentials::new("administrator", PASSWORD).unwrap()).await.unwrap();
        let clock = Clock::fixed(NOW);
        let keys = KeySet::generate().unwrap();
        let state = Ngcp {
            ordering: Ordering::new(test.db.clone(), clock.clone(), Settings::default()),
            authenticator: Authenticator::new(test.db.clone(), clock, VerifiedCache::new(), Tokens::new(&keys.token)),
            sealer: std::sync::Arc::new(Sealer::new(&[7; 32])),
            hal_shape: HalShape::Legacy,
            client_time: false,
            locations: std::sync::Arc::new(plane::location::Locations::at("")),
        };
        let caller = Caller::system("test");
        let new = NewAccount {
            parent_id: AccountId::DEFAULT_RESELLER,
            kind: Kind::Customer,
            name: "shop".to_owned(),
            currency: "EUR".to_owned(),
            credit_limit: None,
        };
        let (customer, domain, subscriber) = registry::transaction!(test.db, |tx| {
            let customer = account::create(tx, &caller, NOW, &new).await?.id;
            let domain = sip_domain::create(tx, &caller, NOW, AccountId::DEFAULT_RESELLER, "sip.example.org").await?.id;
            let subscriber = tx.query_one(ADD_SUBSCRIBER, args![customer, domain]).await?.at(0)?;
            Ok((customer, domain, subscriber))
        })
        .unwrap();
        House { router: crate::router(state, Realm::Admin), customer, domain, subscriber }
    }

    async fn bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> (StatusCode, HeaderMap, Vec<u8>) {
        let basic = format!("Basic {}", STANDARD.encode(format!("administrator:{PASSWORD}")));
        let mut request = Request::builder().method(method).uri(path).header("authorization", basic);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        (head.status, head.headers, to_bytes(body, 10 << 20).await.unwrap().to_vec())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let (status, _, body) = self.bytes("GET", path, &[("accept", "application/json")], Value::Null).await;
        (status.as_u16(), serde_json::from_slice(&body).unwrap())
    }

    /// `PUT` or `PATCH` of the subscriber's preferences, with its status and what the item or the refusal says.
    async fn change(&self, method: &str, body: Value) -> (u16, Value) {
        let media_type = if method == "PATCH" { "application/json-patch+json" } else { "application/json" };
        let headers = [("content-type", media_type), ("prefer", "return=representation")];
        let path = format!("/api/subscriberpreferences/{}", self.subscriber);
        let (status, _, body) = self.bytes(method, &path, &headers, body).await;
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|name, _| !matches!(name.as_str(), "_links" | "id" | "subscriber_id" | "code"));
        }
        (status.as_u16(), body)
    }
}

fn nowhere(pointer: &str) -> Value {
    let text = "The entity could not be processed: A pointer that references a non-existent value";
    json!({ "message": format!("{text} (pointer: {pointer})") })
}

store::on_both! {
    async fn a_subscriber_is_set_up(test: TestDb) {
        let house = House::new(&test).await;
        let set = json!({ "block_out_mode": true, "lock": 2 });
        assert_eq!(house.change("PUT", set).await, (200, json!({ "block_out_mode": true, "lock": "2" })));
        let id = house.subscriber;
        let (status, item) = house.get(&format!("/api/subscriberpreferences/{id}")).await;
        let wanted = json!({
            "_links": {
                "collection": { "href": "/api/subscriberpreferences/" },
                "curies": { "href": "http://purl.org/sipwise/ngcp-api/#rel-{rel}", "name": "ngcp", "templated": true },
                "ngcp:journal": { "href": format!("/api/subscriberpreferences/{id}/journal/") },
                "ngcp:subscribers": { "href": format!("/api/subscribers/{id}") },
                "profile": { "href": "http://purl.org/sipwise/ngcp-api/" },
                "self": { "href": format!("/api/subscriberpreferences/{id}") },
            },
            "block_out_mode": true, "id": id, "lock": "2", "subscriber_id": id,
        });
        assert_eq!((status, &item), (200, &wanted));
        let steps = [
            (json!([{ "op": "add", "path": "/cli", "value": "431" }]), 200, json!({ "block_out_mode": true, "lock": "2", "cli": "431" })),
            (json!([{ "op": "replace", "path": "/dnd", "value": true }]), 422, nowhere("/dnd")),
            (json!([{ "op": "remove", "path": "/dnd" }]), 422, nowhere("/dnd")),
            (json!([{ "op": "replace", "path": "/lock", "value": null }]), 200, json!({ "block_out_mode": true, "cli": "431" })),
            (json!([{ "op": "remove", "path": "/cli" }]), 200, json!({ "block_out_mode": true })),
            (
                json!([{ "op": "add", "path": "/block_in_list", "value": "43*", "mode": "append" }]),
                200,
                json!({ "block_out_mode": true, "block_in_list": ["43*"] }),
            ),
        ];
        for (patch, status, answer) in steps {
            assert_eq!(house.change("PATCH", patch.clone()).await, (status, answer), "{patch}");
        }
        let (_, whole) = house.get(&format!("/api/subscriberpreferences/{id}")).await;
        let same = json!({ "block_out_mode": true, "block_in_list": ["43*"] });
        assert_eq!(house.change("PUT", whole).await, (200, same), "what was read can be written");
        let refused = house.change("PUT", json!({ "ncos": "x" })).await;
        assert_eq!(refused, (422, json!({ "message": "Unknown ncos_level 'x'" })));
        let (_, journal) = house.get(&format!("/api/subscriberpreferences/{id}/journal/recent")).await;
        let content = json!({ "block_in_list": ["43*"], "block_out_mode": true, "id": id, "subscriber_id": id });
        assert_eq!((&journal["operation"], &journal["content"]), (&json!("update"), &content));
    }

    async fn a_document_is_downloaded(test: TestDb) {
        let house = House::new(&test).await;
        let object = json!({ "content_type": "text/xml", "data": STANDARD.encode("<a/>") });
        let shown = json!({ "emergency_location_object": { "content_type": "text/xml", "data": "#blob" } });
        assert_eq!(house.change("PUT", json!({ "emergency_location_object": object })).await, (200, shown.clone()));
        assert_eq!(house.change("PUT", shown.clone()).await, (200, shown));
        let path = format!("/api/subscriberpreferences/{}?preference=emergency_location_object", house.subscriber);
        let (status, headers, bytes) = house.bytes("GET", &path, &[], Value::Null).await;
        assert_eq!((status.as_u16(), &bytes[..]), (200, &b"<a/>"[..]));
        assert_eq!(headers["content-type"], "text/xml");
    }

    async fn collections_of_owners(test: TestDb) {
        let house = House::new(&test).await;
        let customer = house.customer.0;
        let (status, all) = house.get("/api/customerpreferences/?rows=2").await;
        assert_eq!((status, &all["total_count"]), (200, &json!(1)));
        let item = &all["_embedded"]["ngcp:customerpreferences"];
        assert_eq!((&item["id"], &item["customer_id"]), (&json!(customer), &json!(customer)));
        assert_eq!(item["_links"]["ngcp:customers"]["href"], format!("/api/customers/{customer}"));
        assert_eq!(all["_links"]["ngcp:customerpreferences"], Value::Null);
        let (_, all) = house.get("/api/domainpreferences/").await;
        let item = &all["_embedded"]["ngcp:domainpreferences"];
        assert_eq!((&item["domain_id"], &item["language"]), (&json!(house.domain.0), &json!("en")));
        assert_eq!(item["_links"]["ngcp:journal"], Value::Null);
        let (status, none) = house.get("/api/peeringserverpreferences/").await;
        assert_eq!((status, &none["total_count"], &none["_embedded"]), (200, &json!(0), &Value::Null));
        let (status, none) = house.get("/api/peeringserverpreferences/1").await;
        assert_eq!((status, &none["message"]), (404, &json!("Entity 'peeringserverpreference' not found.")));
    }

    async fn definitions_of_a_level(test: TestDb) {
        let house = House::new(&test).await;
        for (name, count) in [("subscriber", 246), ("customer", 45), ("domain", 188), ("peeringserver", 174), ("reseller", 8)] {
            let (status, document) = house.get(&format!("/api/{name}preferencedefs/?rows=2")).await;
            assert_eq!((status, document.as_object().unwrap().len() - 1), (200, count), "{name}");
            let href = &document["_links"]["self"]["href"];
            assert_eq!(href, &json!(format!("/api/{name}preferencedefs/")));
        }
        let (_, document) = house.get("/api/domainpreferencedefs/").await;
        let of = &document["sst_enable"];
        assert_eq!((&of["data_type"], &of["max_occur"], &of["read_only"]), (&json!("enum"), &json!(1), &json!(false)));
        let values: Vec<_> = of["enum_values"].as_array().unwrap().iter().map(|v| (&v["value"], &v["default_val"])).collect();
        assert_eq!(values, [(&json!("no"), &json!(true)), (&json!("yes"), &json!(false))]);
        assert_eq!(document["rewrite_rule_set"]["data_type"], "string", "referred to by its name");
    }
}
