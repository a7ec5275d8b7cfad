//! Requests over HTTP and HTTPS.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use farthing_core::{Transport, TransportError};
use rustls::{ClientConfig, RootCertStore};

/// Carries requests over the network.
pub struct Https(reqwest::Client);

impl Https {
    /// A client that trusts the web's authorities and follows no redirect.
    ///
    /// # Panics
    /// When TLS can't be set up.
    pub fn new() -> Self {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(config.with_root_certificates(roots).with_no_client_auth())
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30));
        Https(client.build().unwrap())
    }
}

impl Default for Https {
    fn default() -> Self {
        Https::new()
    }
}

#[async_trait]
impl Transport for Https {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let lost = |error: reqwest::Error| TransportError::Lost { reason: error.to_string() };
        let mut response = self.0.execute(reqwest::Request::try_from(request).map_err(lost)?).await.map_err(lost)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut answer = http::Response::new(response.bytes().await.map_err(lost)?);
        (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
        Ok(answer)
    }
}
