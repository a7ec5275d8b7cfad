//! Top-ups.

use serde::{Deserialize, Serialize};

use super::DeclineCode;
use crate::{CardId, Money, TopUpId};

/// `POST /v1/top-ups`, with an `Idempotency-Key`: charge a card, raise the balance.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopUpRequest {
    /// How much, in whole minor units of an ISO 4217 currency.
    pub amount: Money,
    /// From which card.
    pub card: CardId,
}

/// A top-up and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopUpResponse {
    /// Its name.
    pub id: TopUpId,
    /// How much.
    pub amount: Money,
    /// How far it is.
    pub state: TopUpState,
    /// The same, signed: a [`TopUpStatement`](crate::TopUpStatement).
    pub statement: String,
}

/// How far a top-up is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TopUpState {
    /// The cardholder must confirm on the bank's page (3-D Secure).
    RequiresAction {
        /// The page.
        url: String,
    },
    /// The processor has not said yet: ask again.
    Processing,
    /// The money is in the balance.
    Succeeded,
    /// The card was not charged.
    Failed {
        /// Why.
        decline_code: DeclineCode,
    },
}
