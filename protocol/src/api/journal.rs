//! What devices did, and what became of it: batches, receipts, refunds.

use serde::{Deserialize, Serialize};

use crate::EntryId;
use crate::digest::Bytes;

/// `POST /v1/journal`: a batch of entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchRequest {
    /// A [`crate::BatchClaims`], a JWS by the device's key.
    pub batch: String,
    /// The exact bytes of each entry, base64url.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, min_items = 1, max_items = 500))]
    pub entries: Vec<Bytes>,
}

/// A batch is settled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchResponse {
    /// A [`crate::Settlement`].
    pub settlement: String,
    /// The payload of the [`crate::Receipt`] of each settled purchase, in order, base64url;
    /// the settlement has their hashes.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub receipts: Vec<Bytes>,
    /// The latest [`crate::Allowance`] of each currency.
    pub allowances: Vec<String>,
}

/// `GET /v1/receipts/{purchase}`: a receipt to hand on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptResponse {
    /// The purchase.
    pub purchase: EntryId,
    /// A [`crate::Receipt`].
    pub receipt: String,
}

/// `POST /v1/purchases/{purchase}/refund`: the price of an unused purchase is in the balance again.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefundReceiptResponse {
    /// A [`crate::RefundReceipt`].
    pub receipt: String,
}

/// `GET /v1/account/refunds/{after}`: refunds of the account's purchases.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefundReceiptsResponse {
    /// A [`crate::RefundReceipt`] each, in the order of their numbers; the first that follow, where there are many.
    pub receipts: Vec<String>,
}

/// `GET /v1/account/purchases/{after}`: what the account's other devices have bought.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountPurchasesResponse {
    /// The oldest first, by when they were settled; those of one device in the order of its journal.
    pub purchases: Vec<AccountPurchase>,
    /// Where what comes later begins: `{after}` of the next request. Missing where no other device has settled anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether there are more already.
    pub has_more: bool,
}

/// A settled purchase of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountPurchase {
    /// A [`crate::Receipt`].
    pub receipt: String,
    /// A [`crate::RefundReceipt`] for each time that some of its price went back, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<String>,
}
