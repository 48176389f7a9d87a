//! A client of a server's HTTPS door.

use std::path::Path;

use serde_json::Value;

/// A client, perhaps with a login.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    client: reqwest::Client,
    url: String,
    login: Vec<(String, String)>,
}

/// An answer of the Enswitch interface.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: String,
    pub(crate) key: String,
    pub(crate) message: String,
    pub(crate) data: Value,
}

impl Api {
    /// A client that trusts the server's certificate and no other.
    pub(crate) fn new(url: String, certificate: &Path) -> Api {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let pem = std::fs::read(certificate).unwrap();
        let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
        let client = reqwest::Client::builder()
            .tls_certs_only([certificate])
            .no_proxy()
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .unwrap();
        Api { client, url, login: Vec::new() }
    }

    /// Where the server is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The same client as somebody.
    pub(crate) fn login(&self, username: &str, password: &str) -> Api {
        let login = [("auth_username", username), ("auth_password", password)];
        Api { login: login.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(), ..self.clone() }
    }

    /// The same client as a customer made by `Site::customer`.
    pub(crate) fn customer(&self, name: &str) -> Api {
        self.login(name, &format!("{name} password"))
    }

    /// The body of a page, and its status.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Calls a function of the Enswitch interface.
    pub(crate) async fn call(&self, function: &str, parameters: &[(&str, &str)]) -> Answer {
        let url = format!("{}/api/json/{function}/", self.url);
        let login = self.login.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let form: Vec<(&str, &str)> = login.chain(parameters.iter().copied()).collect();
        let response = self.client.post(url).form(&form).send().await.unwrap();
        let mut body: Value = response.json().await.unwrap();
        let first = |name: &str| body["responses"][0][name].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
        let (code, key, message) = (first("code"), first("key"), first("message"));
        Answer { code, key, message, data: body["data"].take() }
    }

    /// Calls a function that succeeds, and returns its data.
    pub(crate) async fn ok(&self, function: &str, parameters: &[(&str, &str)]) -> Value {
        let answer = self.call(function, parameters).await;
        assert!(matches!(answer.code.as_str(), "200" | "204"), "{function} {parameters:?}: {answer:?}");
        answer.data
    }
}
