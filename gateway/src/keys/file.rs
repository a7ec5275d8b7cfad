//! Files with keys: only their owner reads them, and each gets its name when it is whole and on disk.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use farthing_protocol::{KeyError, base64url};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::KeysError;

pub(super) type Secret = Zeroizing<Vec<u8>>;

/// Random bytes as text, after a prefix that says what the key is for.
pub(super) fn random_text(prefix: &str) -> Result<Secret, KeysError> {
    let mut random = Zeroizing::new([0; 24]);
    SystemRandom::new().fill(random.as_mut()).map_err(|_| KeyError::CannotSign)?;
    Ok(Zeroizing::new(format!("{prefix}{}", base64url(random.as_ref())).into_bytes()))
}

/// Reads a file, if it is there.
pub(super) fn read(path: &Path) -> Result<Option<Secret>, KeysError> {
    match fs::read(path) {
        Ok(secret) => Ok(Some(Zeroizing::new(secret))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeysError::File { path: path.to_owned(), source }),
    }
}

/// Reads a secret that the operator has put into the data folder.
pub(crate) fn read_secret(folder: &Path, name: &str, prefixes: &[&str]) -> Result<SecretString, KeysError> {
    let path = folder.join(name);
    let content = read(&path)?.unwrap_or_default();
    let secret = std::str::from_utf8(&content).map(str::trim).unwrap_or_default();
    if prefixes.iter().any(|prefix| secret.len() > prefix.len() && secret.starts_with(prefix)) {
        Ok(secret.into())
    } else {
        Err(KeysError::NotGiven { path, prefixes: prefixes.join("… or ") })
    }
}

pub(super) fn read_or_make(
    folder: &Path,
    name: &str,
    make: impl FnOnce() -> Result<Secret, KeysError>,
) -> Result<(PathBuf, Secret), KeysError> {
    let path = folder.join(name);
    if let Some(secret) = read(&path)? {
        return Ok((path, secret));
    }
    let secret = make()?;
    write(&path, &secret)?;
    Ok((path, secret))
}

/// Writes a file, also in the place of one that is there.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), KeysError> {
    let write = || {
        let partial = path.with_extension("partial");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        // The name, too, is to survive a power cut.
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    write().map_err(|source| KeysError::File { path: path.to_owned(), source })
}
