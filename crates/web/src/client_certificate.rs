//! Client certificates: made for a caller, and known again by their digest.

use std::time::Duration;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SerialNumber,
};
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{CertificateError, hex};

/// How long a client certificate holds by its own word: ten years, and a day before now for clocks that are behind.
/// What ends it is being revoked.
const LIFE: Duration = Duration::from_secs(3_652 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);

/// A new self-signed certificate and its private key (ECDSA on P-256). Nothing of it is kept but what the caller keeps.
pub struct ClientCertificate {
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// The private key in DER (PKCS #8).
    pub key: Vec<u8>,
    /// Certificate and private key, one after the other, in PEM.
    pub pem: String,
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientCertificate({})", certificate_digest(&self.certificate))
    }
}

impl ClientCertificate {
    /// Makes one with that common name and serial number, good from `now` (microseconds since 1970 UTC).
    ///
    /// # Errors
    /// [`CertificateError::Make`].
    pub fn new(name: &str, serial: i64, now: i64) -> Result<Self, CertificateError> {
        let mut parameters = CertificateParams::new(Vec::new())?;
        let now = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_micros(now.try_into().unwrap_or(0));
        parameters.not_before = now - DAY;
        parameters.not_after = now + LIFE;
        parameters.serial_number = Some(SerialNumber::from(serial.unsigned_abs()));
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let certificate = parameters.self_signed(&key)?;
        Ok(Self {
            pem: format!("{}{}", certificate.pem(), key.serialize_pem()),
            certificate: certificate.der().to_vec(),
            key: key.serialize_der(),
        })
    }
}

/// By what a certificate is known: the SHA-256 of its whole DER form, as 64 hexadecimal digits.
#[must_use]
pub fn certificate_digest(der: &[u8]) -> String {
    hex::encode(&Sha256::digest(der))
}

/// The subject of a certificate as text, such as `CN=somebody`; empty where it can't be read.
#[must_use]
pub fn certificate_subject(der: &[u8]) -> String {
    X509Certificate::from_der(der).map(|(_, certificate)| certificate.subject().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_780_000_000_000_000;

    #[test]
    fn says_whose_it_is_and_shows_no_key() {
        let made = ClientCertificate::new("a client of ours", 1 << 60, NOW).unwrap();
        assert_eq!(certificate_subject(&made.certificate), "CN=a client of ours");
        let (_, read) = X509Certificate::from_der(&made.certificate).unwrap();
        assert_eq!(read.raw_serial_as_string(), "10:00:00:00:00:00:00:00");
        assert_eq!(made.pem.matches("-----BEGIN ").count(), 2);
        let shown = format!("{made:?}");
        assert!(shown.contains(&certificate_digest(&made.certificate)) && !shown.contains("KEY"));
        let other = ClientCertificate::new("a client of ours", 1 << 60, NOW).unwrap();
        assert_ne!(certificate_digest(&made.certificate), certificate_digest(&other.certificate));
    }

    #[test]
    fn what_is_no_certificate_has_no_subject() {
        assert_eq!(certificate_subject(b""), "");
        assert_eq!(certificate_subject(&[0x30; 100]), "");
    }
}
