//! The calls of the Enswitch JSON API that a buyer of numbers needs.

use std::collections::HashSet;

use e164::{DialPlan, E164, NotE164};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::Value;

use crate::secret::Secret;
use crate::shipped::http::{Http, NoReply, read_base, refuses};
use crate::shipped::output::Failure;
use crate::shipped::session::Session;

/// Where the API is below a host or a white-label prefix.
const API_PATH: &str = "/api/json";

/// How many rows are asked for at a time.
const PAGE: usize = 1000;

/// The most pages that are read.
const MOST_PAGES: usize = 200;

/// The `dtype` of a number that is sent to a SIP address.
const SIP: &str = "sip";

/// Why a call did not succeed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The call provably never left.
    NotSent(String),
    /// It may have been carried out.
    Lost(String),
    /// The server refused; `code` is the API's, or else HTTP's.
    Refused { code: u16, words: String },
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

/// Numbers that the buyer owns.
#[derive(Debug)]
pub(super) struct Owned {
    pub(super) rows: Vec<OwnedNumber>,
    /// Whether the server kept to the filter by reference: no row with another reference was among them.
    pub(super) filtered: bool,
}

/// A number that the buyer owns.
#[derive(Debug)]
pub(super) struct OwnedNumber {
    /// As the server wrote it.
    pub(super) text: String,
    pub(super) number: Result<E164, NotE164>,
    /// It carries the reference that was asked for.
    pub(super) referenced: bool,
    /// It has a destination.
    pub(super) routed: bool,
}

/// The server's envelope around every answer.
#[derive(Deserialize)]
struct Envelope {
    responses: Vec<Outcome>,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
struct Outcome {
    code: Value,
    #[serde(default)]
    key: String,
    #[serde(default)]
    message: String,
}

impl Outcome {
    /// The server writes a string; a number is as good.
    fn code(&self) -> Option<u16> {
        match &self.code {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64()?.try_into().ok(),
        }
    }

    fn words(&self, code: u16) -> String {
        let what = match code {
            400 => "the vendor refused",
            401 => "the vendor refused the user or password",
            402 => "the vendor's account has no right to do this",
            403 => "the vendor's rate plan does not allow this",
            404 => "the vendor has no such thing",
            _ => "the vendor failed",
        };
        let key = match self.key.as_str() {
            "" => String::new(),
            key => format!(", {key}"),
        };
        match self.message.as_str() {
            "" => format!("{what} ({code}{key})"),
            message => format!("{what}: {message} ({code}{key})"),
        }
    }
}

type Parameters<'a> = Vec<(&'static str, &'a str)>;

/// A vendor's server.
pub(super) struct Api {
    http: Http,
    user: String,
    password: Secret,
    /// The dial plan of a server that does not convert.
    plan: Option<DialPlan>,
    dtype: String,
}

impl Api {
    pub(super) fn new(session: &Session<'_>) -> Result<Self, Failure> {
        let vendor = &session.settings.vendor;
        let host = vendor.base_url.as_ref().or(session.arguments.host.as_ref());
        let host = host.ok_or_else(|| Failure::Refused("-h is missing: the host of the vendor's server".to_owned()))?;
        let base = read_base(host).map_err(Failure::Refused)?;
        Ok(Self {
            http: Http::new(session, with_api_path(base)).map_err(Failure::Refused)?,
            user: session.arguments.user.clone(),
            password: session.arguments.password.clone(),
            plan: vendor.dial_plan().cloned(),
            dtype: vendor.dtype.clone().unwrap_or_else(|| SIP.to_owned()),
        })
    }

    /// Ids and names of the groups that have free numbers.
    pub(super) async fn groups(&self) -> Result<Vec<(String, String)>, Fault> {
        let data = self.call("ingroups/list", vec![("spare", "1")]).await?;
        let rows = data.as_array().ok_or_else(|| self.no_list())?;
        let group = |row: &Value| Some((text(row.get("id")?)?, text(row.get("name")?)?));
        Ok(rows.iter().filter_map(group).collect())
    }

    /// About `count` free numbers of a group, each once. What is no number is dropped with a warning.
    pub(super) async fn available(&self, session: &Session<'_>, group: &str, count: u32) -> Result<Vec<E164>, Fault> {
        let count = count.to_string();
        let parameters = self.converted(vec![("ingroup", group), ("count", &count)]);
        let data = self.call("numbers/available/list", parameters).await?;
        let rows = data.as_array().ok_or_else(|| self.no_list())?;
        let mut seen = HashSet::new();
        let mut numbers = Vec::new();
        for row in rows {
            let written = text(row.get("number").unwrap_or(row)).unwrap_or_default();
            match self.read(&written) {
                Ok(number) => {
                    if seen.insert(number.clone()) {
                        numbers.push(number);
                    }
                }
                Err(error) => session.warn(&format!("the vendor offers {written:?}: {error}")),
            }
        }
        Ok(numbers)
    }

    /// Buys one number. Never to be repeated.
    pub(super) async fn purchase(&self, number: &E164, reference: Option<&str>) -> Result<(), Fault> {
        let number = self.write(number);
        let mut parameters = self.converted(vec![("number", &number)]);
        parameters.extend(reference.map(|reference| ("reference", reference)));
        self.call("numbers/purchase", parameters).await.map(|_| ())
    }

    /// Sends the calls for a number to a SIP address. May be repeated.
    pub(super) async fn route(&self, number: &E164, reference: Option<&str>, uri: &str) -> Result<(), Fault> {
        let number = self.write(number);
        let mut parameters = self.converted(vec![("number", &number), ("dtype", &self.dtype), ("dnumber", uri)]);
        parameters.extend(reference.map(|reference| ("description", reference)));
        self.call("numbers/update", parameters).await.map(|_| ())
    }

    pub(super) async fn delete(&self, number: &E164) -> Result<(), Fault> {
        let number = self.write(number);
        let parameters = self.converted(vec![("number", &number)]);
        self.call("numbers/delete", parameters).await.map(|_| ())
    }

    /// The numbers that the buyer owns: of a server that knows references only those with this one, of any other server all.
    pub(super) async fn owned(&self, reference: Option<&str>) -> Result<Owned, Fault> {
        let limit = PAGE.to_string();
        let mut seen = HashSet::new();
        let mut rows: Vec<OwnedNumber> = Vec::new();
        let mut offset = 0;
        for _ in 0..MOST_PAGES {
            let from = offset.to_string();
            let mut parameters = self.converted(vec![("limit", &limit), ("offset", &from)]);
            parameters.extend(reference.map(|reference| ("reference", reference)));
            let data = self.call("numbers/list", parameters).await?;
            let page = data.as_array().ok_or_else(|| self.no_list())?;
            offset += page.len();
            let before = rows.len();
            for row in page {
                let Some(written) = row.get("number").and_then(text) else {
                    return Err(Fault::Lost(format!("{} listed a number without its digits", self.http.host())));
                };
                if seen.insert(written.clone()) {
                    rows.push(self.owned_number(row, written, reference));
                }
            }
            // Neither the size of a page nor the offset can be relied on: only a page that brings nothing new is the end.
            if rows.len() == before {
                let filtered = reference.is_some() && rows.iter().all(|row| row.referenced);
                return Ok(Owned { rows, filtered });
            }
        }
        Err(Fault::Lost(format!("{} lists more than {MOST_PAGES} pages of numbers", self.http.host())))
    }

    fn owned_number(&self, row: &Value, written: String, reference: Option<&str>) -> OwnedNumber {
        let field = |name: &str| row.get(name).and_then(text).filter(|text| !text.is_empty());
        let carries = |name: &str| reference.is_some() && field(name).as_deref() == reference;
        OwnedNumber {
            number: self.read(&written),
            text: written,
            referenced: carries("reference") || carries("description"),
            routed: field("dtype").is_some() && field("dnumber").is_some(),
        }
    }

    fn converted<'a>(&self, mut parameters: Parameters<'a>) -> Parameters<'a> {
        if self.plan.is_none() {
            parameters.push(("e164", "1"));
        }
        parameters
    }

    fn write(&self, number: &E164) -> String {
        match &self.plan {
            Some(plan) => plan.to_local(number),
            None => number.digits().to_owned(),
        }
    }

    fn read(&self, written: &str) -> Result<E164, NotE164> {
        match &self.plan {
            Some(plan) => plan.to_e164(written),
            None => E164::parse(written),
        }
    }

    fn no_list(&self) -> Fault {
        Fault::Lost(format!("{} answered without a list", self.http.host()))
    }

    /// Calls a function; the password goes in the body, for URLs are logged.
    async fn call(&self, function: &str, parameters: Parameters<'_>) -> Result<Value, Fault> {
        let mut form = vec![("auth_username", self.user.as_str()), ("auth_password", self.password.reveal())];
        form.extend(parameters);
        let request = self.http.request(Method::POST, &format!("{function}/")).form(&form);
        let reply = self.http.send(request).await?;
        match serde_json::from_slice::<Envelope>(&reply.body) {
            Ok(envelope) => self.open(envelope),
            Err(_) if refuses(reply.status) => Err(Fault::Refused {
                code: reply.status,
                words: format!("{} answered with HTTP status {}: is {function} there?", self.http.host(), reply.status),
            }),
            Err(_) => Err(Fault::Lost(format!(
                "{} answered with HTTP status {} and not in the form of the Enswitch JSON API",
                self.http.host(),
                reply.status
            ))),
        }
    }

    fn open(&self, envelope: Envelope) -> Result<Value, Fault> {
        let unreadable = || Fault::Lost(format!("{} gave no readable code", self.http.host()));
        let mut succeeded = false;
        for outcome in &envelope.responses {
            match outcome.code().ok_or_else(unreadable)? {
                200 | 204 => succeeded = true,
                code @ 400..=499 => {
                    let words = outcome.words(code);
                    return Err(Fault::Refused { code, words });
                }
                code => return Err(Fault::Lost(outcome.words(code))),
            }
        }
        if succeeded { Ok(envelope.data) } else { Err(unreadable()) }
    }
}

/// The base of the API: below the host, or below a white-label prefix, or the URL itself where it ends with the API's own path.
fn with_api_path(mut base: Url) -> Url {
    let prefix = base.path().trim_end_matches('/').to_owned();
    if !prefix.ends_with(API_PATH) {
        base.set_path(&format!("{prefix}{API_PATH}"));
    }
    base
}

/// A JSON string or number as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_below_the_host_or_a_prefix() {
        let base = |text: &str| with_api_path(read_base(text).unwrap()).to_string();
        assert_eq!(base("api.example.com"), "https://api.example.com/api/json");
        assert_eq!(base("http://example.com/local/"), "http://example.com/local/api/json");
        assert_eq!(base("https://example.com/local/api/json/"), "https://example.com/local/api/json/");
    }
}
