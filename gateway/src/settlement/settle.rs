//! Settles a batch in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use farthing_protocol::{
    BatchClaims, ChainedEntry, DeviceState, Digest, EntryBody, EntryId, JournalPosition, Outcome, RejectionReason,
    Settlement, Sku, Timestamp, previous_of_first,
};

use super::batch::Batch;
use super::book::Book;
use super::clerk::Clerk;
use crate::account::AccountView;
use crate::allowance;
use crate::catalog::Shelves;
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::refund::refund_duplicate;
use crate::rules::tax;
use crate::store::{Change, Device, Fate, Fork, NewEntry, StoreError, Tables, name};
use crate::webhook::{Event, RejectedPurchase, announce};

/// What became of a batch.
#[derive(Debug)]
pub(crate) enum Settling {
    /// Each entry has its outcome.
    Done(Box<Settled>),
    /// It does not follow from what is settled, which ends here. Nothing was changed.
    Gap(JournalPosition),
    /// It differs from what is settled: the device is frozen from now on.
    Forked {
        /// The entry at which they part.
        seq: u64,
    },
    /// The device may not settle. Nothing was changed.
    MayNot(DeviceState),
    /// There is no such device.
    NoSuchDevice,
}

/// A settled batch, not signed yet.
#[derive(Debug)]
pub(crate) struct Settled {
    claims: BatchClaims,
    outcomes: Vec<Outcome>,
    /// The payload of each settled purchase's receipt, in order.
    pub(crate) receipts: Vec<Vec<u8>>,
    pub(crate) account: AccountView,
    /// Purchases that were judged just now, and not before: how many of each outcome.
    pub(crate) judged: BTreeMap<String, u64>,
}

impl Settled {
    /// The document that answers the batch; the receipts and the account stay.
    pub(crate) fn settlement(&mut self) -> Settlement {
        Settlement {
            device: self.claims.device,
            epoch: self.claims.epoch,
            first_seq: self.claims.first_seq,
            head: self.claims.head,
            outcomes: std::mem::take(&mut self.outcomes),
            statement: self.account.statement.clone(),
        }
    }
}

/// Settles a batch.
pub(crate) fn settle(
    tables: &dyn Tables,
    shared: &Shared,
    batch: &Batch,
    now: Timestamp,
) -> Result<Settling, StoreError> {
    let Batch { claims, entries } = batch;
    let Some(mut device) = shared.device(tables, claims.device)? else { return Ok(Settling::NoSuchDevice) };
    // What was settled before a freeze is answered for ever; nothing new is taken.
    let may_settle = device.state == DeviceState::Active;
    if !may_settle && claims.last_seq > device.journal.seq {
        return Ok(Settling::MayNot(device.state));
    }
    if claims.epoch != device.journal.epoch || claims.first_seq > device.journal.seq + 1 {
        return Ok(Settling::Gap(device.journal));
    }
    let overlap = match compare(tables, &device, claims, entries)? {
        Comparison::Same(overlap) => overlap,
        Comparison::Fork(_) if !may_settle => return Ok(Settling::MayNot(device.state)),
        Comparison::Fork(fork) => {
            freeze(tables, &device, fork, now)?;
            return Ok(Settling::Forked { seq: fork.seq });
        }
    };
    let new = entries.get(overlap.outcomes.len()..).unwrap_or_default();
    if previous_of_first(new).is_some_and(|previous| previous != device.journal.head) {
        return Ok(Settling::Gap(device.journal));
    }
    let mut answers = overlap;
    if new.is_empty() {
        make_up_again(tables, shared, &device, entries, now)?;
    } else {
        device.journal = JournalPosition { seq: claims.last_seq, head: claims.head, ..device.journal };
        settle_new(tables, shared, &device, new, &mut answers, now)?;
    }
    let account = AccountView::read(tables, shared, &device, now)?;
    let Answers { outcomes, receipts, judged } = answers;
    Ok(Settling::Done(Box::new(Settled { claims: claims.clone(), outcomes, receipts, account, judged })))
}

/// Settles what was not settled before, and answers for it. The device's journal ends behind it already.
fn settle_new(
    tables: &dyn Tables,
    shared: &Shared,
    device: &Device,
    new: &[ChainedEntry],
    answers: &mut Answers,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut book = Book::new(tables, device);
    let settled = tables.settled_purchases(&paid(new).map(|(id, _)| id).collect::<Vec<_>>())?;
    let shelves = shelves(tables, shared, new)?;
    let tax = tax::rate(tables, &shared.persons, shared.config.rules.tax.as_ref(), device.account)?;
    let mut clerk = Clerk { shared, device, shelves, settled, now, meets_faults: true, tax, duplicates: Vec::new() };
    let judged: Vec<NewEntry> = new.iter().map(|entry| clerk.judge(&mut book, entry)).collect::<Result<_, _>>()?;
    tables.add_entries(device.id, &judged)?;
    tables.change_items(device.id, &changes(new, &judged))?;
    let given_back = book.post(now)?;
    tables.settle_at(device.id, device.journal)?;
    tables.raise_revision(device.account)?;
    for of_tips in [false, true] {
        if new.iter().any(|entry| paid_by(entry).is_some() && is_tip(entry) == of_tips) {
            announce(tables, device.account, || settled_event(device, new, &judged, of_tips), now)?;
        }
    }
    clerk.duplicates.iter().try_for_each(|purchase| refund_duplicate(tables, shared, *purchase, now))?;
    allowance::make_up(tables, shared, device, None, &given_back, now)?;
    judged.into_iter().try_for_each(|entry| answers.add(entry.fate))
}

/// All of a batch was settled before, and its answer was lost: what limits the account may have changed since, and the
/// device goes by what this answer says. What was released is not reserved anew.
fn make_up_again(
    tables: &dyn Tables,
    shared: &Shared,
    device: &Device,
    settled: &[ChainedEntry],
    now: Timestamp,
) -> Result<(), StoreError> {
    let may_settle = device.state == DeviceState::Active;
    if may_settle
        && !settled.iter().any(is_release)
        && allowance::make_up(tables, shared, device, None, &BTreeSet::new(), now)?
    {
        tables.raise_revision(device.account)?;
    }
    Ok(())
}

/// Why each of some entries that come next would be rejected, if it would. Nothing is written, and no fault is used up.
pub(crate) fn foresee(
    tables: &dyn Tables,
    shared: &Shared,
    device: &Device,
    next: &[ChainedEntry],
    now: Timestamp,
) -> Result<Vec<Option<RejectionReason>>, StoreError> {
    let mut book = Book::new(tables, device);
    let settled = tables.settled_purchases(&paid(next).map(|(id, _)| id).collect::<Vec<_>>())?;
    let shelves = shelves(tables, shared, next)?;
    let duplicates = Vec::new();
    let mut clerk = Clerk { shared, device, shelves, settled, now, meets_faults: false, tax: None, duplicates };
    let judged = next.iter().map(|entry| match clerk.judge(&mut book, entry)?.fate {
        Fate::Rejected(reason) => Ok(Some(reason)),
        Fate::Purchase { .. } | Fate::Settled => Ok(None),
    });
    judged.collect()
}

/// The first journal stands, and the other one is kept as evidence.
fn freeze(tables: &dyn Tables, device: &Device, fork: Fork, now: Timestamp) -> Result<(), StoreError> {
    tables.freeze(device.id, fork)?;
    tables.raise_revision(device.account)?;
    let event = || Ok(Event::DeviceFrozen { account: device.account, device: device.id, fork_seq: fork.seq });
    announce(tables, device.account, event, now)
}

/// The entries that something was paid by, and the catalog versions that they name; tips name none.
fn paid(entries: &[ChainedEntry]) -> impl Iterator<Item = (EntryId, Option<u64>)> {
    entries.iter().filter_map(paid_by)
}

fn paid_by(entry: &ChainedEntry) -> Option<(EntryId, Option<u64>)> {
    let entry = entry.content.as_ref().ok()?.entry();
    match &entry.body {
        EntryBody::Purchase(purchase) => Some((entry.id, Some(purchase.catalog))),
        EntryBody::Usage(usage) => Some((entry.id, Some(usage.catalog))),
        EntryBody::Tip(_) => Some((entry.id, None)),
        EntryBody::Consume(_) | EntryBody::Release(_) => None,
    }
}

fn is_tip(entry: &ChainedEntry) -> bool {
    entry.content.as_ref().is_ok_and(|encoded| matches!(encoded.entry().body, EntryBody::Tip(_)))
}

fn is_release(entry: &ChainedEntry) -> bool {
    entry.content.as_ref().is_ok_and(|encoded| matches!(encoded.entry().body, EntryBody::Release(_)))
}

/// What a batch does to the device's items, as the wallet counts them.
fn changes(entries: &[ChainedEntry], judged: &[NewEntry]) -> BTreeMap<Sku, Change> {
    let mut changes: BTreeMap<Sku, Change> = BTreeMap::new();
    let stand = entries.iter().zip(judged).filter(|(_, judged)| !matches!(judged.fate, Fate::Rejected(_)));
    for entry in stand.filter_map(|(entry, _)| entry.content.as_ref().ok()) {
        match &entry.entry().body {
            EntryBody::Purchase(purchase) => {
                // How long a pass lasts is kept with the passes.
                for content in purchase.granted().into_iter().filter(|content| content.pass.is_none()) {
                    changes.entry(content.sku).or_default().add(content.quantity);
                }
            }
            EntryBody::Consume(consume) => changes.entry(consume.sku.clone()).or_default().take(consume.quantity),
            EntryBody::Release(_) | EntryBody::Usage(_) | EntryBody::Tip(_) => {}
        }
    }
    changes
}

/// What the merchant's back end is told of a batch: of its tips, or of all else.
fn settled_event(
    device: &Device,
    entries: &[ChainedEntry],
    judged: &[NewEntry],
    of_tips: bool,
) -> Result<Event, StoreError> {
    let unreadable = |_| StoreError::Damaged("a receipt that is no JSON");
    let (mut receipts, mut rejected) = (Vec::new(), Vec::new());
    for (entry, NewEntry { fate, .. }) in entries.iter().zip(judged).filter(|(entry, _)| is_tip(entry) == of_tips) {
        match (fate, paid_by(entry)) {
            (Fate::Purchase { receipt, .. }, _) => receipts.push(serde_json::from_slice(receipt).map_err(unreadable)?),
            (Fate::Rejected(reason), Some((id, _))) => {
                rejected.push(RejectedPurchase { purchase: id, reason: *reason })
            }
            _ => {}
        }
    }
    let Device { account, id: device, .. } = *device;
    Ok(match of_tips {
        true => Event::TipsSettled { account, device, tips: receipts, rejected },
        false => Event::PurchasesSettled { account, device, purchases: receipts, rejected },
    })
}

/// The catalogs, also those that another gateway has published since this one looked.
fn shelves(tables: &dyn Tables, shared: &Shared, entries: &[ChainedEntry]) -> Result<Arc<Shelves>, StoreError> {
    let (named, known) = (paid(entries).filter_map(|(_, catalog)| catalog).max(), shared.catalogs.latest());
    if named.is_some_and(|named| named > known) {
        shared.catalogs.learn(tables.catalogs_after(known)?);
    }
    Ok(shared.catalogs.shelves())
}

/// What entries were answered with.
#[derive(Default)]
struct Answers {
    outcomes: Vec<Outcome>,
    receipts: Vec<Vec<u8>>,
    /// How many purchases had which outcome just now, and not before.
    judged: BTreeMap<String, u64>,
}

impl Answers {
    /// What became of an entry just now.
    fn add(&mut self, fate: Fate) -> Result<(), StoreError> {
        let (outcome, counted) = match &fate {
            Fate::Purchase { receipt, .. } => {
                (Outcome::Settled { receipt: Some(Digest::of(receipt)) }, Some("settled".to_owned()))
            }
            Fate::Settled => (Outcome::Settled { receipt: None }, None),
            Fate::Rejected(reason) => (Outcome::Rejected { reason: *reason }, Some(name(reason)?)),
        };
        self.outcomes.push(outcome);
        if let Some(counted) = counted {
            *self.judged.entry(counted).or_default() += 1;
        }
        if let Fate::Purchase { receipt, .. } = fate {
            self.receipts.push(receipt);
        }
        Ok(())
    }
}

enum Comparison {
    /// As far as the batch overlaps with what is settled, it is the same.
    Same(Answers),
    Fork(Fork),
}

/// Compares a batch with the settled journal by the hashes of their entries.
fn compare(
    tables: &dyn Tables,
    device: &Device,
    claims: &BatchClaims,
    entries: &[ChainedEntry],
) -> Result<Comparison, StoreError> {
    let mut answers = Answers::default();
    if claims.first_seq > device.journal.seq {
        return Ok(Comparison::Same(answers));
    }
    let last = claims.last_seq.min(device.journal.seq);
    let settled = tables.settled_entries(device.id, claims.first_seq, last)?;
    if settled.len() as u64 != last - claims.first_seq + 1 {
        return Err(StoreError::Damaged("settled entries are gone"));
    }
    for (settled, shown) in settled.into_iter().zip(entries) {
        if settled.hash != shown.hash && !DeliberateBug::ForkUnnoticed.is_planted() {
            return Ok(Comparison::Fork(Fork { seq: shown.seq, settled: settled.hash, presented: shown.hash }));
        }
        if DeliberateBug::ForgetOutcomes.is_planted() {
            answers.outcomes.push(Outcome::Rejected { reason: RejectionReason::Malformed });
            continue;
        }
        answers.outcomes.push(settled.outcome);
        answers.receipts.extend(settled.receipt);
    }
    Ok(Comparison::Same(answers))
}
