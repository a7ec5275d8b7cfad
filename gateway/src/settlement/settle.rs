//! Settles a batch in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use farthing_protocol::{
    BatchClaims, ChainedEntry, DeviceState, Digest, Entry, EntryBody, EntryId, Environment, JournalPosition, Outcome,
    PurchaseBody, Receipt, RejectionReason, Settlement, Split, Timestamp, previous_of_first,
};

use super::batch::Batch;
use super::book::Book;
use super::judge;
use crate::account::AccountView;
use crate::allowance;
use crate::catalog::{Shelf, Shelves};
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::ledger::split;
use crate::store::{Device, Fate, Fork, NewEntry, StoreError, Tables, name};
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
    if !new.is_empty() {
        device.journal = JournalPosition { seq: claims.last_seq, head: claims.head, ..device.journal };
        settle_new(tables, shared, &device, new, &mut answers, now)?;
    }
    let account = AccountView::read(tables, &device, now)?;
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
    let settled = tables.settled_purchases(&purchases(new).map(|(id, _)| id).collect::<Vec<_>>())?;
    let mut clerk = Clerk { shared, device, shelves: shelves(tables, shared, new)?, settled, now };
    let judged: Vec<NewEntry> = new.iter().map(|entry| clerk.judge(&mut book, entry)).collect::<Result<_, _>>()?;
    tables.add_entries(device.id, &judged)?;
    let given_back = book.post(now)?;
    tables.settle_at(device.id, device.journal)?;
    allowance::make_up(tables, &shared.config.allowance, device, None, &given_back, now)?;
    tables.raise_revision(device.account)?;
    if purchases(new).next().is_some() {
        announce(tables, device.account, || settled_event(device, new, &judged), now)?;
    }
    judged.into_iter().try_for_each(|entry| answers.add(entry.fate))
}

/// The first journal stands, and the other one is kept as evidence.
fn freeze(tables: &dyn Tables, device: &Device, fork: Fork, now: Timestamp) -> Result<(), StoreError> {
    tables.freeze(device.id, fork)?;
    tables.raise_revision(device.account)?;
    let event = || Ok(Event::DeviceFrozen { account: device.account, device: device.id, fork_seq: fork.seq });
    announce(tables, device.account, event, now)
}

/// The purchases among some entries.
fn purchases(entries: &[ChainedEntry]) -> impl Iterator<Item = (EntryId, &PurchaseBody)> {
    entries.iter().filter_map(purchase_of)
}

fn purchase_of(entry: &ChainedEntry) -> Option<(EntryId, &PurchaseBody)> {
    let entry = entry.content.as_ref().ok()?.entry();
    match &entry.body {
        EntryBody::Purchase(purchase) => Some((entry.id, purchase)),
        _ => None,
    }
}

/// What the merchant's back end is told of a batch.
fn settled_event(device: &Device, entries: &[ChainedEntry], judged: &[NewEntry]) -> Result<Event, StoreError> {
    let unreadable = |_| StoreError::Damaged("a receipt that is no JSON");
    let (mut receipts, mut rejected) = (Vec::new(), Vec::new());
    for (entry, NewEntry { fate, .. }) in entries.iter().zip(judged) {
        match (fate, purchase_of(entry)) {
            (Fate::Purchase { receipt, .. }, _) => receipts.push(serde_json::from_slice(receipt).map_err(unreadable)?),
            (Fate::Rejected(reason), Some((id, _))) => {
                rejected.push(RejectedPurchase { purchase: id, reason: *reason })
            }
            _ => {}
        }
    }
    Ok(Event::PurchasesSettled { account: device.account, device: device.id, purchases: receipts, rejected })
}

/// The catalogs, also those that another gateway has published since this one looked.
fn shelves(tables: &dyn Tables, shared: &Shared, entries: &[ChainedEntry]) -> Result<Arc<Shelves>, StoreError> {
    let (named, known) = (purchases(entries).map(|(_, purchase)| purchase.catalog).max(), shared.catalogs.latest());
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

/// Judges the entries of one batch, one after the other.
struct Clerk<'a> {
    shared: &'a Shared,
    device: &'a Device,
    shelves: Arc<Shelves>,
    /// Purchases that are settled: before, on this device or another, or by this batch.
    settled: BTreeSet<EntryId>,
    now: Timestamp,
}

impl Clerk<'_> {
    /// Judges an entry. A rejected one counts for nothing.
    fn judge(&mut self, book: &mut Book<'_>, entry: &ChainedEntry) -> Result<NewEntry, StoreError> {
        let judged = match entry.content.as_ref().map(|encoded| encoded.entry()) {
            Err(_) => Err(RejectionReason::Malformed),
            Ok(content) => match &content.body {
                EntryBody::Purchase(purchase) => self.buy_unless_fault(book, content, purchase)?,
                EntryBody::Consume(consume) => judge::consume(consume).map(|()| Fate::Settled),
                EntryBody::Release(release) => {
                    let page = book.page(release.amount.currency())?;
                    let drawn = judge::release(release, &page.standing);
                    drawn.map(|drawn| {
                        page.release(release.amount, (drawn, release.allowance));
                        Fate::Settled
                    })
                }
            },
        };
        Ok(NewEntry { seq: entry.seq, hash: entry.hash, fate: judged.unwrap_or_else(Fate::Rejected) })
    }

    /// Settles a purchase, unless a tester ordered that it be rejected.
    fn buy_unless_fault(
        &mut self,
        book: &mut Book<'_>,
        entry: &Entry,
        purchase: &PurchaseBody,
    ) -> Result<Result<Fate, RejectionReason>, StoreError> {
        match self.shared.faults.reject(self.device.id) {
            Some(reason) => Ok(Err(reason)),
            None => self.buy(book, entry, purchase),
        }
    }

    /// Settles a purchase that stands. The exact bytes of its receipt's payload are kept for ever.
    fn buy(
        &mut self,
        book: &mut Book<'_>,
        entry: &Entry,
        purchase: &PurchaseBody,
    ) -> Result<Result<Fate, RejectionReason>, StoreError> {
        let page = book.page(purchase.total.currency())?;
        let shelves = self.shelves.clone();
        let (drawn, shelf) = match judge::purchase(purchase, entry.at, &page.standing, &shelves, self.now) {
            Ok(judged) => judged,
            Err(reason) => return Ok(Err(reason)),
        };
        // What fits the allowance is reserved, and so in the purse.
        let Some((left, split)) = split(page.purse, purchase.total, self.shared.config.platform.percentage) else {
            return Err(StoreError::Damaged("a reserve is not in the account"));
        };
        if !self.settled.insert(entry.id) {
            return Ok(Err(RejectionReason::Malformed));
        }
        let receipt = self.receipt(entry, purchase, shelf, split)?;
        page.sell(&shelf.merchant, (drawn, purchase.allowance), (left, split));
        Ok(Ok(Fate::Purchase { id: entry.id, receipt }))
    }

    fn receipt(
        &self,
        entry: &Entry,
        purchase: &PurchaseBody,
        shelf: &Shelf,
        split: Split,
    ) -> Result<Vec<u8>, StoreError> {
        let receipt = Receipt {
            iss: self.shared.signer.issuer.clone(),
            sub: self.device.account,
            jti: entry.id,
            iat: self.now.as_second(),
            environment: Environment::Sandbox,
            merchant: shelf.merchant.clone(),
            device: self.device.id,
            sku: purchase.sku.clone(),
            quantity: purchase.quantity,
            unit_price: purchase.unit_price,
            total: purchase.total,
            purchased_at: entry.at,
            split,
        };
        serde_json::to_vec(&receipt).map_err(|_| StoreError::Damaged("a receipt that is no JSON"))
    }
}
