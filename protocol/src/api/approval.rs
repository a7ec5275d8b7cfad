//! What a guardian is asked for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ApprovalId, DeviceId, Money, Sku};

/// `POST /v1/approvals`: asks a guardian for a purchase.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalRequest {
    /// What is to be bought; for a tip, `tip:` and the creator.
    pub sku: Sku,
    /// How many.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    pub quantity: u32,
    /// The catalog version that the price is from.
    pub catalog: u64,
    /// How much a tip is to be, which no catalog says; missing for anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

/// `GET /v1/approvals`: what a guardian was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalsResponse {
    /// The newest first.
    pub approvals: Vec<ApprovalRecord>,
}

/// A purchase that a guardian was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalRecord {
    /// The request's name.
    pub id: ApprovalId,
    /// The device that asked, which alone may buy it.
    pub device: DeviceId,
    /// What is to be bought.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
    /// The price of all.
    pub total: Money,
    /// How far it is.
    pub state: ApprovalState,
    /// When it was asked for.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub asked_at: Timestamp,
    /// Until when it can be answered, and then until when it can be bought.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub expires_at: Timestamp,
}

/// How far a request for an approval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ApprovalState {
    /// Nobody has answered yet.
    Pending,
    /// It may be bought, once.
    Approved,
    /// It may not.
    Declined,
    /// It was bought.
    Used,
    /// It was not answered, or not bought, in time.
    Expired,
}

/// `POST /v1/approvals/{approval}`: a guardian's answer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalAnswer {
    /// Whether it may be bought.
    pub approve: bool,
    /// The guardian's PIN.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9]{4,12}$"))]
    pub pin: String,
}

impl std::fmt::Debug for ApprovalAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.approve { "an approval" } else { "a refusal" })
    }
}
