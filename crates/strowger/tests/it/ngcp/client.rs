//! A client of the NGCP doors: requests as its clients send them, and answers with all that clients read.

use std::path::Path;

use serde_json::{Value, json};

/// One of a server's two doors, perhaps with credentials. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    client: reqwest::Client,
    url: String,
    headers: Vec<(String, String)>,
    login: Option<(String, String)>,
}

/// An answer.
#[derive(Clone)]
pub(crate) struct Answer {
    /// What was asked, for messages.
    asked: String,
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: String,
    /// The body, or null where it is no JSON.
    pub(crate) json: Value,
}

impl Door {
    /// A door without credentials; the client trusts the server's certificate and no other, and follows no redirection.
    pub(crate) fn new(url: &str, certificate: &Path) -> Door {
        Door { client: client(certificate, true), url: url.to_owned(), headers: Vec::new(), login: None }
    }

    /// The same door, spoken to over HTTP/2.
    pub(crate) fn http2(&self, certificate: &Path) -> Door {
        Door { client: client(certificate, false), ..self.clone() }
    }

    /// The same door with a password.
    pub(crate) fn login(&self, username: &str, password: &str) -> Door {
        Door { login: Some((username.to_owned(), password.to_owned())), ..self.clone() }
    }

    /// The same door with one more header in every request.
    pub(crate) fn with(&self, name: &str, value: &str) -> Door {
        let mut door = self.clone();
        door.headers.push((name.to_owned(), value.to_owned()));
        door
    }

    /// The same door with a token.
    pub(crate) fn bearer(&self, token: &str) -> Door {
        Door { login: None, ..self.with("Authorization", &format!("Bearer {token}")) }
    }

    /// Where it is, as `https://host:port`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its host and port.
    pub(crate) fn host(&self) -> &str {
        self.url.trim_start_matches("https://")
    }

    /// Sends any request.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url)).body(body.into());
        for (name, value) in self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain(headers.iter().copied()) {
            request = request.header(name, value);
        }
        if let Some((username, password)) = &self.login {
            request = request.basic_auth(username, Some(password));
        }
        let asked = format!("{method} {path} {headers:?}");
        let response = request.send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let bytes = response.bytes().await.unwrap().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { asked, status, headers, bytes, text, json }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn options(&self, path: &str) -> Answer {
        self.send("OPTIONS", path, &[], "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[JSON], body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, &[JSON], body.to_string()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, &[PATCH], body.to_string()).await
    }

    /// Replaces one field.
    pub(crate) async fn set(&self, path: &str, field: &str, value: impl Into<Value>) -> Answer {
        self.patch(path, &json!([{ "op": "replace", "path": format!("/{field}"), "value": value.into() }])).await
    }

    /// Makes an item and tells its id.
    pub(crate) async fn create(&self, collection: &str, body: &Value) -> i64 {
        let answer = self.post(&format!("/api/{collection}/"), body).await;
        assert_eq!(answer.status, 201, "{body}: {answer:?}");
        answer.id()
    }

    /// A document that is there.
    pub(crate) async fn item(&self, path: &str) -> Value {
        self.get(path).await.is(200).json
    }

    /// All items of a collection, whatever the shape.
    pub(crate) async fn list(&self, collection: &str) -> Vec<Value> {
        let mark = if collection.contains('?') { '&' } else { '?' };
        self.get(&format!("/api/{collection}{mark}rows=1000")).await.is(200).embedded()
    }
}

/// The type of a body that is JSON.
pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");
/// The type of a body that is a patch.
pub(crate) const PATCH: (&str, &str) = ("Content-Type", "application/json-patch+json");
/// Asks for the item after a change.
pub(crate) const REPRESENTATION: (&str, &str) = ("Prefer", "return=representation");

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (beginning, rest) = self.text.split_at(self.text.floor_char_boundary(1_000));
        let dots = if rest.is_empty() { "" } else { " …" };
        write!(f, "{}: {} {:?} {beginning}{dots}", self.asked, self.status, self.headers)
    }
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The `Link` headers in their order.
    pub(crate) fn links(&self) -> Vec<&str> {
        self.headers.iter().filter(|(name, _)| name == "link").map(|(_, value)| value.as_str()).collect()
    }

    /// The same answer, whose status is that.
    pub(crate) fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Checks that it is a refusal in these words, in the form that all refusals have.
    pub(crate) fn refuses(&self, status: u16, message: &str) {
        assert_eq!((self.status, &self.json), (status, &json!({ "code": status, "message": message })), "{self:?}");
        assert!(self.text.ends_with('\n'), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
    }

    /// Checks that it is a refusal with these words in it.
    pub(crate) fn refuses_with(&self, status: u16, words: &str) {
        assert_eq!((self.status, self.json["code"].as_u64()), (status, Some(u64::from(status))), "{self:?}");
        assert!(self.message().contains(words), "no {words:?} in {self:?}");
    }

    /// The message of a refusal.
    pub(crate) fn message(&self) -> &str {
        self.json["message"].as_str().unwrap_or_default()
    }

    /// The id in `Location`.
    pub(crate) fn id(&self) -> i64 {
        let location = self.header("location").unwrap_or_else(|| panic!("no Location: {self:?}"));
        location.rsplit('/').next().unwrap().parse().unwrap_or_else(|_| panic!("no id in {location}: {self:?}"))
    }

    /// The members of a collection, whatever the shape.
    pub(crate) fn embedded(&self) -> Vec<Value> {
        let Some(embedded) = self.json["_embedded"].as_object() else { return Vec::new() };
        match embedded.values().next() {
            Some(Value::Array(items)) => items.clone(),
            Some(item) => vec![item.clone()],
            None => Vec::new(),
        }
    }

    /// The ids of the members of a collection.
    pub(crate) fn ids(&self) -> Vec<i64> {
        self.embedded().iter().map(id_of).collect()
    }
}

/// The id of an item: the last part of its own link.
pub(crate) fn id_of(item: &Value) -> i64 {
    let href = item["_links"]["self"]["href"].as_str().unwrap_or_else(|| panic!("no self in {item}"));
    href.rsplit('/').next().unwrap().parse().unwrap_or_else(|_| panic!("no id in {href}"))
}

fn client(certificate: &Path, http1: bool) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pem = std::fs::read(certificate).unwrap();
    let builder = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()])
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .http1_max_headers(1_000)
        .timeout(std::time::Duration::from_secs(60));
    if http1 { builder.http1_only() } else { builder }.build().unwrap()
}
