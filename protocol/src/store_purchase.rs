//! Packs of balance that a player has bought through an app store's own billing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// `POST /v1/store-top-ups`: what a store has given the app for a pack. It credits the balance once, however often and by
/// whichever device it is handed over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "store", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StorePurchase {
    /// Bought in Apple's App Store.
    AppStore {
        /// StoreKit 2's signed transaction: the `jwsRepresentation` of a verification result.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 15000))]
        signed_transaction: String,
    },
    /// Bought in Google Play.
    GooglePlay {
        /// The product's name in the Play Console.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 150))]
        product: String,
        /// The purchase's token, as Play's billing library gives it.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 4000))]
        purchase_token: String,
    },
}

impl StorePurchase {
    /// What it was handed over as: the signed answer names it, so that the answer to one does not pass for that to
    /// another. It is the SHA-256 of the signed transaction or of the token.
    pub fn key(&self) -> Digest {
        match self {
            StorePurchase::AppStore { signed_transaction } => Digest::of(signed_transaction.as_bytes()),
            StorePurchase::GooglePlay { purchase_token, .. } => Digest::of(purchase_token.as_bytes()),
        }
    }
}

/// Whoever has a token may ask Google about it, so it is in no log.
impl fmt::Debug for StorePurchase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = match self {
            StorePurchase::AppStore { .. } => "App Store",
            StorePurchase::GooglePlay { .. } => "Google Play",
        };
        write!(f, "a purchase in the {store}, {}", self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purchase_is_written_as_documented_and_shows_no_token() {
        for (purchase, json) in [
            (
                StorePurchase::AppStore { signed_transaction: "abc".into() },
                r#"{"store":"app_store","signed_transaction":"abc"}"#,
            ),
            (
                StorePurchase::GooglePlay { product: "pack".into(), purchase_token: "abc".into() },
                r#"{"store":"google_play","product":"pack","purchase_token":"abc"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&purchase).unwrap(), json);
            assert_eq!(serde_json::from_str::<StorePurchase>(json).unwrap(), purchase);
            assert_eq!(purchase.key().to_string(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
            assert!(!format!("{purchase:?}").contains("abc"));
        }
        assert!(
            serde_json::from_str::<StorePurchase>(r#"{"store":"app_store","signed_transaction":"a","x":1}"#).is_err()
        );
    }
}
