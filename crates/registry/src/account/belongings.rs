//! Belongings of a reseller that ends: its levels, sets, containers, templates, subscriber profiles and its branding go with
//! it. What somebody else still uses stays.

use store::{Tx, args};

use crate::branding::Branding;
use crate::caller::Caller;
use crate::id::AccountId;
use crate::preference::named::naming;
use crate::sound::SoundSet;
use crate::statement::statements;
use crate::subscriber_profile::ProfileSet;
use crate::template::{EmailTemplate, InvoiceTemplate};
use crate::time_set::TimeSet;
use crate::{Result, emergency, header_rule, interception, ncos, provisioning_template, record, rewrite};

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
    MAILS = "SELECT id FROM email_templates WHERE reseller_id = $1 ORDER BY id LIMIT 100";
    INVOICES = "SELECT id FROM invoice_templates WHERE reseller_id = $1 ORDER BY id LIMIT 100";
    PROVISIONING = "SELECT id FROM provisioning_templates WHERE reseller_id = $1 ORDER BY id LIMIT 100";
    PROFILES = "SELECT id FROM subscriber_profile_sets WHERE reseller_id = $1 ORDER BY id LIMIT 100";
    BRANDING = "SELECT id FROM reseller_brandings WHERE reseller_id = $1";
}

/// Removes what belongs to a reseller whose customers, subscribers and domains have ended, and their preferences and its own.
pub(super) async fn delete(tx: &mut Tx, caller: &Caller, now: i64, reseller: AccountId) -> Result<()> {
    let system = &Caller::system(&caller.name);
    // The preferences of profiles name what is removed next.
    record::delete_all::<ProfileSet>(tx, system, now, PROFILES, reseller.0).await?;
    tx.execute(UNLINK_SOUNDS, args![reseller]).await?;
    record::delete_all::<ncos::Level>(tx, system, now, LEVELS, reseller.0).await?;
    record::delete_all::<SoundSet>(tx, system, now, SOUNDS, reseller.0).await?;
    record::delete_all::<header_rule::RuleSet>(tx, system, now, HEADERS, reseller.0).await?;
    record::delete_all::<rewrite::RuleSet>(tx, system, now, REWRITES, reseller.0).await?;
    record::delete_all::<emergency::Container>(tx, system, now, EMERGENCIES, reseller.0).await?;
    record::delete_all::<TimeSet>(tx, system, now, TIMES, reseller.0).await?;
    record::delete_all::<EmailTemplate>(tx, system, now, MAILS, reseller.0).await?;
    record::delete_all::<InvoiceTemplate>(tx, system, now, INVOICES, reseller.0).await?;
    record::delete_all::<provisioning_template::Template>(tx, system, now, PROVISIONING, reseller.0).await?;
    record::delete_all::<Branding>(tx, system, now, BRANDING, reseller.0).await?;
    interception::end_of_reseller(tx, system, now, reseller).await
}
