//! A server on a throw-away database, and callers at its door.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use e164::DialPlan;
use ordering::{Ordering, Settings};
use registry::account::{self, Account, Kind, NewAccount};
use registry::id::{AccountId, PoolId};
use registry::login::{self, Credentials};
use registry::number::{self, Range};
use registry::pool::{self, Pool, PoolSpec};
use registry::{Caller, Clock, MIGRATIONS, Money, Role};
use serde_json::{Value, json};
use store::Db;
use store::testing::TestDb;
use tower::ServiceExt as _;
use web::{Authenticator, KeySet, Tokens, VerifiedCache};

use crate::Enswitch;

/// A time in 2026.
pub(super) const NOW: i64 = 1_780_000_000_000_000;
pub(super) const PASSWORD: &str = "correct horse";

pub(super) fn system() -> Caller {
    Caller::system("test")
}

/// A server.
pub(super) struct Door {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) ordering: Ordering,
    pub(super) authenticator: Authenticator,
    router: Router,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Reply {
    /// Codes and keys of all responses, such as `400 number`.
    pub(super) fn says(&self) -> String {
        let responses = self.body["responses"].as_array().unwrap();
        let words = responses.iter().map(|r| {
            assert!(r["message"].as_str().is_some_and(|message| !message.is_empty()), "{self:?}");
            format!("{} {}", r["code"].as_str().unwrap(), r["key"].as_str().unwrap())
        });
        words.collect::<Vec<_>>().join(", ").trim_end().to_owned()
    }

    pub(super) fn message(&self) -> &str {
        self.body["responses"][0]["message"].as_str().unwrap()
    }

    /// The data of a 200.
    #[track_caller]
    pub(super) fn data(&self) -> &Value {
        assert_eq!(self.says(), "200", "{self:?}");
        &self.body["data"]
    }

    /// One field of all rows.
    #[track_caller]
    pub(super) fn column(&self, name: &str) -> Vec<Value> {
        self.data().as_array().unwrap().iter().map(|row| row[name].clone()).collect()
    }
}

impl Door {
    /// A server in the United Kingdom, with the settings of pool mode.
    pub(super) async fn open(test: &TestDb) -> Door {
        Door::open_with(test, Settings::default()).await
    }

    pub(super) async fn open_with(test: &TestDb, settings: Settings) -> Door {
        store::migrate(&test.db, MIGRATIONS, NOW).await.unwrap();
        let credentials = Credentials::new("administrator", PASSWORD).unwrap();
        registry::bootstrap(&test.db, NOW, &credentials).await.unwrap();
        let clock = Clock::fixed(NOW);
        let ordering = Ordering::new(test.db.clone(), clock.clone(), settings);
        let tokens = Tokens::new(&KeySet::generate().unwrap().token);
        let authenticator = Authenticator::new(test.db.clone(), clock.clone(), VerifiedCache::new(), tokens);
        let state = Enswitch {
            ordering: ordering.clone(),
            authenticator: authenticator.clone(),
            dial_plan: DialPlan::new("44", "0", "00").unwrap(),
        };
        let router = Router::new().nest("/api/json", crate::router(state));
        Door { db: test.db.clone(), clock, ordering, authenticator, router }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        let status = response.status();
        let body = to_bytes(response.into_body(), 10 << 20).await.unwrap();
        Reply { status, body: serde_json::from_slice(&body).unwrap() }
    }

    /// GET of what follows `/api/json/`.
    pub(super) async fn get(&self, rest: &str) -> Reply {
        self.send(Request::get(format!("/api/json/{rest}")).body(Body::empty()).unwrap()).await
    }

    /// POST of a form by a caller who is not logged in.
    pub(super) async fn post(&self, function: &str, fields: &[(&str, &str)]) -> Reply {
        let request = Request::post(format!("/api/json/{function}/"));
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form(fields))).unwrap()).await
    }

    /// A caller with a login; the first call makes an account of that name and its login.
    pub(super) async fn customer(&self, name: &str) -> Guest<'_> {
        let new = NewAccount {
            parent_id: AccountId::DEFAULT_RESELLER,
            kind: Kind::Customer,
            name: name.to_owned(),
            currency: "EUR".to_owned(),
            credit_limit: Some(Money(100_000_000)),
        };
        let caller = system();
        let id = registry::transaction!(self.db, |tx| account::create(tx, &caller, NOW, &new).await).unwrap().id;
        self.guest(name, id, Role::Customer).await
    }

    pub(super) async fn reseller(&self) -> Guest<'_> {
        self.guest("reseller", AccountId::DEFAULT_RESELLER, Role::Reseller).await
    }

    async fn guest(&self, name: &str, account: AccountId, role: Role) -> Guest<'_> {
        let credentials = Credentials::new(name, PASSWORD).unwrap();
        let caller = system();
        let login =
            registry::transaction!(self.db, |tx| login::create(tx, &caller, NOW, account, role, &credentials).await);
        let (token, _) = self.authenticator.issue(&login.unwrap()).unwrap();
        Guest { door: self, token, account }
    }

    pub(super) async fn admin(&self) -> Guest<'_> {
        let login = login::candidate(&mut self.db.reader(), "administrator").await.unwrap().login;
        let (token, _) = self.authenticator.issue(&login).unwrap();
        Guest { door: self, token, account: AccountId::OPERATOR }
    }

    pub(super) async fn pool(&self, name: &str, change: impl FnOnce(&mut PoolSpec)) -> Pool {
        let mut spec = PoolSpec { name: name.to_owned(), ..PoolSpec::default() };
        change(&mut spec);
        let caller = system();
        registry::transaction!(self.db, |tx| pool::create(tx, &caller, NOW, &spec).await).unwrap()
    }

    /// Enters a range of numbers.
    pub(super) async fn stock(&self, pool: PoolId, start: &str, end: &str) {
        let range = Range { start: start.to_owned(), end: end.to_owned(), ..Range::default() };
        let caller = system();
        registry::transaction!(self.db, |tx| number::add_range(tx, &caller, NOW, pool, None, &range).await).unwrap();
    }

    pub(super) async fn account(&self, id: AccountId) -> Account {
        account::get(&mut self.db.reader(), &system(), id).await.unwrap()
    }

    /// What the account has paid so far, and what is held.
    pub(super) async fn money(&self, id: AccountId) -> (String, String) {
        let account = self.account(id).await;
        (Money(-account.balance.0).to_string(), account.held.to_string())
    }
}

/// A caller who is logged in.
pub(super) struct Guest<'a> {
    door: &'a Door,
    pub(super) token: String,
    pub(super) account: AccountId,
}

impl Guest<'_> {
    pub(super) async fn call(&self, function: &str, fields: &[(&str, &str)]) -> Reply {
        let mut fields = fields.to_vec();
        fields.push(("auth_token", &self.token));
        self.door.post(function, &fields).await
    }

    pub(super) fn id(&self) -> String {
        self.account.to_string()
    }
}

/// Encodes a form.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        text.bytes().fold(String::new(), |encoded, byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => encoded + &char::from(byte).to_string(),
            _ => encoded + &format!("%{byte:02X}"),
        })
    };
    fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

/// Rows as a list of texts.
pub(super) fn texts(list: &[&str]) -> Value {
    json!(list)
}
