//! Card processors: where money comes in.

pub(crate) mod sandbox;

use async_trait::async_trait;
use farthing_protocol::api::DeclineCode;
use farthing_protocol::{DeviceId, Money, TopUpId};
use serde::{Deserialize, Serialize};

use crate::store::StoreError;
use crate::vault::Pan;

/// A charge that a processor is asked for.
#[derive(Debug)]
pub(crate) struct Charge {
    /// Its name, and the idempotency key towards the processor.
    pub(crate) top_up: TopUpId,
    /// The device that asked for it.
    pub(crate) device: DeviceId,
    pub(crate) amount: Money,
    pub(crate) number: Pan,
}

/// How far a charge is, as the processor says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum ChargeStatus {
    /// The cardholder must confirm on this page.
    RequiresAction {
        /// The page's path on this gateway.
        path: String,
    },
    /// The processor does not know yet.
    Processing,
    /// The card is charged.
    Succeeded,
    /// The card is not charged.
    Declined {
        /// Why.
        code: DeclineCode,
    },
}

/// Charges cards.
#[async_trait]
pub(crate) trait Processor: Send + Sync {
    /// What the ledger calls it.
    fn name(&self) -> &'static str;

    /// Charges a card, once for each name: asked again, it says how far that charge is.
    async fn charge(&self, charge: Charge) -> Result<ChargeStatus, StoreError>;

    /// How far a charge is, if it was ever asked for.
    async fn look_up(&self, top_up: TopUpId) -> Result<Option<ChargeStatus>, StoreError>;
}
