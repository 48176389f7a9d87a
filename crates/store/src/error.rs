//! What can go wrong between a statement and its rows.

/// An error of the database layer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A unique key refused the row; the text names the key or its columns.
    #[error("unique key violated: {0}")]
    Unique(String),
    /// A foreign key refused the change.
    #[error("foreign key violated: {0}")]
    ForeignKey(String),
    /// The transaction did not commit and may be run again as a whole.
    #[error("transaction must be retried: {0}")]
    Retry(String),
    /// The database can't be reached, or the connection was lost when it is not known whether a commit took effect.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// A statement took longer than it may and was ended; nothing was committed.
    #[error("statement took too long: {0}")]
    TimedOut(String),
    /// A row was expected and there is none.
    #[error("no row")]
    NoRow,
    /// A column holds something else than the code expects.
    #[error("column {column}: {found} is not {wanted}")]
    Decode {
        /// The column's name.
        column: String,
        /// What kind of value was found.
        found: &'static str,
        /// What kind of value was wanted.
        wanted: &'static str,
    },
    /// The schema in the database is not one this program knows.
    #[error("schema: {0}")]
    Schema(String),
    /// Anything else that the engine said.
    #[error("database: {0}")]
    Engine(String),
}

/// The result of a database call.
pub type Result<T> = std::result::Result<T, Error>;

/// An error that knows whether the transaction it ended may be run again.
pub trait Retryable: From<Error> {
    /// True when nothing was committed and a new attempt may succeed.
    fn is_retryable(&self) -> bool;
}

impl Retryable for Error {
    fn is_retryable(&self) -> bool {
        matches!(self, Error::Retry(_))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        if let rusqlite::Error::SqliteFailure(failure, message) = &error {
            let text = message.clone().unwrap_or_else(|| error.to_string());
            return match (failure.code, failure.extended_code) {
                (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Error::Retry(text),
                (_, rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Error::ForeignKey(text),
                (_, rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
                    Error::Unique(text)
                }
                _ => Error::Engine(text),
            };
        }
        Error::Engine(error.to_string())
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            // The connection broke before the server answered. `Tx::commit` turns this into `Unavailable`.
            return Error::Retry(chain(&error));
        };
        let text = match db.detail() {
            Some(detail) => format!("{} ({detail})", db.message()),
            None => db.message().to_owned(),
        };
        match db.code().code() {
            "23505" => Error::Unique(db.constraint().map_or(text, str::to_owned)),
            "23503" => Error::ForeignKey(text),
            // serialization failure, deadlock, read-only after a switch-over, server shutting down or starting
            "40001" | "40P01" | "25006" | "57P01" | "57P02" | "57P03" => Error::Retry(text),
            "57014" => Error::TimedOut(text),
            _ => Error::Engine(text),
        }
    }
}

/// The message of an error followed by those of its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
