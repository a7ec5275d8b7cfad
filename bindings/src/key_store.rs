//! Where keys live: the platform's hardware, through a foreign trait.

use std::sync::Arc;

use async_trait::async_trait;
use farthing_core as core;
use farthing_core::KeyStore as _;

/// A key store that can't do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeyStoreError {
    /// It can't be used now.
    #[error("{reason}")]
    Unavailable {
        /// What is in the way; no secret.
        reason: String,
    },
    /// The signing key was there and is gone for good.
    #[error("the signing key was lost")]
    KeyLost,
}

/// An implementation that threw something else: what it threw may hold anything, so its words are
/// not passed on.
impl From<uniffi::UnexpectedUniFFICallbackError> for KeyStoreError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        tracing::warn!(length = error.reason.len(), "the key store threw an unexpected error");
        KeyStoreError::Unavailable { reason: "the key store threw an unexpected error".into() }
    }
}

/// Keeps the device's signing key and some small secrets; see [`farthing_core::KeyStore`].
#[uniffi::export(with_foreign)]
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// The P-256 key's public half, 65 bytes.
    async fn public_key(&self) -> Result<Vec<u8>, KeyStoreError>;
    /// Signs a message with ES256: 64 bytes.
    async fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, KeyStoreError>;
    /// The secret of a name, if there is one.
    async fn load_secret(&self, name: String) -> Result<Option<Vec<u8>>, KeyStoreError>;
    /// Keeps a secret under a name.
    async fn store_secret(&self, name: String, secret: Vec<u8>) -> Result<(), KeyStoreError>;
    /// Deletes the signing key and all secrets.
    async fn erase(&self) -> Result<(), KeyStoreError>;
}

/// Keys in a file: for desktops and tests, not for phones.
#[uniffi::export]
pub fn software_key_store(path: String) -> Arc<dyn KeyStore> {
    Arc::new(Software(core::SoftwareKeyStore::new(path)))
}

struct Software(core::SoftwareKeyStore);

/// The core's trait over the foreign one.
pub(crate) struct ForeignKeyStore(pub(crate) Arc<dyn KeyStore>);

/// Passes each call on, from one trait of these five functions to another.
macro_rules! passes_on {
    ($from:ty => $to:path, $error:ty) => {
        #[async_trait]
        impl $to for $from {
            async fn public_key(&self) -> Result<Vec<u8>, $error> {
                Ok(self.0.public_key().await?)
            }
            async fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, $error> {
                Ok(self.0.sign(message).await?)
            }
            async fn load_secret(&self, name: String) -> Result<Option<Vec<u8>>, $error> {
                Ok(self.0.load_secret(name).await?)
            }
            async fn store_secret(&self, name: String, secret: Vec<u8>) -> Result<(), $error> {
                Ok(self.0.store_secret(name, secret).await?)
            }
            async fn erase(&self) -> Result<(), $error> {
                Ok(self.0.erase().await?)
            }
        }
    };
}

passes_on!(Software => KeyStore, KeyStoreError);
passes_on!(ForeignKeyStore => core::KeyStore, core::KeyStoreError);

impl From<core::KeyStoreError> for KeyStoreError {
    fn from(error: core::KeyStoreError) -> Self {
        match error {
            core::KeyStoreError::Unavailable { reason } => KeyStoreError::Unavailable { reason },
            core::KeyStoreError::KeyLost => KeyStoreError::KeyLost,
        }
    }
}

impl From<KeyStoreError> for core::KeyStoreError {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Unavailable { reason } => core::KeyStoreError::Unavailable { reason },
            KeyStoreError::KeyLost => core::KeyStoreError::KeyLost,
        }
    }
}
