//! What the Play Developer API answers, as far as it matters here
//! (<https://developers.google.com/android-publisher/api-ref/rest/v3/purchases.products>,
//! <https://developers.google.com/android-publisher/api-ref/rest/v3/purchases.voidedpurchases>).

use farthing_protocol::Timestamp;
use serde::Deserialize;

use crate::clock::from_milliseconds;
use crate::config::StoreEnvironment;

/// A purchase, as it stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProductPurchase {
    #[serde(default)]
    purchase_state: Option<i64>,
    #[serde(default)]
    consumption_state: i64,
    #[serde(default)]
    purchase_type: Option<i64>,
    #[serde(default)]
    product_id: Option<String>,
    #[serde(default)]
    quantity: Option<u32>,
    /// For whom the app said that it was bought.
    #[serde(default)]
    pub(crate) obfuscated_external_account_id: Option<String>,
}

/// How far a purchase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PurchaseState {
    Purchased,
    /// It was taken back, or never paid.
    Cancelled,
    /// The player has not paid yet, such as in cash at a shop.
    Pending,
}

impl ProductPurchase {
    pub(crate) fn state(&self) -> PurchaseState {
        // Protocol buffers leave a zero out.
        match self.purchase_state {
            None | Some(0) => PurchaseState::Purchased,
            Some(2) => PurchaseState::Pending,
            Some(_) => PurchaseState::Cancelled,
        }
    }

    /// Whether it is of a product, as far as Google says.
    pub(crate) fn is_of(&self, product: &str) -> bool {
        self.product_id.as_deref().is_none_or(|sold| sold == product)
    }

    pub(crate) fn is_consumed(&self) -> bool {
        self.consumption_state == 1
    }

    pub(crate) fn quantity(&self) -> u32 {
        self.quantity.unwrap_or(1)
    }

    /// Why it is not one that was paid, or one of a tester where those are taken.
    pub(super) fn is_not_of(&self, environment: StoreEnvironment) -> Option<&'static str> {
        match (self.purchase_type, environment) {
            (None, StoreEnvironment::Production) | (Some(0), StoreEnvironment::Sandbox) => None,
            (Some(0), StoreEnvironment::Production) => Some("it is a licence tester's, and nobody has paid it"),
            (None, StoreEnvironment::Sandbox) => Some("it was paid, and this gateway takes those of testers alone"),
            (Some(_), _) => Some("it was given away, and nobody has paid it"),
        }
    }
}

/// A page of what was taken back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VoidedPurchases {
    #[serde(default)]
    pub(super) voided_purchases: Vec<VoidedPurchase>,
    #[serde(default)]
    pub(super) token_pagination: Option<TokenPagination>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenPagination {
    #[serde(default)]
    pub(super) next_page_token: Option<String>,
}

/// A purchase that was cancelled, refunded or charged back.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VoidedPurchase {
    pub(crate) purchase_token: String,
    /// Milliseconds, as text: JSON's numbers do not hold all of them.
    voided_time_millis: String,
}

impl VoidedPurchase {
    pub(crate) fn voided_at(&self) -> Timestamp {
        from_milliseconds(self.voided_time_millis.parse().unwrap_or(0))
    }
}
