//! A switch between the wallet and its network.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::{Transport, TransportError};

/// A transport that the app can switch off: then nothing is sent, as if there were no network.
pub(crate) struct OfflineSwitch {
    transport: Arc<dyn Transport>,
    is_offline: AtomicBool,
}

impl OfflineSwitch {
    pub(crate) fn new(transport: Arc<dyn Transport>) -> Self {
        OfflineSwitch { transport, is_offline: AtomicBool::new(false) }
    }

    pub(crate) fn set_offline(&self, is_offline: bool) {
        self.is_offline.store(is_offline, Ordering::SeqCst);
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.is_offline.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Transport for OfflineSwitch {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        if self.is_offline() {
            return Err(TransportError::NotSent { reason: "the app works offline".into() });
        }
        self.transport.send(request).await
    }
}
