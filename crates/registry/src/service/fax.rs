//! Faxes: how a subscriber gets them, and who may send them for it by mail.

use serde::{Deserialize, Serialize};

use super::{Service, Whose};
use crate::contact::is_email;
use crate::{Error, Result};

/// Most destinations, mail addresses or senders.
const MOST: usize = 100;

/// The form in which a fax is passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileType {
    /// PostScript.
    PS,
    /// TIFF.
    #[default]
    TIFF,
    /// PDF, a page a file.
    PDF,
    /// PDF of fourteen pages.
    PDF14,
}

/// Where copies of faxes go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaxDestination {
    /// An e-mail address or a number.
    pub destination: String,
    /// In which form.
    pub filetype: FileType,
    /// Whether it is a copy of what goes elsewhere.
    pub cc: bool,
    /// Whether it gets faxes that come in.
    pub incoming: bool,
    /// Whether it gets faxes that went out.
    pub outgoing: bool,
    /// Whether it is told how sending went.
    pub status: bool,
}

/// The fax server of a subscriber.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaxSettings {
    /// Whether it takes and sends faxes.
    pub active: bool,
    /// What it calls itself in the header of a page.
    pub name: Option<String>,
    /// What clients that print to it log in with.
    pub password: Option<String>,
    /// Whether T.38 is offered.
    pub t38: bool,
    /// Whether errors are corrected (ECM).
    pub ecm: bool,
    /// Where faxes go.
    pub destinations: Vec<FaxDestination>,
}

impl std::fmt::Debug for FaxSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaxSettings").field("active", &self.active).finish_non_exhaustive()
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (1..=31).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

impl Service for FaxSettings {
    const KIND: &'static str = "fax_settings";

    fn settle(&mut self, _owner: &Whose<'_>, before: &Self, _now: i64) -> Result<()> {
        if self.password.is_none() {
            self.password.clone_from(&before.password);
        }
        if self.destinations.len() > MOST {
            return Err(Error::invalid("destinations", format!("there are more than {MOST}")));
        }
        for to in &self.destinations {
            if !is_email(&to.destination) && !is_number(&to.destination) {
                let message = format!("`{}` is neither an e-mail address nor a number", to.destination);
                return Err(Error::invalid("destination", message));
            }
        }
        Ok(())
    }

    fn secrets(&mut self) -> Vec<&mut String> {
        self.password.iter_mut().collect()
    }
}

/// How often the secret of mails is made anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// Never.
    #[default]
    Never,
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
}

/// Who is told of a new secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notified {
    /// An e-mail address.
    pub destination: String,
}

/// Mails that are taken as faxes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sender {
    /// Whom the mail is from.
    pub from_email: Option<String>,
    /// The address of the server that it was received from.
    pub received_from: Option<String>,
    /// The number that it may go to.
    pub destination: Option<String>,
    /// Whether these are regular expressions.
    pub use_regex: bool,
}

/// How a subscriber sends faxes by mail.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailToFax {
    /// Whether it can.
    pub active: bool,
    /// What a mail must contain.
    pub secret_key: Option<String>,
    /// When the secret was set last, in microseconds since 1970 UTC.
    pub last_secret_key_modify: Option<i64>,
    /// How often it is to be made anew.
    pub secret_key_renew: Renewal,
    /// Who is told of a new one.
    pub secret_renew_notify: Vec<Notified>,
    /// Which mails are taken; none: all that have the secret.
    pub acl: Vec<Sender>,
}

impl std::fmt::Debug for MailToFax {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailToFax").field("active", &self.active).finish_non_exhaustive()
    }
}

impl Service for MailToFax {
    const KIND: &'static str = "mail_to_fax_settings";

    fn settle(&mut self, _owner: &Whose<'_>, before: &Self, now: i64) -> Result<()> {
        self.last_secret_key_modify = before.last_secret_key_modify;
        if self.secret_key != before.secret_key {
            self.last_secret_key_modify = Some(now);
        }
        if self.secret_renew_notify.len() > MOST || self.acl.len() > MOST {
            return Err(Error::invalid("acl", format!("there are more than {MOST} entries")));
        }
        for told in &self.secret_renew_notify {
            if !is_email(&told.destination) {
                let message = format!("`{}` is not an e-mail address", told.destination);
                return Err(Error::invalid("destination", message));
            }
        }
        for sender in &self.acl {
            if !sender.use_regex && sender.from_email.as_deref().is_some_and(|from| !is_email(from)) {
                let message =
                    format!("`{}` is not an e-mail address", sender.from_email.as_deref().unwrap_or_default());
                return Err(Error::invalid("from_email", message));
            }
        }
        Ok(())
    }

    fn secrets(&mut self) -> Vec<&mut String> {
        self.secret_key.iter_mut().collect()
    }
}
