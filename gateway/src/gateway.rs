//! A gateway: a data folder that is open, and what answers requests from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use farthing_faults::FaultScript;
use farthing_protocol::api::TrialBalanceResponse;
use farthing_protocol::{Currency, DeviceId, DeviceState, Money, Thumbprint, Timestamp};
use secrecy::SecretString;
use tokio::sync::Semaphore;
use url::Url;

use crate::catalog::{CatalogContent, Published};
use crate::clock::Clock;
use crate::config::{ChargePolicy, Config, Overrides};
use crate::creators::CreatorList;
use crate::dashboard::administrators::Administrators;
use crate::dashboard::{Attempts, HASHES_MAX, SIGN_INS_MAX, TrialBalance};
use crate::faults::Faults;
use crate::http;
use crate::http::dpop::ProofChecker;
use crate::keys::{Keys, KeysError, MerchantKeys, RotatedKey, Signer};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::privacy::Persons;
use crate::processor::Processor;
use crate::processor::app_store::AppStore;
use crate::processor::google_play::GooglePlay;
use crate::processor::sandbox::SandboxProcessor;
use crate::processor::stripe::Stripe;
use crate::start::{Keyring, Settings, StartError, open_app_store, open_google_play, open_stripe};
use crate::store::{Device, Store, StoreError, Tables, lock_folder_in_turn, publish_file};
use crate::vault::Vault;
use crate::webhook::courier::Courier;

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
    pub(crate) signer: Arc<Signer>,
    pub(crate) vault: Arc<Vault>,
    /// Who users are.
    pub(crate) persons: Arc<Persons>,
    pub(crate) store: Arc<Store>,
    /// What charges cards.
    pub(crate) processor: Arc<dyn Processor>,
    /// Stripe, where it is what charges cards.
    pub(crate) stripe: Option<Arc<Stripe>>,
    /// Apple's App Store, where packs of balance are sold there.
    pub(crate) app_store: Option<AppStore>,
    /// Google Play, where packs of balance are sold there.
    pub(crate) google_play: Option<GooglePlay>,
    pub(crate) catalogs: Published,
    /// Who can be tipped.
    pub(crate) creators: CreatorList,
    pub(crate) proofs: ProofChecker,
    /// What testers ordered.
    pub(crate) faults: Arc<Faults>,
    pub(crate) metrics: Metrics,
    /// How often callers have asked.
    pub(crate) limits: Limits,
    /// Whether it is about to stop: others should be asked.
    pub(crate) is_stopping: AtomicBool,
    /// Sends webhooks.
    pub(crate) courier: Courier,
    /// Requests that may still be taken in.
    pub(crate) free: Semaphore,
    /// Failed attempts to sign in to the dashboard.
    pub(crate) sign_ins: Attempts,
    /// What the dashboard shows of the whole ledger.
    pub(crate) trial_balance: TrialBalance,
    /// Requests to sign in that are still let in.
    pub(crate) sign_in_places: Semaphore,
    /// Passwords that may still be hashed.
    pub(crate) hashing: Semaphore,
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
        Gateway::open_with(folder, address, clock, &Overrides::default())
    }

    /// As [`Gateway::open`], with settings that take the place of those in `gateway.toml`.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open_with(folder: &Path, address: &str, clock: Clock, overrides: &Overrides) -> Result<Self, StartError> {
        let (settings, now) = (Settings::read(folder, address, overrides)?, clock.now());
        // The folder is taken before its keys are read or made.
        let opened = Store::open(folder, |tables| {
            publish_file(tables, &settings.catalog, now)?;
            let keyring = Keyring::new(Keys::open(folder, tables.has_devices()?)?, &settings, &clock)?;
            keyring.recognise(tables, now)?;
            let persons = Persons::open(tables, keyring.vault.clone())?;
            persons.seal_older(tables, u32::MAX)?;
            Ok((tables.catalogs_after(0)?, keyring, persons))
        });
        let (store, (catalogs, keyring, persons)) = opened.map_err(|error| StartError::of_store(error, folder))?;
        Gateway::assemble(settings, (keyring, persons), store, catalogs, ProofChecker::new()?, clock)
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
        Gateway::connect_with(folder, database, address, clock, &Overrides::default()).await
    }

    /// As [`Gateway::connect`], with settings that take the place of those in `gateway.toml`.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn connect_with(
        folder: &Path,
        database: &SecretString,
        address: &str,
        clock: Clock,
        overrides: &Overrides,
    ) -> Result<Self, StartError> {
        let settings = Settings::read(folder, address, overrides)?;
        let store = Store::connect(database).await.map_err(StartError::Store)?;
        let is_in_use = store.read(|tables| tables.has_devices()).await.map_err(StartError::Store)?;
        let keys = {
            // Several may start in one folder at once: the first makes the keys.
            let _lock = lock_folder_in_turn(folder).await.map_err(|error| StartError::of_store(error, folder))?;
            Keys::open(folder, is_in_use)?
        };
        let keyring = Keyring::new(keys, &settings, &clock)?;
        store.claim(keyring.signer.root).await.map_err(StartError::Store)?;
        let (content, keys, now) = (settings.catalog.clone(), keyring.clone(), clock.now());
        let published = store.write(move |tables| {
            publish_file(tables, &content, now)?;
            keys.recognise(tables, now)?;
            Ok((tables.catalogs_after(0)?, Arc::new(Persons::open(tables, keys.vault.clone())?)))
        });
        let (catalogs, persons) = published.await.map_err(|error| StartError::of_store(error, folder))?;
        // A few in a transaction: others serve from this database meanwhile.
        loop {
            let sealing = persons.clone();
            let sealed = store.write(move |tables| sealing.seal_older(tables, SEALED_TOGETHER)).await;
            if sealed.map_err(|error| StartError::of_store(error, folder))? == 0 {
                break;
            }
        }
        let proofs = ProofChecker::shared_by(&keyring.merchant.secret);
        Gateway::assemble(settings, (keyring, persons), store, catalogs, proofs, clock)
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

    /// Makes a signing key in a data folder, beside the ones before it. It signs once `after` has passed, in every
    /// gateway that has been started with it by then. Keys that have signed nothing for `keep_days` are listed no more.
    ///
    /// # Errors
    /// [`KeysError`]; nothing has changed then.
    pub fn rotate_signing_key(
        folder: &Path,
        after: Duration,
        keep_days: u32,
        clock: &Clock,
    ) -> Result<RotatedKey, KeysError> {
        let now = clock.now();
        RotatedKey::signing(folder, later(now, after), keep_days, now)
    }

    /// Makes a vault key in a data folder, beside the ones before it. It seals once `after` has passed, in every
    /// gateway that has been started with it by then.
    ///
    /// # Errors
    /// [`KeysError`]; nothing has changed then.
    pub fn rotate_vault_key(folder: &Path, after: Duration, clock: &Clock) -> Result<RotatedKey, KeysError> {
        RotatedKey::vault(folder, later(clock.now(), after))
    }

    fn assemble(
        settings: Settings,
        (keyring, persons): (Keyring, impl Into<Arc<Persons>>),
        store: Store,
        catalogs: BTreeMap<u64, CatalogContent>,
        proofs: ProofChecker,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let Settings { config, issuer, folder, .. } = settings;
        let Keyring { signer, vault, merchant } = keyring;
        let (store, faults) = (Arc::new(store), Arc::new(Faults::new(clock.clone())));
        let persons = persons.into();
        let catalogs = Published::new(catalogs, config.catalog.valid_days, ChargePolicy::of(&config));
        let stripe =
            config.processors.stripe.as_ref().map(|policy| open_stripe(policy, &folder, (&store, &persons), &clock));
        let stripe = stripe.transpose()?;
        let app_store =
            config.processors.app_store.as_ref().map(|policy| open_app_store(policy, &folder)).transpose()?;
        let google_play =
            config.processors.google_play.as_ref().map(|policy| open_google_play(policy, &folder, &clock));
        let google_play = google_play.transpose()?;
        let processor: Arc<dyn Processor> = match &stripe {
            Some(stripe) => stripe.clone(),
            None => Arc::new(SandboxProcessor { store: store.clone(), faults: faults.clone() }),
        };
        let shared = Shared {
            signer,
            vault,
            persons,
            processor,
            stripe,
            app_store,
            google_play,
            catalogs: catalogs.ok_or(StartError::Store(StoreError::Damaged("a catalog is gone")))?,
            creators: CreatorList::default(),
            proofs,
            faults,
            metrics: Metrics::new(),
            limits: Limits::new(&config.limits, &clock),
            is_stopping: AtomicBool::new(false),
            courier: Courier::default(),
            free: Semaphore::new(http::REQUESTS_MAX),
            sign_ins: Attempts::default(),
            trial_balance: TrialBalance::default(),
            sign_in_places: Semaphore::new(SIGN_INS_MAX),
            hashing: Semaphore::new(HASHES_MAX),
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

/// Rows that are sealed in one transaction at a start.
const SEALED_TOGETHER: u32 = 500;

fn later(now: Timestamp, after: Duration) -> Timestamp {
    now.checked_add(after).unwrap_or(Timestamp::MAX)
}

impl Shared {
    /// The device of that name, as [`Shared::seen`].
    pub(crate) fn device(&self, tables: &dyn Tables, id: DeviceId) -> Result<Option<Device>, StoreError> {
        tables.device(id)?.map(|device| self.seen(tables, device)).transpose()
    }

    /// A device as it is told how it stands: frozen where a fault says so, erased where its account is.
    pub(crate) fn seen(&self, tables: &dyn Tables, device: Device) -> Result<Device, StoreError> {
        let mut device = self.faults.freeze(device);
        if device.state == DeviceState::Revoked && tables.erased_at(device.account)?.is_some() {
            device.state = DeviceState::Erased;
        }
        Ok(device)
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

    /// Plays a fault script from its start. Its devices need not be known yet.
    pub(crate) fn play_faults(&self, script: FaultScript) -> Result<(), String> {
        if !self.shared.merchant.are_for_tests() {
            return Err("there are no faults with live keys".into());
        }
        self.shared.faults.play(script).map(drop).map_err(|error| error.to_string())
    }

    /// The gateway's name: what receipts have as `iss`.
    pub fn issuer(&self) -> &str {
        &self.shared.signer.issuer
    }

    /// Who may sign in to the dashboard.
    pub fn administrators(&self) -> Administrators {
        Administrators::of_gateway(self.shared.store.clone(), self.shared.clock.clone())
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
