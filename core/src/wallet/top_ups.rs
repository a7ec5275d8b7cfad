//! How money comes into the wallet: by a card, an app store, by itself.

use farthing_protocol::{AccountId, CardId, Currency, Money, StorePurchase, TopUpId};

use super::Wallet;
use crate::deliberate_bug::DeliberateBug;
use crate::sync::{self, PATIENCE};
use crate::top_up::TopUpState;
use crate::{
    AutoTopUp, AutoTopUpConsent, StoreTopUp, TopUp, TopUpAdvice, WalletError, auto_top_up, store_top_up, top_up,
};

impl Wallet {
    /// Charges a card, once, and raises the balance by `amount`.
    ///
    /// The returned state says how far it is: [`TopUpState::RequiresAction`] has the bank's page
    /// for the player to confirm on; open it, then sync. [`TopUpState::Created`] means that the
    /// answer was lost: sync finds out what became of it, so do not begin another one. Each
    /// change is told by [`WalletEvent::TopUpChanged`](crate::WalletEvent::TopUpChanged), also after a restart.
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

    async fn top_up_now(&self, id: TopUpId) -> Result<TopUp, WalletError> {
        let found = self.parts.store.run(move |books| top_up::find(books, id)).await?;
        found.ok_or_else(|| WalletError::internal("a top-up was written and is gone"))
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

    /// Amounts to offer a player who tops up, the least first: up to three round ones (1, 2, 5, 10, …) of which fees take
    /// at most 9 %, or the smallest such where none is round. By the gateway's price list, as it came with the catalog; needs no network.
    /// Nothing where a card can't be charged in that currency, or no item is priced in it.
    ///
    /// # Errors
    /// [`WalletError::CatalogMissing`] before the first sync, [`WalletError::Closed`].
    pub async fn top_up_advice(&self, currency: Currency) -> Result<Vec<TopUpAdvice>, WalletError> {
        let mut advice = TopUpAdvice::all(&*self.catalog().await?);
        advice.retain(|it| it.amount.currency() == currency);
        Ok(advice)
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
    /// [`AutoTopUp::monthly_cap`]. [`WalletEvent::TopUpChanged`](crate::WalletEvent::TopUpChanged) tells of it, and [`TopUp::is_automatic`] says so among
    /// [`Wallet::top_ups`]. It may come back as [`TopUpState::RequiresAction`]: nothing more is charged until the player has
    /// confirmed or declined it. After a declined card nothing is, until they agree again
    /// ([`WalletEvent::AutoTopUpPaused`](crate::WalletEvent::AutoTopUpPaused)). Once it is taken back, nothing is begun any more, and what the gateway has not
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
}
