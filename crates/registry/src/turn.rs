//! Work that may keep a core for a while: on a thread that no request waits for, and some at a time.

use std::num::NonZero;
use std::sync::LazyLock;

use tokio::sync::Semaphore;

use crate::{Error, Result};

/// Half of the cores are left to everything else.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    Semaphore::new(cores.div_ceil(2))
});

/// Does the work when it is its turn. It goes on and keeps its turn when nobody waits for it any more.
///
/// # Errors
/// [`Error::Internal`] if it panics.
pub(crate) async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let failed = |error: &dyn std::fmt::Display| Error::Internal(format!("work in its turn: {error}"));
    let turn = TURNS.acquire().await.map_err(|error| failed(&error))?;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await.map_err(|error| failed(&error))
}
