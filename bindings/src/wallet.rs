//! The wallet's calls, one for each of the core's.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

use farthing_core as core;
use futures_util::FutureExt;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::convert::{all, identifier};
use crate::error::internal;
use crate::event::told;
use crate::key_store::ForeignKeyStore;
use crate::{
    Balance, Card, CardDetails, Catalog, KeyStore, Money, OwnedItem, Purchase, PurchaseFilter, PurchaseRequest,
    SyncReport, SyncState, TopUp, WalletConfig, WalletError, WalletListener,
};

/// A player's wallet on this device; see [`farthing_core::Wallet`], whose calls these are.
#[derive(uniffi::Object)]
pub struct Wallet {
    wallet: core::Wallet,
    /// Ends with the wallet.
    telling: JoinHandle<()>,
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
    /// Opens the wallet of a folder, or begins a new one. `listener` is told what happens from
    /// here on.
    #[uniffi::constructor]
    pub async fn open(
        config: WalletConfig,
        key_store: Arc<dyn KeyStore>,
        listener: Arc<dyn WalletListener>,
    ) -> Result<Arc<Self>, WalletError> {
        caught(async {
            let wallet = core::Wallet::open(config.into(), Arc::new(ForeignKeyStore(key_store))).await?;
            let telling = tell(&wallet, listener);
            Ok::<_, WalletError>(Arc::new(Wallet { wallet, telling }))
        })
        .await
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
        self.telling.abort();
    }

    /// Deletes the wallet from this device.
    pub async fn erase(&self, force: bool) -> Result<(), WalletError> {
        caught(self.wallet.erase(force)).await?;
        self.telling.abort();
        Ok(())
    }
}

impl Drop for Wallet {
    fn drop(&mut self) {
        self.telling.abort();
    }
}

/// Sets aside a wallet that can't be opened any more, so that the next one begins anew.
#[uniffi::export(async_runtime = "tokio")]
pub async fn start_over(folder: String, key_store: Arc<dyn KeyStore>) -> Result<(), WalletError> {
    let folder = PathBuf::from(folder);
    caught(core::Wallet::start_over(&folder, &ForeignKeyStore(key_store))).await
}

/// Tells the listener what happens, until the wallet is gone.
fn tell(wallet: &core::Wallet, listener: Arc<dyn WalletListener>) -> JoinHandle<()> {
    let (mut events, mut balance, mut sync) = (wallet.events(), wallet.balance_updates(), wallet.sync_state_updates());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                biased;
                changed = balance.changed() => match changed {
                    Ok(()) => listener.on_balance_changed(),
                    Err(_) => return,
                },
                changed = sync.changed() => match changed {
                    Ok(()) => listener.on_sync_changed(),
                    Err(_) => return,
                },
                event = events.recv() => match event {
                    Ok(event) => told(event).into_iter().for_each(|event| listener.on_event(event)),
                    Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "the listener is too slow"),
                    Err(RecvError::Closed) => return,
                },
            }
        }
    })
}

#[cfg(test)]
#[path = "wallet_tests.rs"]
mod tests;
