//! Waiting for what comes about by itself: looked at again and again, up to a deadline.

use std::time::{Duration, Instant};

/// How long anything may take. Long, because it is only waited out by a test that fails.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pause between the first looks; it grows up to the longest, because a look is often a process of its own.
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_millis(250);

/// Waits until the look finds something.
///
/// # Panics
/// When it has not after a long time.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    within(PATIENCE, async || look().await).await.unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain: {what}"))
}

/// Looks until it finds something, but not longer than `limit`.
pub(crate) async fn within<T>(limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    let mut pause = SHORTEST;
    loop {
        let found = look().await;
        if found.is_some() || started.elapsed() > limit {
            return found;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST);
    }
}
