//! How an account stands, and what is for sale.

use serde::{Deserialize, Serialize};

use crate::{Currency, Money};

/// `GET /v1/account` and `POST /v1/allowances`: how the account stands, and what the device
/// may spend.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountResponse {
    /// A [`crate::Statement`].
    pub statement: String,
    /// The latest [`crate::Allowance`] of each currency.
    pub allowances: Vec<String>,
    /// How far the account's other devices have settled: where it is not the `next` that a device has got with their
    /// purchases, `GET /v1/account/purchases/{after}` has more. Missing where no other device has settled anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchases: Option<String>,
}

/// `POST /v1/allowances`: reserve funds for this device, or extend what it has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AllowanceRequest {
    /// What the device is about to spend, where that is more than the operator's usual
    /// reserve. Without it, the usual reserve is made up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<Money>,
    /// The allowances that the device holds, where they have spending limits. It will name none before them in any entry
    /// that is not settled yet, so that what those left to it can go to other devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub holds: Vec<HeldAllowance>,
}

/// An allowance that a device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeldAllowance {
    /// Its currency.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "USD"))]
    pub currency: Currency,
    /// Its version.
    pub version: u64,
}

/// `GET /v1/catalog`: what is for sale.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CatalogResponse {
    /// A [`crate::Catalog`].
    pub catalog: String,
}
