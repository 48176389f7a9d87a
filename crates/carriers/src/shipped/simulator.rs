//! A stateful simulator of Voxbone for tests: both generations, stock, carts, orders, back-orders, routing, throttling and lost replies.
//!
//! It knows one account, user `testuser`, whose password and API key are both `testpassword`.

mod calls;
mod state;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use calls::{Call, Refusal, answer};
use state::Shop;

/// `testuser:testpassword` as HTTP Basic has it.
const BASIC: &str = "Basic dGVzdHVzZXI6dGVzdHBhc3N3b3Jk";
const API_KEY: &str = "testpassword";

const REST_PATH: &str = "/ws-voxbone/services/rest/";
const GLOBAL_PATH: &str = "/v1/";

const LARGEST_BODY: usize = 1024 * 1024;

/// What happens to a checkout whose reply is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostCheckout {
    /// It is carried out, then the connection is dropped.
    AfterSale,
    /// The connection is dropped and nothing is carried out.
    BeforeSale,
}

/// A number that was sold: a line of the simulator's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// E.164 digits.
    pub number: String,
    /// The `didGroupId`.
    pub group: u64,
    /// The buyer's reference.
    pub reference: String,
    /// The voice URI to which its calls go.
    pub uri: Option<String>,
}

/// A running simulator. It stops when this is dropped.
#[derive(Debug)]
pub struct VoxboneSimulator {
    shop: Arc<Mutex<Shop>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for VoxboneSimulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl VoxboneSimulator {
    /// Starts a simulator with nothing in stock on a free loopback port and gives its URL, to be used as the plugin's host.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start() -> io::Result<(String, Self)> {
        let shop = Arc::new(Mutex::new(Shop::default()));
        let router = Router::new().fallback(serve).with_state(Arc::clone(&shop));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok((url, Self { shop, server }))
    }

    fn shop(&self) -> MutexGuard<'_, Shop> {
        lock(&self.shop)
    }

    /// Adds a group of geographic numbers with these E.164 digits in stock.
    pub fn add_group(&self, id: u64, country: &str, city: &str, area: &str, numbers: &[&str]) {
        let numbers = numbers.iter().map(|&number| number.to_owned()).collect();
        self.shop().add_group(id, country, city, area, numbers);
    }

    /// Numbers sold from now on are blocked until an address is linked.
    pub fn require_addresses(&self) {
        self.shop().needs_address = true;
    }

    /// Answers this many calls with status 509.
    pub fn throttle(&self, calls: u32) {
        self.shop().throttled = calls;
    }

    /// Leaves an empty cart open, as a buyer that died before the checkout does.
    pub fn leave_cart(&self, reference: &str) {
        self.shop().open_cart(reference);
    }

    /// Loses the reply to the next checkout.
    pub fn lose_checkout(&self, how: LostCheckout) {
        self.shop().lost_checkout = Some(how);
    }

    /// Whether orders are missing from the list of orders, as they may be for a while after the checkout.
    pub fn hide_orders(&self, hidden: bool) {
        self.shop().hides_orders = hidden;
    }

    /// From now on a checkout answers 200 with the status ERROR and this message.
    pub fn refuse_checkouts(&self, message: &str) {
        self.shop().checkout_refusal = Some(message.to_owned());
    }

    /// From now on routing is refused.
    pub fn refuse_routing(&self) {
        self.shop().refuses_routing = true;
    }

    /// From now on no number can be cancelled.
    pub fn lock_cancellation(&self) {
        self.shop().locks_cancellation = true;
    }

    /// Delivers these E.164 digits on the open back-orders, oldest first.
    pub fn fill_back_orders(&self, numbers: &[&str]) {
        for number in numbers {
            self.shop().fill_back_order(number);
        }
    }

    /// Everything that is sold and not cancelled, oldest first.
    #[must_use]
    pub fn ledger(&self) -> Vec<Sold> {
        self.shop().ledger()
    }

    /// How many carts are open.
    #[must_use]
    pub fn open_carts(&self) -> usize {
        self.shop().carts.len()
    }

    /// How many checkouts have been carried out or refused.
    #[must_use]
    pub fn checkouts(&self) -> u32 {
        self.shop().checkouts
    }
}

fn lock(shop: &Mutex<Shop>) -> MutexGuard<'_, Shop> {
    shop.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(
    State(shop): State<Arc<Mutex<Shop>>>,
    Query(query): Query<HashMap<String, String>>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let (is_global, path) = match (path.strip_prefix(REST_PATH), path.strip_prefix(GLOBAL_PATH)) {
        (Some(path), _) => (false, path),
        (_, Some(path)) => (true, path),
        _ => return refused(&Refusal::new(404, 15, "not found")),
    };
    if !is_known(is_global, &parts.headers) {
        return refused(&Refusal::new(401, 0, "unknown user"));
    }
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return refused(&Refusal::new(400, 17, "body too large"));
    };
    let call = Call {
        is_global,
        method: parts.method.as_str(),
        path: path.split('/').collect(),
        query,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    let result = {
        let mut shop = lock(&shop);
        if shop.throttled > 0 {
            shop.throttled -= 1;
            let retry = [(header::RETRY_AFTER, "0")];
            let status = StatusCode::from_u16(509).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
            return (status, retry).into_response();
        }
        let lost = match call.path[..] {
            ["ordering", "cart", _, "checkout"] => shop.lost_checkout.take(),
            _ => None,
        };
        let result = match lost {
            Some(LostCheckout::BeforeSale) => Ok(Value::Null),
            _ => answer(&mut shop, &call),
        };
        (result, lost.is_some())
    };
    match result {
        // Unwinding ends the connection's task without a word to the client.
        (_, true) => std::panic::resume_unwind(Box::new("the reply is lost")),
        (Ok(value), _) => axum::Json(value).into_response(),
        (Err(refusal), _) => refused(&refusal),
    }
}

fn is_known(is_global: bool, headers: &HeaderMap) -> bool {
    if is_global {
        headers.get("apikey").is_some_and(|key| key == API_KEY)
    } else {
        headers.get(header::AUTHORIZATION).is_some_and(|value| value == BASIC)
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = json!({
        "httpStatusCode": refusal.status,
        "genericErrorMessage": refusal.message,
        "errors": [{ "apiErrorCode": refusal.code.to_string(), "apiErrorMessage": refusal.message }],
    });
    (status, axum::Json(body)).into_response()
}
