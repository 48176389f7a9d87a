//! How a mapping names its sets: by id, by name, or with the content of a set that is then made.

use std::collections::HashSet;

use store::Tx;

use super::mapping::SetRef;
use super::set::{self, ForwardSet, SetSpec};
use super::{Content, Owner, SetKind};
use crate::caller::Caller;
use crate::{Error, Result};

/// A set as it is chosen for a mapping. Where an id and a name are given that don't agree, the one that is new counts;
/// where both are, the id.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// By its id.
    pub id: Option<i64>,
    /// By its name.
    pub name: Option<String>,
    /// A set to be made under that name.
    pub new: Option<Content>,
}

/// What the choice of a set is called in an error.
pub(super) fn field(kind: SetKind) -> &'static str {
    match kind {
        SetKind::Destination => "destination_set",
        SetKind::Time => "time_set",
        SetKind::Source => "source_set",
        SetKind::Bnumber => "bnumber_set",
    }
}

/// What a choice of a set comes to.
pub(super) struct Chooser<'a> {
    pub(super) caller: &'a Caller,
    pub(super) now: i64,
    pub(super) owner: &'a Owner,
    /// The sets of the owner, of any kind.
    pub(super) sets: Vec<ForwardSet>,
    /// The sets that its mappings name.
    pub(super) named: HashSet<i64>,
}

impl Chooser<'_> {
    fn by_name(&self, kind: SetKind, name: &str) -> Option<&ForwardSet> {
        self.sets.iter().find(|set| set.content.kind() == kind && set.name == name)
    }

    /// The set that is chosen; none where none is.
    pub(super) async fn choose(&mut self, tx: &mut Tx, kind: SetKind, choice: &Choice) -> Result<Option<SetRef>> {
        let reference = |set: &ForwardSet| SetRef { id: set.id, name: set.name.clone() };
        if let Some(content) = &choice.new {
            let name = choice.name.clone().unwrap_or_default();
            let spec = SetSpec { subscriber_id: self.owner.id, name, content: content.clone() };
            let made = set::create(tx, self.caller, self.now, &spec).await?;
            let chosen = reference(&made);
            self.sets.push(made);
            return Ok(Some(chosen));
        }
        let of_id = |id: i64| self.sets.iter().find(|set| set.content.kind() == kind && set.id.0 == id);
        let (by_id, by_name) = (choice.id.map(of_id), choice.name.as_deref().map(|name| self.by_name(kind, name)));
        let missing = || Error::dangling(field(kind), choice.name.clone().unwrap_or_default());
        let chosen = match (by_id, by_name) {
            (None, None) => return Ok(None),
            (Some(Some(by_id)), Some(Some(by_name))) => {
                let is_old = |set: &ForwardSet| self.named.contains(&set.id.0);
                if is_old(by_id) && by_id.id != by_name.id { by_name } else { by_id }
            }
            // A name that has been changed is looked for, whatever the id was.
            (Some(Some(by_id)), None) => by_id,
            (Some(Some(by_id)), Some(None)) if !self.named.contains(&by_id.id.0) => by_id,
            (None, Some(Some(by_name))) => by_name,
            (Some(None), _) => return Err(Error::dangling(field(kind), choice.id.unwrap_or_default())),
            (_, Some(None)) => return Err(missing()),
        };
        Ok(Some(reference(chosen)))
    }
}
