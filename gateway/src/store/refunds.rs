//! Money that went back: into the player's balance, or to the card.

use std::collections::BTreeMap;

use farthing_protocol::{AccountId, EntryId, IdempotencyKey, Money, Split, Timestamp, TopUpId};
use uuid::Uuid;

use super::StoreError;

/// A refund as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Refund {
    pub(crate) id: Uuid,
    pub(crate) key: IdempotencyKey,
    pub(crate) account: AccountId,
    pub(crate) from: RefundedFrom,
    pub(crate) amount: Money,
    pub(crate) state: RefundState,
    /// Why, in the merchant's words.
    pub(crate) reason: String,
}

/// What is refunded, and who bears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefundedFrom {
    /// The price of a purchase goes back into the balance: each gives back its share.
    Purchase {
        purchase: EntryId,
        shares: Split,
        /// How many of the items are taken back.
        quantity: u32,
        /// What the player's devices and anyone else is told; refunds of the first days have none.
        signed: Option<SignedRefund>,
    },
    /// Unspent balance goes back to the card that was charged.
    TopUp {
        top_up: TopUpId,
        /// The processor keeps its fee; this part of it was still to be spread.
        fee: Money,
    },
}

/// The payload of a refund receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedRefund {
    /// Which refund of its account it is, from 1.
    pub(crate) number: u64,
    /// The exact bytes.
    pub(crate) payload: Vec<u8>,
}

/// How far a refund is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefundState {
    /// The processor has not said yet.
    Pending,
    Succeeded,
    /// The processor could not send it; the money is in the balance again.
    Failed,
}

impl RefundState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            RefundState::Pending => "pending",
            RefundState::Succeeded => "succeeded",
            RefundState::Failed => "failed",
        }
    }

    pub(super) fn named(name: &str) -> Result<Self, StoreError> {
        [RefundState::Pending, RefundState::Succeeded, RefundState::Failed]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or(StoreError::Damaged("a refund in no known state"))
    }
}

/// A refund's columns that both databases have alike.
pub(super) struct RefundRow {
    pub(super) id: Uuid,
    pub(super) key: IdempotencyKey,
    pub(super) account: AccountId,
    pub(super) purchase: Option<EntryId>,
    pub(super) top_up: Option<TopUpId>,
    pub(super) amount: Money,
    pub(super) shares: Split,
    pub(super) state: String,
    pub(super) reason: String,
    pub(super) quantity: u32,
    pub(super) number: Option<u64>,
    pub(super) receipt: Option<Vec<u8>>,
}

impl RefundRow {
    pub(super) fn refund(self) -> Result<Refund, StoreError> {
        let RefundRow { id, key, account, purchase, top_up, amount, shares, state, reason, quantity, .. } = self;
        let signed = self.number.zip(self.receipt).map(|(number, payload)| SignedRefund { number, payload });
        let from = match (purchase, top_up) {
            (Some(purchase), None) => RefundedFrom::Purchase { purchase, shares, quantity, signed },
            (None, Some(top_up)) => RefundedFrom::TopUp { top_up, fee: shares.processor },
            _ => return Err(StoreError::Damaged("a refund of nothing")),
        };
        Ok(Refund { id, key, account, from, amount, state: RefundState::named(&state)?, reason })
    }
}

impl Refund {
    /// How many items it takes back.
    pub(crate) fn quantity(&self) -> u32 {
        match self.from {
            RefundedFrom::Purchase { quantity, .. } => quantity,
            RefundedFrom::TopUp { .. } => 0,
        }
    }

    /// The payload of its receipt, where it has one.
    pub(crate) fn signed(&self) -> Option<&SignedRefund> {
        match &self.from {
            RefundedFrom::Purchase { signed, .. } => signed.as_ref(),
            RefundedFrom::TopUp { .. } => None,
        }
    }

    /// Who bears it, in columns.
    pub(super) fn shares(&self) -> Split {
        match self.from {
            RefundedFrom::Purchase { shares, .. } => shares,
            RefundedFrom::TopUp { fee, .. } => {
                let none = Money::zero(fee.currency());
                Split { processor: fee, platform: none, developer: none }
            }
        }
    }

    pub(crate) fn purchase(&self) -> Option<EntryId> {
        match self.from {
            RefundedFrom::Purchase { purchase, .. } => Some(purchase),
            RefundedFrom::TopUp { .. } => None,
        }
    }

    pub(crate) fn top_up(&self) -> Option<TopUpId> {
        match self.from {
            RefundedFrom::Purchase { .. } => None,
            RefundedFrom::TopUp { top_up, .. } => Some(top_up),
        }
    }
}

pub(crate) trait Refunds {
    /// The refund of that name.
    fn refund(&self, id: Uuid) -> Result<Option<Refund>, StoreError>;

    /// The refund that was asked for with that idempotency key.
    fn refund_by_key(&self, key: &IdempotencyKey) -> Result<Option<Refund>, StoreError>;

    /// The refunds of a purchase, the oldest first.
    fn refunds_of_purchase(&self, purchase: EntryId) -> Result<Vec<Refund>, StoreError>;

    /// The refunds of a top-up, the oldest first.
    fn refunds_of_top_up(&self, top_up: TopUpId) -> Result<Vec<Refund>, StoreError>;

    /// How much went back of each of these purchases; those of which nothing did are not there.
    fn refunded(&self, purchases: &[EntryId]) -> Result<BTreeMap<EntryId, Money>, StoreError>;

    /// How often the account changed, how many refunds of purchases it has had, and how many of its charges were disputed:
    /// what a statement says of the first two, and whether it has anything to say of the third.
    fn revision_and_counts(&self, account: AccountId) -> Result<(u64, u64, u64), StoreError>;

    /// The payloads of the receipts of an account's refunds after a number, in order.
    fn refund_receipts(&self, account: AccountId, after: u64, most: u32) -> Result<Vec<Vec<u8>>, StoreError>;

    /// Keeps a new refund.
    fn add_refund(&self, refund: &Refund, now: Timestamp) -> Result<(), StoreError>;

    /// A refund has come further.
    fn set_refund_state(&self, id: Uuid, state: RefundState) -> Result<(), StoreError>;
}
