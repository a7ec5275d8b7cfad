//! Settles from a bundle what never arrived.

use std::collections::BTreeMap;

use farthing_protocol::limits::BATCH_ENTRIES_MAX;
use farthing_protocol::{BatchClaims, ChainedEntry, Timestamp};

use super::Opened;
use super::journal::{Journals, Refusal};
use crate::gateway::Shared;
use crate::settlement::batch::Batch;
use crate::settlement::{Settling, settle};
use crate::store::{StoreError, Tables};

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReGrant {
    /// The entries of the journal from `first` to `last` are settled.
    Done {
        first: u64,
        last: u64,
        /// How many purchases had which outcome.
        judged: BTreeMap<String, u64>,
    },
    /// Nothing was changed.
    Refused(Refusal),
    /// The books have no device with the key that has signed the bundle. Nothing was changed.
    NotADevices,
}

/// Settles the entries of a bundle that come next. Twice, it changes nothing the second time.
pub(crate) fn re_grant(
    tables: &dyn Tables,
    shared: &Shared,
    opened: &Opened,
    now: Timestamp,
) -> Result<ReGrant, StoreError> {
    let Opened { bundle, key, .. } = opened;
    let device = bundle.device.map(|id| shared.device(tables, id)).transpose()?.flatten();
    let Some(device) = device.filter(|device| device.key == *key) else { return Ok(ReGrant::NotADevices) };
    let journals = Journals::read(tables, shared, &device, bundle, now)?;
    if let Some(refusal) = journals.refusal {
        return Ok(ReGrant::Refused(refusal));
    }
    let next: Vec<ChainedEntry> = journals.next().cloned().collect();
    let mut judged = BTreeMap::new();
    for entries in next.chunks(BATCH_ENTRIES_MAX) {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { continue };
        let claims = BatchClaims {
            device: device.id,
            epoch: device.journal.epoch,
            first_seq: first.seq,
            last_seq: last.seq,
            head: last.hash,
        };
        let batch = Batch { claims, entries: entries.to_vec() };
        let Settling::Done(settled) = settle(tables, shared, &batch, now)? else {
            return Err(StoreError::Damaged("a journal that fits and can't be settled"));
        };
        for (outcome, count) in settled.judged {
            *judged.entry(outcome).or_default() += count;
        }
    }
    let (first, last) = (next.first().map_or(0, |entry| entry.seq), next.last().map_or(0, |entry| entry.seq));
    Ok(ReGrant::Done { first, last, judged })
}
