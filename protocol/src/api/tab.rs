//! Tabs.

use serde::{Deserialize, Serialize};

use super::DeclineCode;
use crate::{CardId, Money, TabId};

/// `POST /v1/tabs`, with an `Idempotency-Key`: have a card authorise a limit, which is then in the balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TabRequest {
    /// The most that it will be charged, in whole minor units of an ISO 4217 currency.
    pub limit: Money,
    /// Which card.
    pub card: CardId,
}

/// A tab and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TabResponse {
    /// Its name.
    pub id: TabId,
    /// The most that the card will be charged.
    pub limit: Money,
    /// How far it is.
    pub state: TabState,
    /// The same, signed: a [`TabStatement`](crate::TabStatement).
    pub statement: String,
}

/// How far a tab is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TabState {
    /// The cardholder must confirm on the bank's page (3-D Secure).
    RequiresAction {
        /// The page.
        url: String,
    },
    /// The processor has not said yet: ask again.
    Processing,
    /// The limit is in the balance.
    Open,
    /// The card is about to be charged.
    Closing {
        /// How much.
        due: Money,
    },
    /// It is paid: the card is charged, or what it could not be charged was paid out of the balance.
    Closed {
        /// How much; zero where nothing was spent.
        charged: Money,
    },
    /// The card did not authorise the limit, or could not be charged at the end.
    Failed {
        /// Why.
        decline_code: DeclineCode,
        /// What the card could not be charged and is to be paid out of the balance; missing where it authorised nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Money>,
    },
}
