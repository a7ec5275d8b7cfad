//! The Farthing wallet: purchases too small for card fees, granted at once, online or not, and
//! settled exactly once.
//!
//! ```no_run
//! use std::sync::Arc;
//! use farthing_core::{Currency, SoftwareKeyStore, Wallet, WalletConfig, WalletError};
//!
//! # async fn play() -> Result<(), WalletError> {
//! let config = WalletConfig::new("https://pay.example", "pk_test_…", "/var/lib/game/wallet");
//! let keys = Arc::new(SoftwareKeyStore::new("/var/lib/game/keys.json"));
//! let wallet = Wallet::open(config, keys).await?;
//!
//! let purchase = wallet.buy("extra_life".into()).await?; // on disk and granted, online or not
//! wallet.consume("extra_life", 1, "level-7").await?;
//! println!("{} for {}, {} left", purchase.sku, purchase.total, wallet.balance().of_currency(Currency::USD).total);
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//! The gateway reserves part of the player's balance for this device and signs an *allowance*
//! over it. A purchase is decided here against that allowance, written to a hash-chained journal
//! in one commit with a full sync, and granted. *Sync* sends the journal in signed batches and
//! takes entries off the queue when the gateway's signed settlement is verified. Whether there is
//! a network changes only how soon that is.
//!
//! | room | what it does |
//! |---|---|
//! | [`Wallet`] | what an app calls |
//! | `purchase` | decides, writes, remembers purchases |
//! | `tip` | tips to creators, which go the way of purchases |
//! | `meter` | counts use in memory, and writes many units at a time |
//! | `pass` | what lasts for a time: how long, and renewals that the player agreed to |
//! | `inventory`, `balance`, `card`, `top_up` | what the player has |
//! | `auto_top_up` | top-ups that the player has agreed to once and for all: when they are due, and when not |
//! | `store_top_up` | packs of balance that app stores have sold |
//! | `tab` | what a card has authorised, is spent first and charged at the end |
//! | `elsewhere` | what the account's other devices have bought, to be looked back on |
//! | `refund` | gives back what is unused, hears what was refunded |
//! | `limits` | what the player may spend, and what a guardian is asked for |
//! | `sync` | batches, settlements, back-off |
//! | `store` | the database: one writer, one commit for all that arrives together, sealed rows |
//! | `recovery` | what is intact in a damaged database, taken over |
//! | `support` | the signed file that a player sends to support |
//! | [`KeyStore`] | where keys live |
//! | `gateway` | HTTP and signatures |
//!
//! # Threads
//! Calls are `async` and run on tokio; none blocks its caller's thread. The database has a thread
//! of its own, and sync is a task on the runtime that opened the wallet. A call that is cancelled
//! (its future dropped) may still take effect: a purchase that was begun is made, granted and
//! found again by its idempotency key.

mod auto_top_up;
mod balance;
mod card;
mod clock;
mod config;
mod deliberate_bug;
mod dispute;
mod elsewhere;
mod error;
mod event;
mod folder;
mod gateway;
mod inventory;
mod keys;
mod limits;
mod meter;
mod pass;
mod purchase;
mod recovery;
mod refund;
mod rollback;
mod state;
mod store;
mod store_top_up;
mod support;
mod sync;
mod tab;
mod tip;
mod top_up;
mod top_up_advice;
mod wallet;

pub use farthing_protocol::api::{
    AccountLimits, ApprovalRecord, ApprovalState, CardBrand, DeclineCode, LimitUse, LimitsRequest as LimitsChange,
    LimitsResponse as Limits, PendingLimits,
};
pub use farthing_protocol::{
    AccountId, ApprovalId, BundledItem, CardId, Catalog, Creator, CreatorId, Currency, DeviceId, EntryId,
    IdentifierError, Item, ItemKind, ItemText, LimitPeriod, MeterTerms, Money, MoneyError, PassState, PassTerms,
    RejectionReason, ScheduledPrice, Sku, SpendingLimits, Split, StorePurchase, TabId, Timestamp, Tip, TipMessage,
    TopUpCap, TopUpId, VirtualCurrency,
};

pub use auto_top_up::{AutoTopUp, AutoTopUpConsent, AutoTopUpPause};
pub use balance::{Balance, CurrencyBalance};
pub use card::{Card, CardDetails, CardState};
pub use clock::{Clock, SystemClock};
pub use config::WalletConfig;
#[cfg(feature = "deliberate-bugs")]
#[doc(hidden)]
pub use deliberate_bug::DeliberateBug;
pub use error::WalletError;
pub use event::{SyncState, WalletEvent};
pub use gateway::{Transport, TransportError};
pub use inventory::OwnedItem;
pub use keys::{KeyStore, KeyStoreError, SoftwareKeyStore};
pub use meter::Meter;
pub use pass::Pass;
pub use purchase::{Purchase, PurchaseFilter, PurchaseKind, PurchaseRequest, PurchaseState};
pub use recovery::Recovery;
pub use store_top_up::StoreTopUp;
pub use support::SupportFile;
pub use sync::SyncReport;
pub use tab::{Tab, TabState};
pub use tip::TipRequest;
pub use top_up::{TopUp, TopUpState};
pub use top_up_advice::TopUpAdvice;
pub use wallet::Wallet;
