//! What was paid out to merchants and creators, and what each payout covers.

use farthing_protocol::{CreatorId, Currency, IdempotencyKey, Money, Timestamp};
use uuid::Uuid;

use super::StoreError;
use crate::ledger::Payee;

/// What a payout covers besides itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// What all of its lines come to.
    pub(crate) change: Money,
    /// The lines come after this place.
    pub(crate) after: Place,
    /// None comes after this one.
    pub(crate) to: Place,
}

/// Some lines, and what is left after them.
pub(crate) type Part = (Vec<PayableLine>, Option<Stretch>);

/// Where a line is among those of a payee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The transaction's number; on PostgreSQL, where it has none, when it was posted.
    pub(crate) number: i64,
    /// Which of those that were posted in one moment; on SQLite always nil.
    pub(crate) transaction: Uuid,
}

/// A payout as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payout {
    pub(crate) id: Uuid,
    pub(crate) merchant: String,
    /// The creator whose tips it is of; `None` where it is the merchant's.
    pub(crate) creator: Option<CreatorId>,
    pub(crate) key: IdempotencyKey,
    /// What was asked for; `None` for as much as there is.
    pub(crate) asked: Option<Money>,
    pub(crate) amount: Money,
    /// What stayed payable.
    pub(crate) remaining: Money,
    pub(crate) state: PayoutState,
    pub(crate) created_at: Timestamp,
    /// When it was said that it arrived or failed.
    pub(crate) concluded_at: Option<Timestamp>,
}

impl Payout {
    /// Whose earnings it is of.
    pub(crate) fn payee(&self) -> Payee {
        match &self.creator {
            Some(creator) => Payee::Creator(creator.clone()),
            None => Payee::Merchant(self.merchant.clone()),
        }
    }
}

/// How far a payout is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PayoutState {
    /// It is on its way to the merchant's bank.
    InTransit,
    /// It has arrived.
    Paid,
    /// It came back, for this reason, and is payable again.
    Failed(String),
}

/// A change of what is payable to a merchant or a creator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PayableLine {
    pub(crate) at: Timestamp,
    /// What kind of ledger transaction changed it.
    pub(crate) kind: String,
    /// The device, payout or other thing that the transaction is about.
    pub(crate) reference: Uuid,
    /// More or less than before.
    pub(crate) change: Money,
}

pub(crate) trait Payouts {
    fn payout(&self, id: Uuid) -> Result<Option<Payout>, StoreError>;

    /// The payout that was asked for with that idempotency key.
    fn payout_by_key(&self, merchant: &str, key: &IdempotencyKey) -> Result<Option<Payout>, StoreError>;

    /// The newest payouts to a merchant and their creators before one, or the newest of all.
    fn payouts_before(&self, merchant: &str, before: Option<Uuid>, most: u32) -> Result<Vec<Payout>, StoreError>;

    /// The newest payouts to a merchant that are in transit, without those to creators.
    fn payouts_in_transit(&self, merchant: &str, most: u32) -> Result<Vec<Payout>, StoreError>;

    /// Does a part of what [`Payouts::add_payout`] would have to do where a payee has very many changes that no payout
    /// covers: takes some thousands of them, those after a transaction, for the payee's next payout. Returns the last of
    /// them; `None` where so few are left that the payout itself can take them, or where they need not be taken one by one.
    fn cover_ahead(&self, payee: &Payee, currency: Currency, after: Option<Uuid>) -> Result<Option<Uuid>, StoreError>;

    /// Keeps a new payout whose ledger transaction was posted. It covers every change of what is payable to the
    /// same payee in its currency that no earlier payout covers, its own among them.
    fn add_payout(&self, payout: &Payout) -> Result<(), StoreError>;

    /// A payout arrived or failed.
    fn conclude_payout(&self, id: Uuid, state: &PayoutState, now: Timestamp) -> Result<(), StoreError>;

    /// What a payout covers besides itself: that never changes once it is kept.
    fn payout_stretch(&self, payout: &Payout) -> Result<Stretch, StoreError>;

    /// At most so many lines of a payout's stretch, in the order in which they were posted; and what is left of it after
    /// them. There may be none of them and some left.
    fn payout_lines(&self, payout: &Payout, stretch: &Stretch, most: u32) -> Result<Part, StoreError>;
}

impl PayoutState {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            PayoutState::InTransit => "in_transit",
            PayoutState::Paid => "paid",
            PayoutState::Failed(_) => "failed",
        }
    }

    /// Why it failed.
    pub(crate) fn failure(&self) -> Option<&str> {
        match self {
            PayoutState::Failed(reason) => Some(reason),
            _ => None,
        }
    }

    /// From a row's columns.
    pub(super) fn of_row(name: &str, failure: Option<String>) -> Result<Self, StoreError> {
        match (name, failure) {
            ("in_transit", None) => Ok(PayoutState::InTransit),
            ("paid", None) => Ok(PayoutState::Paid),
            ("failed", Some(reason)) => Ok(PayoutState::Failed(reason)),
            _ => Err(StoreError::Damaged("a payout in no known state")),
        }
    }
}

/// The creator, as the column has it.
pub(super) fn creator(id: Option<String>) -> Result<Option<CreatorId>, StoreError> {
    id.map(CreatorId::new).transpose().map_err(|_| StoreError::Damaged("a creator without a name"))
}

/// What was asked for, as its column has it.
pub(super) fn asked(micros: Option<i64>, currency: Currency) -> Option<Money> {
    micros.map(|micros| Money::from_micros(micros, currency))
}
