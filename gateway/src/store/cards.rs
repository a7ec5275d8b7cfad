//! Cards, their numbers sealed.

use farthing_protocol::api::Card;
use farthing_protocol::{AccountId, CardId, Timestamp};

use super::{Sealed, StoreError};

/// A card with its sealed number.
#[derive(Clone)]
pub(crate) struct StoredCard {
    pub(crate) card: Card,
    pub(crate) sealed: Sealed,
}

/// A card as its row has it. [`crate::privacy::Persons`] opens what it looks like.
pub(crate) struct SealedCard {
    /// Its name; the rest says something only where there are no `details`.
    pub(crate) card: Card,
    /// What it looks like, sealed by the account's key.
    pub(crate) details: Option<Vec<u8>>,
    pub(crate) sealed: Sealed,
}

pub(crate) trait Cards {
    /// The cards of an account that were not removed, the newest first.
    fn sealed_cards(&self, account: AccountId) -> Result<Vec<SealedCard>, StoreError>;

    /// A card of an account, unless it was removed.
    fn sealed_card(&self, account: AccountId, id: CardId) -> Result<Option<SealedCard>, StoreError>;

    /// Keeps a card; what it looks like is in the sealed details alone.
    fn add_sealed_card(
        &self,
        account: AccountId,
        card: &StoredCard,
        details: &[u8],
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Erases the number of a card, and what it looked like. False when the account has never had such a card.
    fn remove_card(&self, account: AccountId, id: CardId) -> Result<bool, StoreError>;
}
