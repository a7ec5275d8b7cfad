//! Purchases.

use farthing_core as core;

use crate::convert::same_enum;
use crate::{Money, Timestamp};

/// What to buy.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct PurchaseRequest {
    /// The item in the catalog.
    pub sku: String,
    /// How many, 1 to 1,000.
    pub quantity: u32,
    /// The app's name for this user action.
    pub idempotency_key: Option<String>,
}

/// Which purchases are asked for.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct PurchaseFilter {
    /// How many at most.
    pub limit: u32,
    /// Only those that wait for settlement.
    pub waiting_only: bool,
}

/// One purchase.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Purchase {
    /// Its name, here and at the gateway.
    pub id: String,
    /// What was bought.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// The price of all.
    pub total: Money,
    /// When, by trusted time.
    pub purchased_at: Timestamp,
    /// How far it is.
    pub state: PurchaseState,
}

/// How far a purchase is.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum PurchaseState {
    /// Granted and on disk.
    Granted,
    /// On its way to the gateway.
    Settling,
    /// Settled for ever.
    Settled {
        /// Who got what of the price.
        split: Split,
        /// When, by the gateway's clock.
        settled_at: Timestamp,
    },
    /// The gateway rejected it; nothing was paid.
    Rejected {
        /// Why.
        reason: RejectionReason,
    },
}

/// Who gets what of a price.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Split {
    /// The card processor's share.
    pub processor: Money,
    /// The platform's share.
    pub platform: Money,
    /// What the developer gets.
    pub developer: Money,
}

same_enum! {
    /// Why the gateway rejected a purchase.
    RejectionReason = core::RejectionReason {
        /// The entry can't be read by this gateway.
        Malformed,
        /// The catalog version was never published.
        UnknownCatalog,
        /// The catalog version has no such item.
        UnknownItem,
        /// The price is not the catalog's.
        WrongPrice,
        /// The quantity is nothing, or too much.
        WrongQuantity,
        /// The allowance was never issued, or is older than the one named before.
        UnknownAllowance,
        /// It happened, or came, too late.
        AllowanceExpired,
        /// It is above what one purchase may cost.
        AbovePurchaseMax,
        /// It is beyond the sum or the count of the allowance.
        AllowanceExceeded,
        /// A reason that this library does not know.
        Other,
    } else Other
}

impl From<PurchaseRequest> for core::PurchaseRequest {
    fn from(request: PurchaseRequest) -> Self {
        let PurchaseRequest { sku, quantity, idempotency_key } = request;
        core::PurchaseRequest { sku, quantity, idempotency_key }
    }
}

impl From<PurchaseFilter> for core::PurchaseFilter {
    fn from(filter: PurchaseFilter) -> Self {
        core::PurchaseFilter { limit: filter.limit, waiting_only: filter.waiting_only }
    }
}

impl From<core::Purchase> for Purchase {
    fn from(purchase: core::Purchase) -> Self {
        Purchase {
            id: purchase.id.to_string(),
            sku: purchase.sku.to_string(),
            quantity: purchase.quantity,
            total: purchase.total.into(),
            purchased_at: purchase.purchased_at,
            state: purchase.state.into(),
        }
    }
}

impl From<core::PurchaseState> for PurchaseState {
    fn from(state: core::PurchaseState) -> Self {
        match state {
            core::PurchaseState::Settled { split, settled_at } => {
                PurchaseState::Settled { split: split.into(), settled_at }
            }
            core::PurchaseState::Rejected { reason } => PurchaseState::Rejected { reason: reason.into() },
            core::PurchaseState::Settling => PurchaseState::Settling,
            _ => PurchaseState::Granted,
        }
    }
}

impl From<core::Split> for Split {
    fn from(split: core::Split) -> Self {
        Split { processor: split.processor.into(), platform: split.platform.into(), developer: split.developer.into() }
    }
}
