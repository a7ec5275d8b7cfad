//! Which keys sign for a gateway: a key set under its root key.
//!
//! An app ships the thumbprint of the root key. The root signs the key set; the keys in it
//! sign everything else and are rotated with overlap. Money depends on these signatures, not
//! on TLS.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::jws::{Document, JwsError, Unverified, Verified};
use crate::limits::KEY_SET_KEYS_MAX;
use crate::{Environment, PublicKey, Thumbprint};

/// The keys that sign for a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    /// The gateway: what receipts have as `iss`.
    pub issuer: String,
    /// Whether real money moves there.
    pub environment: Environment,
    /// Counts up with each rotation, so that an older set is known as such.
    pub version: u64,
    /// When it was signed, by the gateway's clock.
    pub issued_at: Timestamp,
    /// The root key that signs this set.
    pub root: PublicKey,
    /// The keys that sign documents.
    pub keys: Vec<PublicKey>,
}

impl Document for KeySet {
    const TYPE: &'static str = "farthing-key-set+jwt";
}

impl KeySet {
    /// Checks a key set against the root key that the app ships.
    ///
    /// # Errors
    /// [`JwsError::UnknownKey`] when another root signed it; else as [`Unverified::verify`].
    pub fn verify(token: &str, root: Thumbprint) -> Result<KeySet, JwsError> {
        let jws = Unverified::parse(token)?;
        if jws.key_id() != Some(root) {
            return Err(JwsError::UnknownKey);
        }
        KeySet::verify_by_own_root(&jws, root)
    }

    /// Takes a key set and its root key as they come. For test gateways only: whoever answers
    /// first is trusted from then on.
    ///
    /// # Errors
    /// As [`Unverified::verify`].
    pub fn trust_on_first_use(token: &str) -> Result<KeySet, JwsError> {
        let jws = Unverified::parse(token)?;
        let root = jws.key_id().ok_or(JwsError::Malformed)?;
        KeySet::verify_by_own_root(&jws, root)
    }

    /// The root key is in the document. Reading it before the check is safe: its thumbprint
    /// must be the one that is trusted.
    fn verify_by_own_root(jws: &Unverified<'_>, root: Thumbprint) -> Result<KeySet, JwsError> {
        let claimed: KeySet = jws.unverified_content()?;
        if claimed.root.thumbprint() != root {
            return Err(JwsError::UnknownKey);
        }
        if claimed.keys.len() > KEY_SET_KEYS_MAX {
            return Err(JwsError::BadContent);
        }
        Ok(jws.verify::<KeySet>(&claimed.root)?.document)
    }

    /// Verifies a document that one of these keys signed.
    ///
    /// # Errors
    /// [`JwsError::UnknownKey`] when the set should be fetched again; else as [`Unverified::verify`].
    pub fn open<D: Document>(&self, token: &str) -> Result<Verified<D>, JwsError> {
        let jws = Unverified::parse(token)?;
        let key_id = jws.key_id().ok_or(JwsError::Malformed)?;
        let key = self.keys.iter().find(|key| key.thumbprint() == key_id).ok_or(JwsError::UnknownKey)?;
        jws.verify(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;
    use crate::jws::Unsigned;

    fn set(root: &SigningKey, keys: Vec<PublicKey>) -> String {
        let set = KeySet {
            issuer: "https://gateway.example".into(),
            environment: Environment::Sandbox,
            version: 1,
            issued_at: Timestamp::UNIX_EPOCH,
            root: root.public_key(),
            keys,
        };
        Unsigned::new(&set, root.public_key().thumbprint()).unwrap().sign(root).unwrap()
    }

    #[test]
    fn only_the_shipped_root_is_believed() {
        let (root, other, signing) =
            (SigningKey::generate().unwrap().0, SigningKey::generate().unwrap().0, SigningKey::generate().unwrap().0);
        let token = set(&root, vec![signing.public_key()]);
        assert!(KeySet::verify(&token, root.public_key().thumbprint()).is_ok());
        assert_eq!(KeySet::verify(&token, other.public_key().thumbprint()), Err(JwsError::UnknownKey));

        // Signed by another key that claims to be the root.
        let claimed: KeySet = Unverified::parse(&token).unwrap().unverified_content().unwrap();
        let forged = Unsigned::new(&claimed, root.public_key().thumbprint()).unwrap().sign(&other).unwrap();
        assert_eq!(KeySet::verify(&forged, root.public_key().thumbprint()), Err(JwsError::BadSignature));
        assert_eq!(KeySet::trust_on_first_use(&forged), Err(JwsError::BadSignature));
    }

    #[test]
    fn a_document_of_a_key_that_is_not_in_the_set_is_refused() {
        let (root, signing) = (SigningKey::generate().unwrap().0, SigningKey::generate().unwrap().0);
        let keys = KeySet::trust_on_first_use(&set(&root, vec![])).unwrap();
        let foreign = set(&signing, vec![]);
        assert_eq!(keys.open::<KeySet>(&foreign).unwrap_err(), JwsError::UnknownKey);
    }
}
