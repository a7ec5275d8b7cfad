//! What carries requests: HTTPS in an app, a router in the same process in a test.

use async_trait::async_trait;
use bytes::Bytes;

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request certainly never left: no network, no route, the connection was refused.
    #[error("the gateway can't be reached: {reason}")]
    NotSent {
        /// What was in the way.
        reason: String,
    },
    /// The request may have arrived: it timed out, or the connection broke.
    #[error("the connection to the gateway was lost: {reason}")]
    Lost {
        /// What happened.
        reason: String,
    },
    /// Something answered that is not to be talked to: a certificate or a pin does not fit, or
    /// the answer is too large.
    #[error("{reason}")]
    NotTrusted {
        /// What does not fit.
        reason: String,
    },
}

/// Carries one request to the gateway and brings back the answer, whatever its status.
///
/// The wallet's own transport is HTTPS; see [`crate::WalletConfig::transport`] for when to
/// bring another. It is called from several tasks at once.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request. Must not retry by itself: the wallet knows what may be repeated.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;
}
