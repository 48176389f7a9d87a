//! What can be changed of a subscriber, and what of it is refused.

use serde::{Deserialize, Serialize};
use store::Tx;

use super::{Pbx, Status, Subscriber};
use crate::caller::{Caller, Role};
use crate::id::AccountId;
use crate::subscriber_profile::{self, Choice};
use crate::{Error, Result, contact};

/// Lock level of a subscriber whose status is locked: no calls of any kind.
pub(super) const GLOBAL: i64 = 4;

/// What can be changed of a subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Whether it may be used; never terminated.
    pub status: Status,
    /// 1: no foreign calls, 2: no outgoing ones, 3: none, 4: global, 5: ported; none: not locked.
    pub lock_level: Option<i64>,
    /// Whether it administers its account.
    pub administrative: bool,
    /// The name it logs in to the web with; unique in the domain.
    pub webusername: Option<String>,
    /// What callees are shown.
    pub display_name: Option<String>,
    /// Where mail to it goes.
    pub email: Option<String>,
    /// Name in the time zone database.
    pub timezone: Option<String>,
    /// The id that another system knows it by.
    pub external_id: Option<String>,
    /// The set of profiles that its profile is of.
    pub profile_set_id: Option<i64>,
    /// What it may set and see.
    pub profile_id: Option<i64>,
    /// What it is to the PBX of its customer.
    #[serde(flatten)]
    pub pbx: Pbx,
}

impl Details {
    /// Refuses wrong values, and brings the others into one form.
    pub(super) fn check(&mut self) -> Result<()> {
        if let Some(level) = self.lock_level {
            if !(0..=5).contains(&level) {
                return Err(Error::invalid("lock", format!("{level} is not 0 to 5")));
            }
            self.lock_level = Some(level).filter(|level| *level > 0);
        }
        if let Some(email) = &self.email
            && !contact::is_email(email)
        {
            return Err(Error::invalid("email", format!("`{email}` is not an e-mail address")));
        }
        if let Some(name) = &self.timezone {
            let zone = jiff::tz::TimeZone::get(name).ok();
            let known = zone.and_then(|zone| zone.iana_name().map(str::to_owned));
            self.timezone = Some(known.ok_or_else(|| Error::dangling("timezone", name))?);
        }
        for (field, text, most) in [
            ("webusername", &self.webusername, 127),
            ("display_name", &self.display_name, 128),
            ("external_id", &self.external_id, 255),
        ] {
            if text.as_ref().is_some_and(|text| text.is_empty() || text.chars().count() > most) {
                return Err(Error::invalid(field, format!("must have 1 to {most} characters")));
            }
        }
        self.pbx.check()
    }

    /// Settles which profile the subscriber has; it must be one of its reseller.
    pub(super) async fn settle_profile(
        &mut self,
        tx: &mut Tx,
        reseller: AccountId,
        before: Option<&Details>,
    ) -> Result<()> {
        let of = |details: &Details| Choice { set: details.profile_set_id, profile: details.profile_id };
        let settled = subscriber_profile::settle(tx, reseller, before.map(of).unwrap_or_default(), of(self)).await?;
        (self.profile_set_id, self.profile_id) = (settled.set, settled.profile);
        Ok(())
    }

    /// Settles what a change of the status says about the lock: a subscriber that becomes locked gets the global lock,
    /// one that becomes active loses the lock that it had, unless another one is asked for.
    pub(super) fn settle_lock(&mut self, before: Option<&Details>) {
        let was = before.map_or(Status::Active, |before| before.status);
        let lock_before = before.and_then(|before| before.lock_level);
        match (was, self.status) {
            (Status::Active, Status::Locked) => self.lock_level = Some(GLOBAL),
            (Status::Locked, Status::Active) if self.lock_level == lock_before => self.lock_level = None,
            _ => {}
        }
    }
}

/// Refuses what is no user part of a SIP URI.
pub(crate) fn check_username(username: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,;?/%#".contains(c);
    if username.is_empty() || username.len() > 127 || !username.chars().all(fits) {
        return Err(Error::invalid("username", format!("`{username}` is not the user part of a SIP URI")));
    }
    Ok(())
}

/// Refuses whoever may not make or terminate subscribers: those who administer a customer may where it has a PBX.
pub(super) fn may_make(caller: &Caller, of_pbx: bool) -> Result<()> {
    caller.must_write()?;
    match caller.role {
        Role::Admin | Role::Reseller | Role::CareAdmin | Role::Care => Ok(()),
        Role::Customer | Role::SubscriberAdmin if of_pbx => Ok(()),
        _ => Err(Error::NotAllowed("make or terminate subscribers".to_owned())),
    }
}

/// Refuses changes that are not for whoever acts for a customer, or for a subscriber alone.
pub(super) fn may_change(caller: &Caller, before: &Subscriber, after: &Details) -> Result<()> {
    caller.must_write()?;
    let own = |d: &Details| (d.email.clone(), d.timezone.clone(), d.display_name.clone());
    let of_operator = |d: &Details| {
        (d.status, d.lock_level, d.external_id.clone(), d.profile_set_id, d.profile_id, d.pbx.is_pbx_pilot)
    };
    let allowed = match caller.role {
        Role::Admin | Role::Reseller | Role::CareAdmin | Role::Care => true,
        Role::Customer | Role::SubscriberAdmin => of_operator(&before.details) == of_operator(after),
        Role::Subscriber => {
            let mut but_own = before.details.clone();
            (but_own.email, but_own.timezone, but_own.display_name) = own(after);
            but_own == *after
        }
        Role::Intercept => false,
    };
    if allowed { Ok(()) } else { Err(Error::NotAllowed("change this of a subscriber".to_owned())) }
}
