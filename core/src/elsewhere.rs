//! What the account's other devices have bought and settled, for the player who looks back: listed beside this device's own
//! purchases, and summed up nowhere.
//!
//! The gateway says with the account how far those devices have settled. Where that is not how far this wallet knows, sync
//! fetches the receipts that follow, with those of their refunds, and one commit writes them down with the place that they
//! end at. Each is kept under its own name, so one that comes twice is there once. All of it can be fetched again.

use farthing_protocol::limits::PURCHASES_KEPT_MAX;
use farthing_protocol::{Bytes, EntryId, Receipt, RefundReceipt};
use serde::{Deserialize, Serialize};

use crate::event::WalletEvent;
use crate::gateway::PurchasesElsewhere;
use crate::purchase::{add_refund, refund_receipts, settled};
use crate::store::sealed::{ELSEWHERE, Key, Range};
use crate::store::{Books, DocumentName};
use crate::{Purchase, PurchaseKind, WalletError};

/// How far what the account's other devices have bought is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Elsewhere {
    /// Where what is not known begins; nothing as long as nothing is.
    pub(crate) after: Option<String>,
    /// Where it ends, as the gateway said last; nothing where it has not said so since this device has settled something.
    #[serde(skip)]
    told: Option<String>,
}

impl Elsewhere {
    /// What the gateway says with the account.
    pub(crate) fn hear(&mut self, end: Option<String>) {
        // Where it says nothing there is nothing.
        self.told = end.or_else(|| self.after.clone());
    }

    /// A batch was settled, with which the gateway does not say it.
    pub(crate) fn forget_end(&mut self) {
        self.told = None;
    }

    /// Whether there may be something to fetch. A player's only device never has.
    pub(crate) fn is_behind(&self) -> bool {
        match &self.told {
            Some(end) => self.after.as_ref() != Some(end),
            None => self.after.is_some(),
        }
    }
}

/// A purchase of another device. A row of the table `elsewhere`.
#[derive(Serialize, Deserialize)]
struct Record {
    /// The receipt's payload. Its signature was checked before it was kept.
    receipt: Bytes,
    /// The signed refund receipts, as the gateway sent them, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refunds: Vec<String>,
}

impl Record {
    fn find(books: &Books, id: EntryId) -> Result<Option<Record>, WalletError> {
        let row = books.database.get(ELSEWHERE, Key::Bytes(id.as_bytes()))?;
        row.map(|row| read(&row)).transpose()
    }

    fn keep(&self, books: &Books, id: EntryId) -> Result<(), WalletError> {
        let row = serde_json::to_vec(self).map_err(WalletError::internal)?;
        books.database.put(ELSEWHERE, Key::Bytes(id.as_bytes()), &row)
    }

    fn purchase(&self) -> Result<Purchase, WalletError> {
        let receipt: Receipt = serde_json::from_slice(&self.receipt.0).map_err(|_| malformed())?;
        let refunds = refund_receipts(&self.refunds).ok_or_else(malformed)?;
        let state = settled(&receipt, &refunds)?;
        let Receipt { jti: id, sku, quantity, total, tip, metered, purchased_at, .. } = receipt;
        let kind = match (&tip, metered) {
            (Some(_), _) => PurchaseKind::Tip,
            (None, Some(_)) => PurchaseKind::Usage,
            (None, None) => PurchaseKind::Item,
        };
        Ok(Purchase { id, kind, sku, quantity, total, tip, purchased_at, state, is_from_another_device: true })
    }
}

/// Writes down a page of purchases, whose signatures were checked, and how far they go. What is known stays, with refunds
/// that are new.
pub(crate) fn apply(books: &mut Books, page: PurchasesElsewhere) -> Result<(), WalletError> {
    let PurchasesElsewhere { purchases, next, has_more } = page;
    let mut count = 0;
    for purchase in purchases {
        let id = purchase.receipt.jti;
        let known = Record::find(books, id)?;
        count += u32::from(known.is_none());
        let mut record = known.unwrap_or(Record { receipt: purchase.payload, refunds: Vec::new() });
        for (token, receipt) in purchase.refunds {
            add_refund(&mut record.refunds, token, &receipt);
        }
        record.keep(books, id)?;
    }
    books.database.keep_last(ELSEWHERE, PURCHASES_KEPT_MAX)?;
    if let Some(next) = next {
        if !has_more {
            // The end may have moved on since it was told.
            books.state.elsewhere.told = Some(next.clone());
        }
        books.state.elsewhere.after = Some(next);
        books.put_document(DocumentName::Elsewhere, &books.state.elsewhere)?;
    }
    if count > 0 {
        books.tell(WalletEvent::PurchasesArrived { count });
    }
    Ok(())
}

/// Adds a refund to a purchase of another device. One that is not known yet comes with its refunds.
pub(crate) fn refund(books: &Books, token: String, receipt: &RefundReceipt) -> Result<(), WalletError> {
    let Some(mut record) = Record::find(books, receipt.purchase)? else { return Ok(()) };
    if add_refund(&mut record.refunds, token, receipt) { record.keep(books, receipt.purchase) } else { Ok(()) }
}

/// The signed refund receipts of a purchase of another device.
pub(crate) fn refunds_of(books: &Books, id: EntryId) -> Result<Vec<String>, WalletError> {
    Ok(Record::find(books, id)?.map(|record| record.refunds).unwrap_or_default())
}

/// The newest purchases of other devices, the newest first.
pub(crate) fn newest(books: &Books, most: u32) -> Result<Vec<Purchase>, WalletError> {
    let mut purchases = Vec::new();
    books.database.scan(ELSEWHERE, Range::Last(most), |_, row| {
        purchases.push(read(row)?.purchase()?);
        Ok(())
    })?;
    Ok(purchases)
}

fn read(row: &[u8]) -> Result<Record, WalletError> {
    serde_json::from_slice(row).map_err(|_| malformed())
}

fn malformed() -> WalletError {
    WalletError::StorageDamaged { reason: "a purchase of another device can't be read".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_only_where_another_device_has_settled_something_that_is_not_known() {
        let mut only = Elsewhere::default();
        assert!(!only.is_behind());
        only.hear(None);
        assert!(!only.is_behind());
        only.forget_end();
        assert!(!only.is_behind(), "a player's only device never asks");

        only.hear(Some("b".into()));
        assert!(only.is_behind());
        let mut known = Elsewhere { after: Some("b".into()), told: None };
        known.hear(Some("b".into()));
        assert!(!known.is_behind());
        known.forget_end();
        assert!(known.is_behind(), "its own batch was settled, and nothing was said of the others");
        known.hear(None);
        assert!(!known.is_behind(), "a gateway of before can't be asked");
    }
}
