//! The wallet's calls, one for each of the core's.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use farthing_core as core;
use futures_util::FutureExt;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::convert::{all, identifier};
use crate::error::internal;
use crate::event::told;
use crate::key_store::ForeignKeyStore;
use crate::{
    Balance, Card, CardDetails, Catalog, KeyStore, Money, OwnedItem, Purchase, PurchaseFilter, PurchaseRequest,
    SyncReport, SyncState, TopUp, WalletConfig, WalletError, WalletListener, WalletNews,
};

/// A quarter of a frame on most screens.
const MOMENT: Duration = Duration::from_millis(4);

/// A player's wallet on this device; see [`farthing_core::Wallet`], whose calls these are.
#[derive(uniffi::Object)]
pub struct Wallet {
    wallet: core::Wallet,
    /// Ends with the wallet.
    telling: Mutex<Option<Telling>>,
}

/// The listener is being told what happens.
struct Telling {
    task: JoinHandle<()>,
    /// Dropped when nothing more will happen.
    until: oneshot::Sender<Infallible>,
}

/// Runs a call; a panic in it is caught and becomes an internal error.
async fn caught<T, E: Into<WalletError>>(call: impl Future<Output = Result<T, E>>) -> Result<T, WalletError> {
    match AssertUnwindSafe(call).catch_unwind().await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(internal("a call panicked")),
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Opens the wallet of a folder, or begins a new one.
    #[uniffi::constructor]
    pub async fn open(config: WalletConfig, key_store: Arc<dyn KeyStore>) -> Result<Arc<Self>, WalletError> {
        caught(async {
            let wallet = core::Wallet::open(config.into(), Arc::new(ForeignKeyStore(key_store))).await?;
            Ok::<_, WalletError>(Arc::new(Wallet { wallet, telling: Mutex::default() }))
        })
        .await
    }

    /// Tells a listener how things are, and from here on what happens, in place of the one before.
    pub async fn listen(&self, listener: Arc<dyn WalletListener>) {
        self.stop_telling();
        *self.telling() = Some(tell(&self.wallet, listener));
    }

    /// Buys something.
    pub async fn buy(&self, request: PurchaseRequest) -> Result<Purchase, WalletError> {
        caught(self.wallet.buy(request.into())).await.map(Purchase::from)
    }

    /// Uses up `quantity` of an item and returns how many are left.
    pub async fn consume(&self, sku: String, quantity: u32, operation: String) -> Result<u64, WalletError> {
        caught(self.wallet.consume(&sku, quantity, &operation)).await
    }

    /// What the player owns, sorted by SKU.
    pub async fn inventory(&self) -> Result<Vec<OwnedItem>, WalletError> {
        caught(self.wallet.inventory()).await.map(all)
    }

    /// What the player has, at once.
    pub fn balance(&self) -> Balance {
        self.wallet.balance().into()
    }

    /// This device's name at the gateway; none before it is enrolled.
    pub async fn device(&self) -> Result<Option<String>, WalletError> {
        Ok(caught(self.wallet.device()).await?.map(|device| device.to_string()))
    }

    /// What is for sale.
    pub async fn catalog(&self) -> Result<Catalog, WalletError> {
        caught(self.wallet.catalog()).await.map(|catalog| Catalog::from(&*catalog))
    }

    /// Purchases, newest first.
    pub async fn purchases(&self, filter: PurchaseFilter) -> Result<Vec<Purchase>, WalletError> {
        caught(self.wallet.purchases(filter.into())).await.map(all)
    }

    /// The signed receipt of a settled purchase.
    pub async fn receipt(&self, purchase: String) -> Result<String, WalletError> {
        let purchase = identifier("purchase", &purchase)?;
        caught(self.wallet.receipt(purchase)).await
    }

    /// Puts a card into the gateway's vault.
    pub async fn add_card(&self, details: CardDetails) -> Result<Card, WalletError> {
        caught(self.wallet.add_card(details.into())).await.map(Card::from)
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

    /// Top-ups, the newest first, at most 100.
    pub async fn top_ups(&self) -> Result<Vec<TopUp>, WalletError> {
        caught(self.wallet.top_ups()).await.map(all)
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
                    Ok(event) => happened.extend(told(event)),
                    Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "the listener is too slow"),
                    Err(RecvError::Closed) => return,
                },
                _ = &mut end => goes_on = false,
            }
            goes_on = goes_on && tokio::time::timeout(MOMENT, &mut end).await.is_err();
            while let Ok(event) = events.try_recv() {
                happened.extend(told(event));
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
mod tests;
