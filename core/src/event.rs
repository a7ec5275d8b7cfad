//! What the wallet tells the app by itself.

use farthing_protocol::{EntryId, RejectionReason, Sku};

use crate::balance::Balance;
use crate::top_up::TopUp;

/// Something that happened. Events come after the fact is on disk.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum WalletEvent {
    /// A purchase was made and granted.
    Purchased {
        /// Which.
        purchase: EntryId,
        /// What was bought.
        sku: Sku,
    },
    /// The gateway settled a purchase; its receipt is there.
    Settled {
        /// Which.
        purchase: EntryId,
    },
    /// The gateway rejected a purchase, which never happens to an untampered wallet. What was
    /// granted is revoked as far as it was not used.
    Rejected {
        /// Which.
        purchase: EntryId,
        /// What had been bought.
        sku: Sku,
        /// Why.
        reason: RejectionReason,
        /// How many items were taken back.
        revoked: u64,
    },
    /// The balance changed.
    BalanceChanged {
        /// As it is now.
        balance: Balance,
    },
    /// There is a new catalog.
    CatalogChanged {
        /// Its version.
        version: u64,
    },
    /// A top-up went on.
    TopUpChanged {
        /// As it is now.
        top_up: TopUp,
    },
    /// The device is frozen; see [`crate::WalletError::DeviceFrozen`].
    Frozen {
        /// The entry at which two journals part.
        fork_seq: u64,
    },
    /// Sync began, ended or waits.
    SyncChanged {
        /// As it is now.
        state: SyncState,
    },
}

/// What sync is doing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SyncState {
    /// Nothing is left to do.
    Idle,
    /// It talks to the gateway.
    Running,
    /// It tries again by itself after a while.
    Waiting {
        /// How long it waits.
        delay: std::time::Duration,
        /// How many tries have failed in a row.
        attempt: u32,
        /// Why the last one failed.
        error: crate::WalletError,
    },
    /// It stopped until something changes: an app update, an enrolment.
    Stopped {
        /// Why.
        error: crate::WalletError,
    },
}
