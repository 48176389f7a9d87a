//! The one place where errors take the shape of this API.

use registry::Error;

use crate::function::Function;

/// The code of an incident: the only one that changes the HTTP status.
const INCIDENT: &str = "500";

/// One response of the envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The API's code.
    pub(crate) code: &'static str,
    /// The parameter that is to blame, or nothing.
    pub(crate) key: String,
    /// For people.
    pub(crate) message: String,
}

impl Refusal {
    /// 400: a parameter is wrong.
    pub(crate) fn wrong(key: &str, message: impl Into<String>) -> Refusal {
        Refusal { code: "400", key: key.to_owned(), message: message.into() }
    }

    pub(crate) fn is_incident(&self) -> bool {
        self.code == INCIDENT
    }
}

/// Why a function did not answer as it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Below the face.
    Registry(Error),
    /// In the face.
    Refused(Vec<Refusal>),
    /// Not a failure: the transaction went well and ends without a trace, because only that was to be found out.
    Validated,
}

impl Failure {
    pub(crate) fn wrong(key: &str, message: impl Into<String>) -> Failure {
        Failure::Refused(vec![Refusal::wrong(key, message)])
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Registry(error)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Failure {
        Failure::Registry(Error::Store(error))
    }
}

impl store::Retryable for Failure {
    fn is_retryable(&self) -> bool {
        matches!(self, Failure::Registry(error) if store::Retryable::is_retryable(error))
    }
}

/// An error of the registry as a response of that function. A conflict is blamed on the function's subject.
pub(crate) fn refusal(error: &Error, function: &Function) -> Refusal {
    let (code, key) = match error {
        Error::Invalid { field, .. } => ("400", parameter(field)),
        Error::NotFound { kind, .. } => ("404", of_kind(kind)),
        Error::NotAuthenticated => ("401", ""),
        Error::NotAllowed(_) => ("402", ""),
        Error::NoCredit { .. } => ("403", "customer"),
        Error::Dangling { field, .. } | Error::Taken { field, .. } => ("400", parameter(field)),
        Error::Conflict(_) | Error::IllegalMove { .. } | Error::InUse { .. } | Error::Terminated { .. } => {
            ("400", function.subject)
        }
        Error::Quota { .. } => ("402", ""),
        Error::VendorRefused(_) => ("400", "number"),
        Error::Unavailable(_) => ("503", ""),
        Error::Store(_) | Error::Internal(_) => (INCIDENT, ""),
    };
    let message = match error {
        Error::Invalid { message, .. } => message.clone(),
        other => other.public_message(),
    };
    Refusal { code, key: among(function, key).to_owned(), message }
}

/// The parameter if the function has it; else `id`, by which many functions name their record; else nothing.
fn among(function: &Function, key: &'static str) -> &'static str {
    let all = function.all_parameters();
    [key, "id"].into_iter().find(|name| !key.is_empty() && all.iter().any(|p| p.name == *name)).unwrap_or_default()
}

/// The API's name of a field of the registry.
fn parameter(field: &'static str) -> &'static str {
    match field {
        "account" => "customer",
        "destination" => "dnumber",
        "group" => "nvgroup",
        "prefix" => "preferred",
        "reason" => "blocked",
        same => same,
    }
}

/// The parameter that names a record of that kind.
fn of_kind(kind: &'static str) -> &'static str {
    match kind {
        "account" => "customer",
        "number" => "number",
        "pool" => "ingroup",
        "vendor" => "vendor",
        "order" | "vendor link" => "id",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use registry::Money;
    use registry::number::State;

    use super::*;
    use crate::category::find;

    #[test]
    fn every_error_has_its_code_and_key() {
        let update = find("numbers/update").unwrap();
        let cases = [
            (Error::invalid("destination", "`x` is no URI"), "400", "dnumber", "`x` is no URI"),
            (Error::invalid("alias", "too long"), "400", "", "too long"),
            (Error::not_found("number", 44), "404", "number", "number 44 not found"),
            (Error::NotAuthenticated, "401", "", "user name or password incorrect"),
            (Error::NotAllowed("no".to_owned()), "402", "", "not allowed: no"),
            (Error::Conflict("taken".to_owned()), "400", "number", "taken"),
            (Error::VendorRefused("sold".to_owned()), "400", "number", "the vendor refused: sold"),
            (Error::Unavailable("busy".to_owned()), "503", "", "unavailable: busy"),
            (Error::Internal("secret".to_owned()), "500", "", "internal error"),
            (Error::Store(store::Error::Engine("secret".to_owned())), "500", "", "internal error"),
        ];
        for (error, code, key, message) in cases {
            let expected = Refusal { code, key: key.to_owned(), message: message.to_owned() };
            assert_eq!(refusal(&error, update), expected);
        }
        let key = |error: Error, path| refusal(&error, find(path).unwrap()).key;
        assert_eq!(key(Error::not_found("pool", 7), "numbers/available/list"), "ingroup");
        assert_eq!(key(Error::not_found("pool", 7), "ingroups/get"), "id");
        assert_eq!(key(Error::not_found("account", 7), "numbers/list"), "customer");
        assert_eq!(key(Error::not_found("vendor", "x"), "ingroups/nvgroups/create"), "vendor");
        assert_eq!(key(Error::not_found("vendor link", 7), "ingroups/nvgroups/get"), "id");
        assert_eq!(key(Error::Conflict("linked".to_owned()), "ingroups/nvgroups/create"), "nvgroup");
        let illegal = Error::IllegalMove { digits: "44".to_owned(), from: State::Aging, to: State::Reserved };
        assert_eq!((refusal(&illegal, update).code, refusal(&illegal, update).key.as_str()), ("400", "number"));
        let poor = Error::NoCredit { account: 2, needed: Money(1), left: Money::ZERO, currency: "EUR".to_owned() };
        assert_eq!(refusal(&poor, update).code, "403");
    }
}
