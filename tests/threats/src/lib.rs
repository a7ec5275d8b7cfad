//! Attacks on wallets and gateways, and what each of them could take.
//!
//! | module | what it has |
//! |---|---|
//! | [`attacks`] | each row of the design's threat table, measured by the books |
//! | [`table`] | the lines of that table, and a gateway's books |
//! | [`proxy`] | a proxy that records, changes, swaps and repeats |
//! | [`flips`] | every byte of every message of a conversation, changed one at a time |
//! | [`raw`] | a device without a wallet, which signs anything |
//! | [`replay`] | old batches against a running gateway |
//! | [`process`] | a gateway's process |
//! | [`search`] | the search of files and memory for what is left of a card |
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "an attack that can't be set up has failed")]

pub mod attacks;
mod edits;
pub mod flips;
pub mod process;
pub mod proxy;
pub mod raw;
pub mod replay;
pub mod search;
pub mod table;
