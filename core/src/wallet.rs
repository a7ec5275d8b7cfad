//! The wallet's face: what an app calls. It wires the rooms together and decides nothing itself.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use farthing_protocol::api::EnrolmentRequest;
use farthing_protocol::{CardId, Catalog, DeviceId, EntryId, Money};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::Connection;
use crate::deliberate_bug::DeliberateBug;
use crate::event::SyncState;
use crate::gateway::{OfflineSwitch, Session, Trust};
use crate::keys::{KeyStore, data_key};
use crate::rollback;
use crate::store::{Store, Subscribers};
use crate::sync::{self, Order, Parts};
use crate::top_up::TopUpState;
use crate::{
    Balance, Card, CardDetails, OwnedItem, Purchase, PurchaseFilter, PurchaseRequest, Recovery, SyncReport, TopUp,
    WalletConfig, WalletError, WalletEvent, card, folder, inventory, purchase, top_up,
};

/// Callers of `sync` that wait at once; more wait to be let in.
const ORDERS_MAX: usize = 64;
/// How long a purchase that needs the gateway waits for it: longer, and a player walks away.
const PATIENCE: Duration = Duration::from_secs(5);

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
    orders: mpsc::Sender<Order>,
    tasks: Mutex<Option<Tasks>>,
}

/// What runs beside the wallet.
struct Tasks {
    sync: JoinHandle<()>,
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
        let (subscribers, (heads, guard)) = (Subscribers::new(), rollback::guard(key_store.clone(), remembered));
        let (folder, clock, heads) = (config.folder.clone(), config.clock.clone(), (remembered, heads));
        let store = Store::open(folder, lock, seal, clock, subscribers.clone(), heads).await?;
        let key_set = store.run(|books| Ok(books.state.key_set.clone())).await?;

        let network = Arc::new(OfflineSwitch::new(transport));
        let session = Session::new(address, network.clone(), key_store.clone(), config.clock);
        let (trust, purchased) = (Trust::new(root, environment, key_set), tokio::sync::Notify::new());
        let enrolment = EnrolmentRequest { publishable_key: config.publishable_key, token: config.enrolment_token };
        let parts = Arc::new(Parts { store, session, trust, enrolment, subscribers, purchased });
        let (orders, waiting) = mpsc::channel(ORDERS_MAX);
        let tasks = Tasks {
            sync: tokio::spawn(sync::run(parts.clone(), waiting, config.syncs_by_itself)),
            rollback_guard: tokio::spawn(guard.watch()),
        };
        let tasks = Mutex::new(Some(tasks));
        Ok(Wallet { parts, keys: key_store, folder: config.folder, network, orders, tasks })
    }

    /// Buys something: decides, writes, grants. When it returns, the purchase is on disk and the
    /// items are in the inventory; it will settle by itself.
    ///
    /// It needs no network, as long as the allowance has room. Where it has none and the gateway
    /// was reachable a moment ago, the gateway is asked for more, for at most five seconds.
    ///
    /// If the future is dropped, the purchase may still be made. Give it an idempotency key to
    /// ask for it again safely.
    ///
    /// # Errors
    /// Nothing is bought then: [`WalletError::NotEnrolled`], [`WalletError::UnknownItem`],
    /// [`WalletError::InsufficientFunds`], [`WalletError::OfflineLimitReached`],
    /// [`WalletError::AllowanceExpired`], [`WalletError::CatalogExpired`],
    /// [`WalletError::CatalogMissing`], [`WalletError::SpendingLimitReached`],
    /// [`WalletError::AlreadyOwned`], [`WalletError::QueueFull`], [`WalletError::SyncRequired`],
    /// [`WalletError::DeviceFrozen`], [`WalletError::DeviceRevoked`],
    /// [`WalletError::InvalidArgument`], [`WalletError::StorageFull`],
    /// [`WalletError::StorageUnavailable`], [`WalletError::Closed`].
    pub async fn buy(&self, request: PurchaseRequest) -> Result<Purchase, WalletError> {
        let refusal = match self.buy_offline(request.clone()).await {
            Err(error) if error.is_helped_by_sync() && self.parts.subscribers.seems_online() => error,
            done => return done,
        };
        let needed = match refusal {
            WalletError::OfflineLimitReached { .. } => self.price(&request).await?,
            _ => None,
        };
        match tokio::time::timeout(PATIENCE, sync::order(&self.orders, needed)).await {
            Ok(Ok(_)) => self.buy_offline(request).await,
            _ => Err(refusal),
        }
    }

    async fn buy_offline(&self, request: PurchaseRequest) -> Result<Purchase, WalletError> {
        let purchase = self.parts.store.run(move |books| purchase::buy(books, &request)).await?;
        self.parts.purchased.notify_one();
        Ok(purchase)
    }

    async fn price(&self, request: &PurchaseRequest) -> Result<Option<Money>, WalletError> {
        let request = request.clone();
        self.parts.store.run(move |books| Ok(purchase::price(&books.state, &request))).await
    }

    /// Uses up `quantity` of an item and returns how many are left. Each `operation` is done
    /// once: asked for again, nothing more is used. Needs no network.
    ///
    /// # Errors
    /// Nothing is used then: [`WalletError::InsufficientItems`], [`WalletError::InvalidArgument`]
    /// (a quantity of zero, a durable item, an operation that is no idempotency key or was used
    /// for something else), [`WalletError::NotEnrolled`], [`WalletError::QueueFull`],
    /// [`WalletError::SyncRequired`], [`WalletError::StorageFull`], [`WalletError::StorageUnavailable`], [`WalletError::Closed`].
    pub async fn consume(&self, sku: &str, quantity: u32, operation: &str) -> Result<u64, WalletError> {
        let (sku, operation) = (sku.to_owned(), operation.to_owned());
        let left = self.parts.store.run(move |books| inventory::consume(books, &sku, quantity, &operation)).await?;
        self.parts.purchased.notify_one();
        Ok(left)
    }

    /// What the player owns, sorted by SKU.
    ///
    /// # Errors
    /// [`WalletError::Closed`].
    pub async fn inventory(&self) -> Result<Vec<OwnedItem>, WalletError> {
        self.parts.store.run(|books| Ok(inventory::owned(books))).await
    }

    /// What the player has, at once.
    pub fn balance(&self) -> Balance {
        self.parts.subscribers.balance.borrow().clone()
    }

    /// The balance and each change of it.
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

    /// What is for sale, as it was last signed by the gateway.
    ///
    /// # Errors
    /// [`WalletError::CatalogMissing`] before the first sync, [`WalletError::Closed`].
    pub async fn catalog(&self) -> Result<Arc<Catalog>, WalletError> {
        let catalog = self.parts.store.run(|books| Ok(books.state.catalog.as_ref().map(|shelf| shelf.catalog.clone())));
        catalog.await?.ok_or(WalletError::CatalogMissing)
    }

    /// Purchases, newest first.
    ///
    /// # Errors
    /// [`WalletError::StorageDamaged`] when one of them can't be read: the next [`Wallet::open`]
    /// salvages the others. [`WalletError::Closed`].
    pub async fn purchases(&self, filter: PurchaseFilter) -> Result<Vec<Purchase>, WalletError> {
        self.parts.store.run(move |books| purchase::listed(books, filter)).await
    }

    /// The signed receipt of a settled purchase: a compact JWS that the app's back end verifies
    /// with the gateway's JWKS. It is fetched from the gateway; what it says is in
    /// [`Wallet::purchases`] without a network.
    ///
    /// # Errors
    /// [`WalletError::Offline`], [`WalletError::Refused`] when the purchase is not settled (yet),
    /// [`WalletError::GatewayUnavailable`], [`WalletError::GatewayNotTrusted`],
    /// [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn receipt(&self, purchase: EntryId) -> Result<String, WalletError> {
        let enrolment = self.parts.enrolment().await?;
        let receipt = self.parts.session.receipt(&self.parts.trust, &enrolment, purchase).await;
        let (token, content) = receipt.map_err(|error| error.during("the receipt"))?;
        if content.document.jti == purchase {
            Ok(token)
        } else {
            Err(WalletError::not_trusted("it sent the receipt of another purchase"))
        }
    }

    /// Puts a card into the gateway's vault and returns the token that stands for it. The number
    /// and the verification code go nowhere else and are wiped from memory.
    ///
    /// # Errors
    /// No card is added then: [`WalletError::CardInvalid`], [`WalletError::Offline`],
    /// [`WalletError::GatewayUnavailable`], [`WalletError::GatewayNotTrusted`],
    /// [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn add_card(&self, details: CardDetails) -> Result<Card, WalletError> {
        let (enrolment, now) = self.parts.store.run(|books| Ok((books.enrolment()?, books.now()))).await?;
        let request = card::request(&details, now)?;
        drop(details);
        let added = self.parts.session.add_card(&enrolment, request).await;
        let added = added.map_err(|error| error.during("adding the card"))?;
        let record = added.clone();
        let insert = move |cards: &mut Vec<_>| {
            cards.retain(|known: &farthing_protocol::api::Card| known.id != record.id);
            cards.insert(0, record);
        };
        self.parts.store.run(|books| books.change_cards(insert)).await?;
        Ok(Card::of(added, now))
    }

    /// The player's cards, the newest first, as of the last sync. Needs no network.
    ///
    /// # Errors
    /// [`WalletError::Closed`].
    pub async fn cards(&self) -> Result<Vec<Card>, WalletError> {
        let cards = |books: &mut crate::store::Books| {
            let now = books.now();
            Ok(books.cards()?.into_iter().map(|known| Card::of(known, now)).collect())
        };
        self.parts.store.run(cards).await
    }

    /// Takes a card out of the vault, which erases its number there.
    ///
    /// # Errors
    /// The card is still there then: [`WalletError::Offline`], [`WalletError::Refused`] for one
    /// that is not the player's, [`WalletError::GatewayUnavailable`],
    /// [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn remove_card(&self, card: CardId) -> Result<(), WalletError> {
        let enrolment = self.parts.enrolment().await?;
        let removed = self.parts.session.remove_card(&enrolment, card).await;
        removed.map_err(|error| error.during("removing the card"))?;
        self.parts.store.run(move |books| books.change_cards(|cards| cards.retain(|known| known.id != card))).await
    }

    /// Charges a card, once, and raises the balance by `amount`.
    ///
    /// The returned state says how far it is: [`TopUpState::RequiresAction`] has the bank's page
    /// for the player to confirm on; open it, then sync. [`TopUpState::Created`] means that the
    /// answer was lost: sync finds out what became of it, so do not begin another one. Each
    /// change is told by [`WalletEvent::TopUpChanged`], also after a restart.
    ///
    /// # Errors
    /// The card was not charged then: [`WalletError::CardDeclined`],
    /// [`WalletError::InvalidArgument`] for an amount that can't be charged or a card that is not
    /// the player's, [`WalletError::Offline`],
    /// [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn top_up(&self, amount: Money, card: CardId) -> Result<TopUp, WalletError> {
        top_up::check_amount(amount)?;
        let parts = &self.parts;
        let enrolment = parts.enrolment().await?;
        let top_up = parts.store.run(move |books| top_up::create(books, amount, card)).await?;
        let id = top_up.id;
        let state = match parts.session.create_top_up(&parts.trust, &enrolment, id, &top_up.request()).await {
            Ok(state) => TopUpState::from(state),
            Err(error) if error.had_no_effect() => {
                parts.store.run(move |books| top_up::discard(books, id)).await?;
                return Err(match error.during("the top-up") {
                    WalletError::CardInvalid { .. } => WalletError::invalid("card", "is not one that can be charged"),
                    error => error,
                });
            }
            Err(error) if DeliberateBug::ForgetTopUp.is_planted() => {
                parts.store.run(move |books| top_up::discard(books, id)).await?;
                return Err(error.during("the top-up"));
            }
            Err(error) => {
                tracing::info!(?error, "the answer to a top-up was lost; sync asks again");
                let _ = tokio::time::timeout(PATIENCE, sync::order(&self.orders, None)).await;
                return self.top_up_now(id).await?.outcome();
            }
        };
        let succeeded = state == TopUpState::Succeeded;
        let top_up = parts.store.run(move |books| top_up::advance(books, id, state)).await?;
        if succeeded && let Err(error) = parts.raise_allowance(None).await {
            // The money is there; the next sync brings it.
            tracing::info!(?error, "the balance after a top-up could not be fetched");
        }
        top_up.outcome()
    }

    async fn top_up_now(&self, id: farthing_protocol::TopUpId) -> Result<TopUp, WalletError> {
        let found = self.parts.store.run(move |books| top_up::find(books, id)).await?;
        found.ok_or_else(|| WalletError::internal("a top-up was written and is gone"))
    }

    /// Top-ups, the newest first, at most 100.
    ///
    /// # Errors
    /// [`WalletError::Closed`].
    pub async fn top_ups(&self) -> Result<Vec<TopUp>, WalletError> {
        self.parts.store.run(|books| top_up::listed(books)).await
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
        if let Some(Tasks { sync, rollback_guard }) = tasks {
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
        let end = move |books: &mut crate::store::Books| match books.state.queued() {
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
            // The parts go with the task, and the database with the parts.
            tasks.sync.abort();
        }
    }
}

impl std::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wallet").field("folder", &self.folder).finish_non_exhaustive()
    }
}
