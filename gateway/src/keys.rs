//! The gateway's keys: made at the first start, kept in files that only the owner reads.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use farthing_protocol::api::{JsonWebKey, JwksResponse};
use farthing_protocol::{
    Digest, Document, Environment, JwsError, KeyError, KeySet, PublicKey, SigningKey, Thumbprint, Timestamp, Unsigned,
    base64url,
};
use farthing_seal::{SealError, SealKey};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

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
    #[error("the key file {path} is gone, though there are devices that trust it; put back the one from your backup")]
    Missing {
        /// Which.
        path: PathBuf,
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
    pub(crate) signing: SigningKey,
    pub(crate) vault: SealKey,
    pub(crate) merchant: MerchantKeys,
}

/// What a merchant's app and back end present.
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
        let signing_key = |name: &str| -> Result<SigningKey, KeysError> {
            let make = || unless_lost(folder.join(name), || Ok(SigningKey::generate()?.1));
            let (path, pkcs8) = read_or_make(folder, name, make)?;
            SigningKey::from_pkcs8(&pkcs8).map_err(|_| KeysError::Malformed { path })
        };
        let text_key = |name: &str, prefix: &str| -> Result<Zeroizing<String>, KeysError> {
            let (path, bytes) = read_or_make(folder, name, || random_text(prefix))?;
            let text = std::str::from_utf8(&bytes).map(str::trim).unwrap_or_default();
            let well_formed = text.starts_with(prefix) && text.len() > prefix.len();
            if well_formed { Ok(Zeroizing::new(text.to_owned())) } else { Err(KeysError::Malformed { path }) }
        };
        let make = || unless_lost(folder.join("vault.key"), || Ok(SealKey::generate()?.1));
        let (path, vault) = read_or_make(folder, "vault.key", make)?;
        Ok(Keys {
            root: signing_key("root.key")?,
            signing: signing_key("signing.key")?,
            vault: SealKey::from_bytes(&vault).map_err(|_| KeysError::Malformed { path })?,
            merchant: MerchantKeys {
                publishable: text_key("publishable.key", PUBLISHABLE_TEST_PREFIX)?.to_string(),
                secret: text_key(SECRET_KEY_FILE, SECRET_TEST_PREFIX)?.to_string().into(),
            },
        })
    }
}

/// Where a data folder has the merchant's secret key.
pub(crate) const SECRET_KEY_FILE: &str = "secret.key";
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

/// What signs documents, and the key set that vouches for it.
pub(crate) struct Signer {
    key: SigningKey,
    thumbprint: Thumbprint,
    pub(crate) issuer: String,
    pub(crate) root: Thumbprint,
    pub(crate) key_set: String,
}

/// Raised by hand when the signing key is rotated.
const KEY_SET_VERSION: u64 = 1;

impl Signer {
    pub(crate) fn new(
        root: &SigningKey,
        key: SigningKey,
        issuer: String,
        issued_at: Timestamp,
    ) -> Result<Self, KeysError> {
        let key_set = KeySet {
            issuer: issuer.clone(),
            environment: Environment::Sandbox,
            version: KEY_SET_VERSION,
            issued_at,
            root: root.public_key(),
            keys: vec![key.public_key()],
        };
        let root_thumbprint = root.public_key().thumbprint();
        let key_set = Unsigned::new(&key_set, root_thumbprint)?.sign(root)?;
        Ok(Signer { thumbprint: key.public_key().thumbprint(), key, issuer, root: root_thumbprint, key_set })
    }

    /// Signs a document.
    pub(crate) fn sign<D: Document>(&self, document: &D) -> Result<String, KeysError> {
        Ok(Unsigned::new(document, self.thumbprint)?.sign(&self.key)?)
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// Signs a payload whose exact bytes were fixed before.
    pub(crate) fn sign_payload<D: Document>(&self, payload: &[u8]) -> Result<String, KeysError> {
        Ok(Unsigned::of_payload::<D>(payload, self.thumbprint).sign(&self.key)?)
    }

    pub(crate) fn jwks(&self) -> JwksResponse {
        JwksResponse {
            keys: vec![JsonWebKey {
                key: self.key.public_key(),
                kid: self.thumbprint.to_string(),
                alg: "ES256".into(),
                purpose: "sig".into(),
            }],
        }
    }
}

/// Random bytes as text, after a prefix that says what the key is for.
fn random_text(prefix: &str) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    let mut random = Zeroizing::new([0; 24]);
    SystemRandom::new().fill(random.as_mut()).map_err(|_| KeyError::CannotSign)?;
    Ok(Zeroizing::new(format!("{prefix}{}", base64url(random.as_ref())).into_bytes()))
}

type Secret = Zeroizing<Vec<u8>>;

fn read_or_make(
    folder: &Path,
    name: &str,
    make: impl FnOnce() -> Result<Secret, KeysError>,
) -> Result<(PathBuf, Secret), KeysError> {
    let path = folder.join(name);
    match fs::read(&path) {
        Ok(secret) => Ok((path, Zeroizing::new(secret))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = make()?;
            write_new(&path, &secret).map_err(|source| KeysError::File { path: path.clone(), source })?;
            Ok((path, secret))
        }
        Err(source) => Err(KeysError::File { path, source }),
    }
}

/// Writes a file that only its owner reads. It gets its name when it is whole and on disk.
fn write_new(path: &Path, secret: &[u8]) -> io::Result<()> {
    let partial = path.with_extension("partial");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    // The name, too, is to survive a power cut.
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_made_once_and_only_the_owner_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path(), false).unwrap();
        let again = Keys::open(folder.path(), false).unwrap();
        assert_eq!(first.root.public_key(), again.root.public_key());
        assert_eq!(first.signing.public_key(), again.signing.public_key());
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
