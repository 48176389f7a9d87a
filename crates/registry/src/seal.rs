//! Sealing: secrets that a dialect must show again, kept encrypted with a key that is not in the database.
//!
//! XChaCha20-Poly1305 with a random nonce. What is sealed for one record is not opened for another.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use store::{FromVal, Val};

use crate::{Error, Result};

/// The form of what is sealed; its first byte.
const FORM: u8 = 1;
const NONCE: usize = 24;

/// Seals and opens secrets, and makes up those that nobody has set.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    digits: Hmac<Sha256>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// With that key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Sealer {
        // A key of its own, from which nothing of the other follows.
        let own: [u8; 32] = keyed(key).chain_update(b"digits").finalize().into_bytes().into();
        Sealer { cipher: XChaCha20Poly1305::new(&Key::from(*key)), digits: keyed(&own) }
    }

    /// Six digits for what the context names: the same each time, and nobody's guess who has not the key.
    #[must_use]
    pub fn six_digits(&self, context: &str) -> String {
        let hash = self.digits.clone().chain_update(context).finalize().into_bytes();
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    }

    /// Seals a secret for what the context names, such as a record by its kind and uuid.
    ///
    /// # Errors
    /// [`Error::Internal`] where the secret is too long to be one.
    pub fn seal(&self, context: &str, secret: &str) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: secret.as_bytes(), aad: context.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::Internal("a secret can't be sealed".to_owned()))?;
        Ok([&[FORM], &nonce[..], &sealed].concat())
    }

    /// Opens what was sealed in the same context.
    ///
    /// # Errors
    /// [`Error::Internal`] where the key or the context is another, or the bytes have been changed.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<String> {
        let failed = || Error::Internal(format!("{context}: what is sealed does not open with this server's key"));
        let (head, sealed) = sealed.split_at_checked(1 + NONCE).ok_or_else(failed)?;
        let nonce = head.strip_prefix(&[FORM]).and_then(|nonce| <[u8; NONCE]>::try_from(nonce).ok());
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        let secret = self.cipher.decrypt(&XNonce::from(nonce.ok_or_else(failed)?), payload).map_err(|_| failed())?;
        String::from_utf8(secret).map_err(|_| failed())
    }
}

/// HMAC takes keys of a block's length; a shorter one is filled up with zeros.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}

/// A secret as it is kept: sealed, or none. Nothing shows it as it is stored.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sealed(Option<Vec<u8>>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Sealed {
    /// Seals a secret, if there is one.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub fn new(sealer: &Sealer, context: &str, secret: Option<&str>) -> Result<Sealed> {
        Ok(Sealed(secret.map(|secret| sealer.seal(context, secret)).transpose()?))
    }

    /// The secret, if there is one.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub fn open(&self, sealer: &Sealer, context: &str) -> Result<Option<String>> {
        self.0.as_deref().map(|sealed| sealer.open(context, sealed)).transpose()
    }
}

impl From<Sealed> for Val {
    fn from(sealed: Sealed) -> Val {
        sealed.0.into()
    }
}

impl FromVal for Sealed {
    const WANTED: &'static str = "sealed bytes";
    fn from_val(value: &Val) -> Option<Self> {
        Option::from_val(value).map(Sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_with_the_same_key_and_context_only() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal("subscriber a", "sécret").unwrap();
        assert_eq!(sealer.open("subscriber a", &sealed).unwrap(), "sécret");
        assert_ne!(sealer.seal("subscriber a", "sécret").unwrap(), sealed, "a nonce is used once");
        assert!(!sealed.windows(4).any(|part| part == b"cret"));
        assert!(sealer.open("subscriber b", &sealed).is_err());
        assert!(Sealer::new(&[8; 32]).open("subscriber a", &sealed).is_err());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(sealer.open("subscriber a", &changed).is_err(), "byte {place}");
            assert!(sealer.open("subscriber a", &sealed[..place]).is_err(), "{place} bytes");
        }
        assert_eq!(format!("{sealer:?}"), "Sealer");
    }

    #[test]
    fn makes_up_digits_that_follow_from_the_key() {
        let [one, other] = [Sealer::new(&[7; 32]), Sealer::new(&[8; 32])];
        let contexts: Vec<String> = (0..1_000).map(|n| format!("subscriber {n}")).collect();
        let made: std::collections::HashSet<String> = contexts.iter().map(|context| one.six_digits(context)).collect();
        assert!(made.len() > 990, "{}", made.len());
        assert!(made.iter().all(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())));
        assert_eq!(one.six_digits("subscriber 1"), one.clone().six_digits("subscriber 1"));
        let same = contexts.iter().filter(|context| one.six_digits(context) == other.six_digits(context)).count();
        assert!(same < 5, "{same}");
    }
}
