//! A server on a throw-away database, and callers at both of its doors.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use base64::Engine as _;
use ordering::{Ordering, Settings};
use registry::account::Kind;
use registry::login::Credentials;
use registry::seal::Sealer;
use registry::{Caller, Clock, MIGRATIONS};
use serde_json::{Value, json};
use store::args;
use store::testing::TestDb;
use tower::ServiceExt as _;
use web::{Authenticator, KeySet, Tokens, VerifiedCache};

use crate::{HalShape, Ngcp, Realm};

const NOW: i64 = 1_780_000_000_000_000;
const PASSWORD: &str = "correct horse";

/// Both doors of a server with one reseller, one domain, and customers of either product.
pub(super) struct House {
    admin: Router,
    pub(super) subscriber: Router,
    test: TestDb,
}

pub(super) struct Answer {
    pub(super) status: u16,
    location: String,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    pub(super) fn id(&self) -> i64 {
        assert_eq!(self.status, 201, "{}", self.body);
        self.location.rsplit('/').next().unwrap().parse().unwrap()
    }
}

impl House {
    pub(super) async fn open(test: TestDb) -> House {
        store::migrate(&test.db, MIGRATIONS, NOW).await.unwrap();
        let credentials = Credentials::new("administrator", PASSWORD).unwrap();
        registry::bootstrap(&test.db, NOW, &credentials).await.unwrap();
        let clock = Clock::fixed(NOW);
        let keys = KeySet::generate().unwrap();
        let tokens = Tokens::new(&keys.token);
        let state = Ngcp {
            ordering: Ordering::new(test.db.clone(), clock.clone(), Settings::default()),
            authenticator: Authenticator::new(test.db.clone(), clock, VerifiedCache::new(), tokens),
            sealer: Arc::new(Sealer::new(keys.sealing.reveal())),
            hal_shape: HalShape::Modern,
            client_time: false,
            locations: Arc::new(plane::location::Locations::at("")),
        };
        let admin = crate::router(state.clone(), Realm::Admin);
        House { admin, subscriber: crate::router(state, Realm::Subscriber), test }
    }

    /// A customer of the default reseller.
    pub(super) async fn customer(&self, name: &str, product: &str) -> i64 {
        let new = registry::account::NewAccount {
            parent_id: registry::id::AccountId::DEFAULT_RESELLER,
            kind: Kind::Customer,
            name: name.to_owned(),
            currency: "EUR".to_owned(),
            credit_limit: None,
        };
        let caller = Caller::system("test");
        registry::transaction!(self.test.db, |tx| {
            let id = registry::account::create(tx, &caller, NOW, &new).await?.id;
            tx.execute("UPDATE accounts SET product = $1 WHERE id = $2", args![product, id]).await?;
            Ok(id.0)
        })
        .unwrap()
    }

    pub(super) async fn ask(
        &self,
        door: &Router,
        who: (&str, &str),
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let basic = base64::prelude::BASE64_STANDARD.encode(format!("{}:{}", who.0, who.1));
        let media = if method == "PATCH" { "application/json-patch+json" } else { "application/json" };
        let request = Request::builder()
            .method(method.parse::<Method>().unwrap())
            .uri(path)
            .header("authorization", format!("Basic {basic}"))
            .header("content-type", media)
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        let response = door.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let location = response.headers().get("location").map(|l| l.to_str().unwrap().to_owned()).unwrap_or_default();
        let bytes = to_bytes(response.into_body(), 10 << 20).await.unwrap();
        Answer { status, location, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    pub(super) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = (!body.is_null()).then_some(&body);
        self.ask(&self.admin, ("administrator", PASSWORD), method, path, body).await
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    pub(super) async fn domain(&self, name: &str) -> i64 {
        self.call("POST", "/api/domains/", json!({ "domain": name, "reseller_id": 1 })).await.id()
    }
}
