//! What limits an account's spending.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Currency, LimitPeriod, Money, SpendingLimits};

/// `GET /v1/limits`: what limits the account's spending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsResponse {
    /// The currencies in which there are limits.
    pub limits: Vec<AccountLimits>,
    /// Whether a guardian has set a PIN.
    pub has_guardian: bool,
    /// By how many minutes the account's days begin before those of UTC.
    pub utc_offset_minutes: i16,
    /// When this was said, by the gateway's clock.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub as_of: Timestamp,
}

/// What limits an account's spending in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountLimits {
    /// Which currency.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "USD"))]
    pub currency: Currency,
    /// What the player has set.
    pub player: SpendingLimits,
    /// What a guardian has set.
    pub guardian: SpendingLimits,
    /// What the player has set that is looser, and from when on it will hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingLimits>,
    /// What has been settled in each period that is limited.
    pub used: Vec<LimitUse>,
}

/// Limits that will hold after the cooling-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingLimits {
    /// Which.
    pub limits: SpendingLimits,
    /// From when on.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub from: Timestamp,
}

/// How much of a limit is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitUse {
    /// The period that it is for.
    pub period: LimitPeriod,
    /// The stricter of the player's and the guardian's.
    pub limit: Money,
    /// What has been settled in the current one.
    pub used: Money,
    /// When the current one ends.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub resets: Timestamp,
}

/// `POST /v1/limits`: limits for the account in one currency, in place of those that were set before.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsRequest {
    /// Which currency.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "USD"))]
    pub currency: Currency,
    /// What is limited from now on; what is left out is not.
    pub limits: SpendingLimits,
    /// The guardian's PIN, 4 to 12 digits: then these are the guardian's limits. The first one that is given is the PIN
    /// from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9]{4,12}$"))]
    pub pin: Option<String>,
    /// By how many minutes the account's days begin before those of UTC. Once it is set, only a guardian may change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = -720, maximum = 840, multiple_of = 15))]
    pub utc_offset_minutes: Option<i16>,
}

impl std::fmt::Debug for LimitsRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let who = if self.pin.is_some() { "guardian" } else { "player" };
        write!(f, "limits of a {who} in {}: {:?}", self.currency, self.limits)
    }
}
