//! P-256 keys: what signs, what verifies, and how they are named (RFC 7517, RFC 7638).

use std::fmt;

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Digest, base64url, from_base64url};

/// The SHA-256 thumbprint of a key (RFC 7638): its name everywhere, as `kid` and as `jkt`.
pub type Thumbprint = Digest;

const COORDINATE_LENGTH: usize = 32;
const POINT_LENGTH: usize = 1 + 2 * COORDINATE_LENGTH;
const UNCOMPRESSED: u8 = 4;

/// A P-256 public key that verifies ES256 signatures (RFC 7518, section 3.4).
///
/// In JSON it is a JWK: `{"kty":"EC","crv":"P-256","x":"…","y":"…"}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Jwk", into = "Jwk")]
pub struct PublicKey([u8; POINT_LENGTH]);

/// The JSON shape of a public key. Members that we don't use are allowed, as RFC 7517 asks.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Jwk {
    /// Always `EC`.
    kty: String,
    /// Always `P-256`.
    crv: String,
    /// The x coordinate, base64url.
    #[cfg_attr(feature = "openapi", schema(min_length = 43, max_length = 43))]
    x: String,
    /// The y coordinate, base64url.
    #[cfg_attr(feature = "openapi", schema(min_length = 43, max_length = 43))]
    y: String,
    /// A private key has no business on the wire (RFC 9449, section 4.3): only read, to be refused.
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    d: Option<serde::de::IgnoredAny>,
}

/// A key that is no P-256 key, or a signature that it did not make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text or bytes are not a P-256 key.
    #[error("not a P-256 key")]
    Malformed,
    /// The signature is not one that this key made over this message.
    #[error("the signature does not fit the key and the message")]
    BadSignature,
    /// The key could not sign; the random source of the machine failed.
    #[error("the key could not sign")]
    CannotSign,
}

impl PublicKey {
    /// A key from its uncompressed point (SEC 1, section 2.3.3): `04 || x || y`.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the length or the first byte is another. Whether the
    /// point is on the curve shows at the first [`PublicKey::verify`].
    pub fn from_point(point: &[u8]) -> Result<Self, KeyError> {
        let point: [u8; POINT_LENGTH] = point.try_into().map_err(|_| KeyError::Malformed)?;
        if point[0] != UNCOMPRESSED {
            return Err(KeyError::Malformed);
        }
        Ok(PublicKey(point))
    }

    /// The uncompressed point.
    pub fn point(&self) -> &[u8] {
        &self.0
    }

    /// Checks an ES256 signature: the 64 bytes `r || s`.
    ///
    /// # Errors
    /// [`KeyError::BadSignature`] for anything but a signature of this key over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0)
            .verify(message, signature)
            .map_err(|_| KeyError::BadSignature)
    }

    /// The key's thumbprint (RFC 7638).
    pub fn thumbprint(&self) -> Thumbprint {
        let (x, y) = self.coordinates();
        Digest::of(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#).as_bytes())
    }

    fn coordinates(&self) -> (String, String) {
        let (x, y) = self.0[1..].split_at(COORDINATE_LENGTH);
        (base64url(x), base64url(y))
    }
}

impl TryFrom<Jwk> for PublicKey {
    type Error = KeyError;

    fn try_from(jwk: Jwk) -> Result<Self, KeyError> {
        if jwk.kty != "EC" || jwk.crv != "P-256" || jwk.d.is_some() {
            return Err(KeyError::Malformed);
        }
        let x = from_base64url(&jwk.x).ok_or(KeyError::Malformed)?;
        let y = from_base64url(&jwk.y).ok_or(KeyError::Malformed)?;
        if x.len() != COORDINATE_LENGTH {
            return Err(KeyError::Malformed);
        }
        PublicKey::from_point(&[&[UNCOMPRESSED][..], &x, &y].concat())
    }
}

impl From<PublicKey> for Jwk {
    fn from(key: PublicKey) -> Self {
        let (x, y) = key.coordinates();
        Jwk { kty: "EC".into(), crv: "P-256".into(), x, y, d: None }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P-256 key {}", self.thumbprint())
    }
}

/// A P-256 key pair in this process's memory. Hardware keys sign elsewhere; see
/// [`crate::jws::Unsigned`] for how their signatures are put in.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// Makes a key; returns its PKCS#8 form (RFC 5208) for safe keeping, wiped when dropped.
    ///
    /// # Errors
    /// [`KeyError::CannotSign`] when the machine's random source fails.
    pub fn generate() -> Result<(Self, Zeroizing<Vec<u8>>), KeyError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| KeyError::CannotSign)?;
        let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
        Ok((SigningKey::from_pkcs8(&pkcs8)?, pkcs8))
    }

    /// A key from its PKCS#8 form.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new())
            .map_err(|_| KeyError::Malformed)?;
        let public = PublicKey::from_point(pair.public_key().as_ref())?;
        Ok(SigningKey { pair, public })
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        self.public
    }

    /// Signs a message; returns the 64 bytes `r || s`.
    ///
    /// # Errors
    /// [`KeyError::CannotSign`] when the machine's random source fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| KeyError::CannotSign)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signing half of {:?}", self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_what_it_verifies_and_nothing_else() {
        let (key, pkcs8) = SigningKey::generate().unwrap();
        let signature = key.sign(b"a quarter").unwrap();
        let public = SigningKey::from_pkcs8(&pkcs8).unwrap().public_key();
        assert_eq!(public.verify(b"a quarter", &signature), Ok(()));
        assert_eq!(public.verify(b"a dollar", &signature), Err(KeyError::BadSignature));
        assert_eq!(public.verify(b"a quarter", &signature[1..]), Err(KeyError::BadSignature));
    }

    #[test]
    fn a_jwk_survives_a_round_trip_and_others_are_refused() {
        let key = SigningKey::generate().unwrap().0.public_key();
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key);
        for bad in [
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#.to_owned(),
            json.replace("P-256", "P-384"),
            json.replace(r#""x":""#, r#""x":"A"#),
            json.replace('}', r#","d":"c2VjcmV0"}"#),
        ] {
            assert!(serde_json::from_str::<PublicKey>(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let (key, pkcs8) = SigningKey::generate().unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains(&key.public_key().thumbprint().to_string()));
        assert!(!shown.contains(&base64url(&pkcs8)));
    }
}
