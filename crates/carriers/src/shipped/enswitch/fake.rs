//! A small server that speaks the Enswitch JSON API, with a stock, owners' rows, and things that go wrong.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, routing::post};
use serde_json::{Value, json};

/// What happens to the purchase of one number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    AfterSale,
    BeforeSale,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) number: String,
    pub(super) reference: String,
    pub(super) description: String,
    pub(super) dtype: String,
    pub(super) dnumber: String,
}

/// What the server has and does.
#[derive(Default)]
pub(super) struct Shop {
    pub(super) free: Vec<String>,
    pub(super) sold: Vec<Row>,
    /// Listed as free, but somebody else was faster.
    pub(super) taken: HashSet<String>,
    /// Codes for the purchases of single numbers.
    pub(super) refusals: HashMap<String, u16>,
    pub(super) lost: HashMap<String, Lost>,
    /// As a genuine Enswitch, it neither converts nor knows references.
    pub(super) is_foreign: bool,
    pub(super) failing_updates: u32,
    pub(super) lost_deletes: u32,
    /// Rows a page at the most, whatever is asked for; 0 for no such limit.
    pub(super) page: usize,
    /// Calls that came, such as `numbers/purchase 442071234567`.
    pub(super) calls: Vec<String>,
    /// The server writes codes as numbers and repeats them as HTTP status.
    pub(super) http_codes: bool,
}

pub(super) struct Fake {
    pub(super) url: String,
    shop: Arc<Mutex<Shop>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Fake {
    pub(super) async fn start(free: &[&str]) -> Self {
        let shop = Shop { free: free.iter().map(|&number| number.to_owned()).collect(), ..Shop::default() };
        let shop = Arc::new(Mutex::new(shop));
        let router = Router::new().route("/api/json/{*function}", post(serve)).with_state(Arc::clone(&shop));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shop, server }
    }

    pub(super) fn shop(&self) -> MutexGuard<'_, Shop> {
        self.shop.lock().unwrap()
    }

    /// How often a function was called.
    pub(super) fn count(&self, function: &str) -> usize {
        let shop = self.shop();
        shop.calls.iter().filter(|call| call.starts_with(function)).count()
    }
}

/// A code and data, or nothing at all.
type Answer = Option<(u16, Value)>;

async fn serve(
    State(shop): State<Arc<Mutex<Shop>>>,
    Path(function): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let given = |name: &str| form.get(name).cloned().unwrap_or_default();
    let (answer, http_codes) = {
        let mut shop = shop.lock().unwrap();
        shop.calls.push(format!("{function} {}", given("number")));
        let known = given("auth_username") == "testuser" && given("auth_password") == "testpassword";
        let answer = if known { shop.answer(function.trim_end_matches('/'), &given) } else { Some((401, Value::Null)) };
        (answer, shop.http_codes)
    };
    let Some((code, data)) = answer else {
        std::panic::resume_unwind(Box::new("the reply is lost"));
    };
    let message = match code {
        200 | 204 => "OK",
        400 => "Number in use",
        401 => "Login failed for testpassword",
        402 => "Not your role",
        403 => "Limit reached",
        _ => "Not found",
    };
    let shown = if http_codes { json!(code) } else { json!(code.to_string()) };
    let mut body = json!({ "responses": [{ "code": shown, "key": "", "message": message }] });
    if !data.is_null() {
        body["data"] = data;
    }
    let status = if http_codes && code >= 400 { code } else { 200 };
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    (status, axum::Json(body)).into_response()
}

impl Shop {
    fn answer(&mut self, function: &str, given: &dyn Fn(&str) -> String) -> Answer {
        let done = Some((204, Value::Null));
        let number = given("number");
        match function {
            "ingroups/list" if self.free.is_empty() => Some((200, json!([]))),
            "ingroups/list" => Some((200, json!([{ "id": 123, "name": "London" }, { "id": "x", "name": "Else" }]))),
            "numbers/available/list" => {
                if given("ingroup") != "123" {
                    return Some((404, Value::Null));
                }
                let count = given("count").parse().unwrap_or(10);
                let free: Vec<&String> = self.free.iter().take(count).collect();
                Some((200, json!(free)))
            }
            "numbers/purchase" => self.purchase(number, given("reference")),
            "numbers/update" => {
                if self.failing_updates > 0 {
                    self.failing_updates -= 1;
                    return None;
                }
                let Some(row) = self.sold.iter_mut().find(|row| row.number == number) else {
                    return Some((404, Value::Null));
                };
                (row.description, row.dtype, row.dnumber) = (given("description"), given("dtype"), given("dnumber"));
                done
            }
            "numbers/list" => Some((200, self.list(given))),
            "numbers/delete" => {
                let before = self.sold.len();
                self.sold.retain(|row| row.number != number);
                if self.lost_deletes > 0 {
                    self.lost_deletes -= 1;
                    return None;
                }
                if self.sold.len() < before { done } else { Some((404, Value::Null)) }
            }
            _ => Some((404, Value::Null)),
        }
    }

    fn purchase(&mut self, number: String, reference: String) -> Answer {
        let lost = self.lost.remove(&number);
        if lost == Some(Lost::BeforeSale) {
            return None;
        }
        if let Some(code) = self.refusals.get(&number) {
            return Some((*code, Value::Null));
        }
        let place = self.free.iter().position(|free| *free == number);
        let Some(place) = place.filter(|_| !self.taken.contains(&number)) else {
            self.free.retain(|free| *free != number);
            return Some((400, Value::Null));
        };
        self.free.remove(place);
        let reference = if self.is_foreign { String::new() } else { reference };
        self.sold.push(Row { number, reference, ..Row::default() });
        lost.is_none().then_some((204, Value::Null))
    }

    fn list(&self, given: &dyn Fn(&str) -> String) -> Value {
        let reference = given("reference");
        let offset = given("offset").parse().unwrap_or(0);
        let limit = given("limit").parse().unwrap_or(0);
        let limit = if self.page > 0 { self.page.min(limit) } else { limit };
        let passes = |row: &&Row| self.is_foreign || reference.is_empty() || row.reference == reference;
        let shown = |row: &Row| {
            let mut shown = json!({ "number": row.number, "description": row.description, "dtype": row.dtype, "dnumber": row.dnumber });
            if !self.is_foreign {
                shown["reference"] = json!(row.reference);
            }
            shown
        };
        let rows = self.sold.iter().filter(passes).skip(offset).take(limit);
        json!(rows.map(shown).collect::<Vec<_>>())
    }
}
