//! What can be done to the accounts of an owner, beside adding, changing and removing them.

/// An operation on `bare@{o}.example`, with what follows the account in its parameters, and what it comes to for whoever
/// keeps the account; those for whom it is not are customers. Each leaves things as it has found them, together with
/// those next to it.
pub(super) struct Act {
    pub(super) port: &'static str,
    pub(super) operation: &'static str,
    pub(super) more: &'static str,
    pub(super) code: &'static str,
    pub(super) customers: bool,
}

const fn act(operation: &'static str, more: &'static str) -> Act {
    Act { port: "Sip", operation, more, code: "ok", customers: true }
}

const ENTRY: &str = "<entry><uri>sip:carol@example.net</uri><name>Carol</name></entry>";

pub(super) const ACTS: [Act; 24] = [
    act("addToGroup", "<group>anonymous</group>"),
    act("removeFromGroup", "<group>anonymous</group>"),
    act("getGroups", ""),
    Act { customers: false, ..act("addBalance", "<value>1</value>") },
    Act { customers: false, ..act("addBalance", "<value>-1</value>") },
    Act { code: "9002", ..act("addBalanceFromVoucher", "<card><number>4711</number></card>") },
    act("getCreditHistory", "<count>5</count>"),
    act("addPhonebookEntry", ENTRY),
    act("updatePhonebookEntry", ENTRY),
    act("getPhonebookEntries", "<match/>"),
    act("deletePhonebookEntry", "<uri>sip:carol@example.net</uri>"),
    act("setRejectMembers", "<members><item>sip:carol@example.net</item></members>"),
    act("setRejectMembers", "<members/>"),
    act("getRejectMembers", ""),
    act("setAcceptRules", "<rules/>"),
    act("getAcceptRules", ""),
    act("setBarringPrefixes", "<prefixes><item>0900</item></prefixes>"),
    act("setBarringPrefixes", "<prefixes/>"),
    act("getBarringPrefixes", ""),
    act("setCallDiversions", "<diversions/>"),
    act("getCallDiversions", ""),
    act("getCalls", "<query/>"),
    act("getCallStatistics", "<query/>"),
    Act { port: "Voicemail", ..act("setAnnouncement", "<message></message>") },
];

/// Operations that are in no table, and what stands for them: operations of customers, of routes and of what has no owner.
pub(super) const ELSEWHERE: [(&str, &str); 18] = [
    ("Customer", "addAccount"),
    ("Customer", "updateAccount"),
    ("Customer", "deleteAccount"),
    ("Customer", "getAccount"),
    ("Customer", "getCustomers"),
    ("Customer", "getResellers"),
    ("Customer", "setProperties"),
    ("Customer", "getProperties"),
    ("Sip", "addRoutes"),
    ("Sip", "updateRoutes"),
    ("Sip", "deleteRoutes"),
    ("Sip", "getRoutes"),
    ("Sip", "getPrepaidStatus"),
    ("Sip", "getSipDeviceLocations"),
    ("Sip", "getSipTrace"),
    ("Sip", "getMediaTrace"),
    ("Sip", "getMediaSummary"),
    ("Sip", "getMediaSessions"),
];
