//! What can go wrong, for the person who reads it: what happened, what was kept, what to do.

use std::time::Duration;

use farthing_protocol::api::DeclineCode;
use farthing_protocol::{ApprovalId, LimitPeriod, Money, Sku, Timestamp, TopUpCap, TopUpId};

/// Why a call did not do what was asked.
///
/// An error means that nothing was changed, unless its text says otherwise. Money and items
/// that the wallet held before are still there.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The wallet has never reached its gateway.
    #[error("this wallet is not enrolled yet; connect once and call sync, then purchases work offline too")]
    NotEnrolled,
    /// The balance is too low. Offer a top-up.
    #[error("the balance is {available}, but {needed} is needed; nothing was bought; top up first")]
    InsufficientFunds {
        /// All that the player has.
        available: Money,
        /// The price.
        needed: Money,
    },
    /// The money is there, but not reserved for this device. Going online helps.
    #[error("{remaining} of {limit} can still be spent offline; nothing was bought; connect, and try again")]
    OfflineLimitReached {
        /// What was reserved for this device in all.
        limit: Money,
        /// What is left of it.
        remaining: Money,
    },
    /// The time in which this device may buy offline is over. Going online helps.
    #[error("offline purchases ended at {expired_at}; nothing was bought; connect, and try again")]
    AllowanceExpired {
        /// When.
        expired_at: Timestamp,
    },
    /// The price is above what one purchase may cost, or what the limits of the player or a guardian leave. Where several
    /// devices share a limit, being online may help: the gateway then has what the others left.
    #[error("{}", spending_limit(*period, *limit, *remaining))]
    SpendingLimitReached {
        /// What the limit is for.
        period: LimitPeriod,
        /// The limit.
        limit: Money,
        /// What can still be spent on this device before it resets.
        remaining: Money,
        /// When the period ends; nothing for a single purchase.
        resets: Option<Timestamp>,
    },
    /// A guardian has to approve the purchase, and was asked. Buy again once they have: see [`crate::Wallet::approvals`].
    #[error(
        "{sku} for {total} needs a guardian's approval, who was asked; nothing was bought; buy it again once it is approved"
    )]
    ApprovalRequired {
        /// The request that waits for an answer.
        approval: ApprovalId,
        /// What was to be bought.
        sku: Sku,
        /// The price of all.
        total: Money,
    },
    /// A metered item has come to as much as it may cost on one day.
    #[error(
        "the use of {sku} has come to its cap of {cap} for the day; nothing was counted; it goes on at {resets_at}"
    )]
    UsageCapReached {
        /// Which item.
        sku: Sku,
        /// The most that a day may cost.
        cap: Money,
        /// When the next day begins.
        resets_at: Timestamp,
    },
    /// The catalog has no such item.
    #[error("the catalog has no item {sku:?}; nothing was changed; check the spelling, or sync for a newer catalog")]
    UnknownItem {
        /// What was asked for.
        sku: String,
    },
    /// The item is durable and the player has it, on this device or another one.
    #[error("{sku} is owned already and can be bought only once; nothing was bought")]
    AlreadyOwned {
        /// Which item.
        sku: Sku,
    },
    /// The player has fewer of an item than are to be used.
    #[error("{owned} of {sku} are owned, but {needed} are to be used; nothing was used")]
    InsufficientItems {
        /// Which item.
        sku: Sku,
        /// How many there are.
        owned: u64,
        /// How many were asked for.
        needed: u64,
    },
    /// The prices are too old to buy by. Going online helps.
    #[error("the catalog expired at {expired_at}; nothing was bought; connect, and try again")]
    CatalogExpired {
        /// When.
        expired_at: Timestamp,
    },
    /// There is no catalog yet: the wallet is enrolled, but its first sync was cut short.
    #[error("there is no catalog yet; connect and call sync")]
    CatalogMissing,
    /// As many purchases wait for settlement as the wallet holds. Going online helps.
    #[error(
        "{limit} entries wait for settlement, which is as many as a wallet holds; nothing was bought; connect and sync"
    )]
    QueueFull {
        /// How many that are.
        limit: u64,
    },
    /// A part of the card's details is wrong.
    #[error("the card's {field} is not valid; no card was added; ask for it again")]
    CardInvalid {
        /// `number`, `expiry_month`, `expiry_year` or `cvc`.
        field: String,
    },
    /// The bank refused the charge.
    #[error("the card was declined ({code:?}) and not charged; the balance is as before; use another card")]
    CardDeclined {
        /// Why, as far as the bank says.
        code: DeclineCode,
        /// The top-up that failed; of a tab, its name.
        top_up: TopUpId,
    },
    /// The account would hold, or have loaded in the month, more than the operator lets it; or a tab is larger than it may
    /// be after one for which the card could not be charged.
    #[error("{}", top_up_cap(*cap, *most, *room))]
    TopUpCapReached {
        /// Which cap.
        cap: TopUpCap,
        /// The cap.
        most: Money,
        /// What can still be loaded now, or the most that a tab may be; zero or more.
        room: Money,
    },
    /// The player is too young for a card to be charged, or a guardian has to set a PIN first: see
    /// [`crate::Wallet::set_limits`].
    #[error("{}", age(*needs_guardian))]
    AgeRestricted {
        /// Whether it works once a guardian has set a PIN.
        needs_guardian: bool,
    },
    /// The gateway has not settled the purchase, so there is nothing to give back yet.
    #[error("the purchase is not settled yet; nothing was refunded; connect, sync, and try again")]
    NotSettled,
    /// All of the purchase's price went back before.
    #[error("all of the price went back before; nothing was changed")]
    AlreadyRefunded,
    /// Fewer of the item are left than the purchase had.
    #[error("what was bought was used; nothing was refunded; contact support")]
    AlreadyUsed,
    /// The operator lets players have a refund for some hours, or not at all.
    #[error("it is too late for a refund ({reason}); nothing was refunded")]
    RefundTooLate {
        /// The gateway's own words.
        reason: String,
    },
    /// What the app store has sold has credited another player's balance, or was bought for one.
    #[error("the store's purchase belongs to another player; nothing was credited; sign in as that player")]
    StorePurchaseTaken,
    /// What the app store has sold can't be credited: it is not the store's, is of another app, or was given back.
    #[error("the store's purchase can't be credited ({reason}); nothing was changed; contact support")]
    StorePurchaseInvalid {
        /// The gateway's own words.
        reason: String,
    },
    /// The gateway can't be reached. What was begun is kept and goes on by itself.
    #[error("no connection to the gateway for {operation}; nothing is lost; it can be tried again at any time")]
    Offline {
        /// What needed the connection.
        operation: String,
    },
    /// The gateway answered that it can't help just now.
    #[error("the gateway is not available just now; nothing is lost; try again later")]
    GatewayUnavailable {
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// Something answered that is not our gateway, or not in its words.
    #[error(
        "the gateway's answer can't be trusted ({reason}); nothing was changed; check the address, the network and the root key"
    )]
    GatewayNotTrusted {
        /// What was wrong with it.
        reason: String,
    },
    /// The gateway refused the request.
    #[error("the gateway refused: {reason}; nothing was changed")]
    Refused {
        /// The gateway's own words.
        reason: String,
    },
    /// Two different journals of this device exist: a backup was restored, or it was cloned.
    /// What was settled stands. The wallet has to be enrolled anew.
    #[error(
        "this device is frozen: its journal and the gateway's part at entry {fork_seq}; what was settled stands; contact support"
    )]
    DeviceFrozen {
        /// Where they part.
        fork_seq: u64,
    },
    /// The device was given up by its owner or the operator.
    #[error("this device was revoked by its owner or the operator; it can't spend any more")]
    DeviceRevoked,
    /// The player's account was erased, on their wish or the merchant's. There is nothing left to spend.
    #[error("the account was erased and nothing of it can be spent; erase this wallet, and begin a new one")]
    AccountErased,
    /// The wallet's database is older than the key store remembers, since a backup was restored, or
    /// it was damaged and salvaged. Nothing is bought or used up until one sync.
    #[error(
        "the wallet's data is older than this device remembers, as after restoring a backup, or was damaged; connect and sync before buying"
    )]
    SyncRequired,
    /// The gateway does not accept this app's key.
    #[error("the gateway rejected the enrolment: {reason}")]
    EnrolmentRejected {
        /// The gateway's own words.
        reason: String,
    },
    /// The key store can't be used now, such as before the first unlock of a phone.
    #[error("the key store is not available ({reason}); nothing was changed; try again once the device is unlocked")]
    KeyStoreUnavailable {
        /// What it said.
        reason: String,
    },
    /// The keys of this wallet are gone for good: the phone's lock was removed, or the app's data
    /// came to another phone without them, or with those of another wallet. What it holds can't be read or signed any more.
    /// [`crate::Wallet::start_over`] sets it aside, so that a new one can be begun.
    #[error(
        "the keys of this wallet are gone for good; its data was left as it is; start over with a new wallet, and contact support about the old balance"
    )]
    KeyLost,
    /// There is no room on the disk.
    #[error("the storage is full; nothing was changed; free some space and try again")]
    StorageFull,
    /// The database can't be read or written.
    #[error("the storage failed ({reason}); nothing was changed")]
    StorageUnavailable {
        /// What it said.
        reason: String,
    },
    /// The database is damaged or was tampered with. It is kept as it is; the next
    /// [`crate::Wallet::open`] sets it aside and takes over what is intact in it.
    #[error(
        "the wallet's data is damaged ({reason}); it is kept as it is and nothing was spent; close the wallet and open it again, which salvages it"
    )]
    StorageDamaged {
        /// What was found.
        reason: String,
    },
    /// The wallet is open already, here or in another process.
    #[error("this wallet is open already; close it there first, or use that one")]
    AlreadyOpen,
    /// The wallet was closed.
    #[error("this wallet was closed")]
    Closed,
    /// Some entries wait for settlement; erasing would lose them.
    #[error("{count} entries wait for settlement and would be lost; nothing was erased; sync first, or force it")]
    UnsettledEntries {
        /// How many.
        count: u64,
    },
    /// An argument can't be used.
    #[error("{field} {reason}; nothing was changed")]
    InvalidArgument {
        /// Which.
        field: String,
        /// Why not, as the rest of a sentence.
        reason: String,
    },
    /// The data on this device, or the gateway, is of a newer version than this library.
    #[error("a newer version of the app is needed; everything was left as it was")]
    UpgradeRequired,
    /// A mistake of ours. The wallet goes on.
    #[error("an internal error ({reason}); nothing was changed; please report it")]
    Internal {
        /// What we did not expect.
        reason: String,
    },
}

impl WalletError {
    pub(crate) fn invalid(field: &str, reason: impl std::fmt::Display) -> Self {
        WalletError::InvalidArgument { field: field.to_owned(), reason: reason.to_string() }
    }

    pub(crate) fn internal(reason: impl std::fmt::Display) -> Self {
        WalletError::Internal { reason: reason.to_string() }
    }

    pub(crate) fn not_trusted(reason: impl std::fmt::Display) -> Self {
        WalletError::GatewayNotTrusted { reason: reason.to_string() }
    }

    /// Whether the same call may work later, by itself or once the device is online.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            WalletError::Offline { .. }
                | WalletError::GatewayUnavailable { .. }
                | WalletError::KeyStoreUnavailable { .. }
                | WalletError::GatewayNotTrusted { .. }
                | WalletError::StorageFull
        )
    }

    /// Whether more room in the allowance or in the queue would help.
    pub(crate) fn is_short_of_room(&self) -> bool {
        matches!(
            self,
            WalletError::InsufficientFunds { .. }
                | WalletError::OfflineLimitReached { .. }
                | WalletError::SpendingLimitReached {
                    period: LimitPeriod::Day | LimitPeriod::Week | LimitPeriod::Month,
                    ..
                }
                | WalletError::QueueFull { .. }
        )
    }

    /// Whether the gateway may reserve or share out more for this device, once it is told how much is needed.
    pub(crate) fn is_short_of_reserve(&self) -> bool {
        matches!(self, WalletError::OfflineLimitReached { .. } | WalletError::SpendingLimitReached { .. })
    }

    /// Whether the gateway may have what is missing: room, prices, an account.
    pub(crate) fn is_helped_by_sync(&self) -> bool {
        matches!(
            self,
            WalletError::NotEnrolled
                | WalletError::OfflineLimitReached { .. }
                | WalletError::AllowanceExpired { .. }
                | WalletError::CatalogExpired { .. }
                | WalletError::CatalogMissing
                | WalletError::QueueFull { .. }
                | WalletError::SyncRequired
        ) || matches!(self, WalletError::SpendingLimitReached { limit, remaining, .. } if remaining != limit)
    }
}

fn top_up_cap(cap: TopUpCap, most: Money, room: Money) -> String {
    let what = match cap {
        TopUpCap::Balance => "a balance may be is",
        TopUpCap::MonthlyLoad => "may be loaded in a month is",
        TopUpCap::Tab => {
            return format!(
                "after one that the card could not be charged for, a tab may be at most {most}; none was opened"
            );
        }
    };
    format!("the most that {what} {most}; {room} more can be loaded now; no card was charged")
}

fn age(needs_guardian: bool) -> &'static str {
    if needs_guardian {
        "the player needs a guardian for this; no card was charged; let a guardian set a PIN first"
    } else {
        "the player is too young for this; no card was charged"
    }
}

fn spending_limit(period: LimitPeriod, limit: Money, remaining: Money) -> String {
    let period = match period {
        LimitPeriod::Purchase => return format!("one purchase may cost at most {limit}; nothing was bought"),
        LimitPeriod::Day => "day",
        LimitPeriod::Week => "week",
        LimitPeriod::Month => "month",
    };
    format!("of the {limit} that may be spent in a {period}, {remaining} are left to this device; nothing was bought")
}

/// SQLite's errors, as far as a person can act on them.
impl From<rusqlite::Error> for WalletError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => WalletError::StorageFull,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                WalletError::StorageDamaged { reason: error.to_string() }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => WalletError::AlreadyOpen,
            _ => WalletError::StorageUnavailable { reason: error.to_string() },
        }
    }
}
