//! What a player owns for ever, brought back where the count of items was lost.

use farthing_protocol::{EncodedEntry, EntryBody, ItemKind, Outcome, Sku};

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
        if let Some(sku) = bought(row)
            && shelf.item(&sku).is_some_and(|item| item.kind == ItemKind::Durable)
        {
            settled.inventory.insert(sku, 1);
        }
        Ok(())
    })?;
    books.settle_at(settled)?;
    books.sum_up()?;
    let recovery = Recovery { items_are_back: true, ..recovery };
    books.put_document(DocumentName::Recovery, &recovery)?;
    books.state.recovery = Some(recovery);
    Ok(())
}

/// What a settled purchase of the history was of.
fn bought(row: &[u8]) -> Option<Sku> {
    let record: Record = serde_json::from_slice(row).ok()?;
    let entry = EncodedEntry::decode(record.entry.0).ok()?;
    match (&entry.entry().body, record.outcome) {
        (EntryBody::Purchase(purchase), Outcome::Settled { .. }) => Some(purchase.sku.clone()),
        _ => None,
    }
}
