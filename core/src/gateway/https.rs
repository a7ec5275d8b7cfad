//! HTTPS: reqwest over [`tls`](super::tls), and no redirects.

use std::error::Error as _;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use farthing_protocol::limits::DOCUMENT_BYTES_MAX;

use super::tls::{TlsPolicy, configuration};
use super::{Transport, TransportError};
use crate::WalletError;

/// A slow phone network opens a connection in this time, or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A full batch over a slow link, both ways.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// A settlement with its receipts, or the largest catalog in JSON.
const ANSWER_BYTES_MAX: usize = DOCUMENT_BYTES_MAX + 64 * 1024;

/// The wallet's own transport.
pub(crate) struct HttpsTransport {
    client: reqwest::Client,
}

impl HttpsTransport {
    pub(crate) fn new(policy: &TlsPolicy, is_local: bool) -> Result<Self, WalletError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(configuration(policy)?)
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
