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
}

/// How the rows of a resource are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// They belong to a reseller, a customer or a subscriber, and only those above see them.
    Owned,
    /// They are the operator's, and whoever may look at them sees all.
    Shared,
    /// There are none: one document, or nothing but a call.
    None,
}

/// The methods of a collection, then those of an item.
pub(super) const COLLECTION: [&str; 2] = ["GET", "POST"];
pub(super) const ITEM: [&str; 4] = ["GET", "PUT", "PATCH", "DELETE"];

const fn rule(name: &'static str, collection: [&'static str; 2], item: [&'static str; 4], rows: Rows) -> Rule {
    Rule { name, collection, item, rows }
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
    rule("admincerts", ["ARKCL", "ARKCL"], ["ARKCL", "", "", "ARKCL"], Rows::Owned),
    rule("admins", ["ARKCL", "ARKCL"], ["ARKCL", "ARKCL", "ARKCL", "ARKCL"], Rows::Owned),
    call("authtokens", EVERYONE),
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
    document("customerpreferencedefs", "ARKCM"),
    rule("customerpreferences", ["ARKCM", ""], ["ARKCM", "ARKCM", "ARKCM", ""], Rows::Owned),
    rule("customers", [STAFF, STAFF], ["ARKCM", STAFF, STAFF, ""], Rows::Owned),
    document("domainpreferencedefs", "AR"),
    rule("domainpreferences", ["AR", ""], ["AR", "AR", "AR", ""], Rows::Owned),
    rule("domains", [STAFF, "AR"], ["AR", "", "", "AR"], Rows::Owned),
    rule("numberorders", ["AR", "AR"], ["AR", "", "", ""], Rows::Shared),
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
    document("peeringserverpreferencedefs", "A"),
    rule("peeringserverpreferences", ["A", ""], ["A", "A", "A", ""], Rows::None),
    document("platforminfo", "ARKCLMS"),
    document("profilepreferencedefs", "AR"),
    rule("profilepreferences", ["AR", ""], ["AR", "AR", "AR", ""], Rows::None),
    rule("resellers", ["A", "A"], ["A", "A", "A", ""], Rows::Owned),
    document("resellerpreferencedefs", "A"),
    rule("resellerpreferences", ["A", ""], ["A", "A", "A", ""], Rows::Owned),
    document("subscriberpreferencedefs", EVERYONE),
    rule("subscriberpreferences", [EVERYONE, ""], [EVERYONE, EVERYONE, EVERYONE, ""], Rows::Owned),
    rule("subscribers", [EVERYONE, "ARKCM"], [EVERYONE, EVERYONE, EVERYONE, "ARKCM"], Rows::Owned),
    rule("systemcontacts", ["A", "A"], ["A", "A", "A", "A"], Rows::Owned),
    document("userinfo", "ARKCLMS"),
];

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
        methods.push("OPTIONS");
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods
    }

    /// Whether a role has anything to do with the resource.
    pub(super) fn is_for(&self, role: char) -> bool {
        self.collection.iter().chain(&self.item).any(|roles| roles.contains(role))
    }
}
