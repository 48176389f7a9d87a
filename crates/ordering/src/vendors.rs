//! The vendors that can be called: who they are in the registry, how they are called, how they are treated.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use carriers::Carrier;
use registry::Caller;
use registry::id::VendorId;
use registry::vendor::{self, Listed, Vendor};

use crate::{Ordering, Policy};

/// Who changes vendors, in the journal.
const WHO: &str = "vendors' file";

/// A vendor of the vendors' file, ready to be called.
#[derive(Clone)]
pub struct Entry {
    /// The key in the vendors' file.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// The plugin.
    pub method: String,
    /// How it is called.
    pub carrier: Arc<dyn Carrier>,
    /// How it is treated.
    pub policy: Policy,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).field("method", &self.method).finish_non_exhaustive()
    }
}

/// The vendors of this server, replaced as a whole when the file is read again. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Vendors(Arc<RwLock<HashMap<VendorId, Entry>>>);

impl Vendors {
    /// The vendor of that id, if the file names it.
    #[must_use]
    pub fn get(&self, id: VendorId) -> Option<Entry> {
        self.read(|map| map.get(&id).cloned())
    }

    /// The vendor of that key, if the file names it.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(VendorId, Entry)> {
        self.read(|map| map.iter().find(|(_, entry)| entry.name == name).map(|(id, entry)| (*id, entry.clone())))
    }

    /// How many vendors there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.read(HashMap::len)
    }

    fn read<T>(&self, look: impl FnOnce(&HashMap<VendorId, Entry>) -> T) -> T {
        look(&self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Ordering {
    /// Makes the vendors those of the file that was just read, in the registry and in this server. Calls that are under
    /// way go on as they began.
    ///
    /// # Errors
    /// Only those of the database; the vendors are then as they were.
    pub async fn install(&self, entries: Vec<Entry>) -> registry::Result<()> {
        let (caller, now, listed) = (Caller::system(WHO), self.clock.now(), listed(&entries));
        let known = registry::transaction!(self.db, |tx| vendor::sync(tx, &caller, now, &listed).await)?;
        self.call_from_now_on(entries, &known);
        Ok(())
    }

    /// Makes vendors callable here and known to the registry, without retiring any: for whoever may have seen only part of
    /// the file, or another file than the servers.
    ///
    /// # Errors
    /// Only those of the database; the vendors are then as they were.
    pub async fn introduce(&self, entries: Vec<Entry>) -> registry::Result<()> {
        let (caller, now, listed) = (Caller::system(WHO), self.clock.now(), listed(&entries));
        let known = registry::transaction!(self.db, |tx| vendor::introduce(tx, &caller, now, &listed).await)?;
        self.call_from_now_on(entries, &known);
        Ok(())
    }

    fn call_from_now_on(&self, entries: Vec<Entry>, known: &[Vendor]) {
        let map = entries
            .into_iter()
            .filter_map(|entry| known.iter().find(|v| v.name == entry.name).map(|v| (v.id, entry)))
            .collect();
        *self.vendors.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = map;
        self.wake();
    }
}

fn listed(entries: &[Entry]) -> Vec<Listed> {
    let listed = entries.iter().map(|entry| Listed {
        name: entry.name.clone(),
        display_name: entry.display_name.clone(),
        method: entry.method.clone(),
        concurrency: entry.policy.concurrency,
    });
    listed.collect()
}
