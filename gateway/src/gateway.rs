//! A gateway: a data folder that is open, and what answers requests from it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use farthing_protocol::api::TrialBalanceResponse;
use farthing_protocol::{Currency, DeviceId, Money, Thumbprint};
use secrecy::SecretString;
use tokio::sync::Semaphore;
use url::Url;

use crate::catalog::{self, CatalogContent, Published};
use crate::clock::Clock;
use crate::config::{self, Config, ConfigError, check_url};
use crate::faults::Faults;
use crate::http;
use crate::http::dpop::ProofChecker;
use crate::keys::{Keys, KeysError, MerchantKeys, Signer};
use crate::metrics::Metrics;
use crate::processor::Processor;
use crate::processor::sandbox::SandboxProcessor;
use crate::store::{Device, Store, StoreError, Tables, lock_folder_in_turn, publish};
use crate::vault::Vault;
use crate::webhook::courier::Courier;

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
    /// The address that clients are to use is no address.
    #[error("the gateway's address {reason}")]
    Address {
        /// What is wrong with it.
        reason: String,
    },
}

/// A gateway on an open data folder. Cloning it is cheap; all clones are the same gateway.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use farthing_gateway::{Clock, Gateway};
///
/// let folder = tempfile::tempdir()?;
/// let gateway = Gateway::open(folder.path(), "http://127.0.0.1:8080", Clock::system())?;
/// assert!(gateway.publishable_key().starts_with("pk_test_"));
/// let router: axum::Router = gateway.router();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Gateway {
    pub(crate) shared: Arc<Shared>,
}

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) merchant: MerchantKeys,
    pub(crate) signer: Signer,
    pub(crate) vault: Vault,
    pub(crate) store: Arc<Store>,
    pub(crate) processor: Box<dyn Processor>,
    pub(crate) catalogs: Published,
    pub(crate) proofs: ProofChecker,
    /// What testers ordered.
    pub(crate) faults: Arc<Faults>,
    pub(crate) metrics: Metrics,
    /// Whether it is about to stop: others should be asked.
    pub(crate) is_stopping: AtomicBool,
    /// Sends webhooks.
    pub(crate) courier: Courier,
    /// Requests that may still be taken in.
    pub(crate) free: Semaphore,
    /// Where clients reach the gateway, if the operator says so.
    pub(crate) public_url: Option<Url>,
}

impl Gateway {
    /// Opens a data folder; makes it, its keys and its settings where they are not there yet. The database is a file
    /// in it, for this gateway alone.
    ///
    /// `address` is where clients reach the gateway, such as `http://127.0.0.1:8080`, unless
    /// `public_url` in the folder's `gateway.toml` says otherwise. It is what receipts have
    /// as `iss`. Needs no async runtime.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open(folder: &Path, address: &str, clock: Clock) -> Result<Self, StartError> {
        let settings = Settings::read(folder, address)?;
        // The folder is taken before its keys are read or made.
        let opened = Store::open(folder, |tables| {
            publish(tables, &settings.catalog)?;
            Ok((tables.catalogs_after(0)?, tables.has_devices()?))
        });
        let (store, (catalogs, is_in_use)) = opened.map_err(|error| StartError::of_store(error, folder))?;
        let keys = Keys::open(folder, is_in_use)?;
        Gateway::assemble(settings, keys, store, catalogs, ProofChecker::new()?, clock)
    }

    /// Opens a data folder for its keys and settings, as [`Gateway::open`] does, beside a PostgreSQL database that it
    /// may share with any number of other gateways. `database` is its address, such as
    /// `postgres://user@host/farthing`; [`Gateway::migrate`] prepares it.
    ///
    /// The data folders of all of them have the same keys and settings: they are one folder, or copies of it.
    ///
    /// # Errors
    /// [`StartError`]; among others where the database was not migrated, or belongs to gateways with another root key.
    pub async fn connect(
        folder: &Path,
        database: &SecretString,
        address: &str,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let settings = Settings::read(folder, address)?;
        let store = Store::connect(database).await.map_err(StartError::Store)?;
        let is_in_use = store.read(|tables| tables.has_devices()).await.map_err(StartError::Store)?;
        let keys = {
            // Several may start in one folder at once: the first makes the keys.
            let _lock = lock_folder_in_turn(folder).await.map_err(|error| StartError::of_store(error, folder))?;
            Keys::open(folder, is_in_use)?
        };
        store.claim(keys.root.public_key().thumbprint()).await.map_err(StartError::Store)?;
        let content = settings.catalog.clone();
        let published = store.write(move |tables| {
            publish(tables, &content)?;
            tables.catalogs_after(0)
        });
        let catalogs = published.await.map_err(StartError::Store)?;
        let proofs = ProofChecker::shared_by(&keys.merchant.secret);
        Gateway::assemble(settings, keys, store, catalogs, proofs, clock)
    }

    /// Brings a PostgreSQL database to this gateway's version. Gateways of the version before may serve from it
    /// meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when the database can't be reached or brought there.
    pub async fn migrate(database: &SecretString) -> Result<(), StoreError> {
        crate::store::migrate(database).await
    }

    /// Copies the database of a data folder into a new file, as of one moment. A gateway may be running on it. With the
    /// folder's other files, the copy is a data folder again.
    ///
    /// # Errors
    /// [`StoreError`], among others where the file is there already. There is no copy then.
    pub fn back_up(folder: &Path, to: &Path) -> Result<(), StoreError> {
        crate::store::back_up(folder, to)
    }

    fn assemble(
        settings: Settings,
        keys: Keys,
        store: Store,
        catalogs: BTreeMap<u64, CatalogContent>,
        proofs: ProofChecker,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let Settings { config, issuer, .. } = settings;
        let Keys { root, signing, vault, merchant } = keys;
        let issuer_text = issuer.as_str().trim_end_matches('/').to_owned();
        let (store, faults) = (Arc::new(store), Arc::new(Faults::default()));
        let catalogs = Published::new(catalogs, config.catalog.valid_days);
        let shared = Shared {
            signer: Signer::new(&root, signing, issuer_text, clock.now())?,
            vault: Vault::new(vault),
            processor: Box::new(SandboxProcessor { store: store.clone(), faults: faults.clone() }),
            catalogs: catalogs.ok_or(StartError::Store(StoreError::Damaged("a catalog is gone")))?,
            proofs,
            faults,
            metrics: Metrics::new(),
            is_stopping: AtomicBool::new(false),
            courier: Courier::default(),
            free: Semaphore::new(http::REQUESTS_MAX),
            public_url: config.public_url.is_some().then_some(issuer),
            config,
            clock,
            merchant,
            store,
        };
        Ok(Gateway { shared: Arc::new(shared) })
    }

    /// Learns of catalogs that other gateways on the same database have published.
    pub(crate) async fn learn_catalogs(&self) -> Result<(), StoreError> {
        if self.shared.store.is_shared() {
            let known = self.shared.catalogs.latest();
            let newer = self.shared.store.read(move |tables| tables.catalogs_after(known)).await?;
            self.shared.catalogs.learn(newer);
        }
        Ok(())
    }
}

/// What an operator has decided.
struct Settings {
    config: Config,
    catalog: CatalogContent,
    issuer: Url,
}

impl Settings {
    fn read(folder: &Path, address: &str) -> Result<Self, StartError> {
        make_folder(folder).map_err(|source| StartError::Folder { folder: folder.to_owned(), source })?;
        let config = Config::read(&folder.join("gateway.toml"))?;
        let catalog = CatalogContent::read(&folder.join("catalog.toml"))?;
        let public_url = config.public_url.as_deref();
        let issuer = check_url(public_url.unwrap_or(address)).map_err(|reason| StartError::Address { reason })?;
        Ok(Settings { config, catalog, issuer })
    }
}

impl StartError {
    fn of_store(error: StoreError, folder: &Path) -> Self {
        match error {
            StoreError::InUse => StartError::InUse { folder: folder.to_owned() },
            StoreError::File { source, .. } => StartError::Folder { folder: folder.to_owned(), source },
            error => StartError::Store(error),
        }
    }
}

impl Shared {
    /// The device of that name, frozen where a fault says so.
    pub(crate) fn device(&self, tables: &dyn Tables, id: DeviceId) -> Result<Option<Device>, StoreError> {
        Ok(tables.device(id)?.map(|device| self.faults.freeze(device)))
    }
}

impl Gateway {
    /// Everything that the gateway answers. Requests may come from a socket or, in a test,
    /// straight through tower's `Service`.
    pub fn router(&self) -> Router {
        http::router(self.clone())
    }

    /// What apps enrol with.
    pub fn publishable_key(&self) -> &str {
        &self.shared.merchant.publishable
    }

    /// The merchant's secret key, for its back end.
    pub fn secret_key(&self) -> &SecretString {
        &self.shared.merchant.secret
    }

    /// The thumbprint of the root key, which apps ship.
    pub fn root_key(&self) -> Thumbprint {
        self.shared.signer.root
    }

    /// The gateway's name: what receipts have as `iss`.
    pub fn issuer(&self) -> &str {
        &self.shared.signer.issuer
    }

    /// Every account of the ledger, summed by kind, and the sum of all, which is zero in each
    /// currency.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn trial_balance(&self) -> Result<TrialBalanceResponse, StoreError> {
        let balances = self.shared.store.read(|tables| tables.trial_balance()).await?;
        let mut totals: BTreeMap<Currency, Money> = BTreeMap::new();
        for line in &balances {
            let total = totals.entry(line.balance.currency()).or_insert(Money::zero(line.balance.currency()));
            *total = total.plus(line.balance).map_err(|_| StoreError::Damaged("a balance that is out of range"))?;
        }
        Ok(TrialBalanceResponse { balances, totals: totals.into_values().collect() })
    }

    /// Finishes what was begun and lets go of the data folder. Requests that come later are
    /// answered that the gateway is not available.
    pub async fn close(&self) {
        self.shared.store.close().await;
    }
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
