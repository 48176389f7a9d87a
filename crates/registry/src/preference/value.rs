//! Values of preferences: what an attribute takes, and how it is kept.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ipnet::IpNet;
use serde_json::{Value as Json, json};

use crate::Error;
use crate::preference::Level;
use crate::preference::attribute::{self, Attribute, Kind};

/// Most characters of a text.
pub const MOST_CHARACTERS: usize = 128;
/// Most members of a list.
pub const MOST_MEMBERS: usize = 1_000;
/// What stands for the bytes of a document where they are not shown.
pub const BYTES: &str = "#blob";
/// Most bytes of a document.
pub const MOST_BYTES: usize = 1 << 16;

/// A document with its content type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Its media type.
    pub content_type: String,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl Blob {
    /// A document whose bytes are given in Base64; none where they are not.
    #[must_use]
    pub fn from_base64(content_type: &str, data: &str) -> Option<Blob> {
        let data = BASE64.decode(data).ok()?;
        Some(Blob { content_type: content_type.to_owned(), data })
    }
}

/// The value of a preference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// True or false.
    Flag(bool),
    /// An integer.
    Int(i64),
    /// Text, also the name of a choice or of a record.
    Text(String),
    /// A document.
    Blob(Blob),
    /// The members of a list, in order.
    List(Vec<Value>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl Value {
    /// As JSON, where `#blob` stands for the bytes of a document.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Value::Flag(flag) => Json::from(*flag),
            Value::Int(int) => Json::from(*int),
            Value::Text(text) => Json::from(text.as_str()),
            Value::Blob(blob) => json!({ "content_type": blob.content_type, "data": BYTES }),
            Value::List(members) => members.iter().map(Value::to_json).collect(),
        }
    }
}

/// Why an attribute does not take a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It takes one value, not a list.
    NotOne,
    /// It takes a list.
    NotList,
    /// It takes integers.
    NotInt,
    /// It takes true and false.
    NotFlag,
    /// It takes text.
    NotText,
    /// It takes documents.
    NotBlob,
    /// It takes one of its choices on this level.
    NotChoice,
    /// The text has more than [`MOST_CHARACTERS`], or the document more than [`MOST_BYTES`].
    TooLong,
    /// The list has more than [`MOST_MEMBERS`].
    TooMany,
    /// It takes addresses and nets of the Internet Protocol.
    NotNet(String),
    /// The list has a member twice.
    Twice(String),
}

impl Fault {
    /// The same as an error of the registry.
    #[must_use]
    pub fn of(self, attribute: &Attribute) -> Error {
        let message = match self {
            Fault::NotOne => "takes one value".to_owned(),
            Fault::NotList => "takes a list".to_owned(),
            Fault::NotInt => "takes integers".to_owned(),
            Fault::NotFlag => "takes true or false".to_owned(),
            Fault::NotText => "takes text".to_owned(),
            Fault::NotBlob => "takes a document".to_owned(),
            Fault::NotChoice => "is not one of the values that it may have here".to_owned(),
            Fault::TooLong => "is too long".to_owned(),
            Fault::TooMany => format!("has more than {MOST_MEMBERS} members"),
            Fault::NotNet(text) => format!("`{text}` is neither an address nor a net"),
            Fault::Twice(text) => format!("`{text}` is there twice"),
        };
        Error::Invalid { field: attribute.name, message }
    }
}

/// What an attribute makes of a value on a level: the value as it is kept.
///
/// # Errors
/// The [`Fault`] of the value.
pub fn accept(attribute: &Attribute, level: Level, value: Value) -> Result<Value, Fault> {
    match value {
        Value::List(members) if attribute.list => {
            if members.len() > MOST_MEMBERS {
                return Err(Fault::TooMany);
            }
            let accepted = members.into_iter().map(|member| one(attribute, level, member));
            let members = accepted.collect::<Result<Vec<_>, _>>()?;
            distinct(attribute, members).map(Value::List)
        }
        Value::List(_) => Err(Fault::NotOne),
        _ if attribute.list => Err(Fault::NotList),
        value => one(attribute, level, value),
    }
}

fn one(attribute: &Attribute, level: Level, value: Value) -> Result<Value, Fault> {
    match (attribute.kind, value) {
        (_, Value::Text(text)) if text.chars().count() > MOST_CHARACTERS => Err(Fault::TooLong),
        (Kind::Int, Value::Text(name)) if attribute.named => Ok(Value::Text(name)),
        (Kind::Flag, flag @ Value::Flag(_)) => Ok(flag),
        (Kind::Flag, _) => Err(Fault::NotFlag),
        (Kind::Int, int @ Value::Int(_)) if !attribute.named => Ok(int),
        (Kind::Int, _) if !attribute.named => Err(Fault::NotInt),
        (Kind::Text, Value::Text(text)) if holds_nets(attribute) => net(&text).map(Value::Text),
        (Kind::Text, text @ Value::Text(_)) => Ok(text),
        (Kind::Text | Kind::Int, _) => Err(Fault::NotText),
        (Kind::Choice, Value::Text(text)) => {
            let known = attribute.choices(level).iter().any(|choice| choice.value == Some(text.as_str()));
            if known { Ok(Value::Text(text)) } else { Err(Fault::NotChoice) }
        }
        (Kind::Choice, _) => Err(Fault::NotChoice),
        (Kind::Blob, Value::Blob(blob)) => {
            let short = blob.content_type.chars().count() <= MOST_CHARACTERS && blob.data.len() <= MOST_BYTES;
            if short { Ok(Value::Blob(blob)) } else { Err(Fault::TooLong) }
        }
        (Kind::Blob, _) => Err(Fault::NotBlob),
    }
}

fn holds_nets(attribute: &Attribute) -> bool {
    matches!(attribute.name, "allowed_ips" | "man_allowed_ips")
}

/// An address, or a net without what its mask leaves out; a net of one address is that address.
fn net(text: &str) -> Result<String, Fault> {
    let fault = || Fault::NotNet(text.to_owned());
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let net: IpNet = text.parse().map_err(|_| fault())?;
    let net = net.trunc();
    Ok(if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() })
}

/// Refuses numbers that are allowed twice; a net that is there twice is kept once.
fn distinct(attribute: &Attribute, members: Vec<Value>) -> Result<Vec<Value>, Fault> {
    if attribute.name != "allowed_clis" && !holds_nets(attribute) {
        return Ok(members);
    }
    let mut seen = HashSet::new();
    let mut kept = Vec::with_capacity(members.len());
    for member in members {
        match &member {
            Value::Text(text) if !seen.insert(text.clone()) => {
                if attribute.name == "allowed_clis" {
                    return Err(Fault::Twice(text.clone()));
                }
            }
            _ => kept.push(member),
        }
    }
    Ok(kept)
}

/// What is set, by attribute. Its `Debug` output holds no secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// Nothing is set.
    #[must_use]
    pub fn new() -> Values {
        Values::default()
    }

    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Sets an attribute.
    pub fn set(&mut self, attribute: &'static Attribute, value: Value) {
        self.0.insert(attribute.name, value);
    }

    /// Sets an attribute to nothing.
    pub fn unset(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// What is set, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Attribute, &Value)> {
        self.0.iter().filter_map(|(name, value)| Some((attribute::find(name)?, value)))
    }

    /// What of it is more than nothing on a level: not false, no empty list, and not what an enum is where nothing is set.
    #[must_use]
    pub fn active(&self, level: Level) -> Values {
        let is_active = |(attribute, value): &(&'static Attribute, &Value)| match value {
            Value::Flag(flag) => *flag,
            Value::List(members) => !members.is_empty(),
            Value::Text(text) => attribute.default_on(level) != Some(text.as_str()),
            Value::Int(_) | Value::Blob(_) => true,
        };
        self.iter().filter(is_active).map(|(attribute, value)| (attribute, value.clone())).collect()
    }

    /// As JSON, without secrets and documents.
    pub(crate) fn for_journal(&self) -> serde_json::Map<String, Json> {
        let shown = |(attribute, value): (&Attribute, &Value)| {
            let value = if attribute.secret { "***".into() } else { value.to_json() };
            (attribute.name.to_owned(), value)
        };
        self.iter().map(shown).collect()
    }
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.for_journal()).finish()
    }
}

impl FromIterator<(&'static Attribute, Value)> for Values {
    fn from_iter<T: IntoIterator<Item = (&'static Attribute, Value)>>(values: T) -> Values {
        Values(values.into_iter().map(|(attribute, value)| (attribute.name, value)).collect())
    }
}

/// The texts of the rows in which a value is kept.
pub(crate) fn to_rows(value: &Value) -> Vec<String> {
    match value {
        Value::Flag(flag) => vec![i64::from(*flag).to_string()],
        Value::Int(int) => vec![int.to_string()],
        Value::Text(text) => vec![text.clone()],
        Value::Blob(blob) => vec![format!("{};{}", BASE64.encode(&blob.data), blob.content_type)],
        Value::List(members) => members.iter().flat_map(to_rows).collect(),
    }
}

/// The value that is kept in those rows; none where they hold nothing that the attribute takes.
pub(crate) fn from_rows(attribute: &Attribute, rows: &[String]) -> Option<Value> {
    let one = |text: &String| match attribute.kind {
        Kind::Flag => Some(Value::Flag(text == "1")),
        Kind::Int if !attribute.named => text.parse().ok().map(Value::Int),
        Kind::Int | Kind::Text | Kind::Choice => Some(Value::Text(text.clone())),
        Kind::Blob => {
            let (data, content_type) = text.split_once(';')?;
            Blob::from_base64(content_type, data).map(Value::Blob)
        }
    };
    if attribute.list { Some(Value::List(rows.iter().filter_map(one).collect())) } else { one(rows.first()?) }
}
