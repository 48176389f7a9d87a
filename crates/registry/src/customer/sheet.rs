//! What a client writes of a customer, and what of that is wrong.

use jiff::tz::TimeZone;

use super::Details;
use crate::id::AccountId;
use crate::property::Property;
use crate::{Error, Money, Result, contact};

/// A customer as a client writes it. The user name and password come as [`super::Access`]. What is none stays as it is, and
/// of a new customer is the default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The reseller: of a new customer none makes it a reseller, where the caller may make one. It remains.
    pub reseller_id: Option<AccountId>,
    /// Who it is. Of a contact that is there, only what NGNPro knows is replaced; the country is that of the details.
    pub contact: contact::Details,
    /// What else is known of it; the last two fields are those below.
    pub details: Details,
    /// See [`Details::impersonate_id`]; 0: its own.
    pub impersonate_id: Option<AccountId>,
    /// See [`Details::reseller_active`].
    pub reseller_active: Option<bool>,
    /// What it is to have.
    pub balance: Option<Money>,
    /// How far that may go below zero; 0: no limit.
    pub credit: Option<Money>,
    /// All its properties and credits.
    pub properties: Option<Vec<Property>>,
}

/// Two amounts that differ by less are the same: clients hold them as floating point numbers with few digits.
const BLUR: i64 = 100;

/// Whether an amount is what is there, as a client may send it.
pub(super) fn is_same(sent: Money, there: Money) -> bool {
    sent.0.abs_diff(there.0) < BLUR.unsigned_abs()
}

/// Refuses text that is too long or can't be typed.
pub(super) fn check_text(field: &'static str, text: &str, most: usize) -> Result<()> {
    let typed = |c: char| !c.is_control() || matches!(c, '\r' | '\n' | '\t');
    if text.chars().count() > most || !text.chars().all(typed) {
        return Err(Error::invalid(field, format!("must have at most {most} characters that can be typed")));
    }
    Ok(())
}

impl Sheet {
    /// Refuses what is wrong in itself. Answers with the contact and the details as they are to be kept.
    pub(super) fn settle(&self, before: Option<&super::Customer>) -> Result<(contact::Details, Details)> {
        let mut details = self.details.clone();
        details.check()?;
        let new = &self.contact;
        let mut kept = before.map(|before| before.contact.clone()).unwrap_or_default();
        kept.country = details.settle_country()?;
        if !new.email.is_empty() && !contact::is_email(&new.email) {
            return Err(Error::invalid("email", format!("`{}` is not an e-mail address", new.email)));
        }
        kept.email.clone_from(&new.email);
        // As long as NGCP's clients may write them.
        for (field, to, from, most) in [
            ("firstname", &mut kept.firstname, &new.firstname, 127),
            ("lastname", &mut kept.lastname, &new.lastname, 127),
            ("company", &mut kept.company, &new.company, 127),
            ("vatnum", &mut kept.vatnum, &new.vatnum, 127),
            ("phonenumber", &mut kept.phonenumber, &new.phonenumber, 31),
            ("faxnumber", &mut kept.faxnumber, &new.faxnumber, 31),
            ("mobilenumber", &mut kept.mobilenumber, &new.mobilenumber, 31),
            ("street", &mut kept.street, &new.street, 127),
            ("postcode", &mut kept.postcode, &new.postcode, 16),
            ("city", &mut kept.city, &new.city, 127),
            ("timezone", &mut kept.timezone, &new.timezone, 80),
        ] {
            *to = from.clone().filter(|text| !text.is_empty());
            check_text(field, to.as_deref().unwrap_or_default(), most)?;
        }
        if let Some(zone) = &kept.timezone
            && TimeZone::get(zone).is_err()
        {
            return Err(Error::invalid("timezone", format!("`{zone}` is not a time zone")));
        }
        if self.credit.is_some_and(|credit| credit < Money::ZERO) {
            return Err(Error::invalid("credit", "it is below zero"));
        }
        let was = before.map(|before| before.details.clone()).unwrap_or_default();
        details.impersonate_id = match self.impersonate_id {
            None => was.impersonate_id,
            Some(id) => Some(id).filter(|id| *id != AccountId::OPERATOR),
        };
        details.reseller_active = self.reseller_active.unwrap_or(was.reseller_active);
        details.own_contact = was.own_contact;
        Ok((kept, details))
    }
}
