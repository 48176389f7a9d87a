//! Values that go into statements and come out of rows, the same on both engines.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::{Error, Result};

/// One value of a statement's parameter or of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Val {
    /// SQL NULL.
    Null,
    /// Any integer column.
    Int(i64),
    /// Text.
    Text(String),
    /// A boolean (0 and 1 on SQLite).
    Bool(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A `{json}` column.
    Json(serde_json::Value),
}

/// As an error shows it to whoever has sent it.
impl std::fmt::Display for Val {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Val::Null => Ok(()),
            Val::Int(value) => value.fmt(f),
            Val::Text(value) => value.fmt(f),
            Val::Bool(value) => value.fmt(f),
            Val::Bytes(value) => write!(f, "{} bytes", value.len()),
            Val::Json(value) => value.fmt(f),
        }
    }
}

impl Val {
    fn kind(&self) -> &'static str {
        match self {
            Val::Null => "null",
            Val::Int(_) => "an integer",
            Val::Text(_) => "text",
            Val::Bool(_) => "a boolean",
            Val::Bytes(_) => "bytes",
            Val::Json(_) => "json",
        }
    }
}

/// Text as both engines can hold it: PostgreSQL's knows no NUL.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}

/// As [`storable`], for every text in a JSON value.
pub(crate) fn storable_json(json: &Json) -> Cow<'_, Json> {
    fn has_nul(json: &Json) -> bool {
        match json {
            Json::String(text) => text.contains('\0'),
            Json::Array(items) => items.iter().any(has_nul),
            Json::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
            Json::Null | Json::Bool(_) | Json::Number(_) => false,
        }
    }
    fn without(json: &Json) -> Json {
        match json {
            Json::String(text) => Json::String(storable(text).into_owned()),
            Json::Array(items) => items.iter().map(without).collect(),
            Json::Object(fields) => {
                fields.iter().map(|(name, value)| (storable(name).into_owned(), without(value))).collect()
            }
            other => other.clone(),
        }
    }
    if has_nul(json) { Cow::Owned(without(json)) } else { Cow::Borrowed(json) }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $body:expr;)*) => {$(
        impl From<$type> for Val {
            fn from($value: $type) -> Val { $body }
        }
    )*};
}

from! {
    i64 => |v| Val::Int(v);
    i32 => |v| Val::Int(i64::from(v));
    u32 => |v| Val::Int(i64::from(v));
    bool => |v| Val::Bool(v);
    &str => |v| Val::Text(v.to_owned());
    String => |v| Val::Text(v);
    &String => |v| Val::Text(v.clone());
    Vec<u8> => |v| Val::Bytes(v);
    serde_json::Value => |v| Val::Json(v);
}

impl<T: Into<Val>> From<Option<T>> for Val {
    fn from(value: Option<T>) -> Val {
        value.map_or(Val::Null, Into::into)
    }
}

/// The parameters of a statement: `args![id, name]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::Val::from($value)),*] };
}

/// A type that a column can be read as.
pub trait FromVal: Sized {
    /// What the type is called in an error.
    const WANTED: &'static str;
    /// The value, or `None` where it is of another kind.
    fn from_val(value: &Val) -> Option<Self>;
}

impl FromVal for i64 {
    const WANTED: &'static str = "an integer";
    fn from_val(value: &Val) -> Option<Self> {
        match value {
            Val::Int(n) => Some(*n),
            Val::Bool(b) => Some(i64::from(*b)),
            _ => None,
        }
    }
}

impl FromVal for u32 {
    const WANTED: &'static str = "a count";
    fn from_val(value: &Val) -> Option<Self> {
        i64::from_val(value).and_then(|n| u32::try_from(n).ok())
    }
}

impl FromVal for bool {
    const WANTED: &'static str = "a boolean";
    fn from_val(value: &Val) -> Option<Self> {
        match value {
            Val::Bool(b) => Some(*b),
            Val::Int(n) => Some(*n != 0),
            _ => None,
        }
    }
}

impl FromVal for String {
    const WANTED: &'static str = "text";
    fn from_val(value: &Val) -> Option<Self> {
        match value {
            Val::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromVal for Vec<u8> {
    const WANTED: &'static str = "bytes";
    fn from_val(value: &Val) -> Option<Self> {
        match value {
            Val::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl FromVal for serde_json::Value {
    const WANTED: &'static str = "json";
    fn from_val(value: &Val) -> Option<Self> {
        match value {
            Val::Json(json) => Some(json.clone()),
            Val::Text(text) => serde_json::from_str(text).ok(),
            _ => None,
        }
    }
}

impl<T: FromVal> FromVal for Option<T> {
    const WANTED: &'static str = T::WANTED;
    fn from_val(value: &Val) -> Option<Self> {
        match value {
            Val::Null => Some(None),
            other => T::from_val(other).map(Some),
        }
    }
}

/// A row of an answer.
#[derive(Clone, Debug)]
pub struct Row {
    pub(crate) columns: Arc<[String]>,
    pub(crate) values: Vec<Val>,
}

impl Row {
    /// The column of that name.
    ///
    /// # Errors
    /// [`Error::Decode`] where there is no such column or it is of another kind.
    pub fn get<T: FromVal>(&self, column: &str) -> Result<T> {
        match self.columns.iter().position(|name| name == column) {
            Some(index) => self.at(index),
            None => Err(Error::Decode { column: column.to_owned(), found: "no such column", wanted: T::WANTED }),
        }
    }

    /// The column at that position, from 0.
    ///
    /// # Errors
    /// As [`Row::get`].
    pub fn at<T: FromVal>(&self, index: usize) -> Result<T> {
        let value = self.values.get(index).unwrap_or(&Val::Null);
        T::from_val(value).ok_or_else(|| Error::Decode {
            column: self.columns.get(index).cloned().unwrap_or_default(),
            found: value.kind(),
            wanted: T::WANTED,
        })
    }
}
