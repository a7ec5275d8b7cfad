//! Writes down what the gateway said, once its signatures are checked. Each function is one job
//! on the writer's thread, so it takes effect whole or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use farthing_protocol::{
    Allowance, Bytes, DeviceState, Digest, EncodedEntry, EntryBody, KeySet, Outcome, Receipt, RejectionReason, Sku,
    Statement,
};

use crate::deliberate_bug::DeliberateBug;
use crate::event::WalletEvent;
use crate::gateway::{FreshCatalog, VerifiedAccount, VerifiedBatchAnswer, VerifiedEnrolment};
use crate::purchase::Record;
use crate::recovery;
use crate::state::{Shelf, Sums};
use crate::store::{Books, DocumentName};
use crate::{WalletError, dispute, meter};

/// How many entries a batch settled and rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) settled: u64,
    pub(super) rejected: u64,
}

/// This device has an account.
pub(super) fn enrolment(books: &mut Books, verified: VerifiedEnrolment) -> Result<(), WalletError> {
    let VerifiedEnrolment { enrolment, key_set, statement } = verified;
    self::key_set(books, &key_set)?;
    books.put_document(DocumentName::Enrolment, &enrolment)?;
    books.state.enrolment = Some(enrolment);
    let known = books.state.settled.position;
    // A salvaged journal without its enrolment goes on as if nothing had been.
    let goes_on =
        known.is_some_and(|known| known.epoch == statement.journal.epoch && known.seq <= statement.journal.seq);
    if !goes_on {
        // A key that was enrolled before gets its device back, with a journal that has begun.
        let inventory = known.map_or_else(|| books.state.settled.inventory.clone(), |_| BTreeMap::new());
        // Nothing is owned of what was refunded before, unless items were brought back by the history.
        let lost_items = books.state.recovery.as_ref().is_some_and(|recovery| recovery.lost_items);
        let refunds = if lost_items { 0 } else { statement.refunds };
        let mut settled = Sums { inventory, refunds, ..Sums::starting_at(statement.journal) };
        settled.take_drawn(&statement);
        books.settle_at(settled.clone())?;
        books.state.current = settled;
        if books.state.has_strays() {
            recovery::attach(books, &statement)?;
        }
    }
    account(books, statement, Vec::new())
}

/// The keys that verify from now on.
pub(super) fn key_set(books: &mut Books, key_set: &Arc<KeySet>) -> Result<(), WalletError> {
    if books.state.key_set.as_ref() != Some(&**key_set) {
        books.put_document(DocumentName::KeySet, &**key_set)?;
        books.state.key_set = Some(KeySet::clone(key_set));
    }
    Ok(())
}

/// What is for sale from now on.
pub(super) fn catalog(books: &mut Books, fresh: FreshCatalog) -> Result<(), WalletError> {
    let (known, creators) = books
        .state
        .catalog
        .as_ref()
        .map_or((None, &[][..]), |shelf| (Some(shelf.catalog.version), shelf.catalog.creators.as_slice()));
    let is_new = known != Some(fresh.catalog.version) || creators != fresh.catalog.creators;
    if known.is_some_and(|known| known > fresh.catalog.version) {
        return Err(WalletError::not_trusted("its catalog is older than the one that is known"));
    }
    books.put_document(DocumentName::Catalog, &fresh.catalog)?;
    books.put_document(DocumentName::CatalogTag, &fresh.etag)?;
    if is_new {
        books.tell(WalletEvent::CatalogChanged { version: fresh.catalog.version });
    }
    books.state.catalog = Some(Shelf::new(fresh.catalog));
    // The next unit asks for the new price.
    meter::trim(books);
    recovery::bring_back(books)
}

/// How the account stands, and how far its other devices have settled.
pub(super) fn verified_account(books: &mut Books, verified: VerifiedAccount) -> Result<(), WalletError> {
    let VerifiedAccount { statement, allowances, purchases } = verified;
    account(books, statement, allowances)?;
    books.state.elsewhere.hear(purchases);
    Ok(())
}

/// How the account stands. What is older than what is known is passed over.
pub(super) fn account(books: &mut Books, statement: Statement, allowances: Vec<Allowance>) -> Result<(), WalletError> {
    for allowance in allowances {
        let known = books.state.account.allowances.get(&allowance.limit.currency()).cloned();
        if let Some(known) = &known {
            meter::before_allowance(books, known, &allowance)?;
        }
        if known.is_none_or(|known| allowance.version > known.version) {
            books.state.account.allowances.insert(allowance.limit.currency(), allowance);
        }
    }
    let known = books.state.account.statement.as_ref();
    if known.is_none_or(|known| statement.revision >= known.revision) {
        let clock = books.clock.clone();
        books.state.account.time.hear(statement.issued_at, &*clock);
        let was_frozen = known.is_some_and(|known| matches!(known.device_state, DeviceState::Frozen { .. }));
        if let DeviceState::Frozen { fork_seq } = statement.device_state
            && !was_frozen
        {
            books.tell(WalletEvent::Frozen { fork_seq });
        }
        position(books, &statement)?;
        passes(books, &statement)?;
        if statement.device_state != DeviceState::Active {
            meter::trim(books);
        }
        let now = statement.disputed.clone();
        let before = books.state.account.statement.replace(statement).map(|known| known.disputed);
        dispute::hear(books, &before.unwrap_or_default(), &now)?;
    }
    books.put_document(DocumentName::Account, &books.state.account)
}

/// Goes by how long the gateway lets passes last: it has heard of refunds, and no device's clock is ahead of its own.
fn passes(books: &mut Books, statement: &Statement) -> Result<(), WalletError> {
    let mut settled = books.state.settled.clone();
    if settled.position == Some(statement.journal) && settled.take_passes(statement) {
        books.settle_at(settled)?;
        books.sum_up()?;
        books.wake_for_passes();
    }
    Ok(())
}

/// Compares where the gateway's copy of the journal ends with ours.
fn position(books: &mut Books, statement: &Statement) -> Result<(), WalletError> {
    if statement.journal.seq > books.state.current.seq() {
        if books.state.queued() > 0 {
            return Ok(());
        }
        let goes_on = books.state.has_strays() && recovery::attach(books, statement)?;
        if !goes_on {
            // A restored backup: the journal goes on where the gateway has it.
            let mut settled = books.state.settled.clone();
            settled.position = Some(statement.journal);
            settled.take_drawn(statement);
            books.settle_at(settled.clone())?;
            books.state.current = settled;
        }
    }
    recovery::conclude(books)
}

/// Whether the gateway has said where the journal stands, once all of it was sent. If it has not,
/// what it said is older than what is known, and asking at once again would bring the same.
pub(super) fn check_rollback(books: &mut Books) -> Result<(), WalletError> {
    if books.state.rolled_back && books.state.queued() == 0 {
        return Err(WalletError::not_trusted("its statement is older than one that is known"));
    }
    Ok(())
}

/// A batch is settled: its entries leave the queue.
pub(super) fn settlement(
    books: &mut Books,
    entries: Vec<EncodedEntry>,
    answer: VerifiedBatchAnswer,
) -> Result<Tally, WalletError> {
    let VerifiedBatchAnswer { settlement, receipts, allowances } = answer;
    let fates = fates(&entries, &settlement.head, settlement.outcomes, receipts)?;
    if entries.first().map(|first| first.entry().seq) != Some(books.state.settled.seq() + 1) {
        return Err(WalletError::internal("a batch was settled twice"));
    }
    let (mut settled, mut tally, mut rejected) = (books.state.settled.clone(), Tally::default(), Vec::new());
    for (entry, fate) in entries.iter().zip(fates) {
        match &fate.outcome {
            Outcome::Settled { .. } => {
                settled.add(entry)?;
                tally.settled += 1;
            }
            Outcome::Rejected { reason } => {
                if DeliberateBug::KeepRejectedGrant.is_planted() {
                    settled.add(entry)?;
                } else {
                    settled.pass(entry)?;
                }
                tally.rejected += 1;
                rejected.push((entry, *reason));
            }
        }
        conclude(books, entry, fate)?;
    }
    let counted = settled.passes.clone();
    if settled.position == Some(settlement.statement.journal) {
        settled.take_drawn(&settlement.statement);
    }
    let lasts_otherwise = settled.passes != counted;
    settled.approvals.retain(|id| books.state.has_approval(id));
    if DeliberateBug::DequeueEverything.is_planted() {
        books.queue(0, u32::MAX)?.iter().try_for_each(|entry| books.dequeue(entry))?;
    }
    books.settle_at(settled)?;
    if lasts_otherwise {
        books.sum_up()?;
    }
    revoke(books, &rejected, &settlement.statement.durables)?;
    books.state.elsewhere.forget_end();
    account(books, settlement.statement, allowances)?;
    Ok(tally)
}

/// What became of one entry, with the receipt's payload where there is one.
struct Fate {
    outcome: Outcome,
    receipt: Option<Bytes>,
}

/// Checks that a settlement answers these entries and that each receipt is the one it vouches for.
fn fates(
    entries: &[EncodedEntry],
    head: &Digest,
    outcomes: Vec<Outcome>,
    receipts: Vec<Bytes>,
) -> Result<Vec<Fate>, WalletError> {
    let answers_these = entries.last().map(EncodedEntry::hash) == Some(*head) && outcomes.len() == entries.len();
    if !answers_these {
        return Err(WalletError::not_trusted("its settlement is for another batch"));
    }
    let mut receipts = receipts.into_iter();
    let fates = entries.iter().zip(outcomes).map(|(entry, outcome)| {
        let receipt = match (entry.entry().body.price(), &outcome) {
            (Some(_), Outcome::Settled { receipt: Some(hash) }) => {
                let payload = receipts.next().filter(|payload| Digest::of(&payload.0) == *hash);
                let payload = payload.ok_or_else(|| WalletError::not_trusted("a receipt is missing or another's"))?;
                check_receipt(entry, &payload)?;
                Some(payload)
            }
            (Some(_), Outcome::Settled { receipt: None }) => {
                return Err(WalletError::not_trusted("a purchase was settled without a receipt"));
            }
            _ => None,
        };
        Ok(Fate { outcome, receipt })
    });
    fates.collect()
}

fn check_receipt(entry: &EncodedEntry, payload: &Bytes) -> Result<(), WalletError> {
    let receipt: Receipt =
        serde_json::from_slice(&payload.0).map_err(|_| WalletError::not_trusted("a receipt can't be read"))?;
    let Some(price) = entry.entry().body.price() else { return Ok(()) };
    let fits = receipt.jti == entry.entry().id && receipt.total == price && receipt.split.total() == Ok(price);
    if fits { Ok(()) } else { Err(WalletError::not_trusted("a receipt differs from its purchase")) }
}

/// Moves an entry from the queue to the history.
fn conclude(books: &mut Books, entry: &EncodedEntry, fate: Fate) -> Result<(), WalletError> {
    books.dequeue(entry)?;
    if entry.entry().body.price().is_none() {
        return Ok(());
    }
    if matches!(fate.outcome, Outcome::Settled { .. }) {
        books.tell(WalletEvent::Settled { purchase: entry.entry().id });
    }
    let entry_bytes = Bytes(entry.bytes().to_vec());
    // Only after a salvage can what is in the history be settled again: its refunds stay.
    let known = if books.state.recovery.is_some() { Record::find(books, entry.entry().id)? } else { None };
    let refunds = known.map(|known| known.refunds).unwrap_or_default();
    Record { entry: entry_bytes, outcome: fate.outcome, receipt: fate.receipt, refunds }.keep(books, entry.entry().id)
}

/// Takes back what rejected purchases had granted, as far as it was not used and the account does not own it by other ones,
/// and tells the app.
fn revoke(
    books: &mut Books,
    rejected: &[(&EncodedEntry, RejectionReason)],
    durables: &[Sku],
) -> Result<(), WalletError> {
    if rejected.is_empty() {
        return Ok(());
    }
    let mut before = books.state.current.clone();
    books.sum_up()?;
    for (entry, reason) in rejected {
        let (sku, parts, quantity) = match &entry.entry().body {
            EntryBody::Purchase(purchase) => (purchase.sku.clone(), purchase.granted(), purchase.quantity),
            // What was used, and a tip, grants nothing.
            EntryBody::Usage(usage) => (usage.sku.clone(), Vec::new(), 0),
            EntryBody::Tip(tip) => (tip.creator.sku(), Vec::new(), 0),
            EntryBody::Consume(_) | EntryBody::Release(_) => continue,
        };
        let revoked = before.revoked(&parts, quantity, (&books.state.current, durables));
        // What went with this one went with no other.
        for part in parts.iter().filter(|part| part.pass.is_none()) {
            let gone = before.owned(&part.sku).saturating_sub(books.state.current.owned(&part.sku));
            before.take(&part.sku, u32::try_from(gone).unwrap_or(u32::MAX).min(part.quantity));
        }
        let (purchase, reason) = (entry.entry().id, *reason);
        books.tell(WalletEvent::Rejected { purchase, sku, reason, revoked });
    }
    Ok(())
}
