//! Why a call failed: the core's words, and its data.

use std::fmt;
use std::time::Duration;

use farthing_core as core;

use crate::{DeclineCode, LimitPeriod, Money, Timestamp, TopUpCap};

/// A call that failed. It has one case, so that each language can make its own errors of it.
#[derive(Clone, Debug, PartialEq, thiserror::Error, uniffi::Error)]
pub enum WalletError {
    /// What happened.
    #[error("{failure}")]
    Failed {
        /// In words and in data.
        failure: WalletFailure,
    },
}

/// What happened, in words and in data.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct WalletFailure {
    /// What happened, what was kept, what to do next.
    pub message: String,
    /// Whether the same call may work later, by itself or once the device is online.
    pub is_transient: bool,
    /// The same for programs.
    pub reason: FailureReason,
}

impl fmt::Display for WalletFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What happened, for programs: [`farthing_core::WalletError`] case by case.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
#[allow(missing_docs, reason = "each case and field is documented at the core's error of the same name")]
pub enum FailureReason {
    NotEnrolled,
    InsufficientFunds { available: Money, needed: Money },
    OfflineLimitReached { limit: Money, remaining: Money },
    AllowanceExpired { expired_at: Timestamp },
    SpendingLimitReached { period: LimitPeriod, limit: Money, remaining_micros: i64, resets: Option<Timestamp> },
    ApprovalRequired { approval: String, sku: String, total: Money },
    UsageCapReached { sku: String, cap: Money, resets_at: Timestamp },
    UnknownItem { sku: String },
    AlreadyOwned { sku: String },
    InsufficientItems { sku: String, owned: u64, needed: u64 },
    CatalogExpired { expired_at: Timestamp },
    CatalogMissing,
    QueueFull { limit: u64 },
    CardInvalid { field: String },
    CardDeclined { code: DeclineCode, top_up: String },
    TopUpCapReached { cap: TopUpCap, most: Money, room_micros: i64 },
    AgeRestricted { needs_guardian: bool },
    NotSettled,
    AlreadyRefunded,
    AlreadyUsed,
    RefundTooLate { reason: String },
    StorePurchaseTaken,
    StorePurchaseInvalid { reason: String },
    Offline { operation: String },
    GatewayUnavailable { retry_after: Option<Duration> },
    GatewayNotTrusted { reason: String },
    Refused { reason: String },
    DeviceFrozen { fork_seq: u64 },
    DeviceRevoked,
    AccountErased,
    SyncRequired,
    EnrolmentRejected { reason: String },
    KeyStoreUnavailable { reason: String },
    KeyLost,
    StorageFull,
    StorageUnavailable { reason: String },
    StorageDamaged { reason: String },
    AlreadyOpen,
    Closed,
    UnsettledEntries { count: u64 },
    InvalidArgument { field: String, reason: String },
    UpgradeRequired,
    Internal,
}

impl From<core::WalletError> for WalletError {
    fn from(error: core::WalletError) -> Self {
        WalletError::Failed { failure: error.into() }
    }
}

impl From<core::WalletError> for WalletFailure {
    fn from(error: core::WalletError) -> Self {
        WalletFailure { message: error.to_string(), is_transient: error.is_transient(), reason: error.into() }
    }
}

impl From<core::WalletError> for FailureReason {
    fn from(error: core::WalletError) -> Self {
        use core::WalletError as Core;
        match error {
            Core::NotEnrolled => FailureReason::NotEnrolled,
            Core::InsufficientFunds { available, needed } => {
                FailureReason::InsufficientFunds { available: available.into(), needed: needed.into() }
            }
            Core::OfflineLimitReached { limit, remaining } => {
                FailureReason::OfflineLimitReached { limit: limit.into(), remaining: remaining.into() }
            }
            Core::AllowanceExpired { expired_at } => FailureReason::AllowanceExpired { expired_at },
            Core::SpendingLimitReached { period, limit, remaining, resets } => FailureReason::SpendingLimitReached {
                period: period.into(),
                limit: limit.into(),
                // In the currency of the limit: an error stays small.
                remaining_micros: remaining.micros(),
                resets,
            },
            Core::ApprovalRequired { approval, sku, total } => FailureReason::ApprovalRequired {
                approval: approval.to_string(),
                sku: sku.to_string(),
                total: total.into(),
            },
            Core::UsageCapReached { sku, cap, resets_at } => {
                FailureReason::UsageCapReached { sku: sku.to_string(), cap: cap.into(), resets_at }
            }
            Core::UnknownItem { sku } => FailureReason::UnknownItem { sku },
            Core::AlreadyOwned { sku } => FailureReason::AlreadyOwned { sku: sku.to_string() },
            Core::InsufficientItems { sku, owned, needed } => {
                FailureReason::InsufficientItems { sku: sku.to_string(), owned, needed }
            }
            Core::CatalogExpired { expired_at } => FailureReason::CatalogExpired { expired_at },
            Core::CatalogMissing => FailureReason::CatalogMissing,
            Core::QueueFull { limit } => FailureReason::QueueFull { limit },
            Core::CardInvalid { field } => FailureReason::CardInvalid { field },
            Core::CardDeclined { code, top_up } => {
                FailureReason::CardDeclined { code: code.into(), top_up: top_up.to_string() }
            }
            Core::TopUpCapReached { cap, most, room } => {
                // In the currency of the cap.
                FailureReason::TopUpCapReached { cap: cap.into(), most: most.into(), room_micros: room.micros() }
            }
            Core::AgeRestricted { needs_guardian } => FailureReason::AgeRestricted { needs_guardian },
            Core::NotSettled => FailureReason::NotSettled,
            Core::AlreadyRefunded => FailureReason::AlreadyRefunded,
            Core::AlreadyUsed => FailureReason::AlreadyUsed,
            Core::RefundTooLate { reason } => FailureReason::RefundTooLate { reason },
            Core::StorePurchaseTaken => FailureReason::StorePurchaseTaken,
            Core::StorePurchaseInvalid { reason } => FailureReason::StorePurchaseInvalid { reason },
            Core::Offline { operation } => FailureReason::Offline { operation },
            Core::GatewayUnavailable { retry_after } => FailureReason::GatewayUnavailable { retry_after },
            Core::GatewayNotTrusted { reason } => FailureReason::GatewayNotTrusted { reason },
            Core::Refused { reason } => FailureReason::Refused { reason },
            Core::DeviceFrozen { fork_seq } => FailureReason::DeviceFrozen { fork_seq },
            Core::DeviceRevoked => FailureReason::DeviceRevoked,
            Core::AccountErased => FailureReason::AccountErased,
            Core::SyncRequired => FailureReason::SyncRequired,
            Core::EnrolmentRejected { reason } => FailureReason::EnrolmentRejected { reason },
            Core::KeyStoreUnavailable { reason } => FailureReason::KeyStoreUnavailable { reason },
            Core::KeyLost => FailureReason::KeyLost,
            Core::StorageFull => FailureReason::StorageFull,
            Core::StorageUnavailable { reason } => FailureReason::StorageUnavailable { reason },
            Core::StorageDamaged { reason } => FailureReason::StorageDamaged { reason },
            Core::AlreadyOpen => FailureReason::AlreadyOpen,
            Core::Closed => FailureReason::Closed,
            Core::UnsettledEntries { count } => FailureReason::UnsettledEntries { count },
            Core::InvalidArgument { field, reason } => FailureReason::InvalidArgument { field, reason },
            Core::UpgradeRequired => FailureReason::UpgradeRequired,
            _ => FailureReason::Internal,
        }
    }
}

/// An argument that can't be used.
pub(crate) fn invalid(field: &str, reason: impl fmt::Display) -> WalletError {
    core::WalletError::InvalidArgument { field: field.to_owned(), reason: reason.to_string() }.into()
}

/// A mistake of ours, such as a panic. What it said is in the log, not here: it may hold anything.
pub(crate) fn internal(reason: &str) -> WalletError {
    core::WalletError::Internal { reason: reason.to_owned() }.into()
}
