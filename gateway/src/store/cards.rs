//! Cards, their numbers sealed.

use farthing_protocol::api::Card;
use farthing_protocol::{AccountId, CardId, Timestamp};

use super::StoreError;

/// A card with its sealed number.
#[derive(Clone)]
pub(crate) struct StoredCard {
    pub(crate) card: Card,
    pub(crate) sealed: Vec<u8>,
}

pub(crate) trait Cards {
    /// The cards of an account that were not removed, the newest first.
    fn cards(&self, account: AccountId) -> Result<Vec<StoredCard>, StoreError>;

    /// A card of an account, unless it was removed.
    fn card(&self, account: AccountId, id: CardId) -> Result<Option<StoredCard>, StoreError>;

    /// Keeps a card.
    fn add_card(&self, account: AccountId, card: &StoredCard, now: Timestamp) -> Result<(), StoreError>;

    /// Erases the number of a card. False when the account has never had such a card.
    fn remove_card(&self, account: AccountId, id: CardId) -> Result<bool, StoreError>;
}
