//! Purchases.

use farthing_core as core;

use crate::convert::same_enum;
use crate::{Money, Timestamp, Tip, WalletError, WalletFailure};

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

/// Is told how purchases end, from a thread of the wallet that the next purchase waits for.
#[uniffi::export(with_foreign)]
pub trait PurchaseListener: Send + Sync {
    /// The purchase that was begun as `call` has ended.
    fn on_end(&self, call: u64, end: PurchaseEnd);
}

/// How a call to buy or to tip ended.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
#[expect(clippy::large_enum_variant, reason = "it lives for one crossing, and most of them are made")]
pub enum PurchaseEnd {
    /// It is on disk and granted.
    Made {
        /// What was bought.
        purchase: Purchase,
    },
    /// Nothing was bought.
    Failed {
        /// Why.
        failure: WalletFailure,
    },
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
    /// Whether it was bought, used by a meter, or given to a creator.
    pub kind: PurchaseKind,
    /// What was bought or used; of a tip `tip:` and the creator.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// The price of all.
    pub total: Money,
    /// Of a tip: who got it, and what was said with it.
    pub tip: Option<Tip>,
    /// When, by trusted time.
    pub purchased_at: Timestamp,
    /// How far it is.
    pub state: PurchaseState,
    /// Whether another device of the account has bought it.
    pub is_from_another_device: bool,
}

same_enum! {
    /// What was paid for.
    PurchaseKind = core::PurchaseKind {
        /// An item, bought and granted.
        Item,
        /// Units of a metered item.
        Usage,
        /// A tip to a creator.
        Tip,
    } else Item
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
    /// Settled, and the price or a part of it went back into the balance.
    Refunded {
        /// Who had got what of the price.
        split: Split,
        /// When it was settled, by the gateway's clock.
        settled_at: Timestamp,
        /// How much went back so far.
        amount: Money,
        /// How many items were to be taken back.
        quantity: u32,
        /// When the last of it went back, by the gateway's clock.
        refunded_at: Timestamp,
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
        /// The limits of the player or a guardian leave less.
        SpendingLimitReached,
        /// It needed a guardian's approval.
        ApprovalRequired,
        /// The merchant has registered no such creator.
        UnknownCreator,
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

impl From<Result<core::Purchase, WalletError>> for PurchaseEnd {
    fn from(ended: Result<core::Purchase, WalletError>) -> Self {
        match ended {
            Ok(purchase) => PurchaseEnd::Made { purchase: purchase.into() },
            Err(WalletError::Failed { failure }) => PurchaseEnd::Failed { failure },
        }
    }
}

impl From<core::Purchase> for Purchase {
    fn from(purchase: core::Purchase) -> Self {
        Purchase {
            id: purchase.id.to_string(),
            kind: purchase.kind.into(),
            sku: purchase.sku.to_string(),
            quantity: purchase.quantity,
            total: purchase.total.into(),
            tip: purchase.tip.map(Tip::from),
            purchased_at: purchase.purchased_at,
            state: purchase.state.into(),
            is_from_another_device: purchase.is_from_another_device,
        }
    }
}

impl From<core::PurchaseState> for PurchaseState {
    fn from(state: core::PurchaseState) -> Self {
        match state {
            core::PurchaseState::Settled { split, settled_at } => {
                PurchaseState::Settled { split: split.into(), settled_at }
            }
            core::PurchaseState::Refunded { split, settled_at, amount, quantity, refunded_at } => {
                let (split, amount) = (split.into(), amount.into());
                PurchaseState::Refunded { split, settled_at, amount, quantity, refunded_at }
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
