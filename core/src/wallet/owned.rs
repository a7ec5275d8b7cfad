//! What a player has: items, meters, passes.

use super::Wallet;
use crate::{Meter, OwnedItem, Pass, WalletError, inventory, pass};

impl Wallet {
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
    /// [`WalletEvent::PassEnding`](crate::WalletEvent::PassEnding) comes before it, [`WalletEvent::PassNotRenewed`](crate::WalletEvent::PassNotRenewed) where it can't be made.
    ///
    /// # Errors
    /// Nothing is changed then: [`WalletError::InvalidArgument`] for a pass that the player does not have, that is over, or
    /// that the catalog does not let be renewed, [`WalletError::CatalogMissing`], [`WalletError::StorageFull`],
    /// [`WalletError::StorageUnavailable`], [`WalletError::Closed`].
    pub async fn set_pass_renewal(&self, sku: &str, agrees: bool) -> Result<Pass, WalletError> {
        let sku = sku.to_owned();
        self.parts.store.run(move |books| pass::set_renewal(books, &sku, agrees)).await
    }
}
