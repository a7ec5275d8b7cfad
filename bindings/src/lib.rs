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
//! | [`KeyStore`], [`Clock`], [`WalletListener`] | interfaces to implement | protocols to implement |
//!
//! # Threads
//! Async calls run on a tokio runtime of one thread that this library starts with the first call
//! and keeps. The thread that calls is never blocked.
//!
//! # Panics
//! A panic inside of a call is caught here and becomes a [`FailureReason::Internal`]; the wallet
//! stays usable.

mod balance;
mod card;
mod catalog;
mod config;
mod convert;
mod error;
mod event;
mod key_store;
mod money;
mod purchase;
mod time;
mod top_up;
mod wallet;

pub use balance::{Balance, CurrencyBalance};
pub use card::{Card, CardBrand, CardDetails, CardState};
pub use catalog::{Catalog, Item, ItemKind, OwnedItem};
pub use config::{Clock, WalletConfig};
pub use error::{FailureReason, WalletError, WalletFailure};
pub use event::{SyncReport, SyncState, WalletEvent, WalletListener, WalletNews};
pub use key_store::{KeyStore, KeyStoreError, software_key_store};
pub use money::Money;
pub use purchase::{Purchase, PurchaseFilter, PurchaseRequest, PurchaseState, RejectionReason, Split};
pub use time::Timestamp;
pub use top_up::{DeclineCode, TopUp, TopUpState};
pub use wallet::{Wallet, start_over};

uniffi::setup_scaffolding!();
