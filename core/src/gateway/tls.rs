//! TLS: rustls with ring, the web's authorities and those of the app, optional pins.
//!
//! Of what rustls knows, only this is linked: the rest would be a thirtieth of the library. Key agreement on P-256 (which each
//! server must know: RFC 8446, section 9.1) or P-384; AES-GCM, by TLS 1.3 or 1.2; certificates of the web, whose keys are on
//! these curves or RSA's (CA/Browser Forum, Baseline Requirements, section 6.1.5).

use std::sync::Arc;

use farthing_protocol::{Digest, base64url};
use ring::rand::SecureRandom as _;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::{cipher_suite, kx_group};
use rustls::crypto::{CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::SigningKey;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use webpki::ring as algorithm;

use crate::WalletError;

/// Which servers are talked to.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsPolicy {
    /// The SHA-256 of a server key's SubjectPublicKeyInfo; none means that any will do.
    pub(crate) pins: Vec<Digest>,
    /// Certificate authorities beside the web's (DER).
    pub(crate) extra_roots: Vec<Vec<u8>>,
}

/// How TLS is spoken.
pub(super) fn configuration(policy: &TlsPolicy) -> Result<ClientConfig, WalletError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in &policy.extra_roots {
        let added = roots.add(CertificateDer::from(root.as_slice()));
        added.map_err(|error| WalletError::invalid("tls_roots", format!("has no usable certificate: {error}")))?;
    }
    let provider = Arc::new(provider());
    let web = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let web = web.build().map_err(WalletError::internal)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(WalletError::internal)?;
    let config = if policy.pins.is_empty() {
        config.with_webpki_verifier(web)
    } else {
        let verifier = PinnedVerifier { web, pins: policy.pins.clone() };
        config.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
    };
    Ok(config.with_no_client_auth())
}

/// All that the web's rules ask, and one of the pinned keys besides (as in RFC 7469, section 2.4).
#[derive(Debug)]
struct PinnedVerifier {
    web: Arc<WebPkiServerVerifier>,
    pins: Vec<Digest>,
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.web.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        let key = Digest::of(&ParsedCertificate::try_from(end_entity)?.subject_public_key_info());
        if self.pins.contains(&key) {
            return Ok(verified);
        }
        Err(rustls::Error::General(format!("the server's key {} is not one that is pinned", base64url(key.as_bytes()))))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.web.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.web.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.web.supported_verify_schemes()
    }
}

const SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        algorithm::ECDSA_P256_SHA256,
        algorithm::ECDSA_P256_SHA384,
        algorithm::ECDSA_P384_SHA256,
        algorithm::ECDSA_P384_SHA384,
        algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        algorithm::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        algorithm::RSA_PKCS1_2048_8192_SHA256,
        algorithm::RSA_PKCS1_2048_8192_SHA384,
        algorithm::RSA_PKCS1_2048_8192_SHA512,
    ],
    // With TLS 1.2 the scheme does not say the curve (RFC 8422, section 5.1.1); with TLS 1.3 the first one counts.
    mapping: &[
        (SignatureScheme::ECDSA_NISTP256_SHA256, &[algorithm::ECDSA_P256_SHA256, algorithm::ECDSA_P384_SHA256]),
        (SignatureScheme::ECDSA_NISTP384_SHA384, &[algorithm::ECDSA_P384_SHA384, algorithm::ECDSA_P256_SHA384]),
        (SignatureScheme::RSA_PSS_SHA256, &[algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY]),
        (SignatureScheme::RSA_PSS_SHA384, &[algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY]),
        (SignatureScheme::RSA_PSS_SHA512, &[algorithm::RSA_PSS_2048_8192_SHA512_LEGACY_KEY]),
        (SignatureScheme::RSA_PKCS1_SHA256, &[algorithm::RSA_PKCS1_2048_8192_SHA256]),
        (SignatureScheme::RSA_PKCS1_SHA384, &[algorithm::RSA_PKCS1_2048_8192_SHA384]),
        (SignatureScheme::RSA_PKCS1_SHA512, &[algorithm::RSA_PKCS1_2048_8192_SHA512]),
    ],
};

fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS13_AES_256_GCM_SHA384,
            cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        ],
        kx_groups: vec![kx_group::SECP256R1, kx_group::SECP384R1],
        signature_verification_algorithms: SIGNATURES,
        secure_random: &System,
        key_provider: &System,
    }
}

/// What the system gives: randomness, and no key, since a wallet shows no certificate.
#[derive(Debug)]
struct System;

impl SecureRandom for System {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        ring::rand::SystemRandom::new().fill(bytes).map_err(|_| GetRandomFailed)
    }
}

impl KeyProvider for System {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("a wallet shows no certificate".into()))
    }
}
