//! Belongings of a reseller that ends: its levels, sets, containers and templates go with it, and so do the preferences of
//! its own people that name them. What somebody else still uses stays.

use store::{Tx, args};

use crate::caller::Caller;
use crate::id::AccountId;
use crate::preference::named::naming;
use crate::sound::SoundSet;
use crate::statement::statements;
use crate::template::EmailTemplate;
use crate::time_set::TimeSet;
use crate::{Result, emergency, header_rule, ncos, record, rewrite};

macro_rules! unname {
    ($table:ident) => {
        concat!(
            "DELETE FROM preferences WHERE attribute IN (",
            naming!($table),
            ") AND record_id IN (SELECT id FROM ",
            stringify!($table),
            " WHERE reseller_id = $1) AND (level = 'reseller' AND owner_id = $1 \
             OR level = 'customer' AND owner_id IN (SELECT id FROM accounts WHERE reseller_id = $1) \
             OR level = 'domain' AND owner_id IN (SELECT id FROM sip_domains WHERE reseller_id = $1) \
             OR level = 'profile' AND owner_id IN (SELECT id FROM subscriber_profiles WHERE reseller_id = $1) \
             OR level = 'subscriber' AND owner_id IN (SELECT id FROM subscribers WHERE reseller_id = $1))"
        )
    };
}

/// Those of a table that no preference names.
macro_rules! unnamed {
    ($table:ident) => {
        unnamed!($table, "")
    };
    ($table:ident, $more:literal) => {
        concat!(
            "SELECT t.id FROM ",
            stringify!($table),
            " t WHERE t.reseller_id = $1 AND NOT EXISTS (SELECT 1 FROM preferences p WHERE p.record_id = t.id \
             AND p.attribute IN (",
            naming!($table),
            "))",
            $more,
            " ORDER BY t.id LIMIT 100"
        )
    };
}

statements! {
    UNNAME_LEVELS = unname!(ncos_levels);
    UNNAME_SOUNDS = unname!(sound_sets);
    UNNAME_HEADERS = unname!(header_rule_sets);
    UNNAME_REWRITES = unname!(rewrite_rule_sets);
    UNNAME_EMERGENCIES = unname!(emergency_mapping_containers);
    UNLINK_SOUNDS = "UPDATE sound_sets SET parent_id = NULL WHERE reseller_id = $1";
    LEVELS = unnamed!(ncos_levels);
    SOUNDS = unnamed!(sound_sets);
    HEADERS = unnamed!(header_rule_sets);
    REWRITES = unnamed!(rewrite_rule_sets, " AND NOT EXISTS (SELECT 1 FROM header_rule_conditions c \
        WHERE c.rwr_set_id = t.id) AND NOT EXISTS (SELECT 1 FROM header_rule_actions a WHERE a.rwr_set_id = t.id)");
    EMERGENCIES = unnamed!(emergency_mapping_containers);
    TIMES = "SELECT t.id FROM time_sets t WHERE t.reseller_id = $1 \
        AND NOT EXISTS (SELECT 1 FROM peering_groups g WHERE g.time_set_id = t.id) \
        AND NOT EXISTS (SELECT 1 FROM ncos_levels l WHERE l.time_set_id = t.id) ORDER BY t.id LIMIT 100";
    TEMPLATES = "SELECT id FROM email_templates WHERE reseller_id = $1 ORDER BY id LIMIT 100";
}

/// Removes what belongs to a reseller whose customers, subscribers and domains have ended.
pub(super) async fn delete(tx: &mut Tx, caller: &Caller, now: i64, reseller: AccountId) -> Result<()> {
    let system = &Caller::system(&caller.name);
    for clears in [UNNAME_LEVELS, UNNAME_SOUNDS, UNNAME_HEADERS, UNNAME_REWRITES, UNNAME_EMERGENCIES, UNLINK_SOUNDS] {
        tx.execute(clears, args![reseller]).await?;
    }
    record::delete_all::<ncos::Level>(tx, system, now, LEVELS, reseller.0).await?;
    record::delete_all::<SoundSet>(tx, system, now, SOUNDS, reseller.0).await?;
    record::delete_all::<header_rule::RuleSet>(tx, system, now, HEADERS, reseller.0).await?;
    record::delete_all::<rewrite::RuleSet>(tx, system, now, REWRITES, reseller.0).await?;
    record::delete_all::<emergency::Container>(tx, system, now, EMERGENCIES, reseller.0).await?;
    record::delete_all::<TimeSet>(tx, system, now, TIMES, reseller.0).await?;
    record::delete_all::<EmailTemplate>(tx, system, now, TEMPLATES, reseller.0).await
}
