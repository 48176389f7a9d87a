//! Verifiers of new passwords, which take long to make on purpose: never while a transaction holds what others wait for.
//!
//! Whoever needs a verifier that is not made yet leaves the transaction with [`Failure::Later`]; it is made on a thread
//! that may be busy for a while, and the request is done again from its start. Requests that are refused for another
//! reason cost no hashing.

use std::sync::{Mutex, PoisonError};

use registry::login::Credentials;
use registry::subscriber::{SipPassword, WebPassword};
use web::Authenticator;

use super::error::{Failure, Outcome};

/// A password that a verifier is wanted of; it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Secret {
    /// Of a login, with its user name.
    Login(String, String),
    /// Of a subscriber's SIP account.
    Sip(String),
    /// Of a subscriber's access to its own pages.
    Web(String),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[derive(Clone)]
enum Made {
    Login(Credentials),
    Sip(SipPassword),
    Web(WebPassword),
}

/// The verifiers that a request has made so far.
#[derive(Default)]
pub(crate) struct Verifiers(Mutex<Vec<(Secret, Made)>>);

impl Verifiers {
    /// Those of a login's password.
    pub(crate) fn login(&self, username: &str, password: &str) -> Outcome<Credentials> {
        match self.find(Secret::Login(username.to_owned(), password.to_owned()))? {
            Made::Login(made) => Ok(made),
            _ => Err(mixed_up()),
        }
    }

    /// Those of a SIP password.
    pub(crate) fn sip(&self, password: &str) -> Outcome<SipPassword> {
        match self.find(Secret::Sip(password.to_owned()))? {
            Made::Sip(made) => Ok(made),
            _ => Err(mixed_up()),
        }
    }

    /// That of a web password.
    pub(crate) fn web(&self, password: &str) -> Outcome<WebPassword> {
        match self.find(Secret::Web(password.to_owned()))? {
            Made::Web(made) => Ok(made),
            _ => Err(mixed_up()),
        }
    }

    fn find(&self, secret: Secret) -> Outcome<Made> {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = made.iter().find(|(of, _)| *of == secret).map(|(_, made)| made.clone());
        found.ok_or(Failure::Later(secret))
    }

    /// Makes the verifier of a password, when it is its turn among all that hash passwords.
    ///
    /// # Errors
    /// The registry's, where the password is none.
    pub(crate) async fn make(&self, authenticator: &Authenticator, secret: Secret) -> Outcome<()> {
        let of = secret.clone();
        let made = authenticator.hash(move || match of {
            Secret::Login(username, password) => Credentials::new(&username, &password).map(Made::Login),
            Secret::Sip(password) => SipPassword::new(&password).map(Made::Sip),
            Secret::Web(password) => WebPassword::new(&password).map(Made::Web),
        });
        let made = made.await??;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((secret, made));
        Ok(())
    }
}

fn mixed_up() -> Failure {
    registry::Error::Internal("a verifier of another kind".to_owned()).into()
}
