//! The one place where errors take the shape of this dialect: faults with a code and words.
//!
//! Clients know some codes and act on them: 1001, 1010, 1011, 1030, 1031, 1060, 2000, 3002, 4001, 5000, 5001, 7001 and
//! 7003. The thousands are the port's; of a pair the even one says that there is none, the odd one that there is one. The
//! codes from 9000 on are ours.

use registry::{Error, quota};

/// Credentials are missing or wrong.
pub(crate) const NOT_AUTHENTICATED: u16 = 9000;
/// The caller may not do that.
pub(crate) const NOT_ALLOWED: u16 = 9001;
/// A value is wrong.
pub(crate) const INVALID: u16 = 9002;
/// A limit on a kind of record is reached.
pub(crate) const NO_CREDIT: u16 = 9003;
/// Other records refer to it.
pub(crate) const IN_USE: u16 = 9004;
/// It contradicts what is there.
pub(crate) const CONFLICT: u16 = 9005;
/// The request is no request.
pub(crate) const MALFORMED: u16 = 9006;
/// There is no such operation.
pub(crate) const NO_OPERATION: u16 = 9007;
/// A parameter names what is not there.
pub(crate) const DANGLING: u16 = 9008;
/// It can't be done now.
pub(crate) const UNAVAILABLE: u16 = 9009;
/// The server has failed.
pub(crate) const INTERNAL: u16 = 9010;

/// What each code from 9000 on means, for the documentation.
pub(crate) const OWN: &[(u16, &str)] = &[
    (NOT_AUTHENTICATED, "credentials are missing or wrong"),
    (NOT_ALLOWED, "the caller may not do that"),
    (INVALID, "a value is wrong"),
    (NO_CREDIT, "a credit is used up"),
    (IN_USE, "other records refer to it"),
    (CONFLICT, "it contradicts what is there"),
    (MALFORMED, "the request can't be read"),
    (NO_OPERATION, "there is no such operation"),
    (DANGLING, "a value names what is not there"),
    (UNAVAILABLE, "it can't be done at the moment"),
    (INTERNAL, "the server has failed"),
];

/// The kinds of record that have codes of their own: what there is none of, and what there is already.
pub(crate) const KINDS: &[(&str, u16, u16)] = &[
    ("domain", 1000, 1001),
    ("SIP account", 1010, 1011),
    ("subscriber", 1010, 1011),
    ("SIP alias", 1020, 1021),
    ("group", 1031, 1030),
    ("media trace", 1060, CONFLICT),
    ("voicemail account", 2000, 2001),
    ("ENUM range", 3000, 3001),
    ("ENUM number", 3002, 3003),
    ("rating profile", 4001, CONFLICT),
    ("customer", 5000, 5001),
    ("account", 5000, 5001),
    ("login", 5000, 5001),
    ("DNS zone", 7000, 7001),
    ("DNS record", 7002, 7003),
];

/// Whose fault it is (SOAP 1.1, section 4.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// What was asked.
    Client,
    /// Who was asked.
    Server,
    /// The envelope is of another version.
    Version,
}

impl Side {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Side::Client => "SOAP-ENV:Client",
            Side::Server => "SOAP-ENV:Server",
            Side::Version => "SOAP-ENV:VersionMismatch",
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Side::Client => "the request was refused",
            Side::Server => "the request failed",
            Side::Version => "the envelope is of another version of SOAP",
        }
    }
}

/// Why an operation has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) side: Side,
    pub(crate) code: u16,
    pub(crate) message: String,
}

impl Fault {
    fn client(code: u16, message: impl Into<String>) -> Fault {
        Fault { side: Side::Client, code, message: message.into() }
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Fault {
        Fault::client(MALFORMED, message)
    }

    pub(crate) fn version(message: impl Into<String>) -> Fault {
        Fault { side: Side::Version, ..Fault::malformed(message) }
    }

    pub(crate) fn not_authenticated(message: impl Into<String>) -> Fault {
        Fault::client(NOT_AUTHENTICATED, message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Fault {
        Fault::client(INVALID, message)
    }

    pub(crate) fn no_operation(message: impl Into<String>) -> Fault {
        Fault::client(NO_OPERATION, message)
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Fault {
        Fault { side: Side::Server, code: UNAVAILABLE, message: message.into() }
    }

    pub(crate) fn internal() -> Fault {
        Fault { side: Side::Server, code: INTERNAL, message: "internal error".to_owned() }
    }
}

/// The codes of a kind of record.
fn codes(kind: &str) -> Option<(u16, u16)> {
    KINDS.iter().find(|(name, ..)| *name == kind).map(|(_, missing, there)| (*missing, *there))
}

/// What fields of the registry are called here, where that is something else.
const FIELDS: &[(&str, &str)] = &[
    ("account_id", "customer"),
    ("reseller_id", "reseller"),
    ("owner_id", "owner"),
    ("min_digits", "minDigits"),
    ("max_digits", "maxDigits"),
    ("firstname", "firstName"),
    ("lastname", "lastName"),
    ("company", "organization"),
    ("vatnum", "vatNumber"),
    ("bank_account", "bankAccount"),
    ("billing_email", "billingEmail"),
    ("billing_address", "billingAddress"),
    ("company_code", "companyCode"),
    ("enum_number", "enum"),
    ("first_name", "firstName"),
    ("last_name", "lastName"),
    ("caller_id", "rpid"),
    ("call_limit", "callLimit"),
    ("answer_timeout", "timeout"),
    ("quickdial_prefix", "quickdialPrefix"),
    ("auth_token", "authToken"),
    ("carrier_name", "carrierName"),
    ("billing_id", "billingId"),
    ("min_length", "minLength"),
    ("max_length", "maxLength"),
    ("phonenumber", "tel"),
    ("faxnumber", "fax"),
    ("mobilenumber", "mobile"),
    ("street", "address"),
];

fn renamed(names: &[(&'static str, &'static str)], name: &'static str) -> &'static str {
    names.iter().find(|(registry, _)| *registry == name).map_or(name, |(_, here)| here)
}

/// The error in the words of this dialect.
fn translated(error: Error) -> Error {
    match error {
        Error::Invalid { field, message } => Error::Invalid { field: renamed(FIELDS, field), message },
        Error::Dangling { field, value } => Error::Dangling { field: renamed(FIELDS, field), value },
        other => other,
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        let code = match &error {
            Error::NotFound { kind, .. } | Error::Terminated { kind, .. } => codes(kind).map_or(DANGLING, |c| c.0),
            Error::Taken { kind, .. } => codes(kind).map_or(CONFLICT, |c| c.1),
            Error::NotAuthenticated => NOT_AUTHENTICATED,
            Error::NotAllowed(_) => NOT_ALLOWED,
            Error::Invalid { .. } => INVALID,
            Error::Dangling { .. } => DANGLING,
            Error::InUse { .. } => IN_USE,
            Error::Quota { .. } | Error::NoCredit { .. } => NO_CREDIT,
            Error::Conflict(_) | Error::IllegalMove { .. } | Error::VendorRefused(_) => CONFLICT,
            Error::Unavailable(_) | Error::Store(store::Error::Unavailable(_) | store::Error::TimedOut(_)) => {
                UNAVAILABLE
            }
            Error::Store(_) | Error::Internal(_) => INTERNAL,
        };
        let side = if matches!(code, UNAVAILABLE | INTERNAL) { Side::Server } else { Side::Client };
        // Clients are not told why.
        match code {
            INTERNAL => tracing::error!(%error, "a call of the NGNPro service failed"),
            UNAVAILABLE => tracing::warn!(%error, "a call of the NGNPro service can't be answered now"),
            _ => {}
        }
        let message = match error {
            Error::Quota { kind, account, limit, used } => {
                let credit = kind.parse().map_or(kind, quota::Kind::credit);
                format!("{credit} of customer {account} is used up: it is {limit}, and there are {used}")
            }
            Error::Taken { kind: "group", value, .. } => format!("the SIP account is in the group `{value}` already"),
            Error::NotFound { kind: "group", key } => format!("the SIP account is not in the group `{key}`"),
            other => translated(other).public_message(),
        };
        Fault { side, code, message }
    }
}
