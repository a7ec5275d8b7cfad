//! The wallet's face: what an app calls. It wires the rooms together and decides nothing itself.

mod buying;
mod cards;
mod limits;
mod owned;
mod purchases;
mod tabs;
mod top_ups;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use farthing_protocol::DeviceId;
use farthing_protocol::api::EnrolmentRequest;
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::Connection;
use crate::event::SyncState;
use crate::gateway::{OfflineSwitch, Session, Trust};
use crate::keys::{KeyStore, data_key};
use crate::meter::Meters;
use crate::store::{Books, Store, Subscribers};
use crate::sync::{self, Order, Parts};
use crate::{
    Balance, Recovery, SupportFile, SyncReport, WalletConfig, WalletError, WalletEvent, folder, meter, rollback,
    support,
};

/// Callers of `sync` that wait at once; more wait to be let in.
const ORDERS_MAX: usize = 64;

/// A player's wallet on this device: balance, items, purchases, cards.
///
/// Open it once and share it: all calls take `&self` and may be made from any task at the same
/// time. What a call returns is on disk. See the [crate] for an example, and
/// [`WalletError`] for what can go wrong.
pub struct Wallet {
    parts: Arc<Parts>,
    keys: Arc<dyn KeyStore>,
    folder: PathBuf,
    network: Arc<OfflineSwitch>,
    meters: Meters,
    orders: mpsc::Sender<Order>,
    tasks: Mutex<Option<Tasks>>,
}

/// What runs beside the wallet.
struct Tasks {
    sync: JoinHandle<()>,
    meters: JoinHandle<()>,
    rollback_guard: JoinHandle<()>,
}

impl Wallet {
    /// Opens the wallet of a folder, or begins a new one. No network is needed: a wallet that was
    /// enrolled before can buy at once. A new one enrols with the first sync, which begins now in
    /// the background; call [`Wallet::sync`] to wait for it.
    ///
    /// Must be called inside of a tokio runtime, which then also runs the sync.
    ///
    /// # Errors
    /// [`WalletError::InvalidArgument`] for a setting, [`WalletError::AlreadyOpen`],
    /// [`WalletError::KeyStoreUnavailable`], [`WalletError::KeyLost`],
    /// [`WalletError::StorageFull`], [`WalletError::StorageUnavailable`],
    /// [`WalletError::UpgradeRequired`]. Everything on disk is as it was then.
    ///
    /// # A damaged database
    /// It is set aside, not deleted, and what is intact in it is taken over into a new one; see
    /// [`Wallet::recovery`]. The wallet opens, and spends again after the next sync. Opening reads
    /// what purchases need. Damage to what it does not read, such as the history, is met by the
    /// call that reads it ([`WalletError::StorageDamaged`]) and salvaged at the next opening.
    pub async fn open(config: WalletConfig, key_store: Arc<dyn KeyStore>) -> Result<Wallet, WalletError> {
        let Connection { address, root, environment, transport } = config.connection()?;
        let lock = folder::lock(&config.folder)?;
        let seal = data_key(&*key_store, folder::is_new(&config.folder)).await?;
        let remembered = rollback::remembered(&*key_store).await?;
        let (subscribers, (heads, guard)) =
            (Subscribers::new(config.clock.clone()), rollback::guard(key_store.clone(), remembered));
        let (folder, clock, heads) = (config.folder.clone(), config.clock.clone(), (remembered, heads));
        let store = Store::open(folder, lock, seal, clock, subscribers.clone(), heads).await?;
        let known = |books: &mut Books| {
            books.wake_for_passes();
            Ok((books.state.key_set.clone(), books.meters.clone()))
        };
        let (key_set, meters) = store.run(known).await?;

        let network = Arc::new(OfflineSwitch::new(transport));
        let session = Session::new(address, network.clone(), key_store.clone(), config.clock);
        let (trust, purchased, reserve) =
            (Trust::new(root, environment, key_set), Notify::new(), tokio::sync::Mutex::new(()));
        let enrolment = EnrolmentRequest { publishable_key: config.publishable_key, token: config.enrolment_token };
        let parts = Arc::new(Parts { store, session, trust, enrolment, subscribers, purchased, reserve });
        let (orders, waiting) = mpsc::channel(ORDERS_MAX);
        let tasks = Tasks {
            sync: tokio::spawn(sync::run(parts.clone(), waiting, config.syncs_by_itself)),
            meters: tokio::spawn(meter::keep_time(parts.clone(), meters.clone(), orders.clone())),
            rollback_guard: tokio::spawn(guard.watch()),
        };
        let tasks = Mutex::new(Some(tasks));
        Ok(Wallet { parts, keys: key_store, folder: config.folder, network, meters, orders, tasks })
    }

    /// What the player has, at once. What meters have counted is spent, and pending.
    pub fn balance(&self) -> Balance {
        let meters = self.meters.lock();
        self.parts.subscribers.balance.borrow().clone().less(&meters.since_shown())
    }

    /// The balance and each change of it. What meters count shows as they write it down.
    pub fn balance_updates(&self) -> watch::Receiver<Balance> {
        self.parts.subscribers.balance.subscribe()
    }

    /// This device's name at the gateway, for support and for testers; `None` before it is enrolled.
    ///
    /// # Errors
    /// [`WalletError::Closed`].
    pub async fn device(&self) -> Result<Option<DeviceId>, WalletError> {
        self.parts.store.run(|books| Ok(books.state.enrolment.as_ref().map(|enrolment| enrolment.device))).await
    }

    /// What became of the wallet the last time that its database was found damaged, or older than
    /// the key store remembers; `None` where that has never been. The sync that follows says how
    /// many entries are lost.
    ///
    /// # Errors
    /// [`WalletError::Closed`].
    pub async fn recovery(&self) -> Result<Option<Recovery>, WalletError> {
        self.parts.store.run(|books| Ok(books.state.recovery.clone())).await
    }

    /// How the wallet stands, in one file that the player sends to support: the journal that is not settled, states,
    /// versions, what happened lately. Nobody else can have made it, since the device's key signs it, and it has no card
    /// number, no key and no token. Support verifies it on the gateway's dashboard, and can settle from it what did not arrive.
    ///
    /// Needs no network, and works where the device is frozen or revoked.
    ///
    /// # Errors
    /// [`WalletError::KeyStoreUnavailable`], [`WalletError::KeyLost`], [`WalletError::StorageUnavailable`],
    /// [`WalletError::Closed`].
    pub async fn support_bundle(&self) -> Result<SupportFile, WalletError> {
        support::file(&self.parts, &*self.keys).await
    }

    /// Settles what waits and fetches what is new: balance, allowance, catalog, cards. The wallet
    /// does so by itself after a purchase; call it when the app comes to the foreground, when the
    /// network comes back, and in a background job.
    ///
    /// # Errors
    /// What waits still waits then, and the wallet tries again by itself: [`WalletError::Offline`],
    /// [`WalletError::GatewayUnavailable`], [`WalletError::GatewayNotTrusted`],
    /// [`WalletError::KeyStoreUnavailable`]. Trying again does not help:
    /// [`WalletError::DeviceFrozen`], [`WalletError::DeviceRevoked`],
    /// [`WalletError::EnrolmentRejected`], [`WalletError::Refused`],
    /// [`WalletError::UpgradeRequired`], [`WalletError::Closed`].
    pub async fn sync(&self) -> Result<SyncReport, WalletError> {
        if let Err(error) = self.parts.flush_meters().await {
            tracing::warn!(%error, "what meters have counted is not in this sync");
        }
        self.parts.tend_passes(&self.orders, &self.meters).await;
        sync::order(&self.orders, None).await
    }

    /// What sync is doing just now.
    pub fn sync_state(&self) -> SyncState {
        self.parts.subscribers.sync.borrow().clone()
    }

    /// What sync is doing, and each change of it.
    pub fn sync_state_updates(&self) -> watch::Receiver<SyncState> {
        self.parts.subscribers.sync.subscribe()
    }

    /// Acts as if there were no network, until told otherwise: a game's own airplane mode. It is
    /// not kept over a restart. Back online, the wallet tries again by itself after a while; call
    /// [`Wallet::sync`] for at once.
    pub fn set_offline(&self, is_offline: bool) {
        self.network.set_offline(is_offline);
    }

    /// Whether [`Wallet::set_offline`] holds the wallet offline.
    pub fn is_offline(&self) -> bool {
        self.network.is_offline()
    }

    /// What the wallet tells by itself, from now on, each a moment after the call that it tells of
    /// has its answer. A receiver that falls 1,024 events behind misses the oldest of them
    /// (`Lagged`); the state itself can always be read.
    pub fn events(&self) -> broadcast::Receiver<WalletEvent> {
        self.parts.subscribers.events.subscribe()
    }

    /// Finishes what was begun and closes the database. Calls after it end in
    /// [`WalletError::Closed`]. A wallet that is dropped closes too, a moment later.
    pub async fn close(&self) {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Tasks { sync, meters, rollback_guard }) = tasks {
            meters.abort();
            if let Err(error) = self.parts.store.run(meter::close).await {
                tracing::warn!(%error, "what meters have counted could not be written");
            }
            sync.abort();
            let _ = sync.await;
            self.parts.store.close().await;
            // The writer has ended, and so the guard writes down the last head and ends.
            let _ = rollback_guard.await;
        }
    }

    /// Sets aside a wallet that can't be opened any more ([`WalletError::KeyLost`]), so that the next [`Wallet::open`] begins a new one. The
    /// old database is kept beside the new one, as `wallet.db.1` and so on; its keys are deleted.
    ///
    /// What was not settled is lost to the player, and the new wallet can't reach the old
    /// balance: the operator finds both at the gateway.
    ///
    /// # Errors
    /// [`WalletError::AlreadyOpen`], [`WalletError::StorageUnavailable`],
    /// [`WalletError::KeyStoreUnavailable`]; call it again then.
    pub async fn start_over(folder: &Path, key_store: &dyn KeyStore) -> Result<(), WalletError> {
        let _lock = folder::lock(folder)?;
        folder::set_aside(folder)?;
        Ok(key_store.erase().await?)
    }

    /// Deletes the wallet from this device: database, keys, everything. The wallet is closed then.
    ///
    /// What is left of the balance stays at the gateway, but this device can't reach it any more.
    ///
    /// # Errors
    /// [`WalletError::UnsettledEntries`] when entries wait for settlement, unless `force`: the
    /// gateway would never hear of them. [`WalletError::StorageUnavailable`] or
    /// [`WalletError::KeyStoreUnavailable`] when something can't be deleted; call it again after
    /// opening the wallet anew.
    pub async fn erase(&self, force: bool) -> Result<(), WalletError> {
        if !force {
            self.parts.flush_meters().await?;
        }
        let end = move |books: &mut Books| match books.state.queued() {
            count if count > 0 && !force => Err(WalletError::UnsettledEntries { count }),
            _ => {
                // A purchase that comes now is refused, not lost.
                books.is_ending = true;
                Ok(())
            }
        };
        self.parts.store.run(end).await?;
        self.close().await;
        // The keys go last: without them the database could not even be opened again.
        folder::delete(&self.folder)?;
        Ok(self.keys.erase().await?)
    }
}

impl Drop for Wallet {
    fn drop(&mut self) {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(tasks) = tasks {
            drop(self.parts.store.send(meter::close));
            // The parts go with the tasks, and the database with the parts.
            tasks.sync.abort();
            tasks.meters.abort();
        }
    }
}

impl std::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wallet").field("folder", &self.folder).finish_non_exhaustive()
    }
}
