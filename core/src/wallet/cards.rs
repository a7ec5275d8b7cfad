//! The player's cards.

use farthing_protocol::CardId;
use farthing_protocol::api::PaymentMethodRequest;

use super::Wallet;
use crate::gateway::NewCard;
use crate::store::Books;
use crate::{Card, CardDetails, WalletError, card};

impl Wallet {
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
        let cards = |books: &mut Books| {
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
}
