//! Preferences whose value is the name of a record: kept by the record's id, shown by its name as it is now.
//!
//! A name is looked up among the records of the owner's reseller; a peering server takes those of the default reseller, as
//! the operator's own. A record that a preference names can't be removed.

use std::collections::BTreeMap;

use store::{Tx, args};

use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::listing;
use crate::preference::Level;
use crate::statement::statements;
use crate::{Error, Result};

/// Which kind of record a preference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// Sets of rewrite rules.
    RewriteRuleSets,
    /// Sets of header rules.
    HeaderRuleSets,
    /// NCOS levels.
    NcosLevels,
    /// Sound sets.
    SoundSets,
    /// Containers of emergency mappings.
    EmergencyMappingContainers,
}

impl Of {
    /// What the values of an attribute name; none: nothing that there is.
    #[must_use]
    pub fn attribute(name: &str) -> Option<Of> {
        Some(match name {
            "rewrite_rule_set" | "cdr_export_sclidui_rwrs" => Of::RewriteRuleSets,
            "header_rule_set" => Of::HeaderRuleSets,
            "ncos" | "adm_ncos" | "adm_cf_ncos" => Of::NcosLevels,
            "sound_set" | "contract_sound_set" => Of::SoundSets,
            "emergency_mapping_container" => Of::EmergencyMappingContainers,
            _ => return None,
        })
    }

    /// What a record is called in an error.
    fn noun(self) -> &'static str {
        match self {
            Of::RewriteRuleSets => "rewrite rule set",
            Of::HeaderRuleSets => "header rule set",
            Of::NcosLevels => "NCOS level",
            Of::SoundSets => "sound set",
            Of::EmergencyMappingContainers => "emergency mapping container",
        }
    }

    /// The names of several records at a time.
    const fn many(self) -> &'static str {
        match self {
            Of::RewriteRuleSets => "SELECT id, name FROM rewrite_rule_sets WHERE id IN ({ids})",
            Of::HeaderRuleSets => "SELECT id, name FROM header_rule_sets WHERE id IN ({ids})",
            Of::NcosLevels => "SELECT id, level AS name FROM ncos_levels WHERE id IN ({ids})",
            Of::SoundSets => "SELECT id, name FROM sound_sets WHERE id IN ({ids})",
            Of::EmergencyMappingContainers => "SELECT id, name FROM emergency_mapping_containers WHERE id IN ({ids})",
        }
    }

    /// Asks for a preference that names a record.
    const fn uses(self) -> &'static str {
        match self {
            Of::RewriteRuleSets => USES_REWRITE_RULE_SET,
            Of::HeaderRuleSets => USES_HEADER_RULE_SET,
            Of::NcosLevels => USES_NCOS_LEVEL,
            Of::SoundSets => USES_SOUND_SET,
            Of::EmergencyMappingContainers => USES_EMERGENCY_MAPPING_CONTAINER,
        }
    }
}

/// The attributes that name records of a table.
macro_rules! naming {
    (rewrite_rule_sets) => {
        "'rewrite_rule_set', 'cdr_export_sclidui_rwrs'"
    };
    (header_rule_sets) => {
        "'header_rule_set'"
    };
    (ncos_levels) => {
        "'ncos', 'adm_ncos', 'adm_cf_ncos'"
    };
    (sound_sets) => {
        "'sound_set', 'contract_sound_set'"
    };
    (emergency_mapping_containers) => {
        "'emergency_mapping_container'"
    };
}

pub(crate) use naming;

macro_rules! uses {
    ($table:ident) => {
        concat!("SELECT level FROM preferences WHERE record_id = $1 AND attribute IN (", naming!($table), ") LIMIT 1")
    };
}

statements! {
    RESELLER_OF = "SELECT reseller_id FROM accounts WHERE id = $1";
    REWRITE_RULE_SET = "SELECT id FROM rewrite_rule_sets WHERE reseller_id = $1 AND name = $2 {wait}";
    HEADER_RULE_SET = "SELECT id FROM header_rule_sets \
        WHERE reseller_id = $1 AND name = $2 AND subscriber_id IS NULL {wait}";
    OWN_HEADER_RULE_SET = "SELECT id FROM header_rule_sets WHERE subscriber_id = $1 AND name = $2 {wait}";
    NCOS_LEVEL = "SELECT id, expose_to_customer FROM ncos_levels WHERE reseller_id = $1 AND level = $2 {wait}";
    SOUND_SET = "SELECT id, expose_to_customer FROM sound_sets \
        WHERE reseller_id = $1 AND name = $2 AND account_id IS NULL {wait}";
    OWN_SOUND_SET = "SELECT id FROM sound_sets WHERE account_id = $1 AND name = $2 {wait}";
    EMERGENCY_MAPPING_CONTAINER = "SELECT id FROM emergency_mapping_containers \
        WHERE reseller_id = $1 AND name = $2 {wait}";
    USES_REWRITE_RULE_SET = uses!(rewrite_rule_sets);
    USES_HEADER_RULE_SET = uses!(header_rule_sets);
    USES_NCOS_LEVEL = uses!(ncos_levels);
    USES_SOUND_SET = uses!(sound_sets);
    USES_EMERGENCY_MAPPING_CONTAINER = uses!(emergency_mapping_containers);
}

/// The names of records, those that are there.
pub(super) async fn names(tx: &mut Tx, of: Of, ids: &[i64]) -> Result<BTreeMap<i64, String>> {
    let rows = listing::for_ids(tx, of.many(), ids).await?;
    rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?))).collect()
}

/// Whose preference is to name a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) level: Level,
    pub(super) id: i64,
    pub(super) account: AccountId,
}

impl Owner {
    async fn reseller(self, tx: &mut Tx) -> Result<AccountId> {
        let row = tx.query_opt(RESELLER_OF, args![self.account]).await?;
        let reseller: AccountId = row.map(|row| row.at(0)).transpose()?.unwrap_or_default();
        Ok(reseller.max(AccountId::DEFAULT_RESELLER))
    }
}

/// The id of the record that an attribute of an owner names; it stays there until the end of the transaction. Those who
/// act for a customer name what is exposed to them or their own.
///
/// # Errors
/// [`Error::Dangling`] for the attribute.
pub(super) async fn resolve(
    tx: &mut Tx,
    caller: &Caller,
    owner: Owner,
    attribute: &'static str,
    name: &str,
) -> Result<i64> {
    let missing = || Error::dangling(attribute, name);
    let of = Of::attribute(attribute).ok_or_else(missing)?;
    let reseller = owner.reseller(tx).await?;
    let served = matches!(caller.role, Role::Customer | Role::SubscriberAdmin | Role::Subscriber);
    let own = match of {
        Of::SoundSets if attribute == "contract_sound_set" => {
            tx.query_opt(OWN_SOUND_SET, args![owner.account, name]).await?
        }
        Of::HeaderRuleSets if owner.level == Level::Subscriber => {
            tx.query_opt(OWN_HEADER_RULE_SET, args![owner.id, name]).await?
        }
        _ => None,
    };
    if let Some(own) = own {
        return Ok(own.at(0)?);
    }
    let statement = match of {
        Of::RewriteRuleSets => REWRITE_RULE_SET,
        Of::HeaderRuleSets => HEADER_RULE_SET,
        Of::NcosLevels => NCOS_LEVEL,
        Of::SoundSets => SOUND_SET,
        Of::EmergencyMappingContainers => EMERGENCY_MAPPING_CONTAINER,
    };
    let row = tx.query_opt(statement, args![reseller, name]).await?.ok_or_else(missing)?;
    let hidden = match of {
        Of::NcosLevels | Of::SoundSets => !row.at::<bool>(1)?,
        Of::RewriteRuleSets | Of::HeaderRuleSets | Of::EmergencyMappingContainers => true,
    };
    if served && hidden { Err(missing()) } else { Ok(row.at(0)?) }
}

/// Refuses the removal of a record that a preference names.
///
/// # Errors
/// [`Error::InUse`].
pub(crate) async fn must_be_unnamed(tx: &mut Tx, of: Of, id: i64) -> Result<()> {
    match tx.query_opt(of.uses(), args![id]).await? {
        Some(_) => Err(Error::InUse { kind: of.noun(), key: id.to_string() }),
        None => Ok(()),
    }
}
