//! Keys in a file: for desktops and tests, not for phones.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use farthing_protocol::{Bytes, SigningKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyStore, KeyStoreError};

/// A key store in one file that only its owner can read (mode 0600 on Unix).
///
/// It protects against other users of the machine and against a stolen copy of the database
/// alone. It does **not** protect against someone who reads the owner's files, and a backup
/// of the whole disk restores it with the rest. On a phone use the platform's hardware.
pub struct SoftwareKeyStore {
    path: PathBuf,
    /// Read once, then kept: nothing else writes the file.
    content: Mutex<Option<Content>>,
}

#[derive(Default, Serialize, Deserialize)]
struct Content {
    signing_key: Option<Bytes>,
    secrets: BTreeMap<String, Bytes>,
}

impl Drop for Content {
    fn drop(&mut self) {
        self.signing_key.iter_mut().chain(self.secrets.values_mut()).for_each(|secret| secret.0.zeroize());
    }
}

impl SoftwareKeyStore {
    /// A key store in a file, which is made with the first key.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        SoftwareKeyStore { path: path.into(), content: Mutex::new(None) }
    }

    /// Reads the content, lets `act` use it, and writes it when `act` says that it changed.
    fn with<T>(&self, act: impl FnOnce(&mut Content) -> Result<(T, bool), KeyStoreError>) -> Result<T, KeyStoreError> {
        let mut guard = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        let mut content = match guard.take() {
            Some(content) => content,
            None => read(&self.path)?,
        };
        let done = act(&mut content).and_then(|(value, changed)| {
            if changed {
                write(&self.path, &content)?;
            }
            Ok(value)
        });
        // What could not be written must not be believed: it is read again next time.
        if done.is_ok() {
            *guard = Some(content);
        }
        done
    }

    fn with_signing_key<T>(&self, act: impl FnOnce(SigningKey) -> Option<T>) -> Result<T, KeyStoreError> {
        self.with(|content| {
            let (key, made) = match &content.signing_key {
                Some(pkcs8) => (SigningKey::from_pkcs8(&pkcs8.0), false),
                None => {
                    let (key, pkcs8) = SigningKey::generate().map_err(|error| unavailable(&error))?;
                    content.signing_key = Some(Bytes(pkcs8.to_vec()));
                    (Ok(key), true)
                }
            };
            let key = key.map_err(|_| KeyStoreError::KeyLost)?;
            let value = act(key).ok_or_else(|| unavailable(&"the key could not sign"))?;
            Ok((value, made))
        })
    }
}

#[async_trait]
impl KeyStore for SoftwareKeyStore {
    async fn public_key(&self) -> Result<Vec<u8>, KeyStoreError> {
        self.with_signing_key(|key| Some(key.public_key().point().to_vec()))
    }

    async fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, KeyStoreError> {
        self.with_signing_key(|key| key.sign(&message).ok())
    }

    async fn load_secret(&self, name: String) -> Result<Option<Vec<u8>>, KeyStoreError> {
        self.with(|content| Ok((content.secrets.get(&name).map(|secret| secret.0.clone()), false)))
    }

    async fn store_secret(&self, name: String, secret: Vec<u8>) -> Result<(), KeyStoreError> {
        self.with(|content| {
            if let Some(mut old) = content.secrets.insert(name, Bytes(secret)) {
                old.0.zeroize();
            }
            Ok(((), true))
        })
    }

    async fn erase(&self) -> Result<(), KeyStoreError> {
        let mut guard = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        *guard = None;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unavailable(&error)),
            _ => Ok(()),
        }
    }
}

fn unavailable(error: &dyn std::fmt::Display) -> KeyStoreError {
    KeyStoreError::Unavailable { reason: error.to_string() }
}

fn read(path: &Path) -> Result<Content, KeyStoreError> {
    let json = match fs::read(path) {
        Ok(json) => Zeroizing::new(json),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Content::default()),
        Err(error) => return Err(unavailable(&error)),
    };
    serde_json::from_slice(&json).map_err(|_| unavailable(&"the key file is malformed"))
}

/// Writes a new file and renames it over the old one, so that a power cut leaves one of both.
fn write(path: &Path, content: &Content) -> Result<(), KeyStoreError> {
    let write = || -> std::io::Result<()> {
        let json = Zeroizing::new(serde_json::to_vec(content)?);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let fresh = path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(&json)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        #[cfg(unix)]
        if let Some(directory) = path.parent() {
            fs::File::open(directory)?.sync_all()?;
        }
        Ok(())
    };
    write().map_err(|error| unavailable(&error))
}

#[cfg(test)]
mod tests {
    use farthing_protocol::PublicKey;

    use super::*;

    #[tokio::test]
    async fn keys_and_secrets_survive_a_restart_and_only_the_owner_reads_them() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        let store = SoftwareKeyStore::new(&path);
        let public = store.public_key().await.unwrap();
        store.store_secret("a".into(), vec![1, 2, 3]).await.unwrap();

        let reopened = SoftwareKeyStore::new(&path);
        assert_eq!(reopened.public_key().await.unwrap(), public);
        assert_eq!(reopened.load_secret("a".into()).await.unwrap(), Some(vec![1, 2, 3]));
        let signature = reopened.sign(b"message".to_vec()).await.unwrap();
        PublicKey::from_point(&public).unwrap().verify(b"message", &signature).unwrap();

        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        reopened.erase().await.unwrap();
        assert_ne!(reopened.public_key().await.unwrap(), public);
    }

    #[tokio::test]
    async fn a_damaged_file_is_an_error_and_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        fs::write(&path, b"garbage").unwrap();
        let store = SoftwareKeyStore::new(&path);
        assert!(matches!(store.public_key().await, Err(KeyStoreError::Unavailable { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"garbage");
    }
}
