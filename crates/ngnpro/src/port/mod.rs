//! The ports and their operations.

mod customer;
mod dns;
mod enum_;
mod network;
mod rating;
mod sip;
mod voicemail;

pub(crate) use customer::CustomerAccount;

use crate::operation::Port;

/// All ports, in the order in which the WSDL has them.
pub(crate) static ALL: &[&Port] = &[
    &customer::CUSTOMER,
    &sip::SIP,
    &enum_::ENUM,
    &dns::DNS,
    &voicemail::VOICEMAIL,
    &rating::RATING,
    &network::NETWORK,
];
