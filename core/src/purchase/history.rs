//! Purchases as the player looks back on them: those that wait, then those that are done.

use farthing_protocol::{
    Bytes, Content, EncodedEntry, EntryBody, EntryId, Outcome, Receipt, RefundReceipt, Timestamp, from_base64url,
};
use serde::{Deserialize, Serialize};

use super::{Purchase, PurchaseFilter, PurchaseKind, PurchaseState};
use crate::state::Operation;
use crate::store::sealed::{HISTORY, Key, Range};
use crate::store::{Books, decode};
use crate::{WalletError, elsewhere, refund};

/// A purchase that is done, with what became of it. A row of the table `history`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) entry: Bytes,
    pub(crate) outcome: Outcome,
    /// The receipt's payload, as the settlement vouched for it.
    pub(crate) receipt: Option<Bytes>,
    /// The signed refund receipts, as the gateway sent them, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) refunds: Vec<String>,
}

impl Record {
    pub(crate) fn keep(&self, books: &Books, id: EntryId) -> Result<(), WalletError> {
        let row = serde_json::to_vec(self).map_err(WalletError::internal)?;
        // After a salvage what was settled may be asked for again, with the same answer.
        books.database.put(HISTORY, Key::Bytes(id.as_bytes()), &row)
    }

    /// The record of a purchase that is done.
    pub(crate) fn find(books: &Books, id: EntryId) -> Result<Option<Record>, WalletError> {
        let row = books.database.get(HISTORY, Key::Bytes(id.as_bytes()))?;
        row.map(|row| read(&row)).transpose()
    }

    /// Adds a refund, unless it is known.
    pub(crate) fn add_refund(&mut self, token: String, receipt: &RefundReceipt) -> bool {
        add_refund(&mut self.refunds, token, receipt)
    }

    /// What the refund receipts say.
    pub(crate) fn refund_receipts(&self) -> Option<Vec<RefundReceipt>> {
        refund_receipts(&self.refunds)
    }

    /// What so many of the purchase are.
    pub(crate) fn parts(&self, quantity: u32) -> Result<Vec<Content>, WalletError> {
        Ok(parts(&decode(&self.entry.0)?, quantity))
    }

    fn purchase(self) -> Result<Option<Purchase>, WalletError> {
        let refunds = self.refund_receipts();
        let entry = EncodedEntry::decode(self.entry.0).map_err(|_| malformed())?;
        let state = match (self.outcome, self.receipt) {
            (Outcome::Rejected { reason }, _) => PurchaseState::Rejected { reason },
            (Outcome::Settled { .. }, Some(payload)) => {
                let receipt: Receipt = serde_json::from_slice(&payload.0).map_err(|_| malformed())?;
                settled(&receipt, &refunds.ok_or_else(malformed)?)?
            }
            (Outcome::Settled { .. }, None) => return Ok(None),
        };
        Ok(record(&entry, state))
    }
}

/// Adds a refund to those that are known, unless it is among them.
pub(crate) fn add_refund(refunds: &mut Vec<String>, token: String, receipt: &RefundReceipt) -> bool {
    let is_new = refund_receipts(refunds).is_none_or(|known| known.iter().all(|known| known.jti != receipt.jti));
    if is_new {
        refunds.push(token);
    }
    is_new
}

/// What refund receipts say. Their signatures were checked before they were kept.
pub(crate) fn refund_receipts(refunds: &[String]) -> Option<Vec<RefundReceipt>> {
    let receipt = |token: &String| serde_json::from_slice(&from_base64url(token.split('.').nth(1)?)?).ok();
    refunds.iter().map(receipt).collect()
}

/// How a settled purchase stands after its refunds.
pub(crate) fn settled(receipt: &Receipt, refunds: &[RefundReceipt]) -> Result<PurchaseState, WalletError> {
    let time = |seconds| Timestamp::from_second(seconds).map_err(|_| malformed());
    let (split, settled_at) = (receipt.split, time(receipt.iat)?);
    Ok(match (refund::total(refunds), refunds.last()) {
        (Some((amount, quantity)), Some(last)) => {
            PurchaseState::Refunded { split, settled_at, amount, quantity, refunded_at: time(last.iat)? }
        }
        _ => PurchaseState::Settled { split, settled_at },
    })
}

/// The purchase that an entry tells of; `None` for an entry of another kind.
pub(super) fn record(entry: &EncodedEntry, state: PurchaseState) -> Option<Purchase> {
    let mut tip = None;
    let (kind, sku, quantity) = match &entry.entry().body {
        EntryBody::Purchase(body) => (PurchaseKind::Item, body.sku.clone(), body.quantity),
        EntryBody::Usage(body) => (PurchaseKind::Usage, body.sku.clone(), body.units),
        EntryBody::Tip(body) => {
            tip = Some(body.tip());
            (PurchaseKind::Tip, body.creator.sku(), 1)
        }
        EntryBody::Consume(_) | EntryBody::Release(_) => return None,
    };
    Some(Purchase {
        id: entry.entry().id,
        kind,
        sku,
        quantity,
        total: entry.entry().body.price()?,
        tip,
        purchased_at: entry.entry().at,
        state,
        is_from_another_device: false,
    })
}

/// The account's newest purchases, the newest first: this device's own, and what others have settled.
pub(crate) fn listed(books: &Books, filter: PurchaseFilter) -> Result<Vec<Purchase>, WalletError> {
    let (limit, waiting_only) = (filter.limit, filter.waiting_only);
    let own = own(books, filter)?;
    if waiting_only {
        return Ok(own);
    }
    Ok(merged(own, elsewhere::newest(books, limit)?, limit as usize))
}

/// Two lists as one, each of which is in order.
fn merged(own: Vec<Purchase>, others: Vec<Purchase>, limit: usize) -> Vec<Purchase> {
    let (mut own, mut others, mut all) = (own.into_iter().peekable(), others.into_iter().peekable(), Vec::new());
    while all.len() < limit {
        let is_newer = |other: &Purchase| own.peek().is_none_or(|own| other.purchased_at > own.purchased_at);
        let next = if others.peek().is_some_and(is_newer) { others.next() } else { own.next() };
        let Some(next) = next else { break };
        all.push(next);
    }
    all
}

/// The newest purchases of this device, the newest first.
pub(crate) fn own(books: &Books, filter: PurchaseFilter) -> Result<Vec<Purchase>, WalletError> {
    let queue = books.queue(books.state.settled.seq() + 1, u32::MAX)?;
    let waiting = queue.iter().rev().filter_map(|entry| record(entry, waiting_state(books, entry)));
    let mut purchases: Vec<Purchase> = waiting.take(filter.limit as usize).collect();
    if filter.waiting_only {
        return Ok(purchases);
    }
    let left = filter.limit.saturating_sub(u32::try_from(purchases.len()).unwrap_or(u32::MAX));
    books.database.scan(HISTORY, Range::Last(left), |_, row| {
        purchases.extend(read(row)?.purchase()?);
        Ok(())
    })?;
    Ok(purchases)
}

/// The purchase of that name.
pub(crate) fn by_name(books: &Books, id: EntryId) -> Result<Option<Purchase>, WalletError> {
    if let Some(record) = Record::find(books, id)? {
        return record.purchase();
    }
    let queue = books.queue(books.state.settled.seq() + 1, u32::MAX)?;
    let entry = queue.iter().find(|entry| entry.entry().id == id);
    Ok(entry.and_then(|entry| record(entry, waiting_state(books, entry))))
}

/// What so many of a purchase of this device are; nothing where it has made none of that name.
pub(crate) fn parts_of(books: &Books, id: EntryId, quantity: u32) -> Result<Vec<Content>, WalletError> {
    if let Some(record) = Record::find(books, id)? {
        return record.parts(quantity);
    }
    let queue = books.queue(books.state.settled.seq() + 1, u32::MAX)?;
    Ok(queue.iter().find(|entry| entry.entry().id == id).map_or_else(Vec::new, |entry| parts(entry, quantity)))
}

fn parts(entry: &EncodedEntry, quantity: u32) -> Vec<Content> {
    match &entry.entry().body {
        EntryBody::Purchase(body) => body.granted_of(quantity),
        EntryBody::Consume(_) | EntryBody::Release(_) | EntryBody::Usage(_) | EntryBody::Tip(_) => Vec::new(),
    }
}

/// Whether the gateway has settled a purchase, as far as this device knows.
pub(crate) fn is_settled(books: &Books, id: EntryId) -> Result<bool, WalletError> {
    Ok(Record::find(books, id)?.is_some_and(|record| matches!(record.outcome, Outcome::Settled { .. })))
}

/// The purchase that an operation made.
pub(super) fn find(books: &Books, operation: Operation) -> Result<Option<Purchase>, WalletError> {
    if operation.seq > books.state.settled.seq() {
        let entry = books.queue(operation.seq, 1)?;
        if let Some(entry) = entry.first() {
            return Ok(record(entry, waiting_state(books, entry)));
        }
    }
    let row = books.database.get(HISTORY, Key::Bytes(operation.entry.as_bytes()))?;
    row.map_or(Ok(None), |row| read(&row)?.purchase())
}

fn waiting_state(books: &Books, entry: &EncodedEntry) -> PurchaseState {
    match books.state.uploading {
        Some(last) if entry.entry().seq <= last => PurchaseState::Settling,
        _ => PurchaseState::Granted,
    }
}

fn read(row: &[u8]) -> Result<Record, WalletError> {
    serde_json::from_slice(row).map_err(|_| malformed())
}

fn malformed() -> WalletError {
    WalletError::StorageDamaged { reason: "a row of history can't be read".into() }
}
