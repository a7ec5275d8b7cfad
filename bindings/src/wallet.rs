//! The wallet's calls, one for each of the core's.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use farthing_core as core;
use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::convert::{all, identifier};
use crate::error::internal;
use crate::key_store::ForeignKeyStore;
use crate::numbered::{self, Bought, NumberedPurchaseListener};
use crate::{
    Approval, AutoTopUpChange, AutoTopUpConsent, Balance, Card, Catalog, KeyStore, Limits, LimitsChange, Meter, Money,
    NewCard, OwnedItem, Pass, PassRenewal, Purchase, PurchaseFilter, PurchaseListener, PurchaseRequest, StorePurchase,
    StoreTopUp, SupportFile, SyncReport, SyncState, Tab, TipRequest, TopUp, WalletConfig, WalletError, WalletListener,
    WalletNews, event, told,
};

/// A quarter of a frame on most screens.
const MOMENT: Duration = Duration::from_millis(4);

/// A player's wallet on this device; see [`farthing_core::Wallet`], whose calls these are.
#[derive(uniffi::Object)]
pub struct Wallet {
    wallet: core::Wallet,
    purchases: Arc<dyn PurchaseListener>,
    /// Ends with the wallet.
    telling: Mutex<Option<Telling>>,
    runtime: Handle,
}

/// The listener is being told what happens.
struct Telling {
    task: JoinHandle<()>,
    /// Dropped when nothing more will happen.
    until: oneshot::Sender<Infallible>,
}

/// Runs a call; a panic in it is caught and becomes an internal error.
pub(crate) async fn caught<T, E: Into<WalletError>>(
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, WalletError> {
    match AssertUnwindSafe(call).catch_unwind().await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(internal("a call panicked")),
    }
}

/// What is to be paid for. One for all, so that the library has the way from here only once.
enum Payment {
    Item(PurchaseRequest),
    Tip(TipRequest),
}

impl Wallet {
    fn pay(self: Arc<Self>, call: u64, payment: Payment, numbered: Option<Arc<dyn NumberedPurchaseListener>>) {
        told::run(self.runtime.clone(), async move {
            let paid = async {
                match payment {
                    Payment::Item(request) => Ok(self.wallet.buy(request.into()).await?),
                    Payment::Tip(request) => Ok(self.wallet.tip(request.try_into()?).await?),
                }
            };
            let ended = caught::<_, WalletError>(paid).await;
            match (ended.as_ref().ok().and_then(Bought::new), numbered) {
                (Some(bought), Some(listener)) => bought.tell(&*listener, call),
                _ => self.purchases.on_end(call, ended.into()),
            }
        });
    }

    pub(crate) fn buy_and_tell(
        self: Arc<Self>,
        call: u64,
        request: PurchaseRequest,
        listener: Arc<dyn NumberedPurchaseListener>,
    ) {
        self.pay(call, Payment::Item(request), Some(listener));
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Opens the wallet of a folder, or begins a new one. The listener is told how purchases end.
    #[uniffi::constructor]
    pub async fn open(
        config: WalletConfig,
        key_store: Arc<dyn KeyStore>,
        purchases: Arc<dyn PurchaseListener>,
    ) -> Result<Arc<Self>, WalletError> {
        caught(async {
            let wallet = core::Wallet::open(config.into(), Arc::new(ForeignKeyStore(key_store))).await?;
            let runtime = Handle::current();
            Ok::<_, WalletError>(Arc::new(Wallet { wallet, purchases, telling: Mutex::default(), runtime }))
        })
        .await
    }

    /// Tells a listener how things are, and from here on what happens, in place of the one before.
    pub async fn listen(&self, listener: Arc<dyn WalletListener>) {
        self.stop_telling();
        *self.telling() = Some(tell(&self.wallet, listener));
    }

    /// Buys something. It returns at once; the listener is told how it ended, and that this was `call`.
    pub fn buy(self: Arc<Self>, call: u64, request: PurchaseRequest) {
        self.pay(call, Payment::Item(request), None);
    }

    /// Tips a creator. It returns at once; the listener is told how it ended, and that this was `call`.
    pub fn tip(self: Arc<Self>, call: u64, request: TipRequest) {
        self.pay(call, Payment::Tip(request), None);
    }

    /// Uses up `quantity` of an item and returns how many are left.
    pub async fn consume(&self, sku: String, quantity: u32, operation: String) -> Result<u64, WalletError> {
        caught(self.wallet.consume(&sku, quantity, &operation)).await
    }

    /// What the player owns, sorted by SKU.
    pub async fn inventory(&self) -> Result<Vec<OwnedItem>, WalletError> {
        caught(self.wallet.inventory()).await.map(all)
    }

    /// A meter that counts the use of a metered item.
    pub fn meter(&self, sku: String) -> Arc<Meter> {
        Arc::new(self.wallet.meter(&sku).into())
    }

    /// The player's passes, once the player's word on a renewal is kept. One call for both: each call that waits has its
    /// share of the library.
    pub async fn passes(&self, renewal: Option<PassRenewal>) -> Result<Vec<Pass>, WalletError> {
        let passes = async {
            if let Some(PassRenewal { sku, agrees }) = renewal {
                self.wallet.set_pass_renewal(&sku, agrees).await?;
            }
            self.wallet.passes().await
        };
        caught(passes).await.map(all)
    }

    /// What the player has, at once.
    pub fn balance(&self) -> Balance {
        self.wallet.balance().into()
    }

    /// This device's name at the gateway; none before it is enrolled.
    pub async fn device(&self) -> Result<Option<String>, WalletError> {
        Ok(caught(self.wallet.device()).await?.map(|device| device.to_string()))
    }

    /// How the wallet stands, for support.
    pub async fn support_bundle(&self) -> Result<SupportFile, WalletError> {
        caught(self.wallet.support_bundle()).await.map(SupportFile::from)
    }

    /// What is for sale.
    pub async fn catalog(&self) -> Result<Catalog, WalletError> {
        caught(self.wallet.catalog()).await.map(|catalog| Catalog::from(&*catalog))
    }

    /// Purchases, newest first.
    pub async fn purchases(&self, filter: PurchaseFilter) -> Result<Vec<Purchase>, WalletError> {
        caught(self.wallet.purchases(filter.into())).await.map(all)
    }

    /// The signed receipt of a settled purchase, or those of its refunds. One call for both: each call that waits has
    /// its share of the library.
    pub async fn receipts(&self, purchase: String, of_refunds: bool) -> Result<Vec<String>, WalletError> {
        let purchase = identifier("purchase", &purchase)?;
        let receipts = async {
            if of_refunds {
                self.wallet.refund_receipts(purchase).await
            } else {
                self.wallet.receipt(purchase).await.map(|receipt| vec![receipt])
            }
        };
        caught(receipts).await
    }

    /// Has an unused purchase refunded.
    pub async fn refund(&self, purchase: String) -> Result<Purchase, WalletError> {
        let purchase = identifier("purchase", &purchase)?;
        caught(self.wallet.refund(purchase)).await.map(Purchase::from)
    }

    /// Puts a card into the gateway's vault. One call for both kinds: each call that waits has its share of the library.
    pub async fn add_card(&self, card: NewCard) -> Result<Card, WalletError> {
        let added = async {
            match card {
                NewCard::Number { details } => self.wallet.add_card(details.into()).await,
                NewCard::PaymentMethod { name } => self.wallet.add_payment_method(name).await,
            }
        };
        caught(added).await.map(Card::from)
    }

    /// The player's cards, the newest first.
    pub async fn cards(&self) -> Result<Vec<Card>, WalletError> {
        caught(self.wallet.cards()).await.map(all)
    }

    /// Takes a card out of the vault.
    pub async fn remove_card(&self, card: String) -> Result<(), WalletError> {
        let card = identifier("card", &card)?;
        caught(self.wallet.remove_card(card)).await
    }

    /// Charges a card, once, and raises the balance.
    pub async fn top_up(&self, amount: Money, card: String) -> Result<TopUp, WalletError> {
        let (amount, card) = (amount.try_into()?, identifier("card", &card)?);
        caught(self.wallet.top_up(amount, card)).await.map(TopUp::from)
    }

    /// Credits a pack of balance that an app store has sold, once ever.
    pub async fn top_up_from_store(&self, purchase: StorePurchase) -> Result<StoreTopUp, WalletError> {
        caught(self.wallet.top_up_from_store(purchase.into())).await.map(StoreTopUp::from)
    }

    /// The account's name, for the stores; none before the wallet is enrolled.
    pub async fn account(&self) -> Result<Option<String>, WalletError> {
        Ok(caught(self.wallet.account()).await?.map(|account| account.to_string()))
    }

    /// Top-ups, the newest first, at most 100.
    pub async fn top_ups(&self) -> Result<Vec<TopUp>, WalletError> {
        caught(self.wallet.top_ups()).await.map(all)
    }

    /// What the player has agreed to of automatic top-ups, once their word on it is kept. One call for both: each call that
    /// waits has its share of the library.
    pub async fn auto_top_up(&self, change: Option<AutoTopUpChange>) -> Result<Option<AutoTopUpConsent>, WalletError> {
        let agreed = async {
            match change {
                Some(AutoTopUpChange { setting }) => {
                    let setting = setting.map(core::AutoTopUp::try_from).transpose()?;
                    Ok(self.wallet.set_auto_top_up(setting).await?)
                }
                None => Ok(self.wallet.auto_top_up().await?),
            }
        };
        Ok(caught::<_, WalletError>(agreed).await?.map(AutoTopUpConsent::from))
    }

    /// Has a card authorise a limit, which is spent as balance and charged once, at the end.
    pub async fn open_tab(&self, limit: Money, card: String) -> Result<Tab, WalletError> {
        let (limit, card) = (limit.try_into()?, identifier("card", &card)?);
        caught(self.wallet.open_tab(limit, card)).await.map(Tab::from)
    }

    /// Has the card charged what was spent, or pays what it could not be charged.
    pub async fn close_tab(&self, tab: String) -> Result<Tab, WalletError> {
        let tab = identifier("tab", &tab)?;
        caught(self.wallet.close_tab(tab)).await.map(Tab::from)
    }

    /// Tabs, the newest first, with what is owed of each.
    pub async fn tabs(&self) -> Result<Vec<Tab>, WalletError> {
        caught(self.wallet.tabs()).await.map(all)
    }

    /// What limits the player's spending.
    pub async fn limits(&self) -> Result<Limits, WalletError> {
        caught(self.wallet.limits()).await.map(Limits::from)
    }

    /// Limits the player's spending in one currency.
    pub async fn set_limits(&self, change: LimitsChange) -> Result<Limits, WalletError> {
        let change = change.try_into()?;
        caught(self.wallet.set_limits(change)).await.map(Limits::from)
    }

    /// What a guardian was asked for.
    pub async fn approvals(&self) -> Result<Vec<Approval>, WalletError> {
        caught(self.wallet.approvals()).await.map(all)
    }

    /// Answers what a guardian was asked for.
    pub async fn answer_approval(&self, approval: String, approve: bool, pin: String) -> Result<Approval, WalletError> {
        let approval = identifier("approval", &approval)?;
        caught(self.wallet.answer_approval(approval, approve, &pin)).await.map(Approval::from)
    }

    /// Settles what waits and fetches what is new.
    pub async fn sync(&self) -> Result<SyncReport, WalletError> {
        caught(self.wallet.sync()).await.map(SyncReport::from)
    }

    /// What sync is doing just now.
    pub fn sync_state(&self) -> SyncState {
        self.wallet.sync_state().into()
    }

    /// Acts as if there were no network.
    pub fn set_offline(&self, is_offline: bool) {
        self.wallet.set_offline(is_offline);
    }

    /// Whether it acts so.
    pub fn is_offline(&self) -> bool {
        self.wallet.is_offline()
    }

    /// Finishes what was begun and closes the database (not named `close`: Kotlin's objects have one).
    pub async fn shut_down(&self) {
        self.wallet.close().await;
        self.finish_telling().await;
    }

    /// Deletes the wallet from this device.
    pub async fn erase(&self, force: bool) -> Result<(), WalletError> {
        caught(self.wallet.erase(force)).await?;
        self.finish_telling().await;
        Ok(())
    }
}

impl Wallet {
    fn telling(&self) -> MutexGuard<'_, Option<Telling>> {
        self.telling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop_telling(&self) {
        if let Some(telling) = self.telling().take() {
            telling.task.abort();
        }
    }

    /// Tells what is left to tell, and nothing after it.
    async fn finish_telling(&self) {
        let telling = self.telling().take();
        if let Some(Telling { task, until }) = telling {
            drop(until);
            // A listener that panicked has ended it before.
            let _ = task.await;
        }
    }
}

impl Drop for Wallet {
    fn drop(&mut self) {
        self.stop_telling();
        numbered::forget_items_of_the_gone();
    }
}

/// Sets aside a wallet that can't be opened any more, so that the next one begins anew.
#[uniffi::export(async_runtime = "tokio")]
pub async fn start_over(folder: String, key_store: Arc<dyn KeyStore>) -> Result<(), WalletError> {
    let folder = PathBuf::from(folder);
    caught(core::Wallet::start_over(&folder, &ForeignKeyStore(key_store))).await
}

/// Tells the listener what happens, until the wallet is gone. What happens within a [`MOMENT`] is
/// told in one call: a call into another language costs more than what it says, and the player
/// who buys waits for the same processor.
fn tell(wallet: &core::Wallet, listener: Arc<dyn WalletListener>) -> Telling {
    let (mut events, mut balance, mut sync) = (wallet.events(), wallet.balance_updates(), wallet.sync_state_updates());
    let (until, mut end) = oneshot::channel();
    // The first news are how things are now.
    balance.mark_changed();
    let task = tokio::spawn(async move {
        let mut goes_on = true;
        while goes_on {
            let mut happened = Vec::new();
            tokio::select! {
                changed = balance.changed() => if changed.is_err() { return },
                changed = sync.changed() => if changed.is_err() { return },
                event = events.recv() => match event {
                    Ok(event) => happened.extend(event::known(event)),
                    Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "the listener is too slow"),
                    Err(RecvError::Closed) => return,
                },
                _ = &mut end => goes_on = false,
            }
            goes_on = goes_on && tokio::time::timeout(MOMENT, &mut end).await.is_err();
            while let Ok(event) = events.try_recv() {
                happened.extend(event::known(event));
            }
            let balance = Balance::from(balance.borrow_and_update().clone());
            let sync_state = SyncState::from(sync.borrow_and_update().clone());
            listener.on_news(WalletNews { events: happened, balance, sync_state });
        }
    });
    Telling { task, until }
}

#[cfg(test)]
#[path = "wallet_tests.rs"]
pub(crate) mod tests;
