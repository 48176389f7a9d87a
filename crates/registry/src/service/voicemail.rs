//! Voicemail: the PIN of a mailbox, and what becomes of a message that comes in.

use serde::{Deserialize, Serialize};

use super::{Service, Whose};
use crate::contact::is_email;
use crate::seal::Sealer;
use crate::{Error, Result};

/// Why a message that is not attached is not deleted.
pub const DELETE_NEEDS_ATTACH: &str = "a message that is deleted must have been attached to a mail";

/// The settings of a subscriber's mailbox.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Voicemail {
    /// What the mailbox asks for: 4 to 31 digits.
    pub pin: String,
    /// Where messages are announced.
    pub email: Option<String>,
    /// Whether a message is deleted once it has been mailed.
    pub delete: bool,
    /// Whether the message is attached to the mail.
    pub attach: bool,
    /// Where a short message announces it: digits of E.164.
    pub sms_number: Option<String>,
}

impl std::fmt::Debug for Voicemail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voicemail").field("email", &self.email).finish_non_exhaustive()
    }
}

impl Service for Voicemail {
    const KIND: &'static str = "voicemail_settings";

    /// The first PIN is six digits of the server's own, so that nobody has to make one up and nobody can guess it.
    fn initial(sealer: &Sealer, uuid: &str) -> Voicemail {
        Voicemail { pin: sealer.six_digits(&format!("first PIN of subscriber {uuid}")), ..Voicemail::default() }
    }

    fn settle(&mut self, _owner: &Whose<'_>, _before: &Self, _now: i64) -> Result<()> {
        if !(4..=31).contains(&self.pin.len()) || !self.pin.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::invalid("pin", "a PIN has 4 to 31 digits"));
        }
        if self.email.as_deref().is_some_and(|email| !is_email(email)) {
            let email = self.email.as_deref().unwrap_or_default();
            return Err(Error::invalid("email", format!("`{email}` is not an e-mail address")));
        }
        if self.delete && !self.attach {
            return Err(Error::invalid("attach", DELETE_NEEDS_ATTACH));
        }
        let number = |text: &str| !text.starts_with('0') && text.len() > 1 && text.bytes().all(|b| b.is_ascii_digit());
        match &self.sms_number {
            Some(text) if !number(text) || text.len() > 31 => {
                Err(Error::invalid("sms_number", format!("`{text}` is not a number in the form of E.164")))
            }
            _ => Ok(()),
        }
    }

    fn secrets(&mut self) -> Vec<&mut String> {
        vec![&mut self.pin]
    }
}
