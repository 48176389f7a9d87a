//! Emergency codes: what the code that a caller dials for help becomes, one container of them for each kind of place.
//!
//! A container has a name that is unique for its reseller, and each code once. A preference of a subscriber or domain
//! names the container; one that is named so stays. A container takes its mappings along.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use store::{Tx, args};

use crate::caller::Caller;
use crate::id::{AccountId, EmergencyContainerId, EmergencyMappingId};
use crate::journal::{self, Change, Operation};
use crate::listing::{Column, Reach, Source};
use crate::preference::named;
use crate::record::{self, Kept, record};
use crate::statement::statements;
use crate::{Error, Result};

/// The most mappings of one file.
pub const MOST: usize = 50_000;

record! {
    /// A container of emergency mappings.
    Container(EmergencyContainerId) in "emergency_mapping_containers" called "emergency mapping container" {
        /// Whose it is.
        reseller_id: AccountId,
        /// Its name, unique for the reseller.
        name: String,
    }
}

record! {
    /// What an emergency code becomes.
    Mapping(EmergencyMappingId) in "emergency_mappings" called "emergency mapping" {
        /// The container that it is in.
        emergency_container_id: EmergencyContainerId,
        /// The reseller of the container.
        reseller_id: AccountId,
        /// The code that is dialled; unique in the container.
        code: String,
        /// What is put before the code.
        prefix: Option<String>,
        /// What is put after the code.
        suffix: Option<String>,
    }
}

/// The containers of all resellers.
pub static CONTAINERS: Source = Source {
    name: "emergency mapping containers",
    from: "emergency_mapping_containers t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[Column::int("id", "t.id"), Column::int("reseller_id", "t.reseller_id"), Column::text("name", "t.name")],
    tallies: &["reseller_id"],
};

/// The mappings of all containers.
pub static MAPPINGS: Source = Source {
    name: "emergency mappings",
    from: "emergency_mappings t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[
        Column::int("id", "t.id"),
        Column::int("reseller_id", "t.reseller_id"),
        Column::int("emergency_container_id", "t.emergency_container_id"),
        Column::text("code", "t.code"),
        Column::text("prefix", "t.prefix"),
        Column::text("suffix", "t.suffix"),
    ],
    tallies: &["reseller_id", "emergency_container_id"],
};

/// The lists of this module.
pub(crate) const SOURCES: &[&Source] = &[&CONTAINERS, &MAPPINGS];

statements! {
    BY_NAME = "SELECT id, reseller_id, name FROM emergency_mapping_containers WHERE reseller_id = $1 AND name = $2";
    CLEAR = "DELETE FROM emergency_mappings WHERE emergency_container_id = $1 \
        RETURNING id, reseller_id, emergency_container_id";
    CLEAR_ALL = "DELETE FROM emergency_mappings WHERE reseller_id = $1 \
        RETURNING id, reseller_id, emergency_container_id";
    INSERT = "INSERT INTO emergency_mappings (emergency_container_id, reseller_id, code, prefix, suffix) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (emergency_container_id, code) DO NOTHING RETURNING id";
}

#[async_trait::async_trait]
impl Kept for Container {
    const LIST: &'static Source = &CONTAINERS;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep emergency mappings")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        if before.is_some_and(|before| before.reseller_id != self.reseller_id) {
            return Err(Error::invalid("reseller_id", "a container stays with its reseller"));
        }
        record::check_reseller(tx, caller, self.reseller_id).await
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        named::must_be_unnamed(tx, named::Of::EmergencyMappingContainers, self.id.0).await?;
        record::remove_where::<Mapping>(tx, CLEAR, self.id.0).await?;
        Ok(())
    }
}

#[async_trait::async_trait]
impl Kept for Mapping {
    const LIST: &'static Source = &MAPPINGS;
    const UNIQUE: &'static str = "code";
    const PART_OF: Option<(&'static str, &'static str)> =
        Some(("emergency_mapping_containers", "emergency_container_id"));

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep emergency mappings")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, _before: Option<&Self>) -> Result<()> {
        let container = self.emergency_container_id.0;
        let container: Container = record::named_by(tx, caller, "emergency_container_id", container).await?;
        self.reseller_id = container.reseller_id;
        check(&self.code, self.prefix.as_deref(), self.suffix.as_deref())
    }
}

fn check(code: &str, prefix: Option<&str>, suffix: Option<&str>) -> Result<()> {
    let dialled = |b: u8| b.is_ascii_digit() || b"*#+".contains(&b);
    let written = |b: u8| b.is_ascii_alphanumeric() || b"*#+_-".contains(&b);
    let short = |text: &str| (1..=32).contains(&text.len());
    if !short(code) || !code.bytes().all(dialled) {
        return Err(Error::invalid("code", format!("`{code}` must be 1 to 32 digits, *, # or +")));
    }
    for (field, text) in [("prefix", prefix), ("suffix", suffix)] {
        if let Some(text) = text.filter(|text| !short(text) || !text.bytes().all(written)) {
            return Err(Error::invalid(field, format!("`{text}` must be 1 to 32 letters, digits, *, #, +, _ or -")));
        }
    }
    Ok(())
}

/// A line of a file of mappings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line, from 1.
    pub line: u64,
    /// The name of the container, which is made where the reseller has none of that name.
    pub container: String,
    /// The code.
    pub code: String,
    /// What is put before it.
    pub prefix: Option<String>,
    /// What is put after it.
    pub suffix: Option<String>,
}

#[derive(Debug, Serialize)]
struct Done {
    reseller_id: AccountId,
    added: usize,
    removed: usize,
}

/// Takes in a file of mappings for a reseller, as a whole or not at all; `purge` removes all that the reseller has first,
/// but not the containers. What was done is one row in the journal. Answers with the number that were added.
///
/// # Errors
/// [`Error::Dangling`] for `reseller_id`, [`Error::NotAllowed`], [`Error::Invalid`] for `mappings`, naming the line.
pub async fn take_in(
    tx: &mut Tx,
    caller: &Caller,
    now: i64,
    reseller: AccountId,
    entries: &[Entry],
    purge: bool,
) -> Result<usize> {
    Container::must_keep(caller)?;
    caller.must_write()?;
    record::check_reseller(tx, caller, reseller).await?;
    let at_line = |line: u64, error: Error| match error {
        Error::Invalid { .. } | Error::Taken { .. } => Error::invalid("mappings", format!("line {line}: {error}")),
        other => other,
    };
    if entries.len() > MOST {
        return Err(Error::invalid("mappings", format!("there are more than {MOST} mappings")));
    }
    let removed = if purge { record::remove_where::<Mapping>(tx, CLEAR_ALL, reseller.0).await? } else { 0 };
    let mut containers: BTreeMap<&str, EmergencyContainerId> = BTreeMap::new();
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for entry in entries {
        let name = entry.container.as_str();
        check(&entry.code, entry.prefix.as_deref(), entry.suffix.as_deref()).map_err(|e| at_line(entry.line, e))?;
        if name.is_empty() || name.chars().count() > 255 {
            let error = Error::invalid("name", "a container has a name of 1 to 255 characters");
            return Err(at_line(entry.line, error));
        }
        if !seen.insert((name, &entry.code)) {
            return Err(at_line(entry.line, Error::taken("emergency mapping", "code", &entry.code)));
        }
        let container = match containers.get(name) {
            Some(id) => *id,
            None => {
                let id = match tx.query_opt(BY_NAME, args![reseller, name]).await? {
                    Some(row) => row.get("id")?,
                    None => {
                        let new = Container { reseller_id: reseller, name: name.to_owned(), ..Container::default() };
                        record::create(tx, caller, now, new).await?.id
                    }
                };
                containers.insert(name, id);
                id
            }
        };
        let values = args![container, reseller, &entry.code, entry.prefix.as_deref(), entry.suffix.as_deref()];
        let Some(row) = tx.query_opt(INSERT, values).await? else {
            return Err(at_line(entry.line, Error::taken("emergency mapping", "code", &entry.code)));
        };
        let values = [("reseller_id", reseller.0), ("emergency_container_id", container.0)];
        MAPPINGS.count(tx, row.at(0)?, &values, 1);
    }
    let done = Done { reseller_id: reseller, added: entries.len(), removed };
    let change = Change {
        kind: "emergency_mapping_batches",
        record_id: reseller.0,
        account: Some(reseller),
        operation: Operation::Update,
        before: None,
        after: Some(&done),
    };
    journal::write(tx, caller, now, change).await?;
    Ok(entries.len())
}
