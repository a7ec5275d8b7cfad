//! What the wallet tells the app by itself.

use farthing_protocol::{EntryId, Money, RejectionReason, Sku, Timestamp};

use crate::WalletError;
use crate::auto_top_up::AutoTopUpPause;
use crate::balance::Balance;
use crate::tab::Tab;
use crate::top_up::TopUp;

/// Something that happened. Events come after the fact is on disk.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum WalletEvent {
    /// A purchase was made and granted, or a creator was tipped: `sku` is `tip:` and the creator then.
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
    /// The price of a purchase, or a part of it, went back into the balance. Items are taken back as far as they were
    /// not used.
    PurchaseRefunded {
        /// Which. It may be another device's of the account; nothing is taken back here then.
        purchase: EntryId,
        /// What had been bought.
        sku: Sku,
        /// How much went back this time.
        amount: Money,
        /// How many items the refund takes back.
        quantity: u32,
        /// How many were taken back here: fewer, where some were used.
        revoked: u64,
    },
    /// Purchases that other devices of the account have settled are in the list now.
    PurchasesArrived {
        /// How many came at once.
        count: u32,
    },
    /// What meters count comes near to a limit, the day's cap of an item or the reserve of this device: at 80 % of it.
    UsageNearLimit {
        /// Which item was used.
        sku: Sku,
        /// What was spent of the limit.
        spent: Money,
        /// The limit.
        limit: Money,
    },
    /// A pass will end: the reminder that the catalog asks for, or the one before a renewal.
    PassEnding {
        /// Which pass.
        sku: Sku,
        /// When.
        ends_at: Timestamp,
        /// The most that the wallet will pay to renew it before; `None` where it will not.
        renewal: Option<Money>,
    },
    /// A pass could not be renewed. The wallet tries again until its grace period ends; buying it helps, too.
    PassNotRenewed {
        /// Which pass.
        sku: Sku,
        /// When it ends.
        ends_at: Timestamp,
        /// Why it was not bought; `None` where it costs more, or lasts shorter, than the player has agreed to.
        error: Option<WalletError>,
    },
    /// A pass is over, with its grace period. What the player had agreed to for it holds no more.
    PassEnded {
        /// Which pass.
        sku: Sku,
    },
    /// The balance changed.
    BalanceChanged {
        /// As it is now.
        balance: Balance,
    },
    /// There is a new catalog, or other creators can be tipped.
    CatalogChanged {
        /// Its version.
        version: u64,
    },
    /// A top-up went on.
    TopUpChanged {
        /// As it is now.
        top_up: TopUp,
    },
    /// Automatic top-ups are paused until the player agrees again, by [`crate::Wallet::set_auto_top_up`].
    AutoTopUpPaused {
        /// Why.
        reason: AutoTopUpPause,
    },
    /// A tab went on. What is owed of an open one changes with each purchase, too: [`WalletEvent::BalanceChanged`].
    TabChanged {
        /// As it is now.
        tab: Tab,
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
