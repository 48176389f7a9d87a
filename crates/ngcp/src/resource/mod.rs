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
mod recording;
mod topups;

resources! {
    admincerts: ADMINCERTS;
    admins: ADMINS;
    applyrewrites: APPLYREWRITES;
    authtokens: AUTHTOKENS;
    autoattendants: AUTOATTENDANTS;
    balanceintervals: BALANCEINTERVALS;
    bannedips: BANNEDIPS;
    bannedusers: BANNEDUSERS;
    billingfees: BILLINGFEES;
    billingnetworks: BILLINGNETWORKS;
    billingprofiles: BILLINGPROFILES;
    billingzones: BILLINGZONES;
    callforwards: CALLFORWARDS;
    capabilities: CAPABILITIES;
    cfmappings: CFMAPPINGS;
    cfsets: CFDESTINATIONSETS, CFTIMESETS, CFSOURCESETS, CFBNUMBERSETS;
    contracts: CONTRACTS;
    customerbalances: CUSTOMERBALANCES;
    customercontacts: CUSTOMERCONTACTS;
    customerlocations: CUSTOMERLOCATIONS;
    creditholds: CREDITHOLDS;
    customerfraudevents: CUSTOMERFRAUDEVENTS;
    customerfraudpreferences: CUSTOMERFRAUDPREFERENCES;
    customers: CUSTOMERS;
    events: EVENTS;
    feelookups: FEELOOKUPS;
    domains: DOMAINS;
    headerruleactions: HEADERRULEACTIONS;
    headerruleconditions: HEADERRULECONDITIONS;
    headerrules: HEADERRULES;
    headerrulesets: HEADERRULESETS;
    emailtemplates: EMAILTEMPLATES;
    emergencymappingcontainers: EMERGENCYMAPPINGCONTAINERS;
    emergencymappings: EMERGENCYMAPPINGS;
    empty: CALLCONTROLS, CALLLISTS, CALLQUEUES, CALLRECORDINGFILES, CALLRECORDINGS, CALLRECORDINGSTREAMS, CALLS,
        CONVERSATIONS, CUSTOMERZONECOSTS, FAXES, FAXRECORDINGS, INVOICES, MALICIOUSCALLS, PARTYCALLCONTROLS,
        PBXDEVICECONFIGFILES, PBXDEVICECONFIGS, PBXDEVICEFIRMWAREBINARIES, PBXDEVICEFIRMWARES, PBXDEVICEMODELIMAGES,
        PBXDEVICEMODELS, PBXDEVICEPREFERENCES, PBXDEVICEPROFILEPREFERENCES, PBXDEVICEPROFILES, PBXDEVICES,
        PBXFIELDDEVICEPREFERENCES, SIPCAPTURES, SMS, VOICEMAILRECORDINGS, VOICEMAILS;
    interceptions: INTERCEPTIONS;
    metaconfigdefs: METACONFIGDEFS;
    ncoslevels: NCOSLEVELS;
    ncoslnpcarriers: NCOSLNPCARRIERS;
    ncoslnppatterns: NCOSLNPPATTERNS;
    ncospatterns: NCOSPATTERNS;
    invoicetemplates: INVOICETEMPLATES;
    lnpcarriers: LNPCARRIERS;
    lnpimports: LNPIMPORTS;
    lnpnumbers: LNPNUMBERS;
    numberorders: NUMBERORDERS;
    numberpools: NUMBERPOOLS;
    numberreservations: NUMBERRESERVATIONS;
    numbers: NUMBERS;
    numbervendorgroups: NUMBERVENDORGROUPS;
    numbervendors: NUMBERVENDORS;
    otpsecret: OTPSECRET;
    passwordchange: PASSWORDCHANGE;
    passwordrecovery: PASSWORDRECOVERY;
    passwordreset: PASSWORDRESET;
    pbxusers: PBXUSERS;
    peeringgroups: PEERINGGROUPS;
    peeringinboundrules: PEERINGINBOUNDRULES;
    peeringrules: PEERINGRULES;
    peeringservers: PEERINGSERVERS;
    phonebooks: RESELLERPHONEBOOKENTRIES, CUSTOMERPHONEBOOKENTRIES, SUBSCRIBERPHONEBOOKENTRIES;
    platforminfo: PLATFORMINFO;
    preferencedefs: SUBSCRIBER, CUSTOMER, DOMAIN, PROFILE, RESELLER, PEER, DEVICE_MODEL, DEVICE_PROFILE, FIELD_DEVICE;
    preferences: SUBSCRIBERPREFERENCES, CUSTOMERPREFERENCES, DOMAINPREFERENCES, RESELLERPREFERENCES, PROFILEPREFERENCES,
        PEERINGSERVERPREFERENCES, ACTIVESUBSCRIBERPREFERENCES;
    preferencesmetaentries: PREFERENCESMETAENTRIES;
    profilepackages: PROFILEPACKAGES;
    provisioningtemplates: PROVISIONINGTEMPLATES;
    reminders: REMINDERS;
    resellerbrandings: RESELLERBRANDINGS, RESELLERBRANDINGLOGOS;
    resellers: RESELLERS;
    rewriterules: REWRITERULES;
    rewriterulesets: REWRITERULESETS;
    services: CCMAPENTRIES, FAXSERVERSETTINGS, MAILTOFAXSETTINGS, MANAGERSECRETARY, SPEEDDIALS, VOICEMAILSETTINGS;
    subscriberlocationmappings: SUBSCRIBERLOCATIONMAPPINGS;
    subscriberprofiles: SUBSCRIBERPROFILES;
    subscriberprofilesets: SUBSCRIBERPROFILESETS;
    soundfiles: SOUNDFILES, SOUNDFILERECORDINGS;
    soundhandles: SOUNDGROUPS, SOUNDHANDLES;
    soundsets: SOUNDSETS;
    subscriberregistrations: SUBSCRIBERREGISTRATIONS;
    subscribers: SUBSCRIBERS;
    systemcontacts: SYSTEMCONTACTS;
    timesets: TIMESETS;
    topupcash: TOPUPCASH;
    topuplogs: TOPUPLOGS;
    topupvouchers: TOPUPVOUCHERS;
    trustedsources: TRUSTEDSOURCES;
    upnrewritesets: UPNREWRITESETS;
    userinfo: USERINFO;
    voicemailgreetings: VOICEMAILGREETINGS;
    vouchers: VOUCHERS;
}

/// The resource of that name.
pub(crate) fn find(name: &str) -> Option<&'static Resource> {
    ALL.iter().find(|resource| resource.name == name).copied()
}
