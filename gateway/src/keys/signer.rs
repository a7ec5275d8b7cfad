//! What signs documents, and the key set that vouches for it.

use farthing_protocol::api::{JsonWebKey, JwksResponse};
use farthing_protocol::{Digest, Document, Environment, JwsError, KeySet, SigningKey, Thumbprint, Timestamp, Unsigned};

use super::KeysError;
use crate::clock::Clock;
use crate::store::{StoreError, Tables};

/// A key that signs from some time on, until the next one does.
pub(crate) struct DatedKey {
    pub(super) key: SigningKey,
    pub(super) used_from: Timestamp,
}

pub(crate) struct Signer {
    /// The oldest first, at least one.
    keys: Vec<DatedKey>,
    clock: Clock,
    pub(crate) issuer: String,
    pub(crate) root: Thumbprint,
    /// Signed by the root.
    pub(crate) key_set: String,
    listed: KeySet,
}

impl Signer {
    pub(crate) fn new(
        root: &SigningKey,
        keys: Vec<DatedKey>,
        version: u64,
        issuer: String,
        clock: Clock,
    ) -> Result<Self, KeysError> {
        let listed = KeySet {
            issuer: issuer.clone(),
            environment: Environment::Sandbox,
            version,
            issued_at: clock.now(),
            root: root.public_key(),
            keys: keys.iter().map(|key| key.key.public_key()).collect(),
        };
        let root_thumbprint = root.public_key().thumbprint();
        let key_set = Unsigned::new(&listed, root_thumbprint)?.sign(root)?;
        Ok(Signer { keys, clock, issuer, root: root_thumbprint, key_set, listed })
    }

    /// The key that signs now.
    fn current(&self) -> Result<&SigningKey, KeysError> {
        let now = self.clock.now();
        let in_use = self.keys.iter().rev().find(|key| key.used_from <= now).or(self.keys.first());
        in_use.map(|key| &key.key).ok_or(KeysError::Document(JwsError::UnknownKey))
    }

    /// Signs a document.
    pub(crate) fn sign<D: Document>(&self, document: &D) -> Result<String, KeysError> {
        let key = self.current()?;
        Ok(Unsigned::new(document, key.public_key().thumbprint())?.sign(key)?)
    }

    /// Signs a payload whose exact bytes were fixed before.
    pub(crate) fn sign_payload<D: Document>(&self, payload: &[u8]) -> Result<String, KeysError> {
        let key = self.current()?;
        Ok(Unsigned::of_payload::<D>(payload, key.public_key().thumbprint()).sign(key)?)
    }

    /// Reads a document that this gateway, or another one with its keys, has signed.
    pub(crate) fn open<D: Document>(&self, token: &str) -> Result<D, JwsError> {
        Ok(self.listed.open::<D>(token)?.document)
    }

    pub(crate) fn jwks(&self) -> JwksResponse {
        let key = |key| JsonWebKey {
            kid: farthing_protocol::PublicKey::thumbprint(&key).to_string(),
            key,
            alg: "ES256".into(),
            purpose: "sig".into(),
        };
        JwksResponse { keys: self.listed.keys.iter().copied().map(key).collect() }
    }
}

impl Signer {
    /// Makes sure that devices have not been shown a later key set than this one. True where they know this one.
    pub(crate) fn verify(&self, tables: &dyn Tables) -> Result<bool, StoreError> {
        let version = self.listed.version;
        match tables.latest_key_set()? {
            Some((known, keys)) if known > version || (known == version && keys != self.digest()) => {
                Err(KeysError::Outdated { version, known }.into())
            }
            latest => Ok(latest.is_some_and(|(known, _)| known == version)),
        }
    }

    /// The same, and has the database know it.
    pub(crate) fn recognise(&self, tables: &dyn Tables, now: Timestamp) -> Result<(), StoreError> {
        if self.verify(tables)? { Ok(()) } else { tables.add_key_set(self.listed.version, self.digest(), now) }
    }

    /// The key set's version, how many keys it has, and the thumbprint of the one that signs now.
    pub(crate) fn summary(&self) -> Result<(u64, usize, Thumbprint), KeysError> {
        Ok((self.listed.version, self.listed.keys.len(), self.current()?.public_key().thumbprint()))
    }

    /// What tells two key sets of the same version apart.
    fn digest(&self) -> Digest {
        let thumbprints = self.listed.keys.iter().map(|key| *key.thumbprint().as_bytes());
        Digest::of(&thumbprints.collect::<Vec<_>>().concat())
    }
}
