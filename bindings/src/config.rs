//! What a wallet is opened with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use farthing_core as core;

use crate::Timestamp;

/// What a wallet is opened with; see [`farthing_core::WalletConfig`].
#[derive(Clone, uniffi::Record)]
pub struct WalletConfig {
    /// The gateway's address.
    pub gateway: String,
    /// The app's publishable key.
    pub publishable_key: String,
    /// Where the database is.
    pub folder: String,
    /// The thumbprint of the gateway's root key.
    pub root_key: Option<String>,
    /// Whose device this is, by the app's own back end.
    pub enrolment_token: Option<String>,
    /// TLS keys that are trusted alone; none for the web's.
    pub key_pins: Vec<String>,
    /// Certificate authorities (DER) that are trusted beside the web's.
    pub tls_roots: Vec<Vec<u8>>,
    /// Whether the wallet syncs by itself.
    pub syncs_by_itself: bool,
    /// The wall clock; none for the device's.
    pub clock: Option<Arc<dyn Clock>>,
}

/// A wall clock, for tests and QA.
#[uniffi::export(with_foreign)]
pub trait Clock: Send + Sync {
    /// What time it is.
    fn wall(&self) -> Timestamp;
}

impl fmt::Debug for WalletConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WalletConfig")
            .field("gateway", &self.gateway)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl From<WalletConfig> for core::WalletConfig {
    fn from(config: WalletConfig) -> Self {
        let mut settings = core::WalletConfig::new(config.gateway, config.publishable_key, config.folder)
            .key_pins(config.key_pins)
            .tls_roots(config.tls_roots)
            .syncs_by_itself(config.syncs_by_itself);
        if let Some(root_key) = config.root_key {
            settings = settings.root_key(root_key);
        }
        if let Some(token) = config.enrolment_token {
            settings = settings.enrolment_token(token);
        }
        if let Some(clock) = config.clock {
            settings = settings.clock(Arc::new(ForeignClock(clock)));
        }
        settings
    }
}

/// A wall clock of the app's; time that passes is still the system's.
struct ForeignClock(Arc<dyn Clock>);

impl core::Clock for ForeignClock {
    fn wall(&self) -> Timestamp {
        self.0.wall()
    }

    fn monotonic(&self) -> Duration {
        core::SystemClock.monotonic()
    }
}
