//! What a player buys and tips.

use std::sync::Arc;

use farthing_protocol::api::{ApprovalRecord, ApprovalState};
use farthing_protocol::{Catalog, Creator, Money};

use super::Wallet;
use crate::purchase::Wanted;
use crate::store::Books;
use crate::sync::{self, PATIENCE};
use crate::{Purchase, PurchaseRequest, TipRequest, WalletError, limits, purchase};

impl Wallet {
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
        let wish = move |books: &mut Books| Ok((books.enrolment()?, limits::wish(&books.state, &wanted)?));
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

    async fn buy_offline(&self, request: Wanted) -> Result<Purchase, WalletError> {
        let purchase = self.parts.store.run(move |books| purchase::buy(books, &request)).await?;
        self.parts.purchased.notify_one();
        Ok(purchase)
    }

    async fn price(&self, request: &Wanted) -> Result<Option<Money>, WalletError> {
        let request = request.clone();
        self.parts.store.run(move |books| Ok(purchase::price(&books.state, &request, books.now()))).await
    }
}
