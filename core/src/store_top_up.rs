//! Packs of balance that the player buys through an app store's own billing.
//!
//! 1. What the store has given the app is written down, before anyone is asked.
//! 2. The gateway verifies it and credits it once, whoever hands it over and however often. Its signed answer, or its
//!    refusal, takes it off the disk; until then sync hands it over again, also after a kill.
//!
//! The app finishes the purchase at the App Store only once it is credited, and never consumes one of Google Play's: the
//! gateway does. So the store itself gives it to the app again, should this device's data be lost meanwhile.

use farthing_protocol::{Digest, Money, StorePurchase};

use crate::WalletError;
use crate::deliberate_bug::DeliberateBug;
use crate::store::{Books, DocumentName};

/// Purchases that wait at most: a player buys one at a time.
const KEPT_MAX: usize = 100;

/// How far a pack is that was bought in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreTopUp {
    /// What it credits.
    pub amount: Money,
    /// Whether it is in the balance. If not, the player has yet to pay at the store; the wallet asks again with each sync.
    pub is_credited: bool,
}

/// Writes down what a store has given the app, before the gateway is asked.
pub(crate) fn keep(books: &Books, purchase: &StorePurchase) -> Result<(), WalletError> {
    let mut kept = waiting(books)?;
    if kept.contains(purchase) || DeliberateBug::ForgetPacks.is_planted() {
        return Ok(());
    }
    if kept.len() >= KEPT_MAX {
        return Err(WalletError::QueueFull { limit: KEPT_MAX as u64 });
    }
    kept.push(purchase.clone());
    books.put_document(DocumentName::StorePurchases, &kept)
}

/// Those that the gateway has not answered, the oldest first.
pub(crate) fn waiting(books: &Books) -> Result<Vec<StorePurchase>, WalletError> {
    Ok(books.document(DocumentName::StorePurchases)?.unwrap_or_default())
}

/// The gateway has answered.
pub(crate) fn forget(books: &mut Books, key: Digest) -> Result<(), WalletError> {
    let mut kept = waiting(books)?;
    kept.retain(|known| known.key() != key);
    books.credits += 1;
    books.put_document(DocumentName::StorePurchases, &kept)
}
