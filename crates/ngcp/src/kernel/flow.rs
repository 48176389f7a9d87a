//! Requests whose body or answer is too large to be held in memory, or that are done in many transactions.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use registry::{Caller, Error};
use tokio::sync::Semaphore;

use super::call::{Call, Params, Reply};
use super::error::Outcome;
use super::path::{Place, collapsed, method, place};
use super::resource::Resource;
use super::time;
use crate::Ngcp;

/// Largest body that is read as it comes, in bytes.
pub(crate) const LARGEST: usize = 1 << 31;
/// Most time for such a request.
pub(crate) const LONGEST: Duration = Duration::from_hours(6);

/// How long whoever has not asked for an answer at once waits for work that goes on by itself.
pub(crate) const WAIT: Duration = Duration::from_secs(45);

/// Work that goes on by itself at a time; what comes beside it is done while its sender waits.
const MOST_GOING: usize = 16;
static GOING: Semaphore = Semaphore::const_new(MOST_GOING);

/// Such a request.
pub(crate) struct Flow<'a> {
    /// What the face stands on.
    pub(crate) state: &'a Ngcp,
    /// Who asks.
    pub(crate) caller: &'a Caller,
    /// The time, in microseconds since 1970 UTC.
    pub(crate) now: i64,
    /// The query's parameters.
    pub(crate) params: &'a Params,
    /// What was asked, without the body.
    pub(crate) call: &'a Call,
    /// The body.
    pub(crate) body: Body,
}

/// Lets the resource answer.
pub(super) async fn run(
    state: &Ngcp,
    params: &Params,
    caller: &Caller,
    call: &Call,
    resource: &'static Resource,
    body: Body,
) -> Outcome<Reply> {
    let now = time::of_request(state, &call.headers)?;
    resource.behaviour.flow(Flow { state, caller, now, params, call, body }).await
}

/// Lets work go on to its end, whether its sender waits for that or not: whether it is done. `what` it is, for the log. A
/// stop of the server ends it: what is left is removed when it is asked for again.
pub(crate) async fn goes_on(
    call: &Call,
    what: &'static str,
    work: impl Future<Output = registry::Result<()>> + Send + 'static,
) -> Outcome<bool> {
    let work = async move { work.await.inspect_err(|error| tracing::warn!(%error, "{what} not finished")) };
    let Ok(place) = GOING.try_acquire() else { return Ok(work.await.map(|()| true)?) };
    let going = tokio::spawn(async move {
        let _place = place;
        work.await
    });
    let wait = if call.wants_no_wait() { Duration::ZERO } else { WAIT };
    match tokio::time::timeout(wait, going).await {
        Ok(done) => Ok(done.map_err(|error| Error::Internal(format!("{what}: {error}")))?.map(|()| true)?),
        Err(_) => Ok(false),
    }
}

/// Whether a request is one of these.
pub(crate) fn is_one(request: &Request) -> bool {
    let path = collapsed(request.uri().path());
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match place(&segments, &path) {
        Ok(Place::Collection(resource)) => {
            resource.behaviour.flows(&method(request.method(), request.headers()), request.headers())
        }
        _ => false,
    }
}
