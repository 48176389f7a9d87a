//! Templates of a reseller: texts of mails, and invoices.
//!
//! Placeholders in them are kept as they are. A template that a customer has chosen stays until no living customer has it.

pub mod email;
pub mod invoice;

use store::{Tx, args};

use crate::account::papers::Templates;
use crate::id::AccountId;
use crate::statement::statements;
use crate::{Error, Result};

pub use email::EmailTemplate;
pub use invoice::InvoiceTemplate;

statements! {
    EMAIL_OF = "SELECT id FROM email_templates WHERE id = $1 AND reseller_id = $2 {wait}";
    INVOICE_OF = "SELECT id FROM invoice_templates WHERE id = $1 AND reseller_id = $2 {wait}";
    EMAIL_USED = "SELECT 1 FROM accounts WHERE (subscriber_email_template_id = $1 OR passreset_email_template_id = $1 \
        OR invoice_email_template_id = $1) AND status <> 'terminated' LIMIT 1";
    INVOICE_USED = "SELECT 1 FROM accounts WHERE invoice_template_id = $1 AND status <> 'terminated' LIMIT 1";
}

/// The lists of this module.
pub(crate) const SOURCES: &[&crate::listing::Source] = &[&email::ALL, &invoice::ALL];

/// Refuses templates that are not the reseller's; without a reseller all of them. Nobody removes those that are before
/// the transaction ends.
pub(crate) async fn check(tx: &mut Tx, reseller: Option<AccountId>, templates: &Templates) -> Result<()> {
    for (field, id, of) in [
        ("subscriber_email_template_id", templates.subscriber_email_template_id, EMAIL_OF),
        ("passreset_email_template_id", templates.passreset_email_template_id, EMAIL_OF),
        ("invoice_email_template_id", templates.invoice_email_template_id, EMAIL_OF),
        ("invoice_template_id", templates.invoice_template_id, INVOICE_OF),
    ] {
        let Some(id) = id else { continue };
        let found = match reseller {
            Some(reseller) => tx.query_opt(of, args![id, reseller]).await?,
            None => None,
        };
        found.ok_or_else(|| Error::dangling(field, id))?;
    }
    Ok(())
}

/// Refuses the end of what a statement finds living customers for.
async fn must_be_unused(tx: &mut Tx, used: &str, kind: &'static str, id: i64) -> Result<()> {
    match tx.query_opt(used, args![id]).await? {
        Some(_) => Err(Error::InUse { kind, key: id.to_string() }),
        None => Ok(()),
    }
}
