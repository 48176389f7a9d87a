//! Lets the passwords that are sent for one user name be checked one after another.
//!
//! Each check then knows of the failures before it, so that guesses at the same time are no more than guesses in a row.

use std::hash::{BuildHasher as _, RandomState};

use registry::ban::Attempt;
use tokio::sync::{Mutex, MutexGuard};

/// So many places; user names that share one wait for each other.
const PLACES: usize = 1024;

/// The places where user names wait. Which name has which place is known to this process alone.
pub(crate) struct Subjects {
    places: Box<[Mutex<()>]>,
    order: RandomState,
}

impl Subjects {
    pub(crate) fn new() -> Self {
        Self { places: (0..PLACES).map(|_| Mutex::new(())).collect(), order: RandomState::new() }
    }

    /// Waits until no other password is checked for the user name of the attempt; none is until the result is dropped.
    pub(crate) async fn alone(&self, attempt: &Attempt<'_>) -> Option<MutexGuard<'_, ()>> {
        let hash = self.order.hash_one((attempt.realm, attempt.subject()));
        let place = self.places.get(usize::try_from(hash % PLACES as u64).unwrap_or(0))?;
        Some(place.lock().await)
    }
}
