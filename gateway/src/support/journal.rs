//! The entries of a bundle beside the settled journal.

use std::collections::BTreeMap;

use farthing_protocol::{
    ChainedEntry, DeviceState, Digest, EncodedEntry, Outcome, RejectionReason, SupportBundle, Timestamp,
};

use crate::gateway::Shared;
use crate::settlement::foresee;
use crate::store::{Device, StoreError, Tables};

/// How an entry of a bundle stands with the settled journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is settled.
    Settled(Outcome),
    /// Another entry is settled in its place.
    Forked { settled: Digest },
    /// It comes next. What it would be rejected for, if it would.
    Next(Option<RejectionReason>),
    /// It does not follow from what is settled.
    Detached,
}

/// An entry of a bundle.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) entry: ChainedEntry,
    pub(crate) standing: Standing,
}

/// Why nothing can be settled from a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Another journal is settled, which parts from the bundle's at this entry or before it.
    Forked(u64),
    Frozen,
    Revoked,
    /// Whatever fits is settled already.
    NothingNew,
}

/// A bundle's journal beside the settled one.
pub(crate) struct Journals {
    pub(crate) lines: Vec<Line>,
    /// The hash that is settled where the device says it knows of; none where the settled journal ends before.
    pub(crate) settled_there: Option<Digest>,
    pub(crate) refusal: Option<Refusal>,
}

impl Journals {
    /// Compares them.
    pub(crate) fn read(
        tables: &dyn Tables,
        shared: &Shared,
        device: &Device,
        bundle: &SupportBundle,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut lines = lines(tables, device, bundle)?;
        let settled_there = settled_there(tables, device, bundle)?;
        // What was reserved for a revoked device is not any more, so there is nothing to judge by.
        if !matches!(device.state, DeviceState::Revoked | DeviceState::Erased) {
            let next: Vec<ChainedEntry> = next(&lines).cloned().collect();
            let mut foreseen = foresee(tables, shared, device, &next, now)?.into_iter();
            for line in &mut lines {
                if let Standing::Next(reason) = &mut line.standing {
                    *reason = foreseen.next().flatten();
                }
            }
        }
        let refusal = refusal(device, bundle, &lines, settled_there);
        Ok(Journals { lines, settled_there, refusal })
    }

    /// The entries that can be settled.
    pub(crate) fn next(&self) -> impl Iterator<Item = &ChainedEntry> {
        next(&self.lines)
    }
}

fn next(lines: &[Line]) -> impl Iterator<Item = &ChainedEntry> {
    lines.iter().filter(|line| matches!(line.standing, Standing::Next(_))).map(|line| &line.entry)
}

fn refusal(device: &Device, bundle: &SupportBundle, lines: &[Line], settled_there: Option<Digest>) -> Option<Refusal> {
    let parted = bundle.settled.filter(|known| {
        let is_other = settled_there.is_some_and(|settled| settled != known.head);
        is_other || known.epoch != device.journal.epoch
    });
    let forked = lines.iter().find(|line| matches!(line.standing, Standing::Forked { .. })).map(|line| line.entry.seq);
    if let Some(seq) = parted.map(|known| known.seq).or(forked) {
        return Some(Refusal::Forked(seq));
    }
    match device.state {
        DeviceState::Frozen { .. } => Some(Refusal::Frozen),
        DeviceState::Revoked | DeviceState::Erased => Some(Refusal::Revoked),
        DeviceState::Active => next(lines).next().is_none().then_some(Refusal::NothingNew),
    }
}

/// What the books have where the device knows its journal to be settled.
fn settled_there(tables: &dyn Tables, device: &Device, bundle: &SupportBundle) -> Result<Option<Digest>, StoreError> {
    let Some(known) = bundle.settled else { return Ok(None) };
    if known.seq == device.journal.seq {
        return Ok(Some(device.journal.head));
    }
    if known.seq == 0 {
        let genesis = farthing_protocol::JournalPosition::genesis(device.id, device.journal.epoch);
        return Ok(Some(genesis.head));
    }
    if known.seq > device.journal.seq {
        return Ok(None);
    }
    Ok(tables.settled_entries(device.id, known.seq, known.seq)?.into_iter().next().map(|entry| entry.hash))
}

fn lines(tables: &dyn Tables, device: &Device, bundle: &SupportBundle) -> Result<Vec<Line>, StoreError> {
    let entries = placed(bundle);
    let mut settled = BTreeMap::new();
    let known: Vec<u64> =
        entries.iter().map(|entry| entry.seq).filter(|seq| (1..=device.journal.seq).contains(seq)).collect();
    for run in known.chunk_by(|a, b| *b == a + 1) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        settled.extend((*first..).zip(tables.settled_entries(device.id, *first, *last)?));
    }
    let mut end = device.journal;
    let line = |entry: ChainedEntry| {
        let standing = match settled.get(&entry.seq) {
            Some(settled) if settled.hash == entry.hash => Standing::Settled(settled.outcome.clone()),
            Some(settled) => Standing::Forked { settled: settled.hash },
            None if entry.seq == end.seq + 1 && follows(&entry, end.head) => {
                end = end.after(entry.hash);
                Standing::Next(None)
            }
            None => Standing::Detached,
        };
        Line { entry, standing }
    };
    Ok(entries.into_iter().map(line).collect())
}

/// The entries with their numbers. One that can't be read has the place after the one before.
fn placed(bundle: &SupportBundle) -> Vec<ChainedEntry> {
    let mut before = bundle.settled.map_or(0, |known| known.seq);
    let place = |bytes: &farthing_protocol::Bytes| {
        let content = EncodedEntry::decode(bytes.0.clone());
        let seq = content.as_ref().map_or(before.saturating_add(1), |encoded| encoded.entry().seq);
        before = seq;
        ChainedEntry { seq, hash: Digest::of(&bytes.0), content }
    };
    bundle.entries.iter().map(place).collect()
}

/// Whether an entry names this one as the one before; one that can't be read says nothing else.
fn follows(entry: &ChainedEntry, head: Digest) -> bool {
    entry.content.as_ref().map_or(true, |encoded| encoded.entry().previous == head)
}
