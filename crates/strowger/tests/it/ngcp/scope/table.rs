//! The table of roles and verbs. A role is a letter: A administrator, R reseller, K care of all resellers, C care of one,
//! L lawful interception, M subscriber that administers its customer, S subscriber.

/// Who may use the methods of a resource; nobody: there is no such method.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// `GET` and `POST` of the collection.
    pub(super) collection: [&'static str; 2],
    /// `GET`, `PUT`, `PATCH` and `DELETE` of an item.
    pub(super) item: [&'static str; 4],
    pub(super) rows: Rows,
    /// Who sees it although there is no method for it.
    pub(super) seen: &'static str,
}

/// How the rows of a resource are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// They belong to a reseller, a customer or a subscriber, and only those above see them.
    Owned,
    /// As those; but the collection is no list of them.
    Apart,
    /// They are the operator's, and whoever may look at them sees all.
    Shared,
    /// There are none: one document, or nothing but a call.
    None,
}

/// The methods of a collection, then those of an item.
pub(super) const COLLECTION: [&str; 2] = ["GET", "POST"];
pub(super) const ITEM: [&str; 4] = ["GET", "PUT", "PATCH", "DELETE"];

const fn rule(name: &'static str, collection: [&'static str; 2], item: [&'static str; 4], rows: Rows) -> Rule {
    Rule { name, collection, item, rows, seen: "" }
}

/// A collection that these may read, with nothing in it.
const fn empty(name: &'static str, readers: &'static str) -> Rule {
    rule(name, [readers, ""], [readers, "", "", ""], Rows::None)
}

/// A resource that these see and can do nothing with.
const fn named(name: &'static str, seen: &'static str) -> Rule {
    Rule { seen, ..rule(name, ["", ""], ["", "", "", ""], Rows::None) }
}

/// A document that these may read.
const fn document(name: &'static str, readers: &'static str) -> Rule {
    rule(name, [readers, ""], ["", "", "", ""], Rows::None)
}

/// A call that these may make.
const fn call(name: &'static str, callers: &'static str) -> Rule {
    rule(name, ["", callers], ["", "", "", ""], Rows::None)
}

const STAFF: &str = "ARKC";
const EVERYONE: &str = "ARKCMS";

pub(super) const TABLE: &[Rule] = &[
    rule("activesubscriberpreferences", [EVERYONE, ""], [EVERYONE, "", "", ""], Rows::Owned),
    rule("admincerts", ["ARKCL", "ARKCL"], ["ARKCL", "", "", "ARKCL"], Rows::Owned),
    rule("admins", ["ARKCL", "ARKCL"], ["ARKCL", "ARKCL", "ARKCL", "ARKCL"], Rows::Owned),
    call("applyrewrites", "ARMS"),
    call("authtokens", EVERYONE),
    rule("balanceintervals", [STAFF, ""], [STAFF, "", "", ""], Rows::Owned),
    rule("billingnetworks", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("customerbalances", [STAFF, ""], [STAFF, "AR", "AR", ""], Rows::Owned),
    rule("profilepackages", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    call("topupcash", "AR"),
    rule("topuplogs", ["AR", ""], ["AR", "", "", ""], Rows::Owned),
    call("topupvouchers", "AR"),
    rule("vouchers", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("bannedips", ["A", ""], ["A", "", "", "A"], Rows::Shared),
    rule("bannedusers", ["A", ""], ["A", "", "", "A"], Rows::Shared),
    rule("billingfees", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("billingprofiles", [STAFF, "AR"], [STAFF, "AR", "AR", "AR"], Rows::Owned),
    rule("billingzones", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("callforwards", [EVERYONE, ""], [EVERYONE, EVERYONE, EVERYONE, EVERYONE], Rows::Owned),
    rule("capabilities", [EVERYONE, ""], [EVERYONE, "", "", ""], Rows::Shared),
    rule("cfbnumbersets", [EVERYONE, EVERYONE], [EVERYONE, EVERYONE, EVERYONE, EVERYONE], Rows::Owned),
    rule("cfdestinationsets", [EVERYONE, EVERYONE], [EVERYONE, EVERYONE, EVERYONE, EVERYONE], Rows::Owned),
    rule("cfmappings", [EVERYONE, ""], [EVERYONE, EVERYONE, EVERYONE, ""], Rows::Owned),
    rule("cfsourcesets", [EVERYONE, EVERYONE], [EVERYONE, EVERYONE, EVERYONE, EVERYONE], Rows::Owned),
    rule("cftimesets", [EVERYONE, EVERYONE], [EVERYONE, EVERYONE, EVERYONE, EVERYONE], Rows::Owned),
    rule("contracts", ["A", "A"], ["A", "A", "A", ""], Rows::Owned),
    rule("customercontacts", [STAFF, STAFF], [STAFF, STAFF, STAFF, STAFF], Rows::Owned),
    rule("customerlocations", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    document("customerpreferencedefs", "ARKCM"),
    rule("customerpreferences", ["ARKCM", ""], ["ARKCM", "ARKCM", "ARKCM", ""], Rows::Owned),
    rule("customers", [STAFF, STAFF], ["ARKCM", STAFF, STAFF, ""], Rows::Owned),
    document("domainpreferencedefs", "AR"),
    rule("domainpreferences", ["AR", ""], ["AR", "AR", "AR", ""], Rows::Owned),
    rule("domains", [STAFF, "AR"], ["AR", "", "", "AR"], Rows::Owned),
    rule("headerruleactions", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("headerruleconditions", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("headerrules", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("headerrulesets", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("ncoslevels", ["ARM", "AR"], ["ARM", "AR", "AR", "AR"], Rows::Owned),
    rule("ncoslnpcarriers", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("ncoslnppatterns", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("ncospatterns", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("lnpcarriers", ["AR", "A"], ["AR", "A", "A", "A"], Rows::Shared),
    rule("lnpimports", ["A", ""], ["A", "", "", ""], Rows::Shared),
    rule("lnpnumbers", ["A", "A"], ["A", "A", "A", "A"], Rows::Shared),
    rule("numberorders", ["AR", "AR"], ["AR", "", "", ""], Rows::Owned),
    rule("numberpools", ["AR", "A"], ["AR", "A", "A", "A"], Rows::Shared),
    rule("numberreservations", ["AR", "AR"], ["AR", "", "", "AR"], Rows::Owned),
    rule("numbers", ["ARM", ""], ["ARM", "ARM", "ARM", ""], Rows::Owned),
    rule("numbervendorgroups", ["A", "A"], ["A", "A", "A", "A"], Rows::Shared),
    rule("numbervendors", ["A", ""], ["A", "", "", ""], Rows::Shared),
    call("passwordchange", "ARKCLMS"),
    call("passwordrecovery", "ARKCLMS"),
    call("passwordreset", "ARKCLMS"),
    document("pbxdevicepreferencedefs", "AR"),
    document("pbxdeviceprofilepreferencedefs", "AR"),
    document("pbxfielddevicepreferencedefs", "ARKCM"),
    rule("peeringgroups", ["A", "A"], ["A", "A", "A", "A"], Rows::Shared),
    rule("peeringinboundrules", ["A", "A"], ["A", "A", "A", "A"], Rows::Shared),
    rule("peeringrules", ["A", "A"], ["A", "A", "A", "A"], Rows::Shared),
    document("peeringserverpreferencedefs", "A"),
    rule("peeringserverpreferences", ["A", ""], ["A", "A", "A", ""], Rows::Shared),
    rule("peeringservers", ["A", "A"], ["A", "A", "A", "A"], Rows::Shared),
    document("platforminfo", "ARKCLMS"),
    document("profilepreferencedefs", "AR"),
    rule("preferencesmetaentries", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("profilepreferences", ["AR", ""], ["AR", "AR", "AR", ""], Rows::Owned),
    rule("autoattendants", ["ARMS", ""], ["ARMS", "ARMS", "ARMS", ""], Rows::Owned),
    rule("emailtemplates", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("invoicetemplates", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("resellerbrandinglogos", [EVERYONE, ""], [EVERYONE, "", "", ""], Rows::Apart),
    rule("resellerbrandings", [EVERYONE, "AR"], [EVERYONE, "AR", "AR", "AR"], Rows::Owned),
    rule("soundfilerecordings", ["", ""], ["ARM", "", "", ""], Rows::Owned),
    rule("soundfiles", ["ARM", "ARM"], ["ARM", "ARM", "ARM", "ARM"], Rows::Owned),
    rule("soundgroups", ["ARM", ""], ["ARM", "", "", ""], Rows::Shared),
    rule("soundhandles", ["ARM", ""], ["ARM", "", "", ""], Rows::Shared),
    rule("soundsets", ["ARM", "ARM"], ["ARM", "ARM", "ARM", "ARM"], Rows::Owned),
    rule("resellers", ["A", "A"], ["A", "A", "A", ""], Rows::Owned),
    document("resellerpreferencedefs", "A"),
    rule("resellerpreferences", ["A", ""], ["A", "A", "A", ""], Rows::Owned),
    rule("rewriterules", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("rewriterulesets", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("subscriberlocationmappings", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    document("subscriberpreferencedefs", EVERYONE),
    rule("subscriberpreferences", [EVERYONE, ""], [EVERYONE, EVERYONE, EVERYONE, ""], Rows::Owned),
    rule("subscriberregistrations", [EVERYONE, EVERYONE], [EVERYONE, EVERYONE, EVERYONE, EVERYONE], Rows::Owned),
    rule("subscriberprofiles", ["ARMS", "AR"], ["ARMS", "AR", "AR", "AR"], Rows::Owned),
    rule("subscriberprofilesets", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("subscribers", [EVERYONE, "ARKCM"], [EVERYONE, EVERYONE, EVERYONE, "ARKCM"], Rows::Owned),
    rule("systemcontacts", ["A", "A"], ["A", "A", "A", "A"], Rows::Owned),
    rule("timesets", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("trustedsources", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("upnrewritesets", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("ccmapentries", ["AR", ""], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("customerphonebookentries", ["ARM", "ARM"], ["ARM", "ARM", "ARM", "ARM"], Rows::Owned),
    rule("faxserversettings", [EVERYONE, ""], [EVERYONE, EVERYONE, EVERYONE, ""], Rows::Owned),
    rule("mailtofaxsettings", [EVERYONE, ""], [EVERYONE, EVERYONE, EVERYONE, ""], Rows::Owned),
    rule("managersecretary", [EVERYONE, ""], [EVERYONE, EVERYONE, EVERYONE, ""], Rows::Owned),
    rule("reminders", [EVERYONE, EVERYONE], [EVERYONE, EVERYONE, EVERYONE, EVERYONE], Rows::Owned),
    rule("resellerphonebookentries", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("speeddials", [EVERYONE, ""], [EVERYONE, EVERYONE, EVERYONE, ""], Rows::Owned),
    rule("subscriberphonebookentries", ["ARMS", "ARMS"], ["ARMS", "ARMS", "ARMS", "ARMS"], Rows::Owned),
    rule("voicemailsettings", [EVERYONE, ""], [EVERYONE, EVERYONE, EVERYONE, ""], Rows::Owned),
    document("userinfo", "ARKCLMS"),
    named("callcontrols", EVERYONE),
    empty("calllists", EVERYONE),
    empty("callqueues", "ARM"),
    empty("callrecordingfiles", EVERYONE),
    empty("callrecordings", EVERYONE),
    empty("callrecordingstreams", EVERYONE),
    empty("calls", "AR"),
    empty("conversations", EVERYONE),
    rule("creditholds", ["AR", "AR"], ["AR", "AR", "AR", ""], Rows::Owned),
    rule("customerfraudevents", ["AR", ""], ["AR", "AR", "AR", ""], Rows::Owned),
    rule("customerfraudpreferences", [STAFF, ""], [STAFF, STAFF, STAFF, STAFF], Rows::Owned),
    empty("customerzonecosts", "AR"),
    rule("events", ["AR", ""], ["AR", "", "", ""], Rows::Owned),
    call("feelookups", "AR"),
    rule("emergencymappingcontainers", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    rule("emergencymappings", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    empty("faxes", EVERYONE),
    empty("faxrecordings", EVERYONE),
    rule("interceptions", ["AL", "AL"], ["AL", "AL", "AL", "AL"], Rows::Shared),
    empty("invoices", "AR"),
    empty("maliciouscalls", "ARMS"),
    document("metaconfigdefs", "AR"),
    document("otpsecret", "ARKCLMS"),
    named("partycallcontrols", "AR"),
    empty("pbxdeviceconfigfiles", "AR"),
    empty("pbxdeviceconfigs", "AR"),
    empty("pbxdevicefirmwarebinaries", "AR"),
    empty("pbxdevicefirmwares", "AR"),
    empty("pbxdevicemodelimages", "ARMS"),
    empty("pbxdevicemodels", "ARMS"),
    empty("pbxdevicepreferences", "AR"),
    empty("pbxdeviceprofilepreferences", "AR"),
    empty("pbxdeviceprofiles", "ARMS"),
    empty("pbxdevices", "ARMS"),
    empty("pbxfielddevicepreferences", "ARKCM"),
    rule("pbxusers", ["ARMS", ""], ["ARMS", "", "", ""], Rows::Owned),
    rule("provisioningtemplates", ["AR", "AR"], ["AR", "AR", "AR", "AR"], Rows::Owned),
    empty("sipcaptures", "AR"),
    empty("sms", "ARMS"),
    rule("voicemailgreetings", [EVERYONE, EVERYONE], [EVERYONE, EVERYONE, "", EVERYONE], Rows::Owned),
    empty("voicemailrecordings", EVERYONE),
    empty("voicemails", EVERYONE),
];

/// Whose items can be removed many at a time, by whom: `DELETE` of the collection.
const CLEARED: [(&str, &str); 1] = [("lnpnumbers", "A")];

/// What can be called without credentials.
pub(super) const PUBLIC: [&str; 3] = ["passwordrecovery", "passwordreset", "platforminfo"];

impl Rule {
    /// The methods that a role may use, of the collection or of an item, as `OPTIONS` lists them.
    pub(super) fn methods(&self, of_item: bool, role: char) -> Vec<&'static str> {
        let pairs: Vec<(&str, &str)> = if of_item {
            ITEM.into_iter().zip(self.item).collect()
        } else {
            COLLECTION.into_iter().zip(self.collection).collect()
        };
        let mut methods: Vec<&str> =
            pairs.iter().filter(|(_, roles)| roles.contains(role)).map(|(method, _)| *method).collect();
        if !of_item && CLEARED.iter().any(|(name, roles)| *name == self.name && roles.contains(role)) {
            methods.push("DELETE");
        }
        methods.push("OPTIONS");
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods
    }

    /// Whether a role has anything to do with the resource.
    pub(super) fn is_for(&self, role: char) -> bool {
        self.collection.iter().chain(&self.item).chain([&self.seen]).any(|roles| roles.contains(role))
    }
}
