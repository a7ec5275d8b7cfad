//! Where keys live. An app on a phone uses its hardware; a desktop or a test uses
//! [`SoftwareKeyStore`].

mod software;

use async_trait::async_trait;
use farthing_protocol::PublicKey;
use farthing_seal::SealKey;
use zeroize::Zeroizing;

pub use software::SoftwareKeyStore;

use crate::WalletError;

/// A key store that can't do what was asked. Its text must hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// It can't be used now: the phone is locked, the hardware is busy, the file can't be read.
    #[error("{reason}")]
    Unavailable {
        /// What is in the way.
        reason: String,
    },
    /// The signing key was there and is gone for good, such as after the passcode was removed.
    #[error("the signing key was lost")]
    KeyLost,
}

/// Keeps the device's signing key and some small secrets.
///
/// Android Keystore and the Secure Enclave can do this; none of it is in the path of a
/// purchase, so it may be slow. Secrets must survive an app's restart and must **not** be
/// part of backups: that is how a restored backup is known.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// The P-256 key's public half, as the 65 bytes of its uncompressed point. Makes the key
    /// when there is none.
    async fn public_key(&self) -> Result<Vec<u8>, KeyStoreError>;

    /// Signs a message with ES256 (SHA-256 inside); returns the 64 bytes `r || s`. Where the
    /// hardware gives DER, it is to be rewritten.
    async fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, KeyStoreError>;

    /// The secret of a name, if there is one.
    async fn load_secret(&self, name: String) -> Result<Option<Vec<u8>>, KeyStoreError>;

    /// Keeps a secret under a name, durably, in place of an older one.
    async fn store_secret(&self, name: String, secret: Vec<u8>) -> Result<(), KeyStoreError>;

    /// Deletes the signing key and all secrets.
    async fn erase(&self) -> Result<(), KeyStoreError>;
}

impl From<KeyStoreError> for WalletError {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Unavailable { reason } => WalletError::KeyStoreUnavailable { reason },
            KeyStoreError::KeyLost => WalletError::KeyLost,
        }
    }
}

const DATA_KEY: &str = "data-key";

/// The key that seals the database; made when there is none and `may_create`.
pub(crate) async fn data_key(store: &dyn KeyStore, may_create: bool) -> Result<SealKey, WalletError> {
    if let Some(secret) = store.load_secret(DATA_KEY.into()).await?.map(Zeroizing::new) {
        return SealKey::from_bytes(&secret)
            .map_err(|_| WalletError::KeyStoreUnavailable { reason: "the data key is malformed".into() });
    }
    if !may_create {
        // There is a wallet, but what opens it is gone.
        return Err(WalletError::KeyLost);
    }
    let (key, secret) = SealKey::generate().map_err(WalletError::internal)?;
    store.store_secret(DATA_KEY.into(), secret.to_vec()).await?;
    Ok(key)
}

/// The device's public key.
pub(crate) async fn public_key(store: &dyn KeyStore) -> Result<PublicKey, WalletError> {
    let point = store.public_key().await?;
    PublicKey::from_point(&point)
        .map_err(|_| WalletError::KeyStoreUnavailable { reason: "the key store's public key is no P-256 point".into() })
}
