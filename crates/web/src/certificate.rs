//! The certificate of the HTTPS listeners: the operator's own, or a self-signed one made once in the data folder.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoClientAuth;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ServerConfig, version};

use crate::once_file;
use crate::tls::AnyCertificate;

/// Names of the files in the data folder.
const CERTIFICATE_FILE: &str = "tls-certificate.pem";
const KEY_FILE: &str = "tls-key.pem";
/// How long a self-signed certificate holds: ten years, and a day before now for clocks that are behind.
const LIFE: Duration = Duration::from_secs(3_652 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);

/// A certificate chain and its private key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Why there is no certificate to listen with.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file can't be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] io::Error),
    /// A file holds no PEM section of the kind that is needed, or a broken one.
    #[error("{0}: no {1} in PEM form")]
    Pem(PathBuf, &'static str),
    /// A self-signed certificate could not be made.
    #[error("can't make a self-signed certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    #[error("the certificate and key can't be used: {0}")]
    Use(#[from] rustls::Error),
}

impl Identity {
    /// Reads a PEM file with the certificate chain, the server's own first, and a PEM file with its key.
    ///
    /// # Errors
    /// As [`CertificateError`] says; never with any part of the key.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let text = read(certificate)?;
        let no_certificate = || CertificateError::Pem(certificate.to_owned(), "certificate");
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|_| no_certificate())?;
        if chain.is_empty() {
            return Err(no_certificate());
        }
        Ok(Self { chain, key: read_key(key)? })
    }

    /// The self-signed certificate of the data folder, made at the first start: for `localhost`, `127.0.0.1`, `::1` and
    /// the machine's name, good for ten years from `now` (microseconds since 1970 UTC).
    ///
    /// Only its owner can read the key; the certificate is for everybody, so that clients can be told to trust it.
    ///
    /// # Errors
    /// As [`CertificateError`] says.
    pub fn self_signed_in(folder: &Path, now: i64) -> Result<Self, CertificateError> {
        let (certificate, key) = files_in(folder);
        if !key.exists() {
            make(&key, &KeyPair::generate()?.serialize_pem(), 0o600)?;
        }
        if !certificate.exists() {
            let text = String::from_utf8(read(&key)?).map_err(|_| no_key(&key))?;
            let pair = KeyPair::from_pem(&text)?;
            make(&certificate, &parameters(now)?.self_signed(&pair)?.pem(), 0o644)?;
        }
        Self::from_files(&certificate, &key)
    }

    /// The self-signed certificate of the data folder where it was made already; nothing is made.
    ///
    /// # Errors
    /// As [`CertificateError`] says, also where only one of the two files is good.
    pub fn found_in(folder: &Path) -> Result<Option<Self>, CertificateError> {
        let (certificate, key) = files_in(folder);
        match (certificate.exists(), key.exists()) {
            (false, false) => Ok(None),
            // The next start makes a certificate for this key.
            (false, true) => read_key(&key).map(|_| None),
            (true, _) => Self::from_files(&certificate, &key).map(Some),
        }
    }

    /// What a [`TlsListener`](crate::TlsListener) needs: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
    ///
    /// With `client_certificates` the listener asks for one; a client may have none. Browsers that hold certificates then
    /// ask their users, so it is for listeners of programs.
    ///
    /// # Errors
    /// Certificate and key do not fit.
    pub fn server_config(self, client_certificates: bool) -> Result<Arc<ServerConfig>, CertificateError> {
        let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
        let verifier: Arc<dyn ClientCertVerifier> = if client_certificates {
            Arc::new(AnyCertificate::new(provider.signature_verification_algorithms))
        } else {
            Arc::new(NoClientAuth)
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.chain, self.key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), b"http/1.0".to_vec()];
        Ok(Arc::new(config))
    }
}

fn files_in(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join(CERTIFICATE_FILE), folder.join(KEY_FILE))
}

fn no_key(path: &Path) -> CertificateError {
    CertificateError::Pem(path.to_owned(), "private key")
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|_| no_key(path))
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|error| CertificateError::File(path.to_owned(), error))
}

fn make(path: &Path, text: &str, mode: u32) -> Result<(), CertificateError> {
    once_file::create(path, text.as_bytes(), mode).map_err(|error| CertificateError::File(path.to_owned(), error))
}

fn parameters(now: i64) -> Result<CertificateParams, CertificateError> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.extend(host_name().filter(|name| name != "localhost"));
    let mut parameters = CertificateParams::new(names)?;
    let now = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_micros(now.try_into().unwrap_or(0));
    parameters.not_before = now - DAY;
    parameters.not_after = now + LIFE;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, "Strowger");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(parameters)
}

/// The machine's name, if it is one that can stand in a certificate.
fn host_name() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = text.trim().to_ascii_lowercase();
    let fits = (1..=253).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    fits.then_some(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;

    fn error(result: Result<Identity, CertificateError>) -> String {
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_self_signed_certificate_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let made = Identity::self_signed_in(folder.path(), NOW).unwrap();
        let again = Identity::self_signed_in(folder.path(), NOW + 1).unwrap();
        assert_eq!(made.chain, again.chain);
        let mode = |name| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(KEY_FILE), 0o600);
        assert_eq!(mode(CERTIFICATE_FILE) & 0o444, 0o444);
        made.server_config(true).unwrap();
    }

    #[test]
    fn looking_for_the_certificate_makes_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Identity::found_in(folder.path()).unwrap().is_none());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let made = Identity::self_signed_in(folder.path(), NOW).unwrap();
        assert_eq!(Identity::found_in(folder.path()).unwrap().unwrap().chain, made.chain);
        std::fs::remove_file(folder.path().join(CERTIFICATE_FILE)).unwrap();
        assert!(Identity::found_in(folder.path()).unwrap().is_none());
        std::fs::write(folder.path().join(KEY_FILE), "nothing").unwrap();
        let why = Identity::found_in(folder.path()).err().map(|error| error.to_string()).unwrap();
        assert!(why.ends_with("tls-key.pem: no private key in PEM form"), "{why}");
    }

    #[test]
    fn a_lost_certificate_is_made_again_for_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let made = Identity::self_signed_in(folder.path(), NOW).unwrap();
        std::fs::remove_file(folder.path().join(CERTIFICATE_FILE)).unwrap();
        let again = Identity::self_signed_in(folder.path(), NOW).unwrap();
        assert_eq!(made.key, again.key);
        again.server_config(false).unwrap();
    }

    #[test]
    fn what_is_wrong_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        Identity::self_signed_in(folder.path(), NOW).unwrap();
        let (certificate, key) = (folder.path().join(CERTIFICATE_FILE), folder.path().join(KEY_FILE));
        let missing = folder.path().join("missing.pem");
        assert!(error(Identity::from_files(&missing, &key)).contains("missing.pem: No such file"));
        assert!(error(Identity::from_files(&key, &key)).ends_with("tls-key.pem: no certificate in PEM form"));
        assert!(error(Identity::from_files(&certificate, &certificate)).ends_with("pem: no private key in PEM form"));
        let other = tempfile::tempdir().unwrap();
        Identity::self_signed_in(other.path(), NOW).unwrap();
        let mixed = Identity::from_files(&certificate, &other.path().join(KEY_FILE)).unwrap();
        assert!(matches!(mixed.server_config(false), Err(CertificateError::Use(_))));
    }
}
