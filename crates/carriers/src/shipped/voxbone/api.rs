//! The calls of Voxbone's interface: errors, throttling, pages, and the resources that a buyer needs.

use std::time::Duration;

use e164::E164;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::secret::Secret;
use crate::shipped::http::{Http, NoReply, read_base, refuses};
use crate::shipped::output::Failure;
use crate::shipped::session::{Budget, Session};
use crate::shipped::settings::Generation;

/// Where each generation is if nothing else is said.
const REST: (&str, &str) = ("https://api.voxbone.com", "/ws-voxbone/services/rest");
const GLOBAL: (&str, &str) = ("https://api.voxbone.com", "/v1");

/// The statuses that ask for patience.
const THROTTLED: [u16; 2] = [429, 509];

/// How often a call that buys nothing is repeated when there are too many.
const PATIENCE: u32 = 3;

/// How long to wait then, if the answer doesn't say, and at the most.
const USUAL_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How many rows are asked for at a time; Voxbone allows 5000.
const PAGE: usize = 1000;

/// The most pages that are read.
const MOST_PAGES: usize = 100;

/// The error that says that there are no more pages.
const PAGE_OVERFLOW: u32 = 13;

/// Why a call did not succeed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The call provably never left.
    NotSent(String),
    /// It may have been carried out.
    Lost(String),
    /// Voxbone refused.
    Refused { code: Option<u32>, words: String },
}

impl Fault {
    pub(super) fn words(&self) -> &str {
        match self {
            Self::NotSent(words) | Self::Lost(words) | Self::Refused { words, .. } => words,
        }
    }
}

impl From<Fault> for Failure {
    /// For calls that buy and change nothing.
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.words().to_owned())
    }
}

impl From<NoReply> for Fault {
    fn from(no_reply: NoReply) -> Self {
        match no_reply {
            NoReply::NotSent(words) => Self::NotSent(words),
            NoReply::Lost(words) => Self::Lost(words),
        }
    }
}

/// Whether a call may be made again when Voxbone says that there are too many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Allowed,
    Never,
}

/// A number that we have bought.
#[derive(Clone, Debug)]
pub(super) struct Did {
    pub(super) id: Value,
    /// As Voxbone writes it.
    pub(super) written: String,
    /// It has a voice URI.
    pub(super) routed: bool,
    /// The date before which it can't be given back.
    pub(super) cancellable_from: Option<String>,
}

impl Did {
    fn read(row: &Value) -> Option<Self> {
        Some(Self {
            id: row.get("didId")?.clone(),
            written: row.get("e164").and_then(text)?,
            routed: row.get("voiceUriId").and_then(text).is_some(),
            cancellable_from: row.get("cancellationAvailable").and_then(text),
        })
    }
}

/// An order that was placed.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Voxbone's own reference.
    pub(super) reference: String,
    pub(super) status: String,
    /// How many numbers were ordered, where Voxbone tells.
    pub(super) quantity: Option<u32>,
}

impl Order {
    fn read(row: &Value) -> Option<Self> {
        let groups = row.get("didGroups").and_then(Value::as_array);
        let quantities = groups.map(|groups| {
            let quantity = |group: &Value| u32::try_from(group.get("quantity")?.as_u64()?).ok();
            groups.iter().map(quantity).sum::<Option<u32>>()
        });
        Some(Self {
            reference: row.get("reference").and_then(text)?,
            status: row.get("status").and_then(text).unwrap_or_default(),
            quantity: quantities.flatten().filter(|quantity| *quantity > 0),
        })
    }

    pub(super) fn is_canceled(&self) -> bool {
        self.status.starts_with("CANCELED")
    }
}

/// Voxbone's interface.
pub(super) struct Api {
    http: Http,
    generation: Generation,
    user: String,
    password: Secret,
    budget: Budget,
}

impl Api {
    pub(super) fn new(session: &Session<'_>) -> Result<Self, Failure> {
        let vendor = &session.settings.vendor;
        let generation = vendor.generation;
        let named = vendor.base_url.as_ref().or(session.arguments.host.as_ref());
        let base = base(generation, named.map(String::as_str)).map_err(Failure::Refused)?;
        Ok(Self {
            http: Http::new(session, base).map_err(Failure::Refused)?,
            generation,
            user: session.arguments.user.clone(),
            password: session.arguments.password.clone(),
            budget: session.budget,
        })
    }

    pub(super) fn generation(&self) -> Generation {
        self.generation
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Fault> {
        self.call(Method::GET, path, query, None, Repeat::Allowed).await
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: &Value, repeat: Repeat) -> Result<Value, Fault> {
        self.call(method, path, &[], Some(body), repeat).await
    }

    /// Checks a cart out. This is a GET, and it spends money: it is never repeated.
    pub(super) async fn check_out(&self, cart: &str) -> Result<Value, Fault> {
        let path = format!("ordering/cart/{cart}/checkout");
        self.call(Method::GET, &path, &[], None, Repeat::Never).await
    }

    /// Throws a cart away that was not checked out.
    pub(super) async fn discard(&self, cart: &str) -> Result<(), Fault> {
        let path = format!("ordering/cart/{cart}");
        self.call(Method::DELETE, &path, &[], None, Repeat::Allowed).await.map(|_| ())
    }

    /// The orders that carry a reference of ours. Voxbone filters by its own references only.
    pub(super) async fn orders(&self, reference: &str) -> Result<Vec<Order>, Fault> {
        let rows = self.pages("ordering/order", &[], "orders").await?;
        let ours = rows.iter().filter(|row| is_ours(row, reference));
        ours.map(|row| {
            Order::read(row).ok_or_else(|| Fault::Lost("Voxbone listed an order without a reference".into()))
        })
        .collect()
    }

    /// The ids of the open carts that carry a reference of ours.
    pub(super) async fn carts(&self, reference: &str) -> Result<Vec<String>, Fault> {
        let query = [("reference", reference.to_owned())];
        let rows = self.pages("ordering/cart", &query, "carts").await?;
        let ours = rows.iter().filter(|row| is_ours(row, reference));
        Ok(ours.filter_map(|row| row.get("cartIdentifier").and_then(text)).collect())
    }

    /// The numbers of an order that are there.
    pub(super) async fn dids(&self, order: &str) -> Result<Vec<Did>, Fault> {
        let query = [("orderReference", order.to_owned())];
        self.list_dids(&query).await
    }

    /// How many numbers of an order wait for an address.
    pub(super) async fn dids_without_address(&self, order: &str) -> Result<usize, Fault> {
        let query = [("orderReference", order.to_owned()), ("needAddressLink", "true".to_owned())];
        self.list_dids(&query).await.map(|dids| dids.len())
    }

    /// One number, if it is ours.
    pub(super) async fn did_of(&self, number: &E164) -> Result<Option<Did>, Fault> {
        let query = [("e164Pattern", number.to_string())];
        let dids = self.list_dids(&query).await?;
        Ok(dids.into_iter().find(|did| E164::parse(&did.written).as_ref() == Ok(number)))
    }

    async fn list_dids(&self, query: &[(&str, String)]) -> Result<Vec<Did>, Fault> {
        let rows = self.pages("inventory/did", query, "dids").await?;
        rows.iter()
            .map(|row| Did::read(row).ok_or_else(|| Fault::Lost("Voxbone listed a number without its id".into())))
            .collect()
    }

    pub(super) async fn cancel(&self, did: &Value) -> Result<(), Fault> {
        let body = json!({ "didIds": [did] });
        let answer = self.send(Method::POST, "ordering/cancel", &body, Repeat::Never).await?;
        match answer.get("numberCancelled").and_then(Value::as_u64) {
            Some(1) => Ok(()),
            _ => Err(Fault::Lost("Voxbone does not confirm that the number was cancelled".to_owned())),
        }
    }

    /// All rows of a list.
    pub(super) async fn pages(&self, path: &str, query: &[(&str, String)], list: &str) -> Result<Vec<Value>, Fault> {
        let mut rows = Vec::new();
        for page in 0..MOST_PAGES {
            let mut query = query.to_vec();
            query.push(("pageNumber", page.to_string()));
            query.push(("pageSize", PAGE.to_string()));
            let mut answer = match self.get(path, &query).await {
                Err(Fault::Refused { code: Some(PAGE_OVERFLOW), .. }) if page > 0 => return Ok(rows),
                answer => answer?,
            };
            let total = answer.get("resultCount").and_then(Value::as_u64);
            let count = match answer.get_mut(list).map(Value::take) {
                Some(Value::Array(more)) => {
                    let count = more.len();
                    rows.extend(more);
                    count
                }
                None | Some(Value::Null) => 0,
                Some(_) => return Err(Fault::Lost(format!("Voxbone's {list} are no list"))),
            };
            let is_last = match total {
                Some(total) => rows.len() as u64 >= total,
                None => count < PAGE,
            };
            if is_last || count == 0 {
                return Ok(rows);
            }
        }
        Err(Fault::Lost(format!("Voxbone lists more than {MOST_PAGES} pages of {list}")))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Value>,
        repeat: Repeat,
    ) -> Result<Value, Fault> {
        let mut repeated = 0;
        loop {
            let mut request = self
                .http
                .request(method.clone(), path)
                .header("Accept", "application/json")
                .header("Content-Type", "application/json");
            request = match self.generation {
                Generation::Rest => request.basic_auth(&self.user, Some(self.password.reveal())),
                Generation::Global => request.header("apikey", self.password.reveal()),
            };
            if !query.is_empty() {
                request = request.query(query);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            let reply = self.http.send(request).await?;
            if THROTTLED.contains(&reply.status) {
                let wait = reply.retry_after.unwrap_or(USUAL_WAIT).min(LONGEST_WAIT);
                if repeat == Repeat::Allowed && repeated < PATIENCE && self.budget.left() > wait * 2 {
                    repeated += 1;
                    self.budget.pause(wait).await;
                    continue;
                }
                return Err(Fault::Refused {
                    code: None,
                    words: format!("Voxbone asks for fewer calls (HTTP status {})", reply.status),
                });
            }
            return read_reply(reply.status, &reply.body);
        }
    }
}

fn read_reply(status: u16, body: &[u8]) -> Result<Value, Fault> {
    let value =
        if body.iter().all(u8::is_ascii_whitespace) { Ok(Value::Null) } else { serde_json::from_slice::<Value>(body) };
    if (200..300).contains(&status) {
        return value.map_err(|_| Fault::Lost("Voxbone's answer is not JSON".to_owned()));
    }
    let value = value.unwrap_or_default();
    let error = value.get("errors").and_then(|errors| errors.get(0));
    let code = error.and_then(|error| error.get("apiErrorCode")).and_then(text).and_then(|code| code.parse().ok());
    let said = error
        .and_then(|error| error.get("apiErrorMessage"))
        .and_then(text)
        .or_else(|| value.get("genericErrorMessage").and_then(text))
        .unwrap_or_default();
    let code_text = code.map_or(String::new(), |code: u32| format!(", error {code}"));
    let what = match status {
        401 => "Voxbone refused the user or password",
        403 => "Voxbone does not allow this",
        404 => "Voxbone has no such thing",
        _ => "Voxbone refused",
    };
    let words = format!("{what}: {said} (HTTP status {status}{code_text})").replace(":  (", " (");
    if refuses(status) { Err(Fault::Refused { code, words }) } else { Err(Fault::Lost(words)) }
}

fn is_ours(row: &Value, reference: &str) -> bool {
    row.get("customerReference").and_then(text).as_deref() == Some(reference)
}

/// The base URL: what was named, with the generation's own path if it has none.
fn base(generation: Generation, named: Option<&str>) -> Result<Url, String> {
    let (host, path) = match generation {
        Generation::Rest => REST,
        Generation::Global => GLOBAL,
    };
    let mut url = read_base(named.unwrap_or(host))?;
    if url.path().trim_end_matches('/').is_empty() {
        url.set_path(path);
    }
    Ok(url)
}

/// A JSON string or number as text; nothing for an empty string.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_voxbones_own_unless_another_is_named() {
        let shown = |generation, named| base(generation, named).unwrap().to_string();
        assert_eq!(shown(Generation::Rest, None), "https://api.voxbone.com/ws-voxbone/services/rest");
        assert_eq!(shown(Generation::Global, None), "https://api.voxbone.com/v1");
        assert_eq!(
            shown(Generation::Rest, Some("sandbox.voxbone.com")),
            "https://sandbox.voxbone.com/ws-voxbone/services/rest"
        );
        assert_eq!(shown(Generation::Global, Some("http://127.0.0.1:9/other")), "http://127.0.0.1:9/other");
    }

    #[test]
    fn errors_are_read() {
        let body = br#"{"httpStatusCode":400,"apiModule":"CONFIG","genericErrorMessage":"bad","errors":[{"apiErrorCode":"326","apiErrorMessage":"Duplicate"}]}"#;
        let Err(Fault::Refused { code, words }) = read_reply(400, body) else { panic!() };
        assert_eq!(code, Some(326));
        assert_eq!(words, "Voxbone refused: Duplicate (HTTP status 400, error 326)");
        assert!(matches!(
            read_reply(502, b"<html>"),
            Err(Fault::Lost(words)) if words == "Voxbone refused (HTTP status 502)"
        ));
        assert!(matches!(read_reply(200, b"<xml/>"), Err(Fault::Lost(_))));
        assert_eq!(read_reply(200, b"").unwrap(), Value::Null);
    }
}
