//! Tabs: spent now, charged once.

use farthing_protocol::{CardId, Money, TabId};

use super::Wallet;
use crate::store::Books;
use crate::sync::{self, PATIENCE};
use crate::{Tab, WalletError, tab, top_up};

impl Wallet {
    /// Opens a tab: the card authorises `limit`, which is in the balance from then on, is spent as any balance is, and is
    /// charged once, when the tab is closed. What the player owes is in [`Tab::owed`], at any time, also offline. An account
    /// has one tab in a currency.
    ///
    /// The returned state says how far it is: [`TabState::RequiresAction`](crate::TabState::RequiresAction) has the bank's page for the player to confirm
    /// on; open it, then sync. [`TabState::Created`](crate::TabState::Created) means that the answer was lost: sync finds out what became of it.
    /// Each change is told by [`WalletEvent::TabChanged`](crate::WalletEvent::TabChanged), also after a restart.
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
    /// The returned state says how far it is. [`TabState::Closing`](crate::TabState::Closing) means that the bank, or the gateway's answer, is
    /// waited for: sync goes on with it, also after a restart, and [`WalletEvent::TabChanged`](crate::WalletEvent::TabChanged) tells. Until then this
    /// device has nothing reserved to buy with offline.
    ///
    /// # Errors
    /// Nothing is changed then: [`WalletError::InvalidArgument`] for a tab that is not this wallet's or not open yet,
    /// [`WalletError::InsufficientFunds`] where less is in the balance than is due, [`WalletError::Offline`],
    /// [`WalletError::GatewayUnavailable`], [`WalletError::GatewayNotTrusted`], [`WalletError::NotEnrolled`],
    /// [`WalletError::Closed`].
    pub async fn close_tab(&self, tab: TabId) -> Result<Tab, WalletError> {
        let parts = &self.parts;
        let known = move |books: &mut Books| Ok((books.enrolment()?, books.state.tabs.find(tab)?.clone()));
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
}
