//! What the wallet tells by itself.

use std::time::Duration;

use farthing_core as core;

use crate::{AutoTopUpPause, Balance, Money, RejectionReason, Tab, Timestamp, TopUp, WalletFailure};

/// Is told what happens, one thing after the other, from a thread of the wallet. It must return
/// soon: what comes next waits for it, and is then told in one call.
#[uniffi::export(with_foreign)]
pub trait WalletListener: Send + Sync {
    /// Something happened, and is on disk.
    fn on_news(&self, news: WalletNews);
}

/// What happened since the last time.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct WalletNews {
    /// What happened, in order.
    pub events: Vec<WalletEvent>,
    /// The balance after it.
    pub balance: Balance,
    /// What sync is doing after it.
    pub sync_state: SyncState,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
#[allow(missing_docs, reason = "each case and field is documented at the core's event of the same name")]
pub enum WalletEvent {
    Purchased { purchase: String, sku: String },
    Settled { purchase: String },
    Rejected { purchase: String, sku: String, reason: RejectionReason, revoked: u64 },
    PurchaseRefunded { purchase: String, sku: String, amount: Money, quantity: u32, revoked: u64 },
    PurchasesArrived { count: u32 },
    UsageNearLimit { sku: String, spent: Money, limit: Money },
    PassEnding { sku: String, ends_at: Timestamp, renewal: Option<Money> },
    PassNotRenewed { sku: String, ends_at: Timestamp, failure: Option<WalletFailure> },
    PassEnded { sku: String },
    BalanceChanged { balance: Balance },
    CatalogChanged { version: u64 },
    TopUpChanged { top_up: TopUp },
    AutoTopUpPaused { reason: AutoTopUpPause },
    TabChanged { tab: Tab },
    Frozen { fork_seq: u64 },
    SyncChanged { state: SyncState },
}

/// What sync is doing.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum SyncState {
    /// Nothing is left to do.
    Idle,
    /// It talks to the gateway.
    Running,
    /// It tries again by itself after a while.
    Waiting {
        /// How long it waits.
        delay: Duration,
        /// How many tries have failed in a row.
        attempt: u32,
        /// Why the last one failed.
        failure: WalletFailure,
    },
    /// It stopped until something changes.
    Stopped {
        /// Why.
        failure: WalletFailure,
    },
}

/// What a sync has done.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct SyncReport {
    /// Entries that were settled.
    pub settled: u64,
    /// Entries that were rejected.
    pub rejected: u64,
    /// Entries that wait for settlement.
    pub waiting: u64,
    /// The balance after it.
    pub balance: Balance,
}

/// The event, if it is one that this crate knows.
pub(crate) fn known(event: core::WalletEvent) -> Option<WalletEvent> {
    use core::WalletEvent as Core;
    Some(match event {
        Core::Purchased { purchase, sku } => {
            WalletEvent::Purchased { purchase: purchase.to_string(), sku: sku.to_string() }
        }
        Core::Settled { purchase } => WalletEvent::Settled { purchase: purchase.to_string() },
        Core::Rejected { purchase, sku, reason, revoked } => WalletEvent::Rejected {
            purchase: purchase.to_string(),
            sku: sku.to_string(),
            reason: reason.into(),
            revoked,
        },
        Core::PurchaseRefunded { purchase, sku, amount, quantity, revoked } => WalletEvent::PurchaseRefunded {
            purchase: purchase.to_string(),
            sku: sku.to_string(),
            amount: amount.into(),
            quantity,
            revoked,
        },
        Core::PurchasesArrived { count } => WalletEvent::PurchasesArrived { count },
        Core::UsageNearLimit { sku, spent, limit } => {
            WalletEvent::UsageNearLimit { sku: sku.to_string(), spent: spent.into(), limit: limit.into() }
        }
        Core::PassEnding { sku, ends_at, renewal } => {
            WalletEvent::PassEnding { sku: sku.to_string(), ends_at, renewal: renewal.map(Money::from) }
        }
        Core::PassNotRenewed { sku, ends_at, error } => {
            WalletEvent::PassNotRenewed { sku: sku.to_string(), ends_at, failure: error.map(WalletFailure::from) }
        }
        Core::PassEnded { sku } => WalletEvent::PassEnded { sku: sku.to_string() },
        Core::BalanceChanged { balance } => WalletEvent::BalanceChanged { balance: balance.into() },
        Core::CatalogChanged { version } => WalletEvent::CatalogChanged { version },
        Core::TopUpChanged { top_up } => WalletEvent::TopUpChanged { top_up: top_up.into() },
        Core::AutoTopUpPaused { reason } => WalletEvent::AutoTopUpPaused { reason: reason.into() },
        Core::TabChanged { tab } => WalletEvent::TabChanged { tab: tab.into() },
        Core::Frozen { fork_seq } => WalletEvent::Frozen { fork_seq },
        Core::SyncChanged { state } => WalletEvent::SyncChanged { state: state.into() },
        _ => return None,
    })
}

impl From<core::SyncState> for SyncState {
    fn from(state: core::SyncState) -> Self {
        match state {
            core::SyncState::Waiting { delay, attempt, error } => {
                SyncState::Waiting { delay, attempt, failure: error.into() }
            }
            core::SyncState::Stopped { error } => SyncState::Stopped { failure: error.into() },
            core::SyncState::Running => SyncState::Running,
            _ => SyncState::Idle,
        }
    }
}

impl From<core::SyncReport> for SyncReport {
    fn from(report: core::SyncReport) -> Self {
        let core::SyncReport { settled, rejected, waiting, balance } = report;
        SyncReport { settled, rejected, waiting, balance: balance.into() }
    }
}
