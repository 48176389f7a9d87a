//! The levels on which preferences are set.

use serde::Serialize;

use crate::caller::{Caller, Role};
use crate::{Error, Result};

/// On which kind of owner a preference is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A subscriber.
    Subscriber,
    /// A SIP domain.
    Domain,
    /// A customer's account.
    Customer,
    /// A subscriber profile.
    Profile,
    /// A peering server.
    Peer,
    /// A reseller's account.
    Reseller,
    /// A location of a customer.
    Location,
    /// A model of a device.
    DeviceModel,
    /// A profile of a device.
    DeviceProfile,
    /// A device in the field.
    FieldDevice,
}

crate::text_enum!(Level, "level", {
    Subscriber => "subscriber", Domain => "domain", Customer => "customer", Profile => "profile", Peer => "peer",
    Reseller => "reseller", Location => "location", DeviceModel => "device_model",
    DeviceProfile => "device_profile", FieldDevice => "field_device",
});

impl Level {
    /// The letter that stands for the level in the table of attributes.
    pub(crate) fn letter(self) -> char {
        match self {
            Level::Subscriber => 'U',
            Level::Domain => 'D',
            Level::Customer => 'C',
            Level::Profile => 'P',
            Level::Peer => 'E',
            Level::Reseller => 'R',
            Level::Location => 'L',
            Level::DeviceModel => 'd',
            Level::DeviceProfile => 'v',
            Level::FieldDevice => 'f',
        }
    }

    /// The kind under which changes of the level are written into the journal.
    #[must_use]
    pub fn journal_kind(self) -> &'static str {
        match self {
            Level::Subscriber => "subscriber_preferences",
            Level::Domain => "domain_preferences",
            Level::Customer => "customer_preferences",
            Level::Profile => "profile_preferences",
            Level::Peer => "peer_preferences",
            Level::Reseller => "reseller_preferences",
            Level::Location => "location_preferences",
            Level::DeviceModel => "device_model_preferences",
            Level::DeviceProfile => "device_profile_preferences",
            Level::FieldDevice => "field_device_preferences",
        }
    }

    /// Refuses whoever may not set preferences of the level at all.
    pub(crate) fn must_be_settable_by(self, caller: &Caller) -> Result<()> {
        caller.must_write()?;
        let allowed: &[Role] = match self {
            Level::Subscriber => &[
                Role::Admin,
                Role::Reseller,
                Role::CareAdmin,
                Role::Care,
                Role::Customer,
                Role::SubscriberAdmin,
                Role::Subscriber,
            ],
            Level::Customer | Level::Location | Level::FieldDevice => {
                &[Role::Admin, Role::Reseller, Role::CareAdmin, Role::Care, Role::Customer, Role::SubscriberAdmin]
            }
            Level::Domain | Level::Profile | Level::DeviceModel | Level::DeviceProfile => {
                &[Role::Admin, Role::Reseller]
            }
            Level::Peer | Level::Reseller => &[Role::Admin],
        };
        if allowed.contains(&caller.role) {
            Ok(())
        } else {
            Err(Error::NotAllowed(format!("a {} may not set preferences of a {self}", caller.role)))
        }
    }
}
