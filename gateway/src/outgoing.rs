//! How the gateway calls others: back ends that take webhooks, and card processors.

use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};

/// A client that trusts the web's roots, goes where it is told and nowhere else, and gives up after `patience`.
pub(crate) fn client(patience: Duration) -> Result<reqwest::Client, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(patience)
        .user_agent(concat!("farthing-gateway/", env!("CARGO_PKG_VERSION")));
    client.build().map_err(|error| error.to_string())
}
