//! What is kept of passwords: digests for SIP, SCRAM verifiers, and Argon2id for the web.
//!
//! [`SipPassword`] and [`WebPassword`] cost CPU and are made outside any transaction.

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

use crate::login::{argon2id, hex};
use crate::{Error, Result};

/// Iterations of a SCRAM verifier: the least that RFC 5802 allows, as clients compute them at each login.
const ITERATIONS: u32 = 4_096;

/// A new SIP password: a text with its SCRAM verifiers, or nothing but the digests that MD5 makes of one.
#[derive(Clone)]
pub struct SipPassword {
    secret: Secret,
    pub(crate) scram_sha1: Option<String>,
    pub(crate) scram_sha256: Option<String>,
}

#[derive(Clone)]
enum Secret {
    Text(String),
    Digests { ha1: String, ha1b: String },
}

impl std::fmt::Debug for SipPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl SipPassword {
    /// Takes a password and makes its verifiers.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is empty, longer than 128 characters or has control characters.
    pub fn new(text: &str) -> Result<SipPassword> {
        check("password", text)?;
        // RFC 5802 wants the form of RFC 4013; a password that has none is used as it is.
        let prepared = stringprep::saslprep(text).unwrap_or_else(|_| text.into());
        Ok(SipPassword {
            secret: Secret::Text(text.to_owned()),
            scram_sha1: Some(scram::<Sha1>(&prepared, &rand::random::<[u8; 16]>(), ITERATIONS)),
            scram_sha256: Some(scram::<Sha256>(&prepared, &rand::random::<[u8; 16]>(), ITERATIONS)),
        })
    }

    /// The digests that stand in a text for a password: those of `user:realm:password` and of `user@realm:realm:password`,
    /// 32 hexadecimal digits each, with a colon between them. Nothing else can be made of them, and nobody can tell whether
    /// user and realm are right.
    #[must_use]
    pub fn of_digests(text: &str) -> Option<SipPassword> {
        let is_digest = |text: &str| text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let (ha1, ha1b) = text.split_once(':').filter(|(ha1, ha1b)| is_digest(ha1) && is_digest(ha1b))?;
        let secret = Secret::Digests { ha1: ha1.to_ascii_lowercase(), ha1b: ha1b.to_ascii_lowercase() };
        Some(SipPassword { secret, scram_sha1: None, scram_sha256: None })
    }

    /// The text, where it is one.
    pub(crate) fn reveal(&self) -> Option<&str> {
        match &self.secret {
            Secret::Text(text) => Some(text),
            Secret::Digests { .. } => None,
        }
    }
}

/// The Argon2id verifier of a new web password.
#[derive(Clone)]
pub struct WebPassword(pub(crate) String);

impl std::fmt::Debug for WebPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl WebPassword {
    /// Makes the verifier; takes some 50 ms of CPU on purpose.
    ///
    /// # Errors
    /// [`Error::Invalid`] as for [`SipPassword::new`].
    pub fn new(text: &str) -> Result<WebPassword> {
        check("webpassword", text)?;
        Ok(WebPassword(argon2id(text)?))
    }
}

fn check(field: &'static str, text: &str) -> Result<()> {
    let fits = !text.is_empty() && text.chars().count() <= 128 && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(Error::invalid(field, "must have 1 to 128 characters that can be typed")) }
}

/// Digests of one password for one user of one realm, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) ha1: String,
    pub(crate) ha1b: String,
    pub(crate) ha1_sha256: Option<String>,
    pub(crate) ha1b_sha256: Option<String>,
}

impl Digests {
    /// Of `user:realm:password` (RFC 2617, RFC 8760) and, for phones that send the domain with the user name, of
    /// `user@realm:realm:password`.
    pub(crate) fn new(username: &str, realm: &str, password: &SipPassword) -> Digests {
        let text = match &password.secret {
            Secret::Text(text) => text,
            Secret::Digests { ha1, ha1b } => {
                return Digests { ha1: ha1.clone(), ha1b: ha1b.clone(), ha1_sha256: None, ha1b_sha256: None };
            }
        };
        let plain = format!("{username}:{realm}:{text}");
        let with_domain = format!("{username}@{realm}:{realm}:{text}");
        Digests {
            ha1: hex(&Md5::digest(&plain)),
            ha1b: hex(&Md5::digest(&with_domain)),
            ha1_sha256: Some(hex(&Sha256::digest(&plain))),
            ha1b_sha256: Some(hex(&Sha256::digest(&with_domain))),
        }
    }
}

/// A SCRAM verifier (RFC 5802): iterations, salt, stored key and server key.
fn scram<H>(password: &str, salt: &[u8], iterations: u32) -> String
where
    H: Digest + EagerHash,
    Hmac<H>: Mac + KeyInit + Clone + Sync,
{
    let size = <H as Digest>::output_size();
    let mut salted = vec![0; size];
    // It refuses only a key of a length that HMAC does not take, and HMAC takes any.
    pbkdf2::pbkdf2::<Hmac<H>>(password.as_bytes(), salt, iterations, &mut salted).ok();
    let client_key = keyed::<H>(&salted, b"Client Key");
    let stored_key = H::digest(&client_key);
    let server_key = keyed::<H>(&salted, b"Server Key");
    format!("{iterations}:{}:{}:{}", hex(salt), hex(&stored_key), hex(&server_key))
}

fn keyed<H>(key: &[u8], text: &[u8]) -> Vec<u8>
where
    H: EagerHash,
    Hmac<H>: Mac + KeyInit,
{
    match <Hmac<H> as KeyInit>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(text).finalize().into_bytes().to_vec(),
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_rfcs() {
        let password = SipPassword::new("Circle Of Life").unwrap();
        let digests = Digests::new("Mufasa", "testrealm@host.com", &password);
        assert_eq!(digests.ha1, "939e7578ed9e3c518a452acee763bce9");
        let password = SipPassword::new("Circle of Life").unwrap();
        let digests = Digests::new("Mufasa", "http-auth@example.org", &password);
        assert_eq!(digests.ha1, "3d78807defe7de2157e2b0b6573a855f");
        let sha256 = "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232";
        assert_eq!(digests.ha1_sha256.as_deref(), Some(sha256));
        let pair = format!("{}:{}", digests.ha1.to_uppercase(), digests.ha1b);
        let same = Digests::new("anybody", "anywhere", &SipPassword::of_digests(&pair).unwrap());
        assert_eq!((same.ha1, same.ha1b, same.ha1_sha256), (digests.ha1, digests.ha1b, None));
        for text in ["", "secret", "a:b", &"0".repeat(65), &format!("{}:{}", "g".repeat(32), "0".repeat(32))] {
            assert!(SipPassword::of_digests(text).is_none(), "{text}");
        }
    }

    #[test]
    fn scram_verifiers_are_those_of_the_rfcs() {
        // The keys behind the proofs that RFC 5802 §5 and RFC 7677 §3 print.
        let salt = [0x41, 0x25, 0xc2, 0x47, 0xe4, 0x3a, 0xb1, 0xe9, 0x3c, 0x6d, 0xff, 0x76];
        assert_eq!(
            scram::<Sha1>("pencil", &salt, 4_096),
            "4096:4125c247e43ab1e93c6dff76:e9d94660c39d65c38fbad91c358f14da0eef2bd6:\
             0fe09258b3ac852ba502cc62ba903eaacdbf7d31"
        );
        let salt = 0x5b6d_9968_9d12_358e_eca0_4b14_1236_fa81_u128.to_be_bytes();
        assert_eq!(
            scram::<Sha256>("pencil", &salt, 4_096),
            "4096:5b6d99689d12358eeca04b141236fa81:\
             586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6:\
             c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5"
        );
    }

    #[test]
    fn nothing_secret_is_printed() {
        let password = SipPassword::new("hush").unwrap();
        let shown = format!("{password:?} {:?}", WebPassword::new("hush"));
        assert_eq!(shown, "*** Ok(***)");
        assert!(SipPassword::new("").is_err() && SipPassword::new("a\nb").is_err());
    }
}
