//! Tips to creators: purchases of an open price that grant nothing.
//!
//! Who can be tipped is in the signed catalog. From there on a tip goes the way of a purchase ([`crate::purchase`]): it is
//! decided against the allowance, written as an entry of its own, and settled.

use farthing_protocol::{CreatorId, EntryBody, IdempotencyKey, IdentifierError, Money, Timestamp, TipBody, TipMessage};

use crate::WalletError;
use crate::limits;
use crate::purchase::{draw, may_spend};
use crate::state::{Action, State};

/// What to tip. [`TipRequest::new`] is a tip without a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TipRequest {
    /// Who gets it, as the catalog lists them.
    pub creator: CreatorId,
    /// How much, above zero, of an ISO 4217 currency.
    pub amount: Money,
    /// What the player says with it.
    pub message: Option<TipMessage>,
    /// The app's name for this user action. The same key always means the same tip, so a double tap or a retry tips once.
    pub idempotency_key: Option<String>,
}

impl TipRequest {
    /// A tip without a message and without an idempotency key.
    ///
    /// # Errors
    /// [`WalletError::InvalidArgument`] for a creator that can't be one.
    pub fn new(creator: &str, amount: Money) -> Result<Self, WalletError> {
        let creator = CreatorId::new(creator).map_err(invalid("creator"))?;
        Ok(TipRequest { creator, amount, message: None, idempotency_key: None })
    }

    /// The same, with a message of up to 140 characters in one line.
    ///
    /// # Errors
    /// [`WalletError::InvalidArgument`] for another one.
    pub fn message(mut self, message: &str) -> Result<Self, WalletError> {
        self.message = Some(TipMessage::new(message).map_err(invalid("message"))?);
        Ok(self)
    }

    /// The same, named by the app.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    pub(crate) fn action(&self) -> Action<'_> {
        Action::Tip(&self.creator, self.amount, self.message.as_ref())
    }
}

fn invalid(field: &str) -> impl FnOnce(IdentifierError) -> WalletError {
    move |error| WalletError::invalid(field, error.rule())
}

/// The tip as it may be written, or why it may not: a pure function of what the wallet knows.
pub(crate) fn decide(
    state: &State,
    request: &TipRequest,
    operation: Option<IdempotencyKey>,
    now: Timestamp,
) -> Result<EntryBody, WalletError> {
    may_spend(state)?;
    let TipRequest { creator, amount, message, .. } = request.clone();
    if !amount.is_positive() || amount.currency().is_virtual() {
        return Err(WalletError::invalid("amount", "must be above zero, in a currency of ISO 4217"));
    }
    let catalog = &state.catalog.as_ref().ok_or(WalletError::CatalogMissing)?.catalog;
    if catalog.creators.iter().all(|listed| listed.id != creator) {
        return Err(WalletError::invalid("creator", "is not listed; sync for a newer list"));
    }
    if now > catalog.expires_at {
        return Err(WalletError::CatalogExpired { expired_at: catalog.expires_at });
    }
    let allowance = draw(state, amount, now)?;
    let approval = limits::approval(state, allowance, (&creator.sku(), 1, amount), now)?;
    Ok(EntryBody::Tip(TipBody { creator, amount, message, allowance: allowance.version, operation, approval }))
}
