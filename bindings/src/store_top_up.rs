//! Packs of balance that app stores have sold.

use farthing_core as core;

use crate::Money;

/// What an app store has given the app for a pack of balance.
#[derive(Clone, PartialEq, uniffi::Enum)]
pub enum StorePurchase {
    /// Bought in Apple's App Store.
    AppStore {
        /// StoreKit 2's signed transaction.
        signed_transaction: String,
    },
    /// Bought in Google Play.
    GooglePlay {
        /// The product's name in the Play Console.
        product: String,
        /// The purchase's token.
        purchase_token: String,
    },
}

/// How far a pack is that was bought in a store.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct StoreTopUp {
    /// What it credits.
    pub amount: Money,
    /// Whether it is in the balance. If not, the player has yet to pay at the store.
    pub is_credited: bool,
}

impl From<StorePurchase> for core::StorePurchase {
    fn from(purchase: StorePurchase) -> Self {
        match purchase {
            StorePurchase::AppStore { signed_transaction } => core::StorePurchase::AppStore { signed_transaction },
            StorePurchase::GooglePlay { product, purchase_token } => {
                core::StorePurchase::GooglePlay { product, purchase_token }
            }
        }
    }
}

impl From<core::StoreTopUp> for StoreTopUp {
    fn from(top_up: core::StoreTopUp) -> Self {
        StoreTopUp { amount: top_up.amount.into(), is_credited: top_up.is_credited }
    }
}
