//! What resources do whose items are the registry's records as they are: their fields have the same names on both sides.
//!
//! Times are the one thing that is written differently, and what is null or not sent has the record's default.

use std::marker::PhantomData;

use registry::Error;
use registry::record::{self, Kept};
use serde_json::Value;

use super::behaviour::Behaviour;
use super::call::Cx;
use super::error::{Outcome, Refusal};
use super::resource::{Field, Item, Kind, Resource};
use super::time;

/// The behaviour of a resource whose items are records of the kind `R`.
pub(crate) struct Records<R> {
    fields: &'static [Field],
    words: fn(&Error) -> Option<Refusal>,
    of: PhantomData<fn() -> R>,
}

impl<R: Kept> Records<R> {
    /// For a resource with these fields.
    pub(crate) const fn of(fields: &'static [Field]) -> Records<R> {
        Records { fields, words: |_| None, of: PhantomData }
    }

    /// How the dialect words an error of the registry here.
    pub(crate) const fn words(self, words: fn(&Error) -> Option<Refusal>) -> Records<R> {
        Records { words, ..self }
    }
}

/// The fields of a record, as an item has them.
pub(crate) fn show(fields: &[Field], record: &Value) -> Item {
    let shown = fields.iter().filter(|field| field.readable);
    let value = |field: &Field| match (&field.kind, &record[field.name]) {
        (Kind::Timestamp, Value::Number(at)) => at.as_i64().map_or(Value::Null, |at| time::show(at).into()),
        (_, value) => value.clone(),
    };
    shown.map(|field| (field.name.to_owned(), value(field))).collect()
}

/// The record that a checked body says; what it does not say has its default.
///
/// # Errors
/// Only where the fields and the record don't fit each other.
pub(crate) fn read<R: Kept>(fields: &[Field], input: Item) -> Outcome<R> {
    let said = input.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let is_time = fields.iter().any(|field| field.name == name && matches!(field.kind, Kind::Timestamp));
        let value = match value.as_str().filter(|_| is_time).and_then(time::parse) {
            Some(at) => at.into(),
            None => value,
        };
        (name, value)
    });
    let said = Value::Object(said.collect());
    Ok(serde_json::from_value(said).map_err(|error| Error::Internal(format!("{}: {error}", R::NOUN)))?)
}

#[async_trait::async_trait]
impl<R: Kept> Behaviour for Records<R> {
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        let found: Vec<R> = record::load(cx.tx, ids).await?;
        let item = |record: &R| {
            let json = serde_json::to_value(record).map_err(|error| Error::Internal(error.to_string()))?;
            Ok((record.id(), show(self.fields, &json)))
        };
        found.iter().map(item).collect()
    }

    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        let made = read::<R>(self.fields, input)?;
        Ok(record::create(cx.tx, cx.caller, cx.now, made).await?.id())
    }

    async fn replace(&self, cx: &mut Cx<'_>, id: i64, _old: &Item, new: Item) -> Outcome<()> {
        let mut after = read::<R>(self.fields, new)?;
        after.set_id(id);
        record::update(cx.tx, cx.caller, cx.now, after).await?;
        Ok(())
    }

    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        record::delete::<R>(cx.tx, cx.caller, cx.now, id).await?;
        Ok(())
    }

    fn refusal(&self, error: &Error) -> Option<Refusal> {
        (self.words)(error)
    }

    fn journal_content(&self, resource: &Resource, record: &Value) -> Item {
        show(resource.fields, record)
    }
}
