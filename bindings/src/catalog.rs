//! What is for sale, and what is owned.

use std::collections::HashMap;

use farthing_core as core;

use crate::convert::{all, same_enum};
use crate::{Creator, Money, PassTerms, Timestamp, TopUpAdvice};

/// What is for sale, as the gateway signed it last.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Catalog {
    /// Who sells.
    pub merchant: String,
    /// Counts up.
    pub version: u64,
    /// Nothing may be bought from it after this.
    pub expires_at: Timestamp,
    /// The merchant's own currencies.
    pub currencies: Vec<VirtualCurrency>,
    /// What is for sale.
    pub items: Vec<Item>,
    /// Which amounts to offer a player who tops up, for each currency. Here, because each call that waits has its share
    /// of the library.
    pub top_up_advice: Vec<TopUpAdvice>,
    /// Who can be tipped. Here for the same reason.
    pub creators: Vec<Creator>,
}

/// A currency of the merchant's own.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct VirtualCurrency {
    /// Its code.
    pub code: String,
    /// The decimals of its smallest unit.
    pub exponent: u32,
    /// What players call it.
    pub title: String,
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
    /// The usual price of one for this player; of a metered item, that of as many units as its meter says.
    pub price: Money,
    /// What becomes of it.
    pub kind: ItemKind,
    /// How the units of a metered item are counted.
    pub meter: Option<MeterTerms>,
    /// How long a pass is for.
    pub pass: Option<PassTerms>,
    /// What is in a bundle.
    pub contents: Vec<BundledItem>,
    /// What one of a currency pack credits.
    pub credits: Option<Money>,
    /// Other prices than the usual one, each for a time; what it costs at first is one of them.
    pub prices: Vec<ScheduledPrice>,
    /// What it is called in other languages, by their tags.
    pub texts: HashMap<String, ItemText>,
    /// Where a picture of it is.
    pub picture: Option<String>,
}

/// Another price than the usual one, for a time.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct ScheduledPrice {
    /// The price of one.
    pub price: Money,
    /// From then on.
    pub from: Timestamp,
    /// Until then, and not at that time.
    pub until: Timestamp,
}

/// What an item is called in a language.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct ItemText {
    /// Its name for players.
    pub title: String,
    /// A sentence for players.
    pub description: String,
}

/// One of the items in a bundle.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct BundledItem {
    /// Which item.
    pub sku: String,
    /// How many of it are in one bundle.
    pub quantity: u32,
}

/// How the units of a metered item are counted.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct MeterTerms {
    /// How many units the item's price is for.
    pub per_units: u32,
    /// Units that may be counted in memory.
    pub flush_after_units: u32,
    /// Seconds after which they are written.
    pub flush_after_seconds: u32,
    /// The most that the units of one day may cost.
    pub daily_cap: Option<Money>,
}

same_enum! {
    /// What becomes of an item once it is bought.
    ItemKind = core::ItemKind {
        /// Used up, and bought again.
        Consumable,
        /// Owned once, for ever.
        Durable,
        /// Paid by use.
        Metered,
        /// Had for a time.
        Pass,
        /// Several items in one.
        Bundle,
        /// Units of a currency of the merchant's own.
        CurrencyPack,
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
            currencies: catalog.currencies.iter().map(VirtualCurrency::from).collect(),
            items: catalog.items.iter().map(Item::from).collect(),
            top_up_advice: all(core::TopUpAdvice::all(catalog)),
            creators: catalog.creators.iter().map(Creator::from).collect(),
        }
    }
}

impl From<&core::VirtualCurrency> for VirtualCurrency {
    fn from(currency: &core::VirtualCurrency) -> Self {
        let core::VirtualCurrency { code, exponent, title } = currency;
        VirtualCurrency { code: code.code().to_owned(), exponent: *exponent, title: title.clone() }
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
            meter: item.meter_terms().map(|terms| MeterTerms {
                per_units: terms.per_units,
                flush_after_units: terms.flush_after_units,
                flush_after_seconds: terms.flush_after_seconds,
                daily_cap: terms.daily_cap.map(Money::from),
            }),
            pass: item.pass.map(PassTerms::from),
            contents: item.contents.iter().map(BundledItem::from).collect(),
            credits: item.pack_credits().map(Money::from),
            prices: item.prices.iter().map(ScheduledPrice::from).collect(),
            texts: item.texts.iter().map(|(language, text)| (language.clone(), text.into())).collect(),
            picture: item.picture.clone(),
        }
    }
}

impl From<&core::ScheduledPrice> for ScheduledPrice {
    fn from(scheduled: &core::ScheduledPrice) -> Self {
        ScheduledPrice { price: scheduled.price.into(), from: scheduled.from, until: scheduled.until }
    }
}

impl From<&core::ItemText> for ItemText {
    fn from(text: &core::ItemText) -> Self {
        ItemText { title: text.title.clone(), description: text.description.clone() }
    }
}

impl From<&core::BundledItem> for BundledItem {
    fn from(bundled: &core::BundledItem) -> Self {
        BundledItem { sku: bundled.sku.to_string(), quantity: bundled.quantity }
    }
}

impl From<core::OwnedItem> for OwnedItem {
    fn from(owned: core::OwnedItem) -> Self {
        OwnedItem { sku: owned.sku.to_string(), quantity: owned.quantity }
    }
}
