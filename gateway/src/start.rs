//! What a gateway needs before it can serve: its folder, its settings, its keys.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use farthing_protocol::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::Url;

use crate::catalog::{self, CatalogContent};
use crate::clock::Clock;
use crate::config::{self, AppStorePolicy, Config, ConfigError, GooglePlayPolicy, Overrides, StripePolicy, check_url};
use crate::keys::{Keys, KeysError, MerchantKeys, Signer, read_secret};
use crate::privacy::Persons;
use crate::processor::app_store::AppStore;
use crate::processor::google_play::{self, GooglePlay, ServiceAccount};
use crate::processor::stripe::{self, Stripe};
use crate::store::{Store, StoreError, Tables};
use crate::vault::Vault;

/// Why a gateway can't start. Nothing is changed but for files that were not there yet.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder can't be made or written to.
    #[error("the data folder {folder} can't be used: {source}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another gateway has the data folder open.
    #[error("the data folder {folder} is in use by another gateway; stop that one, or choose another folder")]
    InUse {
        /// Which.
        folder: PathBuf,
    },
    /// `gateway.toml` or `catalog.toml` is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key can't be read or made.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database can't be opened.
    #[error(transparent)]
    Store(StoreError),
    /// The file that should have the database's address can't be read.
    #[error("{path}, which should have the database's URL, can't be read: {source}")]
    DatabaseFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No database was named where one is needed.
    #[error("name a PostgreSQL database with --database or --database-file")]
    NoDatabase,
    /// A file that a processor needs is not there, or not right.
    #[error("{path}, which has {purpose}, can't be used: {reason}")]
    ProcessorFile {
        /// Which.
        path: PathBuf,
        /// What it is for.
        purpose: &'static str,
        /// Why.
        reason: String,
    },
    /// The address that clients are to use is no address.
    #[error("the gateway's address {reason}")]
    Address {
        /// What is wrong with it.
        reason: String,
    },
}

/// The keys at work.
#[derive(Clone)]
pub(crate) struct Keyring {
    pub(crate) signer: Arc<Signer>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) merchant: MerchantKeys,
}

impl Keyring {
    pub(crate) fn new(keys: Keys, settings: &Settings, clock: &Clock) -> Result<Self, KeysError> {
        let Keys { root, signing, key_set_version, vault, merchant } = keys;
        let issuer = settings.issuer.as_str().trim_end_matches('/').to_owned();
        let signer = Signer::new(&root, signing, key_set_version, issuer, clock.clone())?;
        Ok(Keyring { signer: Arc::new(signer), vault: Arc::new(Vault::new(vault, clock.clone())), merchant })
    }

    /// Makes sure that these are the keys that the database was used with.
    pub(crate) fn recognise(&self, tables: &dyn Tables, now: Timestamp) -> Result<(), StoreError> {
        self.signer.recognise(tables, now)?;
        self.vault.recognise(tables, now)
    }
}

/// What an operator has decided.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) catalog: CatalogContent,
    pub(crate) issuer: Url,
    pub(crate) folder: PathBuf,
}

impl Settings {
    pub(crate) fn read(folder: &Path, address: &str, overrides: &Overrides) -> Result<Self, StartError> {
        make_folder(folder).map_err(|source| StartError::Folder { folder: folder.to_owned(), source })?;
        let (_, config) = Config::read_with(&folder.join("gateway.toml"), overrides)?;
        let catalog = CatalogContent::read(&folder.join("catalog.toml"))?;
        let public_url = config.public_url.as_deref();
        let issuer = check_url(public_url.unwrap_or(address)).map_err(|reason| StartError::Address { reason })?;
        Ok(Settings { config, catalog, issuer, folder: folder.to_owned() })
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Keys(error) => StartError::Keys(error),
            error => StartError::Store(error),
        }
    }
}

impl StartError {
    pub(crate) fn of_store(error: StoreError, folder: &Path) -> Self {
        match error {
            StoreError::InUse => StartError::InUse { folder: folder.to_owned() },
            StoreError::File { source, .. } => StartError::Folder { folder: folder.to_owned(), source },
            error => error.into(),
        }
    }
}

/// Stripe, by the keys that the operator has put into the data folder.
pub(crate) fn open_stripe(
    policy: &StripePolicy,
    folder: &Path,
    (store, persons): (&Arc<Store>, &Arc<Persons>),
    clock: &Clock,
) -> Result<Arc<Stripe>, StartError> {
    // Test keys alone: this gateway's documents say that they are of a sandbox.
    let secret = read_secret(folder, "stripe-secret.key", &["sk_test_", "rk_test_"])?;
    let webhook_secret = read_secret(folder, "stripe-webhook.key", &["whsec_"])?;
    let api =
        check_url(policy.api.as_deref().unwrap_or(stripe::API)).map_err(|reason| StartError::Address { reason })?;
    let return_url = policy.return_url.clone();
    Ok(Arc::new(Stripe::new(
        api,
        (secret, webhook_secret),
        return_url,
        (store.clone(), persons.clone()),
        clock.clone(),
    )))
}

/// The App Store, by the root certificate that the operator has put into the data folder.
pub(crate) fn open_app_store(policy: &AppStorePolicy, folder: &Path) -> Result<AppStore, StartError> {
    let (path, purpose) = (folder.join("app-store-root.cer"), "Apple's root certificate");
    let refused = |reason: String| StartError::ProcessorFile { path: path.clone(), purpose, reason };
    let file = fs::read(&path).map_err(|error| refused(error.to_string()))?;
    // Apple gives it in DER; many tools want PEM.
    let is_pem = file.trim_ascii_start().starts_with(b"-----BEGIN");
    let root = if is_pem { CertificateDer::from_pem_slice(&file) } else { Ok(CertificateDer::from(file)) };
    let root = root.map_err(|error| refused(error.to_string()))?;
    webpki::anchor_from_trusted_cert(&root).map_err(|error| refused(format!("it is no certificate: {error}")))?;
    Ok(AppStore::new(root, policy))
}

/// Google Play, by the service account's key that the operator has put into the data folder.
pub(crate) fn open_google_play(
    policy: &GooglePlayPolicy,
    folder: &Path,
    clock: &Clock,
) -> Result<GooglePlay, StartError> {
    let (path, purpose) = (folder.join("google-play-service-account.json"), "the key of Google Play's service account");
    let refused = |reason: String| StartError::ProcessorFile { path: path.clone(), purpose, reason };
    let file = fs::read(&path).map(zeroize::Zeroizing::new).map_err(|error| refused(error.to_string()))?;
    let account = ServiceAccount::read(&file).map_err(refused)?;
    let api = check_url(policy.api.as_deref().unwrap_or(google_play::API));
    let api = api.map_err(|reason| StartError::Address { reason })?;
    Ok(GooglePlay::new(api, account, policy, clock.clone()))
}

/// Makes the data folder, which only its owner may look into, and the files that an operator
/// edits, where they are not there yet. Each gets its name when it is whole and on disk: a start
/// that is cut short leaves nothing that the next one can't read.
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for (name, sample) in [("gateway.toml", config::SAMPLE), ("catalog.toml", catalog::SAMPLE)] {
        let path = folder.join(name);
        if !path.try_exists()? {
            let partial = path.with_extension("partial");
            let mut file = fs::File::create(&partial)?;
            file.write_all(sample.as_bytes())?;
            file.sync_all()?;
            fs::rename(&partial, &path)?;
        }
    }
    // The names, too, are to survive a power cut.
    fs::File::open(folder)?.sync_all()
}
