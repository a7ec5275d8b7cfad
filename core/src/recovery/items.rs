//! What a player owns for ever, brought back where the count of items was lost.

use farthing_protocol::{Content, EncodedEntry, EntryBody, ItemKind, Outcome};

use super::Recovery;
use crate::WalletError;
use crate::purchase::Record;
use crate::store::sealed::{HISTORY, Range};
use crate::store::{Books, DocumentName};

/// Takes durable items from the history, once there is a catalog that says which ones are.
pub(crate) fn bring_back(books: &mut Books) -> Result<(), WalletError> {
    let Some(recovery) = books.state.recovery.as_ref().filter(|recovery| !recovery.items_are_back) else {
        return Ok(());
    };
    let (recovery, Some(shelf)) = (recovery.clone(), &books.state.catalog) else { return Ok(()) };
    let mut settled = books.state.settled.clone();
    books.database.scan(HISTORY, Range::First(u32::MAX), |_, row| {
        let bought = bought(row).into_iter().flatten().map(|part| part.sku);
        let durables = bought.filter(|sku| shelf.item(sku).is_some_and(|item| item.kind == ItemKind::Durable));
        settled.inventory.extend(durables.map(|sku| (sku, 1)));
        Ok(())
    })?;
    books.settle_at(settled)?;
    books.sum_up()?;
    let recovery = Recovery { items_are_back: true, ..recovery };
    books.put_document(DocumentName::Recovery, &recovery)?;
    books.state.recovery = Some(recovery);
    Ok(())
}

/// What a settled purchase of the history was of, where it was not taken back.
fn bought(row: &[u8]) -> Option<Vec<Content>> {
    let record: Record = serde_json::from_slice(row).ok()?;
    let is_taken_back = record.refund_receipts()?.iter().any(|refund| refund.quantity > 0);
    let entry = EncodedEntry::decode(record.entry.0).ok()?;
    match (&entry.entry().body, record.outcome) {
        (EntryBody::Purchase(purchase), Outcome::Settled { .. }) if !is_taken_back => Some(purchase.granted()),
        _ => None,
    }
}
