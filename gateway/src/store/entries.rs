//! Settled journal entries, and the receipts of those that are purchases.

use std::collections::BTreeSet;

use farthing_protocol::{AccountId, DeviceId, Digest, EntryId, Outcome, RejectionReason};

use super::StoreError;
use super::named::named;

/// What became of an entry, as it is kept.
pub(crate) struct SettledEntry {
    pub(crate) hash: Digest,
    pub(crate) outcome: Outcome,
    /// The exact bytes of the receipt's payload, for a settled purchase.
    pub(crate) receipt: Option<Vec<u8>>,
}

/// An entry that was judged just now.
pub(crate) struct NewEntry {
    pub(crate) seq: u64,
    pub(crate) hash: Digest,
    pub(crate) fate: Fate,
}

/// What became of an entry.
pub(crate) enum Fate {
    /// A purchase that stands, with the exact bytes of its receipt's payload.
    Purchase {
        id: EntryId,
        receipt: Vec<u8>,
    },
    /// Another entry that stands.
    Settled,
    Rejected(RejectionReason),
}

/// A settled purchase, and where it is in whose journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SettledPurchase {
    pub(crate) id: EntryId,
    pub(crate) device: DeviceId,
    pub(crate) seq: u64,
    /// The exact bytes of its receipt's payload.
    pub(crate) receipt: Vec<u8>,
}

pub(crate) trait Entries {
    /// Which of these purchases are settled already.
    fn settled_purchases(&self, among: &[EntryId]) -> Result<BTreeSet<EntryId>, StoreError>;

    /// Keeps the entries of a batch.
    fn add_entries(&self, device: DeviceId, entries: &[NewEntry]) -> Result<(), StoreError>;

    /// What became of the entries of a device from `first` to `last`, in order.
    fn settled_entries(&self, device: DeviceId, first: u64, last: u64) -> Result<Vec<SettledEntry>, StoreError>;

    /// The payload of the receipt of an account's purchase.
    fn receipt(&self, account: AccountId, purchase: EntryId) -> Result<Option<Vec<u8>>, StoreError>;

    /// The settled purchase of that name, whoever's it is.
    fn purchase(&self, purchase: EntryId) -> Result<Option<SettledPurchase>, StoreError>;

    /// The latest purchases of a device before a place in its journal, the latest first.
    fn purchases_before(&self, device: DeviceId, seq: u64, most: u32) -> Result<Vec<SettledPurchase>, StoreError>;

    /// The purchases of a device after a place in its journal, the oldest first.
    fn purchases_after(&self, device: DeviceId, seq: u64, most: u32) -> Result<Vec<SettledPurchase>, StoreError>;
}

impl SettledEntry {
    pub(super) fn of_row(
        hash: Digest,
        receipt: Option<Vec<u8>>,
        rejection: Option<String>,
    ) -> Result<Self, StoreError> {
        let outcome = match rejection {
            Some(reason) => Outcome::Rejected { reason: named(reason)? },
            None => Outcome::Settled { receipt: receipt.as_deref().map(Digest::of) },
        };
        Ok(SettledEntry { hash, outcome, receipt })
    }
}
