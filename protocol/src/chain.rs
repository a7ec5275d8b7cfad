//! The hash chain of a journal, and the batch that one signature covers.
//!
//! Each entry names the SHA-256 of the one before, so a signature over the last hash
//! (the *head*) covers all entries up to it. A purchase therefore never waits for slow key
//! hardware, and the gateway checks one signature for hundreds of purchases.

use serde::{Deserialize, Serialize};

use crate::jws::Document;
use crate::limits::BATCH_ENTRIES_MAX;
use crate::{DeviceId, Digest, EncodedEntry, EntryError};

/// A place in a device's journal: the last entry up to which something is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JournalPosition {
    /// Which of the device's chains; a new one starts with a new key.
    pub epoch: u32,
    /// The number of the last entry, 0 when there is none.
    pub seq: u64,
    /// The SHA-256 of the last entry.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub head: Digest,
}

impl JournalPosition {
    /// The start of a chain, which is bound to the device and the epoch: no entry of one
    /// chain fits into another.
    pub fn genesis(device: DeviceId, epoch: u32) -> Self {
        let head = Digest::of(format!("farthing journal 1\n{device}\n{epoch}").as_bytes());
        JournalPosition { epoch, seq: 0, head }
    }

    /// The place after one more entry.
    pub fn after(&self, entry_hash: Digest) -> Self {
        JournalPosition { epoch: self.epoch, seq: self.seq + 1, head: entry_hash }
    }
}

/// What a device signs for a batch of consecutive entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchClaims {
    /// The device whose key signs.
    pub device: DeviceId,
    /// The epoch of the chain.
    pub epoch: u32,
    /// The number of the first entry in the batch.
    pub first_seq: u64,
    /// The number of the last entry in the batch.
    pub last_seq: u64,
    /// The SHA-256 of the last entry.
    pub head: Digest,
}

impl Document for BatchClaims {
    const TYPE: &'static str = "farthing-batch+jwt";
}

/// One entry of a verified batch. The bytes of an entry that this version can't read are in
/// the chain like any other; it is for the gateway to reject that one entry.
#[derive(Clone, Debug)]
pub struct ChainedEntry {
    /// The number of the entry.
    pub seq: u64,
    /// The SHA-256 of its bytes.
    pub hash: Digest,
    /// What it says, where it can be read.
    pub content: Result<EncodedEntry, EntryError>,
}

/// Why some entries are not the batch that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// No entries, too many, or a count that differs from the signed range.
    #[error("a batch has 1 to {BATCH_ENTRIES_MAX} entries, as many as its signed range says")]
    WrongCount,
    /// An entry does not name the hash of the one before, or has another number.
    #[error("entry {seq} does not follow from the one before")]
    Broken {
        /// Where the chain breaks.
        seq: u64,
    },
    /// The last entry's hash is not the one that was signed.
    #[error("the last entry is not the one that was signed")]
    WrongHead,
}

/// Checks that `entries` are the exact bytes that `claims` was signed for, each following
/// from the one before. Where the first one attaches is for the caller to compare
/// ([`previous_of_first`]).
///
/// # Errors
/// [`ChainError`]; nothing of the batch may be used then.
pub fn verify_batch(claims: &BatchClaims, entries: Vec<Vec<u8>>) -> Result<Vec<ChainedEntry>, ChainError> {
    let count = claims.last_seq.checked_sub(claims.first_seq).and_then(|n| n.checked_add(1));
    if claims.first_seq == 0 || entries.len() > BATCH_ENTRIES_MAX || count != Some(entries.len() as u64) {
        return Err(ChainError::WrongCount);
    }
    let mut chained: Vec<ChainedEntry> = Vec::with_capacity(entries.len());
    for (seq, bytes) in (claims.first_seq..).zip(entries) {
        let hash = Digest::of(&bytes);
        let content = EncodedEntry::decode(bytes);
        if let Ok(encoded) = &content {
            let entry = encoded.entry();
            let attached = chained.last().is_none_or(|before| before.hash == entry.previous);
            if entry.seq != seq || !attached {
                return Err(ChainError::Broken { seq });
            }
        }
        chained.push(ChainedEntry { seq, hash, content });
    }
    if chained.last().map(|last| last.hash) != Some(claims.head) {
        return Err(ChainError::WrongHead);
    }
    Ok(chained)
}

/// The hash that the first entry of a batch names as the one before; `None` where the first
/// entry can't be read, so that nothing is known of what it follows.
pub fn previous_of_first(entries: &[ChainedEntry]) -> Option<Digest> {
    let first = entries.first()?.content.as_ref().ok()?;
    Some(first.entry().previous)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConsumeBody, Entry, EntryBody, EntryId, IdempotencyKey, JOURNAL_VERSION, Sku};

    fn chain(length: u64) -> (BatchClaims, Vec<Vec<u8>>) {
        let device = DeviceId::from_bytes([1; 16]);
        let mut position = JournalPosition::genesis(device, 1);
        let mut entries = Vec::new();
        for seq in 1..=length {
            let entry = EncodedEntry::new(Entry {
                version: JOURNAL_VERSION,
                seq,
                previous: position.head,
                id: EntryId::from_parts(seq, [0; 10]),
                at: jiff::Timestamp::UNIX_EPOCH,
                body: EntryBody::Consume(ConsumeBody {
                    sku: Sku::new("extra_life").unwrap(),
                    quantity: 1,
                    operation: IdempotencyKey::new(format!("use-{seq}")).unwrap(),
                }),
            })
            .unwrap();
            position = position.after(entry.hash());
            entries.push(entry.bytes().to_vec());
        }
        (BatchClaims { device, epoch: 1, first_seq: 1, last_seq: length, head: position.head }, entries)
    }

    #[test]
    fn a_chain_is_accepted_and_attaches_to_its_genesis() {
        let (claims, entries) = chain(5);
        let chained = verify_batch(&claims, entries).unwrap();
        assert_eq!(chained.len(), 5);
        assert_eq!(previous_of_first(&chained), Some(JournalPosition::genesis(claims.device, 1).head));
        assert_ne!(previous_of_first(&chained), Some(JournalPosition::genesis(claims.device, 2).head));
    }

    #[test]
    fn a_place_counts_the_entries_before_it() {
        let start = JournalPosition::genesis(DeviceId::from_bytes([1; 16]), 3);
        let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
        assert_eq!(start.after(one), JournalPosition { epoch: 3, seq: 1, head: one });
        assert_eq!(start.after(one).after(two), JournalPosition { epoch: 3, seq: 2, head: two });
    }

    #[test]
    fn a_dropped_swapped_or_changed_entry_is_found() {
        let (claims, entries) = chain(5);
        let mut dropped = entries.clone();
        dropped.remove(2);
        assert_eq!(verify_batch(&claims, dropped).unwrap_err(), ChainError::WrongCount);

        let mut swapped = entries.clone();
        swapped.swap(1, 2);
        assert_eq!(verify_batch(&claims, swapped).unwrap_err(), ChainError::Broken { seq: 2 });

        for at in 0..entries.len() {
            for byte in 0..entries[at].len() {
                let mut changed = entries.clone();
                changed[at][byte] ^= 1;
                assert!(verify_batch(&claims, changed).is_err(), "byte {byte} of entry {at}");
            }
        }
    }

    #[test]
    fn an_entry_must_have_its_number_and_name_the_one_before() {
        let (mut claims, entries) = chain(2);
        let second = EncodedEntry::decode(entries[1].clone()).unwrap().entry().clone();
        let elsewhere = Entry { previous: Digest::of(b"elsewhere"), ..second.clone() };
        let misnumbered = Entry { seq: 7, ..second };
        for wrong in [elsewhere, misnumbered] {
            let wrong = EncodedEntry::new(wrong).unwrap();
            claims.head = wrong.hash();
            let refused = verify_batch(&claims, vec![entries[0].clone(), wrong.bytes().to_vec()]);
            assert_eq!(refused.unwrap_err(), ChainError::Broken { seq: 2 });
        }
    }

    #[test]
    fn a_batch_may_be_full_and_no_fuller() {
        let (claims, entries) = chain(BATCH_ENTRIES_MAX as u64);
        assert_eq!(verify_batch(&claims, entries).unwrap().len(), BATCH_ENTRIES_MAX);
        let (claims, entries) = chain(BATCH_ENTRIES_MAX as u64 + 1);
        assert_eq!(verify_batch(&claims, entries).unwrap_err(), ChainError::WrongCount);
    }

    #[test]
    fn an_unreadable_entry_does_not_hide_its_neighbours() {
        let (mut claims, mut entries) = chain(3);
        entries[2] = b"from a newer library".to_vec();
        claims.head = Digest::of(&entries[2]);
        let chained = verify_batch(&claims, entries).unwrap();
        assert!(chained[1].content.is_ok());
        assert!(chained[2].content.is_err());
    }

    #[test]
    fn counts_must_agree() {
        let (claims, entries) = chain(2);
        for (first_seq, last_seq) in [(0, 1), (1, 3), (2, 1), (1, u64::MAX), (0, u64::MAX)] {
            let claims = BatchClaims { first_seq, last_seq, ..claims.clone() };
            assert_eq!(verify_batch(&claims, entries.clone()).unwrap_err(), ChainError::WrongCount);
        }
        assert_eq!(verify_batch(&claims, Vec::new()).unwrap_err(), ChainError::WrongCount);
    }
}
