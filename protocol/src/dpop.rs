//! Proof of possession (RFC 9449): each request is signed by the device's key, so that a
//! stolen access token is of no use without it.

use serde::{Deserialize, Serialize};

use crate::jws::{Document, JwsError, Unsigned, Unverified};
use crate::{Digest, PublicKey};

/// What a proof says (RFC 9449, section 4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DpopProof {
    /// The HTTP method.
    pub htm: String,
    /// The URL without query and fragment.
    pub htu: String,
    /// When it was made, in seconds since 1970 by the device's clock. The gateway goes by
    /// its nonce instead, since a device's clock may be years off.
    pub iat: i64,
    /// A name that no other proof has.
    pub jti: String,
    /// The SHA-256 of the access token that comes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ath: Option<Digest>,
    /// The gateway's latest nonce (section 8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// What the request says, where it has a body: [`DpopProof::content_of`]. It is a claim of
    /// ours, since RFC 9449 leaves the body to TLS: without it a proxy could have a card charged
    /// for another amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
}

impl Document for DpopProof {
    const TYPE: &'static str = "dpop+jwt";
}

impl DpopProof {
    /// What a proof says of a request's body and its `Idempotency-Key`: the SHA-256 of the one's
    /// SHA-256 followed by the other's. No key counts as an empty one.
    pub fn content_of(body: &[u8], idempotency_key: &[u8]) -> Digest {
        Digest::of(&[Digest::of(body).as_bytes().as_slice(), Digest::of(idempotency_key).as_bytes()].concat())
    }

    /// Writes the proof down for the device's key to sign.
    ///
    /// # Errors
    /// [`JwsError::BadContent`] when it can't be written as JSON.
    pub fn unsigned(&self, key: PublicKey) -> Result<Unsigned, JwsError> {
        Unsigned::with_key(self, key)
    }

    /// Checks a proof's signature by the key that it carries; returns both. That method, URL,
    /// nonce and token fit, and that it was not used before, is for the caller to compare.
    ///
    /// # Errors
    /// [`JwsError`].
    pub fn verify(token: &str) -> Result<(DpopProof, PublicKey), JwsError> {
        let jws = Unverified::parse(token)?;
        let key = jws.embedded_key().ok_or(JwsError::Malformed)?;
        let proof = jws.verify::<DpopProof>(&key)?.document;
        Ok((proof, key))
    }
}

/// An access token's claims (RFC 9068), bound to a device's key (RFC 9449, section 6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// The gateway.
    pub iss: String,
    /// The device.
    pub sub: crate::DeviceId,
    /// The account.
    pub account: crate::AccountId,
    /// The epoch of the device's key.
    pub epoch: u32,
    /// When it ends, in seconds since 1970 by the gateway's clock.
    pub exp: i64,
    /// The key that it is bound to.
    pub cnf: Confirmation,
}

impl Document for AccessToken {
    const TYPE: &'static str = "at+jwt";
}

/// The key that a token is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The key's thumbprint.
    pub jkt: Digest,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;

    #[test]
    fn another_body_or_another_key_is_another_content() {
        let contents = [("a", "b"), ("ab", ""), ("", "ab"), ("b", "a")];
        let contents = contents.map(|(body, key)| DpopProof::content_of(body.as_bytes(), key.as_bytes()));
        assert!((1..4).all(|place| !contents[..place].contains(&contents[place])));
    }

    #[test]
    fn a_proof_is_verified_by_the_key_it_carries() {
        let (key, _) = SigningKey::generate().unwrap();
        let proof = DpopProof {
            htm: "POST".into(),
            htu: "https://gateway.example/v1/token".into(),
            iat: 1_700_000_000,
            jti: "a".into(),
            ath: None,
            nonce: Some("n".into()),
            content: Some(DpopProof::content_of(b"{}", b"")),
        };
        let token = proof.unsigned(key.public_key()).unwrap().sign(&key).unwrap();
        assert_eq!(DpopProof::verify(&token).unwrap(), (proof.clone(), key.public_key()));

        let other = SigningKey::generate().unwrap().0;
        let forged = proof.unsigned(key.public_key()).unwrap().sign(&other).unwrap();
        assert_eq!(DpopProof::verify(&forged).unwrap_err(), JwsError::BadSignature);
    }
}
