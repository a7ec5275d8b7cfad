//! The wallet's face: what an app calls. It wires the rooms together and decides nothing itself.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use farthing_protocol::api::{
    ApprovalAnswer, ApprovalRecord, ApprovalState, EnrolmentRequest, LimitsRequest, LimitsResponse,
    PaymentMethodRequest,
};
use farthing_protocol::{
    AccountId, ApprovalId, CardId, Catalog, Creator, Currency, DeviceId, EntryId, Money, StorePurchase, TabId,
};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::Connection;
use crate::deliberate_bug::DeliberateBug;
use crate::event::SyncState;
use crate::gateway::{NewCard, OfflineSwitch, Session, Trust};
use crate::keys::{KeyStore, data_key};
use crate::meter::Meters;
use crate::purchase::Wanted;
use crate::rollback;
use crate::store::{Books, Store, Subscribers};
use crate::sync::{self, Order, PATIENCE, Parts};
use crate::top_up::TopUpState;
use crate::{
    AutoTopUp, AutoTopUpConsent, Balance, Card, CardDetails, Meter, OwnedItem, Pass, Purchase, PurchaseFilter,
    PurchaseRequest, Recovery, StoreTopUp, SupportFile, SyncReport, Tab, TipRequest, TopUp, TopUpAdvice, WalletConfig,
    WalletError, WalletEvent, auto_top_up, card, elsewhere, folder, inventory, limits, meter, pass, purchase, refund,
    store_top_up, support, tab, top_up,
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
        let known = |books: &mut crate::store::Books| {
            books.wake_for_passes();
            Ok((books.state.key_set.clone(), books.meters.clone()))
        };
        let (key_set, meters) = store.run(known).await?;

        let network = Arc::new(OfflineSwitch::new(transport));
        let session = Session::new(address, network.clone(), key_store.clone(), config.clock);
        let (trust, purchased) = (Trust::new(root, environment, key_set), tokio::sync::Notify::new());
        let enrolment = EnrolmentRequest { publishable_key: config.publishable_key, token: config.enrolment_token };
        let parts = Arc::new(Parts { store, session, trust, enrolment, subscribers, purchased });
        let (orders, waiting) = mpsc::channel(ORDERS_MAX);
        let tasks = Tasks {
            sync: tokio::spawn(sync::run(parts.clone(), waiting, config.syncs_by_itself)),
            meters: tokio::spawn(meter::keep_time(parts.clone(), meters.clone(), orders.clone())),
            rollback_guard: tokio::spawn(guard.watch()),
        };
        let tasks = Mutex::new(Some(tasks));
        Ok(Wallet { parts, keys: key_store, folder: config.folder, network, meters, orders, tasks })
    }

    /// Buys something: decides, writes, grants. When it returns, the purchase is on disk and the
    /// items are in the inventory; it will settle by itself.
    ///
    /// It needs no network, as long as the allowance has room. Where it has none and the gateway
    /// was reachable a moment ago, the gateway is asked for more, for at most five seconds. A purchase that a guardian
    /// has to approve is asked for at the gateway, each time until it is approved.
    ///
    /// A durable item is the account's, so it is not sold where another of the player's devices has settled one
    /// ([`WalletError::AlreadyOwned`]). Where both bought it without a network, the purchase that settles second is given
    /// back at once, and the player goes on owning the item.
    ///
    /// If the future is dropped, the purchase may still be made. Give it an idempotency key to
    /// ask for it again safely.
    ///
    /// # Errors
    /// Nothing is bought then: [`WalletError::NotEnrolled`], [`WalletError::UnknownItem`],
    /// [`WalletError::InsufficientFunds`], [`WalletError::OfflineLimitReached`],
    /// [`WalletError::AllowanceExpired`], [`WalletError::CatalogExpired`],
    /// [`WalletError::CatalogMissing`], [`WalletError::SpendingLimitReached`],
    /// [`WalletError::ApprovalRequired`] once a guardian was asked (where they can't be: [`WalletError::Offline`],
    /// [`WalletError::GatewayUnavailable`], [`WalletError::GatewayNotTrusted`], [`WalletError::Refused`]),
    /// [`WalletError::AlreadyOwned`], [`WalletError::QueueFull`], [`WalletError::SyncRequired`],
    /// [`WalletError::DeviceFrozen`], [`WalletError::DeviceRevoked`], [`WalletError::AccountErased`],
    /// [`WalletError::InvalidArgument`], [`WalletError::StorageFull`],
    /// [`WalletError::StorageUnavailable`], [`WalletError::Closed`].
    pub async fn buy(&self, request: PurchaseRequest) -> Result<Purchase, WalletError> {
        self.pay(Wanted::Item(request)).await
    }

    /// Tips a creator: an amount of the player's choice, with a message or without. When it returns, the tip is on disk;
    /// it will settle by itself, and the creator's share is theirs then. It needs no network, as a purchase doesn't; all
    /// that limits purchases limits tips.
    ///
    /// A mistaken tip can be taken back with [`Wallet::refund`] for as long after its settlement as the operator allows.
    ///
    /// ```no_run
    /// # async fn example(wallet: farthing_core::Wallet) -> Result<(), Box<dyn std::error::Error>> {
    /// use farthing_core::{Currency, Money, TipRequest};
    ///
    /// let tip = TipRequest::new("ana", Money::parse("0.50", Currency::USD)?)?.message("What a level!")?;
    /// wallet.tip(tip).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Nothing is given then: [`WalletError::InvalidArgument`] for a creator who is not listed, an amount that is not above
    /// zero or in a virtual currency, or an idempotency key that was used for something else; otherwise as
    /// [`Wallet::buy`].
    pub async fn tip(&self, request: TipRequest) -> Result<Purchase, WalletError> {
        self.pay(Wanted::Tip(request)).await
    }

    /// Who can be tipped, as of the last sync, sorted by their names in code. Needs no network.
    ///
    /// # Errors
    /// [`WalletError::CatalogMissing`] before the first sync, [`WalletError::Closed`].
    pub async fn creators(&self) -> Result<Vec<Creator>, WalletError> {
        Ok(self.catalog().await?.creators.clone())
    }

    async fn pay(&self, request: Wanted) -> Result<Purchase, WalletError> {
        let refusal = match self.buy_offline(request.clone()).await {
            Err(WalletError::ApprovalRequired { .. }) => return self.ask_to_buy(request).await,
            Err(error) if error.is_helped_by_sync() && self.parts.subscribers.seems_online() => error,
            done => return done,
        };
        let needed = if refusal.is_short_of_reserve() { self.price(&request).await? } else { None };
        match tokio::time::timeout(PATIENCE, sync::order(&self.orders, needed)).await {
            Ok(Ok(_)) => match self.buy_offline(request.clone()).await {
                Err(WalletError::ApprovalRequired { .. }) => self.ask_to_buy(request).await,
                done => done,
            },
            _ => Err(refusal),
        }
    }

    /// Asks a guardian for a purchase; buys it where they have approved it meanwhile.
    async fn ask_to_buy(&self, request: Wanted) -> Result<Purchase, WalletError> {
        let wanted = request.clone();
        let wish =
            move |books: &mut crate::store::Books| Ok((books.enrolment()?, limits::wish(&books.state, &wanted)?));
        let (enrolment, wish) = self.parts.store.run(wish).await?;
        let asked = self.parts.session.ask_to_buy(&enrolment, &wish).await;
        let ApprovalRecord { id, sku, total, state, .. } = asked.map_err(|error| error.during("the approval"))?;
        if state == ApprovalState::Approved {
            self.parts.raise_allowance(None).await.map_err(|error| error.during("the approval"))?;
            match self.buy_offline(request).await {
                Err(WalletError::ApprovalRequired { .. }) => {}
                done => return done,
            }
        }
        Err(WalletError::ApprovalRequired { approval: id, sku, total })
    }

    /// What limits the player's spending: their own limits and a guardian's, how much of them is used, and what will
    /// change after the cooling-off. Without a connection it is what was said last.
    ///
    /// # Errors
    /// [`WalletError::Offline`] where the gateway was never asked, [`WalletError::GatewayUnavailable`],
    /// [`WalletError::GatewayNotTrusted`], [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn limits(&self) -> Result<LimitsResponse, WalletError> {
        let enrolment = self.parts.enrolment().await?;
        match self.parts.session.limits(&enrolment).await.map_err(|error| error.during("the limits")) {
            Ok(limits) => self.keep_limits(limits).await,
            Err(error @ WalletError::Offline { .. }) => self.parts.store.run(limits::known).await?.ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// Limits the player's spending in one currency, in place of what was set before. It needs a connection.
    ///
    /// Without a PIN these are the player's own: what is stricter holds at once, what is looser after a cooling-off. With
    /// a PIN they are a guardian's, and hold at once; the first PIN that is given is the guardian's from then on, and the
    /// wallet does not keep it. The stricter of the two counts. Other devices hear of it with their next sync.
    ///
    /// # Errors
    /// Nothing was changed then: [`WalletError::InvalidArgument`] for an amount or a PIN that is not accepted,
    /// [`WalletError::Offline`], [`WalletError::GatewayUnavailable`] (also where the PIN was wrong too often),
    /// [`WalletError::Refused`] where only a guardian may change when the days begin,
    /// [`WalletError::GatewayNotTrusted`], [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn set_limits(&self, change: LimitsRequest) -> Result<LimitsResponse, WalletError> {
        if !change.limits.is_in(change.currency) {
            return Err(WalletError::invalid("limits", "must be amounts of that currency, and none below zero"));
        }
        let enrolment = self.parts.enrolment().await?;
        let set = self.parts.session.set_limits(&enrolment, &change).await;
        let limits = set.map_err(|error| error.during("the limits"))?;
        if let Err(error) = self.parts.raise_allowance(None).await {
            // They hold at the gateway; the next sync brings them.
            tracing::info!(?error, "the allowance after new limits could not be fetched");
        }
        self.keep_limits(limits).await
    }

    async fn keep_limits(&self, limits: LimitsResponse) -> Result<LimitsResponse, WalletError> {
        self.parts.store.run(move |books| limits::keep(books, &limits).map(|()| limits)).await
    }

    /// What a guardian was asked for on any device of the player, the newest first, at most a hundred. It needs a
    /// connection.
    ///
    /// # Errors
    /// [`WalletError::Offline`], [`WalletError::GatewayUnavailable`], [`WalletError::GatewayNotTrusted`],
    /// [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn approvals(&self) -> Result<Vec<ApprovalRecord>, WalletError> {
        let enrolment = self.parts.enrolment().await?;
        self.parts.session.approvals(&enrolment).await.map_err(|error| error.during("the approvals"))
    }

    /// Answers, with the guardian's PIN, what was asked for on any device of the player. What is approved can be bought
    /// once, by the device that asked, within a day. The first answer stands; what is returned says how it stands.
    ///
    /// # Errors
    /// Nothing was changed then: [`WalletError::InvalidArgument`] for a PIN that is not the guardian's,
    /// [`WalletError::Refused`] where there is no such request, [`WalletError::Offline`],
    /// [`WalletError::GatewayUnavailable`] (also where the PIN was wrong too often),
    /// [`WalletError::GatewayNotTrusted`], [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn answer_approval(
        &self,
        approval: ApprovalId,
        approve: bool,
        pin: &str,
    ) -> Result<ApprovalRecord, WalletError> {
        let (enrolment, answer) = (self.parts.enrolment().await?, ApprovalAnswer { approve, pin: pin.to_owned() });
        let answered = self.parts.session.answer_approval(&enrolment, approval, &answer).await;
        answered.map_err(|error| error.during("the approval"))
    }

    async fn buy_offline(&self, request: Wanted) -> Result<Purchase, WalletError> {
        let purchase = self.parts.store.run(move |books| purchase::buy(books, &request)).await?;
        self.parts.purchased.notify_one();
        Ok(purchase)
    }

    async fn price(&self, request: &Wanted) -> Result<Option<Money>, WalletError> {
        let request = request.clone();
        self.parts.store.run(move |books| Ok(purchase::price(&books.state, &request, books.now()))).await
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

    /// What the player owns, sorted by SKU: what this device has bought and not used up, and the durable items that any of
    /// the player's devices has settled, as of the last sync. So a new phone has these after its first one. Needs no network.
    ///
    /// ```no_run
    /// # async fn example(wallet: farthing_core::Wallet) -> Result<(), farthing_core::WalletError> {
    /// let has_lantern = wallet.inventory().await?.iter().any(|item| item.sku.as_str() == "lantern");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`WalletError::Closed`].
    pub async fn inventory(&self) -> Result<Vec<OwnedItem>, WalletError> {
        self.parts.store.run(|books| Ok(inventory::owned(books))).await
    }

    /// A meter that counts the use of a metered item. Units cost no disk and no network each; see [`Meter::record`].
    ///
    /// ```no_run
    /// # async fn example(wallet: farthing_core::Wallet) -> Result<(), farthing_core::WalletError> {
    /// let calls = wallet.meter("api_calls");
    /// calls.record(1).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn meter(&self, sku: &str) -> Meter {
        Meter::new(sku, &self.parts, &self.orders)
    }

    /// The player's passes, sorted by SKU, also those that are over: judged by trusted time, so that a clock that is set
    /// back revives none. Needs no network.
    ///
    /// # Errors
    /// [`WalletError::Closed`].
    pub async fn passes(&self) -> Result<Vec<Pass>, WalletError> {
        self.parts.store.run(|books| Ok(pass::all(books))).await
    }

    /// One of the player's passes; `None` where they never had it.
    ///
    /// ```no_run
    /// # use farthing_core::{PassState, Wallet, WalletError};
    /// # async fn example(wallet: Wallet) -> Result<(), WalletError> {
    /// let is_open = wallet.pass("season").await?.is_some_and(|pass| pass.state != PassState::Ended);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Wallet::passes`].
    pub async fn pass(&self, sku: &str) -> Result<Option<Pass>, WalletError> {
        Ok(self.passes().await?.into_iter().find(|pass| pass.sku.as_str() == sku))
    }

    /// Lets the wallet renew a pass from the balance, at the price that the catalog has now or a lower one, or forbids it
    /// again. It is forbidden until the player agrees, and once more where the pass has ended without a renewal. What they
    /// said is on disk when it returns. Needs no network.
    ///
    /// A renewal is a purchase like any other, made once, shortly before the pass ends or in its grace period.
    /// [`WalletEvent::PassEnding`] comes before it, [`WalletEvent::PassNotRenewed`] where it can't be made.
    ///
    /// # Errors
    /// Nothing is changed then: [`WalletError::InvalidArgument`] for a pass that the player does not have, that is over, or
    /// that the catalog does not let be renewed, [`WalletError::CatalogMissing`], [`WalletError::StorageFull`],
    /// [`WalletError::StorageUnavailable`], [`WalletError::Closed`].
    pub async fn set_pass_renewal(&self, sku: &str, agrees: bool) -> Result<Pass, WalletError> {
        let sku = sku.to_owned();
        self.parts.store.run(move |books| pass::set_renewal(books, &sku, agrees)).await
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

    /// What is for sale, as it was last signed by the gateway, at this player's prices: those of their country's price
    /// tier, where the merchant has one, and an introductory price as one that is scheduled.
    ///
    /// # Errors
    /// [`WalletError::CatalogMissing`] before the first sync, [`WalletError::Closed`].
    pub async fn catalog(&self) -> Result<Arc<Catalog>, WalletError> {
        let read = |books: &mut Books| {
            let catalog = books.state.catalog.as_ref().map(|shelf| shelf.catalog.clone());
            Ok((catalog.ok_or(WalletError::CatalogMissing)?, books.state.account.pricing()))
        };
        let (catalog, pricing) = self.parts.store.run(read).await?;
        Ok(if pricing.is_usual() { catalog } else { Arc::new(catalog.offered_to(&pricing)) })
    }

    /// The account's purchases, newest first: this device's own, and those that its other devices have settled, as of the
    /// last sync, of which [`Purchase::is_from_another_device`] tells. Of those the newest 500 are kept. They are there
    /// to be looked back on: what they brought is on the other device, unless it is owned for ever. Needs no network.
    ///
    /// ```no_run
    /// # use farthing_core::{PurchaseFilter, Wallet, WalletError};
    /// # async fn example(wallet: Wallet) -> Result<(), WalletError> {
    /// for purchase in wallet.purchases(PurchaseFilter::default()).await? {
    ///     let place = if purchase.is_from_another_device { "on another device" } else { "here" };
    ///     println!("{} for {}, bought {place}", purchase.sku, purchase.total);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`WalletError::StorageDamaged`] when one of them can't be read: the next [`Wallet::open`]
    /// salvages the others. [`WalletError::Closed`].
    pub async fn purchases(&self, filter: PurchaseFilter) -> Result<Vec<Purchase>, WalletError> {
        self.parts.store.run(move |books| purchase::listed(books, filter)).await
    }

    /// The signed receipt of a settled purchase of the account, on whichever of its devices it was made: a compact JWS
    /// that the app's back end verifies with the gateway's JWKS. It is fetched from the gateway; what it says is in
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

    /// Has an unused purchase refunded: its price is in the balance again, and its items are gone. It syncs first, so
    /// that the gateway knows what was used.
    ///
    /// Where the gateway was asked and its answer is lost, the items stay out of use, and the wallet finds out by itself
    /// what became of it: [`WalletEvent::PurchaseRefunded`] tells.
    ///
    /// # Errors
    /// Nothing is refunded then, unless an answer was lost: [`WalletError::RefundTooLate`] for one that only the
    /// merchant can give, [`WalletError::AlreadyUsed`], [`WalletError::AlreadyRefunded`], [`WalletError::NotSettled`],
    /// [`WalletError::InvalidArgument`] for a purchase that is not this device's
    /// ([`Purchase::is_from_another_device`]: it can be refunded where it was bought), [`WalletError::Offline`], and those
    /// of [`Wallet::sync`].
    pub async fn refund(&self, purchase: EntryId) -> Result<Purchase, WalletError> {
        self.parts.store.run(move |books| refund::begin(books, purchase)).await?;
        let synced = sync::order(&self.orders, None).await.map(drop);
        self.parts.store.run(move |books| refund::outcome(books, purchase, synced)).await
    }

    /// The signed receipts of a purchase's refunds, the oldest first: compact JWS that the app's back end verifies as
    /// those of purchases. Needs no network; there are none where nothing was refunded.
    ///
    /// # Errors
    /// [`WalletError::StorageDamaged`], [`WalletError::Closed`].
    pub async fn refund_receipts(&self, purchase: EntryId) -> Result<Vec<String>, WalletError> {
        let read = move |books: &mut crate::store::Books| match purchase::Record::find(books, purchase)? {
            Some(record) => Ok(record.refunds),
            None => elsewhere::refunds_of(books, purchase),
        };
        self.parts.store.run(read).await
    }

    /// Puts a card into the gateway's vault and returns the token that stands for it. The number
    /// and the verification code go nowhere else and are wiped from memory.
    ///
    /// # Errors
    /// No card is added then: [`WalletError::CardInvalid`], [`WalletError::Offline`],
    /// [`WalletError::GatewayUnavailable`], [`WalletError::GatewayNotTrusted`],
    /// [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn add_card(&self, details: CardDetails) -> Result<Card, WalletError> {
        let now = self.parts.store.run(|books| Ok(books.now())).await?;
        let request = card::request(&details, now)?;
        drop(details);
        self.keep_card(NewCard::Number(request)).await
    }

    /// Takes a card that the gateway's processor keeps, and returns the token that stands for it: for a gateway that
    /// charges through Stripe. The app hands the number to Stripe, by Stripe's own library and the publishable key, and
    /// gets `payment_method` from it (`pm_…`).
    ///
    /// # Errors
    /// As [`Wallet::add_card`]; [`WalletError::CardInvalid`] also where Stripe does not know it.
    pub async fn add_payment_method(&self, payment_method: impl Into<String>) -> Result<Card, WalletError> {
        let method = PaymentMethodRequest { payment_method: payment_method.into() };
        self.keep_card(NewCard::PaymentMethod(method)).await
    }

    async fn keep_card(&self, card: NewCard) -> Result<Card, WalletError> {
        let (enrolment, now) = self.parts.store.run(|books| Ok((books.enrolment()?, books.now()))).await?;
        let added = self.parts.session.add_card(&enrolment, card).await;
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
    /// the player's, [`WalletError::TopUpCapReached`] and [`WalletError::AgeRestricted`] where the operator has such
    /// rules, [`WalletError::AccountErased`], [`WalletError::Offline`],
    /// [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn top_up(&self, amount: Money, card: CardId) -> Result<TopUp, WalletError> {
        top_up::check_amount("amount", amount)?;
        let parts = &self.parts;
        let enrolment = parts.enrolment().await?;
        let top_up = parts.store.run(move |books| top_up::create(books, amount, card, false)).await?;
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

    /// Credits a pack of balance that the player has bought through an app store's own billing, once ever: what StoreKit
    /// or Play's billing library gave the app is handed over to the gateway, which verifies it with the store.
    ///
    /// It is on disk before the gateway is asked, and sync hands it over again until the gateway has answered, also after
    /// a kill. So it is safe to call this with the same purchase at each start of the app. Finish the purchase at the App
    /// Store once it is credited; never consume or acknowledge one of Google Play's, which the gateway does.
    ///
    /// # Errors
    /// Nothing was credited, and it need not be handed over again: [`WalletError::StorePurchaseTaken`],
    /// [`WalletError::StorePurchaseInvalid`], [`WalletError::Refused`] where the gateway credits nothing of that store.
    ///
    /// It is kept, and goes on by itself: [`WalletError::Offline`], [`WalletError::GatewayUnavailable`],
    /// [`WalletError::GatewayNotTrusted`], [`WalletError::NotEnrolled`], [`WalletError::DeviceFrozen`].
    ///
    /// It was not kept: [`WalletError::QueueFull`] where a hundred wait, [`WalletError::StorageFull`],
    /// [`WalletError::StorageUnavailable`], [`WalletError::Closed`].
    pub async fn top_up_from_store(&self, purchase: StorePurchase) -> Result<StoreTopUp, WalletError> {
        let (parts, kept) = (&self.parts, purchase.clone());
        parts.store.run(move |books| store_top_up::keep(books, &kept)).await?;
        let enrolment = parts.enrolment().await?;
        let top_up = parts.hand_over(&enrolment, &purchase).await;
        let top_up = top_up.map_err(|error| error.during("the store's purchase"))?;
        if top_up.is_credited
            && let Err(error) = parts.raise_allowance(None).await
        {
            // The money is there; the next sync brings it.
            tracing::info!(?error, "the balance after a top-up could not be fetched");
        }
        Ok(top_up)
    }

    /// The account's name; `None` before the wallet is enrolled. Give it to the store with each purchase, as StoreKit's
    /// `appAccountToken` or the billing library's obfuscated account, and nobody else can have what this player bought.
    ///
    /// # Errors
    /// [`WalletError::Closed`].
    pub async fn account(&self) -> Result<Option<AccountId>, WalletError> {
        self.parts.store.run(|books| Ok(books.state.enrolment.as_ref().map(|enrolment| enrolment.account))).await
    }

    /// Amounts to offer a player who tops up, the least first: the smallest of which fees take at most 9 %, and two
    /// rounder ones of which they take less. By the gateway's price list, as it came with the catalog; needs no network.
    /// Nothing where a card can't be charged in that currency, or no item is priced in it.
    ///
    /// # Errors
    /// [`WalletError::CatalogMissing`] before the first sync, [`WalletError::Closed`].
    pub async fn top_up_advice(&self, currency: Currency) -> Result<Vec<TopUpAdvice>, WalletError> {
        let mut advice = TopUpAdvice::all(&*self.catalog().await?);
        advice.retain(|it| it.amount.currency() == currency);
        Ok(advice)
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

    /// Lets the wallet charge a card by itself when the balance is low, or forbids it again with `None`. It is forbidden
    /// until the player agrees. There is one setting: another one takes its place, and the same one again ends a pause.
    /// What they said is on disk when it returns. Needs no network.
    ///
    /// The wallet looks at the balance at the end of each sync, also the one after a purchase. Where it is below
    /// [`AutoTopUp::below`], it tops up once as [`Wallet::top_up`] does: one at a time, and never above
    /// [`AutoTopUp::monthly_cap`]. [`WalletEvent::TopUpChanged`] tells of it, and [`TopUp::is_automatic`] says so among
    /// [`Wallet::top_ups`]. It may come back as [`TopUpState::RequiresAction`]: nothing more is charged until the player has
    /// confirmed or declined it. After a declined card nothing is, until they agree again
    /// ([`WalletEvent::AutoTopUpPaused`]). Once it is taken back, nothing is begun any more, and what the gateway has not
    /// got is never asked for again.
    ///
    /// It is this device's alone: another one of the player's has a setting and a cap of its own. A database that was
    /// restored from a backup, or salvaged, has none.
    ///
    /// ```no_run
    /// # use farthing_core::{AutoTopUp, Card, Currency, Money, Wallet};
    /// # async fn example(wallet: Wallet, card: Card) -> Result<(), Box<dyn std::error::Error>> {
    /// let usd = |amount| Money::parse(amount, Currency::USD);
    /// let (below, amount, monthly_cap) = (usd("1.00")?, usd("5.00")?, usd("20.00")?);
    /// // Only once the player has agreed to just that.
    /// wallet.set_auto_top_up(Some(AutoTopUp { below, amount, card: card.id, monthly_cap })).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Nothing is changed then: [`WalletError::InvalidArgument`] for an `amount` that a card can't be charged, for `below`
    /// or a `monthly_cap` in another currency, below zero or not in whole minor units, for a `monthly_cap` below the amount,
    /// and for a `card` that is not among [`Wallet::cards`] or has expired; [`WalletError::StorageFull`],
    /// [`WalletError::StorageUnavailable`], [`WalletError::Closed`].
    pub async fn set_auto_top_up(&self, setting: Option<AutoTopUp>) -> Result<Option<AutoTopUpConsent>, WalletError> {
        let agreed = self.parts.store.run(move |books| auto_top_up::set(books, setting)).await?;
        if agreed.is_some() {
            // The balance may be low already.
            self.parts.purchased.notify_one();
        }
        Ok(agreed)
    }

    /// What the player has agreed to of automatic top-ups, how much of this month's cap is used, and whether it is paused;
    /// `None` where they have not agreed. Needs no network.
    ///
    /// # Errors
    /// [`WalletError::Closed`].
    pub async fn auto_top_up(&self) -> Result<Option<AutoTopUpConsent>, WalletError> {
        self.parts.store.run(|books| auto_top_up::agreed(books)).await
    }

    /// Opens a tab: the card authorises `limit`, which is in the balance from then on, is spent as any balance is, and is
    /// charged once, when the tab is closed. What the player owes is in [`Tab::owed`], at any time, also offline. An account
    /// has one tab in a currency.
    ///
    /// The returned state says how far it is: [`crate::TabState::RequiresAction`] has the bank's page for the player to confirm
    /// on; open it, then sync. [`crate::TabState::Created`] means that the answer was lost: sync finds out what became of it.
    /// Each change is told by [`WalletEvent::TabChanged`], also after a restart.
    ///
    /// ```no_run
    /// # async fn example(wallet: farthing_core::Wallet) -> Result<(), Box<dyn std::error::Error>> {
    /// use farthing_core::{Currency, Money};
    ///
    /// let card = wallet.cards().await?.remove(0);
    /// let tab = wallet.open_tab(Money::parse("10.00", Currency::USD)?, card.id).await?;
    /// wallet.buy("extra_life".into()).await?;
    /// let owed = wallet.tabs().await?[0].owed;
    /// wallet.close_tab(tab.id).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// No tab is opened then, and nothing is left behind: [`WalletError::CardDeclined`], which has the tab's name,
    /// [`WalletError::InvalidArgument`] for a limit that can't be charged, a card that is not the player's, or where this
    /// wallet has a tab in that currency; [`WalletError::Refused`] where another device of the player has one;
    /// [`WalletError::TopUpCapReached`] where it may only be smaller, since a card could not be charged for the last one;
    /// [`WalletError::AgeRestricted`], [`WalletError::AccountErased`], [`WalletError::Offline`],
    /// [`WalletError::GatewayUnavailable`], [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn open_tab(&self, limit: Money, card: CardId) -> Result<Tab, WalletError> {
        top_up::check_amount("limit", limit)?;
        let parts = &self.parts;
        let enrolment = parts.enrolment().await?;
        let kept = parts.store.run(move |books| tab::create(books, limit, card)).await?;
        let id = kept.id;
        match parts.ask_of_tab(&enrolment, kept).await {
            Ok(()) => {}
            Err(error) if error.had_no_effect() => {
                parts.store.run(move |books| tab::discard(books, id)).await?;
                return Err(match error.during("the tab") {
                    WalletError::CardInvalid { .. } => WalletError::invalid("card", "is not one that can be charged"),
                    error => error,
                });
            }
            Err(error) => {
                tracing::info!(?error, "the answer to a tab was lost; sync asks again");
                let _ = tokio::time::timeout(PATIENCE, sync::order(&self.orders, None)).await;
            }
        }
        parts.store.run(move |books| tab::shown(books, id)).await?.outcome()
    }

    /// Closes a tab: what is reserved for this device goes back to the account, and the card is charged what was spent,
    /// once. Where the card could not be charged, it pays what is due out of the balance: top up first, by any card.
    /// One that is closed stays as it is.
    ///
    /// The returned state says how far it is. [`crate::TabState::Closing`] means that the bank, or the gateway's answer, is
    /// waited for: sync goes on with it, also after a restart, and [`WalletEvent::TabChanged`] tells. Until then this
    /// device has nothing reserved to buy with offline.
    ///
    /// # Errors
    /// Nothing is changed then: [`WalletError::InvalidArgument`] for a tab that is not this wallet's or not open yet,
    /// [`WalletError::InsufficientFunds`] where less is in the balance than is due, [`WalletError::Offline`],
    /// [`WalletError::GatewayUnavailable`], [`WalletError::GatewayNotTrusted`], [`WalletError::NotEnrolled`],
    /// [`WalletError::Closed`].
    pub async fn close_tab(&self, tab: TabId) -> Result<Tab, WalletError> {
        let parts = &self.parts;
        let known =
            move |books: &mut crate::store::Books| Ok((books.enrolment()?, books.state.tabs.find(tab)?.clone()));
        let (enrolment, kept) = parts.store.run(known).await?;
        if !kept.is_final() {
            // How far it is: where the gateway can't be reached, nothing is given back.
            parts.ask_of_tab(&enrolment, kept.unclosed()).await.map_err(|error| error.during("the tab"))?;
            parts.flush_meters().await?;
            parts.store.run(move |books| tab::begin_to_close(books, tab)).await?;
            if let Err(error) = sync::order(&self.orders, None).await {
                tracing::info!(%error, "a tab is not closed yet; sync goes on with it");
            }
        }
        parts.store.run(move |books| tab::shown(books, tab)).await
    }

    /// This wallet's tabs, the newest first, the last fifty: what is owed of each, and how far it is. Needs no network.
    ///
    /// # Errors
    /// [`WalletError::Closed`].
    pub async fn tabs(&self) -> Result<Vec<Tab>, WalletError> {
        self.parts.store.run(|books| Ok(tab::listed(books))).await
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
