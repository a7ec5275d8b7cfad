//! What a Farthing wallet and its gateway say to each other.
//!
//! Everything here is pure: no I/O, no clock, no threads. A game's back end can use it alone,
//! to verify a [`Receipt`]:
//!
//! ```
//! use farthing_protocol::{Environment, JwsError, KeySet, Receipt, Thumbprint};
//!
//! /// `key_set` comes from the gateway's `/v1/keys`, `root` from its operator.
//! fn paid(key_set: &str, root: Thumbprint, receipt: &str) -> Result<Receipt, JwsError> {
//!     let keys = KeySet::verify(key_set, root)?;
//!     Ok(keys.open::<Receipt>(receipt)?.document)
//! }
//! ```
//!
//! | module | what it has |
//! |---|---|
//! | [`money`], [`currency`] | exact amounts |
//! | [`entry`], [`chain`] | a device's journal and its batches |
//! | [`allowance`], [`spending_limit`] | what a device may spend without asking |
//! | [`settlement`], [`receipt`], [`refund`], [`top_up`] | the gateway's signed answers |
//! | [`store_purchase`] | what app stores give an app for a pack of balance |
//! | [`catalog`], [`charge_terms`], [`meter`], [`pass`], [`bundle`], [`currency_pack`], [`price`], [`tip`] | what is for sale and when for which price, what charging a card costs, what is paid by use, lasts for a time, is sold together or in a currency of its own, who can be tipped |
//! | [`support`] | what a player sends to support |
//! | [`key`], [`key_set`], [`jws`], [`dpop`] | keys and signed documents |
//! | [`api`], [`problem`] | HTTP bodies and errors |
//! | [`limits`] | how large everything may get |

pub mod allowance;
pub mod api;
pub mod bundle;
pub mod catalog;
pub mod chain;
pub mod charge_terms;
pub mod currency;
pub mod currency_pack;
pub mod digest;
pub mod dpop;
pub mod entry;
pub mod identifier;
pub mod jws;
pub mod key;
pub mod key_set;
pub mod limits;
pub mod meter;
pub mod money;
#[cfg(feature = "openapi")]
mod openapi;
pub mod pass;
pub mod price;
pub mod problem;
pub mod receipt;
pub mod refund;
pub mod settlement;
pub mod spending_limit;
pub mod store_purchase;
pub mod support;
pub mod tab;
pub mod tip;
pub mod top_up;

pub use allowance::{Allowance, AllowanceRefusal, Drawn};
pub use bundle::{BundledItem, Content, contents_of};
pub use catalog::{Catalog, CatalogError, Item, ItemKind, VirtualCurrency};
pub use chain::{BatchClaims, ChainError, ChainedEntry, JournalPosition, previous_of_first, verify_batch};
pub use charge_terms::ChargeTerms;
pub use currency::{Currency, CurrencyError};
pub use digest::{Bytes, Digest, base64url, from_base64url};
pub use dpop::{AccessToken, Confirmation, DpopProof};
pub use entry::{ConsumeBody, EncodedEntry, Entry, EntryBody, EntryError, JOURNAL_VERSION, PurchaseBody, ReleaseBody};
pub use identifier::{
    AccountId, ApprovalId, CardId, CreatorId, DeviceId, EntryId, IdempotencyKey, IdentifierError, RefundId, Sku, TabId,
    TopUpId,
};
pub use jiff::Timestamp;
pub use jws::{Document, JwsError, Unsigned, Unverified, Verified};
pub use key::{KeyError, PublicKey, SigningKey, Thumbprint};
pub use key_set::KeySet;
pub use meter::{MeterTerms, MeterTotals, UsageBody, units_within, usage_day, usage_price};
pub use money::{MICROS_PER_UNIT, Money, MoneyError};
pub use pass::{PassGrant, PassPeriod, PassState, PassTerms};
pub use price::{IntroductoryPrice, ItemText, ItemTexts, Pricing, ScheduledPrice, TierPrice};
pub use problem::{PROBLEM_MEDIA_TYPE, Problem, ProblemKind};
pub use receipt::{Environment, MeterReading, Receipt, Split, Tax};
pub use refund::RefundReceipt;
pub use settlement::{DeviceState, DisputedCharge, Outcome, RejectionReason, Settlement, Statement};
pub use spending_limit::{Approval, LimitPeriod, PeriodShare, SpendingLimits, SpendingShare};
pub use store_purchase::StorePurchase;
pub use support::SupportBundle;
pub use tab::TabStatement;
pub use tip::{Creator, Tip, TipBody, TipMessage};
pub use top_up::{CapReached, TopUpCap, TopUpStatement};
