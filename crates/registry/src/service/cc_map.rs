//! Call control mappings: which outside client, by its key, acts for a subscriber.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Service, Whose};
use crate::{Error, Result};

/// A client.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CcMapping {
    /// The key that the client shows.
    pub auth_key: String,
    /// The uuid of where it comes from.
    pub source_uuid: Option<String>,
}

impl std::fmt::Debug for CcMapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CcMapping").field("source_uuid", &self.source_uuid).finish_non_exhaustive()
    }
}

/// The clients that act for a subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CcMap {
    /// In the order in which they were given.
    pub mappings: Vec<CcMapping>,
}

impl Service for CcMap {
    const KIND: &'static str = "cc_map_entries";

    fn settle(&mut self, _owner: &Whose<'_>, _before: &Self, _now: i64) -> Result<()> {
        let mut seen = HashSet::new();
        for mapping in &self.mappings {
            if mapping.auth_key.is_empty() || mapping.auth_key.chars().count() > 255 {
                return Err(Error::invalid("auth_key", "a key has 1 to 255 characters"));
            }
            if mapping.source_uuid.as_ref().is_some_and(|uuid| uuid.chars().count() > 255) {
                return Err(Error::invalid("source_uuid", "a uuid has at most 255 characters"));
            }
            if !seen.insert(&mapping.auth_key) {
                return Err(Error::invalid("auth_key", "a key is there twice"));
            }
        }
        Ok(())
    }

    fn secrets(&mut self) -> Vec<&mut String> {
        self.mappings.iter_mut().map(|mapping| &mut mapping.auth_key).collect()
    }
}
