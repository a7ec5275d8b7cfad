//! HTTPS: reqwest over rustls with ring, optional pins, and no redirects.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use farthing_protocol::limits::DOCUMENT_BYTES_MAX;
use farthing_protocol::{Digest, base64url};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::{Transport, TransportError};
use crate::WalletError;

/// A slow phone network opens a connection in this time, or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A full batch over a slow link, both ways.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// A settlement with its receipts, or the largest catalog in JSON.
const ANSWER_BYTES_MAX: usize = DOCUMENT_BYTES_MAX + 64 * 1024;

/// Which servers are talked to.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsPolicy {
    /// The SHA-256 of a server key's SubjectPublicKeyInfo; none means that any will do.
    pub(crate) pins: Vec<Digest>,
    /// Certificate authorities beside the web's (DER).
    pub(crate) extra_roots: Vec<Vec<u8>>,
}

/// The wallet's own transport.
pub(crate) struct HttpsTransport {
    client: reqwest::Client,
}

impl HttpsTransport {
    pub(crate) fn new(policy: &TlsPolicy, is_local: bool) -> Result<Self, WalletError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(policy)?)
            // A gateway never redirects; something in between might.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .user_agent(concat!("farthing/", env!("CARGO_PKG_VERSION")));
        if is_local {
            builder = builder.no_proxy();
        }
        Ok(HttpsTransport { client: builder.build().map_err(WalletError::internal)? })
    }
}

#[async_trait]
impl Transport for HttpsTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(|error| failure(&error))?;
        let mut response = self.client.execute(request).await.map_err(|error| failure(&error))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(TransportError::NotTrusted { reason: "the answer is too large".into() });
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

/// What went wrong, with its causes, and without the URL.
fn failure(error: &reqwest::Error) -> TransportError {
    let mut reasons = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<std::io::Error>().and_then(tls_error) {
            return TransportError::NotTrusted { reason: tls.to_string() };
        }
        reasons.push(error.to_string());
        cause = error.source();
    }
    let reason = reasons.pop().unwrap_or_else(|| "the request could not be made".into());
    if error.is_connect() { TransportError::NotSent { reason } } else { TransportError::Lost { reason } }
}

/// rustls hands its errors on inside of I/O errors, which may be inside of others.
fn tls_error(error: &std::io::Error) -> Option<&rustls::Error> {
    let inner = error.get_ref()?;
    if let Some(error) = inner.downcast_ref::<std::io::Error>() {
        return tls_error(error);
    }
    let tls = inner.downcast_ref::<rustls::Error>()?;
    matches!(tls, rustls::Error::InvalidCertificate(_) | rustls::Error::General(_)).then_some(tls)
}

fn tls(policy: &TlsPolicy) -> Result<ClientConfig, WalletError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in &policy.extra_roots {
        let added = roots.add(CertificateDer::from(root.as_slice()));
        added.map_err(|error| WalletError::invalid("tls_roots", format!("has no usable certificate: {error}")))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
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
