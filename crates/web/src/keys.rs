//! The shared key set: one small file that all servers on a database have alike.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rand::TryRng as _;
use rand::rngs::SysRng;
use sha2::{Digest as _, Sha256};

use crate::{hex, once_file};

/// A key of 32 bytes; its debug output is `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The bytes.
    pub fn reveal(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The keys that must be the same on every server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    /// Seals passwords that must be shown again.
    pub sealing: Key,
    /// Signs tokens.
    pub token: Key,
}

/// Why there is no key set.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read or made.
    #[error("keys file {0}: {1}")]
    File(PathBuf, #[source] io::Error),
    /// The file is not a key set; what it holds is not repeated.
    #[error("keys file {0}: line {1} is not `sealing = …` or `token = …` with 64 hexadecimal digits")]
    Line(PathBuf, usize),
    /// One of the two keys is not there, or is there twice.
    #[error("keys file {0}: it must have one `sealing` and one `token` line")]
    Incomplete(PathBuf),
    /// The system has no randomness to give.
    #[error("no randomness for new keys: {0}")]
    Random(String),
}

impl KeySet {
    /// Reads the file; if there is none, makes one that only its owner can read.
    ///
    /// Several servers may do this at the same time in a shared folder: all get the same keys.
    ///
    /// # Errors
    /// As [`KeyError`] says.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::File(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                let text = Self::generate()?.text();
                let failed = |error| KeyError::File(path.to_owned(), error);
                once_file::create(path, text.as_bytes(), 0o600).map_err(failed)?;
                Self::load(path)
            }
            result => result,
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// As [`KeyError`] says.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let failed = |error| KeyError::File(path.to_owned(), error);
        let mut text = String::new();
        File::open(path).map_err(failed)?.take(4_096).read_to_string(&mut text).map_err(failed)?;
        let (mut sealing, mut token) = (None, None);
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            let place = match name.trim() {
                "sealing" => &mut sealing,
                "token" => &mut token,
                _ => return Err(KeyError::Line(path.to_owned(), index + 1)),
            };
            let key = hex::decode_32(value.trim()).ok_or_else(|| KeyError::Line(path.to_owned(), index + 1))?;
            if place.replace(Key(key)).is_some() {
                return Err(KeyError::Incomplete(path.to_owned()));
            }
        }
        match (sealing, token) {
            (Some(sealing), Some(token)) => Ok(Self { sealing, token }),
            _ => Err(KeyError::Incomplete(path.to_owned())),
        }
    }

    /// New keys from the system's randomness.
    ///
    /// # Errors
    /// The system has none.
    pub fn generate() -> Result<Self, KeyError> {
        let key = || {
            let mut bytes = [0; 32];
            SysRng.try_fill_bytes(&mut bytes).map_err(|error| KeyError::Random(error.to_string()))?;
            Ok(Key(bytes))
        };
        Ok(Self { sealing: key()?, token: key()? })
    }

    /// Says which key set this is without giving it away: 16 hexadecimal digits.
    ///
    /// Servers compare it with the one that the database knows, so that none works with other keys.
    pub fn id(&self) -> String {
        let digest = Sha256::new().chain_update(self.sealing.0).chain_update(self.token.0).finalize();
        hex::encode(&digest[..8])
    }

    fn text(&self) -> String {
        format!(
            "# Keys of Strowger. Keep them secret, keep a copy apart from the database's, and give every server on one\n\
             # database the same file: without it sealed passwords can't be read again.\n\
             sealing = {}\ntoken = {}\n",
            hex::encode(&self.sealing.0),
            hex::encode(&self.token.0)
        )
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn made_once_private_and_the_same_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let made = KeySet::load_or_create(&path).unwrap();
        assert_eq!(KeySet::load_or_create(&path).unwrap(), made);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_ne!(made.sealing, made.token);
        assert_ne!(KeySet::generate().unwrap().id(), made.id());
    }

    #[test]
    fn servers_that_start_together_agree() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let ids: Vec<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| KeySet::load_or_create(&path).unwrap().id())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }

    #[test]
    fn the_id_is_16_digits_of_the_digest() {
        let keys = KeySet { sealing: Key([0; 32]), token: Key([0; 32]) };
        assert_eq!(keys.id(), "f5a5fd42d16a2030");
    }

    #[test]
    fn nothing_secret_is_printed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let secret = "ab".repeat(31);
        std::fs::write(&path, format!("# keys\nsealing = {secret}\n")).unwrap();
        let error = KeySet::load(&path).unwrap_err().to_string();
        assert!(error.contains("line 2") && !error.contains(&secret), "{error}");
        std::fs::write(&path, format!("token = {secret}cd\n")).unwrap();
        let error = KeySet::load(&path).unwrap_err().to_string();
        assert!(error.contains("one `sealing` and one `token`"), "{error}");
        assert_eq!(format!("{:?}", KeySet::generate().unwrap()), "KeySet { sealing: ***, token: *** }");
    }
}
