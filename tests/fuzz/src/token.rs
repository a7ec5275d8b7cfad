//! Signed documents that carry their own key: any such token may be right, and none for someone else.

use farthing_protocol::limits::KEY_SET_KEYS_MAX;
use farthing_protocol::{
    AccessToken, Allowance, BatchClaims, Catalog, Digest, Document, DpopProof, JwsError, KeySet, PublicKey, Receipt,
    Settlement, Statement, Unverified, base64url, from_base64url,
};

use crate::Verdict;
use crate::document::{key, other_key};

/// No token opens by a key that did not sign it, whatever it says it is.
fn opens_by_nobody_else(token: &str) {
    fn opens<D: Document>(jws: &Unverified<'_>, key: &PublicKey) -> bool {
        jws.verify::<D>(key).is_ok()
    }
    let (Ok(jws), key) = (Unverified::parse(token), key().public_key()) else { return };
    assert!(!opens::<Allowance>(&jws, &key) && !opens::<Settlement>(&jws, &key) && !opens::<Statement>(&jws, &key));
    assert!(!opens::<Catalog>(&jws, &key) && !opens::<Receipt>(&jws, &key) && !opens::<BatchClaims>(&jws, &key));
    assert!(!opens::<AccessToken>(&jws, &key) && !opens::<KeySet>(&jws, &key) && !opens::<DpopProof>(&jws, &key));
}

/// The same token with another signature, one bit off.
fn with_a_changed_signature(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut signature = from_base64url(signature).unwrap();
    signature[0] ^= 1;
    format!("{input}.{}", base64url(&signature))
}

/// A proof is verified by the key that it carries, and by that alone.
pub(crate) fn dpop_proof(bytes: &[u8]) -> Verdict {
    let Ok(token) = std::str::from_utf8(bytes) else { return Verdict::Refused };
    opens_by_nobody_else(token);
    let Ok((proof, key)) = DpopProof::verify(token) else { return Verdict::Refused };
    let jws = Unverified::parse(token).unwrap();
    assert_eq!(jws.embedded_key(), Some(key));
    assert_eq!(DpopProof::verify(&with_a_changed_signature(token)), Err(JwsError::BadSignature));

    let other = other_key();
    let rewritten = proof.unsigned(other.public_key()).unwrap().sign(other).unwrap();
    assert_eq!(DpopProof::verify(&rewritten), Ok((proof, other.public_key())));
    Verdict::Read
}

/// A key set is its root's: it is trusted by that thumbprint, and by no other.
pub(crate) fn key_set(bytes: &[u8]) -> Verdict {
    let Ok(token) = std::str::from_utf8(bytes) else { return Verdict::Refused };
    opens_by_nobody_else(token);
    let Ok(keys) = KeySet::trust_on_first_use(token) else { return Verdict::Refused };
    assert!(keys.keys.len() <= KEY_SET_KEYS_MAX);
    assert_eq!(KeySet::verify(token, keys.root.thumbprint()), Ok(keys.clone()));
    assert_eq!(KeySet::verify(token, Digest::of(b"another root")), Err(JwsError::UnknownKey));
    assert_eq!(KeySet::trust_on_first_use(&with_a_changed_signature(token)), Err(JwsError::BadSignature));

    let written = serde_json::to_vec(&keys).unwrap();
    assert_eq!(serde_json::from_slice::<KeySet>(&written).unwrap(), keys);
    Verdict::Read
}
