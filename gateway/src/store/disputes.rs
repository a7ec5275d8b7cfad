//! Charges that a cardholder disputes at the bank.

use farthing_protocol::{AccountId, Money, Timestamp};
use uuid::Uuid;

use super::StoreError;

/// A dispute as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Dispute {
    pub(crate) id: Uuid,
    /// What the processor calls it.
    pub(crate) name: String,
    pub(crate) account: AccountId,
    /// The top-up or tab whose charge it is.
    pub(crate) payment: Uuid,
    pub(crate) amount: Money,
    /// What the processor takes for it.
    pub(crate) fee: Money,
    /// What is held of the player's balance.
    pub(crate) held: Money,
    /// The fee that was still to be spread of what is held.
    pub(crate) held_fee: Money,
    pub(crate) state: DisputeState,
}

/// How far a dispute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DisputeState {
    Open,
    /// The charge stands.
    Won,
    /// The bank keeps the money.
    Lost,
}

impl DisputeState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            DisputeState::Open => "open",
            DisputeState::Won => "won",
            DisputeState::Lost => "lost",
        }
    }

    pub(super) fn named(name: &str) -> Result<Self, StoreError> {
        [DisputeState::Open, DisputeState::Won, DisputeState::Lost]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or(StoreError::Damaged("a dispute in no known state"))
    }
}

pub(crate) trait Disputes {
    /// The dispute that a processor calls so.
    fn dispute(&self, name: &str) -> Result<Option<Dispute>, StoreError>;

    /// Whether the bank has taken back the money of a payment, or may.
    fn is_disputed(&self, payment: Uuid) -> Result<bool, StoreError>;

    /// The disputes of an account's charges, the oldest first.
    fn disputes_of(&self, account: AccountId) -> Result<Vec<Dispute>, StoreError>;

    /// Keeps a new dispute.
    fn add_dispute(&self, dispute: &Dispute, now: Timestamp) -> Result<(), StoreError>;

    /// A dispute was decided.
    fn set_dispute_state(&self, id: Uuid, state: DisputeState) -> Result<(), StoreError>;
}
