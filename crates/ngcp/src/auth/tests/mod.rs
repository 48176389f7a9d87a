//! Both doors of a server, and requests at them.

mod doors;
mod people;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ordering::{Ordering, Settings};
use registry::login::Credentials;
use registry::seal::Sealer;
use registry::{Clock, MIGRATIONS};
use serde_json::{Value, json};
use store::testing::TestDb;
use tower::ServiceExt as _;
use web::{Authenticator, KeySet, Tokens, VerifiedCache};

use crate::{HalShape, Ngcp, Realm};

const NOW: i64 = 1_780_000_000_000_000;
const PASSWORD: &str = "correct horse";
const SIMPLE: &str = "a long password";

/// Both doors of a server.
struct Doors {
    clock: Clock,
    admin: Router,
    subscriber: Router,
}

/// A request that is being put together.
struct Ask {
    realm: Realm,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Value,
    certificate: Option<Vec<u8>>,
    address: &'static str,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{:?}", String::from_utf8_lossy(&self.body)))
    }

    /// Status and message of a refusal.
    fn says(&self) -> String {
        let message = serde_json::from_slice(&self.body).map(|body: Value| body["message"].clone());
        let message = message.ok().and_then(|message| message.as_str().map(str::to_owned)).unwrap_or_default();
        format!("{} {message}", self.status).trim_end().to_owned()
    }
}

fn ask(method: &'static str, path: &str) -> Ask {
    let realm = Realm::Admin;
    Ask {
        realm,
        method,
        path: path.to_owned(),
        headers: vec![],
        body: Value::Null,
        certificate: None,
        address: "127.0.0.1:9",
    }
}

impl Ask {
    fn at(mut self, realm: Realm) -> Ask {
        self.realm = realm;
        self
    }

    fn basic(self, username: &str, password: &str) -> Ask {
        self.header("authorization", format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
    }

    fn boss(self) -> Ask {
        self.basic("administrator", PASSWORD)
    }

    fn bearer(self, token: &str) -> Ask {
        self.header("authorization", format!("bearer {token}"))
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Ask {
        self.headers.push((name, value.into()));
        self
    }

    fn body(mut self, body: Value) -> Ask {
        self.body = body;
        let patch = self.method == "PATCH";
        self.header("content-type", if patch { "application/json-patch+json" } else { "application/json" })
    }

    fn certificate(mut self, der: &[u8]) -> Ask {
        self.certificate = Some(der.to_vec());
        self
    }

    fn from(mut self, address: &'static str) -> Ask {
        self.address = address;
        self
    }
}

impl Doors {
    async fn open(test: &TestDb) -> Doors {
        store::migrate(&test.db, MIGRATIONS, NOW).await.unwrap();
        let credentials = Credentials::new("administrator", PASSWORD).unwrap();
        registry::bootstrap(&test.db, NOW, &credentials).await.unwrap();
        let clock = Clock::fixed(NOW);
        let ordering = Ordering::new(test.db.clone(), clock.clone(), Settings::default());
        let tokens = Tokens::new(&KeySet::generate().unwrap().token);
        let authenticator = Authenticator::new(test.db.clone(), clock.clone(), VerifiedCache::new(), tokens);
        let sealer = Arc::new(Sealer::new(&[3; 32]));
        let state = Ngcp {
            ordering,
            authenticator,
            sealer,
            hal_shape: HalShape::Modern,
            client_time: false,
            locations: Arc::new(plane::location::Locations::at("")),
        };
        let admin = crate::router(state.clone(), Realm::Admin);
        Doors { clock, admin, subscriber: crate::router(state, Realm::Subscriber) }
    }

    async fn send(&self, ask: Ask) -> Answer {
        let peer = web::Peer { address: ask.address.parse::<SocketAddr>().unwrap(), certificate: ask.certificate };
        let mut request = Request::builder().method(ask.method).uri(ask.path).extension(ConnectInfo(peer));
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let body = if ask.body.is_null() { Body::empty() } else { Body::from(ask.body.to_string()) };
        let door = if ask.realm == Realm::Admin { &self.admin } else { &self.subscriber };
        let response = door.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// The answer to a login.
    async fn log_in(&self, realm: Realm, body: Value) -> Answer {
        self.send(ask("POST", "/login_jwt").at(realm).body(body)).await
    }

    /// Makes something as the administrator, and says its id.
    async fn make(&self, resource: &str, body: Value) -> i64 {
        let made = self.send(ask("POST", &format!("/api/{resource}/")).boss().body(body)).await;
        assert_eq!(made.status, 201, "{resource}: {}", made.says());
        made.headers["location"].to_str().unwrap().rsplit('/').next().unwrap().parse().unwrap()
    }

    async fn admin(&self, login: &str, rest: Value) -> i64 {
        let mut body = json!({ "login": login, "password": SIMPLE, "role": "reseller", "is_master": true });
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.make("admins", body).await
    }

    /// A subscriber `alice@example.org`.
    async fn alice(&self) -> i64 {
        let contact = self.make("customercontacts", json!({ "email": "a@example.org", "reseller_id": 1 })).await;
        let customer =
            json!({ "contact_id": contact, "type": "sipaccount", "status": "active", "billing_profile_id": 1 });
        let customer = self.make("customers", customer).await;
        self.make("domains", json!({ "domain": "example.org", "reseller_id": 1 })).await;
        let alice = json!({ "customer_id": customer, "domain": "example.org", "username": "alice", "password": "secret-1",
            "webusername": "alice", "webpassword": SIMPLE, "primary_number": { "cc": 43, "ac": "1", "sn": "12345" } });
        self.make("subscribers", alice).await
    }
}

/// The payload of a token.
fn payload(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Names and contents of a zip.
fn members(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let read = |index| {
        let mut member = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut member, &mut bytes).unwrap();
        (member.name().unwrap().into_owned(), bytes)
    };
    (0..3).map(read).collect()
}

/// The certificate, in DER, that stands in the PEM file of a zip.
fn certificate_in(zip: &[u8]) -> Vec<u8> {
    let (_, pem) = members(zip).into_iter().find(|(name, _)| name.ends_with(".pem")).unwrap();
    let pem = String::from_utf8(pem).unwrap();
    assert!(pem.contains("PRIVATE KEY"));
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----").unwrap();
    let (encoded, _) = rest.split_once("-----END").unwrap();
    STANDARD.decode(encoded.split_whitespace().collect::<String>()).unwrap()
}
