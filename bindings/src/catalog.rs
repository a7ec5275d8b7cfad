//! What is for sale, and what is owned.

use farthing_core as core;

use crate::convert::same_enum;
use crate::{Money, Timestamp};

/// What is for sale, as the gateway signed it last.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Catalog {
    /// Who sells.
    pub merchant: String,
    /// Counts up.
    pub version: u64,
    /// Nothing may be bought from it after this.
    pub expires_at: Timestamp,
    /// What is for sale.
    pub items: Vec<Item>,
}

/// One thing for sale.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Item {
    /// Its name in code.
    pub sku: String,
    /// Its name for players.
    pub title: String,
    /// A sentence for players.
    pub description: String,
    /// The price of one.
    pub price: Money,
    /// What becomes of it.
    pub kind: ItemKind,
}

same_enum! {
    /// What becomes of an item once it is bought.
    ItemKind = core::ItemKind {
        /// Used up, and bought again.
        Consumable,
        /// Owned once, for ever.
        Durable,
    } else Consumable
}

/// How many of an item the player owns.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct OwnedItem {
    /// Which item.
    pub sku: String,
    /// How many, at least 1.
    pub quantity: u64,
}

impl From<&core::Catalog> for Catalog {
    fn from(catalog: &core::Catalog) -> Self {
        Catalog {
            merchant: catalog.merchant.clone(),
            version: catalog.version,
            expires_at: catalog.expires_at,
            items: catalog.items.iter().map(Item::from).collect(),
        }
    }
}

impl From<&core::Item> for Item {
    fn from(item: &core::Item) -> Self {
        Item {
            sku: item.sku.to_string(),
            title: item.title.clone(),
            description: item.description.clone(),
            price: item.price.into(),
            kind: item.kind.into(),
        }
    }
}

impl From<core::OwnedItem> for OwnedItem {
    fn from(owned: core::OwnedItem) -> Self {
        OwnedItem { sku: owned.sku.to_string(), quantity: owned.quantity }
    }
}
