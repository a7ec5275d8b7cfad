//! Settlement: a device's batch of journal entries becomes postings and receipts.
//!
//! 1. [`batch`], off the writer: the batch's signature is checked by the device's key, and the
//!    entries are the ones that were signed.
//! 2. [`settle`], in one transaction on the writer: what overlaps with the settled journal is
//!    compared by hash. The same bytes get the same outcomes again, for ever; other bytes
//!    freeze the device, with the evidence kept. The rest must attach to the end of the
//!    settled journal. Each entry of it is judged ([`judge`], a pure function), a purchase's
//!    price is split, and its receipt is kept. The money moves once for each merchant and
//!    currency. Then the allowances are made up.
//! 3. Off the writer again, the answer is signed.
//!
//! After a crash before the commit nothing of a batch is there; after it, the same batch gets
//! the same answer.

pub(crate) mod batch;
mod book;
mod clerk;
mod judge;
mod settle;

pub(crate) use settle::{Settling, foresee, settle};
