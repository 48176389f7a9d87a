//! What a resource does, verb by verb; what it says nothing of, another behaviour may do for it.

use axum::http::{HeaderMap, Method};
use serde_json::Value;

use super::call::{Call, Cx, Reply};
use super::error::{Outcome, Refusal};
use super::flow::Flow;
use super::resource::{Item, Resource};

/// What a resource does. Everything happens in the transaction of the request.
#[async_trait::async_trait]
pub(crate) trait Behaviour: Send + Sync {
    /// What does all that this one says nothing of, such as the [`Records`](super::Records) that it adds something to.
    fn rest(&self) -> Option<&dyn Behaviour> {
        None
    }

    /// The items of these ids, in their order; the caller has been found to see them.
    async fn load(&self, cx: &mut Cx<'_>, ids: &[i64]) -> Outcome<Vec<(i64, Item)>> {
        match self.rest() {
            Some(rest) => rest.load(cx, ids).await,
            None => Ok(Vec::new()),
        }
    }

    /// What must hold of items for the caller to see them, beside its scope; `now` in microseconds since 1970 UTC.
    fn narrow(&self, _caller: &registry::Caller, _now: i64) -> Vec<registry::listing::Condition> {
        Vec::new()
    }

    /// The condition that a query parameter makes beside the declared filters.
    fn condition(&self, _name: &str, _value: &str) -> Option<registry::listing::Condition> {
        None
    }

    /// As [`Behaviour::condition`], where it depends on the time of the request.
    fn condition_at(&self, name: &str, value: &str, _now: i64) -> Option<registry::listing::Condition> {
        self.condition(name, value)
    }

    /// Whether a request of the collection has a body or an answer that is not held in memory, or takes many
    /// transactions: then [`Behaviour::flow`] answers it.
    fn flows(&self, _method: &Method, _headers: &HeaderMap) -> bool {
        false
    }

    /// Answers a request for which [`Behaviour::flows`].
    async fn flow(&self, _flow: Flow<'_>) -> Outcome<Reply> {
        Err(Refusal::no_path().into())
    }

    /// Makes an item of checked fields and answers with its id.
    async fn create(&self, cx: &mut Cx<'_>, input: Item) -> Outcome<i64> {
        match self.rest() {
            Some(rest) => rest.create(cx, input).await,
            None => Err(Refusal::no_path().into()),
        }
    }

    /// Changes an item. `old` is what a `GET` shows, `new` the old writable fields with the checked new ones over them.
    async fn replace(&self, cx: &mut Cx<'_>, id: i64, old: &Item, new: Item) -> Outcome<()> {
        match self.rest() {
            Some(rest) => rest.replace(cx, id, old, new).await,
            None => Err(Refusal::no_path().into()),
        }
    }

    /// Removes an item.
    async fn delete(&self, cx: &mut Cx<'_>, id: i64) -> Outcome<()> {
        match self.rest() {
            Some(rest) => rest.delete(cx, id).await,
            None => Err(Refusal::no_path().into()),
        }
    }

    /// Answers what has to be asked of others than the registry: before any transaction, and `cx.tx` only reads.
    async fn outside(&self, _cx: &mut Cx<'_>, _call: &Call) -> Outcome<Option<Reply>> {
        Ok(None)
    }

    /// Answers what fits nowhere else: other media types, documents that are no collections.
    async fn special(&self, _cx: &mut Cx<'_>, _call: &Call) -> Outcome<Option<Reply>> {
        Ok(None)
    }

    /// How the dialect words an error of the registry here.
    fn refusal(&self, error: &registry::Error) -> Option<Refusal> {
        self.rest().and_then(|rest| rest.refusal(error))
    }

    /// What the journal shows of a record as the registry wrote it down.
    fn journal_content(&self, resource: &Resource, record: &Value) -> Item {
        if let Some(rest) = self.rest() {
            return rest.journal_content(resource, record);
        }
        let shown = resource.fields.iter().filter(|field| field.readable);
        shown.map(|field| (field.name.to_owned(), record.get(field.name).cloned().unwrap_or(Value::Null))).collect()
    }
}

/// A resource that does nothing.
pub(super) struct Nothing;

impl Behaviour for Nothing {}
