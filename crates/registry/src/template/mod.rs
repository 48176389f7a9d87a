//! Templates of a reseller: texts of mails, and invoices.
//!
//! Placeholders in them are kept as they are. A template that a customer has chosen stays until no living customer has it. A
//! reseller that is named gets copies of the templates of mails that came with the installation.

pub mod email;
pub mod invoice;

use store::{Tx, args};

use crate::account::papers::Templates;
use crate::caller::Caller;
use crate::id::{AccountId, ContactId};
use crate::statement::statements;
use crate::{Error, Result, contact, record};

pub use email::EmailTemplate;
pub use invoice::InvoiceTemplate;

statements! {
    EMAIL_OF = "SELECT id FROM email_templates WHERE id = $1 AND reseller_id = $2 {wait}";
    INVOICE_OF = "SELECT id FROM invoice_templates WHERE id = $1 AND reseller_id = $2 {wait}";
    EMAIL_CALLED = "SELECT id FROM email_templates WHERE reseller_id = $1 AND name = $2 {wait}";
    INVOICE_CALLED = "SELECT id FROM invoice_templates WHERE reseller_id = $1 AND name = $2 {wait}";
    FACTORY = "SELECT id FROM email_templates t WHERE t.reseller_id IS NULL AND NOT EXISTS (SELECT 1 \
        FROM email_templates o WHERE o.reseller_id = $1 AND o.name = t.name) ORDER BY t.id";
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

/// What customers of a contact have where nothing else is said: the templates of its reseller that are called
/// `subscriber_default_email`, `passreset_default_email`, `invoice_default_email` and, for the invoice itself,
/// `invoice_default`, those that there are.
///
/// # Errors
/// Only those of the database: of a contact that the caller does not see nothing is known.
pub async fn defaults(tx: &mut Tx, caller: &Caller, contact: ContactId) -> Result<Templates> {
    let reseller = match contact::get(tx, caller, contact).await {
        Ok(contact) => contact.reseller_id,
        Err(Error::NotFound { .. }) => None,
        Err(error) => return Err(error),
    };
    let Some(reseller) = reseller else { return Ok(Templates::default()) };
    let mut found = [None; 4];
    for (id, (statement, name)) in found.iter_mut().zip([
        (EMAIL_CALLED, "subscriber_default_email"),
        (EMAIL_CALLED, "passreset_default_email"),
        (EMAIL_CALLED, "invoice_default_email"),
        (INVOICE_CALLED, "invoice_default"),
    ]) {
        *id = tx.query_opt(statement, args![reseller, name]).await?.map(|row| row.at(0)).transpose()?;
    }
    let [subscriber_email_template_id, passreset_email_template_id, invoice_email_template_id, invoice_template_id] =
        found;
    Ok(Templates {
        subscriber_email_template_id,
        passreset_email_template_id,
        invoice_email_template_id,
        invoice_template_id,
    })
}

/// Gives a new reseller templates of its own: copies of those of the installation, as they are now.
pub(crate) async fn copy_to(tx: &mut Tx, caller: &Caller, now: i64, reseller: AccountId) -> Result<()> {
    let rows = tx.query(FACTORY, args![reseller]).await?;
    let ids = rows.iter().map(|row| Ok(row.at(0)?)).collect::<Result<Vec<i64>>>()?;
    for factory in record::load::<EmailTemplate>(tx, &ids).await? {
        let copy = EmailTemplate { reseller_id: Some(reseller), ..factory };
        record::create(tx, caller, now, copy).await?;
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
