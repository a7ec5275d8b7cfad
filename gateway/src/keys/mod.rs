//! The gateway's keys: made at the first start, kept in files that only the owner reads.

mod file;
mod list;
mod signer;

use std::io;
use std::path::{Path, PathBuf};

use farthing_protocol::{Digest, JwsError, KeyError, SigningKey, Timestamp};
use farthing_seal::{SealError, SealKey};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::vault::VaultKey;
use file::{Secret, random_text, read_or_make};
use list::{KeyList, ListedKey};

pub(crate) use file::read_secret;
pub(crate) use signer::{DatedKey, Signer};

/// Keys that can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A key file can't be read or written.
    #[error("the key file {path} can't be used: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key file holds something else.
    #[error("the key file {path} holds no such key; put back the one from your backup")]
    Malformed {
        /// Which.
        path: PathBuf,
    },
    /// A key file is gone that documents or cards of this gateway depend on.
    #[error(
        "the key file {path} is gone, though devices or what is in the database depend on it; put back the one from your backup"
    )]
    Missing {
        /// Which.
        path: PathBuf,
    },
    /// A secret is not there that the operator is to put there.
    #[error("put a key that begins with {prefixes}… into {path}")]
    NotGiven {
        /// Which.
        path: PathBuf,
        /// How it begins.
        prefixes: String,
    },
    /// A key file holds another key than the one that was used with this database.
    #[error(
        "the key file {path} holds another key than the one that sealed what is in the database; put back the right one"
    )]
    Another {
        /// Which.
        path: PathBuf,
    },
    /// The list of keys is not right.
    #[error("{path} is not right: {reason}")]
    List {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A key that is to follow another one would be used before it.
    #[error("the key {path} is not used before {used_from}: rotate again after that")]
    NotYet {
        /// The latest key.
        path: PathBuf,
        /// From when it is used.
        used_from: Timestamp,
    },
    /// No more keys can be listed.
    #[error("{path} lists as many keys as there may be; rotate with fewer --keep-days")]
    TooMany {
        /// Which file.
        path: PathBuf,
    },
    /// Devices have been shown a later key set, or another one of the same version.
    #[error(
        "the key set of this data folder has version {version}, and devices know version {known} with other keys: copy \
         keys.toml and the key files from the gateway that was rotated last, or, where they are lost, rotate again"
    )]
    Outdated {
        /// The folder's.
        version: u64,
        /// What was shown to devices.
        known: u64,
    },
    /// Rows are still sealed by an old vault key.
    #[error("{rows} rows are still sealed by {path}: they are sealed anew while a gateway serves; try again later")]
    InUse {
        /// Which key.
        path: PathBuf,
        /// How many.
        rows: u64,
    },
    /// A key can't be made or can't sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A document can't be written.
    #[error(transparent)]
    Document(#[from] JwsError),
    /// The vault's key can't be made.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// All keys of a gateway.
pub(crate) struct Keys {
    pub(crate) root: SigningKey,
    /// The oldest first.
    pub(crate) signing: Vec<DatedKey>,
    pub(crate) key_set_version: u64,
    /// The oldest first.
    pub(crate) vault: Vec<VaultKey>,
    pub(crate) merchant: MerchantKeys,
}

/// What a merchant's app and back end present.
#[derive(Clone)]
pub(crate) struct MerchantKeys {
    pub(crate) publishable: String,
    pub(crate) secret: SecretString,
}

impl Keys {
    /// Reads the keys of a data folder; makes those that are not there yet. Once there are
    /// devices (`is_in_use`), a new key would lock them out, so none is made in place of a lost one.
    pub(crate) fn open(folder: &Path, is_in_use: bool) -> Result<Self, KeysError> {
        let unless_lost = |path: PathBuf, make: fn() -> Result<Secret, KeysError>| {
            if is_in_use { Err(KeysError::Missing { path }) } else { make() }
        };
        let list = KeyList::read(folder)?;
        let signing_key = |name: &str| -> Result<SigningKey, KeysError> {
            let make = || unless_lost(folder.join(name), || Ok(SigningKey::generate()?.1));
            let (path, pkcs8) = read_or_make(folder, name, make)?;
            SigningKey::from_pkcs8(&pkcs8).map_err(|_| KeysError::Malformed { path })
        };
        let signing = list.signing.iter().map(|listed| {
            // Only the first key of a new gateway is made here.
            let key = if listed.number == 1 { signing_key(&listed.file)? } else { signing_key_of(folder, listed)? };
            Ok(DatedKey { key, used_from: listed.used_from })
        });
        let signing = signing.collect::<Result<_, KeysError>>()?;
        let text_key = |name: &str, prefix: &str| -> Result<Zeroizing<String>, KeysError> {
            let (path, bytes) = read_or_make(folder, name, || random_text(prefix))?;
            let text = std::str::from_utf8(&bytes).map(str::trim).unwrap_or_default();
            let well_formed = text.starts_with(prefix) && text.len() > prefix.len();
            if well_formed { Ok(Zeroizing::new(text.to_owned())) } else { Err(KeysError::Malformed { path }) }
        };
        if let [only] = &list.vault[..] {
            read_or_make(folder, &only.file, || unless_lost(folder.join(&only.file), || Ok(SealKey::generate()?.1)))?;
        }
        let vault = list.vault.iter().map(|listed| vault_key(folder, listed)).collect::<Result<_, _>>()?;
        Ok(Keys {
            root: signing_key("root.key")?,
            signing,
            key_set_version: list.key_set_version,
            vault,
            merchant: MerchantKeys {
                publishable: text_key(PUBLISHABLE_KEY_FILE, PUBLISHABLE_TEST_PREFIX)?.to_string(),
                secret: text_key(SECRET_KEY_FILE, SECRET_TEST_PREFIX)?.to_string().into(),
            },
        })
    }
}

fn signing_key_of(folder: &Path, listed: &ListedKey) -> Result<SigningKey, KeysError> {
    let path = folder.join(&listed.file);
    let Some(pkcs8) = file::read(&path)? else { return Err(KeysError::Missing { path }) };
    SigningKey::from_pkcs8(&pkcs8).map_err(|_| KeysError::Malformed { path })
}

/// A vault key, or where it should be: one that nothing is sealed by any more may be gone.
fn vault_key(folder: &Path, listed: &ListedKey) -> Result<VaultKey, KeysError> {
    let path = folder.join(&listed.file);
    let secret = file::read(&path)?;
    let key = secret.map(|secret| SealKey::from_bytes(&secret)).transpose();
    let key = key.map_err(|_| KeysError::Malformed { path: path.clone() })?;
    Ok(VaultKey { number: listed.number, used_from: listed.used_from, path, key })
}

/// A key that was made beside the ones before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotatedKey {
    /// Its file.
    pub file: PathBuf,
    /// From when it is used, by every gateway that has it.
    pub used_from: Timestamp,
    /// The version of the key set that lists it, where it signs.
    pub key_set_version: Option<u64>,
}

impl RotatedKey {
    /// Makes a signing key in a data folder; see [`crate::Gateway::rotate_signing_key`].
    pub(crate) fn signing(
        folder: &Path,
        used_from: Timestamp,
        keep_days: u32,
        now: Timestamp,
    ) -> Result<Self, KeysError> {
        require_keys(folder)?;
        KeyList::rotate_signing(folder, used_from, keep_days, now)
    }

    /// Makes a vault key in a data folder; see [`crate::Gateway::rotate_vault_key`].
    pub(crate) fn vault(folder: &Path, used_from: Timestamp) -> Result<Self, KeysError> {
        require_keys(folder)?;
        KeyList::rotate_vault(folder, used_from)
    }
}

/// Reads the keys of a data folder, and makes none; nothing where a gateway has yet to start in it.
pub(crate) fn read_keys(folder: &Path) -> Result<Option<Keys>, KeysError> {
    let merchants = [PUBLISHABLE_KEY_FILE, SECRET_KEY_FILE].map(|name| folder.join(name));
    if !list::has_keys(folder) && !merchants.iter().any(|path| path.exists()) {
        return Ok(None);
    }
    match merchants.into_iter().find(|path| !path.exists()) {
        Some(path) => Err(KeysError::Missing { path }),
        None => Keys::open(folder, true).map(Some),
    }
}

/// A folder without keys is not a gateway's, most likely a slip of the pen.
fn require_keys(folder: &Path) -> Result<(), KeysError> {
    if list::has_keys(folder) { Ok(()) } else { Err(KeysError::Missing { path: folder.join("signing.key") }) }
}

/// Where a data folder has the merchant's secret key.
pub(crate) const SECRET_KEY_FILE: &str = "secret.key";
/// Where a data folder has the publishable key.
const PUBLISHABLE_KEY_FILE: &str = "publishable.key";
/// How a publishable key begins that is for tests.
const PUBLISHABLE_TEST_PREFIX: &str = "pk_test_";
/// How a secret key begins that is for tests.
const SECRET_TEST_PREFIX: &str = "sk_test_";

impl MerchantKeys {
    /// Whether these are test keys, so that no real money can be in question.
    pub(crate) fn are_for_tests(&self) -> bool {
        self.publishable.starts_with(PUBLISHABLE_TEST_PREFIX)
            && self.secret.expose_secret().starts_with(SECRET_TEST_PREFIX)
    }

    /// Whether a secret key is this gateway's. Digests are compared, so that the time taken
    /// tells nothing about the key.
    pub(crate) fn is_secret(&self, presented: &str) -> bool {
        Digest::of(presented.as_bytes()) == Digest::of(self.secret.expose_secret().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_made_once_and_only_the_owner_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path(), false).unwrap();
        let again = Keys::open(folder.path(), false).unwrap();
        assert_eq!(first.root.public_key(), again.root.public_key());
        assert_eq!(first.signing[0].key.public_key(), again.signing[0].key.public_key());
        assert_eq!(first.merchant.publishable, again.merchant.publishable);
        assert!(again.merchant.is_secret(first.merchant.secret.expose_secret()));
        assert!(!again.merchant.is_secret("sk_test_other"));
        for file in fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        }
    }

    #[test]
    fn a_lost_key_is_not_replaced_once_devices_trust_it() {
        let folder = tempfile::tempdir().unwrap();
        Keys::open(folder.path(), false).unwrap();
        assert!(Keys::open(folder.path(), true).is_ok());
        for name in ["root.key", "signing.key", "vault.key"] {
            let (path, kept) = (folder.path().join(name), fs::read(folder.path().join(name)).unwrap());
            fs::remove_file(&path).unwrap();
            assert!(matches!(Keys::open(folder.path(), true), Err(KeysError::Missing { .. })), "{name}");
            assert!(!path.exists());
            fs::write(path, kept).unwrap();
        }
    }

    #[test]
    fn a_damaged_key_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        Keys::open(folder.path(), false).unwrap();
        fs::write(folder.path().join("root.key"), b"").unwrap();
        assert!(matches!(Keys::open(folder.path(), false), Err(KeysError::Malformed { .. })));
    }
}
