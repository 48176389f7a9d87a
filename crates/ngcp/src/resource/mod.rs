//! The resources of the API, each declared in a file of its own.

use crate::kernel::Resource;

/// Lists the modules of resources and their declarations.
macro_rules! resources {
    ($($(#[$meta:meta])* $module:ident: $($resource:ident),+;)*) => {
        $(mod $module;)*
        /// Every resource.
        pub(crate) static ALL: &[&Resource] = &[$($(&$module::$resource),+),*];
    };
}

mod inventory;
mod papers;

resources! {
    admincerts: ADMINCERTS;
    admins: ADMINS;
    authtokens: AUTHTOKENS;
    bannedips: BANNEDIPS;
    bannedusers: BANNEDUSERS;
    billingfees: BILLINGFEES;
    billingprofiles: BILLINGPROFILES;
    billingzones: BILLINGZONES;
    callforwards: CALLFORWARDS;
    capabilities: CAPABILITIES;
    cfmappings: CFMAPPINGS;
    cfsets: CFDESTINATIONSETS, CFTIMESETS, CFSOURCESETS, CFBNUMBERSETS;
    contracts: CONTRACTS;
    customercontacts: CUSTOMERCONTACTS;
    customers: CUSTOMERS;
    domains: DOMAINS;
    numberorders: NUMBERORDERS;
    numberpools: NUMBERPOOLS;
    numberreservations: NUMBERRESERVATIONS;
    numbers: NUMBERS;
    numbervendorgroups: NUMBERVENDORGROUPS;
    numbervendors: NUMBERVENDORS;
    passwordchange: PASSWORDCHANGE;
    passwordrecovery: PASSWORDRECOVERY;
    passwordreset: PASSWORDRESET;
    platforminfo: PLATFORMINFO;
    preferencedefs: SUBSCRIBER, CUSTOMER, DOMAIN, PROFILE, RESELLER, PEER, DEVICE_MODEL, DEVICE_PROFILE, FIELD_DEVICE;
    preferences: SUBSCRIBERPREFERENCES, CUSTOMERPREFERENCES, DOMAINPREFERENCES, RESELLERPREFERENCES, PROFILEPREFERENCES,
        PEERINGSERVERPREFERENCES;
    resellers: RESELLERS;
    subscribers: SUBSCRIBERS;
    systemcontacts: SYSTEMCONTACTS;
    userinfo: USERINFO;
}

/// The resource of that name.
pub(crate) fn find(name: &str) -> Option<&'static Resource> {
    ALL.iter().find(|resource| resource.name == name).copied()
}
