//! The wallet for Kotlin and Swift: [`farthing_core`] as UniFFI can say it.
//!
//! It annotates and converts, and decides nothing: each call is the call of the same name in
//! `core`. The hand-written layers of Kotlin (`bindings/kotlin/farthing`) and Swift turn this into
//! libraries that feel native; apps use those, not this.
//!
//! | here | in Kotlin | in Swift |
//! |---|---|---|
//! | [`Money`]'s micros | `java.math.BigDecimal` | `Foundation.Decimal` |
//! | [`Timestamp`] | `java.time.Instant` | `Date` |
//! | identifiers, SKUs, currencies | `String` | `String` |
//! | [`WalletError`] | an exception with data | an error with data |
//! | [`KeyStore`], [`Clock`], [`WalletListener`], [`PurchaseListener`] | interfaces to implement | protocols to implement |
//!
//! # Threads
//! Async calls run on a tokio runtime of one thread that this library starts with the first call
//! and keeps. The thread that calls is never blocked. [`Wallet::buy`] and [`Wallet::tip`] return before it is
//! done, and tell how it ended: that takes half as many crossings as a future. [`buy_numbered`] and
//! [`record_numbered`] do so in numbers, which cross for next to nothing where a structure is dear.
//!
//! # Panics
//! A panic inside of a call is caught here and becomes a [`FailureReason::Internal`]; the wallet
//! stays usable.

mod auto_top_up;
mod balance;
mod card;
mod catalog;
mod config;
mod convert;
mod error;
mod event;
mod key_store;
mod limits;
mod meter;
mod money;
mod numbered;
mod pass;
mod purchase;
mod store_top_up;
mod support;
mod tab;
mod time;
mod tip;
mod told;
mod top_up;
mod wallet;

pub use auto_top_up::{AutoTopUp, AutoTopUpChange, AutoTopUpConsent, AutoTopUpPause};
pub use balance::{Balance, CurrencyBalance};
pub use card::{Card, CardBrand, CardDetails, CardState, NewCard};
pub use catalog::{BundledItem, Catalog, Item, ItemKind, ItemText, MeterTerms, OwnedItem, ScheduledPrice};
pub use config::{Clock, WalletConfig};
pub use error::{FailureReason, WalletError, WalletFailure};
pub use event::{SyncReport, SyncState, WalletEvent, WalletListener, WalletNews};
pub use key_store::{KeyStore, KeyStoreError, software_key_store};
pub use limits::{
    Approval, ApprovalState, CurrencyLimits, LimitPeriod, LimitUse, Limits, LimitsChange, PendingLimits, SpendingLimits,
};
pub use meter::Meter;
pub use money::Money;
pub use numbered::{NumberedPurchaseListener, buy_numbered, record_numbered};
pub use pass::{Pass, PassRenewal, PassState, PassTerms};
pub use purchase::{
    Purchase, PurchaseEnd, PurchaseFilter, PurchaseKind, PurchaseListener, PurchaseRequest, PurchaseState,
    RejectionReason, Split,
};
pub use store_top_up::{StorePurchase, StoreTopUp};
pub use support::SupportFile;
pub use tab::{Tab, TabState};
pub use time::Timestamp;
pub use tip::{Creator, Tip, TipRequest};
pub use top_up::{DeclineCode, TopUp, TopUpAdvice, TopUpCap, TopUpState};
pub use wallet::{Wallet, start_over};

uniffi::setup_scaffolding!();
