//! Purchases as the player looks back on them: those that wait, then those that are done.

use farthing_protocol::{Bytes, EncodedEntry, EntryBody, EntryId, Outcome, Receipt};
use serde::{Deserialize, Serialize};

use super::{Purchase, PurchaseFilter, PurchaseState};
use crate::WalletError;
use crate::state::Operation;
use crate::store::Books;
use crate::store::sealed::{HISTORY, Key, Range};

/// A purchase that is done, with what became of it. A row of the table `history`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) entry: Bytes,
    pub(crate) outcome: Outcome,
    /// The receipt's payload, as the settlement vouched for it.
    pub(crate) receipt: Option<Bytes>,
}

impl Record {
    pub(crate) fn keep(&self, books: &Books, id: EntryId) -> Result<(), WalletError> {
        let row = serde_json::to_vec(self).map_err(WalletError::internal)?;
        // After a salvage what was settled may be asked for again, with the same answer.
        books.database.put(HISTORY, Key::Bytes(id.as_bytes()), &row)
    }

    fn purchase(self) -> Result<Option<Purchase>, WalletError> {
        let malformed = || WalletError::StorageDamaged { reason: "a row of history can't be read".into() };
        let entry = EncodedEntry::decode(self.entry.0).map_err(|_| malformed())?;
        let state = match (self.outcome, self.receipt) {
            (Outcome::Rejected { reason }, _) => PurchaseState::Rejected { reason },
            (Outcome::Settled { .. }, Some(payload)) => {
                let receipt: Receipt = serde_json::from_slice(&payload.0).map_err(|_| malformed())?;
                let settled_at = farthing_protocol::Timestamp::from_second(receipt.iat).map_err(|_| malformed())?;
                PurchaseState::Settled { split: receipt.split, settled_at }
            }
            (Outcome::Settled { .. }, None) => return Ok(None),
        };
        Ok(record(&entry, state))
    }
}

/// The purchase that an entry tells of; `None` for an entry of another kind.
pub(super) fn record(entry: &EncodedEntry, state: PurchaseState) -> Option<Purchase> {
    let EntryBody::Purchase(body) = &entry.entry().body else { return None };
    Some(Purchase {
        id: entry.entry().id,
        sku: body.sku.clone(),
        quantity: body.quantity,
        total: body.total,
        purchased_at: entry.entry().at,
        state,
    })
}

/// The newest purchases, newest first.
pub(crate) fn listed(books: &Books, filter: PurchaseFilter) -> Result<Vec<Purchase>, WalletError> {
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
    serde_json::from_slice(row)
        .map_err(|_| WalletError::StorageDamaged { reason: "a row of history can't be read".into() })
}
