//! What the player owns, and using it up.

use farthing_protocol::{ConsumeBody, EntryBody, IdempotencyKey, ItemKind, Sku};

use crate::WalletError;
use crate::state::Action;
use crate::store::Books;

/// How many of an item the player owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedItem {
    /// Which item.
    pub sku: Sku,
    /// How many, at least 1.
    pub quantity: u64,
}

/// What is owned, sorted by SKU. Items whose refund was asked for are out of use until it is answered.
pub(crate) fn owned(books: &Books) -> Vec<OwnedItem> {
    let (state, mut items) = (&books.state, books.state.current.inventory.clone());
    for (sku, quantity) in &mut items {
        *quantity = state.usable(sku);
    }
    // Another device has bought them, or this one before its wallet was begun anew.
    for sku in state.durables() {
        items.entry(sku.clone()).or_insert(1);
    }
    let items = items.into_iter().map(|(sku, quantity)| OwnedItem { sku, quantity });
    items.filter(|item| item.quantity > 0).collect()
}

/// Uses items up, once for each operation. Returns how many are left.
pub(crate) fn consume(books: &mut Books, sku: &str, quantity: u32, operation: &str) -> Result<u64, WalletError> {
    let operation = IdempotencyKey::new(operation).map_err(|error| WalletError::invalid("operation", error.rule()))?;
    let sku = Sku::new(sku).map_err(|error| WalletError::invalid("sku", error.rule()))?;
    if quantity == 0 {
        return Err(WalletError::invalid("quantity", "must be at least 1"));
    }
    let owned = books.state.usable(&sku);
    if let Some(earlier) = books.operation(&operation)? {
        let is_same = earlier.is(Action::Consume(&sku, quantity));
        return if is_same { Ok(owned) } else { Err(WalletError::invalid("operation", "was used for another action")) };
    }
    books.enrolment()?;
    let item = books.state.catalog.as_ref().and_then(|shelf| shelf.item(&sku));
    if item.is_some_and(|item| item.kind == ItemKind::Durable) {
        return Err(WalletError::invalid("sku", "is of a durable item, which is never used up"));
    }
    if owned < u64::from(quantity) {
        return Err(WalletError::InsufficientItems { sku, owned, needed: quantity.into() });
    }
    books.append(EntryBody::Consume(ConsumeBody { sku, quantity, operation }))?;
    Ok(owned - u64::from(quantity))
}
