//! What a wallet is opened with.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use farthing_protocol::{Digest, Environment, from_base64url};
use url::Url;

use crate::WalletError;
use crate::clock::{Clock, SystemClock};
use crate::gateway::{HttpsTransport, TlsPolicy, Transport, gateway_address};

/// What publishable keys of a sandbox begin with.
const TEST_KEY: &str = "pk_test_";

/// What a wallet is opened with. The three that each app needs come first; the rest has
/// defaults that are right for most.
///
/// ```
/// use farthing_core::WalletConfig;
///
/// let config = WalletConfig::new("https://pay.example", "pk_live_…", "/var/lib/game/wallet")
///     .root_key("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
/// ```
#[derive(Clone)]
pub struct WalletConfig {
    gateway: String,
    pub(crate) publishable_key: String,
    pub(crate) enrolment_token: Option<String>,
    pub(crate) folder: PathBuf,
    root_key: Option<String>,
    key_pins: Vec<String>,
    tls_roots: Vec<Vec<u8>>,
    pub(crate) syncs_by_itself: bool,
    transport: Option<Arc<dyn Transport>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl WalletConfig {
    /// The gateway's address, the app's publishable key, and the folder that the wallet keeps
    /// its database in (made when it is not there; exclude it from backups).
    ///
    /// The address must be `https`. Plain `http` is for a gateway on this machine, or on the
    /// host of the Android emulator (`10.0.2.2`).
    pub fn new(gateway: impl Into<String>, publishable_key: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        WalletConfig {
            gateway: gateway.into(),
            publishable_key: publishable_key.into(),
            enrolment_token: None,
            folder: folder.into(),
            root_key: None,
            key_pins: Vec::new(),
            tls_roots: Vec::new(),
            syncs_by_itself: true,
            transport: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// The thumbprint of the gateway's root key (43 characters of base64url, as the gateway
    /// prints it at its start). All trust in the gateway's answers comes from it. Without it,
    /// a test key (`pk_test_…`) trusts the first gateway that answers; any other key is refused.
    pub fn root_key(mut self, thumbprint: impl Into<String>) -> Self {
        self.root_key = Some(thumbprint.into());
        self
    }

    /// Whose device this is: an enrolment token from the app's own back end, which asks the gateway for one. It is used
    /// once, when a new wallet enrols; one that was enrolled before needs none. With a live key it is needed; with a
    /// test key a wallet without one gets an account of its own. A token that has expired or was used ends the sync in
    /// [`WalletError::EnrolmentRejected`]: open the wallet again with a new one.
    pub fn enrolment_token(mut self, token: impl Into<String>) -> Self {
        self.enrolment_token = Some(token.into());
        self
    }

    /// Talks only to servers with one of these TLS keys: the SHA-256 of the
    /// SubjectPublicKeyInfo in base64url. At least two are needed, the second for the day on
    /// which the first is replaced. Usually not needed: money does not depend on TLS, and a
    /// wrong pin locks out every installed app.
    pub fn key_pins(mut self, pins: Vec<String>) -> Self {
        self.key_pins = pins;
        self
    }

    /// Certificate authorities (DER) that are trusted beside the web's, for a gateway inside
    /// of a company.
    pub fn tls_roots(mut self, certificates: Vec<Vec<u8>>) -> Self {
        self.tls_roots = certificates;
        self
    }

    /// Whether the wallet syncs by itself, at the start and after each purchase (the default).
    /// Without it, only [`crate::Wallet::sync`] talks to the gateway about purchases.
    pub fn syncs_by_itself(mut self, yes: bool) -> Self {
        self.syncs_by_itself = yes;
        self
    }

    /// Carries requests by something else than the wallet's own HTTPS client: a router in the
    /// same process, a network that a test can cut. TLS settings are not used then.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Takes the time from another clock, for tests and simulations.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// What the publishable key is for.
    fn environment(&self) -> Environment {
        if self.publishable_key.starts_with(TEST_KEY) { Environment::Sandbox } else { Environment::Live }
    }

    /// Checks the settings; changes nothing.
    pub(crate) fn connection(&self) -> Result<Connection, WalletError> {
        let (address, is_local) = gateway_address(&self.gateway)?;
        let key = &self.publishable_key;
        if key.is_empty() || key.len() > 200 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WalletError::invalid("publishable_key", "must be the pk_… key from the gateway's operator"));
        }
        let root = self.root_key.as_deref().map(|text| digest("root_key", text)).transpose()?;
        if root.is_none() && self.environment() == Environment::Live {
            return Err(WalletError::invalid("root_key", "is needed with a key that is not for tests (pk_test_…)"));
        }
        if self.key_pins.len() == 1 {
            return Err(WalletError::invalid("key_pins", "must have a second one, for when the first is replaced"));
        }
        let pins = self.key_pins.iter().map(|pin| digest("key_pins", pin)).collect::<Result<_, _>>()?;
        let transport = match &self.transport {
            Some(transport) => transport.clone(),
            None => {
                let policy = TlsPolicy { pins, extra_roots: self.tls_roots.clone() };
                Arc::new(HttpsTransport::new(&policy, is_local)?)
            }
        };
        Ok(Connection { address, root, environment: self.environment(), transport })
    }
}

/// How to reach the gateway, and whom to believe.
pub(crate) struct Connection {
    pub(crate) address: Url,
    pub(crate) root: Option<Digest>,
    pub(crate) environment: Environment,
    pub(crate) transport: Arc<dyn Transport>,
}

fn digest(field: &str, text: &str) -> Result<Digest, WalletError> {
    let bytes = from_base64url(text.trim()).and_then(|bytes| bytes.try_into().ok());
    let malformed = || WalletError::invalid(field, "must be a SHA-256 in base64url, 43 characters");
    Ok(Digest::from_bytes(bytes.ok_or_else(malformed)?))
}

impl fmt::Debug for WalletConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WalletConfig")
            .field("gateway", &self.gateway)
            .field("folder", &self.folder)
            .field("root_key", &self.root_key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: &str = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";

    fn config(key: &str) -> WalletConfig {
        WalletConfig::new("https://pay.example", key, "/nowhere")
    }

    fn refused(config: WalletConfig) -> String {
        match config.connection() {
            Err(WalletError::InvalidArgument { field, .. }) => field,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("accepted"),
        }
    }

    #[test]
    fn only_a_test_key_trusts_whoever_answers_first() {
        assert!(config("pk_test_1").connection().is_ok());
        assert_eq!(refused(config("pk_live_1")), "root_key");
        assert!(config("pk_live_1").root_key(PIN).connection().is_ok());
    }

    #[test]
    fn what_is_misspelt_is_named() {
        assert_eq!(refused(config("")), "publishable_key");
        assert_eq!(refused(config("pk test")), "publishable_key");
        assert_eq!(refused(config("pk_test_1").root_key("abc")), "root_key");
        assert_eq!(refused(config("pk_test_1").key_pins(vec![PIN.into()])), "key_pins");
        assert_eq!(refused(config("pk_test_1").key_pins(vec![PIN.into(), "x".into()])), "key_pins");
        assert_eq!(refused(config("pk_test_1").tls_roots(vec![vec![1]])), "tls_roots");
        assert_eq!(refused(WalletConfig::new("http://pay.example", "pk_test_1", "/nowhere")), "gateway");
    }
}
