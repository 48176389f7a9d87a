//! Remembers which credentials were verified, so that a slow password hash is not computed for every request.
//!
//! What is remembered is a digest under a key that only this process has, of the login or subscriber, its credential
//! version and the password; one whose password changes has another version and is verified anew. Failures are not remembered.

use std::collections::{HashMap, VecDeque};
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Most credentials that are remembered.
const MOST: usize = 10_000;
/// How long they are remembered.
const LIFE: Duration = Duration::from_secs(300);

type Digest = [u8; 32];

/// A bounded memory of verified credentials.
pub struct VerifiedCache {
    key: [u8; 32],
    most: usize,
    life: Duration,
    verified: Mutex<Verified>,
    /// As many hashes at a time as there are cores: each takes a core and many MiB.
    turns: Arc<Semaphore>,
}

/// Entries with the time they were made, and the order in which they were made, which is the order in which they end.
#[derive(Default)]
struct Verified {
    since: HashMap<Digest, Instant>,
    order: VecDeque<(Digest, Instant)>,
}

impl VerifiedCache {
    /// For up to ten thousand credentials, each for five minutes.
    pub fn new() -> Self {
        Self::with(MOST, LIFE)
    }

    fn with(most: usize, life: Duration) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self { key: rand::random(), most, life, verified: Mutex::default(), turns: Arc::new(Semaphore::new(cores)) }
    }

    /// Whether it is known that the password is right for the login `id` at credential version `version`.
    pub(crate) fn remembers(&self, id: i64, version: i64, password: &str) -> bool {
        self.knows(&self.digest(id, version, password))
    }

    /// Whether the password is right for the login `id` at credential version `version`.
    ///
    /// If that is not known yet, `admit` is asked when it is its turn, and then `verify` computes it on a blocking thread.
    /// A panic in it counts as wrong.
    ///
    /// # Errors
    /// Those of `admit`.
    pub(crate) async fn check<E>(
        &self,
        id: i64,
        version: i64,
        password: &str,
        admit: impl Future<Output = Result<(), E>>,
        verify: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<bool, E> {
        let digest = self.digest(id, version, password);
        if self.knows(&digest) {
            return Ok(true);
        }
        let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await else { return Ok(false) };
        admit.await?;
        // The same credentials may have been verified while this request waited.
        if self.knows(&digest) {
            return Ok(true);
        }
        // The turn ends only after the result is remembered, so that the next in line finds it.
        let Some((right, _turn)) = compute(turn, verify).await else { return Ok(false) };
        if right {
            self.remember(digest);
        }
        Ok(right)
    }

    /// Does work that takes a core and many MiB on a blocking thread, when it is its turn. None if it panics.
    pub(crate) async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        compute(turn, work).await.map(|(made, _turn)| made)
    }

    fn digest(&self, id: i64, version: i64, password: &str) -> Digest {
        Sha256::new()
            .chain_update(self.key)
            .chain_update(id.to_be_bytes())
            .chain_update(version.to_be_bytes())
            .chain_update(password)
            .finalize()
            .into()
    }

    fn knows(&self, digest: &Digest) -> bool {
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        verified.since.get(digest).is_some_and(|since| since.elapsed() < self.life)
    }

    fn remember(&self, digest: Digest) {
        let now = Instant::now();
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let Verified { since, order } = &mut *verified;
        while let Some((oldest, made)) = order.front().copied() {
            if order.len() < self.most && now.duration_since(made) < self.life {
                break;
            }
            order.pop_front();
            if since.get(&oldest) == Some(&made) {
                since.remove(&oldest);
            }
        }
        since.insert(digest, now);
        order.push_back((digest, now));
    }
}

/// Does work on a blocking thread. The turn belongs to the work, so that a caller who hangs up does not free the core.
async fn compute<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<(T, OwnedSemaphorePermit)> {
    tokio::task::spawn_blocking(move || (work(), turn)).await.ok()
}

impl Default for VerifiedCache {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    async fn check(
        cache: &VerifiedCache,
        id: i64,
        version: i64,
        verify: impl FnOnce() -> bool + Send + 'static,
    ) -> bool {
        let admit = async { Ok::<_, std::convert::Infallible>(()) };
        cache.check(id, version, "secret", admit, verify).await.unwrap()
    }

    /// Checks and says whether the hash had to be computed.
    async fn computed(cache: &VerifiedCache, id: i64, version: i64, password: &str) -> bool {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let verify = move || {
            counter.fetch_add(1, Ordering::Relaxed);
            true
        };
        let admit = async { Ok::<_, std::convert::Infallible>(()) };
        assert!(cache.check(id, version, password, admit, verify).await.unwrap());
        calls.load(Ordering::Relaxed) == 1
    }

    #[tokio::test]
    async fn computes_once_for_the_same_credentials() {
        let cache = VerifiedCache::new();
        assert!(computed(&cache, 1, 1, "secret").await);
        assert!(!computed(&cache, 1, 1, "secret").await);
        assert!(computed(&cache, 1, 1, "Secret").await);
        assert!(computed(&cache, 1, 2, "secret").await, "a new version is verified anew");
        assert!(computed(&cache, 2, 1, "secret").await);
    }

    #[tokio::test]
    async fn failures_and_panics_are_wrong_and_forgotten() {
        let cache = VerifiedCache::new();
        assert!(!check(&cache, 1, 1, || false).await);
        assert!(!check(&cache, 1, 1, || panic!("broken verifier")).await);
        assert!(computed(&cache, 1, 1, "secret").await);
    }

    #[tokio::test(start_paused = true)]
    async fn forgets_after_its_time() {
        let cache = VerifiedCache::new();
        assert!(computed(&cache, 1, 1, "secret").await);
        tokio::time::advance(LIFE - Duration::from_secs(1)).await;
        assert!(!computed(&cache, 1, 1, "secret").await);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(computed(&cache, 1, 1, "secret").await);
        assert!(!computed(&cache, 1, 1, "secret").await);
    }

    #[tokio::test]
    async fn never_holds_more_than_its_bound() {
        let cache = VerifiedCache::with(3, LIFE);
        for id in 0..10 {
            assert!(computed(&cache, id, 1, "secret").await);
        }
        let held = |cache: &VerifiedCache| {
            let verified = cache.verified.lock().unwrap();
            (verified.since.len(), verified.order.len())
        };
        assert_eq!(held(&cache), (3, 3));
        assert!(!computed(&cache, 9, 1, "secret").await);
        assert!(computed(&cache, 0, 1, "secret").await);
    }

    #[tokio::test]
    async fn many_requests_with_the_same_credentials_share_the_work() {
        let cache = Arc::new(VerifiedCache::new());
        let calls = Arc::new(AtomicUsize::new(0));
        let requests: Vec<_> = (0..50)
            .map(|_| {
                let (cache, calls) = (Arc::clone(&cache), Arc::clone(&calls));
                tokio::spawn(async move {
                    let verify = move || {
                        calls.fetch_add(1, Ordering::Relaxed);
                        true
                    };
                    check(&cache, 1, 1, verify).await
                })
            })
            .collect();
        for request in requests {
            assert!(request.await.unwrap());
        }
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        assert!(calls.load(Ordering::Relaxed) <= cores);
    }

    #[tokio::test]
    async fn whoever_is_not_admitted_costs_no_work_and_keeps_no_turn() {
        let cache = VerifiedCache::new();
        for _ in 0..100 {
            let refused = cache.check(1, 1, "secret", async { Err("banned") }, || panic!("computed")).await;
            assert_eq!(refused, Err("banned"));
        }
        assert!(computed(&cache, 1, 1, "secret").await);
    }

    #[tokio::test]
    async fn work_is_done_in_turn() {
        let cache = Arc::new(VerifiedCache::new());
        let running = Arc::new(AtomicUsize::new(0));
        let works: Vec<_> = (0..50)
            .map(|n| {
                let (cache, running) = (Arc::clone(&cache), Arc::clone(&running));
                let work = move || {
                    let before = running.fetch_add(1, Ordering::SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                    (n, before)
                };
                tokio::spawn(async move { cache.in_turn(work).await })
            })
            .collect();
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        for (n, work) in works.into_iter().enumerate() {
            let (made, before) = work.await.unwrap().unwrap();
            assert!(made == n && before < cores);
        }
        assert_eq!(cache.in_turn(|| -> i32 { panic!("broken work") }).await, None);
        assert_eq!(cache.in_turn(|| 7).await, Some(7));
    }
}
