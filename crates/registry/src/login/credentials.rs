//! Passwords as Argon2id verifiers.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use md5::Digest;

use crate::{Error, Result};

/// Shortest password that is accepted.
pub const MIN_PASSWORD: usize = 8;

/// Shortest password of a login that is an account's own user name and password: their clients make up such ones.
pub const MIN_ACCOUNT_PASSWORD: usize = 6;

/// Longest password that is accepted, in bytes.
pub const MAX_PASSWORD: usize = 1_000;

/// An Argon2id verifier; it is never shown.
#[derive(Clone)]
pub struct Verifier(String);

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Verifier {
    /// A verifier as it is stored. One that is empty or broken refuses every password.
    pub(crate) fn stored(text: String) -> Verifier {
        Verifier(text)
    }

    /// Whether there is any password that it takes.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether the password is the one that the verifier was made of. Takes some 50 ms of CPU on purpose.
    #[must_use]
    pub fn verify(&self, password: &str) -> bool {
        PasswordHash::new(&self.0)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    }
}

/// Verifiers of a new password, made outside any transaction because that takes a while.
#[derive(Clone)]
pub struct Credentials {
    pub(super) username: String,
    pub(super) password: String,
    pub(super) md5: String,
    pub(super) sha1: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.username)
    }
}

impl Credentials {
    /// Makes the verifiers; takes some 150 ms of CPU on purpose.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the user name is not one or the password is too short.
    pub fn new(username: &str, password: &str) -> Result<Credentials> {
        Credentials::of_at_least(MIN_PASSWORD, username, password)
    }

    /// As [`Credentials::new`], with a password of so many characters or more.
    ///
    /// # Errors
    /// As [`Credentials::new`].
    pub(crate) fn of_at_least(least: usize, username: &str, password: &str) -> Result<Credentials> {
        check_username(username)?;
        if password.chars().count() < least || password.len() > MAX_PASSWORD {
            let message = format!("must have {least} to {MAX_PASSWORD} characters");
            return Err(Error::invalid("password", message));
        }
        let pair = format!("{username}:{password}");
        Ok(Credentials {
            username: username.to_owned(),
            password: argon2id(password)?,
            md5: argon2id(&hex(&md5::Md5::digest(&pair)))?,
            sha1: argon2id(&hex(&sha1::Sha1::digest(&pair)))?,
        })
    }
}

impl Credentials {
    /// The user name.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }
}

#[cfg(test)]
impl Credentials {
    /// Verifiers that are good enough for a test and made in no time.
    pub(crate) fn weak(username: &str, password: &str) -> Credentials {
        let params = argon2::Params::new(8, 1, 1, None).expect("parameters");
        let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let hash = |secret: &str| argon2.hash_password(secret.as_bytes()).expect("a hash").to_string();
        Credentials {
            username: username.to_owned(),
            password: hash(password),
            md5: hash("md5 of it"),
            sha1: hash("sha1 of it"),
        }
    }
}

/// Refuses what can't be a user name.
///
/// # Errors
/// [`Error::Invalid`].
pub(super) fn check_username(username: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
    if username.is_empty() || username.len() > 100 || !username.chars().all(fits) {
        let message = format!("`{username}` must have 1 to 100 of the characters a-z A-Z 0-9 . _ - @ +");
        return Err(Error::invalid("username", message));
    }
    Ok(())
}

/// The verifier of a secret, to be stored.
///
/// # Errors
/// [`Error::Internal`] where the system has no randomness.
pub(crate) fn argon2id(secret: &str) -> Result<String> {
    Argon2::default()
        .hash_password(secret.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::Internal(format!("argon2: {error}")))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
