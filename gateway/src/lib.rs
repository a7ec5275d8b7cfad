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
//! | `revocation` | devices that are lost |
//! | `ledger` | double entry, and how a charge's fee is spread |
//! | `top_up`, `processor` | where money comes in |
//! | `vault` | card numbers |
//! | `metrics` | what is counted, for Prometheus |
//! | `webhook` | what merchants' back ends are told |
//! | `catalog`, [`config`] | what the operator decides |
//! | `faults` | what testers order: latency, lost answers, declines, … |
//! | `keys` | what signs, and who may ask |
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
mod deliberate_bug;
mod enrolment;
mod faults;
mod gateway;
mod http;
mod keys;
mod ledger;
mod metrics;
mod processor;
mod revocation;
pub mod server;
mod settlement;
mod store;
mod top_up;
mod vault;
mod webhook;

#[doc(hidden)]
pub use catalog::catalog_of_file;
pub use clock::{Clock, ManualClock};
pub use config::{Config, ConfigError};
#[cfg(feature = "deliberate-bugs")]
#[doc(hidden)]
pub use deliberate_bug::DeliberateBug;
pub use gateway::{Gateway, StartError};
pub use keys::KeysError;
pub use store::StoreError;
