//! Serves a gateway on a socket.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use farthing_faults::FaultScript;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretString;

use crate::config::Overrides;
use crate::keys::SECRET_KEY_FILE;
use crate::{Clock, Gateway, StartError};

/// How long requests that were begun may take when the gateway is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The data folder.
    pub data: PathBuf,
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// A PostgreSQL database that other gateways may share, as a URL, such as `postgres://user@host/farthing`; without
    /// it a file of the data folder.
    pub database: Option<SecretString>,
    /// HTTPS by this certificate; without it plain HTTP, for this machine or behind a proxy.
    pub tls: Option<TlsFiles>,
    /// How long it goes on after it is told to stop, while `/readyz` sends a balancer elsewhere.
    pub drain: Duration,
    /// A fault script that is played from the start, for tests.
    pub fault_script: Option<PathBuf>,
}

/// A certificate and its key, as PEM files.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate chain, the server's own first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Why a gateway could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The gateway could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The address is taken, or is not this machine's.
    #[error("{address} can't be listened on: {source}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The certificate or its key can't be used.
    #[error("the TLS file {file} can't be used: {reason}")]
    Tls {
        /// Which file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The fault script can't be played.
    #[error("the fault script {file} can't be played: {reason}")]
    FaultScript {
        /// Which file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The socket failed later on.
    #[error("the gateway stopped: {0}")]
    Stopped(#[from] io::Error),
}

/// What an operator needs to know about a gateway that has started. Shown as text, each line
/// begins with its label.
#[derive(Clone, Debug)]
pub struct Started {
    /// Where it listens, such as `http://127.0.0.1:8080`.
    pub address: String,
    /// What apps enrol with.
    pub publishable_key: String,
    /// The thumbprint of the root key, which apps ship.
    pub root_key: String,
    /// The data folder.
    pub data: PathBuf,
    /// Whether the database is PostgreSQL.
    pub is_shared: bool,
}

impl fmt::Display for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = |name: &str| self.data.join(name).display().to_string();
        writeln!(f, "Farthing gateway {} (sandbox: no real money)", env!("CARGO_PKG_VERSION"))?;
        writeln!(f)?;
        writeln!(f, "  listening on {}", self.address)?;
        writeln!(f)?;
        writeln!(f, "  publishable key   {}", self.publishable_key)?;
        writeln!(f, "  root key          {}", self.root_key)?;
        writeln!(f, "  secret key        in {}", file(SECRET_KEY_FILE))?;
        writeln!(f, "  catalog           in {} (edit, then start again)", file("catalog.toml"))?;
        writeln!(f, "  settings          in {}", file("gateway.toml"))?;
        let database = if self.is_shared { "PostgreSQL".to_owned() } else { file("farthing.db") };
        writeln!(f, "  database          {database}")?;
        writeln!(f, "  dashboard         {} (`administrator add` says who may sign in)", self.address)?;
        writeln!(f, "  API               {}/openapi.json", self.address)
    }
}

/// Opens a gateway, with the settings of this process's environment, and serves it until `stop` is ready; then finishes the requests that were
/// begun and closes the data folder. `started` is told once requests are taken.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    options: ServeOptions,
    started: impl FnOnce(&Started),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let ServeOptions { data, listen, database, tls, drain, fault_script } = options;
    let overrides = Overrides::from_environment().map_err(StartError::from)?;
    let tls = tls.as_ref().map(server_config).transpose()?;
    let fault_script = fault_script.map(|file| read_fault_script(&file).map(|script| (file, script))).transpose()?;
    let not_listening = |source| ServeError::Listen { address: listen, source };
    let listener = TcpListener::bind(listen).map_err(not_listening)?;
    listener.set_nonblocking(true).map_err(not_listening)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}", listener.local_addr().map_err(not_listening)?);

    let gateway = match &database {
        None => Gateway::open_with(&data, &address, Clock::system(), &overrides)?,
        Some(database) => Gateway::connect_with(&data, database, &address, Clock::system(), &overrides).await?,
    };
    if let Some((file, script)) = fault_script {
        gateway.play_faults(script).map_err(|reason| ServeError::FaultScript { file, reason })?;
    }
    let service = gateway.router().into_make_service_with_connect_info::<SocketAddr>();
    let handle = Handle::new();
    started(&Started {
        address,
        publishable_key: gateway.publishable_key().to_owned(),
        root_key: gateway.root_key().to_string(),
        data,
        is_shared: database.is_some(),
    });
    let courier = tokio::spawn({
        let gateway = gateway.clone();
        async move { gateway.deliver_webhooks().await }
    });
    let tabs = tokio::spawn({
        let gateway = gateway.clone();
        async move { gateway.tend_tabs().await }
    });
    let store_purchases = tokio::spawn({
        let gateway = gateway.clone();
        async move { gateway.tend_store_purchases().await }
    });
    let rewrapping = tokio::spawn({
        let gateway = gateway.clone();
        async move { gateway.rewrap_vault().await }
    });
    let server: Server<_> = axum_server::from_tcp(listener)?.handle(handle.clone());
    let serving = async {
        match tls {
            None => server.acceptor(NoDelayAcceptor::new()).serve(service).await,
            Some(config) => {
                let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(config)).acceptor(NoDelayAcceptor::new());
                server.acceptor(acceptor).serve(service).await
            }
        }
    };
    let stopping = async {
        stop.await;
        tracing::info!("stopping");
        gateway.shared.is_stopping.store(true, Ordering::Relaxed);
        tokio::time::sleep(drain).await;
        handle.graceful_shutdown(Some(GRACE));
        std::future::pending::<()>().await;
    };
    let result = tokio::select! {
        result = serving => result,
        () = stopping => Ok(()),
    };
    // What it was about to send is sent by the next one.
    courier.abort();
    tabs.abort();
    store_purchases.abort();
    rewrapping.abort();
    gateway.close().await;
    tracing::info!("stopped");
    Ok(result?)
}

fn read_fault_script(file: &Path) -> Result<FaultScript, ServeError> {
    let refused = |reason: String| ServeError::FaultScript { file: file.to_owned(), reason };
    let text = std::fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
    let mut json = serde_json::Deserializer::from_str(&text);
    let script = serde_path_to_error::deserialize(&mut json).map_err(|error| refused(error.to_string()))?;
    json.end().map_err(|error| refused(error.to_string()))?;
    Ok(script)
}

/// Reads a certificate and its key, and tells what is wrong with them.
///
/// # Errors
/// [`ServeError::Tls`].
pub fn check_tls(files: &TlsFiles) -> Result<(), ServeError> {
    server_config(files).map(|_| ())
}

fn server_config(files: &TlsFiles) -> Result<Arc<ServerConfig>, ServeError> {
    let refused = |file: &Path, reason: String| ServeError::Tls { file: file.to_owned(), reason };
    let certificates = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| refused(&files.certificate, error.to_string()))?;
    if certificates.is_empty() {
        return Err(refused(&files.certificate, "it has no certificate".into()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| refused(&files.key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(&files.certificate, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| refused(&files.key, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
