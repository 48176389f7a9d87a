//! One closed set of errors; each face maps it once.

/// Why the registry refused or failed.
///
/// The variant decides what a caller may see and whether it is an incident ([`Error::is_incident`]).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The record does not exist, or the caller may not know that it does.
    #[error("{kind} {key} not found")]
    NotFound {
        /// What kind of record, such as `number`.
        kind: &'static str,
        /// The key that was asked for.
        key: String,
    },
    /// The caller is not known or its credentials are wrong.
    #[error("user name or password incorrect")]
    NotAuthenticated,
    /// The caller's role does not allow this.
    #[error("not allowed: {0}")]
    NotAllowed(String),
    /// A field's value is wrong.
    #[error("{field}: {message}")]
    Invalid {
        /// The field's name in the registry.
        field: &'static str,
        /// What is wrong with it, with the value unless it is secret.
        message: String,
    },
    /// The change contradicts what is there.
    #[error("{0}")]
    Conflict(String),
    /// Another record has the value, which must be unique.
    #[error("{kind}: {field} `{value}` exists already")]
    Taken {
        /// What kind of record.
        kind: &'static str,
        /// The field's name in the registry.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// A field names a record that does not exist, that the caller may not see, or that does not suit.
    #[error("{field}: {value} does not exist")]
    Dangling {
        /// The field's name in the registry.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// Other records refer to it.
    #[error("{kind} {key} is still in use")]
    InUse {
        /// What kind of record.
        kind: &'static str,
        /// Its key.
        key: String,
    },
    /// A limit on a kind of record is reached.
    #[error("account {account} may have {limit} of {kind} and has {used}")]
    Quota {
        /// What is limited, such as `subscribers`.
        kind: &'static str,
        /// The account whose limit it is.
        account: i64,
        /// How many it may have.
        limit: i64,
        /// How many it has.
        used: i64,
    },
    /// The record has come to its end and can't be changed any more.
    #[error("{kind} {key} is terminated")]
    Terminated {
        /// What kind of record.
        kind: &'static str,
        /// Its key.
        key: String,
    },
    /// A number can't make this move now.
    #[error("number {digits} can't go from {from} to {to}")]
    IllegalMove {
        /// The number.
        digits: String,
        /// The state it is in.
        from: number::State,
        /// The state it was to have.
        to: number::State,
    },
    /// The account can't pay.
    #[error("credit of account {account} does not suffice: {needed} {currency} needed, {left} {currency} left")]
    NoCredit {
        /// The account's id.
        account: i64,
        /// What was to be paid.
        needed: Money,
        /// What may still be spent.
        left: Money,
        /// The currency of both.
        currency: String,
    },
    /// The vendor refused.
    #[error("the vendor refused: {0}")]
    VendorRefused(String),
    /// Something that is needed can't be reached now.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The database refused or failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A fault of the program itself.
    #[error("internal error: {0}")]
    Internal(String),
}

use crate::Money;
use crate::number;

/// The result of a call of the registry.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A record that is not there.
    pub fn not_found(kind: &'static str, key: impl ToString) -> Error {
        Error::NotFound { kind, key: key.to_string() }
    }

    /// A wrong value.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Error {
        Error::Invalid { field, message: message.into() }
    }

    /// A value that another record has.
    pub fn taken(kind: &'static str, field: &'static str, value: impl ToString) -> Error {
        Error::Taken { kind, field, value: value.to_string() }
    }

    /// The same; where nothing was found, that the field which named it refers to what is not there.
    pub fn or_dangling(self, field: &'static str, value: impl ToString) -> Error {
        match self {
            Error::NotFound { .. } => Error::dangling(field, value),
            other => other,
        }
    }

    /// A reference to what is not there.
    pub fn dangling(field: &'static str, value: impl ToString) -> Error {
        Error::Dangling { field, value: value.to_string() }
    }

    /// Whether someone who runs the server should look at it: its cause is not in the request.
    #[must_use]
    pub fn is_incident(&self) -> bool {
        matches!(self, Error::Store(_) | Error::Internal(_))
    }

    /// What may be told to a caller; details of an incident stay in the log.
    #[must_use]
    pub fn public_message(&self) -> String {
        match self {
            Error::Store(store::Error::Unavailable(_)) => "the database can't be reached at the moment".to_owned(),
            Error::Store(store::Error::TimedOut(_)) => "the database takes too long at the moment".to_owned(),
            Error::Store(_) | Error::Internal(_) => "internal error".to_owned(),
            other => other.to_string(),
        }
    }
}

impl store::Retryable for Error {
    fn is_retryable(&self) -> bool {
        matches!(self, Error::Store(error) if error.is_retryable())
    }
}
