//! The ports and their operations.

mod customer;
mod dns;
mod enum_;

use crate::operation::Port;

/// All ports, in the order in which the WSDL has them.
pub(crate) static ALL: &[&Port] = &[&customer::CUSTOMER, &enum_::ENUM, &dns::DNS];
