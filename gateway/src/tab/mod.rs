//! Tabs: spend now, be charged once at the end.
//!
//! 1. **Open** ([`open`]): the card authorises the limit (PaymentIntents with manual capture, at Stripe). Then the limit
//!    is in the balance, and is spent as money that was topped up.
//! 2. **Close** ([`close`]): what is unspent goes out of the balance again, and the card is charged the rest, in one. What
//!    is reserved for a device counts as spent and stays the player's: it was promised to settle.
//! 3. **Pay** ([`close`] again), where the card could not be charged: its authorisation had lapsed, or the bank refused.
//!    Then the platform has paid for the goods, and the player owes it what is due. They top up, by any card, and it is
//!    paid out of the balance. Until then the account gets no other tab in that currency, and then a smaller one ([`size`]).
//!
//! Banks keep an authorisation for a week at least, so a tab that nobody closes is closed before ([`LASTS`]). Each step
//! is on disk before the processor is asked, and is asked for again under the same name.

mod close;
mod open;
mod size;

use std::time::Duration;

use farthing_protocol::Money;
use farthing_protocol::api::DeclineCode;

pub(crate) use close::{close, conclude};
pub(crate) use open::{Begun, begin, resolve};

use crate::gateway::Gateway;
use crate::store::StoreError;

/// How long a tab is open at most: Visa's authorisations by the cardholder's own hand last seven days, others' no less
/// (<https://docs.stripe.com/payments/place-a-hold-on-a-payment-method#auth-capture-limitations>).
pub(crate) const LASTS: Duration = Duration::from_secs(6 * 24 * 3_600);
/// How often it is looked for tabs that nobody closes.
const PAUSE: Duration = Duration::from_secs(60);
/// Tabs that are closed in one go.
const TOGETHER_MAX: u32 = 100;

/// How far a tab is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Written down; the processor may not have been asked yet.
    Created,
    /// The cardholder must confirm.
    RequiresAction,
    /// The processor does not know yet.
    Processing,
    /// The limit is authorised and in the balance.
    Open,
    /// It is decided what the card is charged.
    Closing { due: Money },
    /// It is paid: the card is charged, or the player has paid out of the balance what it could not be charged.
    Closed { charged: Money },
    /// The card did not authorise it, or could not be charged at the end: then something is due.
    Failed { code: DeclineCode, due: Option<Money> },
}

impl State {
    /// Whether the card has not said yet that it authorises the limit, or that it does not.
    pub(crate) fn is_undecided(self) -> bool {
        matches!(self, State::Created | State::RequiresAction | State::Processing)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Created => "created",
            State::RequiresAction => "requires_action",
            State::Processing => "processing",
            State::Open => "open",
            State::Closing { .. } => "closing",
            State::Closed { .. } => "closed",
            State::Failed { .. } => "failed",
        }
    }
}

impl Gateway {
    /// Closes tabs before their authorisations lapse, until the gateway is closed. A gateway that is
    /// [served](crate::server::serve) does so by itself.
    pub async fn tend_tabs(&self) {
        loop {
            match self.close_lapsing_tabs().await {
                Ok(()) => {}
                Err(StoreError::Closed) => return,
                Err(error) => tracing::warn!(%error, "tabs could not be closed; they are tried again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Closes the tabs that were open for [`LASTS`], and asks again for what is not charged yet.
    ///
    /// # Errors
    /// [`StoreError`]. What was begun is gone on with the next time.
    #[doc(hidden)]
    pub async fn close_lapsing_tabs(&self) -> Result<(), StoreError> {
        let shared = &self.shared;
        let before = shared.clock.now().checked_sub(LASTS).unwrap_or(farthing_protocol::Timestamp::UNIX_EPOCH);
        let lapsing = shared.store.read(move |tables| tables.tabs_from_before(before, TOGETHER_MAX)).await?;
        for tab in lapsing {
            if let Some(tab) = close(shared, tab.id).await? {
                conclude(shared, tab).await?;
            }
        }
        Ok(())
    }
}
