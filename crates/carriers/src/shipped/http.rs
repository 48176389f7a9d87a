//! HTTP as the shipped plugins need it: bounded in time and size, nothing followed, nothing repeated by itself.

use std::error::Error as _;
use std::time::Duration;

use reqwest::{Certificate, Client, RequestBuilder, Url, header, redirect, retry};

use super::session::{Budget, Session};

const CONNECT: Duration = Duration::from_secs(5);

/// The most bytes of an answer.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Why there is no answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoReply {
    /// The request provably never left.
    NotSent(String),
    /// It may have been carried out.
    Lost(String),
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// What the header `Retry-After` says in seconds.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
}

/// A client for one vendor.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    base: Url,
    budget: Budget,
}

impl Http {
    /// A client with the trust that the vendor's settings name.
    ///
    /// # Errors
    /// The file of certificates can't be used.
    pub(super) fn new(session: &Session<'_>, base: Url) -> Result<Self, String> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let vendor = &session.settings.vendor;
        let mut builder = Client::builder()
            .connect_timeout(CONNECT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .user_agent(concat!("strowger/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &vendor.ca_file {
            let complain = |error: String| format!("ca_file {}: {error}", path.display());
            let pem = std::fs::read(path).map_err(|error| complain(error.to_string()))?;
            let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| complain(chain(error)))?;
            if certificates.is_empty() {
                return Err(complain("there is no certificate in it".to_owned()));
            }
            builder = builder.tls_certs_only(certificates);
        } else if base.scheme() == "http" {
            builder = builder.tls_certs_only([]);
        }
        if base.scheme() == "http" && !is_loopback(&base) {
            session.warn("the password travels unencrypted: the URL starts with http://");
        }
        if vendor.insecure_tls {
            session.warn("insecure_tls is set: anyone on the way can read the password");
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        let client = builder.build().map_err(chain)?;
        Ok(Self { client, base, budget: session.budget })
    }

    /// A request to a path below the base, which must not start with a slash.
    pub(super) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        let joined = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&joined);
        self.client.request(method, url)
    }

    /// Sends a request once.
    ///
    /// # Errors
    /// There is no whole answer.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Reply, NoReply> {
        let limit = self.budget.for_call();
        let lost = |error| NoReply::Lost(format!("{} gave no answer: {}", self.host(), chain(error)));
        let mut response = request.timeout(limit).send().await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                NoReply::NotSent(format!("can't reach {}: {}", self.host(), chain(error)))
            } else {
                lost(error)
            }
        })?;
        let retry_after = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(NoReply::Lost(format!("{} answered with more than {LARGEST_ANSWER} bytes", self.host())));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status: response.status().as_u16(), retry_after, body })
    }

    pub(super) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }
}

/// Whether an answer with this status and nothing that the interface defines in it means that the request was not carried out.
pub(super) fn refuses(status: u16) -> bool {
    (300..500).contains(&status) && status != 408
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// An error and its causes in one line, without the URL.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Reads `-h` or `base_url`: a host, a host with a port, or a URL. A bare host means https.
///
/// # Errors
/// It is none of these. The text is not repeated, because a URL may hold a password.
pub(super) fn read_base(text: &str) -> Result<Url, String> {
    let wrong = || "the host must be a host, host:port, or an http or https URL".to_owned();
    let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("https://{text}")) };
    let url = url.map_err(|_| wrong())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the URL must not hold a user or a password; they belong after -u and -p".into());
    }
    if !matches!(url.scheme(), "http" | "https")
        || url.host_str().is_none_or(str::is_empty)
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(wrong());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_urls() {
        let base = |text: &str| read_base(text).unwrap().to_string();
        assert_eq!(base("api.example.com"), "https://api.example.com/");
        assert_eq!(base("api.example.com:8443"), "https://api.example.com:8443/");
        assert_eq!(base("http://[::1]:80/local"), "http://[::1]/local");
        for text in ["", "ftp://a", "https://", "a b", "https://a/?b", "user@host", "https://u:hunter22@host"] {
            let error = read_base(text).unwrap_err();
            assert!(!error.contains("hunter22"), "{error}");
        }
    }
}
