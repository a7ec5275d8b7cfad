//! Signed documents: compact JWS (RFC 7515) with ES256, a `kid` and an explicit `typ` (RFC 8725, section 3.11).
//!
//! A document's type carries its `typ`, so a settlement can never be taken for an allowance,
//! and no header but ours is ever accepted: `alg` is ES256 and `crit` does not occur.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::limits::DOCUMENT_BYTES_MAX;
use crate::{Digest, KeyError, PublicKey, SigningKey, Thumbprint, base64url, from_base64url};

/// What can be signed: each kind of document names its own `typ`.
pub trait Document: Serialize + DeserializeOwned {
    /// The media type in the JWS header, without `application/`.
    const TYPE: &'static str;
}

/// Why a signed document was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// It is no compact JWS, or has a header that we never make.
    #[error("not a compact JWS of ours")]
    Malformed,
    /// It is longer than any document of ours.
    #[error("the signed document is too long")]
    TooLong,
    /// It is signed, but another kind of document.
    #[error("the signed document is of another type")]
    WrongType,
    /// Its `kid` is not in the key set: fetch the key set again.
    #[error("the signed document names a key that is not known")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the signature of the document is wrong")]
    BadSignature,
    /// The signature fits, but the content is not what the type promises.
    #[error("the signed document's content is malformed")]
    BadContent,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<Digest>,
    typ: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwk: Option<PublicKey>,
    #[serde(default, skip_serializing)]
    crit: Option<serde_json::Value>,
}

const ALGORITHM: &str = "ES256";

/// A document with its header, ready to be signed: by a key in memory ([`Unsigned::sign`]),
/// or by a key in hardware, which gets [`Unsigned::signing_input`] and hands back 64 bytes.
pub struct Unsigned {
    input: String,
}

impl Unsigned {
    /// Writes down a document for the key that will sign it.
    ///
    /// # Errors
    /// [`JwsError::BadContent`] when the document can't be written as JSON.
    pub fn new<D: Document>(document: &D, key: Thumbprint) -> Result<Self, JwsError> {
        let payload = serde_json::to_vec(document).map_err(|_| JwsError::BadContent)?;
        Ok(Unsigned::of_payload::<D>(&payload, key))
    }

    /// As [`Unsigned::new`], of a payload whose exact bytes were fixed before.
    pub fn of_payload<D: Document>(payload: &[u8], key: Thumbprint) -> Self {
        // The header is written by hand, since it is the same but for the key.
        let header = format!(r#"{{"alg":"{ALGORITHM}","kid":"{key}","typ":"{}"}}"#, D::TYPE);
        Unsigned { input: format!("{}.{}", base64url(header.as_bytes()), base64url(payload)) }
    }

    /// As [`Unsigned::new`], with the whole public key in the header, as DPoP asks (RFC 9449, section 4.2).
    ///
    /// # Errors
    /// [`JwsError::BadContent`] when the document can't be written as JSON.
    pub fn with_key<D: Document>(document: &D, key: PublicKey) -> Result<Self, JwsError> {
        let header = Header { alg: ALGORITHM.into(), kid: None, typ: D::TYPE.into(), jwk: Some(key), crit: None };
        let header = serde_json::to_vec(&header).map_err(|_| JwsError::BadContent)?;
        let payload = serde_json::to_vec(document).map_err(|_| JwsError::BadContent)?;
        Ok(Unsigned { input: format!("{}.{}", base64url(&header), base64url(&payload)) })
    }

    /// The bytes that the key signs.
    pub fn signing_input(&self) -> &[u8] {
        self.input.as_bytes()
    }

    /// The compact JWS, with the signature that was made elsewhere (`r || s`, 64 bytes).
    pub fn with_signature(self, signature: &[u8]) -> String {
        let mut token = self.input;
        token.push('.');
        token.push_str(&base64url(signature));
        token
    }

    /// The compact JWS, signed by a key in memory.
    ///
    /// # Errors
    /// [`KeyError::CannotSign`] when the machine's random source fails.
    pub fn sign(self, key: &SigningKey) -> Result<String, KeyError> {
        let signature = key.sign(self.signing_input())?;
        Ok(self.with_signature(&signature))
    }
}

/// A compact JWS taken apart, its signature not yet checked. Nothing of its content can be
/// had before that.
pub struct Unverified<'a> {
    header: Header,
    signing_input: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    /// Takes a compact JWS apart.
    ///
    /// # Errors
    /// [`JwsError::TooLong`] and [`JwsError::Malformed`].
    pub fn parse(token: &'a str) -> Result<Self, JwsError> {
        if token.len() > DOCUMENT_BYTES_MAX {
            return Err(JwsError::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Malformed)?;
        let header = from_base64url(header).ok_or(JwsError::Malformed)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| JwsError::Malformed)?;
        if header.alg != ALGORITHM || header.crit.is_some() {
            return Err(JwsError::Malformed);
        }
        let signature = from_base64url(signature).ok_or(JwsError::Malformed)?;
        Ok(Unverified { header, signing_input, payload, signature })
    }

    /// The key that is said to have signed.
    pub fn key_id(&self) -> Option<Thumbprint> {
        self.header.kid
    }

    /// The public key in the header, if there is one (DPoP).
    pub fn embedded_key(&self) -> Option<PublicKey> {
        self.header.jwk
    }

    /// The content before any check; only for a document that carries its own key.
    pub(crate) fn unverified_content<D: Document>(&self) -> Result<D, JwsError> {
        let payload = from_base64url(self.payload).ok_or(JwsError::BadContent)?;
        serde_json::from_slice(&payload).map_err(|_| JwsError::BadContent)
    }

    /// Checks the type and the signature; returns the content and its exact bytes.
    ///
    /// # Errors
    /// [`JwsError::WrongType`], [`JwsError::BadSignature`], [`JwsError::BadContent`].
    pub fn verify<D: Document>(&self, key: &PublicKey) -> Result<Verified<D>, JwsError> {
        if self.header.typ != D::TYPE {
            return Err(JwsError::WrongType);
        }
        key.verify(self.signing_input.as_bytes(), &self.signature).map_err(|_| JwsError::BadSignature)?;
        let payload = from_base64url(self.payload).ok_or(JwsError::BadContent)?;
        let document = serde_json::from_slice(&payload).map_err(|_| JwsError::BadContent)?;
        Ok(Verified { document, payload })
    }
}

/// A document whose signature was checked.
#[derive(Clone, Debug)]
pub struct Verified<D> {
    /// The content.
    pub document: D,
    /// The exact bytes that were signed.
    pub payload: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        text: String,
    }
    impl Document for Note {
        const TYPE: &'static str = "test-note+jwt";
    }
    #[derive(Debug, Serialize, Deserialize)]
    struct Other {}
    impl Document for Other {
        const TYPE: &'static str = "test-other+jwt";
    }

    fn signed() -> (String, PublicKey) {
        let key = SigningKey::generate().unwrap().0;
        let note = Note { text: "hello".into() };
        let token = Unsigned::new(&note, key.public_key().thumbprint()).unwrap().sign(&key).unwrap();
        (token, key.public_key())
    }

    #[test]
    fn a_document_comes_back_as_it_was_signed() {
        let (token, key) = signed();
        let verified = Unverified::parse(&token).unwrap().verify::<Note>(&key).unwrap();
        assert_eq!(verified.document, Note { text: "hello".into() });
        assert_eq!(verified.payload, br#"{"text":"hello"}"#);
    }

    #[test]
    fn a_document_is_not_taken_for_another_kind() {
        let (token, key) = signed();
        assert_eq!(Unverified::parse(&token).unwrap().verify::<Other>(&key).unwrap_err(), JwsError::WrongType);
    }

    #[test]
    fn any_changed_character_is_found() {
        let (token, key) = signed();
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let accepted = Unverified::parse(&changed).and_then(|jws| jws.verify::<Note>(&key));
            assert!(accepted.is_err(), "a change at {at} was accepted");
        }
    }

    #[test]
    fn other_algorithms_and_critical_headers_are_refused() {
        let (token, _) = signed();
        let rest = token.split_once('.').unwrap().1;
        for header in [
            r#"{"alg":"none","typ":"test-note+jwt"}"#,
            r#"{"alg":"HS256","typ":"test-note+jwt"}"#,
            r#"{"alg":"ES256","typ":"test-note+jwt","crit":["b64"],"b64":false}"#,
            "[]",
            "",
        ] {
            let forged = format!("{}.{rest}", base64url(header.as_bytes()));
            assert!(Unverified::parse(&forged).is_err(), "{header}");
        }
        for garbage in ["", ".", "..", "a.b", "a.b.c.d", "😀.😀.😀"] {
            assert!(Unverified::parse(garbage).is_err(), "{garbage}");
        }
    }
}
