//! Settles a batch in one transaction.

use farthing_protocol::{
    BatchClaims, ChainedEntry, DeviceState, Digest, Entry, EntryBody, Environment, JournalPosition, Outcome,
    PurchaseBody, Receipt, RejectionReason, Settlement, Split, Timestamp, previous_of_first,
};
use rusqlite::Connection;

use super::batch::Batch;
use super::book::Book;
use super::judge;
use crate::account::AccountView;
use crate::allowance;
use crate::catalog::Shelf;
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::ledger::split;
use crate::store::devices::{Device, Fork};
use crate::store::{StoreError, devices, entries};

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
    connection: &Connection,
    shared: &Shared,
    batch: Batch,
    now: Timestamp,
) -> Result<Settling, StoreError> {
    let Batch { claims, entries } = batch;
    let Some(mut device) = shared.device(connection, claims.device)? else { return Ok(Settling::NoSuchDevice) };
    // What was settled before a freeze is answered for ever; nothing new is taken.
    let may_settle = device.state == DeviceState::Active;
    if !may_settle && claims.last_seq > device.journal.seq {
        return Ok(Settling::MayNot(device.state));
    }
    if claims.epoch != device.journal.epoch || claims.first_seq > device.journal.seq + 1 {
        return Ok(Settling::Gap(device.journal));
    }
    let overlap = match compare(connection, &device, &claims, &entries)? {
        Comparison::Same(overlap) => overlap,
        Comparison::Fork(_) if !may_settle => return Ok(Settling::MayNot(device.state)),
        Comparison::Fork(fork) => {
            devices::freeze(connection, device.id, fork)?;
            devices::raise_revision(connection, device.account)?;
            return Ok(Settling::Forked { seq: fork.seq });
        }
    };
    let new = entries.get(overlap.outcomes.len()..).unwrap_or_default();
    if previous_of_first(new).is_some_and(|previous| previous != device.journal.head) {
        return Ok(Settling::Gap(device.journal));
    }
    let Answers { mut outcomes, mut receipts } = overlap;
    if !new.is_empty() {
        let given_back = {
            let mut book = Book::new(connection, &device);
            let mut clerk = Clerk { connection, shared, device: &device, now };
            for entry in new {
                let (outcome, receipt) = clerk.settle(&mut book, entry)?;
                outcomes.push(outcome);
                receipts.extend(receipt);
            }
            book.post(now)?
        };
        device.journal = JournalPosition { seq: claims.last_seq, head: claims.head, ..device.journal };
        devices::settle_at(connection, device.id, device.journal)?;
        allowance::make_up(connection, &shared.config.allowance, &device, None, &given_back, now)?;
        devices::raise_revision(connection, device.account)?;
    }
    let account = AccountView::read(connection, &device, now)?;
    Ok(Settling::Done(Box::new(Settled { claims, outcomes, receipts, account })))
}

/// What entries were answered with.
#[derive(Default)]
struct Answers {
    outcomes: Vec<Outcome>,
    receipts: Vec<Vec<u8>>,
}

enum Comparison {
    /// As far as the batch overlaps with what is settled, it is the same.
    Same(Answers),
    Fork(Fork),
}

/// Compares a batch with the settled journal by the hashes of their entries.
fn compare(
    connection: &Connection,
    device: &Device,
    claims: &BatchClaims,
    entries: &[ChainedEntry],
) -> Result<Comparison, StoreError> {
    let mut answers = Answers::default();
    if claims.first_seq > device.journal.seq {
        return Ok(Comparison::Same(answers));
    }
    let last = claims.last_seq.min(device.journal.seq);
    let settled = entries::between(connection, device.id, claims.first_seq, last)?;
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

/// Settles the entries of one batch, one after the other.
struct Clerk<'a> {
    connection: &'a Connection,
    shared: &'a Shared,
    device: &'a Device,
    now: Timestamp,
}

impl Clerk<'_> {
    /// Judges an entry and keeps what became of it. A rejected one counts for nothing.
    fn settle(&mut self, book: &mut Book<'_>, entry: &ChainedEntry) -> Result<(Outcome, Option<Vec<u8>>), StoreError> {
        let row = (self.device.id, entry.seq, entry.hash);
        let judged = match entry.content.as_ref().map(|encoded| encoded.entry()) {
            Err(_) => Err(RejectionReason::Malformed),
            Ok(content) => match &content.body {
                EntryBody::Purchase(purchase) => match self.buy_unless_fault(book, row.2, content, purchase)? {
                    Ok(receipt) => {
                        let outcome = Outcome::Settled { receipt: Some(Digest::of(&receipt)) };
                        return Ok((outcome, Some(receipt)));
                    }
                    Err(reason) => Err(reason),
                },
                EntryBody::Consume(consume) => judge::consume(consume),
                EntryBody::Release(release) => {
                    let page = book.page(release.amount.currency())?;
                    let drawn = judge::release(release, &page.standing);
                    drawn.map(|drawn| page.release(release.amount, (drawn, release.allowance)))
                }
            },
        };
        entries::add_other(self.connection, row, judged.err())?;
        let outcome = match judged {
            Ok(()) => Outcome::Settled { receipt: None },
            Err(reason) => Outcome::Rejected { reason },
        };
        Ok((outcome, None))
    }

    /// Settles a purchase, unless a tester ordered that it be rejected.
    fn buy_unless_fault(
        &self,
        book: &mut Book<'_>,
        hash: Digest,
        entry: &Entry,
        purchase: &PurchaseBody,
    ) -> Result<Result<Vec<u8>, RejectionReason>, StoreError> {
        match self.shared.faults.reject(self.device.id) {
            Some(reason) => Ok(Err(reason)),
            None => self.buy(book, hash, entry, purchase),
        }
    }

    /// Settles a purchase that stands; returns its receipt's payload, whose exact bytes are
    /// kept for ever.
    fn buy(
        &self,
        book: &mut Book<'_>,
        hash: Digest,
        entry: &Entry,
        purchase: &PurchaseBody,
    ) -> Result<Result<Vec<u8>, RejectionReason>, StoreError> {
        let page = book.page(purchase.total.currency())?;
        let judged = judge::purchase(purchase, entry.at, &page.standing, &self.shared.shelves, self.now);
        let (drawn, shelf) = match judged {
            Ok(judged) => judged,
            Err(reason) => return Ok(Err(reason)),
        };
        // What fits the allowance is reserved, and so in the purse.
        let Some((left, split)) = split(page.purse, purchase.total, self.shared.config.platform.percentage) else {
            return Err(StoreError::Damaged("a reserve is not in the account"));
        };
        let receipt = self.receipt(entry, purchase, shelf, split)?;
        if !entries::add_purchase(self.connection, (self.device.id, entry.seq, hash), entry.id, &receipt)? {
            // The same purchase was settled before, on this device or another.
            return Ok(Err(RejectionReason::Malformed));
        }
        page.sell(&shelf.merchant, (drawn, purchase.allowance), (left, split));
        Ok(Ok(receipt))
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
