//! Templates of mails. Those without a reseller come with the installation: administrators alone see them, and may change
//! their texts.

use store::Tx;

use super::{EMAIL_USED, must_be_unused};
use crate::caller::Caller;
use crate::id::{AccountId, EmailTemplateId};
use crate::listing::{Column, Reach, Source};
use crate::record::{self, Kept, Record as _, record};
use crate::{Error, Result};

record! {
    /// A template of a mail.
    EmailTemplate(EmailTemplateId) in "email_templates" called "email template" {
        /// Whose it is; none: it came with the installation.
        reseller_id: Option<AccountId>,
        /// Its name, unique for the reseller.
        name: String,
        /// From whom the mail is.
        from_email: String,
        /// The subject, with placeholders.
        subject: String,
        /// The text, with placeholders.
        body: String,
        /// What an attached document is called.
        attachment_name: Option<String>,
    }
}

/// All templates of mails.
pub static ALL: Source = Source {
    name: "email templates",
    from: "email_templates t",
    fixed: "",
    reach: Reach::RESELLER,
    columns: &[Column::int("id", "t.id"), Column::int("reseller_id", "t.reseller_id"), Column::text("name", "t.name")],
    tallies: &["reseller_id"],
};

#[async_trait::async_trait]
impl Kept for EmailTemplate {
    const LIST: &'static Source = &ALL;

    fn must_keep(caller: &Caller) -> Result<()> {
        caller.must_be_reseller("keep email templates")
    }

    async fn settle(&mut self, tx: &mut Tx, caller: &Caller, _now: i64, before: Option<&Self>) -> Result<()> {
        let factory = before.filter(|before| before.reseller_id.is_none());
        match (factory, self.reseller_id) {
            (None, None) => Err(Error::invalid("reseller_id", "Reseller field is required")),
            (Some(_), Some(_)) => Err(Error::invalid("reseller_id", "it is a template of the installation")),
            (Some(before), None) if before.name != self.name => {
                Err(Error::invalid("name", "a template of the installation is known by its name"))
            }
            (Some(_), None) => Ok(()),
            (None, Some(id)) => {
                if before.is_some_and(|before| before.reseller_id != self.reseller_id) {
                    must_be_unused(tx, EMAIL_USED, EmailTemplate::NOUN, self.id.0).await?;
                }
                record::check_reseller(tx, caller, id).await
            }
        }
    }

    async fn going(&self, tx: &mut Tx, _caller: &Caller, _now: i64) -> Result<()> {
        if self.reseller_id.is_none() {
            return Err(Error::NotAllowed("templates of the installation can't be removed".to_owned()));
        }
        must_be_unused(tx, EMAIL_USED, EmailTemplate::NOUN, self.id.0).await
    }
}
