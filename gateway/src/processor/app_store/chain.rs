//! Whether something was signed by the App Store: a compact JWS by a certificate that leads to Apple's root.
//!
//! The header has the chain (`x5c`, RFC 7515, section 4.1.6): a leaf, Apple's intermediate, the root. The root in it is
//! not looked at; the operator's is. Certificates must have been valid when the store signed, and carry Apple's marks
//! (the extensions that Apple's own server libraries ask for).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farthing_protocol::from_base64url;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::Doubt;

/// The mark of a certificate that signs what the App Store says (Apple's certification practice statement for its
/// Worldwide Developer Relations, section 4.11.10).
const SIGNS_RECEIPTS: &str = "1.2.840.113635.100.6.11.1";
/// The mark of Apple's Worldwide Developer Relations certificate, the intermediate.
const DEVELOPER_RELATIONS: &str = "1.2.840.113635.100.6.2.1";
/// The leaf, the intermediate, the root.
const CHAIN_LENGTH: usize = 3;
/// How Apple signs its certificates.
static ALGORITHMS: [&dyn SignatureVerificationAlgorithm; 4] = [
    webpki::ring::ECDSA_P256_SHA256,
    webpki::ring::ECDSA_P256_SHA384,
    webpki::ring::ECDSA_P384_SHA256,
    webpki::ring::ECDSA_P384_SHA384,
];

#[derive(Deserialize)]
struct Header {
    alg: String,
    x5c: Vec<String>,
}

/// When it was signed, by its own word: what all that the store signs has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignedAt {
    /// Milliseconds since 1970.
    signed_date: u64,
}

/// What was signed, once it is sure that the App Store did.
pub(super) fn open<T: DeserializeOwned>(root: &CertificateDer<'_>, token: &str) -> Result<T, Doubt> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Doubt::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(Doubt::Malformed)?;
    let [header, payload, signature] =
        [header, payload, signature].map(|part| from_base64url(part).ok_or(Doubt::Malformed));
    let (payload, signature) = (payload?, signature?);
    let header: Header = serde_json::from_slice(&header?).map_err(|_| Doubt::Malformed)?;
    if header.alg != "ES256" {
        return Err(Doubt::Malformed);
    }
    let at: SignedAt = serde_json::from_slice(&payload).map_err(|_| Doubt::Malformed)?;
    let chain: Result<Vec<_>, _> = header.x5c.iter().map(|certificate| STANDARD.decode(certificate)).collect();
    let key = verified_key(root, chain.map_err(|_| Doubt::Malformed)?, Duration::from_millis(at.signed_date))?;
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key);
    key.verify(signed.as_bytes(), &signature).map_err(|_| Doubt::BadSignature)?;
    serde_json::from_slice(&payload).map_err(|_| Doubt::Malformed)
}

/// The leaf's public key, if the chain leads to the root.
fn verified_key(root: &CertificateDer<'_>, chain: Vec<Vec<u8>>, at: Duration) -> Result<Vec<u8>, Doubt> {
    let Ok::<[_; CHAIN_LENGTH], _>([leaf, intermediate, _]) = chain.try_into() else {
        return Err(Doubt::BadChain("it is not of three certificates".to_owned()));
    };
    let (leaf, intermediate) = (CertificateDer::from(leaf), [CertificateDer::from(intermediate)]);
    let bad = |error: webpki::Error| Doubt::BadChain(error.to_string());
    let anchors = [anchor_from_trusted_cert(root).map_err(bad)?];
    let end_entity = EndEntityCert::try_from(&leaf).map_err(bad)?;
    let time = UnixTime::since_unix_epoch(at);
    let path = end_entity.verify_for_usage(&ALGORITHMS, &anchors, &intermediate, time, AnyUsage, None, None);
    // A leaf by the root itself would leave the intermediate unproven.
    if path.map_err(bad)?.intermediate_certificates().count() != 1 {
        return Err(Doubt::BadChain("the root has signed the leaf itself".to_owned()));
    }
    let [intermediate] = &intermediate;
    require_mark(&parsed(intermediate)?, DEVELOPER_RELATIONS)?;
    let leaf = parsed(&leaf)?;
    require_mark(&leaf, SIGNS_RECEIPTS)?;
    Ok(leaf.public_key().subject_public_key.data.to_vec())
}

fn parsed<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Doubt> {
    let (_, certificate) = X509Certificate::from_der(certificate).map_err(|_| Doubt::Malformed)?;
    Ok(certificate)
}

fn require_mark(certificate: &X509Certificate<'_>, mark: &str) -> Result<(), Doubt> {
    let has_it = certificate.extensions().iter().any(|extension| extension.oid.to_id_string() == mark);
    if has_it { Ok(()) } else { Err(Doubt::BadChain(format!("a certificate lacks Apple's mark {mark}"))) }
}

/// Apple's marks say what a certificate is for; its extended key usage, where there is one, does not.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject;

    use super::*;

    /// Apple's own certificates: the store signs with this leaf from September 2025 to October 2027.
    fn apples() -> [CertificateDer<'static>; 3] {
        [
            include_bytes!("../../../../tests/vectors/apple/leaf.pem").as_slice(),
            include_bytes!("../../../../tests/vectors/apple/intermediate.pem"),
            include_bytes!("../../../../tests/vectors/apple/root.pem"),
        ]
        .map(|pem| CertificateDer::from_pem_slice(pem).unwrap())
    }

    fn at(time: &str) -> Duration {
        let time: farthing_protocol::Timestamp = time.parse().unwrap();
        Duration::from_secs(time.as_second().try_into().unwrap())
    }

    #[test]
    fn apple_s_own_certificates_are_taken_as_long_as_they_are_valid() {
        let chain = apples();
        let bytes = || chain.iter().map(|certificate| certificate.to_vec()).collect::<Vec<_>>();
        let key = verified_key(&chain[2], bytes(), at("2026-06-01T08:00:00Z")).unwrap();
        // An uncompressed point of P-256.
        assert_eq!((key.len(), key[0]), (65, 4));
        for (root, chain, time) in [
            (&chain[2], bytes(), "2025-09-01T00:00:00Z"),
            (&chain[2], bytes(), "2027-11-01T00:00:00Z"),
            (&chain[1], bytes(), "2026-06-01T08:00:00Z"),
            (&chain[2], bytes()[1..].to_vec(), "2026-06-01T08:00:00Z"),
            (&chain[2], bytes().into_iter().rev().collect(), "2026-06-01T08:00:00Z"),
        ] {
            assert!(matches!(verified_key(root, chain, at(time)), Err(Doubt::BadChain(_))), "{time}");
        }
        let mut changed = bytes();
        *changed[0].last_mut().unwrap() ^= 1;
        assert!(verified_key(&chain[2], changed, at("2026-06-01T08:00:00Z")).is_err());
    }
}
