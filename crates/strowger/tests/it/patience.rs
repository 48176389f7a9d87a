//! Waiting for what comes about by itself: looked at again and again, up to a deadline.

use std::time::{Duration, Instant};

/// How long anything may take. Long, because it is only waited out by a test that fails.
const PATIENCE: Duration = Duration::from_secs(45);
const LOOK: Duration = Duration::from_millis(20);

/// Waits until the look finds something.
///
/// # Panics
/// When it has not after a long time.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Looks until it finds something, but not longer than `limit`.
pub(crate) async fn within<T>(limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        let found = look().await;
        if found.is_some() || started.elapsed() > limit {
            return found;
        }
        tokio::time::sleep(LOOK).await;
    }
}
