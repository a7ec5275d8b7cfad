//! Where money comes in: processors of cards, which can send it back, and app stores that sell packs of balance.

pub(crate) mod app_store;
pub(crate) mod google_play;
pub(crate) mod sandbox;
pub(crate) mod stripe;

use async_trait::async_trait;
use farthing_protocol::api::DeclineCode;
use farthing_protocol::{AccountId, CardId, Currency, DeviceId, Money, TopUpId};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::gateway::Shared;
use crate::store::{StoreError, Tables};
use crate::traces;
use crate::vault::Instrument;

/// A charge that a processor is asked for.
#[derive(Debug)]
pub(crate) struct Charge {
    /// The name of the top-up or tab, and the idempotency key towards the processor.
    pub(crate) id: Uuid,
    /// The device that asked for it.
    pub(crate) device: DeviceId,
    pub(crate) amount: Money,
    pub(crate) instrument: Instrument,
    pub(crate) capture: Capture,
    /// Whether the cardholder has to prove who they are.
    pub(crate) must_authenticate: bool,
}

/// When a card is charged what it has authorised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capture {
    /// At once: a top-up.
    Automatic,
    /// When it is asked for: a tab.
    Manual,
}

/// How far a charge is, as the processor says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum ChargeStatus {
    /// The cardholder must confirm on this page.
    RequiresAction {
        /// The page's address, as seen from this gateway's (RFC 3986, section 4.1).
        #[serde(alias = "path")]
        page: String,
    },
    /// The processor does not know yet, or could not be asked.
    Processing,
    /// The card is charged; of a manual capture, the amount is authorised.
    Succeeded {
        /// What the processor took for it, where it has said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fee: Option<Money>,
    },
    /// The card is not charged.
    Declined {
        /// Why.
        code: DeclineCode,
    },
}

/// Money that is to go back to a card.
#[derive(Clone, Debug)]
pub(crate) struct CardRefund {
    /// Its name, and the idempotency key towards the processor.
    pub(crate) id: Uuid,
    /// The charge that it is of.
    pub(crate) top_up: TopUpId,
    pub(crate) amount: Money,
}

/// How far something is that was asked of a processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The processor does not know yet, or could not be asked.
    Pending,
    Done {
        /// What the processor took for it, where it has said so.
        fee: Option<Money>,
    },
    /// It can't be done.
    Failed,
}

/// Charges cards. Whatever is asked of it is asked again under the same name when its answer was lost, and is done once.
#[async_trait]
pub(crate) trait Processor: Send + Sync {
    /// What the ledger calls it.
    fn name(&self) -> &'static str;

    /// Charges a card, once for each name: asked again, it says how far that charge is.
    async fn charge(&self, charge: Charge) -> Result<ChargeStatus, StoreError>;

    /// How far a charge is, if it was ever asked for.
    async fn look_up(
        &self,
        id: Uuid,
        account: AccountId,
        currency: Currency,
    ) -> Result<Option<ChargeStatus>, StoreError>;

    /// Captures what a card has authorised: all of it or less. Nothing lets go of all of it.
    async fn capture(&self, id: Uuid, amount: Money) -> Result<Progress, StoreError>;

    /// Sends money back to a card, once for each name.
    async fn refund(&self, refund: CardRefund) -> Result<Progress, StoreError>;
}

/// A charge of a card that an account has, or had.
pub(crate) struct Wanted {
    /// The name of the top-up or tab.
    pub(crate) id: Uuid,
    pub(crate) account: AccountId,
    /// The device that asked for it.
    pub(crate) device: DeviceId,
    pub(crate) card: CardId,
    pub(crate) amount: Money,
    pub(crate) capture: Capture,
}

impl Shared {
    /// Asks for a charge, or how far it is. Where the card was removed in between, what was asked for may still come in,
    /// and nothing new.
    pub(crate) async fn ask_for_charge(&self, wanted: Wanted) -> Result<ChargeStatus, StoreError> {
        let Wanted { id, account, device, card, amount, capture } = wanted;
        let persons = self.persons.clone();
        let read = move |tables: &dyn Tables| {
            let must_authenticate = tables.authentication(id)?.is_required;
            Ok((persons.card(tables, account, card)?, must_authenticate))
        };
        let (stored, must_authenticate) = self.store.read(read).await?;
        if let Some(stored) = stored {
            let instrument = self.vault.open(&stored)?;
            let charge = Charge { id, device, amount, instrument, capture, must_authenticate };
            let span = traces::processor(self.processor.name(), "charge");
            return traces::outcome(self.processor.charge(charge)).instrument(span).await;
        }
        let span = traces::processor(self.processor.name(), "look_up");
        let known = traces::outcome(self.processor.look_up(id, account, amount.currency())).instrument(span).await?;
        Ok(known.unwrap_or(ChargeStatus::Declined { code: DeclineCode::Other }))
    }
}
