//! The Farthing gateway: it enrols devices, tokenizes cards, charges them, issues allowances,
//! settles purchases and signs receipts.
//!
//! `farthing-gateway serve --data DIR` runs it; see [`server::serve`]. As a library, a gateway
//! runs inside of a test: [`Gateway::open`] opens a data folder, [`Gateway::router`] answers
//! requests with no socket, and a [`ManualClock`] tells it what time it is.
//!
//! | module | what it has |
//! |---|---|
//! | `http` | one file for each resource, the DPoP check, the OpenAPI document |
//! | `enrolment` | whose a device is |
//! | `settlement` | batches of journal entries become postings and receipts |
//! | `allowance` | what is reserved for a device, and for how long |
//! | `spending` | limits of players and guardians, shared out to devices; ask to buy |
//! | `revocation`, `unfreezing` | devices that are lost, or were frozen |
//! | `support` | bundles that players send to support: compared with the books, settled from |
//! | `ledger` | double entry, and how a charge's fee is spread |
//! | `top_up`, `store_top_up`, `processor` | where money comes in |
//! | `vault` | card numbers |
//! | `payout` | what merchants are paid, and the files for their banks |
//! | `purchases` | what an account has bought, a page at a time |
//! | `privacy` | what says who a user is: sealed, told, erased |
//! | `rules` | what the law sets for money that comes in: authentication, caps, ages |
//! | `limits` | how often callers may ask |
//! | `dashboard` | what people see of it, and may do by hand |
//! | `metrics` | what is counted, for Prometheus |
//! | `traces` | what a request does, for OpenTelemetry |
//! | `webhook` | what merchants' back ends are told |
//! | `catalog`, [`config`] | what the operator decides |
//! | `faults` | what testers order: latency, lost answers, declines, … |
//! | `keys` | what signs, and who may ask |
//! | `start`, `inspection` | what a gateway needs before it serves, and whether it is right |
//! | `store` | what is kept, in SQLite (one gateway) or PostgreSQL (any number of them) |
//!
//! # What survives a crash
//! An answer means that what it says is on disk (`synchronous=FULL`). A request that was not
//! answered happened whole or not at all, and may be made again: enrolment by its key, a
//! top-up by its idempotency key, a batch by its entries' hashes.

mod account;
mod allowance;
mod catalog;
mod clock;
pub mod config;
mod creators;
mod dashboard;
mod deliberate_bug;
mod dispute;
mod elsewhere;
mod enrolment;
mod faults;
mod gateway;
mod http;
mod inspection;
mod keys;
mod ledger;
mod limits;
mod metrics;
mod outgoing;
mod payout;
mod pricing;
mod privacy;
mod processor;
mod purchases;
mod refund;
mod revocation;
mod rules;
pub mod server;
mod settlement;
mod spending;
mod start;
mod store;
mod store_top_up;
mod support;
mod tab;
mod top_up;
#[cfg(not(feature = "opentelemetry"))]
mod traces;
#[cfg(feature = "opentelemetry")]
pub mod traces;
mod unfreezing;
mod vault;
mod webhook;

#[doc(hidden)]
pub use catalog::catalog_of_file;
pub use clock::{Clock, ManualClock};
pub use config::{Config, ConfigError};
pub use dashboard::Role;
pub use dashboard::administrators::{Administrator, AdministratorError, Administrators};
#[cfg(feature = "deliberate-bugs")]
#[doc(hidden)]
pub use deliberate_bug::DeliberateBug;
pub use gateway::Gateway;
pub use inspection::Inspection;
pub use keys::{KeysError, RotatedKey};
#[doc(hidden)]
pub use privacy::data_map::classified;
pub use start::StartError;
pub use store::StoreError;
