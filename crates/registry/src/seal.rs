//! Sealing: secrets that a dialect must show again, kept encrypted with a key that is not in the database.
//!
//! XChaCha20-Poly1305 with a random nonce. What is sealed for one record is not opened for another.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};

use crate::{Error, Result};

/// The form of what is sealed; its first byte.
const FORM: u8 = 1;
const NONCE: usize = 24;

/// Seals and opens secrets.
#[derive(Clone)]
pub struct Sealer(XChaCha20Poly1305);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// With that key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Sealer {
        Sealer(XChaCha20Poly1305::new(&Key::from(*key)))
    }

    /// Seals a secret for what the context names, such as a record by its kind and uuid.
    ///
    /// # Errors
    /// [`Error::Internal`] where the secret is too long to be one.
    pub fn seal(&self, context: &str, secret: &str) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: secret.as_bytes(), aad: context.as_bytes() };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload);
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
        let secret = self.0.decrypt(&XNonce::from(nonce.ok_or_else(failed)?), payload).map_err(|_| failed())?;
        String::from_utf8(secret).map_err(|_| failed())
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
}
