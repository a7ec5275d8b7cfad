//! Whose signatures count: the gateway's key set, under the root key that the app ships.

use std::sync::{Arc, PoisonError, RwLock};

use farthing_protocol::{Document, Environment, JwsError, KeySet, Thumbprint, Verified};

use super::{GatewayError, Session};

/// The key set that is trusted now.
pub(crate) struct Trust {
    /// The root key that the app ships; without it the first answer is trusted (test keys only).
    root: Option<Thumbprint>,
    /// What the app's key is for.
    environment: Environment,
    keys: RwLock<Option<Arc<KeySet>>>,
}

impl Trust {
    pub(crate) fn new(root: Option<Thumbprint>, environment: Environment, keys: Option<KeySet>) -> Self {
        Trust { root, environment, keys: RwLock::new(keys.map(Arc::new)) }
    }

    /// The key set in use.
    pub(crate) fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a key set if the root signed it and it is not older than the one in use.
    pub(crate) fn accept(&self, token: &str) -> Result<Arc<KeySet>, GatewayError> {
        let known = self.keys();
        let root = self.root.or(known.as_ref().map(|keys| keys.root.thumbprint()));
        let keys = match root {
            Some(root) => KeySet::verify(token, root)?,
            None => KeySet::trust_on_first_use(token)?,
        };
        if keys.environment != self.environment {
            let reason = "it is a sandbox and the app's key is for real money, or the other way round";
            return Err(GatewayError::NotTrusted(reason.into()));
        }
        if known.is_some_and(|known| known.version > keys.version) {
            return Err(GatewayError::NotTrusted("its key set is older than the one in use".into()));
        }
        let keys = Arc::new(keys);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(keys.clone());
        Ok(keys)
    }

    /// Verifies a signed document. Where it is by a key that came with a rotation, the key set
    /// is fetched again.
    pub(crate) async fn open<D: Document>(&self, session: &Session, token: &str) -> Result<Verified<D>, GatewayError> {
        let keys = self.keys().ok_or_else(|| GatewayError::NotTrusted("there is no key set yet".into()))?;
        match keys.open(token) {
            Err(JwsError::UnknownKey) => {
                let keys = self.accept(&session.fetch_key_set().await?)?;
                Ok(keys.open(token)?)
            }
            opened => Ok(opened?),
        }
    }
}
